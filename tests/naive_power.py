"""Power by the definitions, one instance and one moment at a time: slow, and written without the code that it checks."""

from eda.ir import logic


class NaivePower:
    """Of a netlist whose nets have the values ``bits[net][moment]``; energies in fJ per period, leakage in nW."""

    def __init__(self, timing, bits, toggles):
        self.timing, self.bits, self.toggles = timing, bits, toggles
        self.netlist, self.library = timing.netlist, timing.library
        self.moments = range(len(bits[0]))

    def parts(self):
        """``(switching, internal, leakage)`` of the whole netlist."""
        return tuple(
            sum(part(c) for c in range(self.netlist.n_cells)) for part in (self.switching, self.internal, self.leakage)
        )

    def _pins(self, c):
        kind = self.netlist.type_of(c)
        nets = self.netlist.fanin_of(c).tolist() + list(self.netlist.outputs_of(c))
        return dict(zip(kind.inputs + kind.outputs, nets, strict=True))

    def _state(self, c, moment):
        return {pin: self.bits[net][moment] for pin, net in self._pins(c).items()}

    def switching(self, c):
        loads = self.timing.load
        return sum(0.5 * self.library.voltage**2 * max(loads[n]) * self.toggles[n] for n in self.netlist.outputs_of(c))

    def leakage(self, c):
        cell = self.library.cell(self.netlist.type_of(c).name)
        total = 0.0
        for moment in self.moments:
            state = self._state(c, moment)
            held = [value for when, value in cell.leakage_when if logic.evaluate(when, state, 1)]
            total += sum(held) if held else cell.leakage
        return total / len(self.moments)

    def _share(self, c, test):
        return sum(test(self._state(c, m)) for m in self.moments) / len(self.moments)

    def _energy(self, c, row, slew_pin, load_pin):
        from naive_timing import interpolate

        pins, total = self._pins(c), 0.0
        for edge in (0, 1):
            table = self.library.powers.table[row, edge]
            if table >= 0:
                ideal = slew_pin is None or self.timing.clock.reach[pins[slew_pin]] != 0
                slew = 0.0 if ideal else self.timing.slew[pins[slew_pin], edge]
                load = 0.0 if load_pin is None else max(self.timing.load[pins[load_pin]])
                total += interpolate(self.library.tables, table, slew, load) / 2
        return total

    def _holds(self, row, state, rivals):
        whens = self.library.powers.when
        if whens[row] is not None:
            return bool(logic.evaluate(whens[row], state, 1))
        return not any(whens[r] is not None and logic.evaluate(whens[r], state, 1) for r in rivals)

    def internal(self, c):
        powers, kind = self.library.powers, self.netlist.type_of(c)
        cell, pins, total = self.library.cell(kind.name), self._pins(c), 0.0
        for r in cell.powers:
            if powers.is_input[r]:
                pin = kind.inputs[powers.pin[r]]
                rivals = [q for q in cell.powers if powers.is_input[q] and powers.pin[q] == powers.pin[r]]
                share = self._share(c, lambda state, r=r, rivals=rivals: self._holds(r, state, rivals))
                total += self.toggles[pins[pin]] * share * self._energy(c, r, pin, None)
        for k, pin in enumerate(kind.outputs):
            rows = [r for r in cell.powers if not powers.is_input[r] and powers.pin[r] == k]
            total += self._output(c, kind.functions[k], pin, rows)
        return total

    def _output(self, c, function, pin, rows):
        powers, kind, pins = self.library.powers, self.netlist.type_of(c), self._pins(c)
        weights, energies = [], []
        for r in rows:
            cause = None if powers.related[r] < 0 else (kind.inputs + kind.outputs)[powers.related[r]]
            rivals = [q for q in rows if powers.related[q] == powers.related[r]]

            def caused(state, r=r, cause=cause, rivals=rivals):
                if not self._holds(r, state, rivals):
                    return False
                if function is None or cause not in logic.variables(function):
                    return True
                low, high = (logic.evaluate(function, state | {cause: v}, 1) for v in (0, 1))
                return low != high

            weights.append(self.toggles[pins[cause or pin]] * self._share(c, caused))
            energies.append(self._energy(c, r, cause, pin))
        if not rows:
            return 0.0
        weights = weights if sum(weights) > 0 else [1.0] * len(rows)
        mean = sum(w * e for w, e in zip(weights, energies, strict=True)) / sum(weights)
        return self.toggles[pins[pin]] * mean
