"""Labels led through a fanout: their loads spread over lanes."""

from __future__ import annotations

from accelsim.jit import kernel
from accelsim.mapper.exact.geometry import unite
from accelsim.mapper.exact.labels import (
    COST,
    LANES,
    MOVED,
    make_state,
    open_bound,
    output_value,
    run_node_of,
    run_of,
    status_of,
)
from accelsim.mapper.exact.search import (
    CURSOR,
    ENTER,
    FULL,
    GROW,
    MADE,
    PHASE,
    SKIPPED,
    START,
    USED,
    Search,
    admit,
    clear_chains,
    copy_label,
    end_run,
    hopeless,
    joints_hold,
    open_tensor,
)
from accelsim.mapper.exact.units import (
    PENDING,
    READ,
    SECOND,
    STRIP,
    UNIT,
    blocks,
    lanes_of,
    least_strip,
    sum_lanes_of,
)


@kernel
def pass_fanout(s: Search, new: int, node: int, row: int) -> bool:
    """Spread the label under construction over lanes; return False if they do not fit."""
    lattice, nodes, pattern, sizes, labels = s.lattice, s.nodes, s.pattern, s.sizes, s.labels
    point = labels.point[new]
    outer = point
    broken = 0
    for dim in range(len(lattice.bounds)):
        lanes = nodes.row_number[row, dim]
        if lanes > 0:
            number = lattice.digit[point, dim]
            product = lattice.times[dim, number, lanes]
            if product < 0:
                return False
            outer += lattice.radix[dim] * (product - number)
            broken |= 1 << dim
    q = labels.q[new]
    column = nodes.mesh_column[node]
    if column >= 0:
        for axis in range(2):
            at = sizes.resources + sizes.n_shared_bits + 2 * column + axis
            q[at] *= nodes.row_mesh[row, axis]
            if q[at] > nodes.mesh[column, axis]:
                return False
    labels.point[new] = outer
    labels.at[new, node] = outer
    if not joints_hold(s, new, node):
        return False
    lanes_used = lattice.volume[point] / lattice.volume[outer]
    q[LANES] *= lanes_used
    for tensor in range(len(lattice.relevant)):
        base = sizes.tensors + tensor * sizes.width
        state = labels.state[new, tensor]
        run = run_of(state)
        if run >= 0 and (broken >> run) & 1 == 1:
            end_run(s, new, tensor)
            state = labels.state[new, tensor]
            run = -1
        if status_of(state) != MOVED:
            if tensor != lattice.output and plain(s, tensor):
                _cross_plain(s, new, tensor, node, base)
            else:
                open_tensor(s, new, tensor, node + 1)
        elif pattern.ahead[node, tensor] == 1:
            if tensor == lattice.output:
                _cross_output(s, new, node, base)
            else:
                _cross_input(s, new, tensor, node, base, lanes_used)
    return True


@kernel
def plain(s: Search, tensor: int) -> bool:
    """Return whether only products of words matter for an input: no window, no block."""
    if s.lattice.window[tensor] != 0:
        return False
    for row in range(len(s.nodes.place) + 1):
        if s.pattern.parent_block[row, tensor] > 1 or s.pattern.child_block[row, tensor] > 1:
            return False
    return True


@kernel
def _cross_plain(s: Search, new: int, tensor: int, node: int, base: int) -> None:
    """Lead an unmoved input without windows and blocks through a fanout.

    What :func:`open_input` would find from scratch: absolute figures stay, but for the words read,
    which fall by the lanes that the tensor lacks where they are multicast.
    """
    pattern, q = s.pattern, s.labels.q[new]
    if pattern.ahead[node, tensor] == 0:
        return
    at = s.labels.at[new]
    inner = at[node - 1] if node > 0 else 0
    row = pattern.current[node, tensor]
    q[base + UNIT] += s.nodes.deliver[node, tensor] * q[base + READ]
    if (s.nodes.multicast[node] >> tensor) & 1 == 1:
        for dim in range(len(s.lattice.bounds)):
            if (s.lattice.relevant[tensor] >> dim) & 1 == 0:
                q[base + READ] /= s.lattice.extent[at[node], dim] // s.lattice.extent[inner, dim]
    q[base + SECOND] = q[base + READ]
    if pattern.ahead[node + 1, tensor] == 0:
        q[base + UNIT] += pattern.read[row, tensor] * q[base + READ]
        q[base + READ] = q[base + SECOND] = 0.0


