"""The lanes of a fanout on their mesh: who needs the same words, and how far a word goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.mapping.arrays import Ints
from accelsim.mapping.records import Block, Spread
from accelsim.mapping.records import Mapping as LoopMapping
from accelsim.workload.records import Tensor


@dataclass(frozen=True)
class Lanes:
    """The lanes of a fanout that a mapping uses.

    Attributes
    ----------
    x, y : int64[lane]
        Column and row.
    index : mapping of dim to int64[lane]
        What the fanout's own loops add to the index of the dim.
    """

    x: Ints
    y: Ints
    index: Mapping[str, Ints]

    def offsets(self, tensor: Tensor) -> Ints:
        """Return where the tile of each lane begins: ``[lane, rank]``."""
        found = np.zeros((len(self.x), len(tensor.ranks)), dtype=np.int64)
        for r, rank in enumerate(tensor.ranks):
            for term in rank.terms:
                found[:, r] += term.coefficient * self.index.get(term.dim, 0)
        return found


def lanes_of_fanouts(mapping: LoopMapping) -> list[Lanes]:
    """Return the lanes that a mapping uses, for each of its fanouts, outermost first."""
    stride: dict[str, int] = {}
    found: list[Lanes] = []
    for step in reversed(mapping.steps):
        if isinstance(step, Spread):
            found.append(_lanes(step, stride))
        for loop in step.loops if isinstance(step, Block) else (*step.y, *step.x):
            stride[loop.dim] = stride.get(loop.dim, 1) * loop.bound
    return found[::-1]


def _lanes(spread: Spread, stride: Mapping[str, int]) -> Lanes:
    """Return lanes numbered by their loops, the outer ones more significant; y stands outside x."""
    inside = dict(stride)
    rows, columns = (
        int(np.prod([loop.bound for loop in loops], dtype=np.int64))
        for loops in (spread.y, spread.x)
    )
    y, x = (axis.ravel() for axis in np.indices((rows, columns), dtype=np.int64))
    index: dict[str, Ints] = {}
    for loops, position in ((spread.x, x), (spread.y, y)):
        left = position
        for loop in reversed(loops):
            own = left % loop.bound * inside.get(loop.dim, 1)
            index[loop.dim] = index.get(loop.dim, 0) + own
            inside[loop.dim] = inside.get(loop.dim, 1) * loop.bound
            left = left // loop.bound
    return Lanes(x, y, index)


def groups_of_lanes(tensor: Tensor, lanes: Lanes, alike: bool) -> Ints:
    """Return the group of each lane: ``[lane]``, numbered from 0.

    Lanes of a group need the same words of the tensor; each lane is a group of its own unless
    ``alike`` ones may be served together.
    """
    if not alike:
        return np.arange(len(lanes.x))
    _, group = np.unique(lanes.offsets(tensor), axis=0, return_inverse=True)
    return group.ravel()


def hops_of_groups(group: Ints, x: Ints, y: Ints, middle: float) -> Floats:
    """Return the hops of a word to all lanes of each group: ``[group]``.

    Along the ``middle`` row to the farthest column; then, in each column that has a lane of the
    group, up to its first row and down to its last.
    """
    n_groups, width = int(group.max()) + 1, int(x.max()) + 1
    farthest = np.zeros(n_groups)
    np.maximum.at(farthest, group, x)
    columns, column = np.unique(group * width + x, return_inverse=True)
    last, first = np.full(len(columns), middle), np.full(len(columns), middle)
    np.maximum.at(last, column.ravel(), y)
    np.minimum.at(first, column.ravel(), y)
    reach = np.bincount(columns // width, weights=last - first, minlength=n_groups)
    return np.asarray(farthest + reach)
