import itertools
import random

import pytest

from eda.ir.simulate import run

EXHAUSTIVE_BITS = 12


@pytest.fixture
def wrong():
    """A function that returns the first input for which a netlist differs from a specification, or None.

    All inputs of up to 12 bits; of more, `count` seeded ones, corners among them.
    """

    def first_wrong(netlist, spec, count=400):
        words = _words(spec.operands, count)
        outputs = run(netlist, {o.name: [w[k] for w in words] for k, o in enumerate(spec.operands)})[spec.output]
        for word, got in zip(words, outputs, strict=True):
            bits = {o.name: x for o, x in zip(spec.operands, word, strict=True)}
            if got != spec.evaluate(bits):
                return {**bits, "got": got, "expected": spec.evaluate(bits)}
        return None

    return first_wrong


def _words(operands, count):
    if sum(o.width for o in operands) <= EXHAUSTIVE_BITS:
        return list(itertools.product(*(range(1 << o.width) for o in operands)))
    rng = random.Random(7)
    return [tuple(_word(rng, o.width) for o in operands) for _ in range(count)]


def _word(rng, width):
    ones, sign = (1 << width) - 1, 1 << width - 1
    return rng.choice([0, 1, ones, sign, sign - 1, *(rng.getrandbits(width) for _ in range(5))])