@kernel
def _cross_output(s: Search, new: int, node: int, base: int) -> None:
    """Lead the moved output through a fanout on its way to its parent."""
    nodes, pattern, q = s.nodes, s.pattern, s.labels.q[new]
    tensor = s.lattice.output
    row = pattern.current[node, tensor]
    lanes = sum_lanes_of(s.lattice, s.labels.at[new], node)
    below = q[base + READ]
    if nodes.reduces[node] == 1:
        q[base + READ] /= lanes
    q[base + SECOND] /= lanes
    q[COST] += nodes.collect[node] * q[base + READ] + nodes.reduce[node] * (below - q[base + READ])
    if pattern.ahead[node + 1, tensor] == 0:
        q[COST] += q[base + READ] * (pattern.read[row, tensor] + pattern.update[row, tensor])
        q[COST] += q[base + SECOND] * (pattern.back[row] + pattern.credit[row])
        if pattern.fanouts_outside[node + 1] == 1 and row == 0:
            s.slack[new] += max(0.0, pattern.beta[row]) * q[base + SECOND]
        q[base + READ] = 0.0
        q[base + SECOND] = 0.0


@kernel
def _cross_input(s: Search, new: int, tensor: int, node: int, base: int, lanes: float) -> None:
    """Lead a moved input through a fanout on its way from its parent."""
    lattice, nodes, pattern, labels = s.lattice, s.nodes, s.pattern, s.labels
    q, at = labels.q[new], labels.at[new]
    row = pattern.current[node, tensor]
    state = labels.state[new, tensor]
    tag = run_node_of(state)
    dim = tag % 32 if tag >= 0 else -1
    stride = 0
    if dim >= 0:
        stride = lattice.extent[at[tag // 32 - 1], dim] if tag // 32 > 0 else 1
    apart = 1.0
    for v in range(row, node):
        if nodes.place[v] < 0 and (nodes.multicast[v] >> tensor) & 1 == 0:
            apart *= lanes_of(lattice, at, v)
    tiles = unite(lattice, nodes, tensor, at, row, node, -1, 0)
    strips = tiles
    if dim >= 0:
        strips = unite(lattice, nodes, tensor, at, row, node, dim, stride)
    both = q[base + READ] + q[base + SECOND]
    price = nodes.deliver[node, tensor] * apart
    cost = price * both * strips
    pending = price * q[base + READ] * (tiles - strips)
    q[base + READ] /= lanes
    q[base + SECOND] /= lanes
    both = q[base + READ] + q[base + SECOND]
    if pattern.ahead[node + 1, tensor] == 0:
        if (nodes.multicast[node] >> tensor) & 1 == 0:
            apart *= lanes
        block = pattern.parent_block[row, tensor]
        tiles = blocks(unite(lattice, nodes, tensor, at, row, node + 1, -1, 0), block)
        strips = tiles
        if dim >= 0:
            strips = blocks(unite(lattice, nodes, tensor, at, row, node + 1, dim, stride), block)
        price = pattern.read[row, tensor] * apart
        cost += price * both * strips
        pending += price * q[base + READ] * (tiles - strips)
        q[base + READ] = 0.0
        q[base + SECOND] = 0.0
        labels.state[new, tensor] = make_state(MOVED, run_of(state), 0, -1)
    q[COST] += cost
    if run_of(state) >= 0:
        q[base + PENDING] += pending
    else:
        q[COST] += pending


@kernel
def outer_point(s: Search, index: int, row: int) -> int:
    """Return the point outside the lanes of a row, or -1 if a dim has not that much left."""
    lattice = s.lattice
    point = s.labels.point[index]
    outer: int = point
    for dim in range(len(lattice.bounds)):
        lanes = s.nodes.row_number[row, dim]
        if lanes > 0:
            number = lattice.digit[point, dim]
            product = lattice.times[dim, number, lanes]
            if product < 0:
                return -1
            outer += lattice.radix[dim] * (product - number)
    return outer


@kernel
def crossing_bound(s: Search, index: int, node: int, outer: int, lanes: float) -> float:
    """Return a bound on what becomes of a label that crosses a fanout, without making it.

    Absolute figures do not change as lanes are crossed, but for reads of what is multicast, which
    fall by the lanes that the tensor lacks (without windows exactly; with them, by all lanes at
    most, and by no more than to the least strip), and sums, which fall by what is reduced.
    """
    lattice, nodes, pattern, sizes, labels = s.lattice, s.nodes, s.pattern, s.sizes, s.labels
    q = labels.q[index]
    point = labels.point[index]
    pos = node + 1
    total = q[COST] + s.future[pos, outer]
    if pattern.settled[pos] == 0:
        total -= s.slack[index]
    unmoved = 0
    for tensor in range(len(lattice.relevant)):
        base = sizes.tensors + tensor * sizes.width
        state = labels.state[index, tensor]
        moved = status_of(state) == MOVED
        row = pattern.current[node, tensor]
        ahead = pattern.ahead[node, tensor]
        last = pattern.ahead[pos, tensor] == 0
        s.value[tensor] = 0.0
        cost = 0.0
        if tensor == lattice.output:
            if pattern.settled[pos] == 0:
                continue
            cost = q[base + UNIT]
            if ahead == 1:
                sums = lattice.sums[point] / lattice.sums[outer]
                rising = q[base + READ]
                if nodes.reduces[node] == 1:
                    rising /= sums
                cost += nodes.collect[node] * rising
                cost += nodes.reduce[node] * (q[base + READ] - rising)
                visits = q[base + SECOND] / sums
                if last:
                    cost += rising * (pattern.read[row, tensor] + pattern.update[row, tensor])
                    cost += visits * (pattern.back[row] + pattern.credit[row])
                else:
                    cost = output_value(nodes, pattern, tensor, pos, cost, rising, visits)
        else:
            cost = q[base + UNIT]
            words = q[base + READ] if moved else q[base + SECOND]
            if moved:
                cost = 0.0
            elif lattice.window[tensor] != 0:
                for dim in range(len(lattice.bounds)):
                    if (lattice.window[tensor] >> dim) & 1 == 1:
                        strip = least_strip(
                            lattice, pattern, tensor, dim, node,
                            q[base + STRIP + lattice.window_index[tensor, dim]],
                        )  # fmt: skip
                        share = lattice.extent[outer, dim] / lattice.bounds[dim]
                        cost = min(cost, strip + (q[base + UNIT] - strip) * share)
            if ahead == 1:
                cost += nodes.deliver[node, tensor] * words
                if last:
                    fewer = lanes
                    if (nodes.multicast[node] >> tensor) & 1 == 0:
                        fewer = 1.0
                    elif lattice.window[tensor] == 0:
                        fewer = 1.0
                        for dim in range(len(lattice.bounds)):
                            if (lattice.relevant[tensor] >> dim) & 1 == 0:
                                fewer *= lattice.extent[outer, dim] // lattice.extent[point, dim]
                    price = pattern.read[row, tensor] / pattern.parent_block[row, tensor]
                    cost += price * words / fewer
        if moved:
            total += cost
        else:
            unmoved |= 1 << tensor
            s.value[tensor] = cost
    bound: float = total + open_bound(s.divide, outer, unmoved, s.value, s.scratch)
    return bound


@kernel
def run_fanout(s: Search, node: int, first: int, last: int, steps: int) -> bool:
    """Lead the labels ``first:last`` through a fanout; return whether it is done."""
    labels, count = s.labels, s.counts
    if count[PHASE] == ENTER:
        clear_chains(labels)
        count[START] = count[USED]
        count[PHASE], count[CURSOR] = GROW, first
    spent = 0
    while count[CURSOR] < last:
        if spent > steps:
            return False
        index = count[CURSOR]
        count[CURSOR] += 1
        if labels.alive[index] == 0:
            continue
        spent += cross_all(s, node, index)
        if count[FULL] == 1:
            return True
    count[PHASE] = ENTER
    return True


@kernel
def cross_all(s: Search, node: int, index: int) -> int:
    """Spread a label over all lanes that it can use; return the steps this took."""
    labels, count = s.labels, s.counts
    guards = s.lattice.guards
    left = s.lattice.left[labels.point[index]] | guards
    begun = count[MADE] + count[SKIPPED]
    for row in range(s.nodes.row_start[node], s.nodes.row_start[node + 1]):
        # A guard bit is borrowed exactly where a prime has fewer left than the lanes take.
        if (left - s.nodes.row_packed[row]) & guards != guards:
            continue
        outer = outer_point(s, index, row)
        if outer < 0:
            continue
        lanes = s.lattice.volume[labels.point[index]] / s.lattice.volume[outer]
        bound = crossing_bound(s, index, node, outer, lanes)
        if hopeless(s, bound, -labels.q[index, LANES] * lanes, node + 1):
            count[SKIPPED] += 1
            continue
        new = count[USED]
        copy_label(s, index, new)
        labels.action[new] = row
        if pass_fanout(s, new, node, row):
            admit(s, node + 1)
            if count[FULL] == 1:
                break
    rows = s.nodes.row_start[node + 1] - s.nodes.row_start[node]
    spent: int = rows // 32 + count[MADE] + count[SKIPPED] - begun
    return spent
