"""What tensors that have not moved cost together at least: loops that one lacks move another."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import inlined, kernel
from accelsim.mapper.exact.lattice import Points


@inlined
def divided(cost: float, share: float) -> float:
    """Return a share of a cost; of one below zero all."""
    return cost * share if cost > 0.0 else cost


@inlined
def pair_bound(s: np.record, points: Points, tables: Floats, point: int, a: int, b: int) -> float:
    """Return :func:`open_bound` of two tensors."""
    members = (1 << a) | (1 << b)
    share = tables[members, point] if s.common[members] != 0 else 1.0
    alone = points[point].alone
    one, two = s.value[a], s.value[b]
    least: float = min(
        divided(one, share) + divided(two, alone[b]), divided(two, share) + divided(one, alone[a])
    )
    return least


@inlined
def open_bound(s: np.record, points: Points, tables: Floats, point: int, unmoved: int) -> float:
    """Return the least that unmoved tensors can cost together, whatever loops come.

    ``s.value[tensor]`` is the cost if it moved now.  Proof.  Tensors move in some order.  Up to the
    step where one of a set of unmoved tensors moves, only loops irrelevant to all of the set have
    passed; together they divide its cost by all that is left of those dims at most (a cost below
    zero is best not divided).  The bound is the least of that cost plus the same for the rest of
    the set, over the member that moves first.
    """
    a = b = c = -1
    for tensor in range(s.n_tensors):
        if (unmoved >> tensor) & 1 == 1:
            a, b, c = b, c, tensor
    if c < 0:
        return 0.0
    if b < 0:
        return divided(s.value[c], points[point].alone[c])
    if a < 0:
        return pair_bound(s, points, tables, point, b, c)
    if unmoved == (1 << a) | (1 << b) | (1 << c):
        share = tables[unmoved, point] if s.common[unmoved] != 0 else 1.0
        last_two = divided(s.value[a], share) + pair_bound(s, points, tables, point, b, c)
        outer_two = divided(s.value[b], share) + pair_bound(s, points, tables, point, a, c)
        first_two = divided(s.value[c], share) + pair_bound(s, points, tables, point, a, b)
        return min(last_two, outer_two, first_two)
    return many_bound(s, points, tables, point, unmoved)


@kernel
def many_bound(s: np.record, points: Points, tables: Floats, point: int, unmoved: int) -> float:
    """Return :func:`open_bound` of any number of tensors, from ``s.by_set`` of smaller sets."""
    best = s.by_set
    best[0] = 0.0
    for members in range(1, unmoved + 1):
        if members & ~unmoved != 0:
            continue
        share = tables[members, point] if s.common[members] != 0 else 1.0
        least = np.inf
        for tensor in range(s.n_tensors):
            if (members >> tensor) & 1 == 1:
                rest = members & ~(1 << tensor)
                whole = points[point].alone[tensor] if rest == 0 else share
                least = min(least, divided(s.value[tensor], whole) + best[rest])
        best[members] = least
    result: float = best[unmoved]
    return result
