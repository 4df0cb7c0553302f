"""A netlist as a circuit that can be changed in place, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eda.ir.netlist import Netlist
from eda.tech.library import FALL, RISE, IntArray, LibCell, Library
from eda.timing.bank import arc_rows
from eda.timing.batch import Sizing, sizing
from eda.timing.constraints import Constraints, per_bit
from eda.timing.driver import driver_arcs
from eda.timing.graph import Checks, is_check
from eda.timing.loads import pin_caps
from eda.timing.tables import kernel_tables
from eda.timing.variants import variants

if TYPE_CHECKING:
    from eda.sizing.arrays import Cells, Circuit, State

FloatArray = npt.NDArray[np.float64]
Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Model:
    """A netlist prepared for sizing; `circuit` and `state` change while it is sized."""

    source: Sizing
    cells: Cells
    circuit: Circuit
    state: State


def model_of(
    netlist: Netlist, library: Library, constraints: Constraints, usable: Callable[[LibCell], bool] | None = None
) -> Model:
    """Prepare a mapped netlist. Raises as `eda.timing.sta.analyze`."""
    groups = variants(library, usable)
    source = sizing(netlist, library, constraints, groups)
    cells, pattern = _cells(source, groups, usable)
    circuit = _circuit(source, pattern)
    return Model(source, cells, circuit, _state(circuit, library))


def _cells(
    source: Sizing, groups: tuple[tuple[int, ...], ...], usable: Callable[[LibCell], bool] | None
) -> tuple[Cells, IntArray]:
    """The library side, and the pattern of constants of each instance."""
    from eda.sizing.arrays import Cells

    library = source.library
    pattern = np.zeros(source.netlist.n_cells, dtype=np.int32)
    rows = [source.walk.graph.bank.first.astype(np.int64)]
    numbers: dict[object, int] = {}
    for c, key in source.walk.graph.patterns.items():
        if (key, int(source.choices.cells[c, 0])) not in numbers:
            numbers[key, int(source.choices.cells[c, 0])] = len(rows)
            rows.append(rows[0].copy())
        pattern[c] = numbers[key, int(source.choices.cells[c, 0])]
        count = int(source.choices.count[c])
        rows[pattern[c]][source.choices.cells[c, :count]] = source.rows[c, :count]
    choices, n_choices = _choices(groups)
    swap_start, swaps = _swaps(library)
    is_buffer = np.array([_is_buffer(c) for c in library.cells])
    allowed = np.array([not c.dont_use if usable is None else usable(c) for c in library.cells])
    first, tables = _checks(library)
    outputs = [load for cell in library.cells for load in cell.max_load]
    cap_start, cap = pin_caps(library)
    return Cells(
        area=np.array([c.area for c in library.cells]),
        cap_start=cap_start,
        cap=cap,
        out_start=_starts([len(c.max_load) for c in library.cells])[:-1],
        max_load=np.array(outputs),
        choices=choices,
        n_choices=n_choices,
        swap_start=swap_start,
        swaps=swaps,
        is_gate=np.array([c.type.is_combinational for c in library.cells]),
        buffers=np.flatnonzero(is_buffer & allowed),
        is_buffer=is_buffer,
        rows=np.stack(rows),
        check_first=first,
        checks=tables,
        arcs=arc_rows(source.bank),
        tables=kernel_tables(library.tables),
    ), pattern


def _choices(groups: Groups) -> tuple[IntArray, IntArray]:
    """``(cells int32 [library cells, K], count)``: what an instance of each library cell may become."""
    n = sum(map(len, groups))
    choices = np.full((n, max(map(len, groups))), -1, dtype=np.int32)
    count = np.zeros(n, dtype=np.int32)
    for group in groups:
        choices[list(group), : len(group)] = group
        count[list(group)] = len(group)
    return choices, count


def _swaps(library: Library) -> tuple[IntArray, IntArray]:
    """``(start int64 [cells+1], pairs int64 [.., 2])``: inputs of each cell that may be exchanged."""
    pairs = [[p for g in cell.type.symmetric_inputs for p in combinations(g, 2)] for cell in library.cells]
    return _starts([len(p) for p in pairs]), np.array([p for own in pairs for p in own], dtype=np.int64).reshape(-1, 2)


def _is_buffer(cell: LibCell) -> bool:
    kind = cell.type
    return kind.is_combinational and (len(kind.inputs), len(kind.outputs)) == (1, 1) and kind.tables == (0b10,)


def _checks(library: Library) -> tuple[IntArray, IntArray]:
    rows = np.flatnonzero(is_check(library.arcs))
    first = np.searchsorted(library.arcs.cell[rows], np.arange(len(library.cells)))
    return first.astype(np.int64), np.ascontiguousarray(library.arcs.delay[rows])


def _starts(counts: list[int]) -> IntArray:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _circuit(source: Sizing, pattern: IntArray) -> Circuit:
    from eda.sizing.arrays import Circuit

    netlist, walk = source.netlist, source.walk
    bits = len(netlist.output_nets)
    spare = _Spare.of(netlist)
    pins = np.concatenate((netlist.fanin, np.zeros(spare.pins, np.int32), netlist.output_nets.astype(np.int32)))
    owner = np.concatenate((netlist.pin_cell, np.full(spare.pins, -1, np.int32), -1 - np.arange(bits, dtype=np.int32)))
    in_use = np.concatenate((np.ones(len(netlist.fanin), bool), np.zeros(spare.pins, bool), np.ones(bits, bool)))
    head, following, preceding = _sinks(pins, in_use, netlist.n_nets + spare.cells)
    counts = _pin_pairs(netlist)
    return Circuit(
        used=np.array([netlist.n_cells, netlist.n_nets, len(netlist.fanin), int(counts.sum())], dtype=np.int64),
        order=_padded(walk.graph.order, spare.cells),
        first=np.array([netlist.first_cell_net], dtype=np.int64),
        driver=_padded(netlist.driver, spare.cells, -1),
        output_start=_padded(netlist.output_start, spare.cells),
        fanin_start=_padded(netlist.fanin_start, spare.cells),
        fanin=pins,
        owner=owner,
        head=head,
        following=following,
        preceding=preceding,
        lib=_padded(walk.graph.cell, spare.cells),
        pattern=_padded(pattern, spare.cells),
        alive=_padded(np.ones(netlist.n_cells, bool), spare.cells),
        fixed=_padded(_fixed(source), spare.cells),
        weight_start=_padded(_starts(counts.tolist()), spare.cells),
        port_load=per_bit(netlist.outputs, walk.constraints.load_ff),
        **_surroundings(source, spare),
        **_ends(source, len(pins) - bits),
    )


@dataclass(frozen=True)
class _Spare:
    """Room for cells that are added; each has one output."""

    cells: int
    pins: int

    @staticmethod
    def of(netlist: Netlist) -> _Spare:
        cells = 64 + netlist.n_cells
        return _Spare(cells, 4 * cells)


def _padded(array: npt.NDArray[np.generic], by: int, value: float = 0) -> npt.NDArray[np.generic]:
    """`array` longer by `by` along its first axis; writable."""
    return np.concatenate((array, np.full((by, *array.shape[1:]), value, dtype=array.dtype)))


def _sinks(pins: IntArray, in_use: npt.NDArray[np.bool_], nets: int) -> tuple[IntArray, IntArray, IntArray]:
    head = np.full(nets, -1, dtype=np.int32)
    following, preceding = np.full(len(pins), -1, dtype=np.int32), np.full(len(pins), -1, dtype=np.int32)
    for p in np.flatnonzero(in_use)[::-1]:
        net = pins[p]
        following[p] = head[net]
        if head[net] >= 0:
            preceding[head[net]] = p
        head[net] = p
    return head, following, preceding


def _pin_pairs(netlist: Netlist) -> IntArray:
    """Entries of `State.weight` of each cell."""
    sizes = np.array([4 * len(t.outputs) * (len(t.inputs) + len(t.outputs)) for t in netlist.types] or [0], dtype=np.int64)
    return sizes[netlist.cell_type]


def _fixed(source: Sizing) -> npt.NDArray[np.bool_]:
    """Cells of the clock's network, whose timing is ideal: nothing says how large they should be."""
    netlist, reach = source.netlist, source.walk.clock.reach
    return np.array([any(reach[n] for n in netlist.outputs_of(c)) for c in range(netlist.n_cells)], dtype=bool)


