"""When a tensor moves: rule 3 of ``docs/model.md``.

The run of loops that closes a boundary is the innermost one outside it that moves the tensor.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.counter.layout import NO_DIM, index
from accelsim.jit import inlined


class Run(NamedTuple):
    """The closing run of a boundary (rule 3)."""

    dim: int
    stride: int
    bound: int
    sweeps: int
    """Product of the temporal bounds outside the run."""
    sum_sweeps: int
    """The same over dims that the output lacks."""


@inlined
def find_run(tensor: int, place: int, n_places: int, nest: np.record) -> Run:
    """Find the loops that move a tensor at ``place``; the compute keeps nothing between steps."""
    outside = index(nest.temporal_end[place])
    if place == n_places:
        return Run(index(NO_DIM), 0, 1, nest.steps[outside], nest.sum_steps[outside])
    row = index((nest.closing[outside] >> 8 * tensor) & 255)
    outside = nest.run_outside[row]
    return Run(
        nest.dim[row],
        nest.stride[row],
        nest.run_bound[row],
        nest.steps[outside],
        nest.sum_steps[outside],
    )
