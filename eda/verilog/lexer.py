"""Verilog source text: tokens on demand, positions, and errors that carry file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eda.errors import InputError, UnsupportedError

# Possessive quantifiers stand behind single characters only: Python 3.11.2 mistakes those behind groups.

# Blanks, comments, attributes, and the compiler directives that do not change what a netlist means.
BLANK = r"""(?:
    \s++ | //[^\n]*+ | /\*(?:[^*]++|\*(?!/))*\*/
  | \(\*(?!\s*\))(?:"(?:[^"\\]++|\\.)*"|[^"*]++|\*(?!\)))*\*\)
  | `(?:celldefine|endcelldefine|resetall|nounconnected_drive)\b | `(?:timescale|default_nettype|line)\b[^\n]*+
)*"""
_TOKEN = re.compile(
    BLANK
    + r"""(?:
    (?P<name>[A-Za-z_][\w$]*+|\\[!-~]++)
  | (?P<number>(?:\d[\d_]*+\s*+)?'\s*+[sS]?[bBoOdDhH]\s*+[\w?]++|\d[\w.]*+)
  | (?P<op>~&|~\||~\^|\^~|&&|\|\||===|!==|==|!=|<<<|>>>|<<|>>|<=|>=|\*\*|\+:|-:|[()\[\]{};:,.=&|^~?!+\-*/%<>\#@])
  | (?P<text>"(?:[^"\\\n]++|\\.)*") | (?P<directive>`\w++) | (?P<system>\$[\w$]++) | (?P<other>[^\s]) | (?P<end>\Z)
)""",
    re.ASCII | re.VERBOSE,
)
_NUMBER = re.compile(r"(\d[\d_]*)?\s*'\s*[sS]?([bBoOdDhH])\s*([\w?]+)", re.ASCII)
_BASE = {"b": 2, "o": 8, "d": 10, "h": 16}
_MOST_BITS = 1 << 24


@dataclass(frozen=True)
class Source:
    """Text and the name of the file it came from."""

    text: str
    file: object = None

    def line(self, at: int) -> int:
        """The line, from 1, of the character at offset `at`."""
        return self.text.count("\n", 0, at) + 1

    def error(self, at: int, message: str) -> InputError:
        return InputError(message, file=self.file, line=self.line(at))

    def unsupported(self, at: int, what: str) -> UnsupportedError:
        message = f"{what} is not structural Verilog; RTL goes through `eda synth`"
        return UnsupportedError(message, file=self.file, line=self.line(at))


class Cursor:
    """One token of lookahead over a source: `word` of `kind` at offset `at`.

    Identifiers keep their spelling, so an escaped one begins with a backslash and is never taken for a keyword.
    """

    __slots__ = ("_next", "at", "kind", "source", "word")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.jump(0)

    def jump(self, offset: int) -> None:
        """Make the token at or after `offset` the current one."""
        self._next = offset
        self.advance()

    def advance(self) -> None:
        m = _TOKEN.match(self.source.text, self._next)
        if m is None or m.lastgroup is None:
            raise self.source.error(self._next, "expected Verilog, found text that is none")
        self.kind, self.word, self.at = m.lastgroup, m.group(m.lastgroup), m.start(m.lastgroup)
        self._next = m.end()
        if self.kind in ("directive", "other") or (self.word == "/" and self.source.text.startswith("/*", self.at)):
            raise self._strange()

    def _strange(self) -> InputError:
        if self.word == "/":
            return self.source.error(self.at, "expected '*/', found the end of the file inside this comment")
        if self.kind == "directive":
            return self.source.unsupported(self.at, f"the directive {self.word}")
        return self.source.error(self.at, f"unexpected character {self.word!r}")

    @property
    def found(self) -> str:
        """The current token as text for an error message."""
        return "the end of the file" if self.kind == "end" else repr(self.word)

    def error(self, expected: str) -> InputError:
        return self.source.error(self.at, f"expected {expected}, found {self.found}")

    def accept(self, word: str) -> bool:
        """Step over `word` if it is the current token."""
        if self.word != word or self.kind == "text":
            return False
        self.advance()
        return True

    def expect(self, word: str, where: str = "") -> None:
        if not self.accept(word):
            raise self.error(f"{word!r}{where}")

    def name(self, what: str) -> str:
        """Step over an identifier and return its spelling, in its normal form (see `normal`)."""
        if self.kind != "name":
            raise self.error(what)
        word = normal(self.word)
        self.advance()
        return word

    def integer(self, what: str) -> int:
        """Step over an unsized decimal number."""
        if self.kind != "number" or not self.word.isdigit():
            raise self.error(what)
        value = int(self.word)
        self.advance()
        return value

    def skip_delay(self) -> None:
        """Step over ``#1`` or ``#(1, 2)``: delays say nothing about the circuit's structure."""
        if not self.accept("#"):
            return
        if self.kind == "number":
            self.advance()
            return
        self.expect("(", " or a number after '#'")
        while not self.accept(")"):
            if self.kind not in ("number", "op") or self.word == ";":
                raise self.error("')' after the delay")
            self.advance()


_AUTOMATIC = re.compile(r"_[nc]\d+_")
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


def is_simple(name: str) -> bool:
    """True if `name` has the form of a Verilog identifier that needs no escape (it may still be a keyword)."""
    return _SIMPLE.fullmatch(name) is not None


def is_automatic(name: str) -> bool:
    """True for ``_n12_`` and ``_c12_``, which stand for nets and cells without a name."""
    return name[:1] == "_" and _AUTOMATIC.fullmatch(name) is not None


def plain(spelled: str) -> str:
    """The name behind a spelling."""
    return spelled[1:] if spelled[0] == "\\" else spelled


def normal(spelled: str) -> str:
    """One spelling per name: ``\\abc`` becomes ``abc``. But ``\\_n12_`` stays, it is a name and not an automatic one."""
    name = plain(spelled)
    return name if is_simple(name) and name not in KEYWORDS and not is_automatic(name) else spelled


def public(spelled: str) -> str | None:
    """The name behind a spelling, or None if it is an automatic one."""
    return None if is_automatic(spelled) else plain(spelled)


def number(cursor: Cursor) -> tuple[int, int | None]:
    """Step over a constant: its value, and its width or None if it is unsized."""
    text, at = cursor.word, cursor.at
    cursor.advance()
    return constant(text, cursor.source, at)


def constant(text: str, source: Source, at: int) -> tuple[int, int | None]:
    """Value of a constant, and its width or None if it is unsized; `at` is where it stands, for messages."""
    m = _NUMBER.fullmatch(text)
    if m is None:
        if not text.replace("_", "").isdigit():
            raise source.error(at, f"expected an integer, found {text!r}")
        return int(text.replace("_", "")), None
    digits, base = m.group(3).replace("_", "").lower(), _BASE[m.group(2).lower()]
    if set(digits) & set("xz?"):
        raise source.unsupported(at, f"the unknown or floating constant {text}")
    try:
        value = int(digits, base)
    except ValueError:
        raise source.error(at, f"expected digits of base {base}, found {text!r}") from None
    if m.group(1) is None:
        return value, None
    width = int(m.group(1).replace("_", ""))
    if not 0 < width <= _MOST_BITS or value >> width:
        raise source.error(at, f"expected a constant that fits its width, found {text!r}")
    return value, width


KEYWORDS = frozenset(
    """accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins
    binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const constraint
    context continue cover covergroup coverpoint cross deassign default defparam design disable dist do edge else end endcase
    endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive
    endprogram endproperty endspecify endsequence endtable endtask enum event eventually expect export extends extern final
    first_match for force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone
    ignore_bins illegal_bins implements implies import incdir include initial inout input inside instance int integer
    interconnect interface intersect join join_any join_none large let liblist library local localparam logic longint
    macromodule matches medium modport module nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1
    null or output package packed parameter pmos posedge primitive priority program property protected pull0 pull1 pulldown
    pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on
    release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with
    scalared sequence shortint shortreal showcancelled signed small soft solve specify specparam static string strong strong0
    strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time timeprecision
    timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until
    until_with untyped use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire with
    within wor xnor xor""".split()
)
"""Words that a name must not be spelled as (IEEE 1800-2017, annex B)."""
