"""What the completions of a label cost at least."""

from __future__ import annotations

import numpy as np

from accelsim.counter.window import distinct_words, strip_words
from accelsim.evaluation.prices import Floats
from accelsim.jit import inlined, kernel
from accelsim.mapper.exact.best import too_dear
from accelsim.mapper.exact.labels import is_moved, low_of, run_of
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
from accelsim.mapper.exact.together import open_bound


@kernel
def sheet_column(s: np.record, tensor: int, sheet: int) -> int:
    """Return the first column of a tensor in a sheet."""
    column: int = s.tensors + tensor * s.tensor_width + SHEET + sheet * s.sheet_width
    return column


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
def least_share(s: np.record, here: np.record, tensor: int, dim: int) -> float:
    """Return the least share of a tile that is left of its fetches by a run, whatever its step.

    A run over ``dim`` steps by what stands inside it: a multiple of the tile's extent, and a proper
    divisor of the bound.  Where ranks have the dim in common, the least of each is multiplied.
    """
    share = 1.0
    for rank in range(s.rank_start[tensor], s.rank_start[tensor + 1]):
        side = 0 if s.rank_dim[rank, 0] == dim else 1
        if s.rank_dim[rank, 1] < 0 or s.rank_dim[rank, side] != dim:
            continue
        u, v = s.rank_coefficient[rank, side], s.rank_coefficient[rank, 1 - side]
        a, b = int(here.extent[dim]), int(here.extent[s.rank_dim[rank, 1 - side]])
        words = least = distinct_words(u, v, a, b)
        for number in range(s.n_divisors[dim] - 1):
            step = s.divisor[dim, number]
            if step % a == 0:
                least = min(least, strip_words(u, v, a, b, step))
        share *= least / words
    return share


@kernel
def least_strip(
    s: np.record, points: Points, label: np.record, tensor: int, w: int, pos: int, unit: float,
    strip: float,
) -> float:  # fmt: skip
    """Return what the cost of a strip can fall to as fanouts further out make steps longer.

    A step of D in dim a of u*a + v*b uncovers min(D, ...) of each residue class if v = 1 (a class
    is one run of words, see ``strip_words``), which grows with D.  Where a class has holes
    (dilation for a, a stride for b), a longer step may fall into them.  Then each tile keeps its
    least share (:func:`least_share`).  Between tiles of unmoved boundaries there are lanes alone.
    If all of them multicast, and no blocks round up (``s.united``), what they share is the tile of
    all of them together, the point's, and of their strips no less than its strips.
    """
    dim = s.window_dim[tensor, w]
    if s.fanouts_outside[pos] == 0 or (s.monotone[tensor] >> dim) & 1 == 1:
        return strip
    if (s.united >> tensor) & 1 == 0:
        return 0.0
    share = 1.0
    for node in range(max(low_of(label.state[tensor]) - 1, 0), pos):
        share = min(share, least_share(s, points[label.at[node]], tensor, dim))
    return share * unit


@kernel
def weigh_input(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, tensor: int, sheet: int,
    pos: int,
) -> None:  # fmt: skip
    """Write what an unmoved input costs if it moves now, reads across lanes aside.

    ``s.unit``, or less by a run over window dim d, which may grow to all that is left of d: of its
    visits a share of at least (extent so far) / bound fetches full tiles, the rest strips, so that
    at least ``s.strip + s.steeper * extent`` is paid.
    """
    column = sheet_column(s, tensor, sheet)
    unit = s.unit[sheet, tensor] = q[index, column + UNIT]
    for w in range(s.n_window[tensor]):
        dim = s.window_dim[tensor, w]
        strip = q[index, column + STRIP + w]
        strip = least_strip(s, points, label, tensor, w, pos, unit, strip)
        s.strip[sheet, tensor, w] = strip
        s.steeper[sheet, tensor, w] = (unit - strip) / s.bounds[dim]


@inlined
def input_value(s: np.record, here: np.record, tensor: int, sheet: int) -> float:
    """Return the least that an unmoved input that was weighed can cost at a point."""
    least: float = s.unit[sheet, tensor]
    for w in range(s.n_window[tensor]):
        extent = here.extent[s.window_dim[tensor, w]]
        least = min(least, s.strip[sheet, tensor, w] + s.steeper[sheet, tensor, w] * extent)
    return least