def _surroundings(source: Sizing, spare: _Spare) -> dict[str, npt.NDArray[np.generic]]:
    """What begins paths, and the wires."""
    netlist, walk, constraints = source.netlist, source.walk, source.walk.constraints
    bare = replace(walk, constraints=replace(constraints, driver=None))
    arrival, slew = bare.start(np.zeros((netlist.n_nets, 2)))
    later = [np.full_like(arrival, -np.inf)] * (walk.launches - 1)
    begin = np.stack([arrival, *later])
    clock = np.stack([walk.clock.launch(k) for k in range(walk.launches)])
    driven = np.zeros(netlist.n_nets, dtype=bool)
    rows: IntArray = np.zeros(0, np.int64)
    moves: IntArray = np.zeros(0, np.uint8)
    if constraints.driver is not None:
        driven[netlist.first_cell_net - netlist.n_input_bits : netlist.first_cell_net] = True
        rows, moves = driver_arcs(source.library, constraints.driver)
    wire = np.zeros(netlist.n_nets) if constraints.wire_cap_ff is None else np.asarray(constraints.wire_cap_ff, float)
    return {
        "begin": np.stack([_padded(b, spare.cells, -np.inf) for b in begin]),
        "begin_slew": _padded(slew, spare.cells),
        "driven": _padded(driven, spare.cells),
        "driver_rows": rows,
        "driver_moves": moves,
        "ideal": _padded(walk.clock.reach != 0, spare.cells),
        "clock": np.stack([_padded(c, spare.cells, -np.inf) for c in clock]),
        "wire_load": _padded(wire, spare.cells),
    }


