"""Labels: partial mappings from the inside out, what dominates what, and bounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.tables import Lattice, Nodes, Pattern
from accelsim.mapper.exact.units import PENDING, READ, SECOND, STRIP, UNIT, least_strip
from accelsim.mapping.arrays import Ints

COST, LANES = 0, 1
"""First columns of ``q``: cost of all that has moved, and minus the lanes in use."""

# A tensor's state is status + 2 * (run dim + 1) + 64 * low row + 4096 * (run node + 1).
MOVED = 1
RUN = 2
LOW = 64
RUN_NODE = 4096

NO_LOOP, END = -1, -2

CHAIN_BITS = 13
"""Of the hash; chains are cleared at every node."""


class Labels(NamedTuple):
    """Partial mappings; the label at the end of those in use is under construction."""

    point: Ints
    used: Ints
    """Mask of dims with a loop in the block under way, where that still matters."""
    state: Ints
    """``[label, tensor]``"""
    parent: Ints
    action: Ints
    """What made it of its parent: dim * 4096 + divisor number, a row of lanes, or END."""
    at: Ints
    """``[label, node]``: point outside each node."""
    joint: Ints
    """Products of the joint limits under way, packed."""
    q: Floats
    """``[label, column]``: figures of which less is never worse."""
    bound: Floats
    alive: Ints
    next: Ints
    head: Ints
    """``[hash]``: first label of a chain."""


class Sizes(NamedTuple):
    """Where the columns stand."""

    resources: int
    """First column of the memory bits and lanes that are shared."""
    tensors: int
    """First column of the first tensor."""
    width: int
    """Columns of a tensor."""
    n_shared_bits: int


def empty_labels(room: int, tensors: int, nodes: int, columns: int) -> Labels:
    """Return room for labels (not zeroed: untouched pages cost nothing)."""
    bits = CHAIN_BITS if room <= 1 << 18 else CHAIN_BITS + 4

    def ints(*shape: int) -> Ints:
        return np.empty(shape, dtype=np.int64)

    return Labels(
        ints(room), ints(room), ints(room, tensors), ints(room), ints(room), ints(room, nodes),
        ints(room), np.empty((room, columns)), np.empty(room), ints(room), ints(room),
        np.full(1 << bits, -1, dtype=np.int64),
    )  # fmt: skip


@kernel
def status_of(state: int) -> int:
    """Return 0 for unmoved, 1 for moved."""
    return state & 1


@kernel
def run_of(state: int) -> int:
    """Return the dim of the run under way, or -1."""
    return ((state >> 1) & 31) - 1


@kernel
def low_of(state: int) -> int:
    """Return the row of the innermost unmoved boundary."""
    return (state >> 6) & 63


@kernel
def run_node_of(state: int) -> int:
    """Return the node where the run of a moved boundary began, or -1."""
    return (state >> 12) - 1


@kernel
def make_state(status: int, run: int, low: int, run_node: int) -> int:
    """Pack a tensor's state."""
    return status + RUN * (run + 1) + LOW * low + RUN_NODE * (run_node + 1)


@kernel
def hash_of(labels: Labels, index: int, n_tensors: int) -> int:
    """Return the chain of a label."""
    key = labels.point[index] * 1000003 + labels.used[index] * 7919 + labels.joint[index] * 31
    for tensor in range(n_tensors):
        key = key * 31 + labels.state[index, tensor]
    key ^= key >> 17
    chain: int = key & (len(labels.head) - 1)
    return chain


@kernel
def same_key(lattice: Lattice, pattern: Pattern, labels: Labels, a: int, b: int, pos: int) -> bool:
    """Return whether every completion of one label completes the other.

    Where tiles and lanes inside will be looked at again (a window's strips or a block's rounding,
    with fanouts still to cross), they must be the same points.
    """
    if labels.point[a] != labels.point[b] or labels.joint[a] != labels.joint[b]:
        return False
    if labels.used[a] != labels.used[b]:
        return False
    for tensor in range(len(lattice.relevant)):
        state = labels.state[a, tensor]
        if state != labels.state[b, tensor]:
            return False
        if tensor == lattice.output or pattern.fanouts_outside[pos] == 0:
            continue
        moved = status_of(state) == MOVED
        if moved and pattern.ahead[pos, tensor] == 0:
            continue
        low = pattern.current[pos, tensor] if moved else low_of(state)
        if low == 0 and not moved:
            continue
        for node in range(max(low - 1, 0), pos):
            if labels.at[a, node] != labels.at[b, node]:
                # Without windows and blocks only products of words matter.
                if lattice.window[tensor] != 0:
                    return False
                row = low
                while True:
                    if (
                        pattern.parent_block[row, tensor] > 1
                        or pattern.child_block[row, tensor] > 1
                    ):
                        return False
                    if row == pattern.current[pos, tensor]:
                        break
                    row = pattern.parent[row, tensor] + 1
                if moved:
                    return False
    return True


