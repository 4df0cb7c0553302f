"""The two commands of the README in a fresh clone with an empty home folder, and the time that `import eda` takes.

    python benchmarks/fresh_machine.py [--python /usr/bin/python3]

The environment holds PATH, the settings of pip, and EDA_DATA, if set; nothing else. Writes ``results/fresh_machine.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from common import cpu_seconds, print_table, write_results

ROOT = Path(__file__).parents[1]
KEPT = re.compile(r"PATH|PIP_\w+|EDA_DATA|SSL_\w+|REQUESTS_\w+|\w+_proxy", re.IGNORECASE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="python3", help="the interpreter that makes the environment")
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "eda", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        environment = {k: v for k, v in os.environ.items() if KEPT.fullmatch(k)} | {"HOME": str(home)}
        rows = [
            step(command, clone, environment)
            for command in (
                ["make", "demo", f"PYTHON={python}"],
                ["make", "demo", f"PYTHON={python}"],
                ["make", "test", f"PYTHON={python}"],
            )
        ]
        record = json.loads((clone / "demo" / "results.json").read_text())
        demo = {
            "points": len(record["points"]),
            "proven": sum(p["proof"]["status"] == "proven" for p in record["points"]),
            "architectures": len({p["name"] for p in record["points"] if p["source"] == "eda"}),
            "front": record["front"],
            "files": sorted(p.name for p in (clone / "demo").iterdir()),
        }
        imported = subprocess.run(
            [clone / ".venv/bin/python", "-X", "importtime", "-c", "import eda"],
            cwd=home,
            capture_output=True,
            text=True,
            check=True,
        )
        total = next(line for line in imported.stderr.splitlines() if line.endswith(" eda"))
        version = subprocess.run([clone / ".venv/bin/python", "--version"], capture_output=True, text=True, check=True)
    print_table(rows, ["command", "exit_code", "cpu_seconds", "wall_seconds", "last_line"])
    seconds = int(total.split("|")[1]) / 1e6
    print(f"import eda: {seconds} s")
    write_results("fresh_machine", rows, demo=demo, import_eda_seconds=seconds, interpreter=version.stdout.strip())


def step(command: list[str], clone: Path, environment: dict[str, str]) -> dict[str, object]:
    before, started = cpu_seconds(), time.monotonic()
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return {
        "command": " ".join(command[:2]),
        "exit_code": done.returncode,
        "cpu_seconds": round(cpu_seconds() - before, 1),
        "wall_seconds": round(time.monotonic() - started, 1),
        "last_line": lines[-1] if lines else "",
        "errors": done.stderr.splitlines()[-5:] if done.returncode else [],
    }


if __name__ == "__main__":
    main()
