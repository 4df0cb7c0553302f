"""``eda schedule``: what it writes is legal, says what it is worth, and refuses what makes no sense."""

import json
import re
import signal
import subprocess
import sys

import pytest

from eda.cli import main

FIR = {
    "delay": {"mul": 3, "add": 1},
    "resource": {"mul": 1, "add": 1},
    "nodes": [["a", "mul"], ["b", "mul"], ["c", "mul"], ["s", "add"], ["t", "add"]],
    "edges": [["a", "s", "lhs"], ["b", "s", "rhs"], ["s", "t", "lhs"], ["c", "t", "rhs"]],
}
LOOP = FIR | {"edges": [*FIR["edges"], ["t", "a", "lhs", {"distance": 1}]]}


@pytest.fixture
def fir(tmp_path):
    path = tmp_path / "fir.json"
    path.write_text(json.dumps(FIR))
    return path


@pytest.fixture
def loop(tmp_path):
    path = tmp_path / "loop.json"
    path.write_text(json.dumps(LOOP))
    return path


def run(capsys, *arguments):
    """Exit code and the JSON object of the verb."""
    code = main(["schedule", *map(str, arguments), "--json", "--time-limit", "5"])
    return code, json.loads(capsys.readouterr().out)


def test_the_least_latency_is_found_written_and_proven(fir, tmp_path, capsys):
    out = tmp_path / "new" / "s.json"
    code, told = run(capsys, fir, "-o", out)
    assert code == 0
    assert told == json.loads(out.read_text())
    assert (told["objective"], told["lower_bound"], told["optimal"], told["ii"]) == (10, 10, True, None)
    assert set(told["start"]) == {"a", "b", "c", "s", "t"}
    assert told["metrics"]["latency"] == 10


def test_people_read_what_the_schedule_is_worth(fir, capsys):
    assert main(["schedule", str(fir)]) == 0
    said = capsys.readouterr().out
    assert "latency 10, proven optimal: " in said
    assert re.search(r"units of mul +1", said)


def test_units_may_be_changed(fir, capsys):
    assert run(capsys, fir, "--resource", "mul=3")[1]["objective"] == 5
    assert run(capsys, fir, "--resource", "mul=2")[1]["objective"] == 7


@pytest.mark.parametrize("objective", ["area", "communication", "joint", "registers", "memory"])
def test_every_objective_is_optimal_on_five_operations(fir, capsys, objective):
    code, told = run(capsys, fir, "--latency", 12, "--objective", objective)
    assert code == 0
    assert told["metrics"]["latency"] <= 12
    assert told["optimal"]


def test_areas_and_alpha_weigh(fir, capsys):
    options = ("--latency", 12, "--resource", "mul=3", "--area", "mul=8.5")
    assert run(capsys, fir, *options, "--objective", "area")[1]["objective"] == 9.5
    told = run(capsys, fir, *options, "--alpha", 2)[1]
    assert told["objective"] == 2 * told["metrics"]["resource_sum"] + told["metrics"]["communication"]
    assert run(capsys, fir, "--latency", 12, "--alpha", "auto")[1]["optimal"]


def test_loops_are_pipelined_at_the_least_interval(loop, capsys):
    code, told = run(capsys, loop)
    assert code == 0
    assert (told["ii"], told["objective"], told["optimal"]) == (9, 9, True)  # three multiplications on one unit
    assert run(capsys, loop, "--resource", "mul=3", "--ii", "auto")[1]["ii"] == 5
    told = run(capsys, loop, "--ii", 12)[1]
    assert (told["ii"], told["objective"]) == (12, told["metrics"]["registers"])


def test_operations_are_fixed_and_held_together(fir, capsys):
    start = run(capsys, fir, "--at", "c=2", "--after", "t=s+4", "--within", "s=a+6")[1]["start"]
    assert start["c"] == 2
    assert start["t"] >= start["s"] + 4
    assert start["s"] <= start["a"] + 6


@pytest.mark.parametrize("method", ["list", "cpsat"])
def test_methods_alone_find_the_latency(fir, capsys, method):
    assert run(capsys, fir, "--method", method)[1]["objective"] == 10


@pytest.mark.parametrize("method", ["asap", "alap", "list", "sdc", "step", "gaus"])
def test_methods_alone_keep_the_windows(fir, capsys, method):
    code, told = run(capsys, fir, "--method", method, "--objective", "communication", "--latency", 9, "--resource", "mul=3")
    assert code == 0
    assert told["metrics"]["latency"] <= 9
    assert told["lower_bound"] <= told["objective"]