@kernel
def weigh(s: np.record, points: Points, label: np.record, q: Floats, index: int, pos: int) -> int:
    """Write what bounds of a label before ``pos`` are made of; return the mask of unmoved tensors.

    ``s.total[sheet]`` is the cost so far and what the run under way must still fetch in full, its
    dim grown to its bound.  Besides, a boundary on its way to its parent costs ``s.fixed +
    s.part * share``, where ``share`` is 1 / the lanes of the next fanout (of an input, of its
    group) that share or reduce its words; lanes further out do so at most.  Energy that lanes
    further out may turn into fresh starts of sums (``slack``) is taken off.  An input that has
    moved is delivered, and read, at least a word a visit (``s.column`` says so to a row of lanes).

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
                continue
            if not moved:
                weigh_input(s, points, label, q, index, tensor, sheet, pos)
            if s.ahead[pos, tensor] == 1:
                words = below if moved else second
                read = s.read[sheet, row, tensor]
                if sheet == 0:
                    read /= s.parent_block[row, tensor]
                s.fixed[sheet, tensor] = s.deliver[sheet, fanout, tensor] * words
                s.tile_read[sheet, tensor] = read / s.lanes_ahead[fanout + 1, tensor]
                beyond = s.lanes_ahead[s.group_end[fanout] + 1, tensor]
                s.part[sheet, tensor] = read / beyond * words
        if tensor != s.output and s.joined[tensor] != 0 and not moved and row == fanout == pos:
            s.tiled |= s.multicast[fanout] & (1 << tensor)
    return unmoved


@inlined
def least_alike(
    s: np.record, points: Points, tables: Floats, start: int, point: int, shares: Floats,
    unmoved: int,
) -> float:  # fmt: skip
    """Return the least that a label at ``start`` costs by any row like one that leads to ``point``.

    The label was weighed.  Rows alike (:func:`~accelsim.mapper.exact.rows.ways`) leave the same
    loops to divide what is unmoved (``alone``, and what sets of tensors lack).  Their lanes share
    no more than ``shares`` say, see :func:`relax`, and reduce just so much: a negative ``part`` is
    that of each of them.  Only the tiles differ: shares of full tiles in a run grow with lanes, so
    that at ``start`` they are least.  Places further out are left out.
    """
    total: float = s.total[0]
    for tensor in range(s.n_tensors):
        cost = s.fixed[0, tensor] + s.part[0, tensor] * shares[tensor]
        if (unmoved >> tensor) & 1 == 0:
            total += cost
            continue
        if tensor != s.output:
            cost += input_value(s, points[start], tensor, 0)
        s.value[tensor] = cost
    return total + open_bound(s, points, tables, point, unmoved)


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


@inlined
def moved_cost(s: np.record, sheet: int, shares: Floats, unmoved: int) -> float:
    """Return the cost so far of a label that was weighed, that of moved tensors included.

    ``shares`` are the least of the next fanout (``inverse`` of a row).
    """
    total: float = s.total[sheet]
    for tensor in range(s.n_tensors):
        if (unmoved >> tensor) & 1 == 0:
            total += s.fixed[sheet, tensor] + s.part[sheet, tensor] * shares[s.column[tensor]]
    return total


@inlined
def write_values(
    s: np.record, points: Points, tables: Floats, sheet: int, point: int, shares: Floats,
    unmoved: int, pos: int,
) -> None:  # fmt: skip
    """Write what each unmoved tensor costs if it moves now (``s.value``), beyond ``point``.

    The label was weighed before ``pos``; ``shares`` as in :func:`moved_cost`.  Lanes right outside
    a tile are one after the other in every dim, so that their tiles together are that of ``point``,
    and their strips together its strips: of what it fetches, any run leaves its least share.
    """
    here = points[point]
    for tensor in range(s.n_tensors):
        if (unmoved >> tensor) & 1 == 0:
            continue
        cost = s.fixed[sheet, tensor]
        if (s.tiled >> tensor) & 1 == 1:
            words = here.volume * here.words[tensor]
            if s.n_window[tensor] > 0:
                words *= tables[s.share[tensor, s.fanouts_outside[pos + 1]], point]
            cost += s.tile_read[sheet, tensor] * words
        else:
            cost += s.part[sheet, tensor] * shares[s.column[tensor]]
        if tensor != s.output:
            cost += input_value(s, here, tensor, sheet)
        s.value[tensor] = cost


@inlined
def cost_beyond(
    s: np.record, points: Points, tables: Floats, sheet: int, point: int, shares: Floats,
    unmoved: int, pos: int,
) -> float:  # fmt: skip
    """Return the least that unmoved tensors and places further out cost beyond ``point``.

    That is what unmoved tensors need at least (:func:`open_bound`), and the least cost of places
    further out by the tile that they get (``future``); see :func:`write_values`.
    """
    future: float = tables[s.future[sheet, pos], point]
    if unmoved == 0:
        return future
    write_values(s, points, tables, sheet, point, shares, unmoved, pos)
    return future + open_bound(s, points, tables, point, unmoved)


@kernel
def least_cost(
    s: np.record, points: Points, tables: Floats, sheet: int, point: int, shares: Floats,
    unmoved: int, pos: int,
) -> float:  # fmt: skip
    """Return the least that a label that was weighed before ``pos`` costs beyond ``point``."""
    beyond = cost_beyond(s, points, tables, sheet, point, shares, unmoved, pos)
    return moved_cost(s, sheet, shares, unmoved) + beyond


@kernel
def bound_loops(
    s: np.record, points: Points, tables: Floats, label: np.record, pos: int, unmoved: int
) -> float:
    """Write the least energy of a label with a further loop, by its dim (``s.by_dim``).

    The label was bounded (:func:`bound_of`).  What depends on the dim moves at the loop, at what it
    costs now at least (:func:`input_value` grants it a run of all that is left of the dim).  The
    rest costs at least what :func:`open_bound` says at the present point, the loop being among
    those that may divide it.  A run under way over another dim ends, over this one it grows: both
    leave no less pending than :func:`weigh` grants.  Places further out, by the tile that the loop
    leads to, are left out.

    Returns the least of the label without one, if the block closes: what is unmoved, and all
    further out by the tile as it is.
    """
    first = s.spread_start[max(0, s.next_fanout[pos])]
    total = moved_cost(s, 0, s.spread[first], unmoved)
    write_values(s, points, tables, 0, label.point, s.spread[first], unmoved, pos)
    for dim in range(s.n_dims):
        cost, rest = total, unmoved
        for tensor in range(s.n_tensors):
            if (unmoved >> tensor) & 1 == 1 and (s.relevant[tensor] >> dim) & 1 == 1:
                cost += s.value[tensor]
                rest &= ~(1 << tensor)
        s.by_dim[dim] = cost + open_bound(s, points, tables, label.point, rest)
    closing: float = tables[s.closing[pos], label.point]
    return closing + total + open_bound(s, points, tables, label.point, unmoved)


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
            s, points, tables, sheet, label.point, s.spread[first], unmoved, pos
        )
    return unmoved


@kernel
def spread_bound(
    s: np.record, points: Points, tables: Floats, label: np.record, pos: int, unmoved: int,
    lanes: float, wholly: bool,
) -> float:  # fmt: skip
    """Return the energy of a label that has just been bounded, by what lanes share.

    Lanes that share words of one tensor are not there for another: whatever row of lanes the next
    fanout takes, some spread has no larger share of any tensor (and none costs less for a larger
    share, see :func:`relax`), so that the least over all spreads is a lower bound.  Unless it is
    wanted ``wholly``, the first cost that is not too dear will do: that one spread is enough not to
    give the label up, but its cost is no bound, and none is returned.
    """
    fanout = s.next_fanout[pos]
    if fanout < 0 or s.crossing[pos] == 0:
        return -np.inf
    first, last = s.spread_start[fanout] + 1, s.spread_start[fanout + 1]
    if not first <= s.last_spread < last:
        s.last_spread = first
    least = np.inf
    for _ in range(first, last):
        cost = least_cost(s, points, tables, 0, label.point, s.spread[s.last_spread], unmoved, pos)
        least = min(least, cost)
        if not wholly and not too_dear(s, cost, lanes):
            return -np.inf
        s.last_spread = s.last_spread + 1 if s.last_spread + 1 < last else first
    return least
