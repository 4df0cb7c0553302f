"""What an optimization of a compressor tree may be told, and the two methods as presets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from eda.arith.domac.exact import Surroundings
from eda.errors import UsageError, suggest


@dataclass(frozen=True)
class Coefficient:
    """The weight of one term of the loss: `value` from step `begin` on, times `growth` for each step after that."""

    value: float
    growth: float = 1.0
    begin: int = 0

    def at(self, step: int) -> float:
        return 0.0 if step < self.begin else self.value * self.growth ** (step - self.begin)


@dataclass(frozen=True)
class Loss:
    """Coefficients of the terms of the loss.

    worst    smooth largest lateness, per ps
    total    sum of the positive latenesses, per ps
    area     expected area, relative: 1 makes the whole area of the start weigh as much as its delay
    match    ports that are not full (L_BM)
    decide   entries of wiring and implementations between 0 and 1 (L_D)
    """

    worst: Coefficient = Coefficient(1.0)
    total: Coefficient = Coefficient(0.0)
    area: Coefficient = Coefficient(1.0)
    match: Coefficient = Coefficient(10.0)
    decide: Coefficient = Coefficient(0.02, 1.03)


@dataclass(frozen=True)
class Options:
    """How to optimize. Raises `UsageError` for an unknown choice.

    start            tree to begin with: tdm (by library arcs), dadda or ufo
    wiring           softmax: each signal is spent once, ports are full by a penalty only; sinkhorn: both
    nets             what a port sees of a mixture of signals: mean, or risk: a smooth maximum weighted by the mixture
    implementations  cell: the library's adders; true: any composite that needs no complemented signal; free: any one, as if
                     the polarity that a pin wants were at hand
    swaps            exchange ports, and implementations, by exact timing after legalisation
    decision         L_D, what is undecided of an entry x: product ``(x (1 - x))**2`` as published, which holds a row of five
                     and more choices at equal shares, or gini ``x (1 - x)``, which does not
    bonus            logit in favour of the start's own wiring, which otherwise is random
    noise            standard deviation of the random logits
    temperature      of softmax and Sinkhorn, first and last, geometric between
    net_gamma_ps     least gamma of the risk-averse nets: what stays of other signals counts the less the larger it is
    gamma_ps         of smooth maxima, first and last, geometric between
    sinkhorn_steps   row and column normalisations per evaluation
    loss             coefficients
    weights          area weights of the batch: each is combined with each seed
    seeds, seed      how many random starts, and the number of the first
    steps, rate      of Adam
    cooling          last learning rate as a part of the first, geometric between
    where            arrivals and slews of dots, load of the final adder
    device, dtype    cpu or cuda; float32 or float64
    """

    start: str = "tdm"
    wiring: str = "sinkhorn"
    nets: str = "risk"
    implementations: str = "true"
    swaps: bool = True
    decision: str = "gini"
    bonus: float = 4.0
    noise: float = 0.5
    temperature: tuple[float, float] = (1.0, 0.03)
    gamma_ps: tuple[float, float] = (10.0, 0.5)
    net_gamma_ps: float = 6.0
    sinkhorn_steps: int = 2
    loss: Loss = field(default_factory=Loss)
    weights: tuple[float, ...] = (0.0,)
    seeds: int = 8
    seed: int = 1
    steps: int = 300
    rate: float = 0.05
    cooling: float = 0.1
    where: Surroundings = field(default_factory=Surroundings)
    device: str = "cpu"
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for what, name, known in (
            ("start", self.start, ("tdm", "dadda", "ufo")),
            ("wiring", self.wiring, ("sinkhorn", "softmax")),
            ("decision", self.decision, ("gini", "product")),
            ("implementations", self.implementations, ("cell", "true", "free")),
            ("net model", self.nets, ("risk", "mean")),
            ("device", self.device.split(":")[0], ("cpu", "cuda")),
            ("dtype", self.dtype, ("float32", "float64")),
        ):
            if name not in known:
                raise UsageError(f"no {what} {name!r}{suggest(name, known)}; expected {', '.join(known)}")
        if self.seeds < 1 or self.steps < 0 or not self.weights:
            raise UsageError("expected at least one seed and one weight, and steps that are not negative")

    @property
    def batch(self) -> int:
        return self.seeds * len(self.weights)


PUBLISHED = Options(
    start="dadda",
    wiring="softmax",
    nets="mean",
    decision="product",
    swaps=False,
    cooling=1.0,
    bonus=0.0,
    noise=1.0,
    temperature=(1.0, 1.0),
    gamma_ps=(10.0, 10.0),
    loss=Loss(
        worst=Coefficient(0.1),
        total=Coefficient(0.001),
        area=Coefficient(0.05, 1.005, 100),
        match=Coefficient(1.0, 1.02),
        decide=Coefficient(0.1, 1.05, 100),
    ),
)
"""DOMAC (arXiv 2503.23943) as published: row softmax, mean-field nets, L_BM and L_D, matching at the end. Coefficients are
those of an open re-implementation, per ps instead of per ns; which start and which schedule the authors used is unknown."""

METHODS = {"domac": PUBLISHED, "improved": Options()}
"""Presets by name."""


def method(name: str, **changes: Any) -> Options:
    """The preset `name` with some options changed; raises `UsageError` for an unknown name."""
    if name not in METHODS:
        raise UsageError(f"no method {name!r}{suggest(name, METHODS)}; expected {', '.join(METHODS)}")
    return replace(METHODS[name], **changes)
