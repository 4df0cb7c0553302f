"""How the names of a netlist are spelled in a Verilog file, and the map back where a name had to change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eda.errors import UsageError
from eda.ir.netlist import FIRST_INPUT_NET, Netlist
from eda.verilog.lexer import KEYWORDS, is_automatic, is_simple

STYLES = ("escaped", "plain")

_BIT = re.compile(r"([^\[\]]+)\[(0|[1-9]\d{0,8})\]")
_NOT_ESCAPABLE = re.compile(r"[^!-~]")
_NOT_SIMPLE = re.compile(r"[^A-Za-z0-9_]+")
_SPARSEST = 2
"""Names ``a[i]`` become one vector if at most this many bits are declared per bit that exists."""


@dataclass
class Names:
    """Spellings, each with the blank that ends an escaped identifier.

    nets     of each net where it is used; automatic are the nets that have no name
    cells    of each cell; named says which have a name
    aliases  (spelling, net)
    ports    of each port
    scalars, vectors  what is to be declared besides ports: spellings, and (spelling, left, right)
    renamed  written name -> name in the netlist, wherever they differ
    """

    module: str = ""
    nets: list[str] = field(default_factory=list)
    automatic: list[int] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    named: list[bool] = field(default_factory=list)
    aliases: list[tuple[str, int]] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    scalars: list[str] = field(default_factory=list)
    vectors: list[tuple[str, int, int]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


def spell(netlist: Netlist, style: str = "escaped") -> Names:
    """Spellings of every name of `netlist`.

    `style` is "escaped" (names that are no simple identifiers are escaped, and come back from a reader as they were)
    or "plain" (they are changed, for readers that cannot take escaped names). Either way a name that cannot be written
    or is taken is changed, and `Names.renamed` says so.
    """
    if style not in STYLES:
        raise UsageError(f"the style of names must be one of {', '.join(STYLES)}, got {style!r}")
    return _Speller(netlist, style).spell()


class _Speller:
    def __init__(self, netlist: Netlist, style: str) -> None:
        self.netlist, self.plain = netlist, style == "plain"
        self.used: set[str] = set()
        self.out = Names()

    def spell(self) -> Names:
        out, netlist = self.out, self.netlist
        out.module = self._identifier(netlist.name)
        self.used.clear()  # modules have a name space of their own
        net_text: list[str | None] = ["1'b0", "1'b1", *[None] * (netlist.n_nets - FIRST_INPUT_NET)]
        bits = self._ports(net_text)
        wanted = [(name, net) for net, name in enumerate(netlist.net_names) if name is not None and net_text[net] is None]
        first_alias = len(wanted)
        wanted += [(name, net) for name, net in sorted(netlist.aliases.items()) if bits.get(name) != net]
        spelled = self._wires([name for name, _ in wanted])
        for (_, net), text in zip(wanted[:first_alias], spelled, strict=False):
            net_text[net] = text
        out.aliases = [(text, net) for (_, net), text in zip(wanted[first_alias:], spelled[first_alias:], strict=True)]
        cell_text = [None if name is None else self._identifier(name) for name in netlist.cell_names]
        out.automatic = [net for net, text in enumerate(net_text) if text is None]
        out.named = [text is not None for text in cell_text]
        out.nets = self._with_automatic(net_text, "n")
        out.cells = self._with_automatic(cell_text, "c")
        return out

    def _with_automatic(self, texts: Sequence[str | None], letter: str) -> list[str]:
        """Number what has no name; a number is passed over if a name of the netlist has that very form."""
        return [text if text is not None else self._automatic(k, len(texts), letter) for k, text in enumerate(texts)]

    def _automatic(self, number: int, step: int, letter: str) -> str:
        while (text := f"_{letter}{number}_") in self.used:
            number += step
        return text

    def _ports(self, net_text: list[str | None]) -> dict[str, int]:
        """Spell the ports; a net that bears the name of a bit of its port is that bit. Returns the net of each bit."""
        bits: dict[str, int] = {}
        for port in self.netlist.ports:
            text = self._identifier(port.name)
            self.out.ports.append(text)
            for bit, net in zip(port.bit_names, port.nets, strict=True):
                bits[bit] = net
                own = port.direction == "input" or self.netlist.net_names[net] == bit
                if own and net >= FIRST_INPUT_NET and net_text[net] is None:
                    net_text[net] = bit_text(text, bit, scalar=port.left is None)
        return bits

    # --- wires -------------------------------------------------------------------------------------------------------

    def _wires(self, names: Sequence[str]) -> list[str]:
        """Spell and declare wires of these names."""
        vectors = self._vectors(names)
        texts = []
        for name in names:
            m = _BIT.fullmatch(name) if name[-1:] == "]" else None
            if m is not None and m[1] in vectors:
                vector = vectors[m[1]]
                if m[2] in vector.left_over:
                    vector.left_over.remove(m[2])
                    texts.append(f"{vector.text}[{m[2]}]")
                    continue
            texts.append(self._identifier(name))
            self.out.scalars.append(texts[-1])
        return texts

    def _vectors(self, names: Iterable[str]) -> dict[str, _Bits]:
        """The vectors to declare, by base name: ``a[0]``, ``a[1]``, ... with few gaps, where nothing else is called ``a``."""
        found: dict[str, list[str]] = {}
        for name in names:
            if name[-1:] == "]" and (m := _BIT.fullmatch(name)) is not None:
                found.setdefault(m[1], []).append(m[2])
        taken = {port.name for port in self.netlist.ports}
        if found:
            taken.update(names)
            taken.update(name for name in self.netlist.cell_names if name is not None)
        vectors = {}
        for base, digits in found.items():
            indices = {int(d) for d in digits}
            low, high = min(indices), max(indices)
            if base not in taken and not is_automatic(base) and high - low + 1 <= _SPARSEST * len(indices):
                vectors[base] = _Bits(self._identifier(base), set(digits))
                self.out.vectors.append((vectors[base].text, high, low))
        return vectors

    # --- identifiers -------------------------------------------------------------------------------------------------

    def _identifier(self, name: str) -> str:
        """Spell `name`, under a name that is free."""
        simple = name.isascii() and name.isidentifier() and name not in KEYWORDS
        if simple and name not in self.used and name[0] != "_":
            self.used.add(name)
            return name
        written = self._free(self._allowed(name))
        self.used.add(written)
        if written != name:
            self.out.renamed[written] = name
        plain = is_simple(written) and written not in KEYWORDS and not is_automatic(written)
        return written if plain else f"\\{written} "

    def _allowed(self, name: str) -> str:
        if not self.plain:
            return _NOT_ESCAPABLE.sub("_", name) or "_"
        written = _NOT_SIMPLE.sub("_", name).strip("_") if not is_simple(name) else name
        changed = not is_simple(written) or written in KEYWORDS or is_automatic(written)
        return f"_{written}" if changed else written

    def _free(self, written: str) -> str:
        out, k = written, 0
        while out in self.used:
            k += 1
            out = f"{written}_{k}"
        return out


@dataclass
class _Bits:
    """A vector to declare and the indices that no name has taken yet."""

    text: str
    left_over: set[str]


def bit_text(port: str, bit: str, *, scalar: bool) -> str:
    """The spelling of a bit of a port, given the port's spelling and the bit's name."""
    return port if scalar else port + bit[bit.rindex("[") :]
