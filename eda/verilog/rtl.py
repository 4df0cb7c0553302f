"""RTL to generic gates through Yosys, which runs as a program of its own in a scratch folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eda.errors import InputError, ToolFailed, ToolTimeout, UnsupportedError, UsageError
from eda.ir.files import read_text
from eda.ir.netlist import Netlist
from eda.tech import tools
from eda.verilog.lexer import is_simple
from eda.verilog.yosys_json import netlist_from_json

OUT = "out.json"

_NOTHING: Mapping[str, int | str] = {}

# Memories become registers, adders and multipliers gates; registers with enable or synchronous reset become plain ones
# with multiplexers in front. -nodffe, -nosdff: what `dfflegalize` would have to undo is not inferred.
_ELABORATE = """proc
flatten -noscopeinfo
chformal -remove
delete t:$print t:$check
check
opt_expr
opt_clean
opt -nodffe -nosdff
wreduce
peepopt
opt_clean
alumacc
opt -nodffe -nosdff
memory -nomap
opt_clean
opt -nodffe -nosdff -fast -fine
memory_map
opt -nodffe -nosdff -fine
techmap
opt -nodffe -nosdff -fast
"""
# The registers without a generic form are written out before `dfflegalize` names them by a number only.
FINISH = """tee -q -o registers.il dump t:$_DFFSR* t:$_ALDFF* t:$_SR_* t:$_DLATCHSR* t:$_DLATCH_???_
dfflegalize -cell $_DFF_?_ 01 -cell $_DFF_???_ 01 -cell $_DLATCH_?_ 01
techmap
opt_expr
opt_clean
write_json out.json
"""
"""Commands that write a flat design of Yosys's gates for `finished` to read."""
_ERROR = re.compile(r"^(?:(?P<file>\S+?):(?P<line>\d+)(?:\.[\d.\-]+)?: )?ERROR: (?P<what>.*)$", re.MULTILINE)
_UNDECLARED = re.compile(r"Warning: Identifier `\\(.*)' is implicitly declared\.$", re.MULTILINE)
_MULTIPLE = re.compile(
    r"^Warning: multiple conflicting drivers for [^.\s]+\.\\(?P<net>.*):\n(?P<drivers>(?: +(?:port|module) .*\n)+)",
    re.MULTILINE,
)
_REGISTER = re.compile(
    r'attribute \\src "(?P<file>[^":]+):(?P<line>\d+)[^"]*"\n(?: *attribute .*\n)* *cell \S+ (?P<cell>\S+)\n'
    r"(?:(?! *end).*\n)*? *connect \\Q \\?(?P<net>.*)\n"
)
_VALUE = re.compile(r"-?\d+|\d+'[sS]?[bodhBODH][\w]+")


def read_rtl(
    paths: str | Path | Sequence[str | Path],
    top: str,
    *,
    defines: Mapping[str, int | str] = _NOTHING,
    parameters: Mapping[str, int | str] = _NOTHING,
    include_dirs: Sequence[str | Path] = (),
    system_verilog: bool = True,
    time_limit: float = 600.0,
) -> Netlist:
    """Elaborate the module `top` of some Verilog files (plain or gzipped) to a flat netlist of generic gates.

    `defines` are macros, `parameters` values for the top module (integers, or Verilog constants such as ``8'hff``, or
    other text as strings). Files are included from `include_dirs` and from the folders of `paths`. Names of ports, of
    nets and of the instances around them are kept (``u1.q[3]``); registers are named after their output (``u1.q_reg[3]``).
    Registers become the generic flip-flops and latches; initial values are dropped, assertions and ``$display`` too.

    Undefined values become 0. Raises `InputError` with Yosys's own message, at file and line where it names them, and
    for combinational loops, multiply driven nets, and undriven nets that are not declared or belong to `top` itself;
    `UnsupportedError` for registers that have no generic form (asynchronous set and reset in one);
    `ToolNotFound` without Yosys, `ToolTimeout` after `time_limit` seconds.
    """
    with tools.scratch() as folder:
        staged = stage(
            folder,
            paths,
            top,
            defines=defines,
            parameters=parameters,
            include_dirs=include_dirs,
            system_verilog=system_verilog,
        )
        try:
            done = tools.run_yosys(
                "".join((*staged.commands, _ELABORATE, FINISH)), cwd=folder, timeout=time_limit, expect=[OUT]
            )
        except ToolFailed as e:
            raise_input_error(folder, e, staged)
            raise
        return finished(folder, done.output, staged)


@dataclass(frozen=True)
class Staged:
    """RTL in a scratch folder: the source of each copy, and the commands that read it and settle the top module."""

    top: str
    copies: Mapping[str, Path]
    commands: tuple[str, ...]


