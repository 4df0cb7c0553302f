"""Arithmetic circuits from a kind, a width and a choice of partial products, tree and final adder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.arith.adders import add_rows, carry_columns, prefix_graph
from eda.arith.config import KINDS, PARTIAL_PRODUCTS, Config, due_times, input_times, specification
from eda.arith.constants import add_multiple
from eda.arith.delays import XOR_UNITS, Delays, tree_arrivals
from eda.arith.partial_products import Word, add_square, add_word, extended_word
from eda.arith.trees import compress
from eda.arith.truncation import drop_low_bits
from eda.ir import cells
from eda.ir.builder import Builder
from eda.ir.heap import BitHeap
from eda.ir.netlist import Netlist
from eda.ir.prefix import PrefixGraph
from eda.ir.spec import ArithmeticSpec
from eda.ir.tree import GATES, NO_INPUT, CompressorTree

__all__ = ["KINDS", "Config", "Design", "Draft", "begin", "finish", "generate", "specification"]


@dataclass(frozen=True, eq=False)
class Design:
    """A generated circuit, with what it is made of.

    netlist   generic gates, and one ``$fa`` or ``$ha`` cell for each compressor
    spec      what it computes
    tree      the compressor tree; the nets of its heap are nets of `via`
    signals   int64 [signals of the tree]: the net of each in `via`
    prefix    the graph of the final adder, or None where no carry is needed; its position 0 is column `low`
    via       `netlist` itself or, where `spec` leaves low bits out, the circuit that still has them: what proofs go through
    """

    config: Config
    netlist: Netlist
    spec: ArithmeticSpec
    tree: CompressorTree
    signals: npt.NDArray[np.integer[Any]]
    prefix: PrefixGraph | None
    low: int
    via: Netlist

    @property
    def four_two(self) -> tuple[int, ...]:
        """Cells of `via` that complete a 4:2 compressor."""
        return tuple(self.via.driver[self.signals[self.tree.sums[self.tree.is_four_two]]].tolist())


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
    signed_b: bool | None = None,
    constant: int | None = None,
    result_bits: int | None = None,
    drop_bits: int = 0,
    arrivals: Mapping[str, float] | None = None,
    required: Mapping[str, float] | None = None,
) -> Design:
    """Generate a circuit; the options are those of `Config`.

    Ports are ``a b c`` (``a0 b0 a1 b1 ...`` of a dot product) and ``p``. Nets are named by what they are: partial
    products ``pp_i_j``, sums and carries of the tree ``s_<column>_<k>`` and ``c_<column>_<k>``, generate and propagate
    bits of columns i down to j ``g_i_j`` and ``p_i_j``. Equal options give equal netlists.
    """
    config = Config(
        kind,
        width,
        width_b,
        terms,
        signed,
        ppg,
        tree,
        adder,
        delays,
        signed_b,
        constant,
        result_bits,
        drop_bits,
        arrivals or {},
        required or {},
    )
    draft = begin(config)
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
    times = input_times(config)
    words = [Word(tuple(b.input(o.name, o.width)), o.signed, times[o.name]) for o in spec.operands]
    return Draft(config, spec, b, _fill(b, config, words))


def _fill(b: Builder, config: Config, words: Sequence[Word]) -> BitHeap:
    """The bit heap of a configuration, over operands in the order of its specification."""
    heap, delays = BitHeap.empty(config.span), config.delays
    if config.kind == "adder":
        return extended_word(extended_word(heap, words[0]), words[1])
    if config.kind == "squarer":
        return add_square(b, heap, words[0], delays)
    add = PARTIAL_PRODUCTS[config.ppg]
    if config.kind == "dot":
        for t in range(config.n_terms):
            heap = add(b, heap, words[2 * t], words[2 * t + 1], delays, f"pp{t}")
        return heap
    if config.constant is not None:
        heap = add_multiple(b, heap, words[0], config.constant, delays)
    else:
        heap = add(b, heap, words[0], words[1], delays, "pp")
    return add_word(b, heap, words[-1]) if config.kind == "mac" else heap


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
    final = add_rows(b, rows, settled, choose or _chooser(config, rows))
    b.output(draft.spec.output, final.sums)
    via = b.build(sweep=False)
    netlist = drop_low_bits(via, draft.spec.output, draft.spec.low)
    return Design(config, netlist, draft.spec, tree, np.array(signals, dtype=np.int64), final.graph, final.low, via)


def _chooser(config: Config, rows: Sequence[Sequence[int]]) -> Callable[[Sequence[float]], PrefixGraph]:
    """The adder of the configuration, which adds `rows`."""
    return partial(prefix_graph, config.adder, delays=config.delays, required=carry_due(config, rows))


def carry_due(config: Config, rows: Sequence[Sequence[int]]) -> list[float] | None:
    """When the carry out of each position of the adder of `rows` is due; None: all at once."""
    due, (low, high) = due_times(config), carry_columns(rows)
    if due is None:
        return None
    return [due[c + 1] - config.delays.xor2 * (len(rows[c + 1]) > 0) for c in range(low, high + 1)]


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
