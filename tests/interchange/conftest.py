"""Fixtures of tests of foreign files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import accelsim as acs
from accelsim.workload.records import Network

if TYPE_CHECKING:
    from tests.interchange.small_graphs import Imports


@pytest.fixture
def imports(tmp_path: Path) -> Imports:
    """Return a function that writes a model and reads it as a network."""
    from tests.interchange.models import model, written  # skips what needs onnx, nothing else

    def read(*words: Any, dims: str = "", **more: Any) -> Network:
        file = written(tmp_path, model(*words, **more))
        network = acs.load(f"{file}:{dims}" if dims else file)
        assert isinstance(network, Network)
        return network

    return read
