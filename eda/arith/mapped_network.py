"""An arithmetic netlist as what mapping chooses forms for: adders, AND, XOR and AND-OR nodes over literals.

A literal is ``2 * variable + complemented``; variable 0 is the constant 0. Inverters vanish into literals, OR is an AND by
De Morgan, constants and repeated operands fold. What belongs together becomes one node: AND and XOR of the same operands
a half adder, AND-OR chains ``ao`` and ``aoao``, and where a ripple carry makes a full adder of the nodes around it, that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eda.errors import UnsupportedError
from eda.ir import cells
from eda.ir.cells import CellType
from eda.ir.netlist import Netlist

FULL, HALF, AND, XOR, AO, AOAO = range(6)
"""Kinds of nodes, by their operands and outputs:

FULL  a b ci -> sum, carry          HALF  a b -> sum, carry
AND   a b -> a & b                  XOR   a b -> a ^ b
AO    a p q -> a & !(p & q)         AOAO  p q r s -> !(p & q) & !(r & s)
"""


@dataclass(eq=False)
class Node:
    """One node: the literals of its operands and of its results, and the cell of the netlist that an adder stems from."""

    kind: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    origin: int = -1


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes in topological order.

    n_variables  the constant, then the bits of the input ports, then outputs of nodes (some of which nothing drives)
    literals     the literal of each net of the netlist
    outputs      literals of the bits of the output ports
    """

    netlist: Netlist
    n_variables: int
    nodes: tuple[Node, ...]
    literals: tuple[int, ...]
    outputs: tuple[int, ...]

    def readers(self) -> list[int]:
        """How often each variable is read by nodes and output ports."""
        count = [0] * self.n_variables
        for literal in (*self.outputs, *(x for node in self.nodes for x in node.inputs)):
            count[literal >> 1] += 1
        return count


def network_of(netlist: Netlist) -> Network:
    """The network of a combinational netlist of generic gates and adders; cells that nothing reads are left out.

    Raises `UnsupportedError` for any other cell.
    """
    maker = _Maker(netlist)
    for c in sorted(range(netlist.n_cells), key=lambda c: int(netlist.level[c])):
        maker.add(c)
    outputs = tuple(maker.literal[net] for port in netlist.outputs for net in port.nets)
    nodes = _merged(maker.nodes, outputs, maker.n_variables)
    return Network(netlist, maker.n_variables, tuple(nodes), tuple(maker.literal), outputs)


