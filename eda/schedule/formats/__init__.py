"""Scheduling problems from files: the format is told by the name, else by the first bytes."""

from __future__ import annotations

from pathlib import Path

from eda.errors import InputError
from eda.ir.files import read_bytes
from eda.schedule.formats.graph import Graph
from eda.schedule.problem import Problem

SUFFIXES = ("json", "graphml", "gml", "aig", "aag", "mlir", "rcp", "dot", "onnx", "v", "sv")
_SIGNS = {
    b"{": "json",
    b"<": "graphml",
    b"aig ": "aig",
    b"aag ": "aag",
    b"graph": "gml",
    b"digraph": "dot",
    b"ssp.instance": "mlir",
    b"module": "v",
}


def read_problem(
    path: str | Path, *, model: str | Path | None = None, stages: int | None = None, part: str | None = None
) -> Problem:
    """The problem of `read_graph` alone."""
    return read_graph(path, model=model, stages=stages, part=part)[0]


def read_graph(
    path: str | Path,
    *,
    model: str | Path | None = None,
    stages: int | None = None,
    part: str | None = None,
    chained: bool = False,
) -> tuple[Problem, Graph]:
    """Read a scheduling problem, plain or gzipped, with the objective that its format has by itself, and its delays.

    ``.json`` HeuriGym's form and the toolkit's; ``.graphml`` HatScheT's (with `model`, by default the XML beside it);
    ``.gml`` graphs of the ICML 2024 scheduler, to be cut into `stages` (10 unless given); ``.aig``, ``.aag`` and-inverter
    graphs; ``.mlir`` CIRCT's SSP (`part`: which instance); ``.rcp`` projects in Patterson's form; ``.dot``; ``.onnx``;
    ``.v``, ``.sv`` behavioural Verilog (`part`: which module; `chained`: a clock alone says where registers stand).
    Raises `InputError` naming the file and line.
    """
    path = Path(path)
    suffix = _format(path)
    found: Problem | Graph
    if suffix == "json":
        from eda.schedule.formats.heurigym import read_heurigym

        found = read_heurigym(path)
    elif suffix == "gml":
        from eda.schedule.formats.gml import read_gml

        found = read_gml(path, 10 if stages is None else stages)
    elif suffix in ("aig", "aag"):
        from eda.schedule.formats.aiger import read_aiger_flow

        found = read_aiger_flow(path)
    else:
        found = _graph(suffix, path, model, part, chained)
    if isinstance(found, Problem):
        return found, Graph(found.flow)
    loops = bool(found.flow.edge_distance.any())
    return Problem(found.flow, objective="ii" if loops or suffix == "graphml" else "latency"), found


def _graph(suffix: str, path: Path, model: str | Path | None, part: str | None, chained: bool) -> Graph:
    """The readers of data-flow graphs without an objective."""
    if suffix == "graphml":
        from eda.schedule.formats.hatschet import read_hatschet

        return read_hatschet(path, model)
    if suffix == "mlir":
        from eda.schedule.formats.ssp import read_ssp

        return read_ssp(path, part)
    if suffix == "rcp":
        from eda.schedule.formats.patterson import read_patterson

        return read_patterson(path)
    if suffix == "dot":
        from eda.schedule.formats.dot import read_dot

        return read_dot(path)
    if suffix == "onnx":
        from eda.schedule.formats.onnx import read_onnx

        return read_onnx(path)
    from eda.schedule.formats.rtl import read_behaviour

    return read_behaviour(path, part, chained=chained)


def _format(path: Path) -> str:
    suffix = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if suffix in SUFFIXES:
        return suffix
    start = read_bytes(path).lstrip()[:20]
    for sign, found in _SIGNS.items():
        if start.startswith(sign):
            return found
    raise InputError(f"expected a scheduling problem ({', '.join('.' + s for s in SUFFIXES)})", file=path)
