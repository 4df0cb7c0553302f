import numpy as np
import pytest
from mapped_random import random_netlist

from eda.errors import InputError, UsageError
from eda.ir.builder import Builder
from eda.proof.check import check
from eda.sizing.registers import name_registers
from eda.sizing.size import size, size_front
from eda.timing.area import area
from eda.timing.constraints import Constraints
from eda.timing.sta import analyze

CONSTRAINTS = [
    Constraints(driver="BUF_X1", load_ff=5.0),
    Constraints(input_slew_ps=30.0, load_ff=2.0, output_delay_ps=15.0, input_delay_ps={"i0": 40.0}),
]


@pytest.mark.parametrize("constraints", CONSTRAINTS)
@pytest.mark.parametrize("registers", [False, True])
def test_figures_are_those_of_analyze_and_never_worse_than_the_input(doubled, constraints, registers):
    netlist = random_netlist(doubled, 120, seed=3, registers=registers)
    given = analyze(netlist, doubled, constraints).delay_ps
    targets = (given, 0.9 * given, 0.0, 2 * given)
    found = size_front(netlist, doubled, constraints, targets=targets)
    for sized, target in zip(found, targets, strict=True):
        timing = analyze(sized.netlist, doubled, constraints)
        assert timing.delay_ps == sized.delay_ps
        assert area(sized.netlist, doubled) == pytest.approx(sized.area)
        assert sized.met == (sized.delay_ps <= target) == (timing.delay_ps <= target)
    assert found[0].met
    assert found[0].area <= area(netlist, doubled) + 1e-9
    assert found[2].delay_ps <= min(f.delay_ps for f in found)
    assert found[3].area == min(f.area for f in found)


def test_the_wiring_is_kept_where_only_sizes_may_change(doubled):
    netlist = random_netlist(doubled, 150, seed=5, registers=False)
    sized = size(netlist, doubled, CONSTRAINTS[0], target_ps=0.0, pins=False, buffers=False, cells=False).netlist
    assert np.array_equal(sized.fanin, netlist.fanin)
    assert (sized.ports, sized.net_names, sized.cell_names) == (netlist.ports, netlist.net_names, netlist.cell_names)
    assert sized.count_by_type() != netlist.count_by_type()


@pytest.mark.parametrize("seed", range(3))
def test_the_function_is_kept(doubled, seed):
    netlist = name_registers(random_netlist(doubled, 100, seed=seed, registers=bool(seed % 2), inputs=5))
    given = analyze(netlist, doubled, CONSTRAINTS[0]).delay_ps
    for sized in size_front(netlist, doubled, CONSTRAINTS[0], targets=(0.0, given)):
        assert check(sized.netlist, netlist).status == "proven"
        assert [p.declaration for p in sized.netlist.ports] == [p.declaration for p in netlist.ports]


def test_a_heavy_net_gets_buffers_and_idle_ones_go(doubled):
    """One input drives forty gates, one of which is on the long path."""
    kinds = doubled.types
    inverter = next(k for k in kinds.values() if k.is_combinational and len(k.outputs) == 1 and k.tables == (0b01,))
    buffer = next(k for k in kinds.values() if k.is_combinational and len(k.outputs) == 1 and k.tables == (0b10,))
    b = Builder("heavy")
    (x,) = b.input("x")
    outs = [b.cell(inverter, [x])[0] for _ in range(40)]
    path = outs[0]
    for _ in range(10):
        (path,) = b.cell(inverter, [path])
    (idle,) = b.cell(buffer, [b.input("y")[0]])
    b.output("z", [path, *outs[1:], idle])
    netlist = b.build()
    constraints = Constraints(driver=inverter.name, load_ff=2.0)
    fast = size(netlist, doubled, constraints, target_ps=0.0, cells=False)
    plain = size(netlist, doubled, constraints, target_ps=0.0, buffers=False, cells=False)
    assert fast.delay_ps < plain.delay_ps
    slow = size(netlist, doubled, constraints, target_ps=1e6, cells=False)
    assert slow.netlist.n_cells == netlist.n_cells - 1
    assert check(fast.netlist, netlist).status == "proven"
    assert check(slow.netlist, netlist).status == "proven"


def test_equal_calls_give_equal_results(doubled):
    netlist = random_netlist(doubled, 80, seed=7)
    first, second = (size(netlist, doubled, CONSTRAINTS[0], target_ps=0.0) for _ in range(2))
    assert first.netlist == second.netlist


def test_a_front_falls_from_the_fastest_to_the_smallest(doubled):
    netlist = random_netlist(doubled, 120, seed=2, registers=False)
    front = size_front(netlist, doubled, CONSTRAINTS[0], points=5)
    assert all(s.met for s in front)
    assert [s.delay_ps for s in front] == sorted(s.delay_ps for s in front)
    assert [s.area for s in front] == sorted((s.area for s in front), reverse=True)
    assert front[0].area > front[-1].area


def test_unusable_cells_are_not_put_in(doubled):
    netlist = random_netlist(doubled, 60, seed=4, registers=False)
    own = set(netlist.count_by_type())
    sized = size(netlist, doubled, CONSTRAINTS[0], target_ps=0.0, usable=lambda cell: False)
    assert set(sized.netlist.count_by_type()) <= own


def test_bad_input_is_refused(doubled):
    netlist = random_netlist(doubled, 20, seed=4, registers=False)
    with pytest.raises(UsageError, match="must not be negative, got -3"):
        size(netlist, doubled, target_ps=-3.0)
    with pytest.raises(UsageError, match="at least 1 point"):
        size_front(netlist, doubled, points=0)
    b = Builder("generic")
    b.output("y", b.and_(*b.input("x", 2)))
    with pytest.raises(InputError, match="map the netlist to the library first"):
        size(b.build(), doubled, target_ps=1.0)
    b = Builder("loop")
    kind = next(c.type for c in doubled.cells if len(c.type.inputs) == 2 and len(c.type.outputs) == 1)
    forward = b.forward()
    (net,) = b.cell(kind, [b.input("x")[0], forward])
    b.connect(forward, net)
    b.output("y", net)
    with pytest.raises(InputError, match="combinational loop"):
        size(b.build(), doubled, target_ps=1.0)
