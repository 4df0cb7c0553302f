"""The Yosys script that maps a design onto a library, made from a recipe.

Commands between reading and ABC decide the names and the order in which ABC meets the gates, and with them a few
percent of the result. So the elaborated design is saved inside Yosys and written only after the mapped one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eda.flow.recipes import Recipe

MAPPED, CONSTRAINTS, ABC_SCRIPT = "mapped.v", "constraints.sdc", "recipe.abc"

_CLEAN = ["chformal -remove", "delete t:$print t:$check t:$scopeinfo", "setundef -zero -undriven"]
"""Assertions, `$display` and notes on hierarchy are no hardware; undefined values become 0, as in `eda.verilog.rtl`."""


@dataclass(frozen=True)
class Kit:
    """What a script needs to know of a process kit; `liberty` are plain names of files in the scratch folder.

    tie_high, tie_low  ``CELL/PIN``, or "" where the kit has none
    """

    liberty: tuple[str, ...]
    driver: str
    load_ff: float
    dont_use: tuple[str, ...]
    tie_high: str
    tie_low: str

    @property
    def constraints(self) -> str:
        """ABC's constraint file; the load is in fF whatever the library's unit."""
        return f"set_driving_cell {self.driver}\nset_load {self.load_ff:.10g} [all_outputs]\n"


def script(recipe: Recipe, kit: Kit, reading: Sequence[str], finish: Sequence[str], *, top: str, keep_cells: bool) -> str:
    """The whole script, one command per line, which leaves the file `MAPPED`.

    reading     commands that read the design
    finish      commands that write the elaborated design somewhere; may be empty
    keep_cells  library cells in the design stay; otherwise they become gates and are mapped again
    """
    interfaces = [f"read_liberty -ignore_miss_func -overwrite -lib {name}" for name in kit.liberty]
    functions = [f"read_liberty -ignore_miss_func {name}" for name in kit.liberty]
    lines = [*(interfaces if keep_cells else functions), *reading, *_front(recipe, top)]
    lines += [] if keep_cells else interfaces
    lines += _CLEAN
    lines += ["design -save elaborated"] if finish else []
    lines += [f"dfflibmap {_libraries(kit)}", "opt", _abc(recipe, kit)]
    lines += _ties(kit)
    lines += ["splitnets", "opt_clean -purge", "check -assert -mapped"]
    lines += [f"write_verilog -noattr -noexpr -nohex -nodec -simple-lhs {MAPPED}"]
    lines += ["design -load elaborated", *finish] if finish else []
    return "".join(line + "\n" for line in lines)


def _front(recipe: Recipe, top: str) -> list[str]:
    if recipe.front == "gates":
        return [f"hierarchy -check -top {top}", "flatten", "opt_clean", "techmap", "opt -fast"]
    adder = "" if recipe.final_adder == "default" else f"+/choices/{recipe.final_adder}.v"
    booth = recipe.multiplier == "booth"
    if recipe.front == "synth":
        return [f"synth -flatten -top {top}" + (" -booth" if booth else "") + (f" -extra-map {adder}" if adder else "")]
    lines = [f"hierarchy -check -top {top}", "proc", "flatten", "opt", "wreduce", "peepopt", "opt_clean"]
    lines += ["booth"] if booth else []
    lines += ["alumacc", "memory -nomap", "memory_map"]
    lines += [f"techmap{f' -map {adder}' if adder else ''} -map +/techmap.v"]
    return [*lines, "opt -full", "techmap", "opt -fast"]


def _abc(recipe: Recipe, kit: Kit) -> str:
    options = [f"-D {recipe.target}", f"-constr {CONSTRAINTS}"] if recipe.constrained else []
    script = [f"-script {ABC_SCRIPT}"] if recipe.abc else []
    return " ".join(["abc", *options, _libraries(kit), *script])


def _libraries(kit: Kit) -> str:
    return " ".join([f"-liberty {name}" for name in kit.liberty] + [f"-dont_use {pattern}" for pattern in kit.dont_use])


def _ties(kit: Kit) -> list[str]:
    options = [f"-{o} {tie.replace('/', ' ')}" for o, tie in (("hicell", kit.tie_high), ("locell", kit.tie_low)) if tie]
    return [f"hilomap -singleton {' '.join(options)}"] if options else []
