"""CIRCT's static scheduling problems (SSP dialect, ``.mlir``): read, and written back with the schedule in them.

Operators are fully pipelined. Files before May 2025 have the limit on the operator type and no resource block. SSA operands
carry data, and so do symbols with a distance, for some problem classes allow it there alone; symbols without one keep order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eda.errors import InputError, UsageError, suggest
from eda.ir.dataflow import Schedule
from eda.ir.files import read_text
from eda.schedule.formats.graph import Collector, Graph

_INSTANCE = re.compile(r'ssp\.instance\s*(?:@(\w+)|"([^"]+)")?\s*of\s*"(\w+)"(?:\s*(\[[^\]]*\]))?')
_LIBRARY = re.compile(r"(operator_type|resource_type)\s+@(\w+)\s*\[([^\]]*)\]")
_OPERATION = re.compile(
    r"(?:(%\w+)(?::\d+)?(?:\s*,\s*%\w+)*\s*=\s*)?\boperation\s*<\s*@(\w+)(?:::@(\w+))?\s*>\s*(?:@(\w+)\s*)?"
    r"\(((?:[^()\[\]]|\[[^\]]*\])*)\)(\s*uses\s*\[[^\]]*\])?(\s*\[[^\]]*\])?"
)
_OPERAND = re.compile(r"([%@])(\w+)(?:::@(\w+))?(?:#\d+)?\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class _Operation:
    """An operation in the text: its name, operator type, operands, and where it ends."""

    name: str
    kind: str
    operands: str
    uses: str
    end: int
    properties: tuple[int, int]
    line: int


def read_ssp(path: str | Path, instance: str | None = None) -> Graph:
    """Read one instance of a plain or gzipped file; `instance` may be left out if there is one.

    An operation is called by its symbol, else by its SSA name, else ``op#<number>``. Resources are those that operations use.
    The delays are in the unit of the file. Raises `InputError` at file and line for operator types, resources and values that
    are not defined, `UsageError` for an instance that is not there.
    """
    text = _uncommented(read_text(path))
    name, start, end, given = _instance(text, path, instance)
    types, resources = _library(text, start, end)
    graph = Collector(path, name or Path(path).name.partition(".")[0])
    operations, values = _operations(text, start, end)
    delays = []
    for op in operations:
        if op.kind not in types:
            message = f"operation {op.name}: there is no operator type @{op.kind}{suggest(op.kind, types)}"
            raise InputError(message, file=path, line=op.line)
        properties = types[op.kind]
        v = graph.operation(op.name, op.kind, int(_number(properties, "latency", 0)), line=op.line)
        delays.append((_number(properties, "incDelay", 0), _number(properties, "outDelay", 0)))
        _demands(graph, v, op, properties, resources)
    for op in operations:
        _edges(graph, op, values)
    ins, outs = np.array(delays, dtype=np.float64).reshape(-1, 2).T
    timed = any("Delay" in t for t in types.values())
    ii = re.search(r"II<\s*(\d+)", given)
    return Graph(graph.flow(), int(ii[1]) if ii else None, ins if timed else None, outs if timed else None)


def write_ssp(
    path: str | Path, schedule: Schedule, instance: str | None = None, arrival: npt.NDArray[np.float64] | None = None
) -> str:
    """The text of the file `path` with the start steps, the interval, and (`arrival` [V]) start times in the step filled in.

    Raises as `read_ssp`, and `UsageError` for a schedule of another number of operations.
    """
    original = read_text(path)
    text = _uncommented(original)
    _, start, end, _ = _instance(text, path, instance)
    operations, _ = _operations(text, start, end)
    if len(operations) != len(schedule.start):
        raise UsageError(f"a schedule of {len(schedule.start)} operations for the {len(operations)} of {path}")
    for v in range(len(operations) - 1, -1, -1):
        at, until = operations[v].properties
        offset = "" if arrival is None else f", z<{arrival[v]:f} : f32>"
        original = f"{original[:at]} [t<{schedule.start[v]}>{offset}]{original[until:]}"
    if schedule.ii is not None:
        m = next(m for m in _INSTANCE.finditer(text) if text.index("{", m.end()) == start)
        at, until = m.span(4) if m[4] else (m.end(), m.end())
        original = f"{original[:at]}{'' if m[4] else ' '}[II<{schedule.ii}>]{original[until:]}"
    return original


def _uncommented(text: str) -> str:
    """The text with blanks in place of comments, so that places stay the same."""
    return re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), text)


def _instance(text: str, path: object, wanted: str | None) -> tuple[str, int, int, str]:
    """Name, first and last place of the body, and properties of an instance."""
    found: dict[str, tuple[str, int, int, str]] = {}
    for m in _INSTANCE.finditer(text):
        start = text.find("{", m.end())
        name = m[1] or m[2] or ""
        found[name] = (name, start, _closing(text, start, path), m[4] or "")
    if not found:
        raise InputError("expected an ssp.instance, found none", file=path)
    if wanted is None and len(found) > 1:
        raise UsageError(f"{path} has several instances, name one of {', '.join(sorted(found))}")
    if wanted is not None and wanted not in found:
        raise UsageError(f"{path} has no instance {wanted!r}{suggest(wanted, found)}")
    return found[wanted] if wanted is not None else next(iter(found.values()))


def _closing(text: str, start: int, path: object) -> int:
    depth = 0
    for m in re.finditer(r"[{}]", text[max(start, 0) :]):
        depth += 1 if m[0] == "{" else -1
        if depth == 0:
            return start + m.end()
    raise InputError("expected '}' at the end of an instance", file=path, line=text.count("\n") + 1)


def _library(text: str, start: int, end: int) -> tuple[dict[str, str], dict[str, str]]:
    types: dict[str, str] = {}
    resources: dict[str, str] = {}
    for m in _LIBRARY.finditer(text, start, end):
        (types if m[1] == "operator_type" else resources)[m[2]] = m[3]
    return types, resources


def _operations(text: str, start: int, end: int) -> tuple[list[_Operation], dict[str, str]]:
    """Operations in order, and the operation behind each SSA name."""
    operations: list[_Operation] = []
    values: dict[str, str] = {}
    for m in _OPERATION.finditer(text, start, end):
        names = re.findall(r"%(\w+)", m[0].partition("=")[0]) if m[1] else []
        name = m[4] or (names[0] if names else f"op#{len(operations)}")
        values.update(dict.fromkeys(names, name))
        line = text.count("\n", 0, m.start()) + 1
        behind = m.end(6) if m[6] else m.end(5) + 1
        place = m.span(7) if m[7] else (behind, behind)
        operations.append(_Operation(name, m[3] or m[2], m[5], m[6] or "", m.end(), place, line))
    return operations, values


def _number(properties: str, key: str, default: float) -> float:
    m = re.search(rf"\b{key}<\s*([-+.\deE]+)", properties)
    return float(m[1]) if m else default


def _demands(graph: Collector, v: int, op: _Operation, properties: str, resources: Mapping[str, str]) -> None:
    used = re.findall(r"@(\w+)", op.uses)
    for name in used:
        if name not in resources:
            message = f"operation {op.name}: there is no resource type @{name}{suggest(name, resources)}"
            raise InputError(message, file=graph.file, line=op.line)
        graph.limits.setdefault(name, int(_number(resources[name], "limit", -1)))
        graph.demand(v, name)
    limit = int(_number(properties, "limit", 0))
    if limit and not used:
        graph.limits.setdefault(op.kind, limit)
        graph.demand(v, op.kind)


def _edges(graph: Collector, op: _Operation, values: Mapping[str, str]) -> None:
    operand = 0
    for sign, first, second, properties in _OPERAND.findall(op.operands):
        source = values.get(first) if sign == "%" else second or first
        if source is None:
            raise InputError(f"operation {op.name}: %{first} is not defined", file=graph.file, line=op.line)
        distance = int(_number(properties, "dist", 0))
        data = sign == "%" or distance > 0
        graph.edge(source, op.name, operand if data else -1, distance, line=op.line)
        operand += data
