"""Exhaustive comparison by generated C: 512 input vectors in one wide word, compiled for this machine."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from eda.errors import ToolError
from eda.ir.netlist import FIRST_INPUT_NET
from eda.proof.program import AND, OR, Kernel, Program
from eda.tech import tools

LANE_BITS = 9
INNER_BITS = 7
"""Inputs that differ between the lanes of a word, and further ones that the inner loop counts through."""

_OPTIONS = ("-O1", "-march=native", "-shared", "-fPIC")
_TEXT = """#include <stdint.h>
typedef uint64_t v __attribute__((vector_size(64)));
#define ALL(x) ((v){{x, x, x, x, x, x, x, x}})
#define BIT(n, k) ALL(-(uint64_t)((n) >> (k) & 1))
int64_t search(uint64_t start, uint64_t stop) {{
const v t0 = ALL(0), t1 = ALL(~UINT64_C(0));
for (uint64_t o = start; o < stop; o++) {{
{outer}
for (uint64_t i = 0; i < {count}; i++) {{
{inner}
v d = {difference};
for (int k = 0; k < 8; k++)
if (d[k]) return (int64_t)((o * {count} + i) * 512 + 64 * k + __builtin_ctzll(d[k]));
}} }}
return -1;
}}
"""
_PATTERNS = [sum(1 << k for k in range(64) if k >> p & 1) for p in range(6)]


def source(program: Program, order: Sequence[int]) -> str:
    """C text of the search; input ``order[p]`` is bit p of a vector's number.

    What does not change with the inner loop stands before it.
    """
    slow = LANE_BITS + min(INNER_BITS, max(program.n_inputs - LANE_BITS, 0))
    counts = [False] * program.first_slot  # does the slot change with the inner loop?
    outer: list[str] = []
    inner: list[str] = []
    for p, i in enumerate(order):
        counts[FIRST_INPUT_NET + i] = LANE_BITS <= p < slow
        (inner if LANE_BITS <= p < slow else outer).append(f"const v t{FIRST_INPUT_NET + i} = {_input(p, slow)};")
    for slot, (code, a, b) in enumerate(program.operations, program.first_slot):
        counts.append(counts[a] or counts[b])
        sign = "&" if code == AND else "|" if code == OR else "^"
        (inner if counts[-1] else outer).append(f"const v t{slot} = t{a} {sign} t{b};")
    differences = [f"(t{a} ^ t{b})" for a, b in zip(*program.outputs, strict=True) if a != b]
    return _TEXT.format(
        outer="\n".join(outer),
        inner="\n".join(inner),
        count=1 << slow - LANE_BITS,
        difference=" | ".join(differences or ["t0"]),
    )


def _input(p: int, slow: int) -> str:
    """The word of bit p of the vector's number."""
    if p >= slow:
        return f"BIT(o, {p - slow})"
    if p >= LANE_BITS:
        return f"BIT(i, {p - LANE_BITS})"
    words = [_PATTERNS[p] if p < 6 else -(k >> p - 6 & 1) % (1 << 64) for k in range(8)]
    return "(v){" + ", ".join(f"UINT64_C({w})" for w in words) + "}"


def build(program: Program, order: Sequence[int], folder: Path, timeout: float) -> Kernel | None:
    """The compiled search, or None without a C compiler that takes it; `folder` must live as long as the kernel is used."""
    (folder / "search.c").write_text(source(program, order))
    with suppress(ToolError):
        tools.run(tools.CC, [*_OPTIONS, "-o", "search.so", "search.c"], cwd=folder, timeout=timeout, expect=("search.so",))
        function = ctypes.CDLL(str(folder / "search.so")).search
        function.argtypes, function.restype = (ctypes.c_uint64, ctypes.c_uint64), ctypes.c_int64
        return Kernel(function, 1 << max(program.n_inputs - LANE_BITS - INNER_BITS, 0))
    return None
