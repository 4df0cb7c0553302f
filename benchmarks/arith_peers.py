"""Multipliers and multiply-adders of open generators, each written as Verilog with the module `top` and ports a, b, c and p.

    python -m venv peers && peers/bin/pip install pyrtl==1.0.3 ariths-gen==1.1.4 'amaranth[builtin-yosys]==0.5.10'

makes the environment for the generators written in Python; none of them is a dependency of the package. This file is also
the program that runs in that environment, one circuit at a time, and writes Verilog to standard output:

    peers/bin/python benchmarks/arith_peers.py pyrtl multiplier 8 wallace kogge-stone

Generators that are no packages are used if the folder of their source, built as their README says, is given: multgen
(github.com/temelmertcan/multgen) and genmul (github.com/amahzoon/genmul), and vlsiffra (github.com/antonblanchard/vlsiffra),
which needs no building. vlsiffra's multiply-adder drops the top bit of the sum, so only its multipliers take part.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 300.0
"""Allowed for the generation of one circuit."""


@dataclass(frozen=True)
class Peer:
    """One circuit of a generator, at any width.

    generator  its name
    options    what it is asked for, such as tree and final adder
    kinds      multiplier, mac
    widths     of the operands; empty: all
    """

    generator: str
    options: tuple[str, ...]
    kinds: tuple[str, ...] = ("multiplier",)
    widths: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.generator} {' '.join(self.options)}"

    def offers(self, kind: str, width: int) -> bool:
        return kind in self.kinds and (not self.widths or width in self.widths)


@dataclass(frozen=True)
class Tools:
    """Where the generators are; those that are None take no part.

    python  interpreter of the environment with the packages
    others  folders of the sources of multgen, genmul and vlsiffra, by name
    """

    python: Path | None = None
    others: dict[str, Path] = field(default_factory=dict)

    def have(self, peer: Peer) -> bool:
        python = peer.generator not in ("multgen", "genmul")
        found = peer.generator in ("pyrtl", "ariths-gen") or peer.generator in self.others
        return found and (self.python is not None or not python)


_BOTH = ("multiplier", "mac")

PEERS = (
    *(Peer("pyrtl", (tree, adder), _BOTH) for tree in ("wallace", "dadda") for adder in ("kogge-stone", "lookahead")),
    *(Peer("ariths-gen", ("dadda", adder)) for adder in ("KoggeStone", "BrentKung", "HanCarlson")),
    *(Peer("ariths-gen", ("wallace", adder)) for adder in ("KoggeStone", "CarryLookahead")),
    *(Peer("multgen", ("USP", "WT", adder), _BOTH) for adder in ("LF", "KS", "HC")),
    *(Peer("multgen", ("USP", "DT", adder), _BOTH) for adder in ("LF", "KS")),
    *(Peer("multgen", ("UB4", "DT", adder), _BOTH) for adder in ("KS", "HC")),
    Peer("multgen", ("UB4", "WT", "LF"), _BOTH),
    Peer("multgen", ("USP", "c42", "KS"), _BOTH),
    Peer("multgen", ("UB8", "DT", "KS"), _BOTH, (16, 32, 64)),
    *(Peer("genmul", ("wallace", adder)) for adder in ("brent-kung", "kogge-stone")),
    Peer("genmul", ("dadda", "ladner-fischer")),
    *(Peer("vlsiffra", ("LongMultiplication", adder)) for adder in ("KoggeStone", "HanCarlson", "Inferred")),
    *(Peer("vlsiffra", ("BoothRadix4", adder)) for adder in ("KoggeStone", "HanCarlson")),
)


def available(tools: Tools, kind: str, width: int) -> list[Peer]:
    """The circuits of one kind and width that the tools at hand can make."""
    return [p for p in PEERS if tools.have(p) and p.offers(kind, width)]


def verilog(peer: Peer, kind: str, width: int, tools: Tools) -> str:
    """Verilog of a circuit; raises `RuntimeError` with the generator's message if it fails."""
    if peer.generator == "multgen":
        return _multgen(tools.others["multgen"], kind, width, peer.options)
    if peer.generator == "genmul":
        return _genmul(tools.others["genmul"], width, peer.options)
    folder = tools.others.get(peer.generator)
    command = [str(tools.python), __file__, peer.generator, kind, str(width), *peer.options]
    return _run([*command, *([str(folder)] if folder else [])])


