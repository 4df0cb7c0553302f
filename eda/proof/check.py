"""Are two circuits equal, or a circuit and its specification? A ladder of methods; the first answer wins.

Each rung may only say proven, different (with inputs that replay), or pass on:
  ports, structure, simulation, all inputs of small circuits, arithmetic certificates, ABC's ``&cec`` for a short time,
  all inputs up to 32 bits, ABC's ``cec``, each output on its own, ``&cec`` again, SAT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic

from eda.errors import ProofError, UsageError
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec
from eda.proof.cec import cec, sweeping_cec
from eda.proof.certificate import certificate
from eda.proof.exhaustive import NUMPY_INPUTS, by_output, exhaustive
from eda.proof.guess import by_common_spec
from eda.proof.pair import Pair
from eda.proof.pipeline import flattened
from eda.proof.ports import match_ports, match_spec, with_ports, without_low_bits
from eda.proof.refute import VECTORS, refute
from eda.proof.registers import cut_registers, is_combinational
from eda.proof.sat import sat
from eda.proof.structural import structural
from eda.proof.verdict import Verdict
from eda.proof.verify import verify

__all__ = ["Verdict", "check", "check_spec"]

_FIRST_CEC_SECONDS = 5.0
_CEC_SHARE = 0.5  # of the time that is left; the rest is for SAT
_SWEEPING_SHARE = 0.5
_BY_OUTPUT_SHARE = 0.2

RESETS_INACTIVE = "resets inactive"

Rung = Callable[[Pair, float], Verdict | None]
"""A method: looks at a pair until a time (`time.monotonic`)."""


def check(
    a: Netlist, b: Netlist, *, time_limit: float = 60.0, seed: int = 1, port_map: Mapping[str, str] | None = None
) -> Verdict:
    """Prove `a` and `b` equal, or show inputs on which they differ.

    Ports are matched by name, or as `port_map` (names of `a` to names of `b`) says. Registers are cut and paired by name
    and behaviour; the verdict then speaks of equal register states, reachable or not. Where that gives no proof,
    feed-forward pipelines are compared without their registers; the verdict gives the latencies, and takes resets as
    inactive. `time_limit` is in seconds; `seed` chooses the random vectors.
    Raises `UsageError` for ports that do not fit, `InputError` for a combinational loop.
    """
    started = monotonic()
    verdict = _check(a, b, started + time_limit, seed, port_map)
    return replace(verdict, seconds=monotonic() - started)


def check_spec(
    netlist: Netlist, spec: ArithmeticSpec, *, via: Netlist | None = None, time_limit: float = 60.0, seed: int = 1
) -> Verdict:
    """Prove that `netlist` computes `spec`, or show operands for which it does not.

    `via` is a netlist of the same function in which the compressors are still cells, as a generator emits it: it is
    certified against `spec`, and `netlist` proven equal to it. Where `spec` leaves low bits out, `via` still has them. A
    feed-forward pipeline is taken without its registers.
    Raises `UsageError` for ports that do not fit, `InputError` for a combinational loop.
    """
    started = monotonic()
    try:
        flat = flattened(netlist)
        plain = None if via is None else flattened(via).netlist
    except ProofError as e:
        return Verdict("unknown", "", spec.width, detail=str(e), seconds=monotonic() - started)
    match_spec(flat.netlist, spec)
    pair = Pair(flat.netlist, spec)
    rungs: list[Rung] = [_certified] if plain is None else [_certified, partial(_composed, plain, seed)]
    verdict = _climb(pair, started + time_limit, seed, rungs)
    if flat.latency:
        verdict = _of_pipelines(verdict, (flat.latency, 0), flat.resets)
    return replace(verdict, seconds=monotonic() - started)


# --- two netlists ------------------------------------------------------------------------------------------------------


def _check(a: Netlist, b: Netlist, deadline: float, seed: int, port_map: Mapping[str, str] | None) -> Verdict:
    if is_combinational(a) and is_combinational(b):
        return _compare(a, match_ports(a, b, port_map), deadline, seed)
    try:
        cut = _check_cut(a, match_ports(a, b, port_map), deadline, seed)
    except UsageError as ports_differ:
        try:
            return _check_pipelines(a, b, deadline, seed, port_map)
        except ProofError:
            raise ports_differ from None
    if cut.status == "proven":
        return cut
    try:
        flat = _check_pipelines(a, b, deadline, seed, port_map)
    except (ProofError, UsageError):
        return cut
    return flat if _outweighs(flat, cut) else cut


def _check_cut(a: Netlist, b: Netlist, deadline: float, seed: int) -> Verdict:
    """The verdict on next states and outputs as functions of inputs and states."""
    try:
        cut = cut_registers(a, b, seed)
    except ProofError as e:
        return Verdict("unknown", "", sum(p.width for p in a.outputs), detail=str(e))
    verdict = _compare(cut.left, cut.right, deadline, seed)
    parts = [f"{cut.by_name} registers paired by name", f"{cut.by_behaviour} by behaviour"]
    parts += [f"{cut.boxes} black boxes paired by name"] if cut.boxes else []
    parts += ["the state need not be reachable"] if verdict.status == "different" else []
    parts += [verdict.detail] if verdict.detail else []
    return replace(verdict, detail=", ".join(parts))


def _check_pipelines(a: Netlist, b: Netlist, deadline: float, seed: int, port_map: Mapping[str, str] | None) -> Verdict:
    """The verdict on pipelines as functions; raises `ProofError` if one is none, `UsageError` if their ports differ."""
    mine, theirs = flattened(a), flattened(b)
    left, right = mine.netlist, theirs.netlist
    names = {p.name for p in left.ports}
    renamed = {port_map.get(n, n) for n in names} if port_map else names
    right = _without_idle(right, renamed)
    back = {there: here for here, there in (port_map or {}).items()}
    left = _without_idle(left, {back.get(p.name, p.name) for p in right.ports})
    kept = {n: m for n, m in (port_map or {}).items() if n in names}
    verdict = _compare(left, match_ports(left, right, kept), deadline, seed)
    return _of_pipelines(verdict, (mine.latency, theirs.latency), mine.resets or theirs.resets)


def _of_pipelines(verdict: Verdict, latency: tuple[int, int], resets: bool) -> Verdict:
    parts = ["feed-forward", *([RESETS_INACTIVE] if resets else []), *([verdict.detail] if verdict.detail else [])]
    return replace(verdict, latency=latency, detail=", ".join(parts))


def _outweighs(flat: Verdict, cut: Verdict) -> bool:
    """Is the verdict on pipelines the better one? Where both sides have registers, it says nothing about their resets."""
    assert flat.latency is not None
    if flat.status == "proven" and min(flat.latency) > 0:
        same_delay = flat.latency[0] == flat.latency[1]
        return RESETS_INACTIVE not in flat.detail and (same_delay or cut.status == "unknown")
    return cut.status == "unknown"


def _without_idle(netlist: Netlist, names: set[str]) -> Netlist:
    """Without unused input ports whose name is not among `names`."""
    idle = {p.name for p in netlist.inputs if p.name not in names and not netlist.fanout[list(p.nets)].any()}
    return with_ports(netlist, [p for p in netlist.ports if p.name not in idle]) if idle else netlist


def _compare(a: Netlist, b: Netlist, deadline: float, seed: int) -> Verdict:
    pair = Pair(a, b)
    return structural(pair) or _climb(pair, deadline, seed, [])


# --- the ladder --------------------------------------------------------------------------------------------------------


def _climb(pair: Pair, deadline: float, seed: int, arithmetic: Sequence[Rung]) -> Verdict:
    """The first answer of the rungs, or ``unknown`` with the best partial one; `arithmetic` are rungs for specifications."""
    found = refute(pair, seed)
    if found is not None:
        return found
    best = pair.unknown("", "time limit")
    for rung in _rungs(pair, seed, arithmetic):
        verdict = rung(pair, deadline)
        if verdict is None:
            continue
        if verdict.status != "unknown":
            return verdict
        if verdict.outputs_proven > best.outputs_proven:
            best = verdict
    return replace(best, vectors=VECTORS)


def _rungs(pair: Pair, seed: int, arithmetic: Sequence[Rung]) -> list[Rung]:
    if pair.left.n_input_bits <= NUMPY_INPUTS:
        return [exhaustive, *arithmetic, cec, sat]
    common = [] if pair.spec else [partial(_common_spec, seed)]
    return [*arithmetic, *common, _brief_cec, exhaustive, _sweeping_cec, _by_output, _long_cec, sat]


def _certified(pair: Pair, deadline: float) -> Verdict | None:
    assert pair.spec is not None
    try:
        claim = certificate(pair.left, pair.spec)
        verify(claim, pair.left, pair.spec)
    except ProofError:
        return None
    return pair.proven("weight-conservation certificate", certificate=claim)


def _composed(via: Netlist, seed: int, pair: Pair, deadline: float) -> Verdict | None:
    """The certificate of `via`, and the equality of the left side with it."""
    assert pair.spec is not None
    whole = pair.spec.whole
    match_spec(via, whole)
    first = _certified(Pair(via, whole), deadline)
    if first is None:
        return None
    kept = without_low_bits(via, whole.output, pair.spec.low)
    second = _compare(pair.left, match_ports(pair.left, kept), deadline, seed)
    if second.counterexample is not None:
        return pair.different(second.method, second.counterexample.inputs)
    if second.status == "unknown":
        return pair.unknown("", f"equality with the certified netlist: {second.detail}", second.outputs_proven)
    detail = f"certified netlist, equal by {second.method}"
    return pair.proven("composition", detail, first.certificate)


def _common_spec(seed: int, pair: Pair, deadline: float) -> Verdict | None:
    return by_common_spec(pair, seed)


def _by_output(pair: Pair, deadline: float) -> Verdict | None:
    now = monotonic()
    return by_output(pair, now + (deadline - now) * _BY_OUTPUT_SHARE)


def _brief_cec(pair: Pair, deadline: float) -> Verdict | None:
    return cec(pair, min(deadline, monotonic() + _FIRST_CEC_SECONDS))


def _sweeping_cec(pair: Pair, deadline: float) -> Verdict | None:
    now = monotonic()
    return sweeping_cec(pair, now + (deadline - now) * _SWEEPING_SHARE)


def _long_cec(pair: Pair, deadline: float) -> Verdict | None:
    now = monotonic()
    return cec(pair, now + (deadline - now) * _CEC_SHARE)
