from eda.proof.verdict import Counterexample, Verdict

FOUND = Counterexample({"a": -3, "b": 5}, {"p": 14}, {"p": -15})


def test_a_verdict_is_one_line():
    proven = Verdict("proven", "structure", 8, 8, detail="equal graphs", seconds=0.25)
    different = Verdict("different", "simulation", 8, counterexample=FOUND, seconds=0.1)
    unknown = Verdict("unknown", "SAT", 32, 12, vectors=16384, detail="time limit", seconds=60)
    assert str(proven) == "proven by structure (equal graphs), 0.25 s"
    assert str(different) == "different: a = -3, b = 5: p = 14 against -15 by simulation, 0.10 s"
    assert str(unknown) == ("unknown: 12 of 32 outputs proven, 16384 vectors without a difference by SAT (time limit), 60.00 s")


def test_the_latency_is_part_of_the_verdict():
    assert "latency 3 against 0" in str(Verdict("proven", "SAT", 8, 8, latency=(3, 0)))


def test_a_verdict_as_data():
    data = Verdict("different", "simulation", 8, counterexample=FOUND, latency=(1, 0)).to_dict()
    assert data["counterexample"] == {"inputs": {"a": -3, "b": 5}, "left": {"p": 14}, "right": {"p": -15}}
    assert data["latency"] == [1, 0]
    assert Verdict("proven", "structure", 8, 8).to_dict()["counterexample"] is None
