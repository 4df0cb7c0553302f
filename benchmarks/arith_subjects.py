"""The circuits that are mapped: of Yosys, of open generators, and textbook circuits of this package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import arith_peers
from arith_peers import Peer, Tools
from flow_reproduce import added, two_rows

from eda.arith.generate import Config, generate, specification
from eda.arith.library_delays import library_delays
from eda.explore.sweep import rtl
from eda.flow.evaluate import Rtl
from eda.ir.netlist import Netlist
from eda.tech.pdk import Pdk
from eda.tech.tools import run_yosys, scratch
from eda.verilog.rtl import read_rtl

GATES_FROM = 32
"""Operand bits from which circuits of generators are mapped from their elaborated gates."""

Key = tuple[str, int]
"""Kind and operand bits."""


@dataclass(frozen=True)
class Subject:
    """A circuit to be mapped.

    source      who made it: a generator, yosys, or textbook
    circuit     RTL, or a netlist
    multiplier  what Yosys makes of `*` in the RTL
    adders      see `eda.flow.synthesize.synthesize`
    """

    name: str
    source: str
    circuit: Rtl | Netlist
    multiplier: str = "array"
    adders: str = "dissolve"


@dataclass(frozen=True)
class Textbook:
    """A circuit of this package from partial products, tree and final adder; `cells`: adder cells of the library stay."""

    ppg: str
    tree: str
    adder: str
    cells: bool = False

    @property
    def name(self) -> str:
        return f"textbook {self.ppg} {self.tree} {self.adder}{' adder cells' if self.cells else ''}"


TEXTBOOK = (
    *(Textbook("and", "tdm", adder) for adder in ("kogge-stone", "sklansky", "brent-kung", "han-carlson", "+")),
    *(Textbook("and", "dadda", adder) for adder in ("kogge-stone", "+")),
    *(Textbook("and", "wallace", adder) for adder in ("brent-kung", "+")),
    *(Textbook("booth", "tdm", adder) for adder in ("kogge-stone", "brent-kung")),
    *(Textbook("and", "tdm", adder, True) for adder in ("sklansky", "kogge-stone", "brent-kung")),
    Textbook("and", "dadda", "sklansky", True),
    Textbook("booth", "tdm", "sklansky", True),
)


def catalogue(key: Key, tools: Tools, folder: Path, pdk: Pdk) -> dict[str, Callable[[], Subject]]:
    """What makes each circuit of a kind and width, by the circuit's name; RTL is written into `folder`."""
    kind, width = key
    found: dict[str, Callable[[], Subject]] = {}
    for form in ("array", "booth", *(("arith_tree",) if kind == "mac" else ())):  # on a lone product that changes nothing
        found[f"yosys {form}"] = partial(yosys_subject, form, key, folder)
    for peer in arith_peers.available(tools, kind, width):
        found[peer.name] = partial(peer_subject, peer, key, tools, folder)
    for choice in TEXTBOOK:
        if choice.adder != "+" or kind == "multiplier":
            found[choice.name] = partial(textbook_subject, choice, key, folder, pdk)
    return found


def yosys_subject(form: str, key: Key, folder: Path) -> Subject:
    path = folder / "expression.v"
    path.write_text(rtl(specification(Config(*key)), "top"))
    if form == "arith_tree":
        return _from_gates(key, Subject(f"yosys {form}", "yosys", Rtl((arith_tree(path, folder),), "top")))
    return Subject(f"yosys {form}", "yosys", Rtl((path,), "top"), form)


def arith_tree(path: Path, folder: Path) -> Path:
    """The gates that Yosys' pass of that name makes of an expression."""
    made = folder / "arith_tree.v"
    commands = ["read_verilog -sv source.v", "synth -flatten -top top -arith_tree -run begin:fine", "techmap", "opt -fast"]
    with scratch() as place:
        (place / "source.v").write_text(path.read_text())
        run_yosys("\n".join([*commands, "write_verilog -noattr made.v"]) + "\n", cwd=place, timeout=60.0, expect=["made.v"])
        made.write_text((place / "made.v").read_text())
    return made


def peer_subject(peer: Peer, key: Key, tools: Tools, folder: Path) -> Subject:
    path = folder / f"{peer.name.replace(' ', '_')}.v"
    if not path.exists():
        path.write_text(arith_peers.verilog(peer, *key, tools))
    return _from_gates(key, Subject(peer.name, peer.generator, Rtl((path,), "top")))


def _from_gates(key: Key, subject: Subject) -> Subject:
    """A wide circuit is mapped from its gates, as Yosys elaborates them."""
    if key[1] < GATES_FROM or isinstance(subject.circuit, Netlist):
        return subject
    return replace(subject, circuit=read_rtl(subject.circuit.paths, subject.circuit.top))


def textbook_subject(choice: Textbook, key: Key, folder: Path, pdk: Pdk) -> Subject:
    if choice.adder == "+":
        circuit = added(two_rows(key[1], choice.tree), folder / f"{choice.tree}.v")
        return _from_gates(key, Subject(choice.name, "textbook", circuit))
    delays = {"delays": library_delays(pdk)} if choice.cells else {}
    netlist = generate(*key, ppg=choice.ppg, tree=choice.tree, adder=choice.adder, **delays).netlist
    return Subject(choice.name, "textbook", netlist, adders="keep" if choice.cells else "dissolve")
