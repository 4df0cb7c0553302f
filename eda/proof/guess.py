"""What two netlists might compute, guessed from their ports and tried on vectors: a bridge between different architectures."""

from __future__ import annotations

from collections.abc import Iterator

from eda.errors import ProofError
from eda.ir.netlist import Netlist
from eda.ir.spec import ArithmeticSpec, Operand
from eda.proof.certificate import certificate
from eda.proof.pair import Pair
from eda.proof.refute import refute
from eda.proof.verdict import Verdict
from eda.proof.verify import verify


def by_common_spec(pair: Pair, seed: int) -> Verdict | None:
    """Proven if both sides have a certificate for one specification."""
    for spec in candidates(pair.left):
        if refute(Pair(pair.left, spec), seed) is None:
            try:
                for side in (pair.left, pair.right):
                    verify(certificate(side, spec), side, spec)
            except ProofError:
                return None
            return pair.proven("certificates of both sides", spec.text)
    return None


def candidates(netlist: Netlist) -> Iterator[ArithmeticSpec]:
    """Sums, products, products with an addend, squares and dot products of all inputs, unsigned and signed."""
    if len(netlist.outputs) != 1 or not netlist.inputs:
        return
    output = netlist.outputs[0]
    names = [p.name for p in netlist.inputs]
    forms: list[tuple[tuple[str, ...], ...]] = [tuple((n,) for n in names)]
    if len(names) == 1:
        forms = [((names[0], names[0]),)]
    if len(names) == 3:
        forms.append(((names[0], names[1]), (names[2],)))
    if len(names) % 2 == 0:
        forms.append(tuple((names[i], names[i + 1]) for i in range(0, len(names), 2)))
    for terms in forms:
        for signed in (False, True):
            yield ArithmeticSpec(
                tuple(Operand(p.name, p.width, signed) for p in netlist.inputs), terms, output.name, output.width
            )
