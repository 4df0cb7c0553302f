"""Neural networks (``.onnx``) as data-flow graphs: a small reader of the parts of the protobuf that a schedule needs.

Every node of the graph is an operation of latency 1 whose kind is its type, every input of the graph one of kind ``input`` and
latency 0. The width of a result is its size in bytes, all outputs of the node together. Weights are no operations: they stay
where they are. Field numbers are those of ``onnx.proto3``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eda.errors import InputError
from eda.ir.files import read_bytes
from eda.schedule.formats.graph import Collector, Graph

_BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16}
_MODEL_GRAPH, _NODE, _GRAPH_NAME, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO = 7, 1, 2, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_TYPE = 1, 2, 3, 4
_LARGEST = (1 << 31) - 1

Field = tuple[int, int | bytes]


class _Message:
    """The fields of a protobuf message: varints as integers, all others as bytes."""

    def __init__(self, data: bytes, file: object) -> None:
        self.file = file
        self.fields = list(self._read(data))

    def _read(self, data: bytes) -> Iterator[Field]:
        at = 0
        while at < len(data):
            key, at = self._varint(data, at)
            wire = key & 7
            if wire == 0:
                value, at = self._varint(data, at)
                yield key >> 3, value
                continue
            if wire == 2:
                size, at = self._varint(data, at)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                raise InputError(f"expected an ONNX model, found the protobuf wire type {wire}", file=self.file)
            if at + size > len(data):
                raise InputError("expected an ONNX model, the file ends within a field", file=self.file)
            yield key >> 3, data[at : at + size]
            at += size

    def _varint(self, data: bytes, at: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if at == len(data):
                raise InputError("expected an ONNX model, the file ends within a number", file=self.file)
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
        raise InputError("expected an ONNX model, found a number that does not end", file=self.file)

    def messages(self, number: int) -> list[_Message]:
        return [_Message(v, self.file) for n, v in self.fields if n == number and isinstance(v, bytes)]

    def texts(self, number: int) -> list[str]:
        return [v.decode("utf-8", "replace") for n, v in self.fields if n == number and isinstance(v, bytes)]

    def text(self, number: int) -> str:
        return (self.texts(number) or [""])[-1]

    def integer(self, number: int) -> int | None:
        return next((v for n, v in reversed(self.fields) if n == number and isinstance(v, int)), None)


def read_onnx(path: str | Path) -> Graph:
    """Read a plain or gzipped model. Operations are called like their nodes, or their first output where they have none.

    Raises `InputError` for a file that is no model, for tensors that no node makes, and for results without a static shape.
    """
    model = _Message(read_bytes(path), path)
    graphs = model.messages(_MODEL_GRAPH)
    if not graphs:
        raise InputError("expected an ONNX model, found no graph in it", file=path)
    graph = graphs[-1]
    sizes = _sizes(graph)
    weights = {t.text(8) for t in graph.messages(_INITIALIZER)}
    found = Collector(path, graph.text(_GRAPH_NAME) or Path(path).name.partition(".")[0])
    maker: dict[str, str] = {}
    for value in graph.messages(_INPUT):
        name = value.text(1)
        if name not in weights:
            found.operation(name, "input", 0, _size(name, sizes, path))
            maker[name] = name
    nodes = graph.messages(_NODE)
    for node in nodes:
        _node(found, node, sizes, maker)
    for node in nodes:
        _edges(found, node, maker, weights)
    return Graph(found.flow())


def _node(found: Collector, node: _Message, sizes: dict[str, int], maker: dict[str, str]) -> None:
    outputs = [name for name in node.texts(_NODE_OUTPUT) if name]
    name = node.text(_NODE_NAME) or (outputs[0] if outputs else f"node{len(found.names)}")
    size = sum(_size(output, sizes, found.file) for output in outputs)
    if size > _LARGEST:
        raise InputError(f"the results of node {name} have {size} bytes, at most {_LARGEST} can be counted", file=found.file)
    found.operation(name, node.text(_NODE_TYPE), 1, size)
    maker.update(dict.fromkeys(outputs, name))


def _edges(found: Collector, node: _Message, maker: dict[str, str], weights: set[str]) -> None:
    outputs = [name for name in node.texts(_NODE_OUTPUT) if name]
    target = node.text(_NODE_NAME) or (maker[outputs[0]] if outputs else "")
    for operand, name in enumerate(node.texts(_NODE_INPUT)):
        if not name or name in weights:
            continue
        if name not in maker:
            raise InputError(f"node {target} reads {name!r}, which no node of the graph makes", file=found.file)
        found.edge(maker[name], target, operand)


def _sizes(graph: _Message) -> dict[str, int]:
    """Bytes of every tensor whose shape is known and has no free dimension."""
    sizes: dict[str, int] = {}
    for number in (_INPUT, _OUTPUT, _VALUE_INFO):
        for value in graph.messages(number):
            for tensor in (t for kind in value.messages(2) for t in kind.messages(1)):
                shapes = tensor.messages(2)
                dims = [d.integer(1) for s in shapes for d in s.messages(1)]
                bits = _BITS.get(tensor.integer(1) or 0)
                if shapes and bits and all(d is not None for d in dims):
                    size = bits
                    for d in dims:
                        size *= d or 0
                    sizes[value.text(1)] = -(-size // 8)
    return sizes


def _size(name: str, sizes: dict[str, int], file: object) -> int:
    if name not in sizes:
        raise InputError(f"expected a static shape of the tensor {name}; infer the shapes of the model first", file=file)
    return sizes[name]
