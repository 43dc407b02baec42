"""What the places further out cost at least, by the tile that they get."""

from __future__ import annotations

import numpy as np

from accelsim.counter.window import distinct_words, strip_words
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.labels import open_bound, output_value
from accelsim.mapper.exact.tables import Lattice, Nodes, Pattern
from accelsim.mapper.exact.units import least_strip


@kernel
def fresh_future(
    lattice: Lattice, nodes: Nodes, pattern: Pattern, divide: Floats, node: int, least: Floats,
    value: Floats, scratch: Floats,
) -> None:  # fmt: skip
    """Write the least cost of the boundaries of a place, by point, over all tiles that fit.

    Exact for fills; reads as if all lanes still to cross shared them; what the output may be
    credited for is left out where fanouts stand further out.  A tile may be any multiple of a
    point, so that the least over multiples, swept dim by dim, holds for everything inside.
    """
    row, pos = node + 1, node + 1
    for point in range(len(least)):
        if pattern.fits[node, point] == 0:
            least[point] = np.inf
            continue
        unmoved = 0
        outside = lattice.volume[point]
        for tensor in range(len(lattice.relevant)):
            value[tensor] = 0.0
            if (pattern.kept[node] >> tensor) & 1 == 0:
                continue
            if tensor == lattice.output:
                if pattern.settled[pos] == 1:
                    unmoved |= 1 << tensor
                    drained = lattice.output_words * lattice.sums[point]
                    price = pattern.drain[row, tensor] - pattern.credit[row]
                    if pattern.ahead[pos, tensor] == 0:
                        price += pattern.read[row, tensor] + pattern.update[row, tensor]
                        price += pattern.back[row] + pattern.credit[row]
                    value[tensor] = output_value(
                        nodes, pattern, tensor, pos, drained * price, drained, drained
                    )
                continue
            unmoved |= 1 << tensor
            price = pattern.fill[row, tensor] / pattern.child_block[row, tensor]
            price += pattern.read[row, tensor] / (
                pattern.parent_block[row, tensor] * pattern.lanes_ahead[pos, tensor]
            )
            share = 1.0
            if lattice.window[tensor] != 0:
                share = strip_share(lattice, pattern, tensor, point, pos)
            value[tensor] = price * outside * lattice.words[tensor, point] * share
        least[point] = open_bound(divide, point, unmoved, value, scratch)
    sweep(lattice, least)


@kernel
def strip_share(lattice: Lattice, pattern: Pattern, tensor: int, point: int, pos: int) -> float:
    """Return the least share of full tiles that any run can make of the fetches of a tensor."""
    least = 1.0
    for rank in range(lattice.rank_start[tensor], lattice.rank_start[tensor + 1]):
        if lattice.rank_dim[rank, 1] < 0:
            continue
        u, v = lattice.rank_coefficient[rank, 0], lattice.rank_coefficient[rank, 1]
        for side in range(2):
            dim, other = lattice.rank_dim[rank, side], lattice.rank_dim[rank, 1 - side]
            if (lattice.window[tensor] >> dim) & 1 == 0:
                continue
            a, b = lattice.extent[point, dim], lattice.extent[point, other]
            words = distinct_words(u, v, a, b) if side == 0 else distinct_words(v, u, a, b)
            strip = strip_words(u, v, a, b, a) if side == 0 else strip_words(v, u, a, b, a)
            share = least_strip(lattice, pattern, tensor, dim, pos, strip / words)
            least = min(least, share + (1.0 - share) * a / lattice.bounds[dim])
    return least


@kernel
def sweep(lattice: Lattice, least: Floats) -> None:
    """Replace each entry by the least over all multiples of its point, one dim after the other."""
    for dim in range(len(lattice.bounds)):
        radix = lattice.radix[dim]
        for point in range(len(least) - 1, -1, -1):
            number = lattice.digit[point, dim]
            here = lattice.divisor[dim, number]
            for other in range(number + 1, lattice.n_divisors[dim]):
                if lattice.divisor[dim, other] % here == 0:
                    value = least[point + (other - number) * radix]
                    if value < least[point]:
                        least[point] = value
