"""A schedule as SystemVerilog: a pipelined or II-multiplexed datapath, and the unscheduled function beside it.

The handshake is ready/valid on both sides. Inputs are taken in a cycle with ``in_valid`` and ``in_ready``, results leave in one
with ``out_valid`` and ``out_ready``. While a result waits for ``out_ready``, all registers hold. With an interval above 1 the
counter ``phase`` selects the operands of shared units, and inputs are taken in phase 0. Where iterations read earlier ones,
the datapath also holds in phase 0 until ``in_valid``, so results may wait for later inputs; values from before the first
iteration after a reset are 0, and so are all registers of an unscheduled function.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eda.ir.dataflow import Dataflow
from eda.schedule.datapath import Datapath, bits, datapath
from eda.schedule.functions import expression, is_opaque, salt, topological
from eda.verilog.lexer import KEYWORDS, is_simple

__all__ = ["Emitted", "datapath", "emit"]

CONTROL = ("clk", "rst", "in_valid", "in_ready", "out_valid", "out_ready", "step", "phase", "hold", "valid")


@dataclass(frozen=True)
class Emitted:
    """Verilog of a datapath: `text` of module `name`, and `reference`, the unscheduled function, of module `reference_name`.

    inputs, outputs   names and widths of the data ports of both modules
    """

    path: Datapath
    name: str
    text: str
    reference_name: str
    reference: str
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Ports:
    """Names of the data ports by operation."""

    inputs: dict[int, str]
    outputs: dict[int, str]


def emit(path: Datapath, name: str | None = None) -> Emitted:
    """SystemVerilog of a datapath. Raises `UnsupportedError` for operations whose function is not known, see `functions`."""
    flow = path.flow
    module = name or (flow.name if is_simple(flow.name) and flow.name not in KEYWORDS else "design")
    ports = Ports(_port_names(path, path.inputs, "input", "x"), _port_names(path, path.outputs, "output", "y"))
    inputs = tuple((name, int(flow.width[v])) for v, name in ports.inputs.items())
    outputs = tuple((name, int(flow.width[v])) for v, name in ports.outputs.items())
    body = [*_header(path), *_module(module, path, inputs, outputs, ports)]
    reference = _reference(f"{module}_reference", path, inputs, outputs, ports)
    return Emitted(path, module, "\n".join(body) + "\n", f"{module}_reference", "\n".join(reference) + "\n", inputs, outputs)


def _port_names(path: Datapath, operations: Sequence[int], kind: str, letter: str) -> dict[int, str]:
    """Names of ports: those of the operations where they are of `kind` and identifiers, else a letter and the number."""
    taken = set(CONTROL) | KEYWORDS
    names: dict[int, str] = {}
    for v in operations:
        name = path.flow.names[v]
        plain = path.flow.kinds[v] == kind and is_simple(name) and name not in taken and not _is_internal(name)
        names[v] = name if plain else f"{letter}{v}"
    return names


def _is_internal(name: str) -> bool:
    """Whether a name has the form of one that is used inside: a letter and a number, perhaps with more numbers behind."""
    return name[:1] in "vuxyp" and name[1:2].isdigit()


# --- the datapath -------------------------------------------------------------------------------------------------------


def _header(path: Datapath) -> list[str]:
    flow = path.flow
    counts = ", ".join(f"{count} {what}" for what, count in path.registers.items() if what != "total")
    lines = [
        f"// {flow.name}: {flow.n_operations} operations, results after {path.end} cycles, one iteration in {path.interval}",
        f"// register bits: {path.registers['total']} ({counts})",
    ]
    units = {flow.resources[k]: path.binding.count(k) for k in dict.fromkeys(path.binding.resource)}
    if units:
        lines.append(f"// shared units: {', '.join(f'{n} {k}' for k, n in units.items())}")
    opaque = sorted({k for k, w in zip(flow.kinds, flow.width.tolist(), strict=True) if w and is_opaque(k)})
    lines += [f"// no function is known for {k}: an arbitrary one stands for it" for k in opaque]
    return lines


def _module(
    module: str,
    path: Datapath,
    inputs: tuple[tuple[str, int], ...],
    outputs: tuple[tuple[str, int], ...],
    ports: Ports,
) -> Iterator[str]:
    yield f"module {module} ("
    yield "  input  logic clk, rst,"
    yield "  input  logic in_valid,\n  output logic in_ready,"
    yield from (f"  input  logic {_range(width)}{name}," for name, width in inputs)
    yield "  output logic out_valid,\n  input  logic out_ready" + ("," if outputs else "")
    rows = [f"  output logic {_range(width)}{name}" for name, width in outputs]
    yield ",\n".join(rows) + "\n);" if rows else ");"
    clocked: list[tuple[str, str]] = []
    cleared: list[tuple[str, str]] = []
    body = [*_control(path, cleared)]
    for v in topological(path.flow):
        if path.flow.width[v] > 0 and path.flow.kinds[v] != "const":
            body += _operation(path, v, ports, cleared if v in path.masked else clocked)
    body += _units(path, clocked)
    for v in path.outputs:
        behind = path.end - int(path.schedule.start[v] + path.flow.latency[v])
        body.append(f"  assign {ports.outputs[v]} = {_value(path.flow, v, behind)};")
    yield from _declarations_first(body)
    yield from _registers(clocked, cleared)
    yield "endmodule"


def _declarations_first(lines: Sequence[str]) -> list[str]:
    """Loops through registers use names before the operation that they belong to."""
    return sorted(lines, key=lambda line: not line.startswith("  logic "))


def _control(path: Datapath, cleared: list[tuple[str, str]]) -> Iterator[str]:
    """Phase counter, a valid bit for every step, and the signal that holds all registers."""
    first = "1'b1"
    if path.interval > 1:
        size = (path.interval - 1).bit_length()
        last = f"{size}'d{path.interval - 1}"
        yield f"  logic {_range(size)}phase;"
        cleared.append(("phase", f"phase == {last} ? {size}'d0 : phase + {size}'d1"))
        first = f"phase == {size}'d0"
    yield f"  logic [{path.end}:0] valid;"
    yield "  logic hold;"
    waits = f" || ({first} && !in_valid)" if path.recurrent else ""
    yield f"  assign hold = (out_valid && !out_ready){waits};"
    yield f"  assign in_ready = {first} && !(out_valid && !out_ready);"
    yield f"  assign valid[0] = {first} && in_valid;"
    yield f"  assign out_valid = valid[{path.end}]{' && !(' + first + ' && !in_valid)' if path.recurrent else ''};"
    if path.end:
        yield f"  logic [{path.end}:1] valid_q;"
        yield f"  assign valid[{path.end}:1] = valid_q;"
        cleared.append(("valid_q", f"valid[{path.end - 1}:0]"))


def _operation(path: Datapath, v: int, ports: Ports, chain: list[tuple[str, str]]) -> Iterator[str]:
    """The value ``v<number>`` of an operation and its shift register."""
    flow, width = path.flow, int(path.flow.width[v])
    start, latency = int(path.schedule.start[v]), int(flow.latency[v])
    yield f"  // step {start}: {flow.names[v]} ({flow.kinds[v]})"
    yield f"  logic {_range(width)}v{v};"
    if path.binding.unit[v] >= 0 and path.reads[v]:
        first = next(members[0] for members in path.blocks if v in members)
        result = f"u{first}_{f'o{latency}' if latency else 'f'}"
    else:
        yield from _own(path, v, ports, chain)
        result = f"v{v}_{'f' if latency == 0 else f'o{latency}'}"
    if v in path.masked:
        result = f"{result} & {{{width}{{valid[{start + latency}]}}}}"
    yield f"  assign v{v} = {result};"
    yield from _shift(f"v{v}", f"v{v}_d", width, int(path.stages[v]), chain)


def _own(path: Datapath, v: int, ports: Ports, chain: list[tuple[str, str]]) -> Iterator[str]:
    """The function of an operation that has a unit of its own, and the registers inside."""
    flow, width = path.flow, int(path.flow.width[v])
    if path.reads[v]:
        operands = [(_value(flow, u, stage), bits(flow, u)) for u, stage in path.reads[v]]
        names = [(f"v{v}_a{k}", size) for k, (_, size) in enumerate(operands)]
        yield from (f"  logic {_range(size)}{name};" for name, size in names)
        yield from (f"  assign {name} = {text};" for (name, _), (text, _) in zip(names, operands, strict=True))
        text = _function(flow, v, names)
    else:
        waits = int(path.waits[v])
        yield from _shift(ports.inputs[v], f"p{v}_d", width, waits, chain)
        text = f"p{v}_d{waits}" if waits else ports.inputs[v]
    yield f"  logic {_range(width)}v{v}_f;"
    yield f"  assign v{v}_f = {text};"
    yield from _shift(f"v{v}_f", f"v{v}_o", width, int(flow.latency[v]), chain)


def _function(flow: Dataflow, v: int, operands: list[tuple[str, int]]) -> str:
    return expression(flow.kinds[v], flow.names[v], int(flow.width[v]), operands, salt(flow, v))


def _shift(source: str, prefix: str, width: int, stages: int, chain: list[tuple[str, str]]) -> Iterator[str]:
    names = [f"{prefix}{k}" for k in range(1, stages + 1)]
    if names:
        yield f"  logic {_range(width)}{', '.join(names)};"
    chain += zip(names, [source, *names], strict=False)


def _value(flow: Dataflow, u: int, stage: int) -> str:
    if flow.kinds[u] == "const":
        return expression("const", flow.names[u], bits(flow, u), ())
    return f"v{u}_d{stage}" if stage else f"v{u}"


# --- shared units -------------------------------------------------------------------------------------------------------


def _units(path: Datapath, clocked: list[tuple[str, str]]) -> Iterator[str]:
    flow, size = path.flow, max(1, (path.interval - 1).bit_length())
    for members in path.blocks:
        first, unit = members[0], path.binding.unit[members[0]]
        width, resource = int(flow.width[first]), flow.resources[path.binding.resource[unit]]
        yield f"  // unit {path.binding.number[unit]} of {resource}: {' '.join(f'v{v}' for v in members)}"
        names = [(f"u{first}_a{k}", bits(flow, u)) for k, (u, _) in enumerate(path.reads[first])]
        for k, (name, count) in enumerate(names):
            yield f"  logic {_range(count)}{name};"
            yield f"  assign {name} = {_chosen(path, members, size, k)};"
        yield f"  logic {_range(width)}u{first}_f;"
        yield f"  assign u{first}_f = {_function(flow, first, names)};"
        yield from _shift(f"u{first}_f", f"u{first}_o", width, int(flow.latency[first]), clocked)


def _chosen(path: Datapath, members: Sequence[int], size: int, k: int) -> str:
    """Operand `k` of the operation whose phase it is."""
    *others, last = members
    text = _value(path.flow, *path.reads[last][k])
    for v in reversed(others):
        phase = int(path.schedule.start[v]) % path.interval
        text = f"phase == {size}'d{phase} ? {_value(path.flow, *path.reads[v][k])} : {text}"
    return text


def _registers(clocked: list[tuple[str, str]], cleared: list[tuple[str, str]]) -> Iterator[str]:
    if cleared:
        yield "  always_ff @(posedge clk)"
        yield "    if (rst) begin"
        yield from (f"      {name} <= '0;" for name, _ in cleared)
        yield "    end else if (!hold) begin"
        yield from (f"      {name} <= {source};" for name, source in cleared)
        yield "    end"
    if clocked:
        yield "  always_ff @(posedge clk)"
        yield "    if (!hold) begin"
        yield from (f"      {name} <= {source};" for name, source in clocked)
        yield "    end"


# --- the unscheduled function ---------------------------------------------------------------------------------------------


def _reference(
    module: str,
    path: Datapath,
    inputs: tuple[tuple[str, int], ...],
    outputs: tuple[tuple[str, int], ...],
    ports: Ports,
) -> Iterator[str]:
    """All operations in one cycle; where iterations read earlier ones, registers that move with ``step``."""
    flow = path.flow
    yield f"// the function that {flow.name} computes in each iteration, without a schedule"
    yield f"module {module} ("
    if path.recurrent:
        yield "  input  logic clk, rst, step,"
    rows = [f"  input  logic {_range(width)}{name}" for name, width in inputs]
    yield ",\n".join([*rows, *(f"  output logic {_range(width)}{name}" for name, width in outputs)]) + "\n);"
    yield from _declarations_first([*_reference_body(path, ports)])
    yield "endmodule"


def _reference_body(path: Datapath, ports: Ports) -> Iterator[str]:
    flow, past = path.flow, past_values(path)
    moves: list[tuple[str, str]] = []
    for u, far in past:
        yield from _shift(f"v{u}", f"v{u}_h", int(flow.width[u]), far, moves)
    distances = _read_distances(path)
    for v in topological(flow):
        if flow.width[v] == 0 or flow.kinds[v] == "const":
            continue
        width = int(flow.width[v])
        yield f"  logic {_range(width)}v{v};  // {flow.names[v]} ({flow.kinds[v]})"
        names = [(f"v{v}_a{k}", bits(flow, u)) for k, (u, _) in enumerate(path.reads[v])]
        for (name, size), (u, _), k in zip(names, path.reads[v], distances[v], strict=True):
            yield f"  logic {_range(size)}{name};"
            yield f"  assign {name} = {f'v{u}_h{k}' if k else _value(flow, u, 0)};"
        yield f"  assign v{v} = {_function(flow, v, names) if names else ports.inputs[v]};"
    yield from (f"  assign {ports.outputs[v]} = v{v};" for v in path.outputs)
    if moves:
        yield "  always_ff @(posedge clk)"
        yield "    if (rst) begin"
        yield from (f"      {name} <= '0;" for name, _ in moves)
        yield "    end else if (step) begin"
        yield from (f"      {name} <= {source};" for name, source in moves)
        yield "    end"


def _read_distances(path: Datapath) -> list[list[int]]:
    """Distances of the operands, in the order of `path.reads`."""
    flow = path.flow
    ready = path.schedule.start + flow.latency
    return [
        [
            0 if flow.kinds[u] == "const" else (int(ready[u]) + stage - int(path.schedule.start[v])) // path.interval
            for u, stage in reads
        ]
        for v, reads in enumerate(path.reads)
    ]


def past_values(path: Datapath) -> list[tuple[int, int]]:
    """Operations whose values later iterations read, each with how many iterations later at most."""
    far: dict[int, int] = {}
    for reads, distances in zip(path.reads, _read_distances(path), strict=True):
        for (u, _), k in zip(reads, distances, strict=True):
            if k:
                far[u] = max(far.get(u, 0), k)
    return list(far.items())


def _range(width: int) -> str:
    return f"[{width - 1}:0] " if width > 1 else ""
