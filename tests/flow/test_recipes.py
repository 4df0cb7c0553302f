"""Recipes: every shipped one loads, and every mistake in one is named with the nearest right word."""

import subprocess
import sys

import pytest

from eda.errors import InputError, UsageError
from eda.flow.recipes import load_recipe, recipe_names


def test_every_shipped_recipe_loads_and_says_what_it_is():
    assert {"area", "speed", "yosys-default", "abc-default"} <= set(recipe_names())
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.summary
        assert recipe.target_ps > 0
        assert recipe.label == name


def test_changes_replace_keys_and_show_in_the_label():
    recipe = load_recipe("speed", target_ps=800, multiplier="booth", final_adder=None)
    assert "map -B 0.9 -D 800\n" in recipe.abc_script
    assert recipe.label == "speed 800ps booth"


def test_large_targets_are_written_as_abc_reads_them():
    assert "-D 1000000\n" in load_recipe("speed", target_ps=1e6).abc_script


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("sped", {}, r"no recipe 'sped' \(did you mean 'speed'\?\)"),
        ("speed", {"target": 3}, r"unknown key 'target' .*did you mean 'target_ps'"),
        ("speed", {"target_ps": -3}, r"target_ps: expected a positive number of ps, found -3"),
        ("speed", {"target_ps": True}, r"expected a positive number"),
        ("speed", {"multiplier": "both"}, r"expected one of array, booth \(did you mean 'booth'\?\), found 'both'"),
        ("speed", {"abc": ["strash; shell"]}, r"expected a list of ABC commands, one each"),
        ("speed", {"variant": "x"}, r"unknown key 'variant'"),
    ],
)
def test_a_wrong_choice_is_named_with_the_nearest_right_one(name, changes, said):
    with pytest.raises(UsageError, match=said):
        load_recipe(name, **changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("summary = 'x'", "needs the key 'target_ps'"),
        ("target_ps = 1", "needs the key 'summary'"),
        ("summary = 'x'\ntarget_ps = 1\nfrnt = 'synth'", "unknown key 'frnt' of a recipe .did you mean 'front'"),
        ("summary = 'x'\ntarget_ps = 1\nabc = 'strash'", "expected a list of ABC commands"),
        ("summary = 3\ntarget_ps = 1", "summary: expected text, found 3"),
        ("summary = 'x'\ntarget_ps = 1\nconstrained = 1", "expected true or false"),
        ("summary = ", "is not TOML"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_the_file(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"mine\.toml: .*{said}"):
        load_recipe(str(path))


def test_a_file_of_ones_own_is_a_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("summary = 'mine'\ntarget_ps = 5\nabc = ['strash', 'map -D {target}']\n")
    recipe = load_recipe(str(path))
    assert (recipe.name, recipe.abc_script) == ("mine", "strash\nmap -D 5\n")
    assert recipe.label == "mine"


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml: cannot be read"):
        load_recipe(str(tmp_path / "absent.toml"))


def test_recipes_are_found_from_any_folder(tmp_path):
    code = "from eda.flow.recipes import recipe_names; print(*recipe_names())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "speed" in done.stdout.split()
