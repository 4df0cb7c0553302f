"""The circuits that are mapped: of Yosys, of open generators, and textbook circuits of this package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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


TEXTBOOK = (  # partial products, tree, final adder, adder cells of the library kept
    *(("and", "tdm", adder, False) for adder in ("kogge-stone", "sklansky", "brent-kung", "han-carlson", "+")),
    *(("and", "dadda", adder, False) for adder in ("kogge-stone", "+")),
    *(("and", "wallace", adder, False) for adder in ("brent-kung", "+")),
    *(("booth", "tdm", adder, False) for adder in ("kogge-stone", "brent-kung")),
    *(("and", "tdm", adder, True) for adder in ("sklansky", "kogge-stone", "brent-kung")),
    ("and", "dadda", "sklansky", True),
    ("booth", "tdm", "sklansky", True),
)


def subjects(key: Key, tools: Tools, folder: Path, pdk: Pdk) -> Iterator[Subject]:
    """Every circuit of a kind and width; RTL is written into `folder`."""
    kind, width = key
    yield from yosys_subjects(key, folder)
    for peer in arith_peers.available(tools, kind, width):
        yield peer_subject(peer, key, tools, folder)
    for choice in TEXTBOOK:
        if choice[2] != "+" or kind == "multiplier":
            yield textbook_subject(key, choice, folder, pdk)


def yosys_subjects(key: Key, folder: Path) -> Iterator[Subject]:
    spec = specification(Config(*key))
    path = folder / "expression.v"
    path.write_text(rtl(spec, "top"))
    expression = Rtl((path,), "top")
    for multiplier in ("array", "booth"):
        yield Subject(f"yosys {multiplier}", "yosys", expression, multiplier)
    if key[0] == "mac":  # on a lone product the pass changes nothing
        yield _from_gates(key, Subject("yosys arith_tree", "yosys", Rtl((arith_tree(path, folder),), "top")))


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


def textbook_subject(key: Key, choice: tuple[str, str, str, bool], folder: Path, pdk: Pdk) -> Subject:
    ppg, tree, adder, cells = choice
    name = f"textbook {ppg} {tree} {adder}{' adder cells' if cells else ''}"
    if adder == "+":
        return _from_gates(key, Subject(name, "textbook", added(two_rows(key[1], tree), folder / f"{tree}.v")))
    delays = {"delays": library_delays(pdk)} if cells else {}
    netlist = generate(*key, ppg=ppg, tree=tree, adder=adder, **delays).netlist
    return Subject(name, "textbook", netlist, adders="keep" if cells else "dissolve")
