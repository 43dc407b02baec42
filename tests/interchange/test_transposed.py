"""Transposed convolutions: the phases, held against the definition, product by product."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import accelsim as acs
from accelsim.interchange.graph import Graph, Node, Value
from accelsim.interchange.lowering.lower import lowered
from accelsim.specs.references import parse_reference
from accelsim.workload.records import Layer, Network
from accelsim.workload.spec import network_of
from accelsim.yamldoc import unwritten
from tests.interchange.models import model, node, written


class Axis(NamedTuple):
    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    more: int

    @property
    def out(self) -> int:
        whole = self.stride * (self.size - 1) + self.more + (self.kernel - 1) * self.dilation + 1
        return whole - self.before - self.after


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    stride = draw(st.integers(1, 4))
    axis = Axis(
        draw(st.integers(1, 6)),
        draw(st.integers(1, 5)),
        stride,
        draw(st.integers(1, 3)),
        draw(st.integers(0, 4)),
        draw(st.integers(0, 4)),
        draw(st.integers(0, stride - 1)),
    )
    assume(axis.out >= 1)
    return axis


def layer_of(axes: tuple[Axis, ...], channels: int = 1, filters: int = 1) -> Layer:
    """Lower one ConvTranspose; batch 1."""
    attributes = {
        "strides": tuple(axis.stride for axis in axes),
        "dilations": tuple(axis.dilation for axis in axes),
        "pads": (*(axis.before for axis in axes), *(axis.after for axis in axes)),
        "output_padding": tuple(axis.more for axis in axes),
    }
    values = {
        "x": Value((1, channels, *(axis.size for axis in axes))),
        "w": Value((channels, filters, *(axis.kernel for axis in axes)), constant=True),
        "y": Value((1, filters, *(axis.out for axis in axes))),
    }
    made = Node("up", "ConvTranspose", ("x", "w"), ("y",), attributes)
    graph = Graph("net", "a test", ("x",), ("y",), (made,), values)
    data = lowered(graph).data
    (layer,) = network_of(unwritten(data, "net"), parse_reference("net")).layers
    return layer


def counted(layer: Layer) -> tuple[int, int]:
    """Return operations, and those of padding as the layer says them."""
    found = re.search(r"phases: ([\d,]+) of its ([\d,]+)", " ".join(layer.assumptions))
    padded = int(found[1].replace(",", "")) if found else 0
    if found:
        assert int(found[2].replace(",", "")) == layer.operations
    return layer.operations, padded


def products(axis: Axis) -> list[tuple[int, int, int]]:
    """Return (output, input, filter row) of every product, padded inputs included.

    By definition an input i and a filter row r add to output stride*i + dilation*r - before; an
    input that is not there is a zero.
    """
    return [
        (o, (o + axis.before - axis.dilation * r) // axis.stride, r)
        for o in range(axis.out)
        for r in range(axis.kernel)
        if (o + axis.before - axis.dilation * r) % axis.stride == 0
    ]


@given(axes())
def test_operations_without_padding_are_the_products(axis: Axis) -> None:
    operations, padded = counted(layer_of((axis,)))
    assert operations - padded == len(products(axis))


@given(axes())
def test_every_product_is_one_point_of_the_layer(axis: Axis) -> None:
    """Points of the box (p, r, f), as docs/onnx.md places them, meet every product once."""
    layer = layer_of((axis,))
    bounds, stride = layer.bounds, axis.stride
    points: Counter[tuple[int, int, int]] = Counter()
    first = axis.before // stride
    for p, r, f in itertools.product(
        range(bounds["Q"]), range(bounds["S"]), range(bounds.get("F", 1))
    ):
        if stride == 1:
            row, o, i = r, p, p + axis.before - axis.dilation * r
        else:
            extended = stride * r + f
            row = extended // axis.dilation if extended % axis.dilation == 0 else -1
            o, i = stride * (first + p) + f - axis.before, first + p - r
        if 0 <= row < axis.kernel and 0 <= o < axis.out:
            points[o, i, row] += 1
    assert points == Counter(products(axis))


@given(axes(), axes(), st.integers(1, 3), st.integers(1, 3))
def test_two_dimensions(rows: Axis, columns: Axis, channels: int, filters: int) -> None:
    operations, padded = counted(layer_of((rows, columns), channels, filters))
    assert operations - padded == (
        channels * filters * len(products(rows)) * len(products(columns))
    )


@given(axes())
def test_words(axis: Axis) -> None:
    """Weights and outputs are those that exist and their padding; inputs, what windows meet."""
    layer = layer_of((axis,), channels=2, filters=3)
    words = {tensor.name: layer.tensor_words(tensor) for tensor in layer.tensors}
    assert words["Outputs"] >= 3 * axis.out
    assert words["Weights"] >= 2 * 3 * axis.kernel
    bounds = layer.bounds
    step = axis.dilation if axis.stride == 1 else 1
    met = {p - step * r for p in range(bounds["Q"]) for r in range(bounds["S"])}
    assert words["Inputs"] == 2 * len(met)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "operations", "padded"),
    [
        (4, 3, 2, 0, 20 * 20, 20 * 20 - 14 * 14),  # the example of docs/onnx.md
        (4, 2, 2, 0, 8 * 8, 0),  # each output has one input and one filter row
        (4, 3, 1, 1, 12 * 12, 0),  # as a convolution with its filter turned
        (4, 4, 2, 1, 20 * 20, 20 * 20 - 16 * 16),  # outputs 0 to 7 stand in five pairs
    ],
)
def test_by_hand(
    size: int, kernel: int, stride: int, pad: int, operations: int, padded: int, tmp_path: Path
) -> None:
    made = node("ConvTranspose", "x w", "y", strides=[stride] * 2, pads=[pad] * 4)
    shapes, held = {"x": (1, 1, size, size)}, {"w": (1, 1, kernel, kernel)}
    network = acs.load(written(tmp_path, model([made], shapes, held)))
    assert isinstance(network, Network)
    (layer,) = network.layers
    assert counted(layer) == (operations, padded)


def test_three_dimensions_in_groups(tmp_path: Path) -> None:
    """Six channels in two groups, eight filters; 2 x 2 x 2 filters under stride 2: no padding."""
    made = node("ConvTranspose", "x w", "y", strides=[2, 2, 2], group=2)
    shapes, held = {"x": (1, 6, 3, 4, 5)}, {"w": (6, 4, 2, 2, 2)}
    network = acs.load(written(tmp_path, model([made], shapes, held)))
    assert isinstance(network, Network)
    (layer,) = network.layers
    assert counted(layer) == (2 * 3 * 4 * (3 * 4 * 5) * 8, 0)
    words = {tensor.name: layer.tensor_words(tensor) for tensor in layer.tensors}
    assert words == {"Weights": 6 * 4 * 8, "Inputs": 6 * 60, "Outputs": 8 * 60 * 8}
