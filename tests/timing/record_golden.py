"""Record what OpenSTA says of the netlists in ``golden/``: run it with the tests' folder on PYTHONPATH and ``sta`` on PATH."""

import json
from pathlib import Path

import numpy as np
from opensta_pins import reference

from eda.tech.liberty import read_liberty
from eda.timing.constraints import Constraints
from eda.verilog.reader import read_verilog

HERE = Path(__file__).parent
LIBERTY = HERE.parent / "data" / "tiny.lib"
PERIOD_PS = 1500.0
CONSTRAINTS = {
    "driver": {"driver": "BUF_X1", "load_ff": 8.0},
    "slew": {"input_slew_ps": 70.0, "load_ff": 3.0, "input_delay_ps": 40.0, "output_delay_ps": 25.0},
}


def main() -> None:
    types = read_liberty(LIBERTY).types
    record: dict = {"period_ps": PERIOD_PS, "designs": {}}
    for path in sorted((HERE / "golden").glob("*.v")):
        netlist = read_verilog(path, types=types)
        clock = "clk" if any(p.name == "clk" for p in netlist.inputs) else None
        for name, options in CONSTRAINTS.items():
            found = reference(netlist, [LIBERTY], Constraints(**options), period_ps=PERIOD_PS, clock=clock)
            record["opensta"] = found.version
            record["designs"][f"{path.stem}/{name}"] = {
                "constraints": options,
                "arrivals": {pin: [[_number(x) for x in row] for row in v] for pin, v in found.arrivals.items()},
                "slews": {pin: [_number(x) for x in v] for pin, v in found.slews.items()},
                "late_slack": {pin: _number(x) for pin, x in found.late_slack.items()},
                "early_slack": {pin: _number(x) for pin, x in found.early_slack.items()},
            }
    (HERE / "golden" / "opensta.json").write_text(json.dumps(record, indent=1) + "\n")


def _number(x: float) -> float | None:
    """To 1e-5 ps; None where there is no path."""
    return round(float(x), 5) if np.isfinite(x) else None


if __name__ == "__main__":
    main()
