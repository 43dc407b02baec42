"""Operators that work element by element, and what never stops an import."""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.workload.records import Edge
from tests.interchange.models import INT64, model, named, node, onnx
from tests.interchange.small_graphs import Imports, imports_of, only, words


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
