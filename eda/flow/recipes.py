"""Synthesis recipes: data in ``flows/*.toml``, checked key by key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from eda.errors import InputError, UsageError, suggest
from eda.ir.files import read_text

_CHOICES = {
    "front": ("synth", "direct", "gates"),
    "multiplier": ("array", "booth"),
    "final_adder": ("default", "sklansky", "kogge-stone", "han-carlson"),
}


@dataclass(frozen=True)
class Recipe:
    """How a design is mapped onto a library. The keys are explained in ``flows/area.toml``.

    `variant` says what was changed from the file, such as ``booth 800ps``.
    """

    name: str
    summary: str
    target_ps: float
    front: str = "synth"
    multiplier: str = "array"
    final_adder: str = "default"
    constrained: bool = True
    abc: tuple[str, ...] = ()
    variant: str = ""

    @property
    def target(self) -> str:
        """The target as ABC reads it."""
        return f"{self.target_ps:.10g}"

    @property
    def abc_script(self) -> str:
        """ABC's commands with the target filled in, one per line; empty for its built-in flow."""
        return "".join(line.replace("{target}", self.target) + "\n" for line in self.abc)

    @property
    def label(self) -> str:
        return f"{self.name} {self.variant}".strip()


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that exist."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def load_recipe(name: str, **changes: object) -> Recipe:
    """The recipe of that name, with `changes` to its keys (None: no change).

    `name` may be the path of a TOML file instead. Raises `UsageError` for an unknown recipe or key, with the nearest
    valid one, and `InputError` for a malformed file.
    """
    path = Path(name)
    if not name.endswith(".toml"):
        known = recipe_names()
        if name not in known:
            raise UsageError(f"no recipe {name!r}{suggest(name, known)}; there are {', '.join(known)}")
        path = _folder() / f"{name}.toml"
    recipe = _read(path)
    wanted = {key: value for key, value in changes.items() if value is not None}
    try:
        _check(wanted)
    except InputError as e:
        raise UsageError(str(e)) from e
    changed = [f"{v:.10g}ps" if k == "target_ps" else str(v) for k, v in wanted.items() if v != getattr(recipe, k)]
    return replace(recipe, variant=" ".join(changed), **wanted)  # type: ignore[arg-type]


def _folder() -> Path:
    """``flows/`` of the source tree, or its copy in the installed package."""
    package = Path(__file__).parents[1]
    beside = package.parent / "flows"
    return beside if (beside / "area.toml").is_file() else package / "data" / "flows"


def _read(path: Path) -> Recipe:
    try:
        table = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as e:
        raise InputError(f"is not TOML: {e}", file=path) from e
    _check(table, path)
    for key in ("summary", "target_ps"):
        if key not in table:
            raise InputError(f"a recipe needs the key {key!r}", file=path)
    table["abc"] = tuple(table.get("abc", ()))
    return Recipe(name=path.stem, **table)


def _check(table: Mapping[str, Any], path: Path | None = None) -> None:
    known = [f.name for f in fields(Recipe) if f.name not in ("name", "variant")]
    for key, value in table.items():
        if key not in known:
            raise InputError(f"unknown key {key!r} of a recipe{suggest(key, known)}; known: {', '.join(known)}", file=path)
        problem = _problem(key, value)
        if problem:
            raise InputError(f"{key}: expected {problem}, found {value!r}", file=path)


def _problem(key: str, value: object) -> str:
    """What was expected of `value`, or an empty string if it is right."""
    if key in _CHOICES:
        return "" if value in _CHOICES[key] else f"one of {', '.join(_CHOICES[key])}{suggest(str(value), _CHOICES[key])}"
    if key == "target_ps":
        return "" if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else "a positive number of ps"
    if key == "constrained":
        return "" if isinstance(value, bool) else "true or false"
    if key == "abc":
        right = isinstance(value, list | tuple) and all(isinstance(v, str) and "\n" not in v and ";" not in v for v in value)
        return "" if right else "a list of ABC commands, one each"
    return "" if isinstance(value, str) else "text"
