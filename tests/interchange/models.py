"""Small ONNX models, made with ``onnx.helper``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")

FLOAT, INT8, UINT8, INT32, INT64 = 1, 3, 2, 6, 7

Shape = Sequence[int | str | None]


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """Return a node; names are separated by spaces, and ``-`` is an input that is left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    return onnx.helper.make_node(op, names, outputs.split(), name=f"{op}.0", **attributes)


def named(name: str, made: Any) -> Any:
    made.name = name
    return made


def weights(name: str, shape: Sequence[int], kind: int = FLOAT) -> Any:
    """Return weights whose values are in another file, which does not exist."""
    tensor = onnx.TensorProto(name=name, data_type=kind, dims=shape, data_location=1)
    tensor.external_data.add(key="location", value="weights.bin")
    return tensor


def model(
    nodes: Sequence[Any],
    inputs: Mapping[str, Shape],
    held: Mapping[str, Sequence[int]] | None = None,
    outputs: Sequence[str] = ("y",),
    *,
    kinds: Mapping[str, int] | None = None,
    opset: int = 18,
    tensors: Sequence[Any] = (),
    functions: Sequence[Any] = (),
    value_info: Sequence[Any] = (),
    domains: Sequence[str] = ("custom",),
) -> Any:
    """Return a model; ``held`` gives shapes of weights, ``kinds`` types other than float."""
    kinds = kinds or {}
    graph = onnx.helper.make_graph(
        list(nodes),
        "graph",
        [
            onnx.helper.make_tensor_value_info(name, kinds.get(name, FLOAT), shape)
            for name, shape in inputs.items()
        ],
        [
            onnx.helper.make_tensor_value_info(name, kinds.get(name, FLOAT), None)
            for name in outputs
        ],
        [
            *(weights(name, shape, kinds.get(name, FLOAT)) for name, shape in (held or {}).items()),
            *tensors,
        ],
        value_info=list(value_info),
    )
    opsets = [onnx.helper.make_opsetid("", opset)]
    opsets += (onnx.helper.make_opsetid(domain, 1) for domain in domains)
    return onnx.helper.make_model(graph, opset_imports=opsets, functions=list(functions))


def written(folder: Path, made: Any, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return path
