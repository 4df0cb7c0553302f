"""The Yosys script: what each key of a recipe and each fact of a kit puts into it."""

import pytest

from eda.flow.recipes import load_recipe, recipe_names
from eda.flow.script import Kit, script

KIT = Kit(
    liberty=("lib_0.lib", "lib_1.lib"),
    driver="BUF_X1",
    load_ff=10.0,
    dont_use=("FILL*", "TAP"),
    tie_high="HI/Z",
    tie_low="LO/Z",
)


def lines(recipe, kit=KIT, reading=("read_verilog a.v",), finish=(), keep_cells=True):
    return script(recipe, kit, reading, finish, top="t", keep_cells=keep_cells).splitlines()


def test_an_area_recipe_has_no_abc_script_but_driver_load_and_target():
    assert lines(load_recipe("area")) == [
        "read_liberty -ignore_miss_func -overwrite -lib lib_0.lib",
        "read_liberty -ignore_miss_func -overwrite -lib lib_1.lib",
        "read_verilog a.v",
        "synth -flatten -top t",
        "chformal -remove",
        "delete t:$print t:$check t:$scopeinfo",
        "setundef -zero -undriven",
        "dfflibmap -liberty lib_0.lib -liberty lib_1.lib -dont_use FILL* -dont_use TAP",
        "opt",
        "abc -D 9999 -constr constraints.sdc -liberty lib_0.lib -liberty lib_1.lib -dont_use FILL* -dont_use TAP",
        "hilomap -singleton -hicell HI Z -locell LO Z",
        "splitnets",
        "opt_clean -purge",
        "check -assert -mapped",
        "write_verilog -noattr -noexpr -nohex -nodec -simple-lhs mapped.v",
    ]
    assert KIT.constraints == "set_driving_cell BUF_X1\nset_load 10 [all_outputs]\n"


def test_a_recipe_with_abc_commands_names_their_file():
    (abc,) = [line for line in lines(load_recipe("speed")) if line.startswith("abc ")]
    assert "-D 1 -constr" in abc
    assert abc.endswith("-script recipe.abc")


def test_yosys_default_gives_abc_nothing_but_the_library():
    (abc,) = [line for line in lines(load_recipe("yosys-default")) if line.startswith("abc ")]
    assert abc.startswith("abc -liberty")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"multiplier": "booth"}, "synth -flatten -top t -booth"),
        ({"final_adder": "sklansky"}, "synth -flatten -top t -extra-map +/choices/sklansky.v"),
        ({"front": "direct", "multiplier": "booth"}, "booth"),
        ({"front": "direct", "final_adder": "han-carlson"}, "techmap -map +/choices/han-carlson.v -map +/techmap.v"),
        ({"front": "gates"}, "techmap"),
    ],
)
def test_the_front_end_follows_the_recipe(changes, expected):
    assert expected in lines(load_recipe("area", **changes))


def test_cells_that_may_dissolve_are_read_with_their_functions():
    assert lines(load_recipe("area"), keep_cells=False)[0] == "read_liberty -ignore_miss_func lib_0.lib"


def test_a_kit_without_tie_cells_ties_nothing():
    kit = Kit(("l.lib",), "B", 1.0, (), "", "")
    assert not any(line.startswith("hilomap") for line in lines(load_recipe("area"), kit))


@pytest.mark.parametrize("name", recipe_names())
def test_the_elaborated_design_is_written_after_the_mapped_one(name):
    found = lines(load_recipe(name), finish=["aigmap", "write_verilog elaborated.v"])
    assert found.index("design -save elaborated") < next(k for k, line in enumerate(found) if line.startswith("dfflibmap"))
    assert found[-3:] == ["design -load elaborated", "aigmap", "write_verilog elaborated.v"]
