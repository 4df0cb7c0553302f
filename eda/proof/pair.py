"""Two combinational circuits with equal ports, or one and its specification: what the rungs of the ladder look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.ir.aig import Aig
from eda.ir.convert import to_aig
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.ir.simulate import simulate
from eda.ir.spec import ArithmeticSpec
from eda.ir.vectors import Words, pack, unpack
from eda.proof.ports import match_ports
from eda.proof.reference import reference
from eda.proof.verdict import Counterexample, Verdict
from eda.proof.xors import normalised

_WORD = 64


@dataclass(frozen=True, eq=False)
class Pair:
    """`left` and `other`, a netlist with the ports of `left` in the same order, or a specification."""

    left: Netlist
    other: Netlist | ArithmeticSpec

    @property
    def spec(self) -> ArithmeticSpec | None:
        return self.other if isinstance(self.other, ArithmeticSpec) else None

    @cached_property
    def right(self) -> Netlist:
        """The other side as a netlist; that of a specification is the plainest there is."""
        return self.other if isinstance(self.other, Netlist) else match_ports(self.left, reference(self.other))

    @cached_property
    def graphs(self) -> tuple[Aig, Aig]:
        """Both sides as and-inverter graphs with inputs ``x[i]`` and outputs ``y[i]``."""
        return _graph(self.left), _graph(self.right)

    @property
    def outputs_total(self) -> int:
        return sum(p.width for p in self.left.outputs)

    # --- values -------------------------------------------------------------------------------------------------------

    def actual(self, values: Mapping[str, Words]) -> Words:
        """Output bits ``[outputs_total, W]`` of the left side for ``{input port: [width, W]}``."""
        return simulate(self.left, values)[self.left.output_nets]

    def expected(self, values: Mapping[str, Words]) -> Words:
        """Output bits of the other side: from integer arithmetic if it is a specification."""
        if isinstance(self.other, Netlist):
            return simulate(self.other, values)[self.other.output_nets]
        return _small(self.other, values) if self.other.span <= _WORD else _large(self.other, values)

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def proven(self, method: str, detail: str = "", certificate: Mapping[str, object] | None = None) -> Verdict:
        total = self.outputs_total
        return Verdict("proven", method, total, total, detail=detail, certificate=certificate)

    def by_port(self, inputs: Sequence[int] | npt.NDArray[Any]) -> dict[str, int]:
        """The bit pattern of each input port from the values of all input bits, in the order of their nets."""
        return {p.name: sum(int(inputs[n - FIRST_INPUT_NET]) << i for i, n in enumerate(p.nets)) for p in self.left.inputs}

    def unknown(self, method: str, detail: str, outputs_proven: int = 0) -> Verdict:
        return Verdict("unknown", method, self.outputs_total, outputs_proven, detail=detail)

    def different(self, method: str, inputs: Mapping[str, int]) -> Verdict | None:
        """The verdict that these bit patterns show a difference, or None if a simulation of both sides shows none."""
        values = {name: pack([bits], self.left.port(name).width) for name, bits in inputs.items()}
        left, right = (_numbers(self.left, words) for words in (self.actual(values), self.expected(values)))
        wrong = [name for name in left if left[name] != right[name]]
        if not wrong:
            return None
        read = self._read
        found = Counterexample(
            {name: read(name, bits) for name, bits in inputs.items()},
            {name: read(name, left[name]) for name in wrong},
            {name: read(name, right[name]) for name in wrong},
        )
        return Verdict("different", method, self.outputs_total, counterexample=found)

    def _read(self, name: str, bits: int) -> int:
        """The number that a port's bits stand for in the specification; unsigned without one."""
        if self.spec is None:
            return bits
        operands = {o.name: o for o in self.spec.operands}
        if name in operands:
            return operands[name].value(bits)
        negative = self.spec.is_signed and bits >> self.spec.width - 1
        return bits - (1 << self.spec.width) if negative else bits


def _graph(netlist: Netlist) -> Aig:
    graph = normalised(to_aig(netlist))
    names = (tuple(f"{port}[{i}]" for i in range(n)) for port, n in (("x", graph.n_inputs), ("y", len(graph.outputs))))
    return replace(graph, input_names=next(names), output_names=next(names))


def _numbers(netlist: Netlist, words: Words) -> dict[str, int]:
    """The outputs in the first vector."""
    out, at = {}, 0
    for port in netlist.outputs:
        out[port.name] = unpack(words[at : at + port.width], 1)[0] if port.width else 0
        at += port.width
    return out


def _small(spec: ArithmeticSpec, values: Mapping[str, Words]) -> Words:
    """Machine arithmetic: exact modulo 2**64, and so modulo any smaller power of two."""
    numbers = {}
    for operand in spec.operands:
        bits = _bits(values[operand.name])
        number = np.zeros(bits.shape[1], dtype=np.uint64)
        for i, row in enumerate(bits):
            sign = operand.signed and i == operand.width - 1
            number += row * np.uint64((-1 if sign else 1) * (1 << i) % (1 << _WORD) if i < _WORD else 0)
        numbers[operand.name] = number
    total = np.zeros_like(next(iter(numbers.values())))
    for coefficient, term in spec.weighted_terms:
        product = np.full_like(total, coefficient % (1 << _WORD))
        for name in term:
            product *= numbers[name]
        total += product
    rows = total >> np.arange(spec.low, spec.span, dtype=np.uint64)[:, None] & np.uint64(1)
    return np.packbits(rows.astype(np.uint8), axis=1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def _bits(words: Words) -> Words:
    """``[width, W]`` words as ``[width, 64 W]`` zeros and ones."""
    raw = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(raw, axis=1, bitorder="little").astype(np.uint64)


def _large(spec: ArithmeticSpec, values: Mapping[str, Words]) -> Words:
    count = _WORD * next(iter(values.values())).shape[1]
    numbers = {o.name: unpack(values[o.name], count) for o in spec.operands}
    rows = zip(*numbers.values(), strict=True)
    return pack([spec.evaluate(dict(zip(numbers, row, strict=True))) for row in rows], spec.width)
