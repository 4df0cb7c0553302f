"""Structures to compare: partial products, compressor tree and final adder, as generic designs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from eda.arith.adders import prefix_graph
from eda.arith.composite_delays import composite_delays
from eda.arith.config import Config
from eda.arith.delays import Delays
from eda.arith.domac import METHODS as TREE_METHODS
from eda.arith.domac import Options, optimize_tree
from eda.arith.generate import Design, begin, carry_due, finish
from eda.arith.library_delays import library_delays
from eda.arith.optimize.goal import Goal
from eda.arith.prefix_front import prefix_front
from eda.arith.prefix_joint import joint
from eda.arith.prefix_library import library_model
from eda.arith.trees import compress
from eda.ir.prefix import PrefixGraph
from eda.ir.tree import CompressorTree

TEXTBOOK = ("sklansky", "kogge-stone", "brent-kung")
GRAPHS = 5
"""Final adders of each tree; two more for each further unit of effort."""
MOVES = 10_000


@dataclass(frozen=True, eq=False)
class Structure:
    """A generic design, and the names of the choices that made it."""

    design: Design
    ppg: str
    tree: str
    adder: str


Maker = Callable[[], Iterator[Structure]]


def makers(goal: Goal) -> list[tuple[str, Maker]]:
    """Names and functions, each of which makes some structures; the promising ones first."""
    out: list[tuple[str, Maker]] = []
    for ppg in goal.ppgs():
        config = replace(goal.config, ppg=ppg)
        if goal.method == "domac":
            out.append((f"{ppg} domac", lambda c=config: _domac(goal, c, TREE_METHODS["domac"])))  # type: ignore[misc]
            continue
        out.append((f"{ppg} tdm", lambda c=config: _greedy(goal, c)))  # type: ignore[misc]
        if goal.has("joint") and config.kind != "adder":
            out.append((f"{ppg} joint", lambda c=config: _joint(goal, c)))  # type: ignore[misc]
        if goal.has("domac") and config.kind != "adder":
            options = Options(swaps=goal.has("swaps"))
            out.append((f"{ppg} domac", lambda c=config, o=options: _domac(goal, c, o)))  # type: ignore[misc]
    return out


def _greedy(goal: Goal, config: Config) -> Iterator[Structure]:
    """Three-greedy trees by the delays of fast forms, and of the kit's cells."""
    tables = {"fast forms": composite_delays, "adder cells": library_delays}
    if not goal.has("forms") or config.kind == "adder":
        del tables["fast forms"]
    for name, delays in tables.items():
        timed = replace(config, delays=delays(goal.pdk))
        tree = compress("dadda" if config.kind == "adder" else "tdm", begin(timed).heap, timed.delays)
        yield from _with_adders(goal, timed, tree, f"tdm by {name}")


def _joint(goal: Goal, config: Config) -> Iterator[Structure]:
    for k, design in enumerate(joint(begin(config), goal.pdk, points=_graphs(goal), moves=MOVES, seed=goal.seed)):
        yield Structure(design, config.ppg, "joint", f"joint {k}")


def _domac(goal: Goal, config: Config, options: Options) -> Iterator[Structure]:
    """The best trees of a descent; how compressors are built is left to the mapping."""
    timed = replace(config, delays=goal.delays)
    chosen = replace(options, seeds=goal.seeds, seed=goal.seed, device=goal.device)
    for k, result in enumerate(optimize_tree(begin(timed), goal.pdk, chosen).trees[:2]):
        yield from _with_adders(goal, timed, _plain(result.tree), f"domac {k}")


def _graphs(goal: Goal) -> int:
    return GRAPHS + 2 * (goal.effort - 1)


def _plain(tree: CompressorTree) -> CompressorTree:
    return replace(tree, impl=tree.impl * 0)


def _with_adders(goal: Goal, config: Config, tree: CompressorTree, name: str) -> Iterator[Structure]:
    """`tree` with every final adder that is to be compared."""
    if goal.method == "domac" or not goal.has("prefix"):
        for adder in TEXTBOOK:
            design = finish(begin(replace(config, adder=adder)), tree)
            yield Structure(design, config.ppg, name, adder)
        return
    chooser = _Chooser(goal, config.delays, carry_due(config, tree.rows))
    while chooser.wanted < chooser.offered:
        design = finish(begin(config), tree, chooser)
        yield Structure(design, config.ppg, name, f"fitted {chooser.wanted}")
        chooser.wanted += 1


class _Chooser:
    """Gives graph number `wanted` of the trade-off for the arrivals it is shown, which are always the same."""

    def __init__(self, goal: Goal, delays: Delays, required: Sequence[float] | None) -> None:
        self._goal, self._delays, self._required = goal, delays, required
        self._front: tuple[PrefixGraph, ...] = ()
        self.wanted, self.offered = 0, 1

    def __call__(self, settled: Sequence[float]) -> PrefixGraph:
        if not self._front:
            goal, model = self._goal, library_model(self._goal.pdk)
            found = prefix_front(settled, model, points=_graphs(goal), required=self._required, moves=MOVES, seed=goal.seed)
            fast = prefix_graph("kogge-stone", settled, delays=self._delays)
            self._front = found if fast in found else (*found, fast)
            self.offered = len(self._front)
        return self._front[self.wanted]
