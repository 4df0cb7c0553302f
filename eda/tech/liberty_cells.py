"""Pins, functions and state of Liberty cells: what each computes, as a `CellType`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from eda.errors import InputError, suggest
from eda.ir import logic
from eda.ir.cells import CellType, State
from eda.ir.logic import Expr
from eda.tech.liberty_syntax import Group, Source

_DIRECTIONS = ("input", "output", "inout", "internal")
_STATE_GROUPS = ("ff", "latch", "ff_bank", "latch_bank", "statetable")
_FORCED = {"L": 0, "H": 1}


@dataclass(frozen=True)
class Pin:
    """A pin of a cell and the group that describes it."""

    name: str
    direction: str
    group: Group


class Expressions:
    """Boolean expressions of one file, each text parsed once, and equal parts kept as one object."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, Expr] = {}
        self._parts: dict[Expr, Expr] = {}

    def parse(self, text: str, at: int) -> Expr:
        expr = self._known.get(text)
        if expr is None:
            try:
                expr = self._known[text] = self._share(logic.parse(text))
            except InputError as e:
                self._source.fail(e.message, at)
        return expr

    def _share(self, expr: Expr) -> Expr:
        known = self._parts.get(expr)
        if known is None:
            known = tuple(self._share(part) if isinstance(part, tuple) else part for part in expr)
            self._parts[known] = known
        return known


