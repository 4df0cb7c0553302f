import pytest
from hypothesis import given
from strategies import netlists

from eda.errors import UsageError
from eda.ir.builder import Builder
from eda.ir.simulate import run
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.ports import match_ports, match_spec, with_ports


def adder(names=("a", "b", "s"), widths=(3, 2), order=(0, 1)):
    """``s = a + b``; `order` is that of the input ports."""
    b = Builder("adder")
    nets = {}
    for k in order:
        nets[k] = b.input(names[k], widths[k])
    x, y = (nets[k] + [0] * (4 - widths[k]) for k in (0, 1))
    carry, sums = 0, []
    for p, q in zip(x, y, strict=True):
        s, carry = b.full_adder(p, q, carry)
        sums.append(s)
    b.output(names[2], sums)
    return b.build()


def test_equal_ports_match_as_they_are():
    a, b = adder(), adder()
    assert match_ports(a, b) is b


def test_another_order_is_put_right():
    other = adder(order=(1, 0))
    matched = match_ports(adder(), other)
    assert [p.name for p in matched.ports] == ["a", "b", "s"]
    assert run(matched, {"a": [5], "b": [3]}) == run(other, {"a": [5], "b": [3]}) == {"s": [8]}


def test_a_map_renames():
    other = adder(("x", "y", "z"))
    matched = match_ports(adder(), other, {"a": "x", "b": "y", "s": "z"})
    assert run(matched, {"a": [7], "b": [2]}) == {"s": [9]}


def test_a_missing_port_is_named_with_its_neighbour_and_a_map_that_fits():
    message = r"a\[2:0\] of adder, an input of 3 bits, has no partner 'a' in adder.*port map that fits: a=aa, b=y, s=z"
    with pytest.raises(UsageError, match=message):
        match_ports(adder(), adder(("aa", "y", "z")))


def test_no_map_is_suggested_where_none_fits():
    with pytest.raises(UsageError) as caught:
        match_ports(adder(), adder(("x", "y", "z"), (4, 2)))
    assert "map" not in str(caught.value)


def test_other_widths_and_directions_are_refused():
    with pytest.raises(UsageError, match=r"b\[1:0\] of adder, an input of 2 bits, meets b\[2:0\] of adder, an input of 3 bits"):
        match_ports(adder(), adder(widths=(3, 3)))
    swapped = adder(("a", "s", "b"))
    with pytest.raises(UsageError, match=r"an input of 2 bits, meets .* an output of 4 bits"):
        match_ports(adder(), swapped)


def test_further_ports_of_either_side_are_refused():
    b = Builder("more")
    for name in "ab":
        b.input(name, 3 if name == "a" else 2)
    b.input("enable")
    b.output("s", [0] * 4)
    more = b.build()
    with pytest.raises(UsageError, match="more and adder differ in their ports: enable"):
        match_ports(adder(), more)
    with pytest.raises(UsageError, match="enable of more"):
        match_ports(more, adder())


def test_a_map_of_names_that_are_not_there_is_refused():
    with pytest.raises(UsageError, match="differ in their ports: q"):
        match_ports(adder(), adder(), {"q": "a"})


def test_a_specification_needs_exactly_its_ports():
    spec = ArithmeticSpec((Operand("a", 3), Operand("b", 2)), (("a",), ("b",)), "s", 4)
    match_spec(adder(), spec)
    with pytest.raises(UsageError, match="no port 's'"):
        match_spec(adder(("a", "b", "sum")), spec)
    with pytest.raises(UsageError, match="port b is an input of 3 bits, expected an input of 2 bits"):
        match_spec(adder(widths=(3, 3)), spec)
    with pytest.raises(UsageError, match="port b is not part of"):
        match_spec(adder(), ArithmeticSpec((Operand("a", 3),), (("a",),), "s", 4))


@given(netlists())
def test_ports_in_any_order_keep_the_circuit(netlist):
    turned = with_ports(netlist, list(reversed(netlist.ports)))
    assert match_ports(netlist, turned) == netlist
