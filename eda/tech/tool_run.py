"""External programs: found by what they can do, run in a scratch folder, and never believed without evidence.

A run succeeds if the program exits with 0, its output holds none of the tool's failure marks, and every expected file
exists. ABC, OpenSTA and Icarus report errors and exit with 0, so the exit code alone means little.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eda.errors import ToolFailed, ToolNotFound, ToolTimeout
from eda.tech import process

LAST_LINES = 20
"""How many lines of output a failure carries."""

_SHOWN_LINES = 5


@dataclass(frozen=True)
class Place:
    """Somewhere to look for a program; `argv` returns the words that start it, or None where it is absent."""

    what: str
    argv: Callable[[], tuple[str, ...] | None]


def on_path(name: str) -> Place:
    """The program of that name in a folder of PATH."""

    def argv() -> tuple[str, ...] | None:
        found = shutil.which(name)
        return None if found is None else (str(Path(found).absolute()),)

    return Place(f"{name} on PATH", argv)


@dataclass(frozen=True)
class Tool:
    """An external program and how to know that a copy of it is fit for use.

    places   where to look, best first
    probe    arguments of the smallest run that shows the needed capability
    shows    regular expression that the output of the probe must match
    files    content of the files that the probe reads
    marks    regular expressions of output lines that mean failure, whatever the exit code
    hint     the line that installs the tool
    costs    what is missing without it
    """

    name: str
    places: tuple[Place, ...]
    probe: tuple[str, ...]
    shows: str
    marks: tuple[str, ...]
    hint: str
    costs: str
    files: Mapping[str, bytes] = field(default_factory=dict, hash=False)
    probe_seconds: float = 20.0

    def find(self) -> list[str]:
        """The words that start the first copy that passes the probe.

        Raises `ToolNotFound` with the places searched, why each was refused, and how to install the tool.
        """
        argv, refused = self.search()
        if argv is None:
            raise ToolNotFound(f"{self.name} is needed but not found ({refused}). To install it: {self.hint}")
        return argv

    def search(self) -> tuple[list[str] | None, str]:
        """The words that start the first copy that passes the probe, or None; and why the copies before it were refused."""
        refused: list[str] = []
        for place in self.places:
            argv = place.argv()
            reason = "not there" if argv is None else _probe(self, argv, identity(argv))
            if argv is not None and not reason:
                return list(argv), "; ".join(refused)
            refused.append(f"{place.what}: {reason}")
        return None, "; ".join(refused)

    @property
    def identity(self) -> str:
        """Which copies are present, by path, size and time of change: equal texts mean equal results. Runs nothing."""
        return " ".join(identity(argv) for place in self.places if (argv := place.argv()))


@dataclass(frozen=True)
class Completed:
    """A run that succeeded: its whole output, and wall-clock seconds."""

    output: str
    seconds: float


@contextmanager
def scratch() -> Iterator[Path]:
    """A fresh folder with a plain name, removed at the end, but kept if a `ToolFailed` passes through.

    Catch the failure inside the block where it is an ordinary outcome, as a time limit in a proof is.
    """
    folder = Path(tempfile.mkdtemp(prefix="eda_"))
    try:
        yield folder
    except ToolFailed:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def run(tool: Tool, args: Sequence[str], *, cwd: Path, timeout: float, expect: Sequence[str] = ()) -> Completed:
    """Run `tool` with `args` in `cwd`, a folder of `scratch`, for at most `timeout` seconds.

    `expect` names files in `cwd` that must exist and not be empty afterwards. Give inputs plain names inside `cwd`
    (see `bring`): blanks in paths break the scripts of several tools.
    Raises `ToolNotFound`, `ToolFailed` or `ToolTimeout`.
    """
    command = [*tool.find(), *args]
    log = _fresh_log(cwd, tool.name)
    for name in expect:
        (cwd / name).unlink(missing_ok=True)
    try:
        ended = process.execute(command, cwd=cwd, log=log, timeout=timeout)
    except OSError as e:
        raise ToolNotFound(f"{tool.name} cannot be started: {command[0]}: {e.strerror}. To install it: {tool.hint}") from e
    output = log.read_text(errors="replace")
    reason = _failure(tool, ended.returncode, output, [n for n in expect if not _filled(cwd / n)])
    if ended.returncode is None:
        raise _failed(ToolTimeout, tool, command, None, f"ran past its limit of {timeout:g} s", output, log)
    if reason:
        raise _failed(ToolFailed, tool, command, ended.returncode, reason, output, log)
    return Completed(output, ended.seconds)


def bring(path: str | Path, cwd: Path, name: str) -> str:
    """Make the file `path` available in `cwd` under the plain `name`, by a link; return `name`."""
    (cwd / name).unlink(missing_ok=True)
    (cwd / name).symlink_to(Path(path).resolve())
    return name


def identity(argv: Sequence[str]) -> str:
    """The absolute paths among the words that start a program, each with size and time of change of the file."""
    parts = []
    for word in argv:
        path = Path(word)
        if path.is_absolute() and path.exists():
            stat = path.stat()
            parts.append(f"{word}:{stat.st_size}:{stat.st_mtime_ns}")
    return ",".join(parts)


# --- judging a run -----------------------------------------------------------------------------------------------------


def _failure(tool: Tool, returncode: int | None, output: str, absent: Sequence[str]) -> str:
    """Why a run that was not cut short failed, or an empty string."""
    mark = re.compile("|".join(tool.marks))
    line = next((text for text in output.splitlines() if mark.search(text)), None)
    if line is not None:
        return line.strip()
    if returncode is not None and returncode < 0:
        return f"ended by signal {-returncode}"
    if returncode:
        return f"exit code {returncode}"
    return f"wrote no {', '.join(absent)}" if absent else ""


def _failed(
    kind: type[ToolFailed], tool: Tool, command: Sequence[str], returncode: int | None, reason: str, output: str, log: Path
) -> ToolFailed:
    last = deque((line for line in output.splitlines() if line.strip()), maxlen=LAST_LINES)
    shown = [f"  | {line}" for line in list(last)[-_SHOWN_LINES:]]
    again = f"  to repeat it: cd {shlex.quote(str(log.parent))} && {shlex.join(command)}"
    message = "\n".join([f"{tool.name} failed: {reason}", *shown, f"  whole output: {log}", again])
    return kind(message, tool=tool.name, command=command, returncode=returncode, last_lines=tuple(last), log=log)


def _fresh_log(cwd: Path, name: str) -> Path:
    stem = re.sub(r"\W+", "_", name.lower())
    number = sum(1 for _ in cwd.glob(f"{stem}_*.log"))
    return cwd / f"{stem}_{number}.log"


def _filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


_probed: dict[tuple[str, tuple[str, ...], str], str] = {}
"""Result of each probe ("" where passed) by tool, command and identity; a replaced program is probed anew."""


def _probe(tool: Tool, argv: tuple[str, ...], who: str) -> str:
    """Why the copy of `tool` that `argv` starts is unfit, or an empty string."""
    key = (tool.name, argv, who)
    if key not in _probed:
        with scratch() as folder:
            for name, content in tool.files.items():
                (folder / name).write_bytes(content)
            _probed[key] = _probe_in(folder, tool, argv)
    return _probed[key]


def _probe_in(folder: Path, tool: Tool, argv: tuple[str, ...]) -> str:
    log = folder / "probe.log"
    try:
        ended = process.execute([*argv, *tool.probe], cwd=folder, log=log, timeout=tool.probe_seconds)
    except OSError as e:
        return f"{argv[0]} cannot be started: {e.strerror}"
    output = log.read_text(errors="replace")
    if ended.returncode is None:
        return f"{argv[0]} does not answer in {tool.probe_seconds:g} s"
    if ended.returncode != 0:
        return f"{argv[0]} fails its probe with exit code {ended.returncode}"
    return "" if re.search(tool.shows, output) else f"{argv[0]} lacks what is needed (probe: {' '.join(tool.probe)})"
