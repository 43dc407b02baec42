"""Labels led through a place: temporal loops around them, and how the place ends."""

from __future__ import annotations

import numpy as np

from accelsim.jit import kernel
from accelsim.mapper.exact.labels import (
    COST,
    END,
    LANES,
    MOVED,
    NO_LOOP,
    low_of,
    make_state,
    run_of,
    status_of,
)
from accelsim.mapper.exact.search import (
    BEST_CYCLES,
    BEST_ENERGY,
    BEST_LABEL,
    CLOSE,
    CURSOR,
    E_POWER,
    ENTER,
    FIGURE,
    FULL,
    GROW,
    GROWN,
    KEEP_USED,
    MADE,
    PER_CYCLE,
    PHASE,
    START,
    TIE,
    TOLERANCE,
    USED,
    Search,
    admit,
    clear_chains,
    copy_label,
    cycles_of,
    end_run,
    figure_of,
    joints_hold,
    open_tensor,
)
from accelsim.mapper.exact.tables import Lattice
from accelsim.mapper.exact.units import PENDING, READ, SECOND, STRIP, UNIT, slack_of_output


@kernel
def pass_loop(s: Search, new: int, node: int, dim: int, bound: int) -> None:
    """Put a temporal loop around the label under construction."""
    lattice, pattern, sizes, labels = s.lattice, s.pattern, s.sizes, s.labels
    q = labels.q[new]
    point = labels.point[new]
    for tensor in range(len(lattice.relevant)):
        base = sizes.tensors + tensor * sizes.width
        state = labels.state[new, tensor]
        run = run_of(state)
        moved = status_of(state) == MOVED
        ahead = pattern.ahead[node, tensor]
        if run >= 0:
            if run == dim:
                q[base + PENDING] /= bound
                if moved and ahead == 1:
                    visits = q[base + READ] + q[base + SECOND]
                    q[base + READ] /= bound
                    q[base + SECOND] = visits - q[base + READ]
            else:
                end_run(s, new, tensor)
                state = labels.state[new, tensor]
                run = -1
        if moved:
            continue
        if (lattice.relevant[tensor] >> dim) & 1 == 0:
            q[base + UNIT] /= bound
            q[base + READ] /= bound
            q[base + SECOND] /= bound
            for column in range(base + STRIP, base + sizes.width):
                q[column] /= bound
            continue
        low = low_of(state)
        if tensor == lattice.output:
            if pattern.fanouts_outside[node] == 1:
                # the drained words if it moved at the present state
                s.slack[new] += slack_of_output(
                    lattice, s.nodes, pattern, node, point, labels.at[new], low
                )
            q[COST] += q[base + UNIT]
            if q[base + UNIT] < 0.0 or ahead == 1:
                labels.used[new] |= KEEP_USED
            q[base + UNIT] = 0.0
            labels.state[new, tensor] = make_state(MOVED, run, 0, -1)
            continue
        windowed = (lattice.window[tensor] >> dim) & 1 == 1
        if windowed:
            strip = q[base + STRIP + lattice.window_index[tensor, dim]]
            q[COST] += strip
            q[base + PENDING] += (q[base + UNIT] - strip) / bound
        else:
            q[COST] += q[base + UNIT]
        q[base + UNIT] = 0.0
        for column in range(base + STRIP, base + sizes.width):
            q[column] = 0.0
        q[base + READ] = 0.0
        q[base + SECOND] = 0.0
        run_node = -1
        if ahead == 1:
            visits = lattice.volume[point]
            q[base + READ] = visits
            if windowed:
                q[base + READ] = visits / bound
                q[base + SECOND] = visits - visits / bound
                # which dim the run is over, for strips across lanes still to come
                run_node = node * 32 + dim
        labels.state[new, tensor] = make_state(MOVED, dim if windowed else -1, 0, run_node)
    labels.point[new] = point + lattice.radix[dim] * (
        number_of(lattice, dim, lattice.extent[point, dim] * bound) - lattice.digit[point, dim]
    )


