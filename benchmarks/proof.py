"""What proof costs and whether it can be trusted.

exhaustive    16x16 products against ``a*b`` for all 2**32 operands
certificate64, certificate128   every generated circuit; at 128 bits a selection (with --all: every one)
mapping       64x64 products before and after mapping
mutants       10 000 single-gate and wire-swap mutations of 20 designs, each verdict checked by other means
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, cpu_seconds, print_table, write_results

from eda.arith.adders import ADDERS
from eda.arith.generate import Design, generate
from eda.arith.lower import lower
from eda.arith.trees import TREES
from eda.errors import ProofError
from eda.flow.synthesize import synthesize
from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec
from eda.proof import kernel_c
from eda.proof.certificate import certificate
from eda.proof.check import Verdict, check, check_spec
from eda.proof.exhaustive import COMPILED_INPUTS, exhaustive
from eda.proof.exhaustive import METHOD as EXHAUSTIVE
from eda.proof.pair import Pair
from eda.proof.verify import verify

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from mutants import brute_force_equal, evaluated, mutant

Row = dict[str, object]
RESULT = RESULTS / "proof.json"
PARTS = ("exhaustive", "certificate64", "certificate128", "mapping", "mutants")
KINDS = ("multiplier", "mac", "squarer", "dot", "adder")
ADDER_LIST = (*ADDERS, "ladner-fischer-1")
BRUTE_FORCE_INPUTS = 16
TALLIES = ("truly_different", "refuted", "proven", "unknown", "wrongly_proven", "not_judged")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--part", choices=["exhaustive", "certificate64", "certificate128", "mapping", "mutants"], action="append"
    )
    parser.add_argument("--all", action="store_true", help="every variant at 128 bits too (an hour)")
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    parts: dict[str, Callable[[], tuple[list[Row], Row]]] = {
        "exhaustive": exhaustive_rows,
        "certificate64": partial(certificate_rows, 64, 10, True),
        "certificate128": partial(certificate_rows, 128, 60, args.all),
        "mapping": mapping_rows,
        "mutants": partial(mutant_rows, args.mutants, args.seed),
    }
    for name in args.part or parts:
        rows, facts = parts[name]()
        print(f"\n{name}: {facts}")
        print_table(rows)
        earlier = json.loads(RESULT.read_text()) if RESULT.exists() else {"rows": []}
        done = {part: (_rows_of(earlier, part), earlier[part]) for part in parts if part in earlier} | {name: (rows, facts)}
        every = [{"part": part, **row} for part in parts if part in done for row in done[part][0]]
        write_results("proof", every, seed=args.seed, **{part: facts for part, (_, facts) in done.items()})


def _rows_of(record: dict[str, Any], part: str) -> list[Row]:
    return [{k: v for k, v in row.items() if k != "part"} for row in record["rows"] if row["part"] == part]


def timed(answer: Callable[[], Verdict | None]) -> tuple[Verdict, float]:
    """The verdict, and CPU seconds of this process and its children."""
    start = cpu_seconds()
    verdict = answer()
    return verdict or Verdict("unknown", "no answer", 0), cpu_seconds() - start


# --- exhaustive ------------------------------------------------------------------------------------------------------------


def exhaustive_rows() -> tuple[list[Row], Row]:
    plain = generate("multiplier", 16)
    booth = generate("multiplier", 16, ppg="booth", signed=True, tree="wallace", adder="kogge-stone")
    mapped = synthesize(plain.netlist, "nangate45", "area", adders="dissolve").netlist
    cases: list[tuple[str, Netlist, ArithmeticSpec, bool]] = [
        (plain.config.name, plain.netlist, plain.spec, True),
        (booth.config.name, booth.netlist, booth.spec, True),
        (f"{plain.config.name}, mapped", mapped, plain.spec, True),
        (plain.config.name, plain.netlist, plain.spec, False),
    ]
    rows = []
    for name, netlist, spec, compiler in cases:
        verdict, seconds = timed(partial(_exhaustively, netlist, spec, compiler))
        engine = "C compiler" if compiler else "numba"
        rows.append({"design": name, "engine": engine, "status": verdict.status, "detail": verdict.detail, "cpu_s": seconds})
    return rows, {"limit_cpu_s": 60, "worst_cpu_s": max(float(str(r["cpu_s"])) for r in rows)}


def _exhaustively(netlist: Netlist, spec: ArithmeticSpec, compiler: bool) -> Verdict | None:
    build = kernel_c.build
    if not compiler:
        kernel_c.build = lambda *_: None
    try:
        return exhaustive(Pair(netlist, spec), time.monotonic() + 600)
    finally:
        kernel_c.build = build


# --- certificate -----------------------------------------------------------------------------------------------------------


def variants(every: bool) -> Iterator[Row]:
    """Options of every generated circuit; else each tree and each adder of each kind, sign and partial product."""
    for kind, ppg, signed in product(KINDS, ("and", "booth"), (False, True)):
        if ppg == "booth" and kind in ("squarer", "adder"):
            continue
        trees = ("dadda",) if kind == "adder" else tuple(TREES)
        pairs = list(product(trees, ADDER_LIST))
        if not every:
            count = max(len(trees), len(ADDER_LIST))
            pairs = [(trees[i % len(trees)], ADDER_LIST[i % len(ADDER_LIST)]) for i in range(count)]
        for tree, adder in pairs:
            yield {"kind": kind, "ppg": ppg, "signed": signed, "tree": tree, "adder": adder}


def certificate_rows(width: int, limit: int, every: bool) -> tuple[list[Row], Row]:
    seconds: dict[str, list[float]] = {}
    answers: Counter[str] = Counter()
    for options in variants(every):
        d = generate(width=width, **options)  # type: ignore[arg-type]
        verdict, cpu = timed(partial(check_spec, d.netlist, d.spec))
        answers[f"{verdict.status}: {verdict.method}"] += 1
        seconds.setdefault(str(options["kind"]), []).append(cpu)
    rows: list[Row] = [
        {"width": width, "kind": kind, "variants": len(t), "mean_cpu_s": float(np.mean(t)), "worst_cpu_s": max(t)}
        for kind, t in seconds.items()
    ]
    what = "check_spec as a whole: ports, simulation, certificate and its verification"
    return rows, {"what": what, "limit_cpu_s": limit, "answers": dict(answers)}


# --- mapping ---------------------------------------------------------------------------------------------------------------


def mapping_rows() -> tuple[list[Row], Row]:
    """Both ways to treat adder cells; the gates only by `speed`, as `area` takes ABC six minutes and more on them."""
    wide = [generate("multiplier", 64), generate("multiplier", 64, ppg="booth", signed=True, tree="tdm", adder="kogge-stone")]
    ways = (("area", "keep"), ("speed", "keep"), ("speed", "dissolve"))
    rows = [_mapped_row(design, *way) for design, way in product(wide, ways)]
    return rows, {"limit_cpu_s": 60, "library": "nangate45"}


def _mapped_row(d: Design, recipe: str, adders: str) -> Row:
    mapped = synthesize(d.netlist, "nangate45", recipe, adders=adders, time_limit=1800).netlist
    pair, pair_s = timed(partial(check, d.netlist, mapped, time_limit=120))
    spec, spec_s = timed(partial(check_spec, mapped, d.spec, via=d.netlist, time_limit=120))
    row: Row = {"design": d.config.name, "recipe": recipe, "adders": adders, "cells": mapped.n_cells}
    row |= {"pair": f"{pair.status} by {pair.method}", "pair_cpu_s": pair_s}
    return row | {"specification": f"{spec.status} by {spec.method}", "specification_cpu_s": spec_s}


# --- mutants ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """A right netlist with its specification; `column` tells the weight of the nets of its tree, as generated."""

    name: str
    netlist: Netlist
    spec: ArithmeticSpec
    via: Netlist
    column: dict[int, int] = field(default_factory=dict)


def subjects() -> Iterator[Subject]:
    """Twenty designs: as generated, lowered to gates, and mapped."""
    generated = [
        generate("multiplier", 6),
        generate("multiplier", 8, ppg="booth", signed=True, tree="wallace", adder="brent-kung"),
        generate("multiplier", 8, tree="array", adder="ripple"),
        generate("multiplier", 16, tree="tdm", adder="kogge-stone"),
        generate("multiplier", 16, ppg="booth", tree="ufo", adder="han-carlson"),
        generate("multiplier", 32, signed=True, adder="ladner-fischer"),
        generate("multiplier", 11, width_b=5, signed=True),
        generate("mac", 4, signed=True),
        generate("mac", 16, tree="tdm", adder="fitted"),
        generate("squarer", 10),
        generate("squarer", 24, signed=True, tree="wallace"),
        generate("dot", 4, terms=2),
        generate("dot", 8, terms=4, ppg="booth", signed=True),
        generate("adder", 8, adder="kogge-stone"),
        generate("adder", 64, adder="sklansky"),
    ]
    yield from (Subject(d.config.name, d.netlist, d.spec, d.netlist, _columns(d)) for d in generated)
    for d in (generate("multiplier", 8, signed=True), generate("multiplier", 16, ppg="booth")):
        yield Subject(f"{d.config.name}, gates", lower(d.netlist, "gates"), d.spec, d.netlist)
    for d, recipe, adders in (
        (generate("multiplier", 8), "area", "keep"),
        (generate("multiplier", 12, tree="tdm", adder="brent-kung"), "speed", "dissolve"),
        (generate("mac", 8, signed=True), "area", "keep"),
    ):
        mapped = synthesize(d.netlist, "nangate45", recipe, adders=adders).netlist
        yield Subject(f"{d.config.name}, {recipe}, adders {adders}", mapped, d.spec, d.netlist)


def _columns(d: Design) -> dict[int, int]:
    """The column of each net that stands for one signal of the tree alone."""
    times = Counter(d.signals.tolist())
    columns = zip(d.signals.tolist(), d.tree.signal_column.tolist(), strict=True)
    return {net: column for net, column in columns if times[net] == 1}


def mutant_rows(count: int, seed: int) -> tuple[list[Row], Row]:
    rng = np.random.default_rng(seed)
    designs = list(subjects())
    rows = [_judge(s, count // len(designs), rng) for s in designs]
    total = {key: sum(int(str(r[key] or 0)) for r in rows) for key in ("mutants", *TALLIES, "certified_though_different")}
    return rows, {**total, "refuted_share": total["refuted"] / total["truly_different"]}


def _judge(s: Subject, count: int, rng: np.random.Generator) -> Row:
    """Verdicts on `count` mutants, in turn against the specification and against the right netlist."""
    tally: Counter[str] = Counter()
    start, judging = cpu_seconds(), 0.0
    for k in range(count):
        what, wrong = mutant(s.netlist, rng)
        if k % 2:
            verdict = check(wrong, s.netlist, time_limit=20)
        else:
            verdict = check_spec(wrong, s.spec, via=s.via, time_limit=20)
        before = cpu_seconds()
        equal = _truth(s, wrong, verdict)
        tally[verdict.status] += 1
        tally["truly_different"] += equal is False
        tally["refuted"] += equal is False and verdict.status == "different"
        tally["not_judged"] += equal is None
        if verdict.status == "proven" and equal is not True:
            tally["wrongly_proven"] += equal is False
            print(f"{'NOT JUDGED' if equal is None else 'WRONGLY PROVEN'}: {s.name}: {what}: {verdict}", flush=True)
        if s.netlist.n_input_bits <= BRUTE_FORCE_INPUTS and equal is False:
            tally["certified_though_different"] += _certified(wrong, s.spec)
        judging += cpu_seconds() - before
    row: Row = {"design": s.name, "cells": s.netlist.n_cells, "mutants": count}
    row |= {key: tally[key] for key in TALLIES}
    row["certified_though_different"] = (
        tally["certified_though_different"] if s.netlist.n_input_bits <= BRUTE_FORCE_INPUTS else None
    )
    row["cpu_s"] = cpu_seconds() - start - judging
    return row


def _truth(s: Subject, wrong: Netlist, verdict: Verdict) -> bool | None:
    """Is the mutant equal after all? Told by other means than gave the verdict; None if they do not tell."""
    found = verdict.counterexample
    if found is not None:
        bits = {p.name: found.inputs[p.name] % (1 << p.width) for p in s.netlist.inputs}
        assert evaluated(wrong, bits) != evaluated(s.netlist, bits), "a counterexample does not replay"
        assert evaluated(s.netlist, bits) == {s.spec.output: s.spec.evaluate(bits)}
        return False
    if s.netlist.n_input_bits <= BRUTE_FORCE_INPUTS:
        return brute_force_equal(wrong, s.netlist)
    if _dots_of_one_column_exchanged(s, wrong):
        return True
    equal = _equal_by_sat(s.netlist, wrong)
    if equal is None and s.netlist.n_input_bits <= COMPILED_INPUTS and verdict.method != EXHAUSTIVE:
        tried = exhaustive(Pair(wrong, s.netlist), time.monotonic() + 600)
        equal = None if tried is None else tried.status == "proven"
    return equal


def _dots_of_one_column_exchanged(s: Subject, wrong: Netlist) -> bool:
    """Two compressors that exchange inputs of one weight add up to the same: no solver sees that in a large tree."""
    pins = np.flatnonzero(wrong.fanin != s.netlist.fanin)
    if not len(pins) or not np.array_equal(wrong.cell_type, s.netlist.cell_type):
        return False
    kinds = {s.netlist.type_of(int(c)) for c in s.netlist.pin_cell[pins]}
    columns = {s.column.get(net) for net in s.netlist.fanin[pins].tolist()}
    return kinds <= {cells.FULL_ADDER, cells.HALF_ADDER} and len(columns) == 1 and None not in columns


def _certified(netlist: Netlist, spec: ArithmeticSpec) -> bool:
    """Would the certificate alone, without simulation before it, call this proven?"""
    try:
        verify(certificate(netlist, spec), netlist, spec)
    except ProofError:
        return False
    return True


def _equal_by_sat(right: Netlist, wrong: Netlist) -> bool | None:
    """Equality of a netlist and its mutant by clauses of their own and another solver than the ladder's, if it finds out.

    Net by net in topological order: where the mutant's net is proven equal to the right one, the mistake ends there.
    """
    from pysat.solvers import Solver

    with Solver("glucose4") as solver:
        variable = {n: n + 1 for n in range(right.n_nets)}
        theirs = dict(variable)
        solver.append_formula([[-1], [2]])
        for kind, group in right.groups:
            for c in group.tolist():
                _encode(solver, kind, right.fanin_of(c).tolist(), right.outputs_of(c), variable)
        top = right.n_nets
        for kind, group in wrong.groups:
            for c in group.tolist():
                pins, outs = wrong.fanin_of(c).tolist(), wrong.outputs_of(c)
                same_pins = pins == right.fanin_of(c).tolist() and all(theirs[n] == variable[n] for n in pins)
                if same_pins and kind == right.type_of(c):
                    continue
                theirs.update((net, top + 1 + k) for k, net in enumerate(outs))
                top += len(outs)
                _encode(solver, kind, pins, outs, theirs)
                for net in outs:
                    if _equal_variables(solver, variable[net], theirs[net], budget=2_000):
                        theirs[net] = variable[net]
        nets = right.output_nets.tolist()
        assert nets == wrong.output_nets.tolist()
        for n in nets:
            answer = _equal_variables(solver, variable[n], theirs[n], budget=20_000)
            if answer is not True:
                return answer
        return True


def _encode(solver: Any, kind: CellType, pins: list[int], outs: Iterable[int], variable: dict[int, int]) -> None:
    """One clause for each row of each truth table."""
    for net, table in zip(outs, kind.tables, strict=True):
        for row in range(1 << len(pins)):
            clause = [-variable[n] if row >> k & 1 else variable[n] for k, n in enumerate(pins)]
            solver.add_clause([*clause, variable[net] if table >> row & 1 else -variable[net]])


def _equal_variables(solver: Any, a: int, b: int, budget: int) -> bool | None:
    """Are two variables equal in every model? None if `budget` conflicts do not tell."""
    if a == b:
        return True
    answers = []
    for assumptions in ([a, -b], [-a, b]):
        solver.conf_budget(budget)
        answers.append(solver.solve_limited(assumptions=assumptions))
    return False if True in answers else None if None in answers else True


if __name__ == "__main__":
    main()
