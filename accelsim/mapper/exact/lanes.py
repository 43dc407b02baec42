"""Labels led through a fanout: their loads spread over lanes."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.best import too_dear, too_slow
from accelsim.mapper.exact.bounds import (
    cost_beyond,
    least_alike,
    least_cost,
    moved_cost,
    sheet_column,
    weigh,
)
from accelsim.mapper.exact.geometry import (
    inner_point,
    lanes_of,
    lanes_outside,
    sum_lanes_of,
    unite,
)
from accelsim.mapper.exact.labels import (
    MOVED,
    Labels,
    copy_label,
    is_moved,
    make_state,
    run_of,
    tag_of,
)
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import (
    COST,
    CURSOR,
    FULL,
    LANES,
    MADE,
    PENDING,
    PHASE,
    READ,
    SECOND,
    SKIPPED,
    START,
    UNIT,
    USED,
)
from accelsim.mapper.exact.loops import ENTER, GROW
from accelsim.mapper.exact.search import (
    admit,
    beyond_beam,
    clear_beam,
    end_run,
    joints_hold,
    open_tensor,
)
from accelsim.mapper.exact.units import accesses


@kernel
def pass_fanout(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, node: int, row: np.record
) -> bool:
    """Spread the label under construction over lanes that there are; return whether it may."""
    inner = points[label.point]
    point = label.point + row.step
    outer = points[point]
    label.point = label.at[node] = point
    mesh = s.mesh_column[node]
    if mesh >= 0:
        for axis in range(2):
            column = s.resources + s.n_shared + 2 * mesh + axis
            q[index, column] *= row.mesh[axis]
    if not joints_hold(s, points, label, node):
        return False
    q[index, LANES] *= row.lanes
    sums = inner.sums / outer.sums
    for sheet in range(1, s.n_sheets):
        if s.sheet_node[sheet] < node:
            port = s.ports + 2 * (sheet - 1)
            q[index, port] *= row.lanes
            q[index, port + 1] *= row.lanes / sums
    for tensor in range(s.n_tensors):
        state = label.state[tensor]
        run = run_of(state)
        if run >= 0 and (row.broken >> run) & 1 == 1:
            end_run(s, label, q, index, tensor)
        if not is_moved(state):
            if tensor != s.output and (s.products >> tensor) & 1 == 1:
                cross_products(s, points, label, q, index, tensor, node)
            else:
                open_tensor(s, points, label, q, index, tensor, node + 1)
        elif s.ahead[node, tensor] == 1:
            if tensor == s.output:
                cross_output(s, points, label, q, index, node)
            else:
                cross_input(s, points, label, q, index, tensor, node, row.lanes)
    return True


@kernel
def cross_products(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, tensor: int, node: int
) -> None:
    """Lead an unmoved input without windows and blocks through a fanout.

    What :func:`~accelsim.mapper.exact.units.open_input` would find from scratch: absolute figures
    stay, but for the words read, which fall by the lanes that the tensor lacks where they are
    multicast.
    """
    if s.ahead[node, tensor] == 0:
        return
    base = s.tensors + tensor * s.tensor_width
    row = s.current[node, tensor]
    below = q[index, base + READ]
    above = below
    if (s.multicast[node] >> tensor) & 1 == 1:
        above /= lanes_lacked(s, points[inner_point(label, node)], points[label.at[node]], tensor)
    last = s.ahead[node + 1, tensor] == 0
    for sheet in range(s.n_sheets):
        column = sheet_column(s, tensor, sheet) + UNIT
        q[index, column] += s.deliver[sheet, node, tensor] * below
        if last:
            q[index, column] += s.read[sheet, row, tensor] * above
    q[index, base + READ] = q[index, base + SECOND] = 0.0 if last else above


@kernel
def lanes_lacked(s: np.record, inner: np.record, outer: np.record, tensor: int) -> float:
    """Return the lanes over dims that a tensor lacks."""
    lanes = 1.0
    for dim in range(s.n_dims):
        if (s.relevant[tensor] >> dim) & 1 == 0:
            lanes *= outer.extent[dim] // inner.extent[dim]
    return lanes


@kernel
def cross_output(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, node: int
) -> None:
    """Lead the moved output through a fanout on its way to its parent.

    Proof (rule 7).  As it moved, U * K words were known that leave the child: all loops outside
    that count are counted, so that nothing further out changes them.  ``READ`` are those still
    rising: of L lanes over sums one word in L goes on if the fanout reduces, and each of the others
    is a reduction.  ``SECOND`` falls by all lanes over sums and is U past the last.  There every
    rising word is read and updated (U * Kn), U words are sent back, and of these Z of the parent
    are not, nor read: what they save is worked out from outside in (``start_cost``), but for the
    U * (K - 1) fresh starts that begin here and save ``credit`` further in each: U * K of them were
    credited as it moved, U are taken back here.  Lanes and loops further out may still make such
    starts at this boundary: at most one a visit (``slack``; beyond row 0 noted as it moved).
    """
    tensor = s.output
    base = s.tensors + tensor * s.tensor_width
    row = s.current[node, tensor]
    lanes = sum_lanes_of(points, label, node)
    below = q[index, base + READ]
    rising = below / lanes if s.reduces[node] == 1 else below
    visits = q[index, base + SECOND] / lanes
    last = s.ahead[node + 1, tensor] == 0
    for sheet in range(s.n_sheets):
        cost = s.collect[sheet, node] * rising + s.reduce[sheet, node] * (below - rising)
        if last:
            cost += rising * (s.read[sheet, row, tensor] + s.update[sheet, row])
            cost += visits * (s.back[sheet, row] + s.credit[sheet, row])
        q[index, COST + sheet] += cost
    if last and s.fanouts_outside[node + 1] == 1 and row == 0:
        label.slack += max(0.0, s.beta[row]) * visits
    q[index, base + READ] = 0.0 if last else rising
    q[index, base + SECOND] = 0.0 if last else visits


@kernel
def cross_input(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, tensor: int, node: int,
    lanes: float,
) -> None:  # fmt: skip
    """Lead a moved input through a fanout on its way from its parent.

    Proof (rules 4 to 6).  ``READ`` visits fetch tiles and ``SECOND`` visits strips, of all
    instances just inside this fanout together; their number was known as the input moved, since
    all loops further out repeat or spread them.  Lanes fetch at the same steps, so that of a group
    one visit is left: both fall by ``lanes``.  A visit of a group delivers, just inside a fanout,
    what its lanes so far hold between them: the union of their tiles, or strips, over the fanouts
    passed that multicast, times the lanes of those that do not (``apart``); at the parent the
    fanout itself counts too.  Tiles and lanes stand in ``label.at`` from the child outward.  A
    strip depends besides on the step, the extent of the run's dim inside the loop that began it
    (``tag``): a longer run has more such steps and no longer ones, and lanes outside the loop copy
    strips as they copy tiles.  So what a visit costs is known here for good; what tiles cost more
    than strips is pending, and 1/n of it and of ``READ`` is left if the run grows by n.
    """
    base = s.tensors + tensor * s.tensor_width
    row = s.current[node, tensor]
    state = label.state[tensor]
    tag = tag_of(state)
    dim = tag % 32 if tag >= 0 else -1
    stride = 0
    if dim >= 0:
        stride = int(points[inner_point(label, tag // 32)].extent[dim])
    apart = 1.0
    for v in range(row, node):
        if s.place[v] < 0 and (s.multicast[v] >> tensor) & 1 == 0:
            apart *= lanes_of(points, label, v)
    tiles = unite(s, points, label, tensor, row, node, -1, 0)
    strips = unite(s, points, label, tensor, row, node, dim, stride) if dim >= 0 else tiles
    full, partial = q[index, base + READ], q[index, base + SECOND]
    last = s.ahead[node + 1, tensor] == 0
    running = run_of(state) >= 0
    charge(s, q, index, tensor, s.deliver, node, apart, full, partial, tiles, strips, 0, running)
    full, partial = full / lanes, partial / lanes
    if last:
        if (s.multicast[node] >> tensor) & 1 == 0:
            apart *= lanes
        tiles = unite(s, points, label, tensor, row, node + 1, -1, 0)
        strips = unite(s, points, label, tensor, row, node + 1, dim, stride) if dim >= 0 else tiles
        block = s.parent_block[row, tensor]
        charge(
            s, q, index, tensor, s.read, row, apart, full, partial, tiles, strips, block, running
        )
        full = partial = 0.0
        label.state[tensor] = make_state(MOVED, run_of(state), 0, -1)
    q[index, base + READ], q[index, base + SECOND] = full, partial


@kernel
def charge(
    s: np.record, q: Floats, index: int, tensor: int, prices: Floats, at: int, apart: float,
    full: float, partial: float, tiles: float, strips: float, block: int, running: bool,
) -> None:  # fmt: skip
    """Charge ``full`` visits of tiles and ``partial`` ones of strips to every sheet.

    What tiles cost more than strips stays pending while the run may still grow.
    """
    for sheet in range(s.n_sheets):
        price = prices[sheet, at, tensor] * apart
        tile = accesses(tiles, sheet, max(block, 1))
        strip = accesses(strips, sheet, max(block, 1))
        q[index, COST + sheet] += price * (full + partial) * strip
        more = price * full * (tile - strip)
        if running:
            q[index, sheet_column(s, tensor, sheet) + PENDING] += more
        else:
            q[index, COST + sheet] += more


@kernel
def run_fanout(
    s: np.record, points: Points, tables: Floats, labels: Labels, q: Floats, rows: Points,
    node: int, first: int, last: int, steps: int,
) -> bool:  # fmt: skip
    """Lead the labels ``first:last`` through a fanout; return whether it is done."""
    count = s.counts
    if count[PHASE] == ENTER:
        count[START] = count[USED]
        count[PHASE], count[CURSOR] = GROW, first
        clear_beam(s)
    spent = 0
    while count[CURSOR] < last:
        if spent > steps:
            return False
        if labels[count[CURSOR]].alive == 1:
            spent += cross_all(s, points, tables, labels, q, rows, node, count[CURSOR])
            if count[FULL] != 0:
                return True
        count[CURSOR] += 1
    count[PHASE] = ENTER
    return True


@kernel
def enough_left(s: np.record, here: np.record, row: np.record) -> bool:
    """Return whether each dim has a factor left that the lanes of a row divide."""
    if s.guards != 0:
        return bool(((here.left | s.guards) - row.packed) & s.guards == s.guards)
    for dim in range(s.n_dims):
        if (s.bounds[dim] // here.extent[dim]) % s.divisor[dim, row.number[dim]] != 0:
            return False
    return True


@kernel
def enough_lanes(s: np.record, q: Floats, index: int, node: int, row: np.record) -> bool:
    """Return whether a label has left as many lanes of a shared array as a row takes."""
    array = s.mesh_column[node]
    if array < 0:
        return True
    used = s.resources + s.n_shared + 2 * array
    fits_x = q[index, used] * row.mesh[0] <= s.mesh[array, 0]
    return bool(fits_x and q[index, used + 1] * row.mesh[1] <= s.mesh[array, 1])


@kernel
def cross_all(
    s: np.record, points: Points, tables: Floats, labels: Labels, q: Floats, rows: Points,
    node: int, index: int,
) -> int:  # fmt: skip
    """Spread a label over all lanes that it can use; return the steps this took.

    A child is bounded before it is made: by what all rows alike have in common (``least_alike`` in
    :mod:`~accelsim.mapper.exact.bounds`), then by ``least_cost`` there.  Absolute figures do
    not change as lanes are crossed, but for reads of what is multicast, which fall by the lanes
    that share a word at most (a row's ``inverse``), and sums, which fall by what is reduced: so the
    label is weighed once, and each row puts in its shares and the point that it leads to.
    """
    count = s.counts
    start = labels[index].point
    here = points[start]
    begun = count[MADE] + count[SKIPPED]
    unmoved = weigh(s, points, labels[index], q, index, node)
    future = tables[s.future[0, node]]
    most = -q[index, LANES] * lanes_outside(s, q, index, node)
    most_outside = -q[index, LANES] * s.total_lanes[node + 1]
    least = 0.0
    number = alike_until = s.row_start[node]
    while number < s.row_start[node + 1]:
        row, this = rows[number], number
        number += 1
        if not enough_left(s, here, row) or not enough_lanes(s, q, index, node, row):
            continue
        point, lanes = start + row.step, min(most, most_outside * row.lanes)
        if this >= alike_until:
            alike_until = this + row.alike
            least = least_alike(s, points, tables, start, point, row.inverse, unmoved)
            if too_dear(s, least + future[start], lanes):
                count[SKIPPED] += 1
                number = alike_until
                continue
        if too_dear(s, least + future[point], lanes):
            count[SKIPPED] += 1
            continue
        energy = moved_cost(s, 0, row.inverse, unmoved)
        energy += cost_beyond(s, points, tables, 0, point, row.inverse, unmoved, node)
        if too_dear(s, energy, lanes) or (s.beam > 0 and beyond_beam(s, energy)):
            count[SKIPPED] += 1
            continue
        if s.n_sheets > 1:
            s.low[0] = energy
            for sheet in range(1, s.n_sheets):
                s.low[sheet] = least_cost(
                    s, points, tables, sheet, point, row.inverse, unmoved, node
                )
            if too_slow(s, q, index, node, lanes):
                count[SKIPPED] += 1
                continue
        new = count[USED]
        copy_label(s, labels, q, index, new)
        labels[new].action = this
        if pass_fanout(s, points, labels[new], q, new, node, row):
            admit(s, points, tables, labels, q, node + 1, s.beam)
            if count[FULL] != 0:
                break
            weigh(s, points, labels[index], q, index, node)
    rows_seen = s.row_start[node + 1] - s.row_start[node]
    spent: int = rows_seen // 32 + count[MADE] + count[SKIPPED] - begun
    return spent
