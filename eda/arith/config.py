"""What to generate: the options of an arithmetic circuit, and the specification that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from eda.arith.adders import check_adder
from eda.arith.booth import add_booth_product
from eda.arith.delays import XOR_UNITS, Delays
from eda.arith.partial_products import add_product
from eda.arith.trees import TREES
from eda.errors import UsageError, suggest
from eda.ir.netlist import vector
from eda.ir.spec import ArithmeticSpec, Operand
from eda.timing.constraints import per_bit

KINDS = ("multiplier", "mac", "squarer", "dot", "adder")
PARTIAL_PRODUCTS = {"and": add_product, "booth": add_booth_product}
OUTPUT = "p"


@dataclass(frozen=True)
class Config:
    """What to generate. Raises `UsageError` for an unknown or senseless option.

    kind         multiplier ``a*b``, mac ``a*b + c`` with an addend as wide as the product, squarer ``a*a``, dot
                 ``a0*b0 + a1*b1 + ...``, adder ``a + b``; the result has every bit that the exact value can need
    width        bits of a
    width_b      bits of b (None: as a); a squarer has none
    terms        products of a dot product (None: 4); other kinds have none
    signed       all operands in two's complement (then the result too)
    ppg          and: AND array (Baugh-Wooley where signed); booth: radix 4; multiplier, mac and dot only
    tree         one of `eda.arith.trees.TREES`; an adder has none
    adder        one of `eda.arith.adders.ADDERS`, or ``ladner-fischer-K``
    delays       what arrivals are reckoned with, for the trees ``tdm`` and ``ufo`` and the adder ``fitted``
    signed_b     is b (every b of a dot product) signed? None: as a; an addend and the result are signed if a or b is
    constant     a constant in place of the operand b of a multiplier or mac; where negative, the result is signed
    result_bits  only so many of the lowest bits of the result (None: all)
    drop_bits    the result without so many of its lowest bits; the others stay exact
    arrivals     when operands settle, in the unit of `delays`, by port (``a``) or bit (``a[3]``, which wins); else 0
    required     when results are due, in the same way; bits without an entry with the last that has one
    """

    kind: str
    width: int
    width_b: int | None = None
    terms: int | None = None
    signed: bool = False
    ppg: str = "and"
    tree: str = "dadda"
    adder: str = "sklansky"
    delays: Delays = XOR_UNITS
    signed_b: bool | None = None
    constant: int | None = None
    result_bits: int | None = None
    drop_bits: int = 0
    arrivals: Mapping[str, float] = field(default_factory=dict, hash=False)
    required: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for what, name, known in (
            ("arithmetic kind", self.kind, KINDS),
            ("partial products", self.ppg, PARTIAL_PRODUCTS),
            ("compressor tree", self.tree, TREES),
        ):
            if name not in known:
                raise UsageError(f"no {what} {name!r}{suggest(name, known)}; expected {', '.join(known)}")
        check_adder(self.adder)
        numbers = {"width": self.width, "width_b": self.width_b, "terms": self.terms, "result_bits": self.result_bits}
        for what, number in numbers.items():
            if number is not None and number < 1:
                raise UsageError(f"{what} must be at least 1, got {number}")
        self._check_sense()
        self._check_constant()
        self._check_bits()
        input_times(self)
        due_times(self)

    def _check_sense(self) -> None:
        """Refuse options that would change nothing."""
        if self.kind in ("squarer", "adder") and self.ppg != "and":
            raise UsageError(f"kind {self.kind} has no Booth partial products: leave ppg at 'and'")
        if self.kind == "adder" and self.tree != "dadda":
            raise UsageError("kind adder has no compressor tree: leave tree at 'dadda'")
        if self.kind == "squarer" and (self.width_b is not None or self.signed_b is not None):
            raise UsageError("kind squarer has one operand: leave width_b and signed_b out")
        if self.kind != "dot" and self.terms is not None:
            raise UsageError(f"kind {self.kind} has no terms: only a dot product does")

    def _check_constant(self) -> None:
        if self.constant is None:
            return
        if self.kind not in ("multiplier", "mac"):
            raise UsageError(f"kind {self.kind} has no constant operand: only a multiplier and a mac can")
        if self.constant == 0:
            raise UsageError("constant must not be 0: the product would be")
        if self.width_b is not None or self.signed_b is not None:
            raise UsageError("a constant takes the place of operand b: leave width_b and signed_b out")
        if self.ppg != "and":
            raise UsageError("a constant has no Booth partial products: leave ppg at 'and'")

    def _check_bits(self) -> None:
        full = _full_width(self)
        if self.result_bits is not None and self.result_bits > full:
            raise UsageError(f"the result has {full} bits, of which {self.result_bits} cannot be kept")
        if not 0 <= self.drop_bits < self.span:
            raise UsageError(f"drop_bits must be from 0 to {self.span - 1}, got {self.drop_bits}")

    @property
    def widths(self) -> tuple[int, int]:
        """Bits of a and of b."""
        return self.width, self.width if self.width_b is None else self.width_b

    @property
    def signs(self) -> tuple[bool, bool]:
        """Is a signed, is b?"""
        return self.signed, self.signed if self.signed_b is None else self.signed_b

    @property
    def n_terms(self) -> int:
        return 4 if self.terms is None else self.terms

    @property
    def span(self) -> int:
        """Columns of the bit heap: bits of the result before its lowest are dropped."""
        return self.result_bits or _full_width(self)

    @property
    def name(self) -> str:
        """A Verilog identifier that tells the options that matter, such as ``multiplier_16x16_and_dadda_sklansky``."""
        single = self.kind == "squarer" or self.constant is not None
        parts = [self.kind, f"{self.width}" if single else "x".join(map(str, self.widths))]
        parts += [f"x{self.n_terms}"] if self.kind == "dot" else []
        parts += [f"times_{'minus_' * (self.constant < 0)}{abs(self.constant)}"] if self.constant is not None else []
        parts += {(False, False): [], (True, True): ["signed"]}.get(self.signs, ["signed_a" if self.signed else "signed_b"])
        parts += [f"low{self.result_bits}"] if self.result_bits is not None else []
        parts += [f"drop{self.drop_bits}"] if self.drop_bits else []
        parts += [self.ppg] if self.kind not in ("squarer", "adder") and self.constant is None else []
        parts += [self.tree] if self.kind != "adder" else []
        return "_".join([*parts, self.adder]).replace("-", "_")


def specification(config: Config) -> ArithmeticSpec:
    """Operands, terms and kept bits of a configuration."""
    operands, terms = _sum_of_products(config)
    coefficients = () if config.constant is None else (config.constant,) + (1,) * (len(terms) - 1)
    return ArithmeticSpec(operands, terms, OUTPUT, config.span - config.drop_bits, coefficients, config.drop_bits)


def _sum_of_products(config: Config) -> tuple[tuple[Operand, ...], tuple[tuple[str, ...], ...]]:
    (n, m), (signed_a, signed_b) = config.widths, config.signs
    a, b = Operand("a", n, signed_a), Operand("b", m, signed_b)
    if config.kind == "squarer":
        return (a,), (("a", "a"),)
    if config.kind == "adder":
        return (a, b), (("a",), ("b",))
    if config.kind == "dot":
        pairs = [(Operand(f"a{t}", n, signed_a), Operand(f"b{t}", m, signed_b)) for t in range(config.n_terms)]
        return tuple(o for pair in pairs for o in pair), tuple((x.name, y.name) for x, y in pairs)
    factors = (a, b) if config.constant is None else (a,)
    product = tuple(o.name for o in factors)
    if config.kind == "multiplier":
        return factors, (product,)
    signed = any(o.signed for o in factors) or (config.constant or 0) < 0
    return (*factors, Operand("c", _product_width(config), signed)), (product, ("c",))


def _full_width(config: Config) -> int:
    """Bits that the exact result can need."""
    (n, m), signs = config.widths, config.signs
    if config.kind == "squarer":
        return 2 * n
    if config.kind == "adder":
        mixed = signs[0] != signs[1]
        return max(n + (mixed and not signs[0]), m + (mixed and not signs[1])) + 1
    more = {"mac": 1, "dot": (config.n_terms - 1).bit_length()}.get(config.kind, 0)
    return _product_width(config) + more


def _product_width(config: Config) -> int:
    if config.constant is None:
        return sum(config.widths)
    ends = [x * config.constant for x in Operand("a", config.width, config.signed).range]
    if min(ends) >= 0:
        return max(ends).bit_length()
    return 1 + max((x if x >= 0 else ~x).bit_length() for x in ends)


def input_times(config: Config) -> dict[str, tuple[float, ...]]:
    """When the bits of each operand settle; raises `UsageError`, with the nearest name, for an unknown port."""
    operands, _ = _sum_of_products(config)
    ports = tuple(vector(o.name, "input", range(o.width)) for o in operands)
    times = iter(per_bit(ports, config.arrivals).tolist())
    return {o.name: tuple(next(times) for _ in range(o.width)) for o in operands}


def due_times(config: Config) -> list[float] | None:
    """When the bit of each column is due, inf for those that are dropped; None without required times."""
    if not config.required:
        return None
    port = vector(OUTPUT, "output", range(config.span - config.drop_bits))
    per_bit((port,), config.required)
    last = max(config.required.values())
    kept = [config.required.get(bit, config.required.get(OUTPUT, last)) for bit in port.bit_names]
    return [inf] * config.drop_bits + kept
