"""Arithmetic designs mapped onto a kit without a general-purpose mapper.

A mapper sees gates; here it is known what they are. Adders take one of the kit's forms (`eda.arith.composites`), partial
products are NAND or NOR gates, prefix nodes alternate between AND-OR and OR-AND, and polarities are chosen so that few
inverters are needed: a full adder is self-dual, so whole regions of a tree may carry complements; sums come in either
polarity from XOR or XNOR. All cells are the smallest of their function: sizes and buffers are the business of
`eda.sizing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eda.arith.composites import composites
from eda.arith.generate import Design
from eda.arith.mapped_choice import Choice, Chooser
from eda.arith.mapped_network import FULL, Network, network_of
from eda.arith.mapped_options import Options, options_of
from eda.errors import UsageError
from eda.flow.evaluate import constraints_of
from eda.ir.builder import Builder
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.tech.pdk import Pdk
from eda.timing.constraints import Constraints

_DUAL = {"aoi": "oai", "nand-oai": "nor-aoi", "shared": "shared-dual", "compact": "compact-dual"}
"""Forms of a full adder that are each other's complement: which of the two it is follows from the polarity."""


def map_design(
    design: Design,
    pdk: Pdk,
    *,
    target_ps: float | None = None,
    impl: Sequence[int] | None = None,
    constraints: Constraints | None = None,
    effort: int = 0,
    seed: int = 1,
) -> Netlist:
    """`design` in library cells of least drive.

    target_ps    what the timing model of the choice aims at, on the scale of cells that are sized well afterwards (the
                 result before sizing is slower); None: the least area; 0: as fast as the model can make it
    impl         for each compressor of the tree the number of its form in `composites`, or -1 for any; without sizes, and
                 taken for the form and its complement alike; None: any for all
    constraints  arrivals, required times, driver and loads (None: those of the kit's description)
    effort       random changes for each node, which make the result smaller (6 % at the fast end with 200) but take time

    Raises `UsageError` for a kit without XOR, NAND or inverter and for an `impl` that does not fit the tree,
    `UnsupportedError` for a design with cells other than generic gates and adders.
    """
    chooser, network, options = _chooser(design, pdk, impl, constraints, effort, seed)
    return emit(network, options, chooser.least_area() if target_ps is None else chooser.within(target_ps))


def map_front(
    design: Design,
    pdk: Pdk,
    points: int,
    *,
    impl: Sequence[int] | None = None,
    constraints: Constraints | None = None,
    effort: int = 0,
    seed: int = 1,
) -> list[Netlist]:
    """At most `points` netlists as of `map_design`, from that of least area to the fastest, limits evenly apart."""
    chooser, network, options = _chooser(design, pdk, impl, constraints, effort, seed)
    cheapest = chooser.least_area()
    fastest = chooser.within(0.0)
    chooser.restart()
    step = (cheapest.delay_ps - fastest.delay_ps) / max(points - 1, 1)
    choices = [cheapest] + [chooser.within(cheapest.delay_ps - k * step) for k in range(1, points - 1)]
    return [emit(network, options, choice) for choice in ([*choices, fastest] if points > 1 else choices)]


def _chooser(
    design: Design, pdk: Pdk, impl: Sequence[int] | None, constraints: Constraints | None, effort: int, seed: int
) -> tuple[Chooser, Network, Options]:
    network, options = network_of(design.netlist), options_of(pdk)
    allowed = None if impl is None else _allowed(design, network, pdk, impl)
    surroundings = constraints or constraints_of(pdk)
    return Chooser(network, options, surroundings, allowed, effort=effort, seed=seed), network, options


def _allowed(design: Design, network: Network, pdk: Pdk, impl: Sequence[int]) -> list[tuple[str, ...] | None]:
    """The forms that each node may take where `impl` names those of compressors."""
    tree = design.tree
    if len(impl) != tree.n_compressors:
        raise UsageError(f"impl has {len(impl)} entries, the tree has {tree.n_compressors} compressors")
    names_of_sums = [design.via.net_names[net] for net in design.signals[tree.sums].tolist()]
    net = design.netlist.net_by_name
    of_cell = {int(design.netlist.driver[net[name]]): j for j, name in enumerate(names_of_sums) if name in net}
    out: list[tuple[str, ...] | None] = []
    for node in network.nodes:
        j = of_cell.get(node.origin)
        names = composites(pdk).names(3 if node.kind == FULL else 2)
        if j is None or impl[j] < 0:
            out.append(None)
            continue
        if impl[j] >= len(names):
            raise UsageError(f"impl[{j}] is {impl[j]}, but the kit {pdk.name} has {len(names)} forms of that adder, from 0")
        out.append(_alike(names[impl[j]].removesuffix(".2")))
    return out


def _alike(name: str) -> tuple[str, ...]:
    """A form and its complement."""
    return next((pair for pair in _DUAL.items() if name in pair), (name,))


def emit(network: Network, options: Options, choice: Choice) -> Netlist:
    """The netlist of a choice, with the ports and, where the polarity is the same, the net names of the source."""
    source = network.netlist
    b = Builder(source.name)
    net = {0: 0, 1: 1}
    literal = FIRST_INPUT_NET
    for port in source.inputs:
        for bit in b.input(port.name, _bounds(port.left, port.right)):
            net[literal] = bit
            literal += 2
    names = {x: name for x, name in zip(network.literals, source.net_names, strict=True) if name is not None}

    def of(x: int) -> int:
        if x not in net:
            (net[x],) = options.inverter.place(b, [net[x ^ 1]])
            if x in names:
                b.name_net(net[x], names[x])
        return net[x]

    for node, option in zip(network.nodes, choice.options, strict=True):
        needs, gives = option.polarity()
        pins = [of(x ^ need) for x, need in zip(node.inputs, needs, strict=True)]
        made = option.composite.place(b, [pins[k] for k in option.order])
        for x, give, out in zip(node.outputs, gives, made, strict=True):
            net[x ^ give] = out
            if x ^ give in names:
                b.name_net(out, names[x ^ give])
    at = 0
    for port in source.outputs:
        bits = [of(x) for x in network.outputs[at : at + port.width]]
        b.output(port.name, bits[0] if port.left is None else bits, _bounds(port.left, port.right))
        at += port.width
    netlist = b.build()
    by_name = {port.name: port.nets for port in netlist.ports}
    return replace(netlist, ports=tuple(replace(port, nets=by_name[port.name]) for port in source.ports))


def _bounds(left: int | None, right: int | None) -> tuple[int, int] | None:
    return None if left is None or right is None else (left, right)
