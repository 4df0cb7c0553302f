"""The errors of `eda`: one root, one exit code each, one message for a person.

Raise the narrowest class, say what was expected and what was found, and name the file and line where known.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class EdaError(Exception):
    """Root of every error that `eda` raises on purpose; the command line prints it without a traceback."""

    exit_code = 2


class InputError(EdaError):
    """A file or value given by the user is not what was expected.

    `file` and `line` (from 1) are shown as the prefix `file:line:` where they are known.
    """

    def __init__(self, message: str, *, file: object = None, line: int | None = None) -> None:
        self.message, self.file, self.line = message, file, line
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(place + message)


class UnsupportedError(InputError):
    """A construct is valid in its language but not supported here; the message names it."""


class UsageError(EdaError):
    """Options or arguments that contradict each other or name something that does not exist."""


class ToolError(EdaError):
    """Something is wrong with an external program."""


class ToolNotFound(ToolError):
    """A needed external program is missing; the message says where it was sought and how to install it."""

    exit_code = 3


class ToolFailed(ToolError):
    """An external program crashed, reported a failure, or did not write what it should have.

    `command` ran in the folder of `log`, which holds all output; `returncode` is negative for a signal and None where
    the program was ended at its time limit; `last_lines` is the end of the output.
    """

    def __init__(
        self,
        message: str,
        *,
        tool: str = "",
        command: Sequence[str] = (),
        returncode: int | None = None,
        last_lines: Sequence[str] = (),
        log: object = None,
    ) -> None:
        super().__init__(message)
        self.tool, self.command, self.returncode = tool, tuple(command), returncode
        self.last_lines, self.log = tuple(last_lines), log


class ToolTimeout(ToolFailed):
    """An external program was ended because it ran past its time limit."""


class ProofError(EdaError):
    """A circuit that was to be emitted is not proven equal to its specification."""

    exit_code = 1


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the nearest of `known`, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
