"""Values, not counts: a convolution computed through a mapping equals numpy's."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest

from accelsim.workload.shapes import Options, named_layer
from tests.naive.cases import Case, Change, random_mapping_of
from tests.naive.ragged_cases import features, for_bounds
from tests.naive.walk import Values, walk

Array = npt.NDArray[np.int64]

BOUNDS = {"N": 1, "G": 2, "M": 2, "C": 2, "P": 3, "Q": 2, "R": 2, "S": 3}  # nothing is square


def numpy_conv(
    weights: Array, inputs: Array, stride: tuple[int, int], dilation: tuple[int, int]
) -> Array:
    """Add up one shifted product of arrays per filter tap."""
    p, q = BOUNDS["P"], BOUNDS["Q"]
    total = np.zeros([BOUNDS[d] for d in "NGMPQ"], dtype=np.int64)
    for r in range(BOUNDS["R"]):
        for s in range(BOUNDS["S"]):
            top, left = r * dilation[0], s * dilation[1]
            window = inputs[
                ..., top : top + stride[0] * p : stride[0], left : left + stride[1] * q : stride[1]
            ][..., :p, :q]
            total += np.einsum("gmc,ngcpq->ngmpq", weights[..., r, s], window)
    return total


def as_values(array: Array) -> Values:
    return {index: int(value) for index, value in np.ndenumerate(array)}


@pytest.mark.parametrize("change", [None, for_bounds], ids=["factors", "remainders"])
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("stride", "dilation"), [((1, 1), (1, 1)), ((2, 1), (1, 2)), ((1, 3), (2, 1)), ((3, 2), (2, 3))]
)
def test_conv_through_a_mapping_equals_numpy(
    seed: int, stride: tuple[int, int], dilation: tuple[int, int], change: Change | None
) -> None:
    layer = named_layer("conv", "conv", BOUNDS, Options(stride, dilation))
    values = np.random.default_rng(seed)
    height = (BOUNDS["P"] - 1) * stride[0] + (BOUNDS["R"] - 1) * dilation[0] + 1
    width = (BOUNDS["Q"] - 1) * stride[1] + (BOUNDS["S"] - 1) * dilation[1] + 1
    weights = values.integers(-99, 99, [BOUNDS[d] for d in "GMCRS"])
    inputs = values.integers(-99, 99, [*(BOUNDS[d] for d in "NGC"), height, width])

    rng = random.Random(seed)
    case: Case = random_mapping_of(rng, layer, change)
    while change and not features(case):  # until some tile is short
        case = random_mapping_of(rng, layer, change)
    operands = {"Weights": as_values(weights), "Inputs": as_values(inputs)}
    walked = walk(case.layer, case.architecture, case.mapping, operands)
    assert walked.outputs == as_values(numpy_conv(weights, inputs, stride, dilation))