def test_what_cannot_be_is_explained_with_exit_code_1(fir, loop, capsys):
    code, told = run(capsys, fir, "--latency", 9)
    assert (code, told["exit_code"]) == (1, 1)
    assert "a, b, c must run in steps 0 to 6, which takes 2 of mul, there are 1" in told["error"]
    assert "it takes a latency of 10" in told["error"]
    code, told = run(capsys, loop, "--ii", 2, "--resource", "mul=3")
    assert code == 1
    assert re.search("the loop .*a.* needs more than 2 steps per iteration; it takes an interval of 5", told["error"])
    code, told = run(capsys, fir, "--resource", "mul=0")
    assert code == 1
    assert "a takes 1 of mul, there are 0" in told["error"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--objective", "latencies"], r"no objective 'latencies' \(did you mean 'latency'\?\)"),
        (["--method", "lists"], r"no method 'lists' \(did you mean 'list'\?\)"),
        (["--resource", "mull=2"], r"no resource 'mull' \(did you mean 'mul'\?\)"),
        (["--resource", "mul"], "--resource 'mul': expected TYPE=N"),
        (["--resource", "mul=-1"], "expected TYPE=N"),
        (["--area", "mul=wide"], "expected TYPE=AREA"),
        (["--at", "z=3"], "no operation 'z'"),
        (["--at", "a=x"], "expected OP=STEP"),
        (["--after", "a=b"], r"expected OP=FIRST\+K"),
        (["--ii", "0"], "--ii '0': expected a number of at least 1, or auto"),
        (["--ii", "auto", "--objective", "area"], "give the interval"),
        (["--latency", "0"], "latency must be at least 1"),
        (["--alpha", "much"], "--alpha 'much': expected a number"),
        (["--alpha", "2", "--objective", "area"], "objective joint"),
        (["--clock", "5"], "--clock needs delays"),
        (["--method", "gaus", "--ii", "auto"], "needs an interval"),
    ],
)
def test_options_without_sense_are_refused(fir, tmp_path, capsys, options, said):
    out = tmp_path / "s.json"
    code, told = run(capsys, fir, "-o", out, *options)
    assert code == 2
    assert re.search(said, told["error"]), told["error"]
    assert not out.exists()


def test_a_loop_without_distance_is_bad_input(tmp_path, capsys):
    path = tmp_path / "loop.json"
    path.write_text(json.dumps(FIR | {"edges": [["s", "t", "a"], ["t", "s", "a"]]}))
    code, told = run(capsys, path)
    assert code == 2
    assert "loop.json: dataflow loop: a loop of distance 0 takes time: " in told["error"]


def test_a_front_is_written_and_drawn(fir, tmp_path, capsys):
    pytest.importorskip("torch")
    out, picture = tmp_path / "front.json", tmp_path / "front.svg"
    options = ("--latency", 12, "--resource", "mul=3", "--front", 3, "-o", out, "--plot", picture)
    code, told = run(capsys, fir, *options)
    assert code == 0
    assert told == json.loads(out.read_text())
    assert len(told["alphas"]) == 3
    areas, wires = [p["area"] for p in told["front"]], [p["communication"] for p in told["front"]]
    assert areas == sorted(areas)
    assert wires == sorted(wires, reverse=True)
    assert set(told["front"][0]["start"]) == {"a", "b", "c", "s", "t"}
    assert "<svg" in picture.read_text()


def test_control_c_keeps_the_best_schedule(fir, tmp_path, capsys, monkeypatch):
    from eda.schedule import portfolio

    solve, out = portfolio.solve, tmp_path / "s.json"

    def interrupted(problem, method, *, progress, **options):
        signal.raise_signal(signal.SIGINT)
        assert progress("asked", 1.0, 0.0), "the search is told to stop"
        return solve(problem, method, **options)

    monkeypatch.setattr(portfolio, "solve", interrupted)
    assert main(["schedule", str(fir), "-o", str(out)]) == 130
    assert json.loads(out.read_text())["metrics"]["latency"] == 10
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_independent_checker_agrees(eda_data, tmp_path, capsys):
    checker, folder = eda_data.parent / "checks" / "schedule_check.py", eda_data / "schedule"
    if not (checker.is_file() and folder.is_dir()):
        pytest.skip("no independent checker, or no problems")
    cases = [
        ("heurigym/ewf.json", []),
        ("heurigym/cosine2.json", ["--latency", "24", "--objective", "memory"]),
        ("hatschet/MachSuite/kmp/graph1.200MHz.graphml", []),
        ("hatschet/origami/fir_GM.graphml", ["--ii", "8"]),
        ("icml24/rand_graph_sparse_1000_1.gml", ["--alpha", "1"]),
    ]
    for name, options in cases:
        out = tmp_path / "s.json"
        assert main(["schedule", str(folder / name), "-o", str(out), "--time-limit", "3", *options]) == 0, name
        done = subprocess.run(
            [sys.executable, checker, folder / name, out, "--claims"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (name, done.stdout[-600:])
    capsys.readouterr()
