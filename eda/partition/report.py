"""What is to be said of a partition: costs, use of every FPGA and link, and which nets cost the hops."""

from __future__ import annotations

from typing import Any

import numpy as np

from eda.ir.hypergraph import Partition
from eda.ir.netlist import IntArray
from eda.partition.objectives import Crossing, costs, crossing, loads_of_links, path_lengths, ratios
from eda.partition.problem import Problem


def report(problem: Problem, partition: Partition) -> dict[str, Any]:
    """Everything about a partition, as JSON has it; costs weigh nets by `Problem.hop_weights`, loads by their width.

    total_hop, cut, connectivity, steiner, tdm_ratio   see `problem.OBJECTIVES`
    legal, violations      sentences, see `Problem.violations`
    hop_histogram          weight of net ends by hops
    net_classes            nets, weight and hops by the number of FPGAs that a net goes to
    fpgas                  by name: primaries, replicas, used and capacity of each resource, external load and limit
    links                  ends, load, width and ratio of each link
    """
    cross = crossing(problem, partition)
    values = costs(problem, cross, ("hops", "cut", "connectivity", "steiner"))
    links = _links(problem, cross)
    violations = problem.violations(partition)
    return {
        "total_hop": values.pop("hops"),
        "legal": not violations,
        "violations": list(violations),
        **values,
        "tdm_ratio": max((link["ratio"] for link in links), default=0),
        "cut_nets": len(cross.nets),
        "replicas": len(partition.replicas),
        "fpgas_used": int(partition.locations(problem.board.n_fpgas).any(axis=0).sum()),
        "hop_histogram": _histogram(problem, cross),
        "net_classes": _classes(problem, cross),
        "fpgas": _fpgas(problem, partition),
        "links": links,
    }


def _histogram(problem: Problem, cross: Crossing) -> dict[str, int]:
    hops = path_lengths(problem.board)[cross.home][cross.remote]
    weight = np.broadcast_to(problem.hop_weights[cross.nets, None], cross.remote.shape)[cross.remote]
    sums = np.zeros(int(hops.max(initial=0)) + 1, dtype=np.int64)
    np.add.at(sums, hops, weight)
    return {str(h): int(w) for h, w in enumerate(sums) if w}


def _classes(problem: Problem, cross: Crossing) -> list[dict[str, int]]:
    targets = cross.remote.sum(axis=1)
    weight = problem.hop_weights[cross.nets]
    hops = weight * (path_lengths(problem.board)[cross.home] * cross.remote).sum(axis=1)
    return [
        {"targets": t, "nets": int((targets == t).sum()), **_sums(targets == t, weight=weight, hops=hops)}
        for t in np.unique(targets).tolist()
    ]


def _sums(chosen: np.ndarray, **values: IntArray) -> dict[str, int]:
    return {name: int(array[chosen].sum()) for name, array in values.items()}


def _fpgas(problem: Problem, partition: Partition) -> dict[str, dict[str, Any]]:
    used = partition.usage(problem.graph, problem.limits)
    load = partition.external_load(problem.graph, problem.board)
    k = problem.board.n_fpgas
    primaries = np.bincount(partition.primary, minlength=k)
    replicas = np.bincount(partition.replicas[:, 1], minlength=k)
    return {
        name: {
            "primaries": int(primaries[q]),
            "replicas": int(replicas[q]),
            "used": dict(zip(problem.resources, used[q].tolist(), strict=True)),
            "capacity": dict(zip(problem.resources, problem.capacity[q].tolist(), strict=True)),
            "utilisation": round(_fill(used[q], problem.capacity[q]), 6),
            "external": {"load": int(load[q]), "limit": int(problem.board.external_limit[q])},
        }
        for q, name in enumerate(problem.board.names)
    }


def _fill(used: IntArray, capacity: IntArray) -> float:
    """The largest share of a resource that is used."""
    return float((used / np.maximum(capacity, 1)).max(initial=0.0))


def _links(problem: Problem, cross: Crossing) -> list[dict[str, Any]]:
    loads = loads_of_links(problem, cross)
    names = problem.board.names
    return [
        {"between": [names[a], names[b]], "load": load, "width": width, "ratio": ratio}
        for (a, b), load, width, ratio in zip(
            problem.board.links.tolist(),
            loads.tolist(),
            problem.link_widths.tolist(),
            ratios(problem, loads).tolist(),
            strict=True,
        )
    ]
