"""Dims by name, densities, selections, and the package that reads models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import accelsim as acs
from accelsim.errors import MissingExtraError, SpecError, UsageError
from accelsim.interchange import extras
from accelsim.workload.records import Network
from tests.interchange.models import (
    INT8,
    INT32,
    INT64,
    UINT8,
    model,
    named,
    node,
    onnx,
    weights,
    written,
)
from tests.interchange.small_graphs import Imports, bits, only


def test_dims_by_name_and_by_place(imports: Imports) -> None:
    made, held = [node("MatMul", "x w", "y")], {"w": (8, 3)}
    network = imports(made, {"x": ("batch", None, 8)}, held, dims="batch=4,x.1=2*5")
    assert only(network).bounds["N"] == 40
    assert network.inputs == (("x", 320),)
    assert only(imports(made, {"x": (1, 8)}, held, dims="x.0=6")).bounds["N"] == 6


def test_a_dim_that_is_not_there(imports: Imports) -> None:
    made, shapes, held = [node("MatMul", "x w", "y")], {"x": ("batch", 8)}, {"w": (8, 3)}
    with pytest.raises(
        SpecError, match=r"no dim 'bach'; expected 'batch'(.|\n)*dims without a size"
    ):
        imports(made, shapes, held, dims="bach=4")
    with pytest.raises(SpecError, match="dim 'batch' is 0; expected 1 to 2\\^40"):
        imports(made, shapes, held, dims="batch=0")


def test_zeros_become_densities(tmp_path: Path) -> None:
    """Of 288 weights, 72 are zero; of 24, 6; weights of another file have no density."""
    array = np.ones((8, 4, 3, 3), "float32")
    array[:2] = 0
    small = np.ones((6, 4), "int8")
    small[0], small[1, :2] = 0, 0
    made = [
        node("Conv", "x w", "a"),
        named("all", node("GlobalAveragePool", "a", "b")),
        named("flat", node("Flatten", "b", "c")),
        node("Gemm", "c far", "d"),
        named("small", node("Gemm", "d near", "e")),
        named("typed", node("Gemm", "e floats", "y")),
    ]
    floats = onnx.helper.make_tensor("floats", 1, (4, 2), [0.0, 1.0] * 4)
    tensors = [
        onnx.numpy_helper.from_array(array, "w"),
        onnx.numpy_helper.from_array(small, "near"),
        weights("far", (8, 6)),
        floats,
    ]
    file = written(tmp_path, model(made, {"x": (1, 4, 8, 8)}, tensors=tensors))
    dense = acs.import_("onnx", file).network
    sparse = acs.import_("onnx", file, densities=True).network
    assert {t.density for layer in dense.layers for t in layer.tensors} == {1.0}
    found = {
        layer.name: next(t.density for t in layer.tensors if t.role == "Weights")
        for layer in sparse.layers
        if layer.op == "mac"
    }
    assert found == {"Conv.0": 0.75, "Gemm.0": 1.0, "small": 0.75, "typed": 0.5}


def test_overrides_and_selection(tmp_path: Path) -> None:
    made = [node("Conv", "x w", "c"), named("soft", node("Softmax", "c", "y"))]
    file = written(tmp_path, model(made, {"x": (1, 4, 8, 8)}, {"w": (8, 4, 3, 3)}))
    network = acs.load(f"{file}:Conv*", overrides=["Conv.0.bits.weights=4"])
    assert isinstance(network, Network)
    assert bits(only(network)) == {"Weights": 4, "Inputs": 16, "Outputs": 16}
    with pytest.raises(SpecError, match=r"no layer 'Cov\*' in model"):
        acs.load(f"{file}:Cov*")
    assert acs.check(file)[0].kind == "workload"
    assert acs.show(str(file)) == acs.import_("onnx", file).text


def test_a_format_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown format 'tflite'; expected one of onnx, torch"):
        acs.import_("tflite", tmp_path / "x")


def test_a_file_is_imported_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'conv\*' selects layers, but a file is imported as a"):
        acs.import_("onnx", f"{tmp_path / 'x.onnx'}:conv*")


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name.split(".")[0])

    monkeypatch.setattr(extras, "import_module", missing)
    file = written(tmp_path, model([node("Relu", "x", "y")], {"x": (1, 2)}))
    with pytest.raises(
        MissingExtraError, match=r"this needs onnx; `pip install 'accelsim\[onnx\]'`"
    ):
        acs.load(file)


def test_a_package_that_is_broken_is_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise ModuleNotFoundError("No module named 'ml_dtypes'", name="ml_dtypes")

    monkeypatch.setattr(extras, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="ml_dtypes"):
        extras.optional("onnx", "onnx")


def test_the_kinds_of_values() -> None:
    """Types are told by number; these are the numbers of onnx."""
    kinds = onnx.TensorProto
    assert (kinds.FLOAT, kinds.INT8, kinds.UINT8, kinds.INT32, kinds.INT64) == (
        1,
        INT8,
        UINT8,
        INT32,
        INT64,
    )
