"""Real processors through synthesis and timing on Nangate45, register paths included, compared with OpenSTA.

The processors come from packages that hold nothing but their source: ``pip install -e '.[cores]'``, or
``pip install --no-deps --target DIR pythondata-cpu-picorv32 ...`` and then ``--cores DIR``.

For every processor and recipe: slack and arrival at every register and output, late and early, against OpenSTA on the
same mapped Verilog (slacks in parts of the smallest period); the area against Yosys' `stat`; and the proof that the
mapped netlist equals the elaborated source. Without OpenSTA its columns stay empty.
"""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from common import cpu_seconds, print_table, write_results

from eda.errors import EdaError, ToolNotFound, UsageError
from eda.flow.evaluate import Mapped, Rtl, constraints_of, synthesize, verify
from eda.flow.recipes import recipe_names
from eda.ir.files import read_text
from eda.ir.netlist import Netlist
from eda.tech import tools
from eda.tech.pdk import Pdk, find_pdk
from eda.timing.area import area
from eda.timing.endpoints import Ends
from eda.timing.paths import end_name
from eda.timing.sta import Timing, analyze
from eda.verilog.reader import read_verilog
from eda.verilog.writer import write_verilog

# --- the processors -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Core:
    """A processor: where its source lies in the folder of installed packages, and what of it is synthesized.

    sources, include_dirs   relative to `folder`; sources may hold wildcards
    parameters              of the top module, where the default is not wanted
    header                  name and text of a configuration file that the source includes and the package lacks
    """

    name: str
    folder: str
    top: str
    clock: str
    sources: tuple[str, ...]
    include_dirs: tuple[str, ...] = ()
    parameters: dict[str, int] = field(default_factory=dict)
    defines: dict[str, str] = field(default_factory=dict)
    header: tuple[str, str] | None = None

    @property
    def package(self) -> str:
        return f"pythondata-cpu-{self.name}"


_LM32_OPTIONS = (
    "CFG_EBA_RESET 32'h0",
    "CFG_DEBA_RESET 32'h0",
    "CFG_SIGN_EXTEND_ENABLED",
    "CFG_PL_BARREL_SHIFT_ENABLED",
    "CFG_PL_MULTIPLY_ENABLED",
    "CFG_MC_DIVIDE_ENABLED",
    "CFG_INTERRUPTS_ENABLED",
    "CLOG2 $clog2",
)

CORES = (
    Core("picorv32", "pythondata_cpu_picorv32/verilog", "picorv32", "clk", ("picorv32.v",)),
    Core("serv", "pythondata_cpu_serv/verilog/rtl", "serv_rf_top", "clk", ("serv_*.v",)),
    Core("vexriscv", "pythondata_cpu_vexriscv/verilog", "VexRiscv", "clk", ("VexRiscv_Min.v",)),
    Core(
        "lm32",  # with multiplier, divider and interrupts; without caches, which would be 70 000 registers
        "pythondata_cpu_lm32/verilog/rtl",
        "lm32_cpu",
        "clk_i",
        ("lm32_*.v",),
        include_dirs=(".",),
        header=("lm32_config.v", "".join(f"`define {option}\n" for option in _LM32_OPTIONS)),
    ),
    Core(
        "mor1kx",  # its store buffer has 256 entries by default, for a block memory
        "pythondata_cpu_mor1kx/verilog/rtl/verilog",
        "mor1kx",
        "clk",
        ("*.v",),
        include_dirs=(".",),
        parameters={"OPTION_STORE_BUFFER_DEPTH_WIDTH": 3},
    ),
    Core(
        "ibex",
        "pythondata_cpu_ibex/system_verilog",
        "ibex_core",
        "clk_i",
        ("rtl/ibex_pkg.sv", "rtl/ibex_[!t]*.sv"),
        include_dirs=("vendor/lowrisc_ip/ip/prim/rtl", "vendor/lowrisc_ip/dv/sv/dv_utils"),
        defines={"SYNTHESIS": ""},
    ),
)


def find_core(core: Core, folder: Path | None) -> Path:
    """The folder of the core's source, under `folder` or among the installed packages."""
    if folder is None:
        try:
            folder = Path(str(distribution(core.package).locate_file("")))
        except PackageNotFoundError:
            raise ToolNotFound(f"{core.name}: pip install -e '.[cores]' brings {core.package}") from None
    found = folder / core.folder
    if not found.is_dir():
        raise UsageError(f"{core.name}: there is no {core.folder} in {folder}")
    return found


