"""Zeros among the weights of a model, as the densities of a workload."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np

from accelsim.interchange.lowering.lower import Lowered
from accelsim.interchange.onnx.read import open_model
from accelsim.interchange.onnx.wire import RAW_DATA, Payload
from accelsim.interchange.places import in_file

TYPES = {1: "<f4", 2: "<u1", 3: "<i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
"""TensorProto.DataType -> numpy type of raw data."""

TYPED_DATA = {4: "<f4", 10: "<f8"}
"""Field of a tensor that holds values of one type -> that type (float_data, double_data)."""


def with_densities(path: Path, lowered: Lowered) -> dict[str, object]:
    """Return a workload whose layers state the fraction of their weights that is not zero.

    Only weights that stand in the file as they are used are looked at: those of another file, or
    that nodes compute, have no density.
    """
    model = open_model(path)
    types = {tensor.name: tensor.data_type for tensor in model.proto.graph.initializer}
    found: dict[str, dict[str, float]] = {}
    with (
        in_file(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw,
    ):
        for (layer, tensor), value in lowered.weights.items():
            payload = model.skimmed.values.get(value)
            density = payload and _density(raw, payload, types.get(value, 0))
            if density is not None:
                found.setdefault(layer, {})[tensor] = density
    layers = lowered.data["layers"]
    assert isinstance(layers, list)
    stated = [
        {**layer, "density": found[layer["name"]]} if layer["name"] in found else layer
        for layer in layers
    ]
    return {**lowered.data, "layers": stated}


def _density(raw: mmap.mmap, payload: Payload, data_type: int) -> float | None:
    """Return the fraction of values that are not zero; None for types that are not looked at."""
    kind = TYPES.get(data_type) if payload.field == RAW_DATA else TYPED_DATA.get(payload.field)
    if kind is None:
        return None
    values = np.frombuffer(raw[payload.start : payload.stop], dtype=kind)
    return round(float(np.count_nonzero(values) / values.size), 6) if values.size else None