def _run(command: list[str], cwd: Path | str | None = None, given: str | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, input=given, cwd=cwd, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
    return done.stdout


def _wrapped(kind: str, width: int, module: str, pins: tuple[str, ...]) -> str:
    """The module `top` around one of another name, whose pins for a, b, c (of a mac) and p are given in this order."""
    sizes = {"a": width, "b": width, "c": 2 * width}
    ports = [f"input [{sizes[n] - 1}:0] {n}" for n in _inputs(kind)] + [f"output [{_result_bits(kind, width) - 1}:0] p"]
    links = [f".{pin}({port})" for pin, port in zip(pins, (*_inputs(kind), "p"), strict=True)]
    return f"\nmodule top({', '.join(ports)});\n  {module} circuit({', '.join(links)});\nendmodule\n"


def _inputs(kind: str) -> tuple[str, ...]:
    return ("a", "b", "c") if kind == "mac" else ("a", "b")


def _result_bits(kind: str, width: int) -> int:
    return 2 * width + (kind == "mac")


# --- programs ---------------------------------------------------------------------------------------------------------


def _modules(text: str) -> Iterator[tuple[str, str]]:
    """Name and text of every module."""
    for found in re.finditer(r"^\s*module\s+(\w+).*?^\s*endmodule", text, re.MULTILINE | re.DOTALL):
        yield found[1], found[0]


def _multgen(folder: Path, kind: str, width: int, options: tuple[str, ...]) -> str:
    """Without multgen's modules of the specification, which use SystemVerilog that few tools read."""
    pp, tree, adder = options
    mac = ["-type", "MAC", "-in3size", str(2 * width)] if kind == "mac" else ["-type", "StandAlone"]
    sizes = ["-in1size", str(width), "-in2size", str(width), "-outsize", str(_result_bits(kind, width)), "-shift", "0"]
    with tempfile.TemporaryDirectory() as made:
        choice = ["-tree", tree, "-pp", pp, "-adder", adder, "-allowXes", "false"]
        _run([str((folder / "multgen").resolve()), *mac, *choice, *sizes], cwd=made)
        (path,) = Path(made).glob("*.sv")
        text = path.read_text()
    kept = {name: body for name, body in _modules(text) if not name.endswith("_spec")}
    top = next(name for name in kept if f"_{pp}_{adder}_" in name and name.startswith("MAC" if kind == "mac" else tree))
    return "\n".join(kept.values()) + _wrapped(kind, width, top, _pins(kept[top]))


def _pins(module: str) -> tuple[str, ...]:
    """Ports of a module in the order of their declaration, inputs first."""
    found = re.findall(r"^\s*(input|output)\s+(?:logic\s+)?(?:\[[^\]]*\]\s*)?(\w+)", module, re.MULTILINE)
    return tuple(name for way, name in sorted(found, key=lambda port: port[0] != "input"))


_GENMUL_TREES = {"array": "1", "wallace": "2", "dadda": "3"}
_GENMUL_ADDERS = {"ripple": "1", "ladner-fischer": "3", "kogge-stone": "4", "brent-kung": "5"}


def _genmul(folder: Path, width: int, options: tuple[str, ...]) -> str:
    """genmul asks questions; its top module is the last."""
    programs = sorted(p for p in folder.resolve().rglob("genmul") if p.is_file())
    if not programs:
        raise RuntimeError(f"no program genmul under {folder}: build it as its README says")
    answers = ["1", _GENMUL_TREES[options[0]], _GENMUL_ADDERS[options[1]], str(width), str(width)]
    with tempfile.TemporaryDirectory() as made:
        _run([str(programs[0])], cwd=made, given="\n".join(answers) + "\n")
        (path,) = Path(made).glob("*.v")
        text = path.read_text()
    *_, (top, body) = _modules(text)
    return text + _wrapped("multiplier", width, top, _pins(body))


# --- in the environment of the generators -----------------------------------------------------------------------------


def _pyrtl(kind: str, width: int, tree: str, adder: str) -> str:
    import pyrtl
    from pyrtl.rtllib import adders, multipliers

    reducer = {"wallace": adders.wallace_reducer, "dadda": adders.dada_reducer}[tree]
    final = {"kogge-stone": adders.kogge_stone, "lookahead": adders.cla_adder, "ripple": adders.ripple_add}[adder]
    a, b = pyrtl.Input(width, "a"), pyrtl.Input(width, "b")
    if kind == "mac":
        c = pyrtl.Input(2 * width, "c")
        result = multipliers.fused_multiply_adder(a, b, c, signed=False, reducer=reducer, adder_func=final)
    else:
        result = multipliers.tree_multiplier(a, b, reducer=reducer, adder_func=final)
    p = pyrtl.Output(_result_bits(kind, width), "p")
    p <<= result
    text = io.StringIO()
    pyrtl.output_to_verilog(text, add_reset=False)
    plain = text.getvalue().replace("module toplevel(clk, ", "module top(").replace("    input clk;\n", "")
    return plain


def _ariths_gen(kind: str, width: int, tree: str, adder: str) -> str:
    from ariths_gen.multi_bit_circuits import adders, multipliers
    from ariths_gen.wire_components import Bus

    circuit = getattr(multipliers, f"Unsigned{tree.capitalize()}Multiplier")
    final = getattr(adders, f"Unsigned{adder}Adder")
    text = io.StringIO()
    circuit(Bus("a", width), Bus("b", width), name="circuit", unsigned_adder_class_name=final).get_v_code_flat(text)
    return text.getvalue() + _wrapped(kind, width, "circuit", ("a", "b", "circuit_out"))


def _vlsiffra(kind: str, width: int, ppg: str, adder: str, folder: str) -> str:
    sys.path.insert(0, folder)
    from amaranth.back import verilog as back
    from vlsiffra import adder as adders
    from vlsiffra import multiplier as parts
    from vlsiffra.tech.none import NoneProcess

    final = type("Final", (getattr(adders, adder), NoneProcess), {})
    bases = (parts.Multiplier, getattr(parts, ppg), parts.Dadda, NoneProcess)
    circuit = type("Product", bases, {})(bits=width, adder=final)
    text = back.convert(circuit, ports=[circuit.a, circuit.b, circuit.o], name="circuit", strip_internal_attrs=True)
    return text + _wrapped(kind, width, "circuit", ("a", "b", "o"))


if __name__ == "__main__":
    name, circuit_kind, bits, *chosen = sys.argv[1:]
    make: dict[str, Callable[..., str]] = {"pyrtl": _pyrtl, "ariths-gen": _ariths_gen, "vlsiffra": _vlsiffra}
    print(make[name](circuit_kind, int(bits), *chosen))
