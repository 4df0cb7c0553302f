"""Arithmetic circuits from a kind, a width and a choice of partial products, tree and final adder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.arith.adders import add_rows, check_adder
from eda.arith.booth import add_booth_product
from eda.arith.delays import XOR_UNITS, Delays, tree_arrivals
from eda.arith.partial_products import Word, add_product, add_square, add_word, extended_word
from eda.arith.trees import compress
from eda.errors import UsageError, suggest
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap
from eda.ir.netlist import Netlist
from eda.ir.prefix import PrefixGraph
from eda.ir.spec import ArithmeticSpec, Operand
from eda.ir.tree import GATES, NO_INPUT, CompressorTree

KINDS = ("multiplier", "mac", "squarer", "dot", "adder")
PARTIAL_PRODUCTS = {"and": add_product, "booth": add_booth_product}
OUTPUT = "p"


@dataclass(frozen=True)
class Config:
    """What to generate.

    kind      multiplier ``a*b``, mac ``a*b + c`` with an addend as wide as the product, squarer ``a*a``, dot
              ``a0*b0 + a1*b1 + ...``, adder ``a + b``; the result has every bit that the exact value can need
    width     bits of a; `width_b` bits of b (None: as a; none for a squarer)
    terms     products of a dot product
    signed    all operands in two's complement (then the result too)
    ppg       and: AND array (Baugh-Wooley where signed); booth: radix 4
    tree      see `eda.arith.trees.TREES`
    adder     see `eda.arith.adders.ADDERS`
    delays    what arrivals are reckoned with, for the trees ``tdm`` and ``ufo`` and the adder ``fitted``
    """

    kind: str
    width: int
    width_b: int
    terms: int = 4
    signed: bool = False
    ppg: str = "and"
    tree: str = "dadda"
    adder: str = "sklansky"
    delays: Delays = XOR_UNITS

    @property
    def name(self) -> str:
        """A Verilog identifier that tells the options that matter, such as ``multiplier_16x16_and_dadda_sklansky``."""
        size = f"{self.width}" if self.kind == "squarer" else f"{self.width}x{self.width_b}"
        parts = [self.kind, size]
        parts += [f"x{self.terms}"] if self.kind == "dot" else []
        parts += ["signed"] if self.signed else []
        parts += [self.ppg] if self.kind not in ("squarer", "adder") else []
        parts += [self.tree] if self.kind != "adder" else []
        return "_".join([*parts, self.adder]).replace("-", "_")


@dataclass(frozen=True, eq=False)
class Design:
    """A generated circuit, with what it is made of.

    netlist   generic gates, and one ``$fa`` or ``$ha`` cell for each compressor
    spec      what it computes
    tree      the compressor tree; the nets of its heap are nets of `netlist`
    signals   int64 [signals of the tree]: the net of each
    prefix    the graph of the final adder, or None where no carry is needed; its position 0 is column `low`
    """

    config: Config
    netlist: Netlist
    spec: ArithmeticSpec
    tree: CompressorTree
    signals: npt.NDArray[np.integer[Any]]
    prefix: PrefixGraph | None
    low: int


def generate(
    kind: str,
    width: int,
    *,
    width_b: int | None = None,
    terms: int | None = None,
    signed: bool = False,
    ppg: str = "and",
    tree: str = "dadda",
    adder: str = "sklansky",
    delays: Delays = XOR_UNITS,
) -> Design:
    """Generate a circuit; the options are those of `Config`.

    Ports are ``a b c`` (``a0 b0 a1 b1 ...`` of a dot product) and ``p``. Nets are named by what they are: partial
    products ``pp_i_j``, sums and carries of the tree ``s_<column>_<k>`` and ``c_<column>_<k>``, generate and propagate
    bits of columns i down to j ``g_i_j`` and ``p_i_j``. Equal options give equal netlists.
    Raises `UsageError` for an unknown or senseless option.
    """
    config = _checked(kind, width, width_b, terms, signed, ppg, tree, adder, delays)
    spec = specification(config)
    b = Builder(config.name)
    words = [Word(tuple(b.input(o.name, o.width)), o.signed) for o in spec.operands]
    return assemble(b, config, spec, compress(tree, fill(b, config, words, spec.width), delays))


def specification(config: Config) -> ArithmeticSpec:
    """Operands, terms and result width of a configuration."""
    n, m = config.width, config.width_b
    a, b = Operand("a", n, config.signed), Operand("b", m, config.signed)
    if config.kind == "multiplier":
        return ArithmeticSpec((a, b), (("a", "b"),), OUTPUT, n + m)
    if config.kind == "mac":
        return ArithmeticSpec((a, b, Operand("c", n + m, config.signed)), (("a", "b"), ("c",)), OUTPUT, n + m + 1)
    if config.kind == "squarer":
        return ArithmeticSpec((a,), (("a", "a"),), OUTPUT, 2 * n)
    if config.kind == "adder":
        return ArithmeticSpec((a, b), (("a",), ("b",)), OUTPUT, max(n, m) + 1)
    pairs = [(Operand(f"a{t}", n, config.signed), Operand(f"b{t}", m, config.signed)) for t in range(config.terms)]
    products = tuple((x.name, y.name) for x, y in pairs)
    return ArithmeticSpec(tuple(o for p in pairs for o in p), products, OUTPUT, n + m + (config.terms - 1).bit_length())


def fill(b: Builder, config: Config, words: Sequence[Word], width: int) -> BitHeap:
    """The bit heap of `width` columns of a configuration, over operands in the order of its specification."""
    heap, delays = BitHeap.empty(width), config.delays
    if config.kind == "adder":
        return extended_word(extended_word(heap, words[0]), words[1])
    if config.kind == "squarer":
        return add_square(b, heap, words[0], delays)
    add = PARTIAL_PRODUCTS[config.ppg]
    if config.kind == "dot":
        for t in range(config.terms):
            heap = add(b, heap, words[2 * t], words[2 * t + 1], delays, f"pp{t}")
        return heap
    heap = add(b, heap, words[0], words[1], delays, "pp")
    return add_word(b, heap, words[2]) if config.kind == "mac" else heap


def assemble(b: Builder, config: Config, spec: ArithmeticSpec, tree: CompressorTree) -> Design:
    """The design of any tree over the heap of `config`: its compressors, the final adder and the output port."""
    tree.verify()
    signals = add_tree(b, tree)
    arrivals = tree_arrivals(tree, config.delays)
    latest = [max((arrivals[x] for x in row), default=0.0) for row in tree.rows]
    final = add_rows(b, [[signals[x] for x in row] for row in tree.rows], latest, config.adder, config.delays)
    b.output(spec.output, final.sums)
    netlist = b.build(sweep=False)
    return Design(config, netlist, spec, tree, np.array(signals, dtype=np.int64), final.graph, final.low)


def add_tree(b: Builder, tree: CompressorTree) -> list[int]:
    """Cells or gates for the compressors of `tree`; return the net of each of its signals.

    A compressor keeps its cell even where a constant could fold it, so that the netlist shows the tree; gates are not
    made for a carry that is dropped.
    """
    nets: list[int] = tree.heap.net.tolist()
    width = tree.heap.width
    sums, carries = [0] * (width + 1), [0] * (width + 1)
    for column, (p, q, r), impl in zip(tree.column.tolist(), tree.inputs.tolist(), tree.impl.tolist(), strict=True):
        pins = (nets[p], nets[q]) if r == NO_INPUT else (nets[p], nets[q], nets[r])
        if impl == GATES:
            s, co = adder_gates(b, pins) if column + 1 < width else (b.xor(*pins), 0)
        else:
            s, co = b.cell(cells.HALF_ADDER if r == NO_INPUT else cells.FULL_ADDER, pins)
        b.name_net(s, f"s_{column}_{sums[column]}")
        b.name_net(co, f"c_{column + 1}_{carries[column + 1]}")
        sums[column] += 1
        carries[column + 1] += 1
        nets += (s, co)
    return nets


def adder_gates(b: Builder, pins: Sequence[int]) -> tuple[int, int]:
    """Sum and carry of two or three bits in two-input gates, constants folded; the last of three is the fastest."""
    x, y, *rest = pins
    half_sum, half_carry = b.xor(x, y), b.and_(x, y)
    if not rest:
        return half_sum, half_carry
    return b.xor(half_sum, rest[0]), b.or_(half_carry, b.and_(half_sum, rest[0]))


def _checked(
    kind: str,
    width: int,
    width_b: int | None,
    terms: int | None,
    signed: bool,
    ppg: str,
    tree: str,
    adder: str,
    delays: Delays,
) -> Config:
    if kind not in KINDS:
        raise UsageError(f"no arithmetic kind {kind!r}{suggest(kind, KINDS)}; expected {', '.join(KINDS)}")
    if ppg not in PARTIAL_PRODUCTS:
        raise UsageError(f"no partial products {ppg!r}{suggest(ppg, PARTIAL_PRODUCTS)}; expected {', '.join(PARTIAL_PRODUCTS)}")
    check_adder(adder)
    for what, number in (("width", width), ("width_b", width_b), ("terms", terms)):
        if number is not None and number < 1:
            raise UsageError(f"{what} must be at least 1, got {number}")
    if kind in ("squarer", "adder") and ppg != "and":
        raise UsageError(f"kind {kind} has no Booth partial products: leave ppg at 'and'")
    if kind == "adder" and tree != "dadda":
        raise UsageError("kind adder has no compressor tree: leave tree at 'dadda'")
    if kind == "squarer" and width_b is not None:
        raise UsageError("kind squarer has one operand: leave width_b out")
    if kind != "dot" and terms is not None:
        raise UsageError(f"kind {kind} has no terms: only a dot product does")
    return Config(kind, width, width if width_b is None else width_b, terms or 4, signed, ppg, tree, adder, delays)
