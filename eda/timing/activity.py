"""How often nets change and which values they hold: the input of power analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.netlist import Netlist
from eda.ir.simulate import Trace, random_streams, simulate_cycles
from eda.ir.vectors import ONES, WORD, Words

FloatArray = npt.NDArray[np.float64]

CYCLES, TOGGLE, SEED = 4096, 0.2, 1
_WARM_UP = 16  # cycles in which registers leave their initial state, not counted


@dataclass(frozen=True, eq=False)
class Activity:
    """Behaviour of the N nets of a netlist.

    values  uint64 [N, M]  samples of all nets at equal distances in time, one bit each; `mask` [M] says which bits count
    toggles float [N]      transitions per period
    source  how it was obtained, in words
    """

    values: Words
    mask: Words
    toggles: FloatArray
    source: str

    def share(self, words: Words) -> FloatArray:
        """Share of the samples that are 1 in ``words`` [..., M]."""
        ones = np.bitwise_count(words & self.mask).sum(axis=-1, dtype=np.int64)
        return ones / np.bitwise_count(self.mask).sum(dtype=np.int64)

    @property
    def probability(self) -> FloatArray:
        """float [N]: share of the time that each net is 1."""
        return self.share(self.values)


def simulated(
    netlist: Netlist,
    *,
    cycles: int = CYCLES,
    toggle: float = TOGGLE,
    seed: int = SEED,
    fixed: Mapping[str, int] | None = None,
    clocks: Sequence[str] | None = None,
) -> Activity:
    """Zero-delay simulation of random inputs, each of which changes in a cycle with the probability `toggle`.

    64 independent streams share the `cycles`. `fixed` holds ports at a value (a reset, a mode); `clocks` as in
    `eda.ir.simulate.simulate_cycles`. Registers start at 0 and run 16 cycles before anything is counted.
    Raises `UsageError` for an unknown port or a value that does not fit, and as `simulate_cycles`.
    """
    warm_up = _WARM_UP if len(netlist.state_cells) else 0
    length = warm_up + max(cycles // WORD, 1) + 1
    inputs = random_streams(netlist, length, seed=seed, toggle=toggle)
    for name, value in (fixed or {}).items():
        inputs[name] = _constant(netlist, name, value, length)
    trace = simulate_cycles(netlist, inputs, clocks=clocks)
    trace = Trace(trace.values[:, warm_up * trace.phases :], trace.phases)
    values = np.ascontiguousarray(trace.values).reshape(netlist.n_nets, -1)
    return Activity(values, np.full(values.shape[1], ONES), trace.toggles, "simulated, zero delay")


def _constant(netlist: Netlist, name: str, value: int, length: int) -> Words:
    port = netlist.port(name)
    if port.direction != "input" or not 0 <= value < 1 << port.width:
        raise UsageError(f"cannot hold the {port.direction} {name}, of {port.width} bits, at {value}")
    bits = np.array([value >> i & 1 for i in range(port.width)], dtype=bool)
    return np.broadcast_to(np.where(bits, ONES, np.uint64(0))[:, None], (length, port.width, 1))
