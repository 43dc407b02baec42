"""The bytes of a model without its weights.

A model may hold gigabytes of weights, of which only shapes matter here, and a hostile one may claim
any number of anything.  So the protocol-buffers wire format is walked first: payloads of large
tensors and texts for people are left out, what is kept is limited, and only that is then parsed.
Field numbers are those of onnx.proto (onnx/onnx.proto in the ONNX repository).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Literal, NamedTuple

from accelsim.errors import Problem, SpecError

MAX_KEPT_BYTES = 32 * 2**20
"""Of a model without weights; parsed, it takes some ten times as much memory."""

MAX_NODES = 50_000
MAX_FIELDS = 400_000
MAX_DEPTH = 40
"""Graphs inside graphs; parsers of protocol buffers end at 100 messages inside each other."""

SMALL_TENSOR_BYTES = 4096
"""A tensor that is not larger may be a shape that decides other shapes, and keeps its values."""

Message = Literal["model", "graph", "node", "attribute", "tensor", "sparse", "function"]

INSIDE: dict[Message, dict[int, Message]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Message -> field number -> the message that the field holds."""

DROPPED: dict[Message, frozenset[int]] = {
    "model": frozenset({6, 14, 20}),  # doc_string, metadata_props, training_info
    "graph": frozenset({10, 14, 16}),  # doc_string, quantization_annotation, metadata_props
    "function": frozenset({8, 14}),  # doc_string, metadata_props
    "node": frozenset({6, 9}),  # doc_string, metadata_props
    "attribute": frozenset({13}),  # doc_string
    "tensor": frozenset({12, 16}),  # doc_string, metadata_props
    "sparse": frozenset(),
}
"""What says nothing of shapes."""

PAYLOAD = frozenset({4, 5, 6, 7, 9, 10, 11})
"""Fields of a tensor that hold its values."""

RAW_DATA, TENSOR_NAME = 9, 8

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Payload(NamedTuple):
    """Where the values of a tensor stand in the file, in bytes, and in which field."""

    start: int
    stop: int
    field: int


@dataclass
class Skimmed:
    """A model without large payloads; ``values`` says where those of its initializers stand."""

    model: bytes
    values: dict[str, Payload] = field(default_factory=dict)


_Field = tuple[int, int, int, int, int]
"""Number, kind, first byte of the key, first byte of the value (behind its length), end."""


def skim(raw: bytes | mmap) -> Skimmed:
    """Return a model without the values of its large tensors.

    Raises
    ------
    SpecError
        If the bytes are no protocol buffers, or claim more than is read.
    """
    skimmer = _Skimmer(raw)
    return Skimmed(skimmer.message("model", 0, len(raw), 0), skimmer.values)


class _Skimmer:
    def __init__(self, raw: bytes | mmap) -> None:
        self.raw = raw
        self.fields = 0
        self.nodes = 0
        self.kept = 0
        self.values: dict[str, Payload] = {}

    def message(self, kind: Message, start: int, stop: int, depth: int) -> bytes:
        """Return the message in ``raw[start:stop]`` without what is dropped."""
        if depth > MAX_DEPTH:
            raise _refused(f"graphs are nested more than {MAX_DEPTH} deep")
        parts: list[bytes] = []
        inside, dropped = INSIDE[kind], DROPPED[kind]
        for number, wire, key, body, end in self.fields_of(start, stop):
            if number in dropped:
                continue
            if wire != BYTES or number not in inside:
                parts.append(self.keep(key, end))
                continue
            held = inside[number]
            if held == "node":
                self.nodes += 1
                if self.nodes > MAX_NODES:
                    raise _refused(f"more than {MAX_NODES:,} nodes")
            if held == "tensor":
                inner = self.tensor(body, end, initializer=kind == "graph" and depth == 1)
            else:
                inner = self.message(held, body, end, depth + 1)
            parts += (_varint(number << 3 | BYTES), _varint(len(inner)), inner)
        return b"".join(parts)

    def tensor(self, start: int, stop: int, initializer: bool) -> bytes:
        """Return a tensor; without its values if they are long."""
        small = stop - start <= SMALL_TENSOR_BYTES
        if small and not initializer:
            return self.keep(start, stop)
        parts: list[bytes] = []
        name, payload = "", None
        for number, wire, key, body, end in self.fields_of(start, stop):
            if number in PAYLOAD:
                if wire == BYTES:
                    payload = Payload(body, end, number)
            elif number not in DROPPED["tensor"]:
                parts.append(self.keep(key, end))
            if number == TENSOR_NAME and wire == BYTES:
                name = bytes(self.raw[body:end]).decode("utf-8", "replace")
        if initializer and payload is not None:
            self.values[name] = payload
        return self.keep(start, stop) if small else b"".join(parts)

    def keep(self, start: int, stop: int) -> bytes:
        self.kept += stop - start
        if self.kept > MAX_KEPT_BYTES:
            raise _refused(f"more than {MAX_KEPT_BYTES >> 20} MiB besides weights")
        return bytes(self.raw[start:stop])

    def fields_of(self, start: int, stop: int) -> Iterator[_Field]:
        raw, position = self.raw, start
        while position < stop:
            self.fields += 1
            if self.fields > MAX_FIELDS:
                raise _refused(f"more than {MAX_FIELDS:,} fields besides values of weights")
            first = position
            key = raw[position]
            position += 1
            if key > 127:
                key, position = self.varint(first, stop)
            wire, body = key & 7, position
            if wire == BYTES:
                length, body = self.varint(position, stop)
                position = body + length
            elif wire == VARINT:
                _, position = self.varint(position, stop)
            elif wire in (FIXED64, FIXED32):
                position += 8 if wire == FIXED64 else 4
            else:
                raise _refused(f"field of kind {wire} at byte {first:,}")
            if key < 8:
                raise _refused(f"field without a number at byte {first:,}")
            if position > stop:
                missing = "the file ends" if stop == len(raw) else "what it is part of ends"
                raise _refused(f"a field at byte {first:,} goes on where {missing}")
            yield key >> 3, wire, first, body, position

    def varint(self, position: int, stop: int) -> tuple[int, int]:
        """Return the number at a position, and the position behind it."""
        raw, value, shift = self.raw, 0, 0
        while position < stop:
            byte = raw[position]
            position += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, position
            shift += 7
            if shift > 63:
                raise _refused(f"number of more than 10 bytes at byte {position - shift // 7:,}")
        raise _refused("the file ends in the middle of a number")


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _refused(what: str) -> SpecError:
    return SpecError([Problem(f"not an ONNX model that can be read: {what}")])
