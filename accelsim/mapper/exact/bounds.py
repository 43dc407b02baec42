"""What the completions of a label cost at least."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.best import too_dear
from accelsim.mapper.exact.labels import is_moved, run_of
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import (
    COST,
    MAX_TENSORS,
    PENDING,
    READ,
    SECOND,
    SHEET,
    STRIP,
    UNIT,
)


@kernel
def sheet_column(s: np.record, tensor: int, sheet: int) -> int:
    """Return the first column of a tensor in a sheet."""
    column: int = s.tensors + tensor * s.tensor_width + SHEET + sheet * s.sheet_width
    return column


@kernel
def open_bound(s: np.record, points: Points, tables: Floats, point: int, unmoved: int) -> float:
    """Return the least that unmoved tensors can cost together, whatever loops come.

    ``s.value[tensor]`` is the cost if it moved now.  Proof.  Tensors move in some order.  Up to the
    step where one of a set of unmoved tensors moves, only loops irrelevant to all of the set have
    passed; together they divide its cost by all that is left of those dims at most (a cost below
    zero is best not divided).  ``s.by_set[set]`` is the least of that cost plus the same for the
    rest of the set, over the member that moves first.
    """
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
                cost = s.value[tensor]
                if cost > 0.0:
                    cost *= points[point].alone[tensor] if rest == 0 else share
                least = min(least, cost + best[rest])
        best[members] = least
    result: float = best[unmoved]
    return result


@kernel
def weigh_output(
    s: np.record, sheet: int, pos: int, unit: float, below: float, visits: float
) -> None:
    """Write what the open boundary of the output costs before ``pos``, by lanes of the next fanout.

    With 1 / R of the words left by lanes over sums of that fanout, it costs at least ``fixed + part
    / R``.  Exact where no other fanout follows up to the parent; where one does, of the words that
    still rise a share 1 - 1/R' is reduced there, R' at most its lanes, at no less than the cheapest
    price, and the rest is read and updated.  That is linear in 1/R', so that the least stands at
    one end.  Visits fall by all lanes over sums, at most, where they cost anything; where they save
    (first reads inside dearer than returns) lanes further out only take from that.
    """
    tensor = s.output
    s.fixed[sheet, tensor], s.part[sheet, tensor] = unit, 0.0
    if s.ahead[pos, tensor] == 0:
        return
    fanout, row = s.next_fanout[pos], s.current[pos, tensor]
    taken = s.read[sheet, row, tensor] + s.update[sheet, row]
    if s.ahead[fanout + 1, tensor] == 1:
        cheapest = np.inf
        for node in range(fanout + 1, s.parent[row, tensor]):
            if s.place[node] < 0:
                cheapest = min(cheapest, s.reduce[sheet, node])
        lanes = s.lanes_ahead[fanout + 1, tensor]
        taken = min(taken, cheapest * (1.0 - 1.0 / lanes) + taken / lanes)
    rising = s.collect[sheet, fanout] + taken
    if s.reduces[fanout] == 1:
        s.fixed[sheet, tensor] += s.reduce[sheet, fanout] * below
        s.part[sheet, tensor] = (rising - s.reduce[sheet, fanout]) * below
    else:
        s.fixed[sheet, tensor] += rising * below
    back = (s.back[sheet, row] + s.credit[sheet, row]) * visits
    s.part[sheet, tensor] += back / s.sums_ahead[fanout + 1] if back > 0.0 else back


@kernel
def least_strip(s: np.record, tensor: int, dim: int, fanouts: int, strip: float) -> float:
    """Return what ``strip`` can fall to if ``fanouts`` further out make the steps of a run longer.

    A step of D in dim a of u*a + v*b uncovers min(D, ...) of each residue class if v = 1 (a class
    is one run of words, see ``strip_words``), which grows with D.  Where a class has holes
    (dilation for a, a stride for b), a longer step may fall into them.
    """
    if fanouts == 0 or (s.monotone[tensor] >> dim) & 1 == 1:
        return strip
    return 0.0


@kernel
def input_value(
    s: np.record, points: Points, q: Floats, index: int, tensor: int, sheet: int,
    point: int, pos: int,
) -> float:  # fmt: skip
    """Return the least that an unmoved input can cost if it moved now, reads across lanes aside.

    A run over window dim d may grow to all that is left of d: of its visits a share of at least
    (extent so far) / bound fetches full tiles, the rest strips.
    """
    column = sheet_column(s, tensor, sheet)
    unit = q[index, column + UNIT]
    least: float = unit
    for w in range(s.n_window[tensor]):
        dim = s.window_dim[tensor, w]
        strip = least_strip(s, tensor, dim, s.fanouts_outside[pos], q[index, column + STRIP + w])
        share = points[point].extent[dim] / s.bounds[dim]
        least = min(least, strip + (unit - strip) * share)
    return least


@kernel
def weigh(s: np.record, points: Points, label: np.record, q: Floats, index: int, pos: int) -> int:
    """Write what bounds of a label before ``pos`` are made of; return the mask of unmoved tensors.

    ``s.total[sheet]`` is the cost so far and what the run under way must still fetch in full, its
    dim grown to its bound.  Besides, a boundary on its way to its parent costs ``s.fixed +
    s.part * share``, where ``share`` is 1 / the lanes of the next fanout that share or reduce its
    words; lanes further out do so at most.  Energy that lanes further out may turn into fresh
    starts of sums (``slack``) is taken off.  An input that has moved is delivered, and read, at
    least a word a visit (``s.column`` says so to a row of lanes).

    ``s.tiled`` is the mask of inputs whose windows join words over lanes right outside their tiles:
    what lanes share is then the tile of all of them together, so that ``s.tile_read`` times what
    that tile moves is read, see :func:`least_cost`.
    """
    here, fanout = points[label.point], s.next_fanout[pos]
    unmoved = 0
    s.tiled = 0
    for sheet in range(s.n_sheets):
        s.total[sheet] = q[index, COST + sheet]
    if s.settled[pos] == 0:
        s.total[0] -= label.slack
    for tensor in range(s.n_tensors):
        base = s.tensors + tensor * s.tensor_width
        state = label.state[tensor]
        moved, run = is_moved(state), run_of(state)
        skipped = tensor == s.output and s.settled[pos] == 0
        if not moved and not skipped:
            unmoved |= 1 << tensor
        left = here.extent[run] / s.bounds[run] if run >= 0 else 0.0
        s.column[tensor] = tensor + MAX_TENSORS if moved and tensor != s.output else tensor
        row = s.current[pos, tensor]
        below, second = q[index, base + READ], q[index, base + SECOND]
        for sheet in range(s.n_sheets):
            column = base + SHEET + sheet * s.sheet_width
            if run >= 0:
                s.total[sheet] += q[index, column + PENDING] * left
            s.fixed[sheet, tensor] = s.part[sheet, tensor] = 0.0
            if skipped:
                continue
            if tensor == s.output:
                weigh_output(s, sheet, pos, q[index, column + UNIT], below, second)
            elif s.ahead[pos, tensor] == 1:
                words = below if moved else second
                lanes = s.lanes_ahead[fanout + 1, tensor]
                if sheet == 0:
                    lanes *= s.parent_block[row, tensor]
                s.fixed[sheet, tensor] = s.deliver[sheet, fanout, tensor] * words
                s.tile_read[sheet, tensor] = s.read[sheet, row, tensor] / lanes
                s.part[sheet, tensor] = s.tile_read[sheet, tensor] * words
        if tensor != s.output and s.joined[tensor] != 0 and not moved and row == fanout == pos:
            s.tiled |= s.multicast[fanout] & (1 << tensor)
    return unmoved


@kernel
def least_moved(s: np.record, unmoved: int) -> float:
    """Return the least energy of a label that was weighed, whatever lanes and loops come.

    A share of lanes is between 0 and 1, so that ``part`` counts where it is negative only.  Unmoved
    inputs, which cost something, are left out, and an unmoved output but for a credit, which is
    best not divided.
    """
    total = s.total[0]
    for tensor in range(s.n_tensors):
        cost = s.fixed[0, tensor] + min(0.0, s.part[0, tensor])
        total += cost if (unmoved >> tensor) & 1 == 0 else min(0.0, cost)
    result: float = total
    return result


@kernel
def relax(s: np.record) -> None:
    """Take what more lanes make dearer as if there were none, so that more lanes never are.

    A negative ``part`` is taken whole (a share is at most 1), tiles that lanes join and tiles of
    one word as if lanes shared all that they can: each lowers a cost, and none then rises with
    lanes, as :func:`spread_bound` needs.
    """
    s.tiled = 0
    for tensor in range(s.n_tensors):
        s.column[tensor] = tensor
    for sheet in range(s.n_sheets):
        part = s.part[sheet, s.output]
        if part < 0.0:
            s.fixed[sheet, s.output] += part
            s.part[sheet, s.output] = 0.0


@kernel
def write_values(
    s: np.record, points: Points, tables: Floats, q: Floats, index: int, sheet: int, point: int,
    shares: Floats, unmoved: int, pos: int,
) -> float:  # fmt: skip
    """Write what each unmoved tensor costs if it moves now (``s.value``), beyond ``point``.

    Returns the cost so far, that of moved tensors included.  The label was weighed before ``pos``;
    ``shares`` are the least of the next fanout (``inverse`` of a row).  Lanes right outside a tile
    are one after the other in every dim, so that their tiles together are that of ``point``, and
    their strips together its strips: of what it fetches, any run leaves its least share.
    """
    total = s.total[sheet]
    for tensor in range(s.n_tensors):
        cost = s.fixed[sheet, tensor]
        if (s.tiled >> tensor) & 1 == 1:
            words = points[point].volume * points[point].words[tensor]
            if s.n_window[tensor] > 0:
                words *= tables[s.share[tensor, s.fanouts_outside[pos + 1]], point]
            cost += s.tile_read[sheet, tensor] * words
        else:
            cost += s.part[sheet, tensor] * shares[s.column[tensor]]
        if (unmoved >> tensor) & 1 == 0:
            total += cost
            continue
        if tensor != s.output:
            cost += input_value(s, points, q, index, tensor, sheet, point, pos)
        s.value[tensor] = cost
    result: float = total
    return result


@kernel
def least_cost(
    s: np.record, points: Points, tables: Floats, q: Floats, index: int, sheet: int, point: int,
    shares: Floats, unmoved: int, pos: int,
) -> float:  # fmt: skip
    """Return the least that a label that was weighed before ``pos`` costs beyond ``point``.

    That is the cost so far, what unmoved tensors need at least (:func:`open_bound`), and the least
    cost of places further out by the tile that they get (``future``); see :func:`write_values`.
    """
    total = write_values(s, points, tables, q, index, sheet, point, shares, unmoved, pos)
    total += tables[s.future[sheet, pos], point]
    if unmoved != 0:
        total += open_bound(s, points, tables, point, unmoved)
    result: float = total
    return result


@kernel
def bound_loops(
    s: np.record, points: Points, tables: Floats, label: np.record, q: Floats, index: int, pos: int
) -> None:
    """Write the least energy of a label with a further loop, by its dim (``s.by_dim``).

    What depends on the dim moves at the loop, at what it costs now at least (:func:`input_value`
    grants it a run of all that is left of the dim).  The rest costs at least what
    :func:`open_bound` says at the present point, the loop being among those that may divide it.  A
    run under way over another dim ends, over this one it grows: both leave no less pending than
    :func:`weigh` grants.  Places further out, by the tile that the loop leads to, are left out.
    """
    unmoved = weigh(s, points, label, q, index, pos)
    relax(s)
    first = s.spread_start[max(0, s.next_fanout[pos])]
    total = write_values(s, points, tables, q, index, 0, label.point, s.spread[first], unmoved, pos)
    for dim in range(s.n_dims):
        cost, rest = total, unmoved
        for tensor in range(s.n_tensors):
            if (unmoved >> tensor) & 1 == 1 and (s.relevant[tensor] >> dim) & 1 == 1:
                cost += s.value[tensor]
                rest &= ~(1 << tensor)
        s.by_dim[dim] = cost + open_bound(s, points, tables, label.point, rest)


@kernel
def bound_of(
    s: np.record, points: Points, tables: Floats, label: np.record, q: Floats, index: int, pos: int
) -> int:
    """Write lower bounds on every sheet of all completions of a label before ``pos`` (``s.low``).

    Each tensor is granted the most lanes that can share its words.  Returns the mask of unmoved
    tensors, for :func:`spread_bound`.
    """
    unmoved = weigh(s, points, label, q, index, pos)
    relax(s)
    first = s.spread_start[max(0, s.next_fanout[pos])]
    for sheet in range(s.n_sheets):
        s.low[sheet] = least_cost(
            s, points, tables, q, index, sheet, label.point, s.spread[first], unmoved, pos
        )
    return unmoved


@kernel
def spread_bound(
    s: np.record, points: Points, tables: Floats, label: np.record, q: Floats, index: int, pos: int,
    unmoved: int, lanes: float, wholly: bool,
) -> float:  # fmt: skip
    """Return the energy of a label that has just been bounded, by what lanes share.

    Lanes that share words of one tensor are not there for another: whatever row of lanes the next
    fanout takes, some spread has no larger share of any tensor (and none costs less for a larger
    share, see :func:`relax`), so that the least over all spreads is a lower bound.  Unless it is
    wanted ``wholly``, the first cost that is not too dear will do: that one spread is enough not to
    give the label up, but its cost is no bound.
    """
    fanout = s.next_fanout[pos]
    if fanout < 0 or s.crossing[pos] == 0:
        return -np.inf
    first, last = s.spread_start[fanout] + 1, s.spread_start[fanout + 1]
    if not first <= s.last_spread < last:
        s.last_spread = first
    least = np.inf
    for _ in range(first, last):
        cost = least_cost(
            s, points, tables, q, index, 0, label.point, s.spread[s.last_spread], unmoved, pos
        )
        least = min(least, cost)
        if not wholly and not too_dear(s, cost, lanes):
            break
        s.last_spread = s.last_spread + 1 if s.last_spread + 1 < last else first
    return least