@kernel
def number_of(lattice: Lattice, dim: int, extent: int) -> int:
    """Return the number of a divisor."""
    low, high = 0, lattice.n_divisors[dim] - 1
    while low < high:
        middle = (low + high) // 2
        if lattice.divisor[dim, middle] < extent:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def close_place(s: Search, new: int, node: int) -> bool:
    """End the block of a place and open the boundaries of what it keeps; check what must fit."""
    lattice, nodes, pattern, sizes, labels = s.lattice, s.nodes, s.pattern, s.sizes, s.labels
    point = labels.point[new]
    q = labels.q[new]
    if pattern.fits[node, point] == 0:
        return False
    for column in range(sizes.n_shared_bits):
        q[sizes.resources + column] += pattern.shared_bits[column, node, point]
        if q[sizes.resources + column] > pattern.shared_limit[column]:
            return False
    labels.at[new, node] = point
    labels.used[new] = 0
    if not joints_hold(s, new, node):
        return False
    if node == len(nodes.place) - 1:
        return True
    for tensor in range(len(lattice.relevant)):
        if (pattern.kept[node] >> tensor) & 1 == 0:
            continue
        state = labels.state[new, tensor]
        low = node + 1 if status_of(state) == MOVED else low_of(state)
        labels.state[new, tensor] = make_state(0, run_of(state), low, -1)
        open_tensor(s, new, tensor, node + 1)
    return True


@kernel
def block_closed(s: Search, index: int) -> bool:
    """Return whether the order of further loops in this block cannot matter any more."""
    for tensor in range(len(s.lattice.relevant)):
        state = s.labels.state[index, tensor]
        if status_of(state) != MOVED or run_of(state) >= 0:
            return False
    return True


@kernel
def is_composite(number: int) -> bool:
    """Return whether a number above 1 is no prime."""
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            return True
        factor += 1
    return False


@kernel
def expand_block(s: Search, node: int, index: int) -> None:
    """Put every loop that is allowed next around a label.

    Once nothing is unmoved or in a run, the order of the block's further loops changes nothing, and
    where nothing limits them a dim that has a loop already may grow: a second loop of the dim is no
    worse merged into the first (what it passes on its way in is unmoved, or in a run, and only
    falls; the figures are not negative, or ``KEEP_USED`` is set).  So the label forgets which dims
    it has used, and loops grow prime by prime.
    """
    lattice, nodes, labels = s.lattice, s.nodes, s.labels
    point = labels.point[index]
    used = labels.used[index]
    cleared = used == 0 and nodes.free[node] == 1 and block_closed(s, index)
    for dim in range(len(lattice.bounds)):
        if (used >> dim) & 1 == 1:
            continue
        refused = False
        for inner in range(len(lattice.bounds)):
            if (used >> inner) & 1 == 1 and (nodes.inside[node, inner] >> dim) & 1 == 1:
                refused = True
        if refused:
            continue
        here = lattice.extent[point, dim]
        for number in range(lattice.digit[point, dim] + 1, lattice.n_divisors[dim]):
            there = lattice.divisor[dim, number]
            if there % here != 0:
                continue
            bound = there // here
            if bound > nodes.most[node, dim]:
                break
            if nodes.exact[node, dim] != 0 and bound != nodes.exact[node, dim]:
                continue
            if s.counts[FULL] == 1:
                return
            outer = point + (number - lattice.digit[point, dim]) * lattice.radix[dim]
            if s.pattern.fits[node, outer] == 0:
                continue  # tiles only grow
            if cleared and is_composite(bound):
                continue
            new = s.counts[USED]
            copy_label(s, index, new)
            pass_loop(s, new, node, dim, bound)
            labels.used[new] = labels.used[new] | (1 << dim)
            forgets = nodes.free[node] == 1 and labels.used[new] & KEEP_USED == 0
            if forgets and block_closed(s, new):
                labels.used[new] = 0
            labels.action[new] = dim * 4096 + number
            admit(s, node)


