"""Behavioural Verilog as a scheduling problem, through `eda.verilog.behaviour`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from eda.errors import UnsupportedError
from eda.ir.files import read_text
from eda.schedule.formats.graph import Graph
from eda.verilog.behaviour import read_dataflow

_SIGNED = re.compile(r"//[^\n]*|/\*.*?\*/|(\$?\bsigned\b)", re.DOTALL)


def read_behaviour(path: str | Path, top: str | None = None, *, chained: bool = False) -> Graph:
    """The data flow of a module; constants have width 0, for they are wired where they are used and need no register.

    With `chained` all operations have latency 0, so that a clock alone says where registers stand; else those that compute
    have latency 1. Raises as `read_dataflow`, and `UnsupportedError` for signed arithmetic, of which a data flow knows nothing.
    """
    text = read_text(path)
    for m in _SIGNED.finditer(text):
        if m[1]:
            line = text.count("\n", 0, m.start(1)) + 1
            raise UnsupportedError("signed arithmetic in a data flow", file=path, line=line)
    flow = read_dataflow(path, top)
    width = np.where(np.array(flow.kinds) == "const", 0, flow.width)
    latency = np.zeros_like(flow.latency) if chained else flow.latency
    return Graph(replace(flow, width=width, latency=latency))
