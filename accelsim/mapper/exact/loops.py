"""Labels led through a place: temporal loops around them, and how the place ends."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.best import hopeless, note, too_dear
from accelsim.mapper.exact.bounds import bound_loops, bound_of, sheet_column, spread_bound
from accelsim.mapper.exact.geometry import inner_point, lanes_outside
from accelsim.mapper.exact.labels import (
    END,
    MOVED,
    Labels,
    copy_label,
    is_moved,
    low_of,
    make_state,
    run_of,
)
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import (
    BEST_LABEL,
    COST,
    CURSOR,
    FULL,
    GROWN,
    LANES,
    MADE,
    PENDING,
    PHASE,
    READ,
    SECOND,
    SHEET,
    SKIPPED,
    START,
    STRIP,
    UNIT,
    USED,
)
from accelsim.mapper.exact.search import (
    admit,
    clear_beam,
    end_run,
    grow,
    joints_hold,
    open_tensor,
    take_room,
)
from accelsim.mapper.exact.units import clear_open, slack_of_output

KEEP_USED = 1 << 40
"""Mark in ``used``: moving the output less often might not have been cheaper."""

EMPTY = 1 << 41
"""Mark in ``used``: a block that must have loops has none yet."""

ENTER, GROW, CLOSE = range(3)
"""Phases of a place, in ``counts[PHASE]``: see :func:`run_place`."""


@kernel
def pass_loop(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, node: int, dim: int,
    number: int, bound: int,
) -> None:  # fmt: skip
    """Put a temporal loop around the label under construction."""
    for tensor in range(s.n_tensors):
        base = s.tensors + tensor * s.tensor_width
        state = label.state[tensor]
        ahead = s.ahead[node, tensor] == 1
        run = run_of(state)
        if run == dim:
            for sheet in range(s.n_sheets):
                q[index, sheet_column(s, tensor, sheet) + PENDING] /= bound
            if is_moved(state) and ahead:
                visits = q[index, base + READ] + q[index, base + SECOND]
                q[index, base + READ] /= bound
                q[index, base + SECOND] = visits - q[index, base + READ]
        elif run >= 0:
            end_run(s, label, q, index, tensor)
            state = label.state[tensor]
            run = -1
        if is_moved(state):
            continue
        if (s.relevant[tensor] >> dim) & 1 == 0:
            divide_open(s, q, index, tensor, bound)
        elif tensor == s.output:
            move_output(s, points, label, q, index, node, run)
        else:
            move_input(s, points, label, q, index, node, tensor, dim, bound)
    label.point += s.radix[dim] * (number - points[label.point].digit[dim])


@kernel
def divide_open(s: np.record, q: Floats, index: int, tensor: int, bound: int) -> None:
    """Lead an unmoved tensor through a loop that it does not depend on."""
    base = s.tensors + tensor * s.tensor_width
    q[index, base + READ] /= bound
    q[index, base + SECOND] /= bound
    for sheet in range(s.n_sheets):
        column = base + SHEET + sheet * s.sheet_width
        q[index, column + UNIT] /= bound
        for w in range(s.n_window[tensor]):
            q[index, column + STRIP + w] /= bound


@kernel
def move_output(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, node: int, run: int
) -> None:
    """Have the output move at a loop: its open boundary costs what it said."""
    tensor = s.output
    if s.fanouts_outside[node] == 1:
        label.slack += slack_of_output(s, points, label, node)
    for sheet in range(s.n_sheets):
        unit = sheet_column(s, tensor, sheet) + UNIT
        if q[index, unit] < 0.0:
            label.used |= KEEP_USED
        q[index, COST + sheet] += q[index, unit]
        q[index, unit] = 0.0
    label.state[tensor] = make_state(MOVED, run, 0, -1)


@kernel
def move_input(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, node: int, tensor: int,
    dim: int, bound: int,
) -> None:  # fmt: skip
    """Have an input move at a loop, which begins its closing run.

    In a window dim, of ``bound`` visits one fetches a full tile and the others strips; if the run
    grows by n, one in ``bound * n``: what is pending is what full tiles cost more than strips.
    """
    windowed = (s.window[tensor] >> dim) & 1 == 1
    for sheet in range(s.n_sheets):
        column = sheet_column(s, tensor, sheet)
        unit = q[index, column + UNIT]
        if windowed:
            strip = q[index, column + STRIP + s.window_index[tensor, dim]]
            q[index, COST + sheet] += strip
            q[index, column + PENDING] += (unit - strip) / bound
        else:
            q[index, COST + sheet] += unit
    clear_open(s, q, index, tensor)
    tag = -1
    if s.ahead[node, tensor] == 1:
        base = s.tensors + tensor * s.tensor_width
        visits = points[label.point].volume
        q[index, base + READ] = visits
        if windowed:
            q[index, base + READ] = visits / bound
            q[index, base + SECOND] = visits - visits / bound
            tag = node * 32 + dim  # which strips the lanes still to come unite
    label.state[tensor] = make_state(MOVED, dim if windowed else -1, 0, tag)


@kernel
def close_place(
    s: np.record, points: Points, tables: Floats, label: np.record, q: Floats, index: int, node: int
) -> bool:
    """End the block of a place and open the boundaries of what it keeps; check what must fit."""
    point = label.point
    if tables[s.fits[node], point] == 0.0:
        return False
    for column in range(s.n_shared):
        q[index, s.resources + column] += tables[s.shared + column * s.n_nodes + node, point]
        if q[index, s.resources + column] > s.shared_limit[column]:
            return False
    label.at[node] = point
    label.used = 0
    if not joints_hold(s, points, label, node):
        return False
    if node == s.n_nodes - 1:
        return True
    for tensor in range(s.n_tensors):
        if (s.kept[node] >> tensor) & 1 == 0:
            continue
        state = label.state[tensor]
        low = node + 1 if is_moved(state) else low_of(state)
        label.state[tensor] = make_state(0, run_of(state), low, -1)
        open_tensor(s, points, label, q, index, tensor, node + 1)
    return True


@kernel
def block_closed(s: np.record, label: np.record) -> bool:
    """Return whether all tensors have moved, so that no loop decides any more when one does."""
    for tensor in range(s.n_tensors):  # noqa: SIM110  (plain, for the compiler)
        if not is_moved(label.state[tensor]):
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
def may_stand_next(s: np.record, label: np.record, node: int, dim: int) -> bool:
    """Return whether a loop over ``dim`` may stand outside the loops of the block so far."""
    if (label.used >> dim) & 1 == 1:
        return False
    for inner in range(s.n_dims):
        if (label.used >> inner) & 1 == 1 and (s.inside[node, inner] >> dim) & 1 == 1:
            return False
    return True


@kernel
def expand_block(
    s: np.record, points: Points, tables: Floats, labels: Labels, q: Floats, node: int, index: int
) -> None:
    """Put every loop that is allowed next around a label.

    A mapping has one loop of a dim in a block.  Where nothing limits the block and nothing is
    unmoved any more, labels are let off that, and forget which dims they have used.  Proof that no
    answer changes.  Two loops of a dim stand for one mapping with one loop, at the place of the
    first, that costs no more: the second, of bound n, moves inward past loops over other dims.
    What moved at one of those, or at the first loop, moved after it in any case; what was unmoved
    there is now divided by n too; a run over the dim that began at the first loop is n times as
    long and begins at the same extent, and one that began between them is divided by n and no
    longer ended by the second.  So every figure only falls (none has a coefficient below zero, see
    ``dominates``), unless what is divided was itself below zero: only the output's may be, and
    ``KEEP_USED`` is set as it moves at such a cost.  Visits that save (``visits_save``) save no
    more than was paid for them: a word drained pays ``drain - credit`` and makes one visit at most,
    at ``back + credit``, so that it costs ``drain + back`` or more.  The rebuilt mapping is priced
    anew by the counter, and must cost what the label said; were it less, its own label would have
    been better.

    From there on a dim's loops may as well grow prime by prime: what fits in the end fits on the
    way, bounds hold for all that is to come, and two loops of one dim, one right after the other,
    divide what one loop of their product does.

    A label that is hopeless is dropped.  A loop that is too dear by :func:`bound_loops` and places
    further out is not put; none is where all are left to a place further out (``passed``).
    """
    label = labels[index]
    here = points[label.point]
    lanes = -q[index, LANES] * lanes_outside(s, q, index, node)
    unmoved = bound_of(s, points, tables, label, q, index, node)
    label.bound = max(label.bound, s.low[0])
    if hopeless(s, q, index, node, lanes) or too_dear(
        s, spread_bound(s, points, tables, label, node, unmoved, lanes, False), lanes
    ):
        s.counts[SKIPPED] += 1
        label.alive = 0
        return
    label.closing = bound_loops(s, points, tables, label, node, unmoved)
    if s.passed[node] == (1 << s.n_dims) - 1:
        return
    cleared = label.used == 0 and s.free[node] == 1 and block_closed(s, label)
    for dim in range(s.n_dims):
        if (s.passed[node] >> dim) & 1 == 1 or not may_stand_next(s, label, node, dim):
            continue
        extent, digit = int(here.extent[dim]), int(here.digit[dim])
        for number in range(digit + 1, s.n_divisors[dim]):
            if s.divisor[dim, number] % extent != 0:
                continue
            bound = s.divisor[dim, number] // extent
            if bound > s.most[node, dim]:
                continue
            if s.exact[node, dim] != 0 and bound != s.exact[node, dim]:
                continue
            point = label.point + (number - digit) * s.radix[dim]
            if tables[s.fits[node], point] == 0.0:
                continue  # tiles only grow
            if cleared and is_composite(bound):
                continue
            if too_dear(s, s.by_dim[dim] + tables[s.future[0, node], point], lanes):
                s.counts[SKIPPED] += 1
                continue
            new = s.counts[USED]
            copy_label(s, labels, q, index, new)
            child = labels[new]
            child.bound = label.bound
            pass_loop(s, points, child, q, new, node, dim, number, bound)
            child.used = (child.used | (1 << dim)) & ~EMPTY
            if s.free[node] == 1 and child.used & KEEP_USED == 0 and block_closed(s, child):
                child.used = 0
            child.action = dim * 4096 + number
            grow(s, labels, q, node)
            if s.counts[FULL] != 0:
                return


@kernel
def exact_loops_stand(s: np.record, points: Points, label: np.record, node: int) -> bool:
    """Return whether every dim with a required factor has its loop."""
    inner, outer = points[inner_point(label, node)], points[label.point]
    for dim in range(s.n_dims):
        wanted = s.exact[node, dim]
        if wanted != 0 and outer.extent[dim] // inner.extent[dim] != wanted:
            return False
    return True


@kernel
def finish(s: np.record, label: np.record, q: Floats, index: int) -> bool:
    """Complete a label that has passed the outermost place; return whether it is wanted."""
    for sheet in range(s.n_sheets):
        total = q[index, COST + sheet]
        for tensor in range(s.n_tensors):
            column = sheet_column(s, tensor, sheet)
            total += q[index, column + PENDING]
            if not is_moved(label.state[tensor]):
                total += q[index, column + UNIT]
        s.low[sheet] = total
    return note(s, q, index)


@kernel
def run_place(
    s: np.record, points: Points, tables: Floats, labels: Labels, q: Floats,
    node: int, first: int, last: int, steps: int,
) -> bool:  # fmt: skip
    """Lead the labels ``first:last`` through a place; return whether it is done.

    Labels enter the block, grow loop by loop (a label that grows stands behind all that it grew
    from), and leave it as the place closes, unless that alone is too dear (``closing``).  A call
    ends after about ``steps`` steps; ``PHASE`` and ``CURSOR`` say where the next one goes on,
    ``START`` where the results begin.
    """
    count = s.counts
    until = count[MADE] + count[SKIPPED] + steps
    if count[PHASE] == ENTER:
        for index in range(first, last):
            labels[index].used = EMPTY if s.must_loop[node] == 1 else 0
        count[START] = count[CURSOR] = first
        count[PHASE] = GROW
    if count[PHASE] == GROW:
        while count[CURSOR] < count[USED]:
            if count[MADE] + count[SKIPPED] > until:
                return False
            if labels[count[CURSOR]].alive == 1:
                expand_block(s, points, tables, labels, q, node, count[CURSOR])
                if count[FULL] != 0:
                    return True
            count[CURSOR] += 1
        count[PHASE], count[CURSOR], count[GROWN] = CLOSE, count[START], count[USED]
        count[START] = count[USED]
        clear_beam(s)
    outermost = node == s.n_nodes - 1
    while count[CURSOR] < count[GROWN]:
        index = count[CURSOR]
        count[CURSOR] += 1
        if labels[index].alive == 0 or not exact_loops_stand(s, points, labels[index], node):
            continue
        if outermost and labels[index].point != s.n_points - 1:
            continue
        if labels[index].used & EMPTY != 0:
            continue
        lanes = -q[index, LANES] * lanes_outside(s, q, index, node + 1)
        if too_dear(s, labels[index].closing, lanes):
            continue
        new = count[USED]
        copy_label(s, labels, q, index, new)
        labels[new].action = END
        if not close_place(s, points, tables, labels[new], q, new, node):
            continue
        if not outermost:
            admit(s, points, tables, labels, q, node + 1, s.beam)
        elif finish(s, labels[new], q, new):
            count[BEST_LABEL] = new
            take_room(s, labels)
        if count[FULL] != 0:
            return True
    count[PHASE] = ENTER
    return True
