"""What a design is worth in a process kit: mapped, proven equal to its source, timed, and its power simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from eda.errors import ProofError, UsageError, suggest
from eda.flow import store as stores
from eda.flow.opensta import second_opinion
from eda.flow.recipes import Recipe
from eda.flow.sources import Rtl
from eda.flow.store import Store
from eda.flow.synthesize import Mapped, prepare, synthesize
from eda.ir.netlist import Netlist
from eda.proof.check import Verdict, check
from eda.tech.pdk import DEFAULT_PDK, Pdk
from eda.tech.tools import OPENSTA
from eda.timing.activity import simulated
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.power import power
from eda.timing.sta import analyze
from eda.verilog.writer import to_verilog

__all__ = [
    "ENGINES",
    "Mapped",
    "Metrics",
    "Rtl",
    "constraints_of",
    "evaluate",
    "measure",
    "measure_netlist",
    "synthesize",
    "verify",
]

ENGINES = ("eda", "opensta")


@dataclass(frozen=True)
class Metrics:
    """The worth of a mapped design; smaller is better in all of area, delay, power and energy.

    delay_ps    the smallest clock period, or the latest arrival at an output of a combinational circuit
    power_mw    at `period_ps`: the given period, else `delay_ps` with registers and 1000 ps without
    energy_pj   per period
    slack_ps    against the given period; None without one
    engine      what timed it and simulated its power; `activity` says how nets were assumed to change
    opensta     None, or ``{"engine", "delay_ps"}`` as OpenSTA has it
    proof       None, or the verdict on the equality with the source (`eda.proof.verdict.Verdict.to_dict` and its text)
    seconds     wall-clock seconds that mapping took when it was done
    verilog     the mapped netlist
    """

    area_um2: float
    delay_ps: float
    power_mw: float
    energy_pj: float
    slack_ps: float | None
    period_ps: float
    cells: int
    registers: int
    engine: str
    activity: str
    pdk: str
    recipe: str
    target_ps: float
    seconds: float
    proof: Mapping[str, Any] | None = None
    opensta: Mapping[str, Any] | None = None
    verilog: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; without the Verilog."""
        return {name: value for name, value in asdict(self).items() if name != "verilog"}


def evaluate(
    source: Netlist | Rtl,
    pdk: Pdk | str = DEFAULT_PDK,
    recipe: Recipe | str = "area",
    *,
    adders: str = "keep",
    engine: str = "eda",
    clock: str | None = None,
    period_ps: float | None = None,
    prove: bool = True,
    proof_limit: float = 60.0,
    time_limit: float = 600.0,
    seed: int = 1,
    cache: bool = True,
) -> Metrics:
    """Map `source` (see `eda.flow.synthesize.synthesize`), prove the result equal to it, and measure it.

    `engine` "opensta" adds OpenSTA's delay to ours. `proof_limit` is in seconds; `seed` chooses the vectors of the proof
    and of the activity. With `cache` an equal evaluation that was done before is looked up in the store; one whose proof
    ran out of time is not kept.

    Raises as `synthesize`, and `ProofError` with the counterexample if the mapped netlist differs from its source.
    """
    if engine not in ENGINES:
        raise UsageError(f"no timing engine {engine!r}{suggest(engine, ENGINES)}; expected {' or '.join(ENGINES)}")
    second = engine == "opensta"
    job = prepare(source, pdk, recipe, adders)
    key = stores.key(
        mapping=job.key,
        clock=clock,
        period=period_ps,
        prove=prove,
        seed=seed,
        opensta=OPENSTA.identity if second else None,
    )
    kept = Store().get(key) if cache else None
    if kept is not None:
        return Metrics(**kept)
    mapped = synthesize(source, job.pdk, job.recipe, adders=adders, time_limit=time_limit, cache=cache)
    verdict = verify(mapped, time_limit=proof_limit, seed=seed) if prove else None
    metrics = measure(mapped, verdict, clock=clock, period_ps=period_ps, opensta=second, seed=seed)
    if cache and (verdict is None or verdict.status == "proven"):
        Store().put(key, asdict(metrics))
    return metrics


def verify(mapped: Mapped, *, time_limit: float = 60.0, seed: int = 1) -> Verdict:
    """The verdict on ``mapped.netlist`` against ``mapped.golden``; raises `ProofError` if they differ."""
    verdict = check(mapped.netlist, mapped.golden, time_limit=time_limit, seed=seed)
    if verdict.status == "different":
        raise ProofError(f"{mapped.netlist.name}: the mapped netlist differs from its source: {verdict}")
    return verdict


def measure(
    mapped: Mapped,
    verdict: Verdict | None = None,
    *,
    clock: str | None = None,
    period_ps: float | None = None,
    opensta: bool = False,
    seed: int = 1,
) -> Metrics:
    """Area, timing and power of a mapped design. Raises as `eda.timing.sta.analyze`, and as `second_opinion`."""
    around = constraints_of(mapped.pdk, clock=clock, period_ps=period_ps)
    metrics = measure_netlist(mapped.netlist, mapped.pdk, around, verdict, seed=seed)
    second = _opensta(mapped, around, metrics.verilog) if opensta else None
    return replace(
        metrics, recipe=mapped.recipe.label, target_ps=mapped.recipe.target_ps, seconds=mapped.seconds, opensta=second
    )


def measure_netlist(
    netlist: Netlist, pdk: Pdk, constraints: Constraints, verdict: Verdict | None = None, *, seed: int = 1
) -> Metrics:
    """Area, timing and power of a netlist of library cells, however it came to be. Raises as `eda.timing.sta.analyze`."""
    timing = analyze(netlist, pdk.library, constraints)
    activity = simulated(netlist, clocks=None if constraints.clock is None else [constraints.clock], seed=seed)
    used = power(netlist, pdk.library, activity=activity, timing=timing)
    return Metrics(
        area_um2=area(netlist, pdk.library),
        delay_ps=timing.delay_ps,
        power_mw=used.total_mw,
        energy_pj=used.energy_pj,
        slack_ps=None if constraints.period_ps is None else timing.wns,
        period_ps=used.period_ps,
        cells=netlist.n_cells,
        registers=len(netlist.state_cells),
        engine=timing.engine,
        activity=used.activity,
        pdk=pdk.name,
        recipe="",
        target_ps=0.0,
        seconds=0.0,
        proof=None if verdict is None else verdict.to_dict() | {"text": str(verdict)},
        verilog=to_verilog(netlist),
    )


def constraints_of(pdk: Pdk, *, clock: str | None = None, period_ps: float | None = None) -> Constraints:
    """The surroundings that the kit's description gives: its driver at every input, its load at every output."""
    return Constraints(clock=clock, period_ps=period_ps, driver=pdk.defaults.driver, load_ff=pdk.defaults.load_ff)


def _opensta(mapped: Mapped, constraints: Constraints, verilog: str) -> dict[str, Any]:
    timing = analyze(mapped.netlist, mapped.pdk.library, constraints)
    labels = [mapped.netlist.net_label(net) for net in timing.clock.nets]
    clock = labels[0] if labels else None
    found = second_opinion(
        verilog, mapped.netlist.name, mapped.pdk.liberty_files, timing.constraints, clock=clock, period_ps=timing.delay_ps
    )
    return {"engine": found.engine, "delay_ps": found.delay_ps}
