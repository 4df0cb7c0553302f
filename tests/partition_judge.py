"""Violations and total hops of a contest solution, from the text of the files alone: written apart from the package."""

import gzip
from collections import Counter, deque
from pathlib import Path


def lines(folder, name):
    path = Path(folder) / name
    text = path.read_text() if path.exists() else gzip.decompress(path.with_name(name + ".gz").read_bytes()).decode()
    return [line.split() for line in text.splitlines() if line.strip()]


def judge(folder, solution):
    """``(kinds of violations, total hops)``; hops are None if some node has not exactly one primary."""
    info = {f[0]: list(map(int, f[1:])) for f in lines(folder, "design.info")}
    areas = {f[0]: list(map(int, f[1:])) for f in lines(folder, "design.are")}
    (limit, *links) = lines(folder, "design.topo")
    near = {name: set() for name in info}
    for a, b in links:
        near[a].add(b)
        near[b].add(a)
    distance = {name: walk(near, name) for name in info}
    at, primary = {v: set() for v in areas}, {}
    wrong = Counter()
    used = {q: [0] * 8 for q in info}
    for line in Path(solution).read_text().splitlines():
        q, _, nodes = line.partition(":")
        for text in nodes.split():
            v = text.rstrip("*")
            wrong["twice"] += q in at[v] or (text == v and v in primary)
            at[v].add(q)
            used[q] = [u + a for u, a in zip(used[q], areas[v], strict=True)]
            if text == v:
                primary[v] = q
    for q, (_, *capacity) in info.items():
        wrong["resource"] += sum(u > c for u, c in zip(used[q], capacity, strict=True))
    if set(primary) != set(areas):
        return wrong + Counter(primary=1), None
    total, load = 0, Counter()
    for source, weight, *sinks in lines(folder, "design.net"):
        remote = set().union(*(at[t] for t in sinks)) - at[source]
        load[primary[source]] += int(weight) * bool(remote)
        for q in remote:
            hops = distance[primary[source]].get(q)
            load[q] += int(weight)
            wrong["hop"] += hops is None or hops > int(limit[0])
            total += int(weight) * (len(info) if hops is None else hops)
    wrong["external"] += sum(load[q] > info[q][0] for q in info)
    return +wrong, total


def walk(near, start):
    hops, queue = {start: 0}, deque([start])
    while queue:
        a = queue.popleft()
        for b in sorted(near[a] - set(hops)):
            hops[b] = hops[a] + 1
            queue.append(b)
    return hops
