"""The arrays that the compiled loops of sizing share. Import this module only where it is used: it loads numba's callers.

Indices: c cell, n net, p input pin, k output of a cell, s pin of a cell (inputs, then outputs), e edge (0 rise, 1 fall);
a move from input edge i to output edge o is bit ``2*o + i``. Times in ps, loads in fF, areas in um2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from eda.timing.kernels import ArcRows, Tables

Array = np.ndarray[Any, Any]


class Cells(NamedTuple):
    """The library side.

    area       float [cells]
    cap_start  int64 [cells]      first row of each cell in `cap` float [pins, 2]
    out_start  int32 [cells]      first entry of each cell in `max_load` float [outputs]
    choices    int32 [cells, K]   what each cell may become, from small to large; `n_choices` of them
    swap_start int64 [cells+1]    rows of each cell in `swaps` int64 [.., 2], pairs of inputs that may be exchanged
    is_gate    bool [cells]       neither registers nor black boxes
    buffers    int64 [B]          cells that may be put in as buffers; is_buffer bool [cells]
    rows       int32 [patterns, cells]  first group of arcs of a cell whose inputs have that pattern of constants
    check_first int64 [cells]     first row of each cell in `checks` int32 [rows, 2], the tables of its checks
    """

    area: Array
    cap_start: Array
    cap: Array
    out_start: Array
    max_load: Array
    choices: Array
    n_choices: Array
    swap_start: Array
    swaps: Array
    is_gate: Array
    buffers: Array
    is_buffer: Array
    rows: Array
    check_first: Array
    checks: Array
    arcs: ArcRows
    tables: Tables


class Circuit(NamedTuple):
    """A netlist that can be changed in place. Arrays are longer than what is used, so that cells can be added.

    used          int64 [4]   cells, nets, pins, entries of `State.weight`
    order         int32 [N]   nets of cells, sources first; ``used[1] - first`` of them
    first         int64 [1]   the first net that a cell drives
    driver, output_start, fanin_start, fanin   as `eda.ir.netlist.Netlist` has them
    owner         int32 [P]   cell of each pin; ``-1 - bit`` for the bits of output ports, whose pins are the last in `fanin`
    head, following, preceding   the sinks of each net as a list of pins; -1: none
    lib, pattern, alive, fixed   library cell, constants at the inputs, and whether a cell exists, and must stay as it is
    wire_load     float [N]; port_load float [bits of output ports]
    begin         float [L, N, 2], begin_slew [N, 2]   where paths start, see `eda.timing.walk.Walk.start`
    driven        bool [N]    driven by `driver_rows`, whose moves are `driver_moves`
    ideal, clock  see `eda.timing.kernels.propagate`
    end_*         ends of paths: pin, edge, launch, cycles, rank of the check in its cell (-1: a port), margin of a port
    weight_start  int64 [C]   first of each cell's entries in `State.weight`
    """

    used: Array
    order: Array
    first: Array
    driver: Array
    output_start: Array
    fanin_start: Array
    fanin: Array
    owner: Array
    head: Array
    following: Array
    preceding: Array
    lib: Array
    pattern: Array
    alive: Array
    fixed: Array
    wire_load: Array
    port_load: Array
    begin: Array
    begin_slew: Array
    driven: Array
    driver_rows: Array
    driver_moves: Array
    ideal: Array
    clock: Array
    end_pin: Array
    end_edge: Array
    end_launch: Array
    end_cycles: Array
    end_rank: Array
    end_margin: Array
    weight_start: Array


class State(NamedTuple):
    """Timing of a `Circuit` and the prices of its delays.

    load, slew    float [N, 2]; arrival, required float [L, N, 2]
    weight        Lagrange multiplier (um2/ps) per cell, output k, pin s, move m: at ``start + (k*S + s)*4 + m``
    end_weight    multiplier of each end
    end_flow      float [P, 2]   sum of the multipliers of the ends at a pin
    flow          float [N, 2]   sum of the multipliers that leave a net
    scratch       float [4*S, 3], out_slew float [S, 2], seen bool [C]   room for the loops; S: most pins of a cell
    load_price    float [N, 2]   cost of one fF (um2/fF); slew_price: of one ps of slew (um2/ps)
    """

    load: Array
    slew: Array
    arrival: Array
    required: Array
    weight: Array
    end_weight: Array
    end_flow: Array
    flow: Array
    load_price: Array
    slew_price: Array
    scratch: Array
    out_slew: Array
    seen: Array
