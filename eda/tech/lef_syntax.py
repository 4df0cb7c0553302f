"""The syntax of LEF files: words, statements that end with ';', and blocks that end with END."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from eda.errors import InputError, UnsupportedError

_TOKEN = re.compile(r'#[^\n]*|"[^"]*"|;|[^\s;"]+')

Statement = list[str]


class Scanner:
    """Walks over the words of a LEF file. Places (`at`) are word numbers; keywords may be in any case."""

    def __init__(self, text: str, path: Path) -> None:
        self._text, self._path = text, path
        found = [(m[0], m.start()) for m in _TOKEN.finditer(text) if m[0][0] != "#"]
        self._words = [t for t, _ in found]
        self._places = [p for _, p in found]
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        """The word `ahead` of here as it is, or "" past the end."""
        return self._words[self.at + ahead] if self.at + ahead < len(self._words) else ""

    def keyword(self) -> str:
        """The word here in capitals, or "" at the end."""
        return self.peek().upper()

    def accept(self, *keywords: str) -> bool:
        """Step over the word here if it is one of `keywords`."""
        found = self.keyword() in keywords and self.peek() != ""
        self.at += found
        return found

    def name(self, what: str) -> str:
        """The name here, stepped over."""
        name = self.peek()
        if name in ("", ";"):
            self.fail(f"expected {what}, found {repr(name) if name else 'the end of the file'}", self.at)
        self.at += 1
        return name

    def closes(self, name: str) -> bool:
        """True, and past it, if the block `name` ends here; an end of another name is an error."""
        if not self.peek():
            self.fail(f"expected 'END {name}', found the end of the file", self.at)
        if self.keyword() != "END":
            return False
        if self.peek(1) != name:
            self.fail(f"expected 'END {name}', found 'END {self.peek(1)}'", self.at)
        self.at += 2
        return True

    def statements(self, name: str) -> Iterator[tuple[int, Statement]]:
        """The statements of the block `name` up to its end, each with its place."""
        while not self.closes(name):
            at = self.at
            yield at, self.statement(name)

    def statement(self, where: str) -> Statement:
        """The words up to the next ';', the first in capitals."""
        start = self.at
        try:
            end = self._words.index(";", start)
        except ValueError:
            self.fail(f"expected ';' after {self.peek()!r} in {where}, found the end of the file", start)
        self.at = end + 1
        if end == start:
            self.fail(f"expected a statement in {where}, found ';'", start)
        return [self._words[start].upper(), *self._words[start + 1 : end]]

    def skip_block(self, name: str) -> None:
        """Step over everything up to ``END name``."""
        start = self.at
        while not (self.keyword() == "END" and self.peek(1) == name):
            if not self.peek():
                self.fail(f"expected 'END {name}' to close {self._words[start]!r}, found the end of the file", start)
            self.at += 1
        self.at += 2

    def skip_past(self, word: str) -> None:
        """Step over everything up to `word`, and over it."""
        start = self.at
        while not self.accept(word):
            if not self.peek():
                self.fail(f"expected {word!r} to close {self._words[start]!r}, found the end of the file", start)
            self.at += 1

    def numbers(self, words: Statement, count: int, at: int) -> list[float]:
        """`words` as `count` finite numbers; `at` is the statement they belong to."""
        try:
            numbers = [float(w) for w in words]
        except ValueError:
            numbers = []
        if len(numbers) != count or not all(map(math.isfinite, numbers)):
            found = " ".join(words) or "none"
            self.fail(f"expected {count} number{'s' * (count > 1)} after {self._words[at]}, found {found!r}", at)
        return numbers

    def number(self, words: Statement, at: int) -> float:
        """The first of `words` as a number."""
        return self.numbers(words[:1], 1, at)[0]

    def size(self, s: Statement, at: int) -> tuple[float, float]:
        """Width and height of a SIZE statement."""
        if len(s) != 4 or s[2].upper() != "BY":
            self.fail(f"expected 'SIZE width BY height ;', found {' '.join(s)!r}", at)
        width, height = self.numbers([s[1], s[3]], 2, at)
        return width, height

    def fail(self, message: str, at: int) -> NoReturn:
        raise InputError(message, file=self._path, line=self.line(at))

    def unsupported(self, message: str, at: int) -> NoReturn:
        raise UnsupportedError(message, file=self._path, line=self.line(at))

    def line(self, at: int) -> int:
        """Line number, from 1, of the word number `at`, or of the end of the file."""
        place = self._places[at] if at < len(self._places) else len(self._text)
        return self._text.count("\n", 0, place) + 1
