"""The search over labels: how it starts, how labels are admitted, and how a beam thins them."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.best import hopeless, too_dear
from accelsim.mapper.exact.bounds import bound_of, sheet_column, spread_bound
from accelsim.mapper.exact.geometry import inner_point, lanes_outside
from accelsim.mapper.exact.labels import (
    MOVED,
    NO_LOOP,
    Labels,
    chain_of,
    enter_chain,
    is_dominated,
    low_of,
    make_state,
    tag_of,
)
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import (
    COST,
    EPOCH,
    FULL,
    LANES,
    MADE,
    NO_ROOM,
    PENDING,
    READ,
    SECOND,
    THINNED,
    USED,
)
from accelsim.mapper.exact.units import open_input, open_output


@kernel
def start_label(s: np.record, labels: Labels, q: Floats) -> None:
    """Make the first label: the compute, of which every tensor moves at every step."""
    first = labels[0]
    for column in range(s.width):
        q[0, column] = 0.0
    q[0, LANES] = -1.0
    for sheet in range(1, s.n_sheets):
        q[0, s.ports + 2 * (sheet - 1)] = -1.0
        q[0, s.ports + 2 * (sheet - 1) + 1] = 1.0
    for column in range(2 * s.n_mesh):
        q[0, s.resources + s.n_shared + column] = 1.0
    first.point = first.used = first.joint = 0
    first.slack = 0.0
    first.parent, first.action, first.alive = -1, NO_LOOP, 1
    for node in range(s.n_nodes):
        first.at[node] = 0
    steps = s.operations
    for tensor in range(s.n_tensors):
        first.state[tensor] = make_state(MOVED, -1, 0, -1)
        base = s.tensors + tensor * s.tensor_width
        if s.ahead[0, tensor] == 1:
            q[0, base + READ] = steps
            if tensor == s.output:
                q[0, base + SECOND] = steps
        elif tensor == s.output and s.fanouts_outside[0] == 1:
            first.slack += max(0.0, s.beta[0]) * steps
    for sheet in range(s.n_sheets):
        q[0, COST + sheet] = s.start_cost[sheet]
        for tensor in range(s.n_tensors):
            if s.ahead[0, tensor] == 1:
                continue
            price = s.read[sheet, 0, tensor]
            if tensor == s.output:
                price += s.update[sheet, 0] + s.back[sheet, 0] + s.credit[sheet, 0]
            q[0, COST + sheet] += steps * price
    s.counts[EPOCH] += s.counts[USED] + 1
    s.counts[USED] = 1


@kernel
def root_bound(store: Points, points: Points, tables: Floats, labels: Labels, q: Floats) -> bool:
    """Make the first label and write its bound into ``s.low``; return whether it is hopeless.

    Certificates rest on this bound, so that it looks at every spread.
    """
    s = store[0]
    start_label(s, labels, q)
    unmoved = bound_of(s, points, tables, labels[0], q, 0, 0)
    spread = spread_bound(s, points, tables, labels[0], 0, unmoved, s.total_lanes[0], True)
    labels[0].bound = s.low[0] = max(s.low[0], spread)
    return hopeless(s, q, 0, 0, s.total_lanes[0])


@kernel
def admit(
    s: np.record, points: Points, tables: Floats, labels: Labels, q: Floats, pos: int, beam: int
) -> None:
    """Bound the label under construction and keep it unless dominated or hopeless.

    With ``beam`` > 0 it leaves a node, and so many with lower bounds must not have left before.
    """
    new = s.counts[USED]
    s.counts[MADE] += 1
    chain = chain_of(s, labels[new])
    if is_dominated(s, labels, q, new, pos, chain):
        return
    lanes = -q[new, LANES] * lanes_outside(s, q, new, pos)
    unmoved = bound_of(s, points, tables, labels[new], q, new, pos)
    if hopeless(s, q, new, pos, lanes):
        return
    spread = spread_bound(s, points, tables, labels[new], pos, unmoved, lanes, beam > 0)
    labels[new].bound = max(s.low[0], spread)
    if too_dear(s, labels[new].bound, lanes):
        return
    if beam > 0 and beyond_beam(s, labels[new].bound):
        return
    enter_chain(s, labels, q, new, pos, chain)
    if beam > 0:
        enter_beam(s, labels[new].bound)
    take_room(s, labels)


@kernel
def grow(s: np.record, labels: Labels, q: Floats, pos: int) -> None:
    """Keep the label under construction, which grows in its block, unless dominated.

    It is bounded as it grows on (``expand_block``): many a label is dominated before.
    """
    new = s.counts[USED]
    s.counts[MADE] += 1
    chain = chain_of(s, labels[new])
    if is_dominated(s, labels, q, new, pos, chain):
        return
    enter_chain(s, labels, q, new, pos, chain)
    take_room(s, labels)


@kernel
def take_room(s: np.record, labels: Labels) -> None:
    """Keep the label under construction; say so if it was the last that there is room for."""
    labels[s.counts[USED]].alive = 1
    s.counts[USED] += 1
    if s.counts[USED] >= len(labels) - 1:
        s.counts[FULL] = NO_ROOM


@kernel
def end_run(s: np.record, label: np.record, q: Floats, index: int, tensor: int) -> None:
    """Close the run of a tensor: what is pending is due."""
    for sheet in range(s.n_sheets):
        column = sheet_column(s, tensor, sheet) + PENDING
        q[index, COST + sheet] += q[index, column]
        q[index, column] = 0.0
    state = label.state[tensor]
    label.state[tensor] = make_state(state & 1, -1, low_of(state), tag_of(state))


@kernel
def open_tensor(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, tensor: int, pos: int
) -> None:
    """Write the columns of an unmoved tensor."""
    if tensor == s.output:
        open_output(s, points, label, q, index, pos)
    else:
        open_input(s, points, label, q, index, tensor, pos)


@kernel
def joints_hold(s: np.record, points: Points, label: np.record, node: int) -> bool:
    """Check the joint limits after ``node`` and pack their products into the label's key."""
    packed = 0
    last = node == s.n_nodes - 1
    for joint in range(s.n_joints):
        dim = s.joint_dim[joint]
        product = 1
        for v in range(node + 1):
            if (s.joint_nodes[joint] >> v) & 1 == 1:
                outer = points[label.at[v]].extent[dim]
                product *= outer // points[inner_point(label, v)].extent[dim]
        if product > s.joint_most[joint]:
            return False
        exact = s.joint_exact[joint]
        if exact != 0 and (exact % product != 0 or (last and product != exact)):
            return False
        packed = packed * (1 << 20) + product
    label.joint = packed
    return True


