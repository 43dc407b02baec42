"""What the places further out cost at least, by the tile that they get."""

from __future__ import annotations

import numpy as np

from accelsim.counter.window import distinct_words, strip_words
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.bounds import least_strip, open_bound, output_value
from accelsim.mapper.exact.lattice import Points


@kernel
def place_outlook(
    s: np.record, points: Points, tables: Floats, sheet: int, node: int, to: int
) -> None:
    """Write the least cost of the boundaries of a place, by point, over all tiles that fit.

    Exact for fills; reads as if all lanes still to cross shared them; what the output may be
    credited for is left out where fanouts stand further out.  The place's tile may be any multiple
    of a point, so that the least over multiples, swept prime by prime, holds for everything inside.
    """
    row, pos = node + 1, node + 1
    for point in range(s.n_points):
        here = points[point]
        if (here.fits >> node) & 1 == 0:
            tables[to, point] = np.inf
            continue
        unmoved = 0
        for tensor in range(s.n_tensors):
            s.value[tensor] = 0.0
            if (s.kept[node] >> tensor) & 1 == 0:
                continue
            if tensor == s.output:
                if s.settled[pos] == 1:
                    unmoved |= 1 << tensor
                    drained = s.output_words * here.sums
                    price = s.drain[sheet, row] - s.credit[sheet, row]
                    if s.ahead[pos, tensor] == 0:
                        price += s.read[sheet, row, tensor] + s.update[sheet, row]
                        price += s.back[sheet, row] + s.credit[sheet, row]
                    s.value[tensor] = output_value(s, sheet, pos, drained * price, drained, drained)
                continue
            unmoved |= 1 << tensor
            blocks = 1.0 if sheet > 0 else s.child_block[row, tensor]
            price = s.fill_price[sheet, row, tensor] / blocks
            blocks = 1.0 if sheet > 0 else s.parent_block[row, tensor]
            price += s.read[sheet, row, tensor] / (blocks * s.lanes_ahead[pos, tensor])
            price *= here.volume * here.words[tensor]
            if s.n_window[tensor] > 0:
                price *= tables[s.share[tensor, s.fanouts_outside[pos]], point]
            s.value[tensor] = price
        tables[to, point] = open_bound(s, tables, point, unmoved)
    sweep(s, tables, to)


@kernel
def write_shares(s: np.record, points: Points, tables: Floats) -> None:
    """Write the rows of least shares, for tensors with windows."""
    for tensor in range(s.n_tensors):
        if s.n_window[tensor] > 0:
            for fanouts in range(2):
                for point in range(s.n_points):
                    share = strip_share(s, points[point], tensor, fanouts)
                    tables[s.share[tensor, fanouts], point] = share


@kernel
def strip_share(s: np.record, here: np.record, tensor: int, fanouts: int) -> float:
    """Return the least share of full tiles that any run can make of the fetches of a tensor.

    ``fanouts`` is 1 if there are any further out (see :func:`least_strip`).
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
            share = least_strip(s, tensor, dim, fanouts, strip / words)
            least = min(least, share + (1.0 - share) * a / s.bounds[dim])
    return least


@kernel
def sweep(s: np.record, tables: Floats, to: int) -> None:
    """Replace each entry by the least over all multiples of its point, one prime after the other.

    A point's successor in a prime stands at a fixed distance, so that one pass from the last point
    to the first carries the least through all exponents.
    """
    for prime in range(s.n_primes):
        step, most = s.prime_step[prime], s.prime_most[prime]
        for block in range(0, s.n_points, step * (most + 1)):
            for point in range(block + step * most - 1, block - 1, -1):
                value = tables[to, point + step]
                if value < tables[to, point]:
                    tables[to, point] = value
