"""The JSON of egraph-serialize (extraction-gym, egglog), and its variants with integer classes (e-boost, SmoothE).

A child is a node id, which means that node's class; what is no node id must be a class id. Integers are always class ids.
Ids are compared as strings. A missing cost is 1.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from eda.egraph.egraph import EGraph, FloatArray, IntArray
from eda.errors import EdaError, InputError, suggest
from eda.ir.files import read_bytes, write_atomic

_LITERAL = "primitive-"  # egglog names the node of a literal so, in front of its class

Nodes = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Reading:
    """An e-graph, and what was left out of the file or priced otherwise on the way.

    graph          with the live nodes, grouped by class
    unknown_roots  ids among the roots that are no class
    subsumed       number of nodes left out because a rewrite has replaced them
    repriced       number of nodes whose cost is not the file's
    """

    graph: EGraph
    unknown_roots: tuple[str, ...] = ()
    subsumed: int = 0
    repriced: int = 0


def read_egraph(
    path: str | Path,
    *,
    drop_unknown_roots: bool = False,
    costs: Mapping[str, float] | None = None,
) -> EGraph:
    """The e-graph of a JSON file, plain or gzipped; see `read`."""
    return read(path, drop_unknown_roots=drop_unknown_roots, costs=costs).graph


def read(
    path: str | Path,
    *,
    drop_unknown_roots: bool = False,
    roots: Sequence[str] = (),
    costs: Mapping[str, float] | None = None,
    free_literals: bool = False,
    with_subsumed: bool = False,
) -> Reading:
    """Read a JSON file, plain or gzipped.

    `roots` replaces those of the file. `costs` gives the nodes of an operator their cost; `free_literals` makes egglog's
    literals cost nothing. Subsumed nodes are left out unless `with_subsumed`. Raises `InputError` naming the file and what
    was expected: malformed JSON, repeated keys, children or roots that do not exist, costs that are not finite numbers.
    """
    with _no_collection():
        names, nodes, document = _parse(path)
        try:
            graph, unknown = _build(names, nodes, list(roots) or _roots(document), drop_unknown_roots)
        except InputError as e:
            raise InputError(e.message, file=path) from None
    kept = graph if with_subsumed or not graph.subsumed.any() else graph.keep(np.flatnonzero(~graph.subsumed))
    priced, repriced = _priced(kept, costs or {}, free_literals)
    return Reading(priced, unknown, graph.n_nodes - kept.n_nodes, repriced)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Millions of young objects that all survive: looking for garbage among them takes longer than making them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _parse(path: str | Path) -> tuple[list[str], Nodes, dict[str, Any]]:
    """Node ids, nodes, and the whole object of the file."""
    raw = read_bytes(path)
    document = _loads(raw, path)
    nodes = document.get("nodes") if isinstance(document, dict) else None
    if not isinstance(nodes, dict):
        raise InputError('expected a JSON object with an object "nodes"', file=path)
    if raw.count(b'"eclass"') != len(nodes):  # only then can a key have been given twice
        _refuse_repeated_keys(raw, path)
    return list(nodes), list(nodes.values()), document


def _loads(raw: bytes, path: str | Path) -> Any:
    try:
        import orjson
    except ImportError:
        raise EdaError("e-graph files are read by orjson: install the extra `eda[egraph]`") from None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as e:
        raise InputError(f"no JSON: {e.msg}", file=path, line=e.lineno) from None


def _refuse_repeated_keys(raw: bytes, path: str | Path) -> None:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(items)
        if len(table) != len(items):
            seen: set[str] = set()
            twice = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise InputError(f"the key {twice!r} occurs twice in one object", file=path)
        return table

    json.loads(raw, object_pairs_hook=pairs)


def _roots(document: dict[str, Any]) -> list[str]:
    roots = document.get("root_eclasses")
    if not isinstance(roots, list):
        raise InputError('expected "root_eclasses", a list of class ids')
    return list(map(_class_id, roots, repeat("root_eclasses")))


def _class_id(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{where}: expected a class id, found {json.dumps(value)}")


def _build(names: list[str], nodes: Nodes, roots: list[str], drop_unknown: bool) -> tuple[EGraph, tuple[str, ...]]:
    classes = _classes(names, nodes)
    index = {name: i for i, name in enumerate(dict.fromkeys(classes))}
    own = np.fromiter(map(index.__getitem__, classes), dtype=np.int32, count=len(classes))
    child_counts, child = _children(names, nodes, own, index)
    known = [root for root in roots if root in index]
    unknown = tuple(dict.fromkeys(root for root in roots if root not in index))
    if unknown and not drop_unknown:
        raise InputError(f"the root {unknown[0]!r} is no class of this e-graph{suggest(unknown[0], index)}")
    if not known:
        raise InputError("no root is left" if unknown else '"root_eclasses" is empty, expected at least one class')
    order = np.argsort(own, kind="stable")
    graph = EGraph(
        first=np.concatenate(([0], np.cumsum(np.bincount(own, minlength=len(index))))),
        child_first=np.concatenate(([0], np.cumsum(child_counts[order]))),
        child=_permuted(child, child_counts, order),
        cost=_costs(names, nodes)[order],
        roots=np.array([index[root] for root in dict.fromkeys(known)]),
        class_names=list(index),
        node_names=[names[i] for i in order.tolist()],
        ops=[str(nodes[i].get("op", "")) for i in order.tolist()],
        subsumed=np.array([node.get("subsumed", False) is True for node in nodes], dtype=bool)[order],
    )
    return graph, unknown


def _permuted(child: IntArray, counts: IntArray, order: IntArray) -> IntArray:
    from eda.ir.netlist import join_ranges

    begin = np.concatenate(([0], np.cumsum(counts)))[order]
    return child[join_ranges(begin, begin + counts[order])]


def _classes(names: list[str], nodes: Nodes) -> list[str]:
    """Class id of each node."""
    try:
        found = [node["eclass"] for node in nodes]
    except (TypeError, KeyError):
        _explain(names, nodes, _explain_class)
    return found if _types(found) <= {str} else [_class_id(c, f"node {n!r}") for c, n in zip(found, names, strict=True)]


def _types(values: Iterable[object]) -> set[type]:
    return set(map(type, values))


def _explain(names: list[str], nodes: Nodes, complaint: Callable[[Any], str | None]) -> None:
    """Raise `InputError` for the first node that has something to complain of."""
    for name, node in zip(names, nodes, strict=True):
        what = complaint(node)
        if what is not None:
            raise InputError(f"node {name!r}: {what}")


def _explain_class(node: object) -> str | None:
    if not isinstance(node, dict):
        return f"expected an object, found {json.dumps(node)[:40]}"
    return None if "eclass" in node else 'has no "eclass"'


def _explain_cost(node: dict[str, Any]) -> str | None:
    cost = node.get("cost", 1.0)
    if isinstance(cost, int | float) and not isinstance(cost, bool) and abs(cost) < np.inf:
        return None
    return f"has the cost {json.dumps(cost)}, expected a finite number"


def _explain_children(node: dict[str, Any]) -> str | None:
    return None if isinstance(node.get("children", []), list) else '"children" is no list'


def _costs(names: list[str], nodes: Nodes) -> FloatArray:
    found = [node.get("cost", 1.0) for node in nodes]
    if not _types(found) <= {int, float}:
        _explain(names, nodes, _explain_cost)
    cost = np.array(found, dtype=np.float64)
    if not np.isfinite(cost).all():
        _explain(names, nodes, _explain_cost)
    return cost


def _children(names: list[str], nodes: Nodes, own: IntArray, index: dict[str, int]) -> tuple[IntArray, IntArray]:
    """Number of children per node, and the classes of all children in one row."""
    lists = [node.get("children", ()) for node in nodes]
    if not _types(lists) <= {list, tuple}:
        _explain(names, nodes, _explain_children)
    counts = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    flat = list(chain.from_iterable(lists))
    types = _types(flat)
    by_node = dict(zip(names, own.tolist(), strict=True))
    if str in types:
        _refuse_ambiguous(flat, by_node, index)
    try:
        found: Iterable[int]
        if types <= {str}:
            found = map((index | by_node).__getitem__, flat)
        elif types <= {int}:
            found = map(index.__getitem__, map(str, flat))
        else:
            found = [_child(c, by_node, index) for c in flat]
        return counts, np.fromiter(found, dtype=np.int32, count=len(flat))
    except KeyError as e:
        at = next(i for i, c in enumerate(flat) if str(c) == e.args[0])
        name = names[int(np.searchsorted(np.cumsum(counts), at, side="right"))]
        near = suggest(e.args[0], by_node) if len(by_node) < 10_000 else ""
        raise InputError(f"node {name!r}: the child {e.args[0]!r} is neither a node id nor a class id{near}") from None


def _child(child: object, by_node: dict[str, int], index: dict[str, int]) -> int:
    if isinstance(child, str) and child in by_node:
        return by_node[child]
    return index[_class_id(child, "children")]


def _refuse_ambiguous(flat: list[object], by_node: dict[str, int], index: dict[str, int]) -> None:
    """Strings that can only be classes beside strings that are a node and another class: no rule can tell what is meant."""
    texts = {c for c in flat if isinstance(c, str)}
    if texts <= by_node.keys():
        return
    double = sorted(t for t in texts if t in by_node and t in index and by_node[t] != index[t])
    alone = sorted(t for t in texts - by_node.keys() if t in index)
    if double and alone:
        raise InputError(
            f"children are class ids (such as {alone[0]!r}) and node ids at once: {double[0]!r} is a node and another class"
        )


def _priced(graph: EGraph, costs: Mapping[str, float], free_literals: bool) -> tuple[EGraph, int]:
    """The graph with the costs of operators, and the number of nodes that they change."""
    if not costs and not free_literals:
        return graph, 0
    missing = sorted(set(costs) - set(graph.ops))
    if missing:
        raise InputError(f"no node has the operator {missing[0]!r}{suggest(missing[0], set(graph.ops))}")
    cost = np.array([costs.get(op, old) for op, old in zip(graph.ops, graph.cost.tolist(), strict=True)])
    if free_literals:
        classes = graph.node_class.tolist()
        literal = [n == _LITERAL + graph.class_names[c] for n, c in zip(graph.node_names, classes, strict=True)]
        cost[np.array(literal, dtype=bool)] = 0.0
    changed = int((cost != graph.cost).sum())
    return with_costs(graph, cost), changed


def with_costs(graph: EGraph, cost: FloatArray) -> EGraph:
    """The same e-graph with other costs, float64 [N]."""
    from dataclasses import replace

    return replace(graph, cost=cost)


def write_egraph(graph: EGraph, path: str | Path) -> None:
    """Write egraph-serialize JSON, gzipped if the name ends in .gz; children are node ids, each its class's first node.

    Raises `InputError` for a child class without nodes, which the format cannot say.
    """
    import gzip

    text = json.dumps({"nodes": _node_objects(graph), "root_eclasses": [graph.class_names[r] for r in graph.roots.tolist()]})
    write_atomic(path, gzip.compress(text.encode(), mtime=0) if str(path).endswith(".gz") else text)


def _node_objects(graph: EGraph) -> dict[str, dict[str, Any]]:
    empty = np.flatnonzero(np.diff(graph.first) == 0)
    lost = np.intersect1d(empty, graph.child)
    if len(lost):
        raise InputError(f"the class {graph.class_names[lost[0]]!r} is a child and has no node, which the format cannot say")
    first = graph.first.tolist()
    objects = {}
    for n, (name, c) in enumerate(zip(graph.node_names, graph.node_class.tolist(), strict=True)):
        node: dict[str, Any] = {
            "op": graph.ops[n],
            "children": [graph.node_names[first[d]] for d in graph.children(n).tolist()],
        }
        node |= {"eclass": graph.class_names[c], "cost": float(graph.cost[n])}
        objects[name] = node | ({"subsumed": True} if graph.subsumed[n] else {})
    return objects
