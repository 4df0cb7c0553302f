"""Patterson files (``.rcp``) of resource-constrained project scheduling, as PSPLIB's problems are kept by several libraries.

Integers: numbers of jobs and of resources; capacities; per job its duration, its demand of each resource, the number of its
successors, and these, counted from 1. A job holds what it demands for its whole duration.
"""

from __future__ import annotations

from pathlib import Path

from eda.errors import InputError
from eda.ir.files import read_text
from eda.schedule.formats.graph import Collector, Graph, integer


def read_patterson(path: str | Path) -> Graph:
    """Read a plain or gzipped file. Operations are called ``1``, ``2``, ..., resources ``R1``, ...; edges carry data.

    Raises `InputError` at file and line for what is no integer, for successors that do not exist, and for a file that ends
    too early or goes on too long.
    """
    words = _Words(read_text(path), path)
    graph = Collector(path, Path(path).name.partition(".")[0])
    jobs, kinds = words.next(1), words.next()
    for k in range(kinds):
        graph.limits[f"R{k + 1}"] = words.next()
    edges = []
    for j in range(1, jobs + 1):
        duration = words.next()
        job = graph.operation(str(j), "job", duration)
        for k in range(kinds):
            amount = words.next()
            if amount and duration:
                graph.demand(job, f"R{k + 1}", amount, duration)
        edges += [(j, words.next(1)) for _ in range(words.next())]
    incoming: dict[int, int] = {}
    for source, target in edges:
        operand = incoming[target] = incoming.get(target, -1) + 1
        graph.edge(str(source), str(target), operand)
    words.end()
    return Graph(graph.flow())


class _Words:
    """The integers of the text, one by one."""

    def __init__(self, text: str, file: object) -> None:
        self.file = file
        self.words = [(word, line) for line, row in enumerate(text.splitlines(), 1) for word in row.split()]
        self.at = 0

    def next(self, low: int = 0) -> int:
        """The next integer, at least `low`."""
        if self.at == len(self.words):
            raise InputError("expected another integer, found the end of the file", file=self.file)
        self.at += 1
        return integer(self.words[self.at - 1][0], "a number", self.file, self.words[self.at - 1][1], low)

    def end(self) -> None:
        """Raise `InputError` unless all integers were taken."""
        if self.at < len(self.words):
            word, line = self.words[self.at]
            raise InputError(f"expected the end of the file after the last job, found {word!r}", file=self.file, line=line)
