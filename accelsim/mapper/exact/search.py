"""The search over labels: what its kernels share, and how labels are admitted, bounded, thinned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.labels import (
    COST,
    LANES,
    MOVED,
    NO_LOOP,
    Labels,
    Sizes,
    bound_of,
    dominates,
    hash_of,
    low_of,
    make_state,
    run_node_of,
    same_key,
    status_of,
)
from accelsim.mapper.exact.tables import Lattice, Nodes, Pattern
from accelsim.mapper.exact.units import PENDING, READ, SECOND, open_input, open_output
from accelsim.mapping.arrays import Ints


class Search(NamedTuple):
    """All that the kernels of a search share."""

    lattice: Lattice
    nodes: Nodes
    pattern: Pattern
    sizes: Sizes
    divide: Floats
    """``[set of tensors, point]``: most that loops irrelevant to all of a set divide by."""
    future: Floats
    """``[pos, point]``"""
    labels: Labels
    aim: Floats
    """Energy power, cycles power, per-cycle energy, operations, operations per cycle, slack."""
    counts: Ints
    """LABELS in use, MADE, PRICED, BEST label, CURSOR."""
    best: Floats
    """Figure, tie, cost, cycles of the best complete mapping."""
    slack: Floats
    """``[label]``: savings that lanes further out may still bring."""
    value: Floats
    scratch: Floats


KEEP_USED = 1 << 40
"""Mark in ``used``: moving less often would not have been cheaper."""
USED, MADE, BEST_LABEL, CURSOR, FULL, DROPPED, SKIPPED, PHASE, START, GROWN = range(10)
E_POWER, C_POWER, PER_CYCLE, OPERATIONS, RATE, TOLERANCE, LEXICOGRAPHIC = range(7)
FIGURE, TIE, BEST_ENERGY, BEST_CYCLES = range(4)


@kernel
def copy_label(s: Search, source: int, target: int) -> None:
    """Copy all that a child label inherits."""
    labels = s.labels
    labels.point[target] = labels.point[source]
    labels.used[target] = labels.used[source]
    labels.joint[target] = labels.joint[source]
    for i in range(labels.state.shape[1]):
        labels.state[target, i] = labels.state[source, i]
    for i in range(labels.at.shape[1]):
        labels.at[target, i] = labels.at[source, i]
    for i in range(labels.q.shape[1]):
        labels.q[target, i] = labels.q[source, i]
    labels.parent[target] = source
    s.slack[target] = s.slack[source]


@kernel
def cycles_of(s: Search, lanes: float) -> float:
    """Return the cycles of a machine that never waits."""
    cycles: float = np.ceil(s.aim[OPERATIONS] / lanes / s.aim[RATE])
    return cycles


@kernel
def figure_of(s: Search, energy: float, cycles: float) -> float:
    """Return what is minimised."""
    figure = 1.0
    for _ in range(int(s.aim[E_POWER])):
        figure *= energy
    for _ in range(int(s.aim[C_POWER])):
        figure *= cycles
    return figure


@kernel
def hopeless(s: Search, bound: float, lanes: float, pos: int) -> bool:
    """Return whether no completion can beat or equal the best so far, rounding granted."""
    most = min(lanes * s.pattern.total_lanes[pos], s.aim[OPERATIONS])
    cycles = cycles_of(s, most)
    energy = bound + cycles * s.aim[PER_CYCLE]
    figure = figure_of(s, max(0.0, energy), cycles)
    tolerance = s.aim[TOLERANCE]
    if figure > s.best[FIGURE] * (1.0 + tolerance):
        return True
    tie = cycles if s.aim[E_POWER] > 0 else energy
    return bool(
        figure >= s.best[FIGURE] * (1.0 - tolerance) and tie >= s.best[TIE] * (1.0 - tolerance)
    )


@kernel
def least_figure(s: Search, bound: float) -> float:
    """Return the least figure of any mapping that costs at least ``bound``."""
    cycles = cycles_of(s, min(s.pattern.total_lanes[0], s.aim[OPERATIONS]))
    return figure_of(s, max(0.0, bound + cycles * s.aim[PER_CYCLE]), cycles)


@kernel
def admit(s: Search, pos: int) -> bool:
    """Bound the label under construction and keep it unless hopeless or dominated."""
    labels, count = s.labels, s.counts
    new = count[USED]
    count[MADE] += 1
    bound = bound_of(
        s.lattice, s.nodes, s.pattern, s.sizes, s.divide, s.future, labels.state[new],
        labels.q[new], labels.point[new], pos, s.value, s.scratch,
    )  # fmt: skip
    if s.pattern.settled[pos] == 0:
        bound -= s.slack[new]
    if hopeless(s, bound, -labels.q[new, LANES], pos):
        return False
    chain = hash_of(labels, new, len(s.lattice.relevant))
    tolerance = s.aim[TOLERANCE] * abs(s.best[BEST_ENERGY]) * 10.0
    lexicographic = int(s.aim[LEXICOGRAPHIC])
    before = -1
    other = labels.head[chain]
    while other >= 0:
        following = labels.next[other]
        if same_key(s.lattice, s.pattern, labels, other, new, pos):
            if dominates(labels, other, new, tolerance, lexicographic):
                count[DROPPED] += 1
                return False
            if dominates(labels, new, other, tolerance, lexicographic):
                labels.alive[other] = 0
                if before >= 0:
                    labels.next[before] = following
                else:
                    labels.head[chain] = following
                other = following
                continue
        before = other
        other = following
    labels.next[new] = labels.head[chain]
    labels.head[chain] = new
    labels.bound[new] = bound
    labels.alive[new] = 1
    count[USED] += 1
    if count[USED] >= len(labels.point) - 1:
        count[FULL] = 1
    return True


@kernel
def clear_chains(labels: Labels) -> None:
    """Forget all labels of the stage before."""
    for chain in range(len(labels.head)):
        labels.head[chain] = -1


@kernel
def end_run(s: Search, new: int, tensor: int) -> None:
    """Close the run of a tensor: what is pending is due."""
    base = s.sizes.tensors + tensor * s.sizes.width
    q = s.labels.q[new]
    q[COST] += q[base + PENDING]
    q[base + PENDING] = 0.0
    state = s.labels.state[new, tensor]
    s.labels.state[new, tensor] = make_state(
        status_of(state), -1, low_of(state), run_node_of(state)
    )


@kernel
def joint_product(s: Search, new: int, node: int, joint: int) -> int:
    """Return the product that a joint limit speaks of, over nodes up to and with ``node``."""
    dim = s.nodes.joint_dim[joint]
    product = 1
    for v in range(node + 1):
        if (s.nodes.joint_nodes[joint] >> v) & 1 == 1:
            inner = s.labels.at[new, v - 1] if v > 0 else 0
            product *= s.lattice.extent[s.labels.at[new, v], dim] // s.lattice.extent[inner, dim]
    return product


@kernel
def joints_hold(s: Search, new: int, node: int) -> bool:
    """Check the joint limits after ``node`` and pack their products into the label's key."""
    packed = 0
    last = node == len(s.nodes.place) - 1
    for joint in range(len(s.nodes.joint_dim)):
        product = joint_product(s, new, node, joint)
        if product > s.nodes.joint_most[joint]:
            return False
        exact = s.nodes.joint_exact[joint]
        if exact != 0 and (exact % product != 0 or (last and product != exact)):
            return False
        packed = packed * (1 << 20) + product
    s.labels.joint[new] = packed
    return True


