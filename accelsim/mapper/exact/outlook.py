"""What the places further out cost at least, by the tile that they get."""

from __future__ import annotations

import numpy as np

from accelsim.counter.window import distinct_words, strip_words
from accelsim.evaluation.prices import Floats
from accelsim.jit import inlined, kernel
from accelsim.mapper.exact.bounds import least_share, relax, weigh_output
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.together import open_bound


@kernel
def place_outlook(
    store: Points, points: Points, tables: Floats, sheet: int, node: int, outer: int, to: int,
    own: int,
) -> None:  # fmt: skip
    """Write the least cost of the boundaries of a place and of all places further out, by point.

    Exact for fills; reads as if lanes still to cross shared as much as any row of lanes of the next
    fanout lets them (as :func:`~accelsim.mapper.exact.bounds.spread_bound`; the first spread says
    it for one tensor alone); what the output may be credited for is left out where fanouts stand
    further out.  The place's tile may be any multiple of a point, and the tiles of places further
    out (row ``outer``) are multiples of that, so that the least over multiples, swept prime by
    prime, holds for everything inside.  Row ``own``, where it is another than ``to``, says it of
    the tile itself, for labels that close with it.

    Proof.  A boundary moves the words of a tile (:func:`strip_share` of them at least, whichever
    run closes it) as often as all loops further out say, less those that pass before it moves
    (:func:`~accelsim.mapper.exact.bounds.open_bound` of the tensors that open here; one that is
    unmoved further in too is bounded there by itself).  Blocks round up: words / block is no more.
    Each delivery at the next fanout counts, those of fanouts beyond are left out, and reads are
    divided by all lanes that may share them.  Sums are as ``weigh_output`` says where no credit
    exceeds its boundary's cost (``settled``), else left out: what they may be credited for is then
    taken off inside (``slack``).  So each place's boundaries cost at least what stands here for its
    own tile, and the sum of the least of each is no more than the least sum.
    """
    s = store[0]
    pos = node + 1
    fanout = s.next_fanout[pos]
    unmoved = weigh_place(s, sheet, node)
    relax(s)
    divided = 0
    for tensor in range(s.n_tensors):
        divided += 1 if s.part[sheet, tensor] > 0.0 else 0
    first = s.spread_start[max(0, fanout)]
    last = first + 1
    if divided > 1:
        first, last = last, s.spread_start[fanout + 1]
    top = -1
    for point in range(s.n_points):
        beyond = tables[outer, point]
        tables[own, point] = np.inf
        if beyond == np.inf or tables[s.fits[node], point] == 0.0:
            continue
        top = point
        weigh_words(s, points, tables, sheet, pos, point)
        for spread in range(first, last):
            for tensor in range(s.n_tensors):
                share = s.spread[spread, tensor]
                s.value[tensor] = s.whole[tensor] + s.divided[tensor] * share
            cost = beyond + open_bound(s, points, tables, point, unmoved)
            tables[own, point] = min(tables[own, point], cost)
    if to != own:
        for point in range(s.n_points):
            tables[to, point] = tables[own, point]
    sweep(s, tables, to, top)


@kernel
def weigh_place(s: np.record, sheet: int, node: int) -> int:
    """Write what a word costs at the boundaries of a place, by shares of the next fanout.

    As :func:`~accelsim.mapper.exact.bounds.weigh`; returns the mask of the tensors it keeps.
    """
    row = pos = node + 1
    fanout = s.next_fanout[pos]
    unmoved = 0
    for tensor in range(s.n_tensors):
        s.fixed[sheet, tensor] = s.part[sheet, tensor] = 0.0
        if (s.kept[node] >> tensor) & 1 == 0:
            continue
        if tensor == s.output:
            if s.settled[pos] == 1:
                unmoved |= 1 << tensor
                price = s.drain[sheet, row] - s.credit[sheet, row]
                if s.ahead[pos, tensor] == 0:
                    price += s.read[sheet, row, tensor] + s.update[sheet, row]
                    price += s.back[sheet, row] + s.credit[sheet, row]
                weigh_output(s, sheet, pos, price, 1.0, 1.0)
            continue
        unmoved |= 1 << tensor
        blocks = 1.0 if sheet > 0 else s.child_block[row, tensor]
        s.fixed[sheet, tensor] = s.fill_price[sheet, row, tensor] / blocks
        blocks = 1.0 if sheet > 0 else s.parent_block[row, tensor]
        read = s.read[sheet, row, tensor] / blocks
        if s.ahead[pos, tensor] == 0:
            s.fixed[sheet, tensor] += read
        else:
            s.fixed[sheet, tensor] += s.deliver[sheet, fanout, tensor]
            s.part[sheet, tensor] = read / s.lanes_ahead[s.group_end[fanout] + 1, tensor]
    return unmoved


