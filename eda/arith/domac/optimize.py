"""Optimize the compressor tree over a bit heap: relaxation, legalisation, local search, exact timing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from eda.arith.domac.bank import Bank
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.descent import Descended, Progress, Step, descend
from eda.arith.domac.exact import time_tree
from eda.arith.domac.layout import layout
from eda.arith.domac.netlists import tree_timing
from eda.arith.domac.options import Options
from eda.arith.domac.swaps import improve
from eda.arith.generate import Draft
from eda.arith.library_delays import library_delays
from eda.arith.trees import compress
from eda.errors import UsageError
from eda.ir.heap import BitHeap
from eda.ir.tree import CompressorTree
from eda.tech.pdk import Pdk

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TreeResult:
    """A legal tree; ps, um2. Times are the largest of arrival less required time at the final signals.

    exact_ps    by `eda.timing.sta.analyze` (by the tables of the composites where polarity is free)
    relaxed_ps  what the relaxation said of it before it was legal, legal_ps the time just after; None: it was not relaxed
    seed        of its random start; None: the start itself, improved by local search only or not at all
    weight      of area in the loss it was optimized for
    """

    tree: CompressorTree
    exact_ps: float
    area: float
    relaxed_ps: float | None
    legal_ps: float | None
    seed: int | None
    weight: float


@dataclass(frozen=True, eq=False)
class Result:
    """`trees` without duplicates, fastest first; `start_ps`, `start_area` of the tree of library cells that they began
    with; `history` of the descent, means over the batch."""

    trees: tuple[TreeResult, ...]
    start_ps: float
    start_area: float
    history: tuple[Step, ...]

    @property
    def front(self) -> tuple[TreeResult, ...]:
        """Those that no other one beats in both time and area, fastest first."""
        out: list[TreeResult] = []
        for tree in self.trees:
            if not out or tree.area < out[-1].area - 1e-9:
                out.append(tree)
        return tuple(out)


@dataclass(frozen=True, eq=False)
class _Task:
    """What all parts of a run share."""

    pdk: Pdk
    bank: Bank
    options: Options
    required: FloatArray
    scale: float

    def exact(self, tree: CompressorTree) -> tuple[float, float]:
        """Time and area of a tree."""
        if self.options.implementations == "free":
            timing = time_tree(tree, self.bank, self.options.where, self.required)
        else:
            timing = tree_timing(tree, self.pdk, self.options.where, self.required)
        return timing.delay_ps, timing.area

    def improved(self, tree: CompressorTree, weight: float) -> CompressorTree:
        choose = self.options.implementations != "cell"
        price = weight * self.scale
        return improve(tree, self.bank, self.options.where, self.required, per_area=price, choose=choose)


def optimize_tree(
    source: Draft | BitHeap,
    pdk: Pdk,
    options: Options | None = None,
    *,
    required: npt.ArrayLike | None = None,
    progress: Progress | None = None,
) -> Result:
    """Optimize the compressor tree over a bit heap for the cells of `pdk`.

    `required` [W] is when the final adder wants each column (ps); None: at 0, so the latest arrival is minimised.
    `progress` is called with (step, steps, mean relaxed time). After a KeyboardInterrupt the best so far is returned.
    Raises `UsageError` for required times of another length, and if packages for a descent are missing.
    """
    options = options or Options()
    heap = (source if isinstance(source, BitHeap) else source.heap).with_constant_dots()
    limit = np.zeros(heap.width) if required is None else np.asarray(required, dtype=np.float64)
    if limit.shape != (heap.width,):
        raise UsageError(f"required times of shape {limit.shape} for {heap.width} columns")
    bank = implementations(pdk, options.implementations)
    start = _with_forms_of(bank, start_tree(heap, pdk, options))
    timing = time_tree(start, bank, options.where, limit)
    scale = float(timing.profile.max()) / max(timing.area, 1.0)
    task = _Task(pdk, bank, options, limit, scale)
    found: list[TreeResult] = []
    history: tuple[Step, ...] = ()
    try:
        found.append(_result(task, start, options.weights[0]))
        if start.n_compressors:
            for result in _from_start(task, start):
                found.append(result)
            descended = _descended(task, start, progress)
            history = descended.history
            for result in _finished(task, descended):
                found.append(result)
    except KeyboardInterrupt:
        pass
    return _collected(found, time_of=task.exact(start), history=history)


def implementations(pdk: Pdk, which: str) -> Bank:
    """The bank of adders that `Options.implementations` names."""
    bank = composite_bank(pdk, free_polarity=which == "free")
    return bank.restricted(1) if which == "cell" else bank


def start_tree(heap: BitHeap, pdk: Pdk, options: Options) -> CompressorTree:
    """The tree to begin with, of library cells; arrivals decide its wiring, in ps."""
    arrival = options.where.arrivals(heap)
    tree = compress(options.start, replace(heap, arrival=arrival), library_delays(pdk))
    return replace(tree, heap=heap)


def _with_forms_of(bank: Bank, tree: CompressorTree) -> CompressorTree:
    """The tree with the first form of the bank where the bank lacks a compressor's own: kits without a plain adder cell."""
    first = np.array([names[0] for names in bank.impl])[tree.is_full.astype(np.int64)]
    known = np.where(tree.is_full, np.isin(tree.impl, bank.impl[1]), np.isin(tree.impl, bank.impl[0]))
    return replace(tree, impl=np.where(known, tree.impl, first).astype(tree.impl.dtype))


def _from_start(task: _Task, start: CompressorTree) -> Iterator[TreeResult]:
    """The start after local search alone, for each weight."""
    if task.options.swaps:
        for weight in task.options.weights:
            yield _result(task, task.improved(start, weight), weight)


def _descended(task: _Task, start: CompressorTree, progress: Progress | None) -> Descended:
    if not task.options.steps:
        return Descended((), np.zeros(0), ())
    for package in ("torch", "scipy"):
        if find_spec(package) is None:
            raise UsageError(f"the descent needs {package} (pip install 'eda[torch]'); 0 steps leave local search alone")
    return descend(layout(start.staged()), task.bank, task.options, task.required, task.scale, progress)


def _finished(task: _Task, descended: Descended) -> Iterator[TreeResult]:
    """Each legal tree of a descent after local search, the most promising first."""
    options = task.options
    exact = [task.exact(tree)[0] for tree in descended.trees]
    for b in np.argsort(exact, kind="stable").tolist():
        weight, seed = options.weights[b // options.seeds], options.seed + b % options.seeds
        tree = descended.trees[b]
        done = task.improved(tree, weight) if options.swaps else tree
        yield _result(task, done, weight, seed, float(descended.relaxed_ps[b]), exact[b])


def _result(
    task: _Task,
    tree: CompressorTree,
    weight: float,
    seed: int | None = None,
    relaxed: float | None = None,
    legal: float | None = None,
) -> TreeResult:
    return TreeResult(tree, *task.exact(tree), relaxed, legal, seed, weight)


def _collected(found: list[TreeResult], time_of: tuple[float, float], history: tuple[Step, ...]) -> Result:
    unique: dict[str, TreeResult] = {}
    for result in sorted(found, key=lambda r: (r.exact_ps, r.area, r.relaxed_ps is None)):
        unique.setdefault(result.tree.digest, result)
    return Result(tuple(unique.values()), *time_of, history)
