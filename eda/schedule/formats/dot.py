"""Data-flow graphs in Graphviz's language (``.dot``).

``a [op=mul, latency=2, width=16, resource=multiplier]; a -> b [distance=1, delay=0, operand=0, order=true];`` Without
attributes, an operation is of the kind of its ``label`` or else called ``op``, has latency 1, width 1, and holds a unit of the
resource called like its kind for one step (``occupancy=2`` for two, ``resource=none`` for none). ``limit_mul=2`` among the
attributes of the graph says that there are two units. ``node [...]`` and ``edge [...]`` set what follows; subgraphs only group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from eda.errors import InputError
from eda.ir.files import read_text
from eda.schedule.formats.graph import Collector, Graph, integer

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|#[^\n]*|/\*.*?\*/)|(?P<id>\"(?:[^\"\\]|\\.)*\"|[A-Za-z_\x80-\uffff$.][\w.$]*|-?[\d.]+)"
    r"|(?P<mark>->|--|[\[\]{}=;,:])",
    re.DOTALL,
)
Attributes = dict[str, str]


@dataclass(frozen=True)
class _Token:
    text: str
    line: int
    is_id: bool


def read_dot(path: str | Path) -> Graph:
    """Read a plain or gzipped file with one directed graph.

    Raises `InputError` at file and line for what is no directed graph, and for attributes that are no numbers.
    """
    parser = _Parser(list(_tokens(read_text(path), path)), path)
    name = parser.header()
    parser.statements()
    graph = Collector(path, name or Path(path).name.partition(".")[0])
    for key, value in parser.graph.items():
        if key.startswith("limit_"):
            graph.limits[key.removeprefix("limit_")] = integer(value, key, path)
    for node, (attributes, line) in parser.nodes.items():
        _operation(graph, node, attributes, line)
    incoming: dict[str, int] = {}
    for source, target, attributes, line in parser.edges:
        _edge(graph, source, target, attributes, line, incoming)
    return Graph(graph.flow())


def _operation(graph: Collector, name: str, attributes: Attributes, line: int) -> None:
    def number(key: str, default: str) -> int:
        return integer(attributes.get(key, default), key, graph.file, line)

    kind = attributes.get("op") or attributes.get("kind") or attributes.get("label") or "op"
    v = graph.operation(name, kind, number("latency", "1"), number("width", "1"), line)
    resource = attributes.get("resource", kind)
    if resource != "none":
        graph.demand(v, resource, number("amount", "1"), number("occupancy", "1"))


def _edge(graph: Collector, source: str, target: str, attributes: Attributes, line: int, incoming: dict[str, int]) -> None:
    operand = -1
    if attributes.get("order", "false") not in ("true", "1", "yes"):
        operand = integer(attributes.get("operand", str(incoming.get(target, 0))), "operand", graph.file, line)
        incoming[target] = max(incoming.get(target, 0), operand + 1)
    distance = integer(attributes.get("distance", "0"), "distance", graph.file, line)
    delay = integer(attributes.get("delay", "0"), "delay", graph.file, line, low=-(1 << 31))
    graph.edge(source, target, operand, distance, delay, line)


def _tokens(text: str, file: object) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        m = _TOKEN.match(text, at)
        if m is None:
            raise InputError(f"expected a name or a mark of the DOT language, found {text[at]!r}", file=file, line=line)
        if m["id"] is not None:
            word = m["id"]
            yield _Token(re.sub(r"\\(.)", r"\1", word[1:-1]) if word[0] == '"' else word, line, True)
        elif m["mark"]:
            yield _Token(m["mark"], line, False)
        line += m[0].count("\n")
        at = m.end()


class _Parser:
    """Statements of a graph: nodes and edges with their attributes, and those of the graph."""

    def __init__(self, tokens: list[_Token], file: object) -> None:
        self.tokens, self.file, self.at = tokens, file, 0
        self.nodes: dict[str, tuple[Attributes, int]] = {}
        self.edges: list[tuple[str, str, Attributes, int]] = []
        self.graph: Attributes = {}
        self.defaults: dict[str, Attributes] = {"node": {}, "edge": {}, "graph": self.graph}

    def header(self) -> str:
        """``strict digraph name {``; the name, or an empty string."""
        self._take("strict")
        if not self._take("digraph"):
            raise self._expected("'digraph'")
        name = "" if self._next_is("{") else self._id("the name of the graph")
        if not self._take("{"):
            raise self._expected("'{'")
        return name

    def statements(self) -> None:
        """Everything up to the end of the graph."""
        depth = 1
        while depth:
            if self._take("}"):
                depth -= 1
            elif self._take("subgraph"):
                if not self._next_is("{"):
                    self._id("the name of a subgraph")
            elif self._take("{"):
                depth += 1
            elif not self._take(";") and not self._take(","):
                self._statement()
        if self.at < len(self.tokens):
            raise self._expected("the end of the file")

    def _statement(self) -> None:
        line = self._line()
        first = self._id("a statement")
        if first in self.defaults and self._next_is("["):
            self.defaults[first].update(self._attributes())
        elif self._take("="):
            self.graph[first] = self._id("a value")
        else:
            self._chain(first, line)

    def _chain(self, first: str, line: int) -> None:
        path = [first]
        self._port()
        while self._take("->"):
            path.append(self._id("the target of an edge"))
            self._port()
        if self._next_is("--"):
            raise self._expected("'->' in a directed graph")
        attributes = self._attributes()
        for name in path:
            self.nodes.setdefault(name, (dict(self.defaults["node"]), line))
        if len(path) == 1:
            self.nodes[first][0].update(attributes)
        self.edges += [(a, b, {**self.defaults["edge"], **attributes}, line) for a, b in pairwise(path)]

    def _port(self) -> None:
        while self._take(":"):
            self._id("a port")

    def _attributes(self) -> Attributes:
        found: Attributes = {}
        while self._take("["):
            while not self._take("]"):
                name = self._id("an attribute or ']'")
                found[name] = self._id("a value") if self._take("=") else "true"
                if not self._take(","):
                    self._take(";")
        return found

    def _next_is(self, text: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].text == text

    def _take(self, text: str) -> bool:
        if self._next_is(text):
            self.at += 1
            return True
        return False

    def _id(self, what: str) -> str:
        if self.at == len(self.tokens) or not self.tokens[self.at].is_id:
            raise self._expected(what)
        self.at += 1
        return self.tokens[self.at - 1].text

    def _line(self) -> int:
        return self.tokens[min(self.at, len(self.tokens) - 1)].line if self.tokens else 1

    def _expected(self, what: str) -> InputError:
        found = repr(self.tokens[self.at].text) if self.at < len(self.tokens) else "the end of the file"
        return InputError(f"expected {what}, found {found}", file=self.file, line=self._line())
