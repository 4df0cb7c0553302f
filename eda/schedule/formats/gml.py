"""Graphs of the ICML 2024 scheduler in GML: operations of latency 0 with loads, to be spread over a number of stages.

``node [ id, parameter ]``: the parameter is the load. ``edge [ source, target, parameter ]``: the target is in the same stage
as the source or a later one; an edge with a positive parameter costs the stage boundaries it crosses. The objective is
alpha times the largest load of a stage plus these crossings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from eda.ir.files import read_text
from eda.schedule.formats.draft import Draft
from eda.schedule.problem import Problem

_TOKEN = re.compile(r"#[^\n]*|\"[^\"]*\"|[\[\]]|[^\s\[\]\"]+|\"")

Facts = dict[str, str]


def read_gml(path: str | Path, stages: int = 10) -> Problem:
    """Read a graph to be cut into `stages`; raises `InputError` naming the file and line."""
    return parse_gml(read_text(path), stages, name=Path(path).name.removesuffix(".gz").removesuffix(".gml"), file=path)


def parse_gml(text: str, stages: int = 10, *, name: str = "dataflow", file: object = None) -> Problem:
    """The problem in a GML text; `file` is named in errors."""
    draft = Draft(file, name)
    blocks = list(_blocks(draft, text))
    for kind, facts, line in blocks:
        if kind == "node":
            _node(draft, facts, line)
    weights = np.array([_edge(draft, facts, line) for kind, facts, line in blocks if kind == "edge"])
    return Problem(draft.flow(), objective="joint", stages=stages, edge_weight=weights)


def _blocks(draft: Draft, text: str) -> Iterator[tuple[str, Facts, int]]:
    """Kind, facts and line of each ``node [...]`` and ``edge [...]``; other blocks are passed over."""
    opened: list[tuple[str, Facts, int]] = []
    key = None
    for token, line in _tokens(text):
        if token == "]":
            if not opened or key is not None:
                raise draft.error(f"expected {'a value of ' + key if key else 'a key'}, found ']'", line)
            if opened[-1][0] in ("node", "edge"):
                yield opened[-1]
            opened.pop()
        elif token == "[":
            if key is None:
                raise draft.error("expected a key before '['", line)
            opened.append((key, {}, line))
            key = None
        elif key is None:
            key = token
        else:
            if opened:
                opened[-1][1][key] = token.strip('"')
            key = None
    if opened:
        raise draft.error(f"the '{opened[-1][0]} [' of this line is never closed", opened[-1][2])


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    at, line = 0, 1
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if not match.group().startswith("#"):
            yield match.group(), line


def _node(draft: Draft, facts: Facts, line: int) -> None:
    if "id" not in facts:
        raise draft.error("a node has no id", line)
    load = draft.number(facts.get("parameter", "0"), f"parameter of node {facts['id']}", line=line)
    draft.demanding(facts["id"], "load" if load else "none", 0, [("load", load, 1)], line=line)


def _edge(draft: Draft, facts: Facts, line: int) -> float:
    """Add an edge; returns what a crossing costs."""
    for end in ("source", "target"):
        if end not in facts:
            raise draft.error(f"an edge has no {end}", line)
    what = f"parameter of edge {facts['source']} -> {facts['target']}"
    parameter = draft.number(facts.get("parameter", "0"), what, -(2**31), line)
    draft.data_edge(facts["source"], facts["target"], line=line)
    return 1.0 if parameter > 0 else 0.0
