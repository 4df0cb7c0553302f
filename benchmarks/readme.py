"""Write the result table of the README from ``results/mult16.json``, between its two marker lines.

python benchmarks/readme.py            # rewrite
python benchmarks/readme.py --check    # fail if the README differs
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
RESULTS = Path(__file__).parent / "results" / "mult16.json"
BEGIN, END = "<!-- table: benchmarks/results/mult16.json -->", "<!-- end of table -->"


def table() -> str:
    record = json.loads(RESULTS.read_text())
    rows = sorted((r for r in record["rows"] if r["on_front"] or r["source"] == "yosys"), key=lambda r: r["delay_ps"])
    lines = ["| design | recipe | delay, ps | area, µm² | power, mW | on the front |", "|---|---|---:|---:|---:|:---:|"]
    for r in rows:
        numbers = f"{r['delay_ps']:,.0f} | {r['area_um2']:,.0f} | {r['power_mw']:.2f}"
        lines.append(f"| {r['name']} | {r['recipe']} | {numbers} | {'yes' if r['on_front'] else ''} |")
    return "\n".join(lines)


def rewritten(text: str) -> str:
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END, 1)[1]}"


def main() -> int:
    text = README.read_text()
    wanted = rewritten(text)
    if "--check" in sys.argv:
        return int(wanted != text)
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
