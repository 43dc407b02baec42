"""SCALE-Sim's closed form for the cycles of a layer on a systolic array."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from accelsim.errors import Problem, UsageError
from accelsim.specs.fields import one_of
from accelsim.workload.records import Layer

Dataflow = Literal["ws", "os", "is"]

DATAFLOWS: tuple[Dataflow, ...] = ("ws", "os", "is")

WINDOW, PIXELS, FILTERS, ONE_BY_ONE = ("C", "R", "S", "K"), ("N", "P", "Q"), ("M",), ("G", "B")
"""Dims of ``conv`` and ``gemm`` by what they are to SCALE-Sim."""

SHAPES = ("conv", "depthwise", "fc", "gemm", "bgemm")

LAID_OUT: dict[Dataflow, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "ws": (WINDOW, FILTERS, PIXELS),
    "os": (PIXELS, FILTERS, WINDOW),
    "is": (WINDOW, PIXELS, FILTERS),
}
"""Dataflow -> dims along the rows, dims along the columns, dims that stream past in time."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles of a layer: ``repeats * folds * per_fold``."""

    repeats: int
    folds: int
    per_fold: int

    @property
    def total(self) -> int:
        return self.repeats * self.folds * self.per_fold


def scalesim_cycles(layer: Layer, rows: int, cols: int, dataflow: str = "ws") -> Cycles:
    """Return the cycles that SCALE-Sim's closed form gives a layer, without stalls.

    With S_R values along the rows, S_C along the columns and T in time, the array is filled
    ``folds = ceil(S_R / rows) * ceil(S_C / cols)`` times, and a fold takes
    ``T + 2*rows + cols - 2`` cycles: ``rows`` to fill (or, of sums that stay, to drain) the
    array, ``T`` for what streams past, ``rows + cols - 2`` for the skew of its edges.

    Of a convolution with a window of ``C*R*S`` words, ``P*Q`` pixels and ``M`` filters, (S_R, S_C,
    T) are (window, filters, pixels) where weights stay, (pixels, filters, window) where outputs
    stay, and (window, pixels, filters) where inputs stay.  Groups run one after the other.

    Parameters
    ----------
    layer : of a shape in ``SHAPES``
    rows, cols : PEs along each axis
    dataflow : ``"ws"``, ``"os"`` or ``"is"``

    Raises
    ------
    UsageError
        If the layer is of another shape, there is no such dataflow, or no PE.

    Source: Samajdar et al., "A systematic methodology for characterizing scalability of DNN
    accelerators using SCALE-Sim", ISPASS 2020, section III (remembered).
    """
    if dataflow not in LAID_OUT:
        raise UsageError(Problem(f"unknown dataflow '{dataflow}'", expected=one_of(DATAFLOWS)))
    if rows < 1 or cols < 1:
        raise UsageError(Problem(f"an array of {rows} x {cols}", expected="1 x 1 or more"))
    if layer.shape not in SHAPES:
        what = f"'{layer.name}' is of shape '{layer.shape}', which the closed form does not know"
        raise UsageError(Problem(what, expected=one_of(SHAPES)))
    bounds = layer.bounds
    along_rows, along_cols, in_time = (
        prod(bounds.get(dim, 1) for dim in dims) for dims in LAID_OUT[dataflow]
    )
    folds = -(-along_rows // rows) * -(-along_cols // cols)
    repeats = prod(bounds.get(dim, 1) for dim in ONE_BY_ONE)
    return Cycles(repeats, folds, in_time + 2 * rows + cols - 2)
