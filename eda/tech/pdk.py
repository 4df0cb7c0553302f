"""Process kits: each described by one TOML file, its own files found by path and never copied."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from eda.errors import InputError, ToolNotFound, UsageError, suggest
from eda.ir.files import read_bytes
from eda.tech.lef import Lef, read_lef
from eda.tech.liberty import read_liberty
from eda.tech.library import LibCell, Library
from eda.tech.merge import merge_libraries
from eda.tech.pdk_check import check_defaults
from eda.tech.pdk_file import AdderCell, Arrangement, Defaults, Description, Wire, read_description

__all__ = ["DEFAULT_PDK", "AdderCell", "Defaults", "KitStatus", "Pdk", "Wire", "find_pdk", "list_pdks", "pdk_names"]

DEFAULT_PDK = "nangate45"
SEARCH_PATH = "EDA_PDK_PATH"
_SUBFOLDERS = ("", "lib", "lib/NLDM", "lef", "verilog")


@dataclass(frozen=True, eq=False)
class Pdk:
    """A kit whose Liberty files were found in `folder`. `lef_files` and `verilog_files` are empty where missing."""

    description: Description
    folder: Path
    liberty_files: tuple[Path, ...]
    lef_files: tuple[Path, ...]
    verilog_files: tuple[Path, ...]

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def defaults(self) -> Defaults:
        return self.description.defaults

    @cached_property
    def library(self) -> Library:
        """All Liberty files of the kit as one library, in which the cells that `defaults` names do what they should."""
        library = merge_libraries([read_liberty(path) for path in self.liberty_files], self.name)
        check_defaults(self.description, library)
        return library

    @cached_property
    def lef(self) -> Lef:
        """All LEF files of the kit as one; raises `InputError` if the kit's folder lacks them."""
        if not self.lef_files:
            wanted = " and ".join(self.description.arrangements[0].lef)
            raise InputError(f"expected the LEF files {wanted} of the kit {self.name}, found none", file=self.folder)
        return read_lef(self.lef_files)

    @cached_property
    def layers(self) -> Mapping[str, Wire]:
        """Wire parasitics per routing layer: the description's, else the LEF's."""
        from_lef = self.lef.routing_layers if self.lef_files else []
        found = {layer.name: Wire(*layer.wire) for layer in from_lef if layer.wire is not None}
        return {**found, **self.description.layers}

    @cached_property
    def signal_wire(self) -> Wire:
        """Parasitics of one um of a usual signal wire."""
        return self._wire(self.description.signal)

    @cached_property
    def clock_wire(self) -> Wire:
        """Parasitics of one um of a usual clock wire."""
        return self._wire(self.description.clock)

    def is_usable(self, cell: LibCell) -> bool:
        """False for cells that the library or the kit's description says not to use."""
        return not cell.dont_use and not any(fnmatchcase(cell.name, pattern) for pattern in self.defaults.dont_use)

    def changed_files(self) -> list[Path]:
        """Files whose content is not that of the release that the description knows."""
        known = self.description.sha256
        every = (*self.liberty_files, *self.lef_files, *self.verilog_files)
        return [p for p in every if _plain_name(p) in known and _sha256(p) != known[_plain_name(p)]]

    def _wire(self, wire: Wire | str) -> Wire:
        if isinstance(wire, Wire):
            return wire
        if wire not in self.layers:
            message = f"the kit {self.name} has no parasitics for the layer {wire!r}{suggest(wire, self.layers)}"
            raise InputError(message, file=self.description.path)
        return self.layers[wire]

    def __repr__(self) -> str:
        return f"Pdk({self.name}, {self.folder})"


@dataclass(frozen=True)
class KitStatus:
    """What is known of a kit on this machine.

    folder   where its Liberty files are, or None
    sought   folders in which they were sought
    missing  names of files that are not there (all of Liberty, or LEF or Verilog only)
    changed  files that differ from the known release
    get      the line that gets the kit
    """

    name: str
    summary: str
    folder: Path | None
    sought: tuple[Path, ...]
    missing: tuple[str, ...]
    changed: tuple[Path, ...]
    get: str

    @property
    def found(self) -> bool:
        return self.folder is not None


def pdk_names() -> tuple[str, ...]:
    """Names of the kits that are described."""
    return tuple(sorted(path.stem for path in _descriptions_folder().glob("*.toml")))