@inlined
def weigh_words(
    s: np.record, points: Points, tables: Floats, sheet: int, pos: int, point: int
) -> None:
    """Write what the words of a tile cost, and of that what lanes divide, by tensor."""
    here = points[point]
    for tensor in range(s.n_tensors):
        if tensor == s.output:
            moved = s.output_words * here.sums
        else:
            moved = here.volume * here.words[tensor]
            if s.n_window[tensor] > 0:
                moved *= tables[s.share[tensor, s.fanouts_outside[pos]], point]
        s.whole[tensor] = moved * s.fixed[sheet, tensor]
        s.divided[tensor] = moved * s.part[sheet, tensor]


@kernel
def write_shares(store: Points, points: Points, tables: Floats) -> None:
    """Write the rows of least shares, for tensors with windows."""
    s = store[0]
    for tensor in range(s.n_tensors):
        if s.n_window[tensor] > 0:
            for fanouts in range(2):
                if fanouts == 1 and s.share[tensor, 1] == s.share[tensor, 0]:
                    continue
                for point in range(s.n_points):
                    share = strip_share(s, points[point], tensor, fanouts)
                    tables[s.share[tensor, fanouts], point] = share


@kernel
def strip_share(s: np.record, here: np.record, tensor: int, fanouts: int) -> float:
    """Return the least share of full tiles that any run can make of the fetches of a tensor.

    ``fanouts`` is 1 if there are any further out, which may make steps longer.
    """
    least = 1.0
    for rank in range(s.rank_start[tensor], s.rank_start[tensor + 1]):
        if s.rank_dim[rank, 1] < 0:
            continue
        u, v = s.rank_coefficient[rank, 0], s.rank_coefficient[rank, 1]
        for side in range(2):
            dim, other = s.rank_dim[rank, side], s.rank_dim[rank, 1 - side]
            if (s.window[tensor] >> dim) & 1 == 0:
                continue
            a, b = int(here.extent[dim]), int(here.extent[other])
            words = distinct_words(u, v, a, b) if side == 0 else distinct_words(v, u, a, b)
            strip = strip_words(u, v, a, b, a) if side == 0 else strip_words(v, u, a, b, a)
            share = strip / words
            if fanouts == 1 and (s.monotone[tensor] >> dim) & 1 == 0:
                share = least_share(s, here, tensor, dim)
            least = min(least, share + (1.0 - share) * a / s.bounds[dim])
    return least


@kernel
def sweep(s: np.record, tables: Floats, to: int, top: int) -> None:
    """Replace each entry by the least over all multiples of its point, one prime after the other.

    Beyond point ``top`` all entries are infinite.

    A point's successor in a prime stands at a fixed distance, so that one pass from the last point
    to the first carries the least through all exponents.
    """
    for prime in range(s.n_primes):
        step, most = s.prime_step[prime], s.prime_most[prime]
        for block in range(0, top + 1, step * (most + 1)):
            for first in range(block + step * (most - 1), block - 1, -step):
                for point in range(first, first + step):
                    here, further = tables[to, point], tables[to, point + step]
                    tables[to, point] = further if further < here else here
