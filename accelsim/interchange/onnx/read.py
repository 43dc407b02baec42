"""ONNX files -> :class:`~accelsim.interchange.graph.Graph`.

Weights are never loaded, and no other file is opened: only shapes matter.  They are those of ONNX's
own shape inference.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

from accelsim.files_read import note_file
from accelsim.interchange.extras import optional
from accelsim.interchange.graph import Graph
from accelsim.interchange.onnx import sound
from accelsim.interchange.onnx.dims import with_dims
from accelsim.interchange.onnx.order import put_in_order
from accelsim.interchange.onnx.shapes import inferred
from accelsim.interchange.onnx.translate import graph_of
from accelsim.interchange.onnx.wire import Skimmed, skim
from accelsim.interchange.places import in_file, refusal

EXTRA = "onnx"


@dataclass(frozen=True)
class Model:
    """A parsed model without the values of its weights; ``skimmed`` knows where these stand."""

    path: Path
    proto: Any
    skimmed: Skimmed


def read_onnx(path: str | Path, dims: Mapping[str, int] | None = None) -> Graph:
    """Read a model as a graph with shapes.

    Parameters
    ----------
    dims : mapping of str to int
        Sizes of dims that the file leaves open, by their names (``batch``); those without a name,
        and others to be changed, by input and axis (``data.0``).

    Raises
    ------
    SpecError
        If the file cannot be read, makes no sense, or has dims without a size.
    MissingExtraError
        If ``onnx`` is not installed.
    """
    model = open_model(path)
    with in_file(model.path):
        weights = frozenset(weights_of(model.proto))
        return graph_of(inferred(with_dims(model.proto, dims or {})), weights, model.path)


def open_model(path: str | Path) -> Model:
    """Read and check a file.

    Raises
    ------
    SpecError
        If it cannot be read or makes no sense.
    MissingExtraError
        If ``onnx`` is not installed.
    """
    path = Path(path)
    with in_file(path):
        skimmed = _skimmed(path)
        onnx = optional("onnx", EXTRA)
        message = optional("google.protobuf.message", EXTRA)
        try:
            proto = onnx.ModelProto.FromString(skimmed.model)
        except (message.DecodeError, UnicodeDecodeError) as fault:
            raise refusal(f"not an ONNX model that can be read: {fault}") from None
        sound.check(proto)
        put_in_order(proto.graph)
    return Model(path, proto, skimmed)


def weights_of(proto: Any) -> Iterator[str]:
    """Yield the names of the tensors that a model gives values of, here or in another file."""
    yield from (tensor.name for tensor in proto.graph.initializer)
    yield from (tensor.values.name for tensor in proto.graph.sparse_initializer)


def _skimmed(path: Path) -> Skimmed:
    try:
        note_file(path)
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise refusal("this is not a regular file")
        if status.st_size == 0:
            raise refusal("the file is empty")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return skim(raw)
    except OSError as fault:
        reason = fault.strerror.lower() if fault.strerror else str(fault)
        raise refusal(f"cannot be read: {reason}") from None
    except ValueError:
        raise refusal("cannot be read: not a path") from None
