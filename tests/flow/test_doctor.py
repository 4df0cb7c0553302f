"""The doctor: what is there is found, what is missing has a price and a remedy."""

from dataclasses import replace

import pytest

from eda.flow import doctor
from eda.flow.doctor import examine
from eda.tech.tools import TOOLS, on_path


@pytest.fixture(scope="module")
def findings():
    return {f.name: f for f in examine()}


def test_the_python_packages_and_programs_of_this_environment_are_found(findings):
    assert findings["Python"].found
    assert findings["pyosys"].found
    assert "libyosys" in findings["Yosys"].detail
    assert findings["ABC"].detail.endswith("yosys-abc")


def test_everything_that_can_be_missing_has_a_price_and_a_remedy(findings):
    assert all(f.cost and f.hint for f in findings.values() if f.name != "Python")


def test_only_what_nothing_replaces_is_needed(findings):
    needed = {f.name for f in findings.values() if f.needed}
    assert {"Yosys", "ABC", "kit nangate45", "numpy"} <= needed
    assert not {"OpenSTA", "Icarus Verilog", "C compiler", "OpenROAD", "torch", "kit asap7"} & needed


def test_remedies_pin_the_versions_that_the_package_asks_for(findings):
    assert findings["numpy"].hint == f"pip install numpy=={findings['numpy'].detail}"


def test_a_missing_program_is_told_with_the_places_searched(monkeypatch):
    gone = replace(TOOLS[0], places=(on_path("no-such-program-here"),))
    monkeypatch.setattr(doctor, "TOOLS", (gone,))
    (found,) = [f for f in examine() if f.name == "Yosys"]
    assert not found.found
    assert found.needed
    assert found.detail == "no-such-program-here on PATH: not there"
    assert found.hint == "pip install pyosys==0.70"


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "_PACKAGES", {"no-such-package-here": "nothing"})
    (found,) = [f for f in examine() if f.name == "no-such-package-here"]
    assert (found.found, found.hint) == (False, "pip install no-such-package-here")


def test_a_missing_kit_is_told_with_the_way_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("EDA_PDK_PATH", str(tmp_path))
    (found,) = [f for f in examine() if f.name == "kit sky130hd"]
    assert not found.found
    assert str(tmp_path / "sky130hd") in found.detail
    assert found.hint
