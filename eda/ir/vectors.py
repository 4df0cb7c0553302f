"""Input vectors for bit-parallel simulation: bit k of word w is vector ``64*w + k``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eda.errors import UsageError
from eda.ir.netlist import Netlist

Words = npt.NDArray[np.uint64]

WORD = 64
ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def pack(values: Sequence[int] | npt.NDArray[Any], width: int) -> Words:
    """Words ``[width, ceil(len(values) / 64)]`` of unsigned integers, bit 0 in row 0; vectors beyond the last are 0.

    Raises `UsageError` for a value that does not fit in `width` bits.
    """
    for value in values:
        if not 0 <= int(value) < 1 << width:
            raise UsageError(f"the value {value} does not fit in {width} unsigned bits")
    size = -(-width // 8)
    raw = b"".join(int(v).to_bytes(size, "little") for v in values)
    bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(len(values), size), axis=1, count=width, bitorder="little")
    padded = np.zeros((width, -(-len(values) // WORD) * WORD), dtype=np.uint8)
    padded[:, : len(values)] = bits.T
    return _words(padded)


def unpack(words: Words, count: int) -> list[int]:
    """The first `count` vectors of ``words [width, W]`` as unsigned integers: the inverse of `pack`."""
    raw = np.ascontiguousarray(words, dtype="<u8").view(np.uint8).reshape(len(words), words.shape[1] * 8)
    bits = np.unpackbits(raw, axis=1, count=count, bitorder="little")
    return [int.from_bytes(row, "little") for row in np.packbits(bits.T, axis=1, bitorder="little")]


def random_vectors(netlist: Netlist, words: int, seed: int = 1) -> dict[str, Words]:
    """Independent fair random bits for every input port: ``{port: [width, words]}``."""
    rng = np.random.default_rng(seed)
    return {p.name: rng.integers(0, ONES, (p.width, words), dtype=np.uint64, endpoint=True) for p in netlist.inputs}


def random_streams(netlist: Netlist, cycles: int, *, words: int = 1, seed: int = 1, toggle: float = 0.2) -> dict[str, Words]:
    """Random input sequences for `simulate_cycles`: ``{port: [cycles, width, words]}``, 64 * words independent streams.

    Each bit starts as a fair coin and changes from one cycle to the next with the probability `toggle`.
    """
    rng = np.random.default_rng(seed)
    streams = {}
    for port in netlist.inputs:
        change = rng.random((cycles, port.width, words * WORD)) < toggle
        change[:1] = rng.random((1, port.width, words * WORD)) < 0.5
        streams[port.name] = _words(np.bitwise_xor.accumulate(change, axis=0))
    return streams


def _words(bits: npt.NDArray[Any]) -> Words:
    """Bits ``[..., 64 * W]`` as words ``[..., W]``."""
    return np.packbits(bits, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)