def find_pdk(name: str = DEFAULT_PDK, root: str | Path | None = None) -> Pdk:
    """The kit `name`, or the kit that the TOML file of that name describes.

    Its files are sought in `root` (the kit's folder or one that holds a folder ``name``) if given, and nowhere else
    then; otherwise in the folders of ``$EDA_PDK_PATH``, in an installed package, in the system's folder. Raises
    `UsageError` for an unknown name, `InputError` if `root` lacks the files, `ToolNotFound` if they are nowhere.
    """
    description = _description(name)
    folders = tuple(_folders(description, root))
    found = _find(description, folders)
    if found is not None:
        return found
    wanted = " ".join(description.arrangements[0].liberty)
    if root is not None:
        raise InputError(f"expected {wanted} of the kit {description.name}, found no such file", file=root)
    places = ", ".join(map(str, folders)) or "no folder"
    raise ToolNotFound(f"the process kit {description.name} is missing: sought {wanted} in {places}; {description.get}")


def list_pdks(root: str | Path | None = None) -> list[KitStatus]:
    """The state of every described kit, the default one first."""
    names = sorted(pdk_names(), key=lambda n: (n != DEFAULT_PDK, n))
    return [_status(_description(name), root) for name in names]


def _status(description: Description, root: str | Path | None) -> KitStatus:
    folders = tuple(_folders(description, root))
    pdk = _find(description, folders)
    wanted = description.arrangements[0]
    if pdk is None:
        missing = wanted.liberty
    else:
        missing = (*(() if pdk.lef_files else wanted.lef), *(() if pdk.verilog_files else wanted.verilog))
    return KitStatus(
        name=description.name,
        summary=description.summary,
        folder=None if pdk is None else pdk.folder,
        sought=folders,
        missing=missing,
        changed=() if pdk is None else tuple(pdk.changed_files()),
        get=description.get,
    )


def _description(name: str) -> Description:
    if name.endswith(".toml"):
        return read_description(name)
    path = _descriptions_folder() / f"{name}.toml"
    if name not in pdk_names():
        raise UsageError(f"no process kit {name!r}{suggest(name, pdk_names())}; described are {', '.join(pdk_names())}")
    return read_description(path)


def _descriptions_folder() -> Path:
    """``pdk/`` of the source tree, or its copy in the installed package."""
    package = Path(__file__).parents[1]
    beside = package.parent / "pdk"
    return beside if (beside / f"{DEFAULT_PDK}.toml").is_file() else package / "data" / "pdk"


def _folders(description: Description, root: str | Path | None) -> Iterator[Path]:
    if root is not None:
        yield Path(root)
        yield Path(root) / description.name
        return
    for folder in filter(None, os.environ.get(SEARCH_PATH, "").split(os.pathsep)):
        yield Path(folder) / description.name
    if description.package:
        yield from _package_folder(description.package)
    if description.system:
        yield Path(description.system)


def _package_folder(package: str) -> Iterator[Path]:
    """The folder ``DISTRIBUTION/FOLDER``, if the distribution is installed and lists a file in it."""
    distribution, _, folder = package.partition("/")
    try:
        listed = files(distribution) or []
    except PackageNotFoundError:
        return
    for file in listed:
        if file.parent.as_posix() == folder:
            yield Path(str(file.locate())).parent
            return


def _find(description: Description, folders: tuple[Path, ...]) -> Pdk | None:
    for folder in folders:
        for arrangement in description.arrangements:
            pdk = _find_in(description, folder, arrangement)
            if pdk is not None:
                return pdk
    return None


def _find_in(description: Description, folder: Path, arrangement: Arrangement) -> Pdk | None:
    names = (arrangement.liberty, arrangement.lef, arrangement.verilog)
    liberty, lef, verilog = (tuple(filter(None, (_file(folder, n) for n in group))) for group in names)
    if len(liberty) < len(arrangement.liberty):
        return None
    return Pdk(description, folder, liberty, lef if len(lef) == len(arrangement.lef) else (), verilog)


def _file(folder: Path, name: str) -> Path | None:
    """The file `name`, or the same gzipped, in `folder` or one of the usual folders below it."""
    candidates = (folder / sub / n for sub in _SUBFOLDERS for n in (name, f"{name}.gz"))
    return next((path for path in candidates if path.is_file()), None)


def _plain_name(path: Path) -> str:
    return path.name.removesuffix(".gz")


def _sha256(path: Path) -> str:
    return hashlib.sha256(read_bytes(path)).hexdigest()
