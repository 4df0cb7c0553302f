"""The check of a weight-conservation certificate: short, and without any code of the producer.

The certificate of a netlist that computes a sum of products modulo ``2**width`` makes three claims:
  adder     whatever the nets of `free` carry, the outputs are ``sum(weight * net of cut) + sum(weight * product) + constant``,
            plus, if `residual`, what the outputs are while the nets of `cut` are 0;
  tree      the sum over `cut` does not change when the outputs of the cells of one step after the other give way to
            their inputs;
  products  what is left is, as a polynomial in the inputs, the specification.
Each is an identity of integers for all inputs, so together they are a proof. The adder is compared by binary decision
diagrams, which stay small for every carry-propagate adder when the bits of high weight come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eda.errors import ProofError
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.ir.spec import ArithmeticSpec
from eda.proof.diagrams import Diagrams, Polynomial, add_terms

MOST_PINS = 8
"""Steps over more input nets than this are refused."""


def verify(certificate: Mapping[str, Any], netlist: Netlist, spec: ArithmeticSpec) -> None:
    """Raise `ProofError`, saying what does not hold, unless `certificate` proves that `netlist` computes `spec`."""
    if certificate["netlist"] != netlist.digest:
        raise ProofError("certificate: it belongs to another netlist")
    outputs = netlist.port(spec.output).nets
    if spec.low:
        raise ProofError("certificate: the specification leaves low bits out, so the outputs are no sum")
    if len(outputs) != spec.width or int(netlist.level.max(initial=0)) < 0:
        raise ProofError(f"certificate: {len(outputs)} outputs for a specification of {spec.width} bits")
    cut = {int(net): int(weight, 16) for net, weight in certificate["cut"]}
    products = [(tuple(nets), int(weight, 16)) for nets, weight in certificate["products"]]
    zero = dict.fromkeys(cut, 0) if certificate["residual"] else None
    inputs = range(FIRST_INPUT_NET, netlist.first_cell_net)
    _check_adder(netlist, outputs, certificate["free"], cut, products, int(certificate["constant"], 16), zero)

    diagrams = Diagrams()
    variables = {net: diagrams.node(net, 0, 1) for net in inputs}
    left = _replaced(netlist, cut, certificate["steps"], spec.width)
    found: Polynomial = {frozenset(): int(certificate["constant"], 16)}
    for net, f in zip(left, _values(diagrams, netlist, list(left), dict(variables)), strict=True):
        add_terms(found, diagrams.polynomial(f), left[net])
    for nets, weight in products:
        add_terms(found, {frozenset(nets): 1}, weight)
    if zero is not None:
        for i, f in enumerate(_values(diagrams, netlist, outputs, {**variables, **zero})):
            add_terms(found, diagrams.polynomial(f), 1 << i)
    add_terms(found, _expected(netlist, spec), -1)
    if any(c % (1 << spec.width) for c in found.values()):
        raise ProofError("certificate: the products do not add up to the specification")


def _check_adder(
    netlist: Netlist,
    outputs: Sequence[int],
    free: Sequence[int],
    cut: Mapping[int, int],
    products: Iterable[tuple[Sequence[int], int]],
    constant: int,
    zero: Mapping[int, int] | None,
) -> None:
    """The first claim; `zero` is given if there is a rest, which must then be one of the inputs alone."""
    inputs = range(FIRST_INPUT_NET, netlist.first_cell_net)
    if any(net not in inputs for nets, _ in products for net in nets) or (
        zero is not None and any(net not in inputs and net not in cut for net in free)
    ):
        raise ProofError("certificate: a product or a free net is neither an input nor cut")
    diagrams, width = Diagrams(), len(outputs)
    values = {net: diagrams.node(i, 0, 1) for i, net in enumerate(free)}
    columns: list[list[int]] = [[constant >> i & 1] for i in range(width)]
    if zero is not None:
        for column, f in zip(columns, _values(diagrams, netlist, outputs, {**values, **zero}), strict=True):
            column.append(f)
    for nets, weight in [*(((net,), weight) for net, weight in cut.items()), *products]:
        f = 1
        for value in _values(diagrams, netlist, nets, values):
            f = diagrams.ite(f, value, 0)
        _place(diagrams, columns, f, weight % (1 << width))
    actual = _values(diagrams, netlist, outputs, values)
    for i, bits in enumerate(columns):
        while len(bits) > 1:
            total, carry = diagrams.add(bits.pop(), bits.pop(), bits.pop() if bits else 0)
            bits.append(total)
            if i + 1 < width:
                columns[i + 1].append(carry)
        if bits[0] != actual[i]:
            raise ProofError(f"certificate: output bit {i} is not what the final adder should give")


def _place(diagrams: Diagrams, columns: list[list[int]], f: int, weight: int) -> None:
    """Add ``weight * f`` to the columns, as ``weight - (-weight) * (not f)`` where -weight has fewer bits."""
    negative = -weight % (1 << len(columns))
    inverted = negative.bit_count() < weight.bit_count()
    for i, column in enumerate(columns):
        if inverted:
            column += [diagrams.ite(f, 0, 1)] * (negative >> i & 1) + [1] * (weight >> i & 1)
        elif weight >> i & 1:
            column.append(f)


def _values(diagrams: Diagrams, netlist: Netlist, roots: Sequence[int], values: dict[int, int]) -> list[int]:
    """Diagrams of `roots` over the nets whose diagrams are in `values`, where those met on the way are added."""
    values |= {0: 0, 1: 1}
    stack = list(roots)
    while stack:
        net = stack[-1]
        if net not in values:
            cell = int(netlist.driver[net])
            if cell < 0 or not netlist.type_of(cell).is_combinational:
                raise ProofError(f"certificate: net {netlist.net_label(net)} is no function of the free nets")
            kind, pins = netlist.type_of(cell), netlist.fanin_of(cell).tolist()
            missing = [n for n in pins if n not in values]
            if missing:
                stack += missing
                continue
            operands = {p: values[n] for p, n in zip(kind.inputs, pins, strict=True)}
            for out, function in zip(netlist.outputs_of(cell), kind.functions, strict=True):
                values.setdefault(out, diagrams.evaluate(function or (), operands))
        stack.pop()
    return [values[r] for r in roots]


def _replaced(netlist: Netlist, cut: Mapping[int, int], steps: Iterable[Sequence[int]], width: int) -> dict[int, int]:
    """``{net: weight}`` after all steps (net 1: the constant), each checked for all values of its inputs."""
    total, modulus = dict(cut), 1 << width
    for cells in steps:
        pins = sorted({n for c in cells for n in netlist.fanin_of(c).tolist()} - {0, 1})
        if len(pins) > MOST_PINS or not all(netlist.type_of(c).is_combinational for c in cells):
            raise ProofError(f"certificate: cell {netlist.cell_label(cells[0])} is no compressor")
        weights = [[total.pop(net, 0) for net in netlist.outputs_of(c)] for c in cells]
        sums = []
        for m in range(1 << len(pins)):
            values = {0: 0, 1: 1, **{net: m >> k & 1 for k, net in enumerate(pins)}}
            sums.append(sum(_weighed(netlist, c, w, values) for c, w in zip(cells, weights, strict=True)))
        gains = [sums[1 << k] - sums[0] for k in range(len(pins))]
        for m, value in enumerate(sums):
            if (sums[0] + sum(g for k, g in enumerate(gains) if m >> k & 1) - value) % modulus:
                raise ProofError(f"certificate: cell {netlist.cell_label(cells[0])} does not conserve weight")
        add_terms(total, dict(zip((1, *pins), (sums[0], *gains), strict=True)), 1)
    return {net: weight % modulus for net, weight in total.items() if weight % modulus}


def _weighed(netlist: Netlist, cell: int, weights: Sequence[int], values: Mapping[int, int]) -> int:
    """Weighted sum of the outputs of a cell whose input nets carry `values`."""
    kind = netlist.type_of(cell)
    row = sum(values[n] << k for k, n in enumerate(netlist.fanin_of(cell).tolist()))
    return sum(w * (table >> row & 1) for w, table in zip(weights, kind.tables, strict=True))


def _expected(netlist: Netlist, spec: ArithmeticSpec) -> Polynomial:
    words: dict[str, Polynomial] = {}
    for operand in spec.operands:
        nets = netlist.port(operand.name).nets
        if len(nets) != operand.width:
            raise ProofError(f"certificate: operand {operand.name} has {len(nets)} bits, expected {operand.width}")
        words[operand.name] = {frozenset((net,)): 1 << i for i, net in enumerate(nets)}
        if operand.signed:
            words[operand.name][frozenset(nets[-1:])] = -1 << operand.width - 1
    out: Polynomial = {}
    for coefficient, term in zip(spec.coefficients or [1] * len(spec.terms), spec.terms, strict=True):
        product: Polynomial = {frozenset(): coefficient}
        for word in map(words.__getitem__, term):
            previous, product = product, {}
            for m, c in previous.items():
                add_terms(product, {m | n: d for n, d in word.items()}, c)
        add_terms(out, product, 1)
    return out
