"""MACs of a convolutional network, counted a second time: its shapes are found anew, node by node.

Only operators that the light models have are known here; no shape inference of ONNX is used.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from tests.interchange.models import onnx

Shape = tuple[int, ...]

SAME = (
    *("Relu", "LRN", "Dropout", "Softmax", "BatchNormalization", "Sum", "Add", "Mul"),
    "GlobalAveragePool",
)


class Counted(NamedTuple):
    macs: dict[str, int]
    """Name of a node -> its multiply-accumulates."""
    weights: dict[str, int]
    shapes: dict[str, Shape]


def count(model: Any) -> Counted:
    """Walk a graph from its input on."""
    held = {its.name: onnx.numpy_helper.to_array(its) for its in model.graph.initializer}
    shapes: dict[str, Shape] = {name: array.shape for name, array in held.items()}
    for value in model.graph.input:
        its = value.type.tensor_type.shape.dim
        shapes.setdefault(value.name, tuple(dim.dim_value for dim in its))
    found = Counted({}, {}, shapes)
    for node in model.graph.node:
        attributes = {its.name: onnx.helper.get_attribute_value(its) for its in node.attribute}
        read = [shapes[name] for name in node.input]
        written = _written(node.op_type, read, attributes, [held.get(name) for name in node.input])
        shapes[node.output[0]] = written
        if node.op_type in ("Conv", "Gemm"):
            weights = read[1]
            inner = prod(weights[1:]) if node.op_type == "Conv" else prod(read[0][1:])
            found.macs[node.name or node.output[0]] = prod(written) * inner
            found.weights[node.name or node.output[0]] = prod(weights)
    return found


def _written(op: str, read: list[Shape], attributes: dict[str, Any], values: list[Any]) -> Shape:
    x = read[0]
    if op in ("Conv", "MaxPool", "AveragePool"):
        kernel = read[1][2:] if op == "Conv" else tuple(attributes["kernel_shape"])
        return (x[0], read[1][0] if op == "Conv" else x[1], *_slid(x, kernel, attributes))
    if op == "GlobalAveragePool":
        return (*x[:2], 1, 1)
    if op == "ConstantOfShape":
        return tuple(int(size) for size in values[0])
    if op == "Concat":
        axis = attributes["axis"]
        return (*x[:axis], sum(shape[axis] for shape in read), *x[axis + 1 :])
    if op == "Transpose":
        return tuple(x[axis] for axis in attributes["perm"])
    if op == "Unsqueeze":
        made = list(x)
        for axis in attributes["axes"]:
            made.insert(axis, 1)
        return tuple(made)
    if op == "Reshape":
        wanted = [int(size) or x[axis] for axis, size in enumerate(values[1])]
        rest = prod(size for size in wanted if size != -1)
        return tuple(prod(x) // rest if size == -1 else size for size in wanted)
    if op == "Gemm":
        rows = x[1] if attributes.get("transA") else x[0]
        return rows, read[1][0] if attributes.get("transB") else read[1][1]
    assert op in SAME, op
    return x


def _slid(x: Shape, kernel: Shape, attributes: dict[str, Any]) -> list[int]:
    strides = attributes.get("strides", [1, 1])
    pads = attributes.get("pads", [0, 0, 0, 0])
    assert attributes.get("auto_pad", b"NOTSET") == b"NOTSET"
    assert set(attributes.get("dilations", [1])) == {1}
    sides = [x[2] + pads[0] + pads[2], x[3] + pads[1] + pads[3]]
    return [
        len(range(0, side - filter_side + 1, stride))
        for side, filter_side, stride in zip(sides, kernel, strides, strict=True)
    ]
