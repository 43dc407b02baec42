"""What tests of small graphs share."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import accelsim as acs
from accelsim.workload.records import Layer, Network
from tests.interchange.models import written

Imports = Callable[..., Network]


def imports_of(made: Any) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        network = acs.load(written(Path(folder), made))
    assert isinstance(network, Network)
    return network


def words(layer: Layer) -> dict[str, int]:
    return {tensor.name: layer.tensor_words(tensor) for tensor in layer.tensors}


def only(network: Network) -> Layer:
    (layer,) = network.layers
    return layer


def bits(layer: Layer) -> dict[str, int]:
    return {tensor.name: tensor.bits for tensor in layer.tensors}
