"""One external process: its own group, a clean environment, no input, limits on time, memory and output."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MEMORY_SHARE = 0.8
"""Largest share of the machine's memory that one process may allocate."""

OUTPUT_LIMIT = 4 << 30
"""Largest file, its log included, that a process may write (bytes)."""


@dataclass(frozen=True)
class Ended:
    """How a process ended. `returncode` is negative for a signal, None if it ran past its time limit."""

    returncode: int | None
    seconds: float


def execute(argv: Sequence[str], *, cwd: Path, log: Path, timeout: float) -> Ended:
    """Run `argv` in `cwd` with its output in `log`; after `timeout` seconds end it and everything it started.

    Raises OSError if the program cannot be started.
    """
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=_environment(cwd),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _limit(process.pid)
            returncode: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            returncode = None
        finally:
            _end_group(process)
    return Ended(returncode, time.monotonic() - started)


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the user's: start-up files, library paths, locale and Python settings change what tools do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "TMPDIR": ".", "LANG": "C", "LC_ALL": "C"}


def _limit(pid: int) -> None:
    """Set limits from outside: code between fork and exec is unsafe in a process with threads. Only Linux can."""
    if not hasattr(resource, "prlimit"):
        return
    memory = int(MEMORY_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for kind, amount in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, OUTPUT_LIMIT), (resource.RLIMIT_CORE, 0)):
        try:
            resource.prlimit(pid, kind, (amount, amount))
        except ProcessLookupError:
            return  # already over
        except (ValueError, PermissionError):
            continue  # a stricter limit is in force


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing of the group is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
