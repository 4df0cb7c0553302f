"""The command line: parses, calls, prints, and turns every error of ours into one message and an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from eda.errors import EdaError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 the answer is no, 2 bad input, 3 a tool is missing)."""
    from typer.exceptions import Abort, Exit, TyperException

    from eda.cli.app import build

    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    try:
        code = build()(args=arguments, prog_name="eda", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except EdaError as e:
        return _fail(str(e), e.exit_code, as_json)
    except Exit as e:
        return e.exit_code
    except TyperException as e:
        context = getattr(e, "ctx", None)
        hint = f"\nTry '{context.command_path} --help'." if context else ""
        return _fail(e.format_message() + hint, 2, as_json)
    except (Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED, as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _fail(message: str, code: int, as_json: bool) -> int:
    print(f"eda: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": message, "exit_code": code}))
    return code


def run() -> None:
    """Entry point of the installed program."""
    sys.exit(main())
