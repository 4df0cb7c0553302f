"""Designs mapped onto a library by Yosys and ABC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from eda.errors import ToolFailed, ToolTimeout, UnsupportedError, UsageError, suggest
from eda.flow import store as stores
from eda.flow.recipes import Recipe, load_recipe
from eda.flow.script import ABC_SCRIPT, CONSTRAINTS, MAPPED, Kit, script
from eda.flow.sources import NetlistSource, Rtl, RtlSource, Source
from eda.flow.store import Store
from eda.ir.files import read_bytes
from eda.ir.netlist import Netlist
from eda.tech import tools
from eda.tech.pdk import DEFAULT_PDK, Pdk, find_pdk
from eda.tech.tools import YOSYS, scratch
from eda.verilog.reader import parse_verilog, read_verilog
from eda.verilog.registers import register_name
from eda.verilog.writer import to_verilog

ADDERS = ("keep", "dissolve")

_LARGE = 2000
"""Cells of a netlist above which its gates skip Yosys' generic pass: ABC within it does not end on a wide multiplier."""

_AUTOMATIC = re.compile(r"_\d+_")
_MAPPING = "Executing DFFLIBMAP pass"
"""Where the log has it, the source was fine."""
_UNMAPPED = re.compile(r"unmapped (?:internal )?cell of type (\S+?)[. ]*$", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Mapped:
    """A design mapped onto a library.

    netlist  library cells only
    golden   what `netlist` must be equal to: the source, or RTL after its elaboration by Yosys
    seconds  wall-clock seconds that the mapping took when it was done
    log      what Yosys and ABC printed
    key      of the result in the store
    """

    netlist: Netlist
    golden: Netlist
    pdk: Pdk
    recipe: Recipe
    seconds: float
    log: str
    key: str


def synthesize(
    source: Netlist | Rtl,
    pdk: Pdk | str = DEFAULT_PDK,
    recipe: Recipe | str = "area",
    *,
    adders: str = "keep",
    time_limit: float = 600.0,
    cache: bool = True,
) -> Mapped:
    """Map `source` onto the library of `pdk` by `recipe`; the result is not proven here, see `eda.flow.evaluate`.

    `adders` is "keep" (library cells in the source stay as they are, generic full and half adders become the kit's
    cells, and the rest is mapped around them) or "dissolve" (everything is mapped anew; a netlist of more than 2,000 cells
    then takes the front "gates" in place of "synth"). With `cache` an equal task that was done before is looked up in the
    store.

    Raises `UsageError` for unknown names, `InputError` at file and line for RTL that Yosys refuses, `UnsupportedError`
    for what the library has no cell for, `ToolNotFound`, `ToolFailed`, and `ToolTimeout` after `time_limit` seconds.
    """
    job = prepare(source, pdk, recipe, adders)
    kept = Store().get(job.key) if cache else None
    if kept is None:
        kept = job.run(time_limit)
        if cache:
            Store().put(job.key, kept)
    golden = source if isinstance(source, Netlist) else parse_verilog(kept["golden"], top=job.source.top)
    netlist = parse_verilog(kept["mapped"], types=job.pdk.library.types, top=job.source.top)
    return Mapped(replace(netlist, name=golden.name), golden, job.pdk, job.recipe, kept["seconds"], kept["log"], job.key)


def prepare(source: Netlist | Rtl, pdk: Pdk | str, recipe: Recipe | str, adders: str = "keep") -> Job:
    """The task that `synthesize` does, checked and not yet run; raises `UsageError` for unknown names."""
    if adders not in ADDERS:
        raise UsageError(f"adders must be {' or '.join(ADDERS)}, got {adders!r}{suggest(adders, ADDERS)}")
    kit = find_pdk(pdk) if isinstance(pdk, str) else pdk
    plan = load_recipe(recipe) if isinstance(recipe, str) else recipe
    keep = adders == "keep"
    if isinstance(source, Netlist) and not keep and source.n_cells > _LARGE and plan.front == "synth":
        plan = replace(plan, front="gates")
    wrapped: Source = NetlistSource(source, kit, keep) if isinstance(source, Netlist) else RtlSource(source, kit)
    return Job(wrapped, kit, plan, keep)


@dataclass(frozen=True)
class Job:
    """One mapping: what goes in, and its key in the store."""

    source: Source
    pdk: Pdk
    recipe: Recipe
    keep_cells: bool

    @property
    def kit(self) -> Kit:
        d = self.pdk.defaults
        names = tuple(f"lib_{i}.lib" for i in range(len(self.pdk.liberty_files)))
        return Kit(names, d.driver, d.load_ff, d.dont_use, d.tie_high, d.tie_low)

    @cached_property
    def key(self) -> str:
        return stores.key(
            source=self.source.identity(),
            script=self._script(()),
            constraints=self.kit.constraints,
            abc=self.recipe.abc_script,
            liberty=[stores.file_digest(path) for path in self.pdk.liberty_files],
            tool=YOSYS.identity,
        )

    def run(self, time_limit: float) -> dict[str, Any]:
        """Texts of the mapped and the golden design, seconds and log."""
        with scratch() as folder:
            reading = self.source.stage(folder)
            (folder / CONSTRAINTS).write_text(self.kit.constraints)
            (folder / ABC_SCRIPT).write_text(self.recipe.abc_script)
            for path, name in zip(self.pdk.liberty_files, self.kit.liberty, strict=True):
                (folder / name).write_bytes(read_bytes(path))
            try:
                done = tools.run_yosys(self._script(reading), cwd=folder, timeout=time_limit, expect=[MAPPED])
            except ToolFailed as e:
                self._explain(folder, e)
                raise
            golden = self.source.golden(folder, done.output)
            netlist = read_verilog(folder / MAPPED, types=self.pdk.library.types, top=self.source.top)
        texts = {"mapped": to_verilog(public_names(netlist)), "golden": to_verilog(golden) if self.source.finish() else ""}
        return {**texts, "seconds": done.seconds, "log": done.output}

    def _script(self, reading: Sequence[str]) -> str:
        keep = self.keep_cells or not self.source.has_cells
        return script(self.recipe, self.kit, reading, self.source.finish(), top=self.source.top, keep_cells=keep)

    def _explain(self, folder: Path, failed: ToolFailed) -> None:
        """Raise the error of the user's design that stands behind `failed`, if one does."""
        if isinstance(failed, ToolTimeout):
            return
        log = Path(str(failed.log)).read_text(errors="replace")
        kinds = sorted(set(_UNMAPPED.findall(log)))
        if kinds:
            raise UnsupportedError(f"the library of {self.pdk.name} has no cell for {', '.join(kinds)}") from failed
        if _MAPPING not in log or "cannot be legalized" in log:
            self.source.explain(folder, failed)


def public_names(netlist: Netlist) -> Netlist:
    """`netlist` without the names that Yosys made up; registers are named after what they show, as in elaborated RTL."""

    def public(name: str | None) -> str | None:
        return None if name is None or _AUTOMATIC.fullmatch(name) else name

    nets = tuple(map(public, netlist.net_names))
    cells = [public(name) for name in netlist.cell_names]
    for c in netlist.state_cells.tolist():
        shown = next((name for net in _shown_by(netlist, c) if (name := nets[net]) is not None), None)
        cells[c] = cells[c] or (None if shown is None else register_name(shown))
    aliases = {name: net for name, net in netlist.aliases.items() if not _AUTOMATIC.fullmatch(name)}
    return replace(netlist, net_names=nets, cell_names=tuple(cells), aliases=aliases)


def _shown_by(netlist: Netlist, register: int) -> Iterator[int]:
    """The outputs of a register, then those of the inverters and buffers behind it."""
    outputs = netlist.outputs_of(register)
    yield from outputs
    start, pins = netlist.sinks
    for cell in netlist.pin_cell[pins[start[outputs.start] : start[outputs.stop]]].tolist():
        if len(netlist.fanin_of(cell)) == len(netlist.outputs_of(cell)) == 1:
            yield from netlist.outputs_of(cell)
