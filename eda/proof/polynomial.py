"""Multilinear polynomials over 0/1 variables with coefficients modulo a power of two: the canonical form of a sum of bits.

Every integer function of bits has exactly one such polynomial, so two sums are equal if and only if their polynomials are.
A polynomial is a dictionary from monomials (sorted tuples of nets, the empty tuple for the constant) to coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce

from eda.ir.spec import ArithmeticSpec, Operand

Monomial = tuple[int, ...]
Polynomial = dict[Monomial, int]

MONOMIAL_LIMIT = 1 << 20
"""Specifications with more monomials than this are not expanded."""


@cache
def moebius(table: int, n: int) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Polynomial of the truth table over n inputs: ``(positions of the inputs, coefficient)`` for each monomial."""
    values = [table >> m & 1 for m in range(1 << n)]
    for i in range(n):
        for m in range(1 << n):
            if m >> i & 1:
                values[m] -= values[m ^ 1 << i]
    return tuple((tuple(i for i in range(n) if m >> i & 1), v) for m, v in enumerate(values) if v)


def add_function(total: Polynomial, coefficient: int, table: int, support: Sequence[int]) -> None:
    """Add ``coefficient * f`` to `total`, f being the truth table over the ascending nets `support`."""
    for positions, value in moebius(table, len(support)):
        key = tuple(support[i] for i in positions)
        total[key] = total.get(key, 0) + coefficient * value


def reduced(polynomial: Mapping[Monomial, int], width: int) -> Polynomial:
    """Coefficients modulo ``2**width``, without those that vanish."""
    mask = (1 << width) - 1
    return {m: c & mask for m, c in polynomial.items() if c & mask}


def of_spec(spec: ArithmeticSpec, nets: Mapping[str, Sequence[int]]) -> Polynomial | None:
    """The polynomial of a specification whose operands lie on `nets`, low bits included; None if it has too many monomials."""
    operands = {o.name: _of_operand(o, nets[o.name]) for o in spec.operands}
    total: Polynomial = {}
    for coefficient, term in spec.weighted_terms:
        factors = [operands[name] for name in term]
        if reduce(lambda size, f: size * len(f), factors, 1) > MONOMIAL_LIMIT:
            return None
        for key, value in reduce(_times, factors).items():
            total[key] = total.get(key, 0) + coefficient * value
    return reduced(total, spec.span)


def _of_operand(operand: Operand, nets: Sequence[int]) -> Polynomial:
    weights = [1 << i for i in range(operand.width)]
    if operand.signed:
        weights[-1] = -weights[-1]
    out: Polynomial = {}
    for net, weight in zip(nets, weights, strict=True):
        out[(net,)] = out.get((net,), 0) + weight
    return out


def _times(p: Polynomial, q: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for m, a in p.items():
        for n, b in q.items():
            key = tuple(sorted({*m, *n}))
            out[key] = out.get(key, 0) + a * b
    return out