class _Maker:
    """Folds and shares nodes while the cells of a netlist are read."""

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        self.nodes: list[Node] = []
        self.n_variables = 1 + netlist.n_input_bits
        self.literal = [0, 1] + [2 * (1 + k) for k in range(netlist.n_input_bits)]
        self.literal += [0] * (netlist.n_nets - len(self.literal))
        self._same: dict[tuple[int, tuple[int, ...]], int] = {}
        self._read = netlist.fanout > 0

    def add(self, cell: int) -> None:
        """Read one cell whose inputs are known."""
        kind, outs = self.netlist.type_of(cell), self.netlist.outputs_of(cell)
        pins = [self.literal[net] for net in self.netlist.fanin_of(cell).tolist()]
        if kind in (cells.FULL_ADDER, cells.HALF_ADDER):
            self.literal[outs[0]], self.literal[outs[1]] = self._adder(pins, cell)
        else:
            self.literal[outs[0]] = self._gate(kind, pins)

    def _gate(self, kind: CellType, pins: list[int]) -> int:
        if kind == cells.BUF:
            return pins[0]
        if kind == cells.NOT:
            return pins[0] ^ 1
        if kind == cells.MUX:
            zero, one, select = pins
            return self.and_(self.and_(select, one) ^ 1, self.and_(select ^ 1, zero) ^ 1) ^ 1
        name = kind.name.lstrip("$").rstrip("0123456789")
        if not kind.is_generic or name not in ("and", "or", "xor", "nand", "nor", "xnor"):
            raise UnsupportedError(f"{self.netlist.name}: expected generic gates and adders only, found a cell {kind.name}")
        if name.endswith("xor") or name == "xnor":
            return self._chain(self.xor, pins) ^ (name == "xnor")
        flip = name.endswith("or")
        out = self._chain(self.and_, [p ^ flip for p in pins])
        return out ^ (name in ("nand", "or"))

    @staticmethod
    def _chain(gate: object, pins: list[int]) -> int:
        assert callable(gate)
        row = list(pins)
        while len(row) > 1:
            row = [gate(*row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
        return int(row[0])

    def _new(self, kind: int, inputs: tuple[int, ...], n_outputs: int, origin: int = -1) -> int:
        """Add a node and return the literal of its first output."""
        first = 2 * self.n_variables
        self.nodes.append(Node(kind, inputs, tuple(range(first, first + 2 * n_outputs, 2)), origin))
        self.n_variables += n_outputs
        return first

    def and_(self, x: int, y: int) -> int:
        """Conjunction of two literals."""
        x, y = min(x, y), max(x, y)
        if x == 0 or x == y ^ 1:
            return 0
        if x == 1 or x == y:
            return y
        key = (AND, (x, y))
        if key not in self._same:
            self._same[key] = self._new(AND, (x, y), 1)
        return self._same[key]

    def xor(self, x: int, y: int) -> int:
        """Exclusive or of two literals; the node's operands are not complemented."""
        flip = (x ^ y) & 1
        x, y = sorted((x & ~1, y & ~1))
        if x == y:
            return flip
        if x == 0:
            return y ^ flip
        key = (XOR, (x, y))
        if key not in self._same:
            self._same[key] = self._new(XOR, (x, y), 1)
        return self._same[key] ^ flip

    def _adder(self, pins: list[int], cell: int) -> tuple[int, int]:
        """Sum and carry; an adder with a constant, a repeated operand or an unread output dissolves."""
        outs = self.netlist.outputs_of(cell)
        if not self._read[outs[1]]:
            return self._chain(self.xor, pins), 0
        ones = [p for p in pins if p == 1]
        live = [p for p in pins if p > 1]
        if len(ones) + len(live) < len(pins) and len(pins) == 3:
            return self._adder([*ones, *live], cell) if len(ones) + len(live) == 2 else self._few([*ones, *live])
        if len(pins) == 3 and ones:
            if len(live) < 2:
                return self._few([*ones, *live])
            s, co = self._half(live[0] ^ 1, live[1] ^ 1, cell)  # a + b + 1, by the complement of all
            return s ^ 1, co ^ 1
        if len({p >> 1 for p in live}) < len(pins):
            return self._few(pins)
        if len(pins) == 2:
            return self._half(pins[0], pins[1], cell)
        s = self._new(FULL, tuple(pins), 2, cell)
        return s, s + 2

    def _half(self, x: int, y: int, cell: int) -> tuple[int, int]:
        if x >> 1 == y >> 1 or not self._read[self.netlist.outputs_of(cell)[0]]:
            return self.xor(x, y), self.and_(x, y)
        s = self._new(HALF, (x, y), 2, cell)
        return s, s + 2

    def _few(self, pins: list[int]) -> tuple[int, int]:
        """An adder in gates, which fold."""
        x, y, z = (*pins, 0, 0, 0)[:3]
        t = self.xor(x, y)
        return self.xor(t, z), self.and_(self.and_(x, y) ^ 1, self.and_(t, z) ^ 1) ^ 1


# --- what belongs together ----------------------------------------------------------------------------------------------


def _merged(nodes: list[Node], outputs: tuple[int, ...], n_variables: int) -> list[Node]:
    nodes = _sorted(_halves(_live(nodes, outputs)))
    nodes = _fulls(nodes, outputs)
    return _sorted(_and_ors(nodes, outputs, n_variables))


def _live(nodes: list[Node], outputs: tuple[int, ...]) -> list[Node]:
    """The nodes from which an output can be reached."""
    alive = {literal >> 1 for literal in outputs}
    kept = []
    for node in reversed(nodes):
        if any(literal >> 1 in alive for literal in node.outputs):
            kept.append(node)
            alive.update(literal >> 1 for literal in node.inputs)
    return kept[::-1]


def _halves(nodes: list[Node]) -> list[Node]:
    """AND and XOR of the same variables become a half adder, in the place of the earlier of the two."""
    xors = {node.inputs: node for node in nodes if node.kind == XOR}
    partner: dict[int, Node] = {}
    for node in nodes:
        x, y = (literal & ~1 for literal in node.inputs[:2])
        found = xors.get((x, y)) if node.kind == AND else None
        if found is not None and id(found) not in partner:
            partner[id(node)], partner[id(found)] = found, node
    out, done = [], set()
    for node in nodes:
        other = partner.get(id(node))
        if other is None:
            out.append(node)
        elif id(node) not in done:
            done.add(id(other))
            conjunction, parity = (node, other) if node.kind == AND else (other, node)
            flip = (conjunction.inputs[0] ^ conjunction.inputs[1]) & 1
            out.append(Node(HALF, conjunction.inputs, (parity.outputs[0] ^ flip, conjunction.outputs[0])))
    return out


def _and_ors(nodes: list[Node], outputs: tuple[int, ...], n_variables: int) -> list[Node]:
    """AND nodes swallow those of their complemented operands that are AND nodes with no other reader."""
    count = _reads(nodes, outputs, n_variables)
    driver = {node.outputs[0] >> 1: node for node in nodes if node.kind == AND}
    swallowed: set[int] = set()
    out = []
    for node in reversed(nodes):
        if id(node) in swallowed:
            continue
        if node.kind != AND:
            out.append(node)
            continue
        inner = [driver.get(x >> 1) if x & 1 and count[x >> 1] == 1 else None for x in node.inputs]
        found = [i for i in inner if i is not None]
        swallowed.update(map(id, found))
        if len(found) == 2:
            node = Node(AOAO, (*found[0].inputs, *found[1].inputs), node.outputs)
        elif found:
            (other,) = (x for x, i in zip(node.inputs, inner, strict=True) if i is None)
            node = Node(AO, (other, *found[0].inputs), node.outputs)
        out.append(node)
    return out[::-1]


def _fulls(nodes: list[Node], outputs: tuple[int, ...]) -> list[Node]:
    """Half adders that make a full adder become one; a second half adder that does not is taken apart again.

    ``s, g = half(x, y)``, ``t, h = half(s, c)`` and ``g | h`` are the full adder of x, y and c if nothing else reads
    s, g and h: so are ripple carries and adders in gates. In other prefix nodes ``g | s & c`` is better than two adders.
    """
    readers: dict[int, list[Node | None]] = {literal >> 1: [None] for literal in outputs}
    half_of: dict[int, Node] = {}
    for node in nodes:
        for literal in node.inputs:
            readers.setdefault(literal >> 1, []).append(node)
        if node.kind == HALF and node.origin < 0:
            half_of[node.outputs[1]] = node
    instead: dict[int, list[Node]] = {}
    for node in nodes:
        pair = [half_of.get(x ^ 1) for x in node.inputs] if node.kind == AND else []
        for first, second in (pair, pair[::-1]) if len(pair) == 2 else ():
            if second is None or id(second) in instead or len(readers[second.outputs[1] >> 1]) > 1:
                continue
            if first is not None and id(first) not in instead and _joins(first, second, readers):
                instead |= {id(first): [], id(second): [], id(node): [_full(first, second, node)]}
            elif first is not None and first.outputs[0] >> 1 in {x >> 1 for x in second.inputs}:
                instead[id(second)] = _apart(second)
    return _sorted([new for node in nodes for new in instead.get(id(node), [node])])


def _joins(first: Node, second: Node, readers: Mapping[int, list[Node | None]]) -> bool:
    """Does `second` add a carry to the sum of `first`, and does nothing else read the results of `first`?"""
    alone = readers[first.outputs[0] >> 1] == [second] and len(readers[first.outputs[1] >> 1]) == 1
    return alone and first.outputs[0] in second.inputs


def _full(first: Node, second: Node, neither: Node) -> Node:
    """The full adder of two half adders and ``neither = !g & !h``."""
    carry = next(x for x in second.inputs if x != first.outputs[0])
    return Node(FULL, (*first.inputs, carry), (second.outputs[0], neither.outputs[0] ^ 1))


def _apart(half: Node) -> list[Node]:
    flip = (half.inputs[0] ^ half.inputs[1]) & 1
    x, y = sorted(literal & ~1 for literal in half.inputs)
    return [Node(AND, half.inputs, half.outputs[1:]), Node(XOR, (x, y), (half.outputs[0] ^ flip,))]


def _reads(nodes: list[Node], outputs: tuple[int, ...], n_variables: int) -> list[int]:
    count = [0] * n_variables
    for literal in (*outputs, *(x for node in nodes for x in node.inputs)):
        count[literal >> 1] += 1
    return count


def _sorted(nodes: list[Node]) -> list[Node]:
    """The nodes in topological order (merging may have moved outputs ahead of operands)."""
    driver = {literal >> 1: node for node in nodes for literal in node.outputs}
    done: set[int] = set()
    stack = list(reversed(nodes))
    order = []
    while stack:
        node = stack[-1]
        if id(node) in done:
            stack.pop()
            continue
        waiting = [driver[x >> 1] for x in node.inputs if x >> 1 in driver and id(driver[x >> 1]) not in done]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        done.add(id(node))
        order.append(node)
    return order
