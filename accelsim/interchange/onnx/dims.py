"""Dims that a model leaves open, given by whoever imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accelsim.errors import Problem, SpecError
from accelsim.interchange.onnx.sound import MAX_DIM
from accelsim.interchange.places import quoted
from accelsim.specs.fields import one_of, suggestion


def with_dims(model: Any, dims: Mapping[str, int]) -> Any:
    """Return the model with a size for every dim of its inputs.

    Raises
    ------
    SpecError
        If a dim is left without a size, or a name means none.
    """
    known: set[str] = set()
    missing: dict[str, str] = {}
    problems: list[Problem] = []
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    for value in inputs:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            place = f"{value.name}.{axis}"
            known.add(place)
            name = dim.dim_param or place
            known.add(name)
            stated = dims.get(place, dims.get(dim.dim_param) if dim.dim_param else None)
            if stated is not None:
                dim.dim_value = stated
            elif not dim.HasField("dim_value"):
                missing.setdefault(name, value.name)
            elif dim.dim_value == 0:
                what = f"input {quoted(value.name)} has no values: its dim {axis} is 0"
                problems.append(Problem(what, expected="1 to 2^40"))
    for name, size in dims.items():
        if name not in known:
            names = [*dict.fromkeys(_open_names(inputs))]
            expected = one_of(names) if names else "none: every dim of its inputs has a size"
            problems.append(
                Problem(f"no dim {quoted(name)}", expected=expected, hint=suggestion(name, names))
            )
        elif not 1 <= size <= MAX_DIM:
            problems.append(Problem(f"dim {quoted(name)} is {size}", expected="1 to 2^40"))
    if missing:
        listed = ", ".join(f"{quoted(name)} (of {value})" for name, value in missing.items())
        sizes = ",".join(f"{name}=1" for name in missing)
        what = f"dims without a size: {listed}"
        hint = f"give them after a colon, as in MODEL.onnx:{sizes}"
        problems.append(Problem(what, hint=hint))
    if problems:
        raise SpecError(problems)
    if dims:
        _forget_shapes(model)
    return model


def _open_names(inputs: list[Any]) -> list[str]:
    return [
        dim.dim_param or f"{value.name}.{axis}"
        for value in inputs
        for axis, dim in enumerate(value.type.tensor_type.shape.dim)
        if dim.dim_param or not dim.HasField("dim_value")
    ]


def _forget_shapes(model: Any) -> None:
    """Drop the shapes that the file states of what nodes write: they may be of other sizes."""
    del model.graph.value_info[:]
    for value in model.graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