@kernel
def dominates(labels: Labels, a: int, b: int, slack: float, lexicographic: int) -> bool:
    """Return whether label a makes b superfluous: all figures no worse.

    Every completion adds to the cost a sum of non-negative multiples of the figures, so that no
    completion of b is better than the same completion of a.  If a costs less by more than rounding
    (``slack``), fewer lanes cannot make up for it where cycles only break ties.
    """
    qa, qb = labels.q[a], labels.q[b]
    if qa[COST] > qb[COST]:
        return False
    if qa[LANES] > qb[LANES] and (lexicographic == 0 or qa[COST] >= qb[COST] - slack):
        return False
    for column in range(2, qa.shape[0]):  # noqa: SIM110
        if qa[column] > qb[column]:  # plain, for the compiler
            return False
    return True


@kernel
def open_bound(
    divide: Floats,
    point: int,
    unmoved: int,
    value: Floats,
    best: Floats,
) -> float:
    """Return the least that unmoved tensors can cost, whatever loops come.

    ``value[tensor]`` is the cost if it moved now.  Tensors move in some order; while a set of them
    is unmoved only loops irrelevant to all of it have passed, which divide at most by
    ``divide[set, point]`` (all that is left of those dims).  ``best[set]`` is the least cost of the
    set, by its member that moves next.
    """
    best[0] = 0.0
    for members in range(1, unmoved + 1):
        if members & ~unmoved != 0:
            continue
        least = np.inf
        for tensor in range(len(value)):
            if (members >> tensor) & 1 == 1:
                cost = value[tensor]
                if cost > 0.0:
                    cost /= divide[members, point]
                least = min(least, cost + best[members & ~(1 << tensor)])
        best[members] = least
    result: float = best[unmoved]
    return result


@kernel
def output_value(
    nodes: Nodes, pattern: Pattern, tensor: int, pos: int, unit: float, rising: float, visits: float
) -> float:
    """Return the least that the open boundary of the output can cost if it moved now.

    Of the ``rising`` words a share 1 - 1/R is reduced on lanes to come, R at most their number, at
    no less than the cheapest price; the rest is read and updated.  That is linear in 1/R, so the
    least stands at one end.  Visits fall by the lanes at most.
    """
    if pattern.ahead[pos, tensor] == 0:
        return unit
    row = pattern.current[pos, tensor]
    lanes = pattern.lanes_ahead[pos, tensor]
    cheapest = np.inf
    for node in range(pos, pattern.parent[row, tensor]):
        if nodes.place[node] < 0:
            cheapest = min(cheapest, nodes.reduce[node])
    taken = pattern.read[row, tensor] + pattern.update[row, tensor]
    reduced = cheapest * (1.0 - 1.0 / lanes) + taken / lanes
    least: float = unit + rising * min(taken, reduced)
    least += visits / lanes * (pattern.back[row] + pattern.credit[row])
    return least


@kernel
def bound_of(
    lattice: Lattice, nodes: Nodes, pattern: Pattern, sizes: Sizes, divide: Floats,
    future: Floats, state: Ints, q: Floats, point: int, pos: int, value: Floats, best: Floats,
) -> float:  # fmt: skip
    """Return a lower bound on the cost of every completion of a label before node ``pos``.

    Cost so far, plus what unmoved and unread boundaries need at least, plus ``future[pos]``: the
    least cost of the boundaries of places further out.  Runs may grow to all that is left of their
    dim.  Lanes still to cross divide reads at most by their number.  Where fanouts stand further
    out, lanes may turn reads of sums charged so far into fresh starts; those parts are left out by
    the caller (``slack``).
    """
    total = q[COST] + future[pos, point]
    unmoved = 0
    for tensor in range(len(value)):
        value[tensor] = 0.0
        base = sizes.tensors + tensor * sizes.width
        kind = state[tensor]
        run = run_of(kind)
        if run >= 0:
            total += q[base + PENDING] * lattice.extent[point, run] / lattice.bounds[run]
        row = pattern.current[pos, tensor]
        ahead = pattern.ahead[pos, tensor]
        if tensor == lattice.output:
            if pattern.settled[pos] == 0:
                continue
            least = output_value(
                nodes, pattern, tensor, pos, q[base + UNIT], q[base + READ], q[base + SECOND]
            )
            if status_of(kind) == MOVED:
                total += least
            else:
                unmoved |= 1 << tensor
                value[tensor] = least
            continue
        lanes = pattern.lanes_ahead[pos, tensor] * pattern.parent_block[row, tensor]
        if status_of(kind) == MOVED:
            if ahead == 1:
                deliver = 0.0
                for node in range(pos, pattern.parent[row, tensor]):
                    if nodes.place[node] < 0:
                        deliver = nodes.deliver[node, tensor]
                        break
                total += q[base + READ] * (deliver + pattern.read[row, tensor] / lanes)
            continue
        unmoved |= 1 << tensor
        least = q[base + UNIT]
        for dim in range(len(lattice.bounds)):
            if (lattice.window[tensor] >> dim) & 1 == 1:
                strip = least_strip(
                    lattice, pattern, tensor, dim, pos,
                    q[base + STRIP + lattice.window_index[tensor, dim]],
                )  # fmt: skip
                share = lattice.extent[point, dim] / lattice.bounds[dim]
                least = min(least, strip + (q[base + UNIT] - strip) * share)
        if ahead == 1:
            least += q[base + SECOND] * pattern.read[row, tensor] / lanes
        value[tensor] = least
    bound: float = total + open_bound(divide, point, unmoved, value, best)
    return bound
