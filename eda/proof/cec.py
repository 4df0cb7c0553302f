"""Combinational equivalence by ABC's ``&cec`` and ``cec``: strong wherever the two sides share internal points.

The older ``cec`` proves multipliers before and after mapping that ``&cec`` gives up on (64x64: 5 to 10 s, not in 120).

ABC is believed only as far as it can be checked. It must first tell the left side from itself with an output inverted;
"equivalent" counts only as the whole answer of a run without complaint; a counterexample counts only if it
replays in our own simulation.
"""

from __future__ import annotations

import re
from dataclasses import replace
from time import monotonic

import numpy as np

from eda.errors import ToolError
from eda.ir.aiger import write_aiger
from eda.proof.pair import Pair
from eda.proof.refute import minimal
from eda.proof.verdict import Verdict
from eda.tech import tools

METHOD = "ABC &cec"
SWEEPING_METHOD = "ABC cec"

_ANSWER = re.compile(r"^Networks are (equivalent|NOT EQUIVALENT|UNDECIDED)", re.MULTILINE)
_PROVEN = ["NOT EQUIVALENT", "equivalent"]
_INPUT = re.compile(r"^INPUT: x(?:\[0\])? = (\d+)'h([0-9A-Fa-f]+)[.,]", re.MULTILINE)
_CONFLICTS = 100_000


def cec(pair: Pair, deadline: float) -> Verdict | None:
    """The answer of ``&cec`` before `deadline` (`time.monotonic`); None if ABC is absent, fails, or does not know."""
    limit = f"-C {_CONFLICTS} -T {_whole_seconds(deadline)}"
    output = _output(pair, deadline, f"&r a.aig; &cec {limit} wrong.aig; &r a.aig; &cec {limit} b.aig")
    return _judged(pair, output)


def sweeping_cec(pair: Pair, deadline: float) -> Verdict | None:
    """A proof by ``cec``, which merges equal internal points (FRAIG) before SAT; None if it finds none before `deadline`."""
    limit = f"-n -C {_CONFLICTS} -T {_whole_seconds(deadline)}"
    output = _output(pair, deadline, f"cec {limit} a.aig wrong.aig; cec {limit} a.aig b.aig")
    return pair.proven(SWEEPING_METHOD) if _ANSWER.findall(output) == _PROVEN else None


def _whole_seconds(deadline: float) -> int:
    return max(1, int(deadline - monotonic()))


def _output(pair: Pair, deadline: float, script: str) -> str:
    """What ABC says to `script`, on files a, b (the sides) and wrong (an output inverted); empty if it fails."""
    seconds = deadline - monotonic()
    if seconds <= 0 or not pair.outputs_total or not pair.left.n_input_bits:
        return ""
    left, right = pair.graphs
    inverted = replace(left, outputs=np.concatenate([left.outputs[:1] ^ 1, left.outputs[1:]]))
    with tools.scratch() as folder:
        for name, graph in (("a", left), ("b", right), ("wrong", inverted)):
            write_aiger(graph, folder / f"{name}.aig")
        try:
            return tools.run(tools.ABC, ["-q", script], cwd=folder, timeout=seconds).output
        except ToolError:
            return ""


def _judged(pair: Pair, output: str) -> Verdict | None:
    answers = _ANSWER.findall(output)
    if answers == _PROVEN:
        return pair.proven(METHOD)
    if answers == ["NOT EQUIVALENT", "NOT EQUIVALENT"]:
        return _replayed(pair, output[[m.start() for m in _ANSWER.finditer(output)][1] :])
    return None


def _replayed(pair: Pair, text: str) -> Verdict | None:
    """The counterexample in ABC's answer, made small, if it is one."""
    found = _INPUT.search(text)
    n = pair.left.n_input_bits
    if found is None or int(found.group(1)) != n:
        return None
    number = int(found.group(2), 16)
    inputs = np.array([number >> i & 1 for i in range(n)], dtype=bool)
    if pair.different(METHOD, pair.by_port(inputs)) is None:
        return None
    return pair.different(METHOD, pair.by_port(minimal(pair, inputs)))
