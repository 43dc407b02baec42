"""Shapes of everything in a model, by ONNX's own inference."""

from __future__ import annotations

from typing import Any

from accelsim.errors import SpecError
from accelsim.interchange.extras import optional
from accelsim.interchange.places import refusal

INTEGERS = frozenset({0, 6, 7})
"""TensorProto.DataType of values that shapes are computed from (int32, int64), or unknown."""

MAX_LENGTH = 1_000_000
"""Values of one tensor that inference may follow."""


def inferred(model: Any) -> Any:
    """Return the model with its functions written out and with all shapes that can be inferred.

    Raises
    ------
    SpecError
        If inference fails as a whole.
    """
    inference = optional("onnx.shape_inference", "onnx")
    _weights_as_inputs(model)
    try:
        if model.functions:
            model = optional("onnx.inliner", "onnx").inline_local_functions(model)
        model = inference.infer_shapes(model)
        if _longest(model) <= MAX_LENGTH:
            model = inference.infer_shapes(model, data_prop=True)
    except (inference.InferenceError, RuntimeError, ValueError, TypeError) as fault:
        raise _failed(fault) from None
    return model


def _failed(fault: Exception) -> SpecError:
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return refusal(f"shapes cannot be inferred: {lines[0][:200] if lines else 'no reason given'}")


def _weights_as_inputs(model: Any) -> None:
    """Declare the type of every tensor whose values were left out as that of an input.

    Inference reads values of initializers, and would find none.
    """
    declared = {value.name for value in model.graph.input}
    kept = []
    for tensor in model.graph.initializer:
        if any(tensor.dims) and not _has_values(tensor):
            if tensor.name not in declared:
                value = model.graph.input.add()
                value.name = tensor.name
                value.type.tensor_type.elem_type = tensor.data_type
                for size in tensor.dims:
                    value.type.tensor_type.shape.dim.add().dim_value = size
        else:
            kept.append(tensor)
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _has_values(tensor: Any) -> bool:
    fields = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
    return bool(tensor.raw_data) or any(getattr(tensor, name) for name in fields)


def _longest(model: Any) -> int:
    """Return a bound of the values that inference would follow in one tensor.

    It keeps integers that may become shapes; only a concatenation has more of them than what it
    reads, and a chain of these has exponentially many.
    """
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    lengths: dict[str, int] = {}
    for tensor in model.graph.initializer:
        lengths[tensor.name] = len(tensor.raw_data) + len(tensor.int64_data)
    longest = 0
    for node in model.graph.node:
        read = [lengths.get(name, 0) for name in node.input]
        length = sum(read) if node.op_type == "Concat" else max(read, default=0)
        for name in node.output:
            if types.get(name, 0) in INTEGERS:
                lengths[name] = max(length, 512)
                longest = max(longest, length)
    return longest