def sources(core: Core, folder: Path) -> list[Path]:
    """The files of the core, in the order in which they are to be read."""
    return list(dict.fromkeys(path for pattern in core.sources for path in sorted(folder.glob(pattern))))


def version_of(core: Core) -> str | None:
    try:
        return distribution(core.package).version
    except PackageNotFoundError:
        return None


def synthesize_core(core: Core, folder: Path, pdk: Pdk, recipe: str) -> Mapped:
    with tools.scratch() as own:
        if core.header is not None:
            (own / core.header[0]).write_text(core.header[1])
        return synthesize(
            Rtl(
                tuple(sources(core, folder)),
                core.top,
                defines=core.defines,
                parameters=core.parameters,
                include_dirs=(own, *(folder / d for d in core.include_dirs)),
            ),
            pdk,
            recipe,
            cache=False,
        )


# --- the second opinions ------------------------------------------------------------------------------------------------

_END = re.compile(r"^(\S+) \(\S+\)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+) \(", re.MULTILINE)
_SPLIT = "early ends"

_SCRIPT = """read_liberty library.lib
read_verilog netlist.v
link_design {top}
set_cmd_units -time ps -capacitance fF
create_clock -name clock -period {period:.6f} [get_ports {{{clock}}}]
set data {{}}
foreach p [all_inputs] {{ if {{[get_property $p full_name] ne "{clock}"}} {{ lappend data $p }} }}
set_input_delay 0 -clock clock $data
set_output_delay 0 -clock clock [all_outputs]
set_driving_cell -lib_cell {driver} [all_inputs]
set_load {load} [all_outputs]
report_checks -path_delay max -format end -endpoint_count 1 -group_count 1000000 -digits 5
puts "{split}"
report_checks -path_delay min -format end -endpoint_count 1 -group_count 1000000 -digits 5
"""

EndTimes = dict[str, tuple[float, float]]
"""Arrival and slack (ps) by name of the end of the path."""


def opensta_ends(netlist: Netlist, core: Core, pdk: Pdk, period_ps: float) -> tuple[EndTimes, EndTimes]:
    """Late and early ends as OpenSTA finds them, without the wire load that the library asks for by default."""
    (liberty,) = pdk.liberty_files
    settings = {"top": core.top, "clock": core.clock, "driver": pdk.defaults.driver, "load": pdk.defaults.load_ff}
    with tools.scratch() as folder:
        (folder / "library.lib").write_text(re.sub(r"(?m)^\s*default_wire_load\s*:.*$", "", read_text(liberty)))
        renamed = write_verilog(netlist, folder / "netlist.v", names="plain")
        (folder / "ends.tcl").write_text(_SCRIPT.format(period=period_ps, split=_SPLIT, **settings))
        out = tools.run(tools.OPENSTA, ["-no_init", "-no_splash", "-exit", "ends.tcl"], cwd=folder, timeout=600).output
    late, early = out.split(_SPLIT)
    early_registers = {name: times for name, times in _end_times(early, renamed).items() if "/" in name}  # outputs are not held
    return _end_times(late, renamed), early_registers


def _end_times(text: str, renamed: dict[str, str]) -> EndTimes:
    """`renamed` maps the names in the file to those in the netlist, where they differ."""
    found = {}
    for m in _END.finditer(text):
        cell, slash, pin = m[1].partition("/")
        found[renamed.get(cell, cell) + slash + pin] = float(m[3]), float(m[4])
    return found


def our_ends(timing: Timing, ends: Ends, slack: np.ndarray) -> EndTimes:
    names = (end_name(timing.netlist, int(pin)) for pin in ends.pin)
    return dict(zip(names, zip(ends.arrival.tolist(), slack.tolist(), strict=True), strict=True))


def yosys_area(netlist: Netlist, pdk: Pdk) -> float:
    """Area (um2) by Yosys' `stat`."""
    (liberty,) = pdk.liberty_files
    with tools.scratch() as folder:
        tools.bring(liberty, folder, "library.lib")
        write_verilog(netlist, folder / "netlist.v")
        script = ["read_liberty -lib -ignore_miss_func library.lib", "read_verilog netlist.v", f"hierarchy -top {netlist.name}"]
        script += ["tee -q -o stat.json stat -json -liberty library.lib"]
        tools.run_yosys("\n".join(script), cwd=folder, timeout=600, expect=["stat.json"])
        return float(json.loads((folder / "stat.json").read_text())["design"]["area"])


# --- one processor, one recipe ------------------------------------------------------------------------------------------

