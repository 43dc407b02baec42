"""Which lanes of a mesh a neighbour serves, and at how many steps (rule 9 of ``docs/model.md``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from accelsim.mapping.arrays import Ints
from accelsim.mapping.records import Block, Mapping, Spread
from accelsim.workload.records import Tensor

Flags = npt.NDArray[np.bool_]


class TimeLoop(NamedTuple):
    """A temporal loop: what a turn adds to the index of its dim."""

    dim: str
    bound: int
    stride: int


@dataclass(frozen=True)
class Passing:
    """Steps at which the same lanes are served."""

    steps: int
    served: Flags
    """``[lane]``"""


def loops_in_time(mapping: Mapping, place: str) -> tuple[TimeLoop, ...]:
    """Return the temporal loops outside a place, outermost first; of all where it is not one."""
    found: list[TimeLoop] = []
    stride: dict[str, int] = {}
    seen = all(isinstance(step, Spread) or step.place != place for step in mapping.steps)
    for step in reversed(mapping.steps):
        for loop in reversed(step.loops if isinstance(step, Block) else (*step.y, *step.x)):
            far = stride.get(loop.dim, 1)
            stride[loop.dim] = far * loop.bound
            if seen and isinstance(step, Block) and loop.bound > 1:
                found.append(TimeLoop(loop.dim, loop.bound, far))
        seen = seen or (isinstance(step, Block) and step.place == place)
    return tuple(found[::-1])


def moves(tensor: Tensor, loops: tuple[TimeLoop, ...]) -> list[Ints]:
    """Return how a step of each loop moves the tile: ``[loop][rank]``.

    One turn on in its own dim, and back over all turns of the loops inside it.
    """
    turns = [
        np.array(
            [sum(t.coefficient for t in rank.terms if t.dim == loop.dim) for rank in tensor.ranks],
            dtype=np.int64,
        )
        * loop.stride
        for loop in loops
    ]
    back = np.zeros(len(tensor.ranks), dtype=np.int64)
    found: list[Ints] = []
    for loop, turn in zip(reversed(loops), reversed(turns), strict=True):
        found.append(turn - back)
        back = back + (loop.bound - 1) * turn
    return found[::-1]


def passings(
    loops: tuple[TimeLoop, ...],
    steps: list[Ints],
    spans: Ints | None,
    x: Ints,
    y: Ints,
    offsets: Ints,
) -> list[Passing]:
    """Return who is served when, for one instance of what is outside the lanes.

    Parameters
    ----------
    steps : int64[loop][rank]
        As from :func:`moves`.
    spans : int64[rank] or None
        Extent of the tile; None at the compute, which keeps nothing between steps.
    x, y : int64[lane]
    offsets : int64[lane, rank]
    """
    outside = np.cumprod([1, *(loop.bound for loop in loops)])
    turns = [(loop.bound - 1) * int(outside[i]) for i, loop in enumerate(loops)]
    moving = [i for i, step in enumerate(steps) if step.any()]
    if not moving:
        return []
    first = moving[-1]
    if spans is not None:
        moved_ranks = np.flatnonzero(steps[first])
        slides = len(moved_ranks) == 1 and (np.abs(steps[first]) < spans)[moved_ranks[0]]
        if first != len(loops) - 1 or slides:
            return []  # at no two steps in a row whole tiles are fetched
    found = []
    for i in moving:
        times = turns[i]
        if spans is not None and i == first:  # not after a step at which the tile stayed
            times -= sum(turns[j] for j in range(first) if j not in moving)
        served = served_lanes(x, y, offsets, steps[i])
        if times and served.any():
            found.append(Passing(times, served))
    return found


def served_lanes(x: Ints, y: Ints, offsets: Ints, step: Ints) -> Flags:
    """Return the lanes of which one of four neighbours held, a step before, what they now need."""
    grid = np.zeros((int(y.max()) + 1, int(x.max()) + 1, len(step)), dtype=np.int64)
    grid[y, x] = offsets
    needed = grid + step
    served = np.zeros(grid.shape[:2], dtype=bool)
    alike = (needed[1:] == grid[:-1]).all(axis=2)
    served[1:] |= alike
    alike = (needed[:-1] == grid[1:]).all(axis=2)
    served[:-1] |= alike
    alike = (needed[:, 1:] == grid[:, :-1]).all(axis=2)
    served[:, 1:] |= alike
    alike = (needed[:, :-1] == grid[:, 1:]).all(axis=2)
    served[:, :-1] |= alike
    return np.asarray(served[y, x])