@kernel
def clear_beam(s: np.record) -> None:
    """Forget what has left the last node."""
    for place in range(s.beam):
        s.lowest[place] = np.inf


@kernel
def beyond_beam(s: np.record, bound: float) -> bool:
    """Return whether a beam has no place for another label with this bound."""
    if bound < s.lowest[s.beam - 1]:
        return False
    s.counts[THINNED] += 1
    return True


@kernel
def enter_beam(s: np.record, bound: float) -> None:
    """Put a label's bound among the lowest."""
    place = s.beam - 1
    while place > 0 and s.lowest[place - 1] > bound:
        s.lowest[place] = s.lowest[place - 1]
        place -= 1
    s.lowest[place] = bound


@kernel
def thin(s: np.record, labels: Labels, first: int, last: int, most: int) -> None:
    """Drop all but about ``most`` labels, those with the lowest bounds stay."""
    s.counts[THINNED] += 1
    low, high = np.inf, -np.inf
    for index in range(first, last):
        if labels[index].alive == 1:
            low = min(low, labels[index].bound)
            high = max(high, labels[index].bound)
    for _ in range(30):
        middle = 0.5 * (low + high)
        below = 0
        for index in range(first, last):
            if labels[index].alive == 1 and labels[index].bound <= middle:
                below += 1
        if below > most:
            high = middle
        else:
            low = middle
    for index in range(first, last):
        if labels[index].bound > high:
            labels[index].alive = 0