PROOF_SECONDS = 300.0


def measure(core: Core, folder: Path, pdk: Pdk, recipe: str) -> dict[str, object]:
    start = cpu_seconds()
    mapped = synthesize_core(core, folder, pdk, recipe)
    synthesis = cpu_seconds() - start
    netlist = mapped.netlist
    start = cpu_seconds()
    verdict = verify(mapped, time_limit=PROOF_SECONDS)
    proof = cpu_seconds() - start
    start = cpu_seconds()
    timing = analyze(netlist, pdk.library, constraints_of(pdk, clock=core.clock))
    seconds = cpu_seconds() - start
    own_area = area(netlist, pdk.library)
    row: dict[str, object] = {
        "cells": netlist.n_cells,
        "registers": len(netlist.state_cells),
        "area_um2": own_area,
        "area_difference": abs(own_area / yosys_area(netlist, pdk) - 1),
        "delay_ps": timing.delay_ps,
        "worst_path": end_name(netlist, int(timing.ends.pin[0])),
        "proof": str(verdict.status),
        "proof_method": verdict.method,
        "synthesis_cpu_s": synthesis,
        "proof_cpu_s": proof,
        "timing_cpu_s": seconds,
    }
    return row | compare(timing, core, pdk)


def compare(timing: Timing, core: Core, pdk: Pdk) -> dict[str, object]:
    """Largest differences from OpenSTA at the period that is just met; slacks in parts of that period."""
    period = timing.delay_ps
    start = cpu_seconds()
    try:
        late, early = opensta_ends(timing.netlist, core, pdk, period)
    except ToolNotFound:
        return {}
    seconds = cpu_seconds() - start
    delay = period - min(slack for _, slack in late.values())
    return {
        "opensta_delay_ps": delay,
        "delay_difference": abs(timing.delay_ps / delay - 1),
        "opensta_cpu_s": seconds,
        **_differences("setup", our_ends(timing, timing.ends, timing.slack), late, period),
        **_differences("hold", our_ends(timing, timing.hold, timing.hold_slack), early, period),
    }


def _differences(kind: str, ours: EndTimes, theirs: EndTimes, period: float) -> dict[str, object]:
    common = sorted(ours.keys() & theirs.keys())
    a, b = (np.array([side[name] for name in common]) for side in (ours, theirs))
    arrival = np.abs(a[:, 0] - b[:, 0]) / np.maximum(np.abs(b[:, 0]), 1.0)
    return {
        f"{kind}_ends": len(common),
        f"{kind}_ends_of_one_side": len(ours.keys() ^ theirs.keys()),
        f"{kind}_slack_difference": float(np.abs(a[:, 1] - b[:, 1]).max() / period),
        f"{kind}_arrival_difference": float(arrival.max()),
    }


def rows(cores: list[Core], packages: Path | None, pdk: Pdk, recipes: list[str]) -> Iterator[dict[str, object]]:
    for core in cores:
        for recipe in recipes:
            row: dict[str, object] = {"core": core.name, "version": version_of(core), "recipe": recipe}
            try:
                folder = find_core(core, packages)
            except EdaError as e:
                yield row | {"refused": str(e)}
                continue
            try:
                yield row | measure(core, folder, pdk, recipe)
            except EdaError as e:
                yield row | {"refused": str(e).splitlines()[0].replace(f"{folder}/", "")}


COLUMNS = (
    "core recipe cells registers area_um2 delay_ps opensta_delay_ps delay_difference setup_ends setup_slack_difference "
    "hold_slack_difference proof synthesis_cpu_s proof_cpu_s timing_cpu_s opensta_cpu_s refused"
).split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=Path, help="folder with the unpacked packages; default: those installed")
    parser.add_argument("--only", nargs="+", choices=[c.name for c in CORES], help="these processors")
    parser.add_argument("--recipes", nargs="+", choices=recipe_names(), default=["area"])
    args = parser.parse_args()
    pdk = find_pdk("nangate45")
    example = Path(__file__).parents[1] / "netlists" / "structural" / "adder8_ripple.v"
    analyze(read_verilog(example, types=pdk.library.types), pdk.library)  # compiled code is loaded before anything is timed
    found = []
    for row in rows([c for c in CORES if not args.only or c.name in args.only], args.cores, pdk, args.recipes):
        found.append(row)
        print_table([row], [c for c in COLUMNS if c in row])
    print()
    print_table(found, COLUMNS)
    write_results("flow_cores", found)


if __name__ == "__main__":
    main()