def stage(
    folder: Path,
    paths: str | Path | Sequence[str | Path],
    top: str,
    *,
    defines: Mapping[str, int | str] = _NOTHING,
    parameters: Mapping[str, int | str] = _NOTHING,
    include_dirs: Sequence[str | Path] = (),
    system_verilog: bool = True,
) -> Staged:
    """Bring what `read_rtl` takes into `folder`. Raises `InputError` for what cannot be read, `UsageError` for bad names."""
    sources = [Path(paths)] if isinstance(paths, str | Path) else [Path(p) for p in paths]
    if not sources:
        raise UsageError("no Verilog file was given")
    copies = _copy(sources, folder, system_verilog)
    folders = _link_folders(sources, include_dirs, folder)
    return Staged(top, copies, _commands(list(copies), folders, top, defines, parameters, system_verilog))


def finished(folder: Path, output: str, staged: Staged) -> Netlist:
    """The netlist that `FINISH` left in `folder`; `output` is what Yosys printed. Raises as `read_rtl`."""
    _check_drivers(output, next(iter(staged.copies.values())))
    undeclared = set(_UNDECLARED.findall(output))
    return netlist_from_json((folder / OUT).read_text(), staged.top, staged.copies, undeclared)


def _copy(sources: Sequence[Path], folder: Path, system_verilog: bool) -> dict[str, Path]:
    """Copies under plain names, for blanks in paths break scripts; returns the source of each copy."""
    suffix = "sv" if system_verilog else "v"
    copies = {f"rtl{k}.{suffix}": path for k, path in enumerate(sources)}
    for name, path in copies.items():
        (folder / name).write_text(read_text(path))
    return copies


def _link_folders(sources: Sequence[Path], include_dirs: Sequence[str | Path], folder: Path) -> list[str]:
    found = dict.fromkeys([*(Path(d).resolve() for d in include_dirs), *(p.resolve().parent for p in sources)])
    for path in found:
        if not path.is_dir():
            raise InputError("expected a folder of files to include, found none", file=path)
    return [tools.bring(path, folder, f"include{k}") for k, path in enumerate(found)]


def _commands(
    files: Sequence[str],
    folders: Sequence[str],
    top: str,
    defines: Mapping[str, int | str],
    parameters: Mapping[str, int | str],
    system_verilog: bool,
) -> tuple[str, str]:
    options = ["-sv"] if system_verilog else []
    options += [f"-I{d}" for d in folders]
    options += [f"-D{_name(name, 'macro')}={_plain(value)}" for name, value in defines.items()]
    given = "".join(f" -chparam {_name(name, 'parameter')} {_value(value)}" for name, value in parameters.items())
    read = f"read_verilog {' '.join(options)} {' '.join(files)}\n"
    return read, f"hierarchy -check -top {_name(top, 'top module')}{given}\n"


def _name(name: str, what: str) -> str:
    if not is_simple(name):
        raise UsageError(f"expected a plain identifier as the name of the {what}, got {name!r}")
    return name


def _value(value: int | str) -> str:
    text = str(int(value)) if isinstance(value, int) else value
    return text if _VALUE.fullmatch(text) else f'"{_plain(text)}"'


def _plain(value: int | str) -> str:
    """Text that cannot end a word of the script."""
    text = str(value)
    if re.search(r"[\s\"\\;#]", text):
        raise UsageError(f"expected a value without blanks, quotes, backslashes, ';' and '#', got {text!r}")
    return text


# --- what Yosys says ----------------------------------------------------------------------------------------------------


def raise_input_error(folder: Path, failed: ToolFailed, staged: Staged) -> None:
    """Raise an error of the user's input if Yosys gave the reason as one."""
    if isinstance(failed, ToolTimeout) or failed.log is None:
        return
    m = _ERROR.search(Path(str(failed.log)).read_text(errors="replace"))
    if m is None:
        return
    what, copies = m["what"].strip(), staged.copies
    if "cannot be legalized" in what:
        raise _unsupported_register(what, (folder / "registers.il").read_text(), copies) from failed
    file = copies.get(m["file"] or "", m["file"] or next(iter(copies.values())))
    raise InputError(f"Yosys: {what}", file=file, line=int(m["line"]) if m["line"] else None) from failed


def _unsupported_register(what: str, dumped: str, copies: Mapping[str, Path]) -> InputError:
    reason = what.rpartition(": ")[2]
    for m in _REGISTER.finditer(dumped):
        if f".{m['cell']} " in what:
            net = m["net"].replace(" [", "[")
            file = copies.get(m["file"], m["file"])
            return UnsupportedError(f"register {net} has no generic form ({reason})", file=file, line=int(m["line"]))
    return UnsupportedError(f"a register has no generic form ({what})", file=next(iter(copies.values())))


def _check_drivers(output: str, first: Path) -> None:
    """Raise `InputError` for several drivers of a net, of which Yosys only warns."""
    if m := _MULTIPLE.search(output):
        drivers = " and ".join(line.strip() for line in m["drivers"].splitlines())
        raise InputError(f"expected one driver of net {m['net'].replace(' [', '[')}, found {drivers}", file=first)
