"""Products, recurrent layers, attention and quantised operators, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from accelsim.workload.records import Edge
from tests.interchange.models import (
    INT8,
    INT32,
    UINT8,
    named,
    node,
    onnx,
)
from tests.interchange.small_graphs import Imports, bits, only, words


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
