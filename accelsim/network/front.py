"""The trade-offs of energy and cycles of a whole network, from those of its layers.

A *point* is a pair (energy, cycles).  It *covers* another if it is no worse in both; the front of
a set are the points of it that no other point covers, each once.

Layers run one after another and choose their mappings apart from each other, so the points of a
network are all sums of one point of each layer (the Minkowski sum of the layers' sets; a layer that
occurs k times is k of its terms, since its k copies may run different mappings).  Adding layer
after layer, and keeping the front of each partial sum only, gives the front of all sums:

1. *Layers.*  Let p be a sum in which some layer adds a point f.  Its front has a point g that
   covers f, and p - f + g covers p.  So the sums of points of the layers' fronts cover all sums.
2. *Partial sums.*  Let s be a partial sum that another one, t, covers.  Whatever the layers still
   to come add, x, t + x covers s + x.  So nothing of the front is lost if s is left out.
3. Every point kept is a sum, and of the last set only its front is kept.  Hence it is the front of
   all sums; it is that of all mappings of the network wherever the layers' fronts are those of all
   their mappings.

Fronts may grow with every layer.  Where the front of a partial sum has more than ``most`` points,
it is *trimmed*: its points are cut by energy into runs, and of each run only the point of most
energy, which is the one of fewest cycles, is kept.  The first point is a run by itself, so that
both ends stay.  Let a run's largest energy be at most 1 + d times its least, d being the largest
such number of the trimming.

4. *Bound.*  Let every point s of the true partial front be matched by a kept one t with
   cycles(t) <= cycles(s) and energy(t) <= (1 + e) energy(s).  After adding a layer's point x,
   energy(t + x) <= (1 + e) energy(s + x), since e and the energy of x are not negative; leaving
   covered points out keeps the bound; trimming multiplies 1 + e by 1 + d.  So at the end
   1 + e is the product of all 1 + d.  All that is kept can be reached: nothing is interpolated.

(All of this up to the rounding of the sums, which are added in the order of the layers.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 10_000
"""Points that a partial sum may keep."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Front:
    """The front of a network, by growing energy and falling cycles.

    Attributes
    ----------
    energy, cycles : array over points
        Energy in the unit of the layers' energies.
    choices : array over (points, layers)
        Which point of its front each layer takes, from 0.
    epsilon : float
        Every sum is matched by a point of no more cycles and at most 1 + epsilon times its energy;
        0 if nothing was left out but what is covered.
    """

    energy: Floats
    cycles: Floats
    choices: Indices
    epsilon: float = 0.0

    def __len__(self) -> int:
        return len(self.energy)


def network_front(
    layers: Sequence[tuple[Sequence[float], Sequence[float]]], most: int = MOST_POINTS
) -> Front:
    """Add the fronts of layers.

    Parameters
    ----------
    layers : energies and cycles of each layer's points, none negative; a layer needs a point
    most : points to keep of a partial sum, at least 3

    Returns
    -------
    the front of all sums, or within ``epsilon`` of it.  Of equal points the one whose first layers
    choose the earlier points stays.

    Raises
    ------
    ValueError
        If a layer has no points, or too few are to be kept.
    """
    if most < 3:
        raise ValueError(f"cannot keep the ends and a point between them in {most}")
    front = Front(np.zeros(1), np.zeros(1), np.zeros((1, 0), np.int64))
    for energies, cycles in layers:
        if not len(energies):
            raise ValueError("a layer without points has no front to add")
        front = _trimmed(_sum(front, np.asarray(energies), np.asarray(cycles)), most)
    return front


def uncovered(energy: Floats, cycles: Floats) -> Indices:
    """Return which points no other covers, by growing energy; of equal points the first."""
    order = np.lexsort((cycles, energy))
    by_energy = cycles[order]
    fewest_before = np.minimum.accumulate(by_energy)[:-1]
    return order[np.concatenate(([True], by_energy[1:] < fewest_before))]


def _sum(front: Front, energies: Floats, cycles: Floats) -> Front:
    energy = np.add.outer(front.energy, energies).ravel()
    time = np.add.outer(front.cycles, cycles).ravel()
    kept = uncovered(energy, time)
    before, chosen = np.divmod(kept, len(energies))
    choices = np.column_stack((front.choices[before], chosen))
    return Front(energy[kept], time[kept], choices, front.epsilon)


def _trimmed(front: Front, most: int) -> Front:
    if len(front) <= most:
        return front
    # Runs of equal ratio between the second point, whose energy is not 0, and the last.
    heights = np.log(front.energy[1:] / front.energy[1])
    runs = np.minimum(heights / heights[-1] * (most - 1), most - 2).astype(np.int64)
    run = np.concatenate(([-1], runs))
    last = np.flatnonzero(np.append(run[1:] != run[:-1], True))
    first = np.concatenate(([0], last[:-1] + 1))
    ratio = float((front.energy[last[1:]] / front.energy[first[1:]]).max())
    return Front(
        front.energy[last],
        front.cycles[last],
        front.choices[last],
        (1.0 + front.epsilon) * ratio - 1.0,
    )
