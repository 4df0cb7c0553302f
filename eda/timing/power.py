"""Power of a mapped netlist from simulated or given activity, by the formulas of the Liberty power model.

Activity is never propagated by probabilities: in arithmetic logic that is wrong by a factor and reverses rankings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import Netlist
from eda.tech.library import Library
from eda.timing.activity import Activity, simulated
from eda.timing.constraints import Constraints
from eda.timing.internal_power import InstanceGroup, internal_energy, leakage_power
from eda.timing.sta import Timing, analyze

FloatArray = npt.NDArray[np.float64]

COMBINATIONAL_PERIOD_PS = 1000.0
_CHUNK = 2048  # instances whose samples are worked on at a time


@dataclass(frozen=True, eq=False)
class Power:
    """Power in mW, by part and by instance (float [C]).

    switching  charging of the nets that cells drive: 1/2 V^2 C per transition
    internal   inside the cells, with each transition of an output and of an input (clock pins included)
    leakage    by the states that the cells' conditions name
    period_ps  the length of one operation: the clock period; 1000 for combinational circuits where none is given
    activity   in words
    """

    cell_switching: FloatArray
    cell_internal: FloatArray
    cell_leakage: FloatArray
    period_ps: float
    activity: str
    engine: str

    @property
    def switching_mw(self) -> float:
        return float(self.cell_switching.sum())

    @property
    def internal_mw(self) -> float:
        return float(self.cell_internal.sum())

    @property
    def leakage_mw(self) -> float:
        return float(self.cell_leakage.sum())

    @property
    def total_mw(self) -> float:
        return self.switching_mw + self.internal_mw + self.leakage_mw

    @property
    def energy_pj(self) -> float:
        """Energy of one operation, leakage included (pJ)."""
        return self.total_mw * self.period_ps / 1000

    def __str__(self) -> str:
        parts = f"switching {self.switching_mw:.6g}, internal {self.internal_mw:.6g}, leakage {self.leakage_mw:.6g}"
        return (
            f"power {self.total_mw:.6g} mW ({parts}); {self.energy_pj:.6g} pJ per operation of {self.period_ps:g} ps; "
            f"activity: {self.activity}"
        )


def power(
    netlist: Netlist,
    library: Library,
    constraints: Constraints | None = None,
    *,
    activity: Activity | None = None,
    timing: Timing | None = None,
) -> Power:
    """Power of a netlist of library cells.

    Without `activity`, 4096 seeded cycles are simulated with zero delay, so glitches are not counted. `timing`, an
    analysis of the same netlist, saves another one. Time is counted in the period of the constraints; without one in
    1000 ps for a combinational circuit and in the smallest period for one with registers.
    Raises as `eda.timing.sta.analyze` and `eda.timing.activity.simulated`.
    """
    timing = timing or analyze(netlist, library, constraints)
    clock = timing.constraints.clock
    activity = activity or simulated(netlist, clocks=None if clock is None else [clock])
    period = timing.constraints.period_ps or (timing.period_ps if timing.clock.nets else COMBINATIONAL_PERIOD_PS)
    internal, leakage = np.zeros(netlist.n_cells), np.zeros(netlist.n_cells)
    for index in np.unique(timing.graph.cell).tolist():
        instances = np.flatnonzero(timing.graph.cell == index)
        for part in np.split(instances, range(_CHUNK, len(instances), _CHUNK)):
            group = InstanceGroup(library, library.cells[index], part, timing, activity)
            internal[part] = internal_energy(group) / period  # fJ / ps = mW
            leakage[part] = leakage_power(group) * 1e-6
    switching = _switching_energy(timing, activity) / period
    return Power(switching, internal, leakage, period, activity.source, timing.engine)


def _switching_energy(timing: Timing, activity: Activity) -> FloatArray:
    """float [C]: fJ per period."""
    netlist, voltage = timing.netlist, timing.library.voltage
    nets = slice(netlist.first_cell_net, None)
    energy = 0.5 * voltage**2 * timing.load[nets].max(axis=1) * activity.toggles[nets]
    return np.bincount(netlist.driver[nets], energy, minlength=netlist.n_cells).astype(np.float64)
