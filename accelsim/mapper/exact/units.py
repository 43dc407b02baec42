"""What open boundaries would cost: the numbers that a label carries for each tensor.

A tensor is **unmoved** while no temporal loop that it depends on stands outside its outermost
keeper so far, **moved** after that.  All figures are *absolute*: the cost if the tensor moved now,
all loops still outside included (their number is known, since factors are exact).  An irrelevant
temporal loop of bound n divides what is unmoved by n and leaves alone what has moved.
"""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.geometry import unite
from accelsim.mapper.exact.tables import Lattice, Nodes, Pattern
from accelsim.mapping.arrays import Ints

UNIT, READ, SECOND, PENDING, STRIP = range(5)
"""Columns of a tensor.

``UNIT``: cost if it moved now.  ``READ``, ``SECOND``: while fanouts remain between the open
boundary and its parent: words read there if it moved now and the least of them with any strip
(unmoved input); visits that fetch tiles and strips (moved input); drained words over the lanes that
reduced them and over all lanes of a group (output).  ``PENDING``: what the run under way saves
when it grows.  ``STRIP + w``: the cost of a move that fetches only strips along window dim w.
"""


@kernel
def blocks(words: float, block: int) -> float:
    """Return the accesses of one visit."""
    return words if block == 1 else np.ceil(words / block)


@kernel
def lanes_of(lattice: Lattice, at: Ints, node: int) -> float:
    """Return the lanes used at a fanout."""
    inner = at[node - 1] if node > 0 else 0
    lanes: float = lattice.volume[inner] / lattice.volume[at[node]]
    return lanes


@kernel
def sum_lanes_of(lattice: Lattice, at: Ints, node: int) -> float:
    """Return the lanes used at a fanout over dims that the output lacks."""
    inner = at[node - 1] if node > 0 else 0
    lanes: float = lattice.sums[inner] / lattice.sums[at[node]]
    return lanes


@kernel
def least_strip(
    lattice: Lattice, pattern: Pattern, tensor: int, dim: int, pos: int, strip: float
) -> float:
    """Return what ``strip`` can fall to as lanes further out make the steps of a run longer.

    A step of D in dim a of u*a + v*b uncovers min(D, ...) of each residue class if v = 1 (a class
    is one run of words, see ``strip_words``), which grows with D.  Where a class has holes
    (dilation for a, a stride for b), a longer step may fall into them.
    """
    if pattern.fanouts_outside[pos] == 0 or (lattice.monotone[tensor] >> dim) & 1 == 1:
        return strip
    return 0.0


@kernel
def open_input(
    lattice: Lattice, nodes: Nodes, pattern: Pattern, tensor: int, pos: int, point: int,
    at: Ints, low: int, q: Floats, base: int,
) -> None:  # fmt: skip
    """Write the columns of an unmoved input before node ``pos``, from its tiles and lanes."""
    n_window = lattice.n_window[tensor]
    for column in range(STRIP + n_window):
        if column != PENDING:
            q[base + column] = 0.0
    current = pattern.current[pos, tensor]
    outside = lattice.volume[point]
    row = low
    while True:
        parent = pattern.parent[row, tensor]
        end = min(parent, pos)
        done = parent < pos or pattern.ahead[pos, tensor] == 0
        crossed = 1.0
        for node in range(row, pos):
            if nodes.place[node] < 0:
                crossed *= lanes_of(lattice, at, node)
        for dim in range(-1, len(lattice.bounds)):
            if dim >= 0 and (lattice.window[tensor] >> dim) & 1 == 0:
                continue
            stride = lattice.extent[point, dim] if dim >= 0 else 0
            words = unite(lattice, nodes, tensor, at, row, row, dim, stride)
            instances = outside * crossed
            cost = (
                pattern.fill[row, tensor]
                * instances
                * blocks(words, pattern.child_block[row, tensor])
            )
            apart = 1.0
            for node in range(row, end):
                if nodes.place[node] >= 0:
                    continue
                lanes = lanes_of(lattice, at, node)
                cost += nodes.deliver[node, tensor] * instances * apart * words
                instances /= lanes
                if (nodes.multicast[node] >> tensor) & 1 == 1:
                    words = unite(lattice, nodes, tensor, at, row, node + 1, dim, stride)
                else:
                    apart *= lanes
            if done:
                cost += (
                    pattern.read[row, tensor]
                    * instances
                    * apart
                    * blocks(words, pattern.parent_block[row, tensor])
                )
            elif dim < 0:
                q[base + READ] = q[base + SECOND] = instances * apart * words
            else:
                if (lattice.monotone[tensor] >> dim) & 1 == 1:
                    least = instances * apart * words
                else:
                    least = q[base + READ] * lattice.extent[point, dim] / lattice.bounds[dim]
                q[base + SECOND] = min(q[base + SECOND], least)
            if dim < 0:
                q[base + UNIT] += cost
            else:
                q[base + STRIP + lattice.window_index[tensor, dim]] += cost
        if row == current:
            return
        row = parent + 1


@kernel
def open_output(
    lattice: Lattice, nodes: Nodes, pattern: Pattern, pos: int, point: int,
    at: Ints, low: int, q: Floats, base: int,
) -> None:  # fmt: skip
    """Write the columns of the unmoved output before node ``pos``."""
    tensor = lattice.output
    q[base + UNIT] = q[base + READ] = q[base + SECOND] = 0.0
    current = pattern.current[pos, tensor]
    row = low
    while True:
        parent = pattern.parent[row, tensor]
        end = min(parent, pos)
        drained = lattice.output_words * lattice.sums[point]
        for node in range(row, pos):
            if nodes.place[node] < 0:
                drained *= sum_lanes_of(lattice, at, node)
        cost = drained * (pattern.drain[row, tensor] - pattern.credit[row])
        rising, visits = drained, drained
        for node in range(row, end):
            if nodes.place[node] >= 0:
                continue
            lanes = sum_lanes_of(lattice, at, node)
            below = rising
            visits /= lanes
            if nodes.reduces[node] == 1:
                rising /= lanes
            cost += nodes.collect[node] * rising + nodes.reduce[node] * (below - rising)
        if parent < pos or pattern.ahead[pos, tensor] == 0:
            cost += rising * (pattern.read[row, tensor] + pattern.update[row, tensor])
            cost += visits * (pattern.back[row] + pattern.credit[row])
        else:
            q[base + READ] = rising
            q[base + SECOND] = visits
        q[base + UNIT] += cost
        if row == current:
            return
        row = parent + 1


@kernel
def slack_of_output(
    lattice: Lattice, nodes: Nodes, pattern: Pattern, pos: int, point: int, at: Ints, low: int
) -> float:
    """Return at least what lanes further out may save at the boundaries that move now.

    A word that starts from zero at a parent saves ``beta``, and no more words of a boundary do so
    than its visits, U <= drained words.
    """
    tensor = lattice.output
    current = pattern.current[pos, tensor]
    row = low
    slack = 0.0
    while True:
        drained = lattice.output_words * lattice.sums[point]
        for node in range(row, pos):
            if nodes.place[node] < 0:
                drained *= sum_lanes_of(lattice, at, node)
        slack += max(0.0, pattern.beta[row]) * drained
        if row == current:
            break
        row = pattern.parent[row, tensor] + 1
    saved: float = slack
    return saved