@kernel
def exact_loops_stand(s: Search, node: int, index: int) -> bool:
    """Return whether every dim with a required factor has its loop."""
    nodes, labels = s.nodes, s.labels
    inner = labels.at[index, node - 1] if node > 0 else 0
    for dim in range(len(s.lattice.bounds)):
        wanted = nodes.exact[node, dim]
        if wanted == 0:
            continue
        have = s.lattice.extent[labels.point[index], dim] // s.lattice.extent[inner, dim]
        if have != wanted:
            return False
    return True


@kernel
def finish(s: Search, index: int) -> None:
    """Complete a label that has passed the outermost place; note it if it is the best."""
    labels, sizes = s.labels, s.sizes
    q = labels.q[index]
    energy = q[COST]
    for tensor in range(len(s.lattice.relevant)):
        base = sizes.tensors + tensor * sizes.width
        energy += q[base + PENDING]
        if status_of(labels.state[index, tensor]) != MOVED:
            energy += q[base + UNIT]
    cycles = cycles_of(s, -q[LANES])
    energy += cycles * s.aim[PER_CYCLE]
    figure = figure_of(s, energy, cycles)
    tie = cycles if s.aim[E_POWER] > 0 else energy
    best = s.best
    near = abs(figure - best[FIGURE]) <= best[FIGURE] * s.aim[TOLERANCE] and np.isfinite(figure)
    if (figure < best[FIGURE] and not near) or (near and tie < best[TIE] * (1 - s.aim[TOLERANCE])):
        best[FIGURE] = figure
        best[TIE] = tie
        best[BEST_ENERGY] = energy
        best[BEST_CYCLES] = cycles
        s.counts[BEST_LABEL] = index


@kernel
def run_place(s: Search, node: int, first: int, last: int, steps: int) -> bool:
    """Lead the labels ``first:last`` through a place; return whether it is done.

    Labels enter the block, grow loop by loop (a label that grows stands behind all that it grew
    from), and leave it as the place closes.  A call ends after about ``steps`` steps; ``PHASE`` and
    ``CURSOR`` say where the next one goes on, ``START`` where the results begin.
    """
    labels, count = s.labels, s.counts
    until = count[MADE] + steps
    if count[PHASE] == ENTER:
        clear_chains(labels)
        count[START] = count[USED]
        for index in range(first, last):
            if labels.alive[index] == 0:
                continue
            new = count[USED]
            copy_label(s, index, new)
            labels.used[new] = 0
            labels.action[new] = NO_LOOP
            admit(s, node)
            if count[FULL] == 1:
                return True
        count[PHASE], count[CURSOR] = GROW, count[START]
    if count[PHASE] == GROW:
        while count[CURSOR] < count[USED]:
            if count[MADE] > until:
                return False
            if labels.alive[count[CURSOR]] == 1:
                expand_block(s, node, count[CURSOR])
                if count[FULL] == 1:
                    return True
            count[CURSOR] += 1
        clear_chains(labels)
        count[PHASE], count[CURSOR], count[GROWN] = CLOSE, count[START], count[USED]
        count[START] = count[USED]
    outermost = node == len(s.nodes.place) - 1
    while count[CURSOR] < count[GROWN]:
        index = count[CURSOR]
        count[CURSOR] += 1
        if labels.alive[index] == 0 or not exact_loops_stand(s, node, index):
            continue
        if outermost and labels.point[index] != len(s.lattice.volume) - 1:
            continue
        new = count[USED]
        copy_label(s, index, new)
        labels.action[new] = END
        if not close_place(s, new, node):
            continue
        if outermost:
            finish(s, new)
            if count[BEST_LABEL] == new:
                labels.alive[new] = 1
                count[USED] += 1
                if count[USED] >= len(labels.point) - 1:
                    count[FULL] = 1
        else:
            admit(s, node + 1)
        if count[FULL] == 1:
            return True
    count[PHASE] = ENTER
    return True
