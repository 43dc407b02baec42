"""Convolutions and pooling one by one, with layers that were worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.interchange.models import named, node, onnx
from tests.interchange.small_graphs import Imports, only, words


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
