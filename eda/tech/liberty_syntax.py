"""The syntax of Liberty files: text into nested groups of attributes, without knowing what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from eda.errors import InputError, UnsupportedError

_STRING = r'[^"\\]*+(?:\\.[^"\\]*+)*'
_STATEMENT = re.compile(
    r'[\s;\\]*+(?:"?(\w++)"?\s*+'  # 1: the name of an attribute or group
    rf'(?::\s*+(?:"({_STRING})"|([^;{{}}"\n]*+))'  # 2, 3: the value of a simple attribute, quoted or bare
    rf'|\(([^()"]*+(?:"{_STRING}"[^()"]*+)*)\)\s*+({{)?)'  # 4: arguments, 5: the opening of a group
    r"|(}))",  # 6: the close of a group
    re.DOTALL,
)
_QUOTED, _BARE, _ARGUMENTS, _OPEN = 2, 3, 4, 5

_COMMENT = re.compile(r"/\*|//")
_NEITHER_SEPARATOR = re.compile(r'"([^"]*)"|([^\s,"\\]+)')


@dataclass(slots=True)
class Group:
    """``name (args) { attributes and groups }``.

    `args` is the text between the parentheses. `attrs` maps an attribute's name to its text and its place in the
    file (offset): the value of ``a : value;`` without quotes, the arguments of ``a (arguments);`` as they are. The
    last of several equally named attributes stays. `at` is the offset of the group itself.
    """

    name: str
    args: str
    at: int
    attrs: dict[str, tuple[str, int]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """Text of the attribute `name`, without blanks around it, or `default`."""
        found = self.attrs.get(name)
        return default if found is None else found[0].strip()

    def at_attr(self, name: str) -> int:
        """Place of the attribute `name`, or of the group if it has none of that name."""
        return self.attrs.get(name, ("", self.at))[1]

    def arguments(self) -> list[str]:
        """The group's arguments, unquoted."""
        return split(self.args)

    def each(self, *names: str) -> Iterator[Group]:
        """The groups directly inside whose name is one of `names`."""
        return (g for g in self.groups if g.name in names)


def split(text: str) -> list[str]:
    """The parts of a list of arguments, separated by commas or blanks, each unquoted."""
    return [(quoted or bare).strip() for quoted, bare in _NEITHER_SEPARATOR.findall(text)]


@dataclass(frozen=True)
class Source:
    """The text of a file, which turns places in it into errors that name the line."""

    text: str
    file: object

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def fail(self, message: str, at: int) -> NoReturn:
        raise InputError(message, file=self.file, line=self.line(at))

    def unsupported(self, message: str, at: int) -> NoReturn:
        raise UnsupportedError(message, file=self.file, line=self.line(at))


def parse_library(source: Source) -> Group:
    """The outermost group of a Liberty file, ``library (name) { ... }``; raises `InputError` if it is not one."""
    source = Source(_blank_comments(source), source.file)
    root = _parse_groups(source)
    if not root.groups:
        source.fail("expected 'library (NAME) {', found the end of the file", len(source.text))
    library = root.groups[0]
    if library.name != "library":
        source.fail(f"expected 'library (NAME) {{', found '{library.name} ({library.args})'", library.at)
    if len(root.groups) > 1:
        source.fail(f"expected the end of the file after the library, found {root.groups[1].name!r}", root.groups[1].at)
    return library


def _parse_groups(source: Source) -> Group:
    root = top = Group("", "", 0)
    stack = [root]
    end = 0
    for m in _STATEMENT.finditer(source.text):
        if m.start() != end:
            break
        end = m.end()
        kind = m.lastindex
        if kind == _BARE or kind == _QUOTED or kind == _ARGUMENTS:
            top.attrs[m[1]] = (m[kind], m.start(1))
        elif kind == _OPEN:
            top = Group(m[1], m[4], m.start(1))
            stack[-1].groups.append(top)
            stack.append(top)
        elif len(stack) == 1:
            source.fail("expected a group, found '}' without a matching '{'", m.start(6))
        else:
            stack.pop()
            top = stack[-1]
    rest = source.text[end : end + 200].lstrip(" \t\r\n;\\")
    if rest:
        at = source.text.index(rest, end)
        if rest[0] == '"':
            source.fail("expected '\"' to close this string, found the end of the file", at)
        source.fail(f"expected an attribute, a group or '}}', found {rest.splitlines()[0][:40]!r}", at)
    if len(stack) > 1:
        where = f"the group '{top.name} ({top.args.strip()})' of line {source.line(top.at)}"
        source.fail(f"expected '}}' to close {where}, found the end of the file", len(source.text))
    return root


def _blank_comments(source: Source) -> str:
    """The text with every comment replaced by its line ends and as many blanks, so that places stay the same."""
    text, pieces, at = source.text, [], 0
    search_from = 0
    while (m := _COMMENT.search(text, search_from)) is not None:
        start = m.start()
        if _in_string(text, at, start):
            search_from = start + 2
            continue
        if m[0] == "//":
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
        else:
            end = text.find("*/", start + 2) + 2
            if end < 2:
                source.fail("expected '*/' to close this comment, found the end of the file", start)
        pieces += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = search_from = end
    return "".join([*pieces, text[at:]])


def _in_string(text: str, start: int, at: int) -> bool:
    """True if `at` lies within a string, when `start` does not."""
    quotes = text.count('"', start, at)
    return (quotes - text.count('\\"', start, at)) % 2 == 1