class Cell:
    """A cell group with its pins in the file's order; `type` says what it computes."""

    def __init__(self, group: Group, source: Source, expressions: Expressions) -> None:
        self.group, self._source, self._expressions = group, source, expressions
        names = group.arguments()
        if len(names) != 1 or not names[0]:
            source.fail(f"expected 'cell (NAME) {{', found 'cell ({group.args.strip()})'", group.at)
        self.name = names[0]
        self.pins = {p.name: p for p in self._read_pins()}
        self.inputs = [p for p in self.pins.values() if p.direction == "input"]
        self.outputs = [p for p in self.pins.values() if p.direction in ("output", "inout")]
        self.position = {p.name: i for i, p in enumerate(self.inputs + self.outputs)}

    def _read_pins(self) -> list[Pin]:
        for group in self.group.each("bus", "bundle"):
            self._source.unsupported(f"cell {self.name} has a {group.name} ({group.args}); only single pins are read", group.at)
        pins: dict[str, Pin] = {}
        for group in self.group.each("pin"):
            direction = group.get("direction").lower()
            if direction not in _DIRECTIONS:
                found = f"{direction!r}{suggest(direction, _DIRECTIONS)}" if direction else "none"
                message = f"expected a direction (input, output, inout or internal) of pin {group.args}, found {found}"
                self._source.fail(f"cell {self.name}: {message}", group.at_attr("direction"))
            for name in group.arguments():
                if name in pins:
                    first = self._source.line(pins[name].group.at)
                    self._source.fail(f"cell {self.name} has a second pin {name!r}; the first is in line {first}", group.at)
                pins[name] = Pin(name, direction, group)
        return list(pins.values())

    @cached_property
    def type(self) -> CellType:
        functions = tuple(self._function(p) for p in self.outputs)
        inputs, outputs = tuple(p.name for p in self.inputs), tuple(p.name for p in self.outputs)
        return CellType(self.name, inputs, outputs, functions, self._state)

    def condition(self, group: Group) -> Expr | None:
        """The ``when`` of a group over inputs, outputs and the state; None where the group has none.

        A condition on something that only a state table knows cannot be told from outside, and counts as none.
        """
        if "when" not in group.attrs:
            return None
        at = group.at_attr("when")
        expr = self._expressions.parse(group.get("when"), at)
        if all(v in self.position for v in logic.variables(expr)):
            return expr
        outside = {p: logic.var(p) for p in self.position}
        return self._resolve(expr, at, outside)

    def _function(self, pin: Pin) -> Expr | None:
        return None if _is_opaque(pin) else self._expression(pin.group, "function")

    def _expression(self, group: Group, name: str) -> Expr | None:
        """The attribute `name` over inputs and the state; None if it depends on what cannot be expressed so."""
        at = group.at_attr(name)
        return self._resolve(self._expressions.parse(group.get(name), at), at, {})

    def _resolve(self, expr: Expr, at: int, known: Mapping[str, Expr | None]) -> Expr | None:
        """`expr` with every name replaced by what it stands for; None if one of them has no expression."""
        meanings: dict[str, Expr] = {}
        for name in logic.variables(expr):
            meaning = known[name] if name in known else self._meaning(name, at, known)
            if meaning is None:
                return None
            meanings[name] = meaning
        return _substitute(expr, meanings)

    def _meaning(self, name: str, at: int, known: Mapping[str, Expr | None]) -> Expr | None:
        pin = self.pins.get(name)
        if pin is not None and pin.direction == "input":
            return logic.var(name)
        if name in self._state_names:
            return self._state_names[name]
        if pin is None:
            names = [*self.pins, *self._state_names]
            self._source.fail(f"cell {self.name}: {name!r} is neither a pin nor a state{suggest(name, names)}", at)
        if _is_opaque(pin):
            return None
        inner = self._expressions.parse(pin.group.get("function"), pin.group.at_attr("function"))
        return self._resolve(inner, pin.group.at_attr("function"), {**known, name: None})

    @cached_property
    def _state_group(self) -> Group | None:
        """The one ``ff`` or ``latch`` group that a `State` can express, or None."""
        groups = list(self.group.each(*_STATE_GROUPS))
        if len(groups) != 1 or groups[0].name not in ("ff", "latch"):
            return None
        group = groups[0]
        clock, data = _clock_and_data(group)
        simple = "clocked_on_also" not in group.attrs and "enable_also" not in group.attrs
        return group if clock in group.attrs and data in group.attrs and simple else None

    @cached_property
    def _state_names(self) -> dict[str, Expr | None]:
        """What the names of state variables stand for: the state, its complement, or nothing we can express."""
        names: dict[str, Expr | None] = {}
        for group in self.group.each(*_STATE_GROUPS):
            arguments = group.arguments()
            words = arguments[1].split() if group.name == "statetable" and len(arguments) > 1 else arguments
            names.update(dict.fromkeys(words))
        if self._state_group is not None:
            state, *inverse = self._state_group.arguments()
            if state in self.position:
                self._source.fail(f"cell {self.name}: {state!r} names both a pin and a state", self._state_group.at)
            names[state] = logic.var(state)
            names.update(dict.fromkeys(inverse, logic.lnot(logic.var(state))))
        return names

    @cached_property
    def _state(self) -> State | None:
        group = self._state_group
        if group is None:
            return None
        clock, data = (self._expression(group, name) for name in _clock_and_data(group))
        clear, preset = (self._expression(group, n) if n in group.attrs else None for n in ("clear", "preset"))
        if clock is None or data is None or not logic.variables(clock):
            self._source.fail(f"cell {self.name}: expected a clock and data made of inputs in this {group.name}", group.at)
        return State(group.arguments()[0], group.name, clock, data, clear, preset, self._both(group))

    def _both(self, group: Group) -> int | None:
        """The state while clear and preset are both active; unknown if the complement is not its complement then."""
        state = _FORCED.get(group.get("clear_preset_var1").upper())
        inverse = _FORCED.get(group.get("clear_preset_var2").upper())
        return None if inverse == state and any(self._uses(p, group.arguments()[-1]) for p in self.outputs) else state

    def _uses(self, pin: Pin, name: str) -> bool:
        if "function" not in pin.group.attrs:
            return False
        return name in logic.variables(self._expressions.parse(pin.group.get("function"), pin.group.at_attr("function")))


def _is_opaque(pin: Pin) -> bool:
    """True if the value of an output or internal pin is not a known function at all times."""
    return pin.direction == "inout" or "three_state" in pin.group.attrs or "function" not in pin.group.attrs


def _clock_and_data(group: Group) -> tuple[str, str]:
    return ("clocked_on", "next_state") if group.name == "ff" else ("enable", "data_in")


def _substitute(expr: Expr, meanings: Mapping[str, Expr]) -> Expr:
    if expr[0] == "var":
        return meanings[expr[1]]
    if expr[0] == "const":
        return expr
    return (expr[0], *(_substitute(e, meanings) for e in expr[1:]))
