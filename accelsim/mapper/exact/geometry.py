"""Words of tiles and strips, united over the lanes between a keeper and where its words come from.

The rules are those of the counter (rule 5 of ``docs/model.md``); its leaves are used as they are.
"""

from __future__ import annotations

from accelsim.counter.window import distinct_words, fold, marked, strip_words
from accelsim.jit import kernel
from accelsim.mapper.exact.tables import Lattice, Nodes
from accelsim.mapping.arrays import Ints


@kernel
def _list_lanes(
    lattice: Lattice, nodes: Nodes, tensor: int, at: Ints, row: int, end: int, a: int, b: int
) -> int:
    """List the lanes over two dims, from outside in, ending at the room's end; return the first."""
    first = len(lattice.lane_dim)
    for node in range(row, end):
        if nodes.place[node] >= 0 or (nodes.multicast[node] >> tensor) & 1 == 0:
            continue
        inner = at[node - 1] if node > 0 else 0
        for d in range(len(lattice.bounds)):
            if d != a and d != b:
                continue
            lanes = lattice.extent[at[node], d] // lattice.extent[inner, d]
            if lanes > 1:
                first -= 1
                lattice.lane_dim[first] = d
                lattice.lane_bound[first] = lanes
                lattice.lane_stride[first] = lattice.extent[inner, d]
    return first


@kernel
def _two_terms(
    lattice: Lattice, nodes: Nodes, tensor: int, rank: int, at: Ints, row: int, end: int,
    tile: int, run_dim: int, stride: int,
) -> int:  # fmt: skip
    """Count the words of a rank with two terms: of the tile, or of the strip of a run."""
    dim_a, dim_b = lattice.rank_dim[rank, 0], lattice.rank_dim[rank, 1]
    u, v = lattice.rank_coefficient[rank, 0], lattice.rank_coefficient[rank, 1]
    a, b = lattice.extent[tile, dim_a], lattice.extent[tile, dim_b]
    whole = distinct_words(u, v, a, b)
    words, shift = whole, 0
    if run_dim == dim_a:
        words, shift = strip_words(u, v, a, b, stride), u * stride
    elif run_dim == dim_b:
        words, shift = strip_words(v, u, b, a, stride), v * stride
    first = _list_lanes(lattice, nodes, tensor, at, row, end, dim_a, dim_b)
    last = len(lattice.lane_dim)
    if first == last:
        return words
    span = u * (a - 1) + v * (b - 1) + 1
    if words == whole:
        shift = 0
    united = -1
    if shift == 0:
        united = fold(
            whole, span, whole == span, u, v, dim_a, dim_b,
            lattice.lane_dim, lattice.lane_bound, lattice.lane_stride, first, last,
        )  # fmt: skip
    elif whole == span:
        length = min(whole, shift)
        united = fold(
            length, length, True, u, v, dim_a, dim_b,
            lattice.lane_dim, lattice.lane_bound, lattice.lane_stride, first, last,
        )  # fmt: skip
    if united < 0:
        united = marked(
            u, v, a, b, shift, dim_a, dim_b,
            lattice.lane_dim, lattice.lane_bound, lattice.lane_stride, first, last, lattice.marks,
        )  # fmt: skip
    return united


@kernel
def unite(
    lattice: Lattice, nodes: Nodes, tensor: int, at: Ints, row: int, end: int,
    run_dim: int, stride: int,
) -> float:  # fmt: skip
    """Count the words of the tile of ``row``, united over the multicast lanes up to node ``end``.

    With ``run_dim`` >= 0 those of the strip that a step of ``stride`` in that dim uncovers.
    """
    tile = at[row - 1] if row > 0 else 0
    words = 1.0
    for rank in range(lattice.rank_start[tensor], lattice.rank_start[tensor + 1]):
        a = lattice.rank_dim[rank, 0]
        if lattice.rank_dim[rank, 1] >= 0:
            words *= _two_terms(lattice, nodes, tensor, rank, at, row, end, tile, run_dim, stride)
            continue
        words *= lattice.extent[tile, a]
        for node in range(row, end):
            if nodes.place[node] < 0 and (nodes.multicast[node] >> tensor) & 1 == 1:
                inner = at[node - 1] if node > 0 else 0
                words *= lattice.extent[at[node], a] // lattice.extent[inner, a]
    return words
