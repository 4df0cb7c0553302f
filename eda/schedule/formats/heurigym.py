"""Scheduling problems in JSON: HeuriGym's form, and what the toolkit adds to it.

One object: ``delay`` {type: steps}, ``resource`` {type: units}, ``nodes`` [[id, type], ...], ``edges`` [[source, target,
operand], ...]. An operation holds a unit of its type for its whole delay. Other readers pass over what is added:

  occupancy  {type: steps}      how long a unit is held (1: fully pipelined)
  area       {type: number}     price of a unit
  nodes      [id, type, {"width": bits, "operation": kind}]
  edges      [source, target, operand, {"distance": iterations, "delay": steps, "kind": "data" or "precedence", "operand": k}]
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from eda.errors import UnsupportedError, suggest
from eda.ir.dataflow import Dataflow
from eda.ir.files import read_text
from eda.schedule.formats.draft import Draft
from eda.schedule.problem import Problem

_SIDES = {"lhs": 0, "rhs": 1}
_NODE_FACTS = ("width", "operation")
_EDGE_FACTS = ("distance", "delay", "kind", "operand")


def read_heurigym(path: str | Path) -> Problem:
    """Read a JSON problem; the objective is the latency, with distances the interval. Raises `InputError` for bad input."""
    return parse_heurigym(read_text(path), name=Path(path).name.removesuffix(".gz").removesuffix(".json"), file=path)


def parse_heurigym(text: str, *, name: str = "dataflow", file: object = None) -> Problem:
    """The problem in a JSON text; `file` is named in errors."""
    draft = Draft(file, name)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as e:
        raise draft.error(f"not JSON: {e.msg}", e.lineno) from e
    except (RecursionError, ValueError) as e:
        raise draft.error(f"not JSON that can be read: {e}") from e
    if not isinstance(data, dict):
        raise draft.error(f"expected a JSON object, found {type(data).__name__}")
    delay = _table(draft, data, "delay", 0)
    held = _table(draft, data, "occupancy", 1, delay)
    draft.limits = dict(_table(draft, data, "resource", 0, delay))
    for row in _rows(draft, data, "nodes"):
        _node(draft, row, delay, held)
    for row in _rows(draft, data, "edges"):
        _edge(draft, row)
    flow = draft.flow()
    areas = _areas(draft, data, delay)
    objective = "ii" if flow.edge_distance.any() else "latency"
    return Problem(flow, objective, areas=tuple(float(areas.get(r, 1.0)) for r in flow.resources) if areas else None)


def _table(draft: Draft, data: dict[str, Any], key: str, low: int, known: dict[str, int] | None = None) -> dict[str, int]:
    """One of the objects {type: integer}; `known` are the types there are."""
    table = data.get(key, None if known is None else {})
    if not isinstance(table, dict):
        raise draft.error(f'expected "{key}" as an object of a number per type')
    for kind in table:
        _known(draft, kind, known, key)
    return {kind: draft.integer(value, f"{key} of {kind}", low) for kind, value in table.items()}


def _known(draft: Draft, kind: str, known: dict[str, int] | None, key: str) -> None:
    if known is not None and kind not in known:
        raise draft.error(f'"{key}" names the type {kind!r}, which has no delay{suggest(kind, known)}')


def _areas(draft: Draft, data: dict[str, Any], delay: dict[str, int]) -> dict[str, float]:
    areas = data.get("area", {})
    if not isinstance(areas, dict):
        raise draft.error('expected "area" as an object of a number per type')
    for kind, area in areas.items():
        _known(draft, kind, delay, "area")
        if isinstance(area, bool) or not isinstance(area, int | float) or not 0 <= area < float("inf"):
            raise draft.error(f"area of {kind}: expected a number of at least 0, found {area!r}")
    return areas


def _rows(draft: Draft, data: dict[str, Any], key: str) -> list[Any]:
    rows = data.get(key)
    if not isinstance(rows, list):
        raise draft.error(f'expected "{key}" as a list')
    return rows


def _parts(draft: Draft, row: Any, texts: int, what: str, known: tuple[str, ...]) -> tuple[list[str], dict[str, Any]]:
    """The leading texts of a row and the object of facts that may end it."""
    whole = row if isinstance(row, list) else [row]
    facts = whole[-1] if isinstance(whole[-1] if whole else None, dict) else {}
    words = whole[:-1] if facts or (whole and isinstance(whole[-1], dict)) else whole
    if not texts <= len(words) <= 3 or not all(isinstance(w, str) for w in words[:2]):
        raise draft.error(f"{what}, found {json.dumps(row)[:60]}")
    for key in facts:
        if key not in known:
            raise draft.error(f"{what}: unknown fact {key!r}{suggest(key, known)}")
    return words, facts


def _node(draft: Draft, row: Any, delay: dict[str, int], held: dict[str, int]) -> None:
    (name, kind), facts = _parts(draft, row, 2, "expected a node [id, type]", _NODE_FACTS)
    if kind not in delay:
        raise draft.error(f"node {name}: the type {kind!r} has no delay{suggest(kind, delay)}")
    width = draft.integer(facts.get("width", 1), f"width of {name}")
    demand = (kind, 1, held.get(kind, max(delay[kind], 1)))
    draft.demanding(name, str(facts.get("operation", kind)), delay[kind], [demand], width)


def _edge(draft: Draft, row: Any) -> None:
    words, facts = _parts(draft, row, 2, "expected an edge [source, target, operand]", _EDGE_FACTS)
    source, target = words[:2]
    what = f"edge {source} -> {target}"
    kind = facts.get("kind", "data")
    if kind not in ("data", "precedence"):
        raise draft.error(f'{what}: expected the kind "data" or "precedence", found {kind!r}')
    distance = draft.integer(facts.get("distance", 0), f"{what}: distance")
    delay = draft.integer(facts.get("delay", 0), f"{what}: delay", -(2**31))
    if kind == "precedence":
        draft.order_edge(source, target, distance=distance, delay=delay)
        return
    operand = facts.get("operand", _SIDES.get(str(words[2])) if len(words) > 2 else None)
    if operand is not None:
        draft.integer(operand, f"{what}: operand")
    draft.data_edge(source, target, operand=operand, distance=distance, delay=delay)


def to_json(problem: Problem) -> str:
    """The toolkit's JSON of a problem: data flow, limits and areas.

    A type is a resource with one delay and one occupancy. Raises `UnsupportedError` for an operation that demands none or
    several resources, or several units, and where operations on one resource differ in delay or occupancy.
    """
    flow = problem.flow
    kinds, delay, held = _types(flow)
    limits = zip(flow.resources, flow.capacity.tolist(), strict=True)
    data: dict[str, Any] = {
        "name": flow.name,
        "delay": delay,
        "resource": {r: c for r, c in limits if c >= 0},
        "occupancy": held,
    }
    if problem.areas is not None:
        data["area"] = dict(zip(flow.resources, map(float, problem.areas), strict=True))
    data["nodes"] = [_node_row(flow, v, kinds[v]) for v in range(flow.n_operations)]
    data["edges"] = _edge_rows(flow)
    body = ",\n".join(f'  "{k}": {_lines(v) if isinstance(v, list) else json.dumps(v)}' for k, v in data.items())
    return "{\n" + body + "\n}\n"


def _lines(rows: list[Any]) -> str:
    return "[\n" + ",\n".join(f"    {json.dumps(row)}" for row in rows) + "\n  ]"


def _types(flow: Dataflow) -> tuple[list[str], dict[str, int], dict[str, int]]:
    """Type of each operation; delay and occupancy of each type."""
    by_operation: dict[int, str] = {}
    delay: dict[str, int] = {}
    held: dict[str, int] = {}
    columns = (flow.demand_operation, flow.demand_resource, flow.demand_amount, flow.demand_occupancy)
    for v, k, amount, occupancy in zip(*(c.tolist() for c in columns), strict=True):
        kind, own = flow.resources[k], int(flow.latency[v])
        if v in by_operation or amount != 1:
            raise UnsupportedError(f"operation {flow.names[v]}: JSON has one unit of one resource per operation")
        if (delay.setdefault(kind, own), held.setdefault(kind, occupancy)) != (own, occupancy):
            raise UnsupportedError(f"operation {flow.names[v]}: JSON has one delay and one occupancy for all of {kind}")
        by_operation[v] = kind
    if len(by_operation) < flow.n_operations:
        bare = next(v for v in range(flow.n_operations) if v not in by_operation)
        raise UnsupportedError(
            f"operation {flow.names[bare]}: JSON has one unit of one resource per operation, it demands none"
        )
    return [by_operation[v] for v in range(flow.n_operations)], delay, held


def _node_row(flow: Dataflow, v: int, kind: str) -> list[Any]:
    facts: dict[str, Any] = {} if flow.width[v] == 1 else {"width": int(flow.width[v])}
    facts |= {} if flow.kinds[v] == kind else {"operation": flow.kinds[v]}
    return [flow.names[v], kind, facts] if facts else [flow.names[v], kind]


def _edge_rows(flow: Dataflow) -> list[list[Any]]:
    rows: list[list[Any]] = []
    seen: Counter[int] = Counter()
    columns = (flow.edge_source, flow.edge_target, flow.edge_operand, flow.edge_distance, flow.edge_delay)
    for u, v, operand, distance, delay in zip(*(c.tolist() for c in columns), strict=True):
        facts: dict[str, Any] = {"distance": distance} if distance else {}
        facts |= {"delay": delay} if delay else {}
        facts |= {"kind": "precedence"} if operand < 0 else {}
        facts |= {"operand": operand} if operand >= 0 and operand != seen[v] else {}
        seen[v] += operand >= 0
        row = [flow.names[u], flow.names[v], "" if operand < 0 else str(operand)]
        rows.append([*row, facts] if facts else row)
    return rows