@kernel
def open_tensor(s: Search, new: int, tensor: int, pos: int) -> None:
    """Write the columns of an unmoved tensor."""
    labels = s.labels
    base = s.sizes.tensors + tensor * s.sizes.width
    low = low_of(labels.state[new, tensor])
    if tensor == s.lattice.output:
        open_output(
            s.lattice, s.nodes, s.pattern, pos, labels.point[new], labels.at[new], low,
            labels.q[new], base,
        )  # fmt: skip
    else:
        open_input(
            s.lattice, s.nodes, s.pattern, tensor, pos, labels.point[new], labels.at[new], low,
            labels.q[new], base,
        )  # fmt: skip


ENTER, GROW, CLOSE, DONE = range(4)
"""Phases of a place, in ``count[PHASE]``: see :func:`run_place`."""


@kernel
def start_label(s: Search) -> None:
    """Make the first label: the compute, of which every tensor moves at every step."""
    lattice, pattern, sizes, labels = s.lattice, s.pattern, s.sizes, s.labels
    q = labels.q[0]
    for column in range(q.shape[0]):
        q[column] = 0.0
    q[LANES] = -1.0
    for column in range(2 * len(s.nodes.mesh)):
        q[sizes.resources + sizes.n_shared_bits + column] = 1.0
    q[COST] = s.aim[7]
    steps = s.aim[OPERATIONS]
    s.slack[0] = 0.0
    for tensor in range(len(lattice.relevant)):
        base = sizes.tensors + tensor * sizes.width
        labels.state[0, tensor] = make_state(MOVED, -1, 0, -1)
        ahead = pattern.ahead[0, tensor]
        if tensor == lattice.output:
            if ahead == 1:
                q[base + READ] = steps
                q[base + SECOND] = steps
            else:
                q[COST] += steps * (pattern.read[0, tensor] + pattern.update[0, tensor])
                q[COST] += steps * (pattern.back[0] + pattern.credit[0])
                if pattern.fanouts_outside[0] == 1:
                    s.slack[0] += max(0.0, pattern.beta[0]) * steps
        elif ahead == 1:
            q[base + READ] = steps
        else:
            q[COST] += steps * pattern.read[0, tensor]
    labels.point[0] = 0
    labels.used[0] = 0
    labels.joint[0] = 0
    labels.parent[0] = -1
    labels.action[0] = NO_LOOP
    labels.alive[0] = 1
    for node in range(labels.at.shape[1]):
        labels.at[0, node] = 0
    s.counts[USED] = 1


@kernel
def root_bound(s: Search) -> float:
    """Make the first label and return its bound."""
    start_label(s)
    bound: float = bound_of(
        s.lattice, s.nodes, s.pattern, s.sizes, s.divide, s.future, s.labels.state[0],
        s.labels.q[0], 0, 0, s.value, s.scratch,
    )  # fmt: skip
    if s.pattern.settled[0] == 0:
        bound -= s.slack[0]
    return bound


@kernel
def thin(s: Search, first: int, last: int, most: int) -> None:
    """Drop all but about ``most`` labels, those with the lowest bounds stay."""
    labels = s.labels
    low, high = np.inf, 0.0
    for index in range(first, last):
        if labels.alive[index] == 1:
            low = min(low, labels.bound[index])
            high = max(high, labels.bound[index])
    for _ in range(30):
        middle = 0.5 * (low + high)
        below = 0
        for index in range(first, last):
            if labels.alive[index] == 1 and labels.bound[index] <= middle:
                below += 1
        if below > most:
            high = middle
        else:
            low = middle
    for index in range(first, last):
        if labels.bound[index] > high:
            labels.alive[index] = 0
