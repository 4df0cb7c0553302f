"""Arithmetic circuits from a kind, a width and a choice of partial products, tree and final adder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.arith.adders import add_rows, check_adder, prefix_graph
from eda.arith.booth import add_booth_product
from eda.arith.delays import XOR_UNITS, Delays, tree_arrivals
from eda.arith.partial_products import Word, add_product, add_square, add_word, extended_word
from eda.arith.trees import TREES, compress
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
    """What to generate. Raises `UsageError` for an unknown or senseless option.

    kind      multiplier ``a*b``, mac ``a*b + c`` with an addend as wide as the product, squarer ``a*a``, dot
              ``a0*b0 + a1*b1 + ...``, adder ``a + b``; the result has every bit that the exact value can need
    width     bits of a
    width_b   bits of b (None: as a); a squarer has none
    terms     products of a dot product (None: 4); other kinds have none
    signed    all operands in two's complement (then the result too)
    ppg       and: AND array (Baugh-Wooley where signed); booth: radix 4; multiplier, mac and dot only
    tree      one of `eda.arith.trees.TREES`; an adder has none
    adder     one of `eda.arith.adders.ADDERS`, or ``ladner-fischer-K``
    delays    what arrivals are reckoned with, for the trees ``tdm`` and ``ufo`` and the adder ``fitted``
    """

    kind: str
    width: int
    width_b: int | None = None
    terms: int | None = None
    signed: bool = False
    ppg: str = "and"
    tree: str = "dadda"
    adder: str = "sklansky"
    delays: Delays = XOR_UNITS

    def __post_init__(self) -> None:
        for what, name, known in (
            ("arithmetic kind", self.kind, KINDS),
            ("partial products", self.ppg, PARTIAL_PRODUCTS),
            ("compressor tree", self.tree, TREES),
        ):
            if name not in known:
                raise UsageError(f"no {what} {name!r}{suggest(name, known)}; expected {', '.join(known)}")
        check_adder(self.adder)
        for what, number in (("width", self.width), ("width_b", self.width_b), ("terms", self.terms)):
            if number is not None and number < 1:
                raise UsageError(f"{what} must be at least 1, got {number}")
        self._check_sense()

    def _check_sense(self) -> None:
        """Refuse options that would change nothing."""
        if self.kind in ("squarer", "adder") and self.ppg != "and":
            raise UsageError(f"kind {self.kind} has no Booth partial products: leave ppg at 'and'")
        if self.kind == "adder" and self.tree != "dadda":
            raise UsageError("kind adder has no compressor tree: leave tree at 'dadda'")
        if self.kind == "squarer" and self.width_b is not None:
            raise UsageError("kind squarer has one operand: leave width_b out")
        if self.kind != "dot" and self.terms is not None:
            raise UsageError(f"kind {self.kind} has no terms: only a dot product does")

    @property
    def widths(self) -> tuple[int, int]:
        """Bits of a and of b."""
        return self.width, self.width if self.width_b is None else self.width_b

    @property
    def n_terms(self) -> int:
        return 4 if self.terms is None else self.terms

    @property
    def name(self) -> str:
        """A Verilog identifier that tells the options that matter, such as ``multiplier_16x16_and_dadda_sklansky``."""
        parts = [self.kind, f"{self.width}" if self.kind == "squarer" else "x".join(map(str, self.widths))]
        parts += [f"x{self.n_terms}"] if self.kind == "dot" else []
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
    """
    draft = begin(Config(kind, width, width_b, terms, signed, ppg, tree, adder, delays))
    return finish(draft, compress(tree, draft.heap, delays))


@dataclass(frozen=True, eq=False)
class Draft:
    """A circuit up to its bit heap, whose nets are nets of `builder`."""

    config: Config
    spec: ArithmeticSpec
    builder: Builder
    heap: BitHeap


def begin(config: Config) -> Draft:
    """Operands and partial products of a configuration; any tree over the heap may `finish` it, once."""
    spec = specification(config)
    b = Builder(config.name)
    words = [Word(tuple(b.input(o.name, o.width)), o.signed) for o in spec.operands]
    return Draft(config, spec, b, _fill(b, config, words, spec.width))


def specification(config: Config) -> ArithmeticSpec:
    """Operands, terms and result width of a configuration."""
    n, m = config.widths
    a, b = Operand("a", n, config.signed), Operand("b", m, config.signed)
    if config.kind == "multiplier":
        return ArithmeticSpec((a, b), (("a", "b"),), OUTPUT, n + m)
    if config.kind == "mac":
        return ArithmeticSpec((a, b, Operand("c", n + m, config.signed)), (("a", "b"), ("c",)), OUTPUT, n + m + 1)
    if config.kind == "squarer":
        return ArithmeticSpec((a,), (("a", "a"),), OUTPUT, 2 * n)
    if config.kind == "adder":
        return ArithmeticSpec((a, b), (("a",), ("b",)), OUTPUT, max(n, m) + 1)
    pairs = [(Operand(f"a{t}", n, config.signed), Operand(f"b{t}", m, config.signed)) for t in range(config.n_terms)]
    products = tuple((x.name, y.name) for x, y in pairs)
    return ArithmeticSpec(tuple(o for p in pairs for o in p), products, OUTPUT, n + m + (config.n_terms - 1).bit_length())


def _fill(b: Builder, config: Config, words: Sequence[Word], width: int) -> BitHeap:
    """The bit heap of `width` columns of a configuration, over operands in the order of its specification."""
    heap, delays = BitHeap.empty(width), config.delays
    if config.kind == "adder":
        return extended_word(extended_word(heap, words[0]), words[1])
    if config.kind == "squarer":
        return add_square(b, heap, words[0], delays)
    add = PARTIAL_PRODUCTS[config.ppg]
    if config.kind == "dot":
        for t in range(config.n_terms):
            heap = add(b, heap, words[2 * t], words[2 * t + 1], delays, f"pp{t}")
        return heap
    heap = add(b, heap, words[0], words[1], delays, "pp")
    return add_word(b, heap, words[2]) if config.kind == "mac" else heap


def finish(draft: Draft, tree: CompressorTree, choose: Callable[[Sequence[float]], PrefixGraph] | None = None) -> Design:
    """The design of any tree over the heap of `draft`: its compressors, the final adder and the output port.

    `choose` maps the times at which the bits of the final adder's positions settle to its graph; None: the adder of
    the configuration.
    """
    config, b = draft.config, draft.builder
    tree.verify()
    signals = add_tree(b, tree)
    arrivals = tree_arrivals(tree, config.delays)
    rows = [[signals[x] for x in row] for row in tree.rows]
    settled = [max((arrivals[x] for x in row), default=0.0) + config.delays.xor2 * (len(row) == 2) for row in tree.rows]
    final = add_rows(b, rows, settled, choose or partial(prefix_graph, config.adder, delays=config.delays))
    b.output(draft.spec.output, final.sums)
    netlist = b.build(sweep=False)
    return Design(config, netlist, draft.spec, tree, np.array(signals, dtype=np.int64), final.graph, final.low)


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
