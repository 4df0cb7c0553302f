"""Reduced ordered binary decision diagrams (Bryant 1986), for functions whose diagrams are known to stay small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eda.errors import ProofError
from eda.ir.logic import Expr

NODE_LIMIT = 1_000_000
SUPPORT_LIMIT = 14
_LAST = 1 << 62

Polynomial = dict[frozenset[int], int]


class Diagrams:
    """Functions as numbers: 0 and 1 are the constants, equal functions are equal numbers.

    Variables are integers; smaller ones are asked first. Raises `ProofError` beyond `NODE_LIMIT` nodes.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[int, int, int]] = [(_LAST, 0, 0), (_LAST, 1, 1)]
        self.unique: dict[tuple[int, int, int], int] = {}
        self.solved: dict[tuple[int, int, int], int] = {}

    def node(self, variable: int, low: int, high: int) -> int:
        if low == high:
            return low
        number = self.unique.setdefault((variable, low, high), len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append((variable, low, high))
            if number > NODE_LIMIT:
                raise ProofError(f"certificate: more than {NODE_LIMIT} decision nodes are needed")
        return number

    def ite(self, f: int, g: int, h: int) -> int:
        """``f ? g : h``, without recursion: carries are deep."""
        stack = [(f, g, h)]
        while stack:
            key = stack[-1]
            if self._find(key) < 0:
                parts = [self.nodes[x] for x in key]
                top = min(parts)[0]
                zero, one = (_cofactors(key, parts, top, side) for side in (1, 2))
                low, high = self._find(zero), self._find(one)
                if low < 0 or high < 0:
                    stack += [k for k, found in ((zero, low), (one, high)) if found < 0]
                    continue
                self.solved[key] = self.node(top, low, high)
            stack.pop()
        return self._find((f, g, h))

    def _find(self, key: tuple[int, int, int]) -> int:
        f, g, h = key
        if f < 2 or g == h:
            return g if f else h
        return f if g == 1 and h == 0 else self.solved.get(key, -1)

    def xor(self, f: int, g: int) -> int:
        return self.ite(f, self.ite(g, 0, 1), g)

    def add(self, f: int, g: int, h: int) -> tuple[int, int]:
        """Sum and carry of three bits."""
        return self.xor(self.xor(f, g), h), self.ite(f, self.ite(g, 1, h), self.ite(g, h, 0))

    def evaluate(self, expr: Expr, values: Mapping[str, int]) -> int:
        if expr[0] in ("const", "var"):
            return expr[1] if expr[0] == "const" else values[expr[1]]
        f, *rest = (self.evaluate(e, values) for e in expr[1:])
        if expr[0] in ("not", "xor"):
            return self.xor(f, rest[0] if rest else 1)
        return self.ite(f, rest[0], 0) if expr[0] == "and" else self.ite(f, 1, rest[0])

    def polynomial(self, f: int, depth: int = 0) -> Polynomial:
        """The function as an integer: ``{variables: coefficient}``; raises `ProofError` beyond `SUPPORT_LIMIT` variables."""
        if f < 2:
            return {frozenset(): 1} if f else {}
        if depth == SUPPORT_LIMIT:
            raise ProofError(f"certificate: a product depends on more than {SUPPORT_LIMIT} inputs")
        variable, low, high = self.nodes[f]
        out = self.polynomial(low, depth + 1)
        for terms, sign in ((self.polynomial(high, depth + 1), 1), (dict(out), -1)):
            add_terms(out, {m | {variable}: c for m, c in terms.items()}, sign)
        return out


def _cofactors(key: tuple[int, int, int], parts: list[tuple[int, int, int]], top: int, side: int) -> tuple[int, int, int]:
    """The three functions where the variable `top` is 0 (`side` 1) or 1 (`side` 2)."""
    f, g, h = (part[side] if part[0] == top else x for x, part in zip(key, parts, strict=True))
    return f, g, h


def add_terms(total: dict[Any, int], terms: Mapping[Any, int], factor: int) -> None:
    """Add `factor` times `terms` to `total`, in place."""
    for key, value in terms.items():
        total[key] = total.get(key, 0) + factor * value
