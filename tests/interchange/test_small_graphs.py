"""Operators one by one, with layers that were worked out by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accelsim as acs
from accelsim.errors import MissingExtraError, SpecError, UsageError
from accelsim.interchange import extras
from accelsim.workload.records import Edge, Layer, Network
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

Imports = Callable[..., Network]


def imports_of(made: Any) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        network = acs.load(written(Path(folder), made))
    assert isinstance(network, Network)
    return network


@pytest.fixture
def imports(tmp_path: Path) -> Imports:
    """Return a function that writes a model and reads it as a network."""

    def read(*words: Any, dims: str = "", **more: Any) -> Network:
        file = written(tmp_path, model(*words, **more))
        network = acs.load(f"{file}:{dims}" if dims else file)
        assert isinstance(network, Network)
        return network

    return read


def words(layer: Layer) -> dict[str, int]:
    return {tensor.name: layer.tensor_words(tensor) for tensor in layer.tensors}


def only(network: Network) -> Layer:
    (layer,) = network.layers
    return layer


def bits(layer: Layer) -> dict[str, int]:
    return {tensor.name: tensor.bits for tensor in layer.tensors}


# --- windows --------------------------------------------------------------------------------------


def test_a_convolution_of_one_dimension(imports: Imports) -> None:
    """(1, 4, 20) by 8 filters of 5: 16 columns."""
    layer = only(imports([node("Conv", "x w", "y")], {"x": (1, 4, 20)}, {"w": (8, 4, 5)}))
    assert layer.operations == 8 * 4 * 16 * 5
    assert words(layer) == {"Weights": 8 * 4 * 5, "Inputs": 4 * 20, "Outputs": 8 * 16}
    assert (layer.shape, layer.bounds["Q"], layer.bounds["S"]) == ("conv", 16, 5)


def test_a_convolution_of_three_dimensions(imports: Imports) -> None:
    """6 frames of 10 x 12, filters of 3 x 3 x 5, stride 1, 2, 2: 4 x 4 x 4 outputs.

    Along rows 4 outputs with stride 2 and 3 rows touch 9 of 10 rows; along columns, 11 of 12.
    """
    network = imports(
        [node("Conv", "x w", "y", strides=[1, 2, 2])],
        {"x": (2, 3, 6, 10, 12)},
        {"w": (7, 3, 3, 3, 5)},
    )
    layer = only(network)
    assert layer.operations == 2 * 7 * 3 * (4 * 4 * 4) * (3 * 3 * 5)
    assert words(layer) == {
        "Weights": 7 * 3 * 45,
        "Inputs": 2 * 3 * 6 * 9 * 11,
        "Outputs": 2 * 7 * 64,
    }
    assert (layer.shape, layer.group) == ("einsum", "conv")
    assert "windows do not reach all of their (padded) input" in network.assumptions[-1]


def test_three_dimensions_in_groups(imports: Imports) -> None:
    held = {"w": (6, 2, 3, 3, 3)}
    layer = only(imports([node("Conv", "x w", "y", group=2)], {"x": (1, 4, 5, 5, 5)}, held))
    assert layer.operations == 2 * 3 * 2 * 27 * 27
    assert words(layer) == {"Weights": 6 * 2 * 27, "Inputs": 4 * 125, "Outputs": 6 * 27}


def test_dilation(imports: Imports) -> None:
    """3 x 3 filters with dilation 2 reach 5 x 5: 10 x 9 inputs make 6 x 5 outputs."""
    made = [node("Conv", "x w", "y", dilations=[2, 2])]
    layer = only(imports(made, {"x": (1, 4, 10, 9)}, {"w": (8, 4, 3, 3)}))
    assert layer.operations == 8 * 4 * 6 * 5 * 9
    assert words(layer) == {"Weights": 8 * 4 * 9, "Inputs": 4 * 10 * 9, "Outputs": 8 * 6 * 5}


def test_pads_that_are_not_the_same_on_both_sides(imports: Imports) -> None:
    """Rows 8 + 0 + 1, columns 8 + 2 + 3: 3 x 3 filters make 7 x 11 outputs."""
    made = [node("Conv", "x w", "y", pads=[0, 2, 1, 3])]
    layer = only(imports(made, {"x": (1, 4, 8, 8)}, {"w": (8, 4, 3, 3)}))
    assert layer.operations == 8 * 4 * 7 * 11 * 9
    assert words(layer) == {"Weights": 8 * 4 * 9, "Inputs": 4 * 9 * 13, "Outputs": 8 * 7 * 11}


def test_windows_that_tile_their_input_are_patches(imports: Imports) -> None:
    """6 x 8 pixels in patches of 2 x 4: 2 images of 6, each of 3 * 8 words."""
    made = [node("Conv", "x w", "y", strides=[2, 4])]
    layer = only(imports(made, {"x": (2, 3, 6, 8)}, {"w": (5, 3, 2, 4)}))
    assert (layer.shape, layer.bounds) == ("gemm", {"M": 5, "N": 2 * 3 * 2, "K": 3 * 8})
    assert words(layer) == {"Weights": 5 * 24, "Inputs": 2 * 3 * 48, "Outputs": 2 * 5 * 6}


@pytest.mark.parametrize(
    ("size", "weights", "attributes"),
    [
        ((2, 3, 6, 8), (5, 3, 2, 4), {"strides": [2, 3], "pads": [0, 0, 0, 2]}),  # they overlap
        ((2, 3, 7, 8), (5, 3, 2, 4), {"strides": [2, 4]}),  # a row is left
        ((2, 3, 4, 8), (5, 3, 2, 4), {"strides": [2, 4], "pads": [1, 0, 1, 0]}),  # padded
        ((2, 3, 6, 8), (5, 3, 2, 4), {"strides": [2, 4], "dilations": [2, 1]}),
        ((2, 6, 6, 8), (6, 3, 2, 4), {"strides": [2, 4], "group": 2}),
        ((2, 3, 6, 8), (5, 3, 1, 1), {}),
    ],
)
def test_other_windows_are_no_patches(
    imports: Imports, size: tuple[int, ...], weights: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    layer = only(imports([node("Conv", "x w", "y", **attributes)], {"x": size}, {"w": weights}))
    assert layer.shape == "conv"


def test_padding_found_by_onnx(imports: Imports) -> None:
    made = [node("Conv", "x w", "y", auto_pad="SAME_UPPER", strides=[2, 2])]
    layer = only(imports(made, {"x": (1, 4, 9, 9)}, {"w": (8, 4, 3, 3)}))
    assert (layer.bounds["P"], layer.bounds["Q"]) == (5, 5)


def test_groups_and_depthwise(imports: Imports) -> None:
    made = [
        named("groups", node("Conv", "x a", "b", group=2)),
        named("depthwise", node("Conv", "b d", "y", group=6)),
    ]
    network = imports(made, {"x": (1, 4, 8, 8)}, {"a": (6, 2, 3, 3), "d": (12, 1, 3, 3)})
    groups, depthwise = network.layers
    assert (groups.shape, groups.operations) == ("conv", 2 * 3 * 2 * 36 * 9)
    assert (depthwise.shape, depthwise.operations) == ("depthwise", 6 * 2 * 16 * 9)
    assert words(depthwise)["Inputs"] == 6 * 36


def test_pooling(imports: Imports) -> None:
    made = [
        named("max", node("MaxPool", "x", "a", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)),
        named("all", node("GlobalAveragePool", "a", "b")),
        named("mean", node("ReduceMean", "x axes", "c", keepdims=0)),
        named("lrn", node("LRN", "x", "d", size=5)),
        named("join", node("Concat", "b c", "y", axis=1)),
    ]
    axes = onnx.numpy_helper.from_array(np.array([1, 3]), "axes")
    network = imports(made[:4], {"x": (2, 6, 8, 8)}, outputs=["b", "c", "d"], tensors=[axes])
    largest, whole, mean, lrn = network.layers
    assert (largest.op, largest.operations) == ("alu", 2 * 6 * 4 * 4 * 9)
    assert words(whole) == {"Inputs": 2 * 6 * 16, "Outputs": 12}
    assert (mean.operations, words(mean)) == (768, {"Inputs": 768, "Outputs": 2 * 8})
    assert (lrn.operations, words(lrn)) == (768 * 5, {"Inputs": 2 * 10 * 64, "Outputs": 768})


def test_pooling_of_three_dimensions(imports: Imports) -> None:
    made = [node("MaxPool", "x", "y", kernel_shape=[2, 2, 2], strides=[2, 2, 2])]
    layer = only(imports(made, {"x": (1, 3, 4, 6, 8)}))
    assert (layer.op, layer.group, layer.operations) == ("alu", "pool", 3 * 24 * 8)
    assert words(layer) == {"Inputs": 3 * 4 * 6 * 8, "Outputs": 3 * 24}


# --- products -------------------------------------------------------------------------------------


def test_fully_connected(imports: Imports) -> None:
    made = [node("Gemm", "x w b", "y", transB=1)]
    layer = only(imports(made, {"x": (3, 20)}, {"w": (7, 20), "b": (7,)}))
    assert (layer.shape, layer.bounds) == ("fc", {"N": 3, "M": 7, "C": 20})


@pytest.mark.parametrize(
    ("a", "b", "held", "shape", "bounds"),
    [
        ((2, 5, 8), (8, 3), "b", "gemm", {"M": 3, "N": 10, "K": 8}),
        ((3, 8), (2, 8, 5), "a", "gemm", {"M": 3, "N": 10, "K": 8}),
        ((4, 5, 8), (4, 8, 3), "", "bgemm", {"B": 4, "M": 3, "N": 5, "K": 8}),
        # Four queries share a key: [2, 4, 5, 8] x [2, 1, 8, 3].
        ((2, 4, 5, 8), (2, 1, 8, 3), "", "bgemm", {"B": 2, "M": 3, "N": 20, "K": 8}),
        ((8,), (8, 3), "b", "gemm", {"M": 3, "N": 1, "K": 8}),
        ((5, 8), (8,), "", "gemm", {"M": 1, "N": 5, "K": 8}),
    ],
)
def test_products_of_matrices(
    imports: Imports,
    a: tuple[int, ...],
    b: tuple[int, ...],
    held: str,
    shape: str,
    bounds: dict[str, int],
) -> None:
    shapes = {"a": a, "b": b}
    weights_held = {held: shapes.pop(held)} if held else {}
    layer = only(imports([node("MatMul", "a b", "y")], shapes, weights_held))
    assert (layer.shape, layer.bounds) == (shape, bounds)


def test_einsum(imports: Imports) -> None:
    """Z[b, i, l] = A[b, i, j] B[b, j, k] C[k, l], the last one constant."""
    made = [node("Einsum", "a b c", "y", equation="bij,bjk,kl->bil")]
    shapes = {"a": (2, 3, 4), "b": (2, 4, 5)}
    layer = only(imports(made, shapes, {"c": (5, 6)}))
    assert layer.operations == 2 * 3 * 4 * 5 * 6
    assert {t.name: t.role for t in layer.tensors} == {
        "Inputs": "Inputs",
        "Inputs2": "Inputs",
        "Weights": "Weights",
        "Outputs": "Outputs",
    }
    assert words(layer) == {"Inputs": 24, "Inputs2": 40, "Weights": 30, "Outputs": 36}


def test_einsum_without_an_arrow(imports: Imports) -> None:
    layer = only(
        imports([node("Einsum", "a b", "y", equation="ij,jk")], {"a": (2, 3), "b": (3, 4)})
    )
    assert (layer.operations, words(layer)["Outputs"]) == (24, 8)


@pytest.mark.parametrize(
    ("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)], ids=["lstm", "gru", "rnn"]
)
def test_recurrent_layers(imports: Imports, op: str, gates: int) -> None:
    """7 steps of a batch of 2, 5 features, 3 hidden ones, in both directions."""
    network = imports(
        [node(op, "x w r", "y", hidden_size=3, direction="bidirectional")],
        {"x": (7, 2, 5)},
        {"w": (2, gates * 3, 5), "r": (2, gates * 3, 3)},
    )
    assert [layer.name for layer in network.layers] == [
        f"{op}.0.{direction}.{part}"
        for direction in ("forward", "backward")
        for part in ("input", "state", "cell")
    ]
    inputs, state, cell = network.layers[:3]
    assert inputs.operations == gates * 3 * 5 * (7 * 2)
    assert state.operations == gates * 3 * 3 * (7 * 2)
    assert network.macs == 2 * gates * 3 * (5 + 3) * 7 * 2
    assert network.weights == 2 * gates * 3 * (5 + 3)
    assert (cell.op, words(cell)["Outputs"]) == ("alu", 7 * 2 * 3)
    assert "any order" in state.assumptions[0]
    assert Edge("x", inputs.name, "Inputs") in network.edges
    assert {e.source for e in network.edges if e.target == cell.name} == {inputs.name, state.name}


def test_a_recurrent_layer_with_the_batch_first(imports: Imports) -> None:
    made = [node("LSTM", "x w r", "y", hidden_size=3, layout=1)]
    network = imports(made, {"x": (2, 7, 5)}, {"w": (1, 12, 5), "r": (1, 12, 3)})
    assert network.layers[-1].bounds == {"N": 2, "G": 3, "P": 7, "Q": 1}


def test_attention(imports: Imports) -> None:
    """8 queries heads of 16 in 2 key-value heads, 5 tokens over 9."""
    made = [node("Attention", "q k v", "y", q_num_heads=8, kv_num_heads=2)]
    shapes = {"q": (1, 5, 128), "k": (1, 9, 32), "v": (1, 9, 32)}
    scores, softmax, weighted = imports(made, shapes, opset=23).layers
    assert scores.bounds == {"B": 2, "M": 9, "N": 20, "K": 16}
    assert words(softmax) == {"Inputs": 8 * 5 * 9, "Outputs": 8 * 5 * 9}
    assert weighted.bounds == {"B": 2, "M": 16, "N": 20, "K": 9}
    assert scores.operations + weighted.operations == 2 * 8 * 5 * 9 * 16


def test_attention_over_a_cache(imports: Imports) -> None:
    """One new token after 6: what the cache holds is read, and what it will hold is what was read.

    The layer that reads the cache anew reads all of it, and nothing of the attention's result.
    """
    made = [
        named("attend", node("Attention", "q k v - pk pv", "a nk nv")),
        named("again", node("Relu", "nk", "y")),
    ]
    shapes = {"q": (1, 2, 1, 8), "k": (1, 2, 1, 8), "v": (1, 2, 1, 8)}
    shapes |= {"pk": (1, 2, 6, 8), "pv": (1, 2, 6, 8)}
    network = imports(made, shapes, opset=23, outputs=["a", "y"])
    scores, softmax, weighted, again = network.layers
    assert scores.bounds == {"B": 2, "M": 7, "N": 1, "K": 8}
    assert words(softmax)["Inputs"] == 2 * 7
    assert weighted.bounds == {"B": 2, "M": 8, "N": 1, "K": 7}
    assert words(again)["Inputs"] == 2 * 7 * 8
    assert {*network.edges} == {
        Edge("q", "attend.scores", "Inputs"),
        Edge("pk", "attend.scores", "Weights"),
        Edge("k", "attend.scores", "Weights"),
        Edge("attend.scores", "attend.softmax", "Inputs"),
        Edge("attend.softmax", "attend.weighted", "Inputs"),
        Edge("pv", "attend.weighted", "Weights"),
        Edge("v", "attend.weighted", "Weights"),
        Edge("pk", "again", "Inputs"),
        Edge("k", "again", "Inputs"),
    }


def test_attention_written_out(imports: Imports) -> None:
    """Keys become the weights of the scores; the scaling is part of them."""
    half = onnx.numpy_helper.from_array(np.array(0.5, "float32"), "half")
    made = [
        named("query", node("MatMul", "x wq", "q")),
        named("key", node("MatMul", "x wk", "k")),
        named("turn", node("Transpose", "k", "t", perm=[0, 2, 1])),
        named("scores", node("MatMul", "q t", "s")),
        named("scale", node("Mul", "s half", "h")),
        named("softmax", node("Softmax", "h", "y")),
    ]
    held = {"wq": (8, 8), "wk": (8, 8)}
    network = imports(made, {"x": (1, 5, 8)}, held, tensors=[half])
    assert [layer.name for layer in network.layers] == ["query", "key", "scores", "softmax"]
    assert {*network.edges} == {
        Edge("x", "query", "Inputs"),
        Edge("x", "key", "Inputs"),
        Edge("query", "scores", "Inputs"),
        Edge("key", "scores", "Weights"),
        Edge("scores", "softmax", "Inputs"),
    }
    assert "at no cost, as part of the layer before: 1 Mul" in network.assumptions
    assert network.outputs == ("softmax",)


# --- quantised ------------------------------------------------------------------------------------


def test_quantised_operators(imports: Imports) -> None:
    held = {"w": (8, 4, 3, 3), "s": (), "z": (), "wz": ()}
    kinds = {"x": UINT8, "w": INT8, "z": UINT8, "wz": INT8, "y": UINT8}
    made = [node("QLinearConv", "x s z w s wz s z", "y")]
    layer = only(imports(made, {"x": (1, 4, 8, 8)}, held, kinds=kinds))
    assert layer.operations == 8 * 4 * 36 * 9
    assert bits(layer) == {"Weights": 8, "Inputs": 8, "Outputs": 8}
    kinds = {"x": UINT8, "w": INT8, "y": INT32}
    layer = only(imports([node("ConvInteger", "x w", "y")], {"x": (1, 4, 8, 8)}, held, kinds=kinds))
    assert bits(layer) == {"Weights": 8, "Inputs": 8, "Outputs": 32}


def test_quantised_products(imports: Imports) -> None:
    kinds = {"a": UINT8, "b": INT8, "y": INT32}
    layer = only(
        imports([node("MatMulInteger", "a b", "y")], {"a": (3, 4)}, {"b": (4, 5)}, kinds=kinds)
    )
    assert (layer.operations, bits(layer)) == (60, {"Weights": 8, "Inputs": 8, "Outputs": 32})
    kinds = {"a": UINT8, "b": INT8, "z": UINT8, "bz": INT8, "y": UINT8}
    held = {"b": (4, 5), "s": (), "z": (), "bz": ()}
    made = [node("QLinearMatMul", "a s z b s bz s z", "y")]
    layer = only(imports(made, {"a": (3, 4)}, held, kinds=kinds))
    assert (layer.operations, bits(layer)) == (60, {"Weights": 8, "Inputs": 8, "Outputs": 8})


def test_between_dequantising_and_quantising(imports: Imports) -> None:
    """What stands in memory are 8 bits, whatever type the operator is written in."""
    made = [
        named("dx", node("DequantizeLinear", "x s z", "fx")),
        named("dw", node("DequantizeLinear", "w s z", "fw")),
        node("Conv", "fx fw", "fy"),
        named("relu", node("Relu", "fy", "r")),
        named("q", node("QuantizeLinear", "r s z", "y")),
    ]
    kinds = dict.fromkeys(("x", "w", "z", "y"), INT8)
    held = {"w": (8, 4, 3, 3), "s": (), "z": ()}
    layer = only(imports(made, {"x": (1, 4, 8, 8)}, held, kinds=kinds))
    assert bits(layer) == {"Weights": 8, "Inputs": 8, "Outputs": 8}


# --- elementwise ----------------------------------------------------------------------------------


def test_operands(imports: Imports) -> None:
    """A value that is read twice is one operand; a broadcast one is read once."""
    made = [
        named("square", node("Mul", "x x", "a")),
        named("add", node("Add", "a x", "b")),
        named("scale", node("Mul", "b gate", "y")),
    ]
    shapes = {"x": (1, 4, 8, 8), "gate": (1, 4, 1, 1)}
    square, add, scale = imports(made, shapes).layers
    assert words(square) == {"Inputs": 256, "Outputs": 256}
    assert words(add) == {"Inputs": 256, "Inputs2": 256, "Outputs": 256}
    assert words(scale) == {"Inputs": 256, "Inputs2": 4, "Outputs": 256}
    assert {layer.op for layer in (square, add, scale)} == {"alu"}


def test_a_constant_that_is_no_bias_is_read(imports: Imports) -> None:
    made = [named("embed", node("Add", "x place", "y"))]
    layer = only(imports(made, {"x": (2, 5, 8)}, {"place": (1, 5, 8)}))
    assert words(layer) == {"Inputs": 80, "Weights": 40, "Outputs": 80}


def test_look_ups(imports: Imports) -> None:
    """Rows that indices choose: 7 rows of 4 of a table of 100, then 3 of these."""
    made = [
        named("embedding", node("Gather", "table ids", "rows")),
        named("again", node("Gather", "rows some", "a")),
        named("first", node("Gather", "a zero", "y")),
    ]
    zero = onnx.numpy_helper.from_array(np.array([0]), "zero")
    kinds = dict.fromkeys(("ids", "some"), INT64)
    network = imports(
        made, {"ids": (7,), "some": (3,)}, {"table": (100, 4)}, kinds=kinds, tensors=[zero]
    )
    embedding, again = network.layers
    assert words(embedding) == {"Inputs": 28, "Outputs": 28}
    assert words(again) == {"Inputs": 12, "Outputs": 12}
    assert network.edges == (Edge("embedding", "again", "Inputs"),)
    assert network.outputs == ("again",)


def test_both_sides_broadcast(imports: Imports) -> None:
    layer = only(imports([node("Add", "a b", "y")], {"a": (4, 1), "b": (1, 6)}))
    assert words(layer) == {"Inputs": 4, "Inputs2": 6, "Outputs": 24}


def test_a_layer_that_somebody_else_reads_keeps_its_activation_apart(imports: Imports) -> None:
    """The addition wants the sums before ReLU, so both versions are written."""
    made = [
        node("Conv", "x w", "a"),
        named("relu", node("Relu", "a", "b")),
        named("add", node("Add", "a b", "y")),
    ]
    network = imports(made, {"x": (1, 4, 8, 8)}, {"w": (4, 4, 1, 1)})
    assert [layer.name for layer in network.layers] == ["Conv.0", "relu", "add"]


def test_a_normalisation_after_a_layer_and_one_on_its_own(imports: Imports) -> None:
    held = {"w": (4, 4, 1, 1)} | dict.fromkeys("sbmv", (4,))
    made = [
        node("Conv", "x w", "a"),
        named("folded", node("BatchNormalization", "a s b m v", "c")),
        named("join", node("Concat", "c x", "d", axis=1)),
        named("alone", node("BatchNormalization", "d s2 b2 m2 v2", "e")),
        named("relu", node("Relu", "e", "y")),
    ]
    held |= dict.fromkeys(("s2", "b2", "m2", "v2"), (8,))
    network = imports(made, {"x": (1, 4, 8, 8)}, held)
    assert [layer.name for layer in network.layers] == ["Conv.0", "alone"]
    assert [e.source for e in network.edges if e.target == "alone"] == ["Conv.0", "x"]


def test_resizing_by_whole_factors(imports: Imports) -> None:
    scales = onnx.numpy_helper.from_array(np.array([1, 1, 2, 3], "float32"), "s")
    made = [node("Resize", "x - s", "y", mode="nearest")]
    layer = only(imports(made, {"x": (1, 4, 5, 6)}, tensors=[scales]))
    assert words(layer) == {"Inputs": 4 * 5 * 6, "Outputs": 4 * 10 * 18}


# --- what never stops an import -------------------------------------------------------------------


def conv_and(*others: Any) -> tuple[Any, ...]:
    return [node("Conv", "x w", "c"), *others], {"x": (1, 4, 8, 8)}, {"w": (4, 4, 1, 1)}


def test_operators_that_are_not_modelled_are_listed_with_their_share(imports: Imports) -> None:
    made = [
        named("other", onnx.helper.make_node("Warp", ["c"], ["o"], domain="custom")),
        named("top", node("TopK", "c k", "v i")),
        named("relu", node("Relu", "v", "y")),
    ]
    k = onnx.numpy_helper.from_array(np.array([2]), "k")
    network = imports(*conv_and(*made), outputs=["y", "o"], tensors=[k])
    # The convolution writes 4 * 8 * 8 words, Relu 4 * 8 * 2, TopK values and as many indices.
    assert [text for text in network.assumptions if text.startswith("not modelled")] == [
        "not modelled: 1 custom.Warp; shape unknown",
        "not modelled: 1 TopK: 128 words written, 28.6 % of all",
    ]
    assert Edge("Conv.0", "relu", "Inputs") in network.edges


def test_control_flow_is_listed(imports: Imports) -> None:
    value = onnx.helper.make_tensor_value_info("b", 1, (1, 4, 8, 8))
    branch = onnx.helper.make_graph([node("Relu", "c", "b")], "branch", [], [value])
    other = onnx.helper.make_graph([node("Neg", "c", "b")], "other", [], [value])
    made = named("choice", node("If", "which", "d", then_branch=branch, else_branch=other))
    nodes, shapes, held = conv_and(made, named("relu", node("Sigmoid", "d", "y")))
    network = imports(nodes, {**shapes, "which": ()}, held, kinds={"which": 9})
    assert [layer.name for layer in network.layers] == ["Conv.0", "relu"]
    assert network.assumptions[0].startswith("not modelled: 1 If (2 nodes inside): 256 words")
    assert Edge("Conv.0", "relu", "Inputs") in network.edges


def test_functions_of_the_model_are_written_out(imports: Imports) -> None:
    body = [onnx.helper.make_node("Conv", ["a", "b"], ["z"])]
    opsets = [onnx.helper.make_opsetid("", 18)]
    made = onnx.helper.make_function("custom", "Block", ["a", "b"], ["z"], body, opsets)
    call = onnx.helper.make_node("Block", ["x", "w"], ["y"], domain="custom")
    layer = only(imports([call], {"x": (1, 4, 8, 8)}, {"w": (8, 4, 3, 3)}, functions=[made]))
    assert layer.operations == 8 * 4 * 36 * 9


def test_outputs_that_nobody_uses_and_names_that_are_none(imports: Imports) -> None:
    made = [
        named("/block.0/conv:2", node("Conv", "x w", "c d")),
        named("", node("Softmax", "c", "soft:max")),
        named("", node("Softmax", "c", "soft*max")),
    ]
    made[0].output.pop()
    network = imports(made, {"x": (1, 4, 8, 8)}, {"w": (4, 4, 1, 1)}, outputs=["soft:max"])
    assert [layer.name for layer in network.layers] == ["block.0/conv_2", "soft_max", "soft_max_2"]
    assert network.outputs == ("soft_max",)


def test_nodes_out_of_order(imports: Imports) -> None:
    made = [named("second", node("Softmax", "a", "y")), named("first", node("Exp", "x", "a"))]
    assert [layer.name for layer in imports(made, {"x": (2, 3)}).layers] == ["first", "second"]


def test_an_input_without_a_shape_feeds_nothing() -> None:
    """What is made of it is not modelled, and nobody reads what has no size."""
    free = onnx.helper.make_tensor_value_info("free", 1, None)
    made = [
        named("other", onnx.helper.make_node("Warp", ["free"], ["o"], domain="custom")),
        named("add", node("Add", "x o", "y")),
        named("soft", node("Softmax", "x", "z")),
    ]
    built = model(made, {"x": (2, 3)}, outputs=["y", "z"])
    built.graph.input.append(free)
    network = imports_of(built)
    assert [layer.name for layer in network.layers] == ["soft"]
    assert network.inputs == (("x", 6),)


def test_shapes_that_nodes_compute(imports: Imports) -> None:
    """A flattening written out: Shape, Gather, Concat, Reshape."""
    array = onnx.numpy_helper.from_array
    held = [array(np.array([0]), "zero"), array(np.array([-1]), "rest")]
    made = [
        named("shape", node("Shape", "x", "s")),
        named("gather", node("Gather", "s zero", "n")),
        named("join", node("Concat", "n rest", "to", axis=0)),
        named("flatten", node("Reshape", "x to", "f")),
        node("Gemm", "f w", "y"),
    ]
    network = imports(made, {"x": (2, 3, 4)}, {"w": (12, 5)}, tensors=held)
    assert only(network).bounds == {"N": 2, "M": 5, "C": 12}
    assert "not run, as they depend on no input: 1 Shape, 1 Gather, 1 Concat" in network.assumptions


# --- dims, densities, extras ----------------------------------------------------------------------


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