def _ends(source: Sizing, first_port: int) -> dict[str, npt.NDArray[np.generic]]:
    """Every end that there can be: at each bit of an output port, and at each late check that the clock reaches."""
    netlist, walk = source.netlist, source.walk
    delays = per_bit(netlist.outputs, walk.constraints.output_delay_ps)
    edges, launches = (RISE, FALL), range(walk.launches)
    found = [
        (first_port + bit, edge, launch, 1.0 if launch == RISE else 0.5, -1, delay)
        for bit, delay in enumerate(delays)
        for edge in edges
        for launch in launches
    ]
    checks = walk.graph.checks.take(walk.graph.checks.late)
    found += [
        (int(checks.pin[k]), edge, launch, 1.0 if launch == capture else 0.5, rank, 0.0)
        for k, rank in enumerate(_ranks(source, checks))
        for edge in edges
        for capture in edges
        for launch in launches
        if checks.table[k, edge] >= 0 and _reached(source, checks, k) >> (2 * int(checks.edge[k]) + capture) & 1
    ]
    columns = list(zip(*found, strict=True)) if found else [()] * 6
    names = ("end_pin", "end_edge", "end_launch", "end_cycles", "end_rank", "end_margin")
    kinds = (np.int64, np.int64, np.int64, np.float64, np.int64, np.float64)
    return {name: np.array(column, dtype=kind) for name, column, kind in zip(names, columns, kinds, strict=True)}


def _reached(source: Sizing, checks: Checks, k: int) -> int:
    return int(source.walk.clock.reach[source.netlist.fanin[checks.clock_pin[k]]])


def _ranks(source: Sizing, checks: Checks) -> list[int]:
    """Place of each check among those of its cell, which cells of one group have alike."""
    first, _ = _checks(source.library)
    rows = np.flatnonzero(is_check(source.library.arcs))
    return (np.searchsorted(rows, checks.row) - first[source.library.arcs.cell[checks.row]]).tolist()


def _state(circuit: Circuit, library: Library) -> State:
    from eda.sizing.arrays import State

    nets, launches = len(circuit.driver), len(circuit.begin)
    most = max(len(c.type.inputs) + len(c.type.outputs) for c in library.cells)
    return State(
        load=np.zeros((nets, 2)),
        slew=np.zeros((nets, 2)),
        arrival=np.full((launches, nets, 2), -np.inf),
        required=np.full((launches, nets, 2), np.inf),
        weight=np.ones(int(circuit.used[3]) + 64 * (len(circuit.lib) - int(circuit.used[0]))),
        end_weight=np.ones(len(circuit.end_pin)),
        end_flow=np.zeros((len(circuit.fanin), 2)),
        flow=np.zeros((nets, 2)),
        load_price=np.zeros((nets, 2)),
        slew_price=np.zeros((nets, 2)),
        scratch=np.zeros((4 * most, 3)),
        out_slew=np.zeros((most, 2)),
        seen=np.zeros(len(circuit.lib), dtype=bool),
    )
