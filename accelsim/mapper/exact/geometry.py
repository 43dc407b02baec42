"""Words of tiles and strips, united over the lanes between a keeper and where its words come from.

The rules are those of the counter (rule 5 of ``docs/model.md``); its leaves are used as they are.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.window import distinct_words, fold, marked, strip_words
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.lattice import Points


@kernel
def inner_point(label: np.record, node: int) -> int:
    """Return the point just inside a node that the label has passed."""
    point: int = label.at[node - 1] if node > 0 else 0
    return point


@kernel
def lanes_of(points: Points, label: np.record, node: int) -> float:
    """Return the lanes used at a fanout; 1 at a place is what its loops are not, so ask fanouts."""
    lanes: float = points[inner_point(label, node)].volume / points[label.at[node]].volume
    return lanes


@kernel
def lanes_outside(s: np.record, q: Floats, index: int, pos: int) -> float:
    """Return the most lanes that a label may still use from ``pos`` outward.

    Of an array that several fanouts share, on each axis as often what it has used as fits.
    """
    lanes: float = s.own_lanes[pos]
    for array in range(s.n_mesh):
        used = s.resources + s.n_shared + 2 * array
        room = s.mesh[array, 0] // q[index, used] * (s.mesh[array, 1] // q[index, used + 1])
        lanes *= min(s.array_lanes[pos, array], room)
    return lanes


@kernel
def sum_lanes_of(points: Points, label: np.record, node: int) -> float:
    """Return the lanes used at a fanout over dims that the output lacks."""
    lanes: float = points[inner_point(label, node)].sums / points[label.at[node]].sums
    return lanes


@kernel
def _list_lanes(
    s: np.record, points: Points, label: np.record, tensor: int, row: int, end: int, a: int, b: int
) -> int:
    """List the lanes over two dims, from outside in, ending at the room's end; return the first."""
    first = len(s.lane_dim)
    for node in range(row, end):
        if s.place[node] >= 0 or (s.multicast[node] >> tensor) & 1 == 0:
            continue
        inner, outer = points[inner_point(label, node)], points[label.at[node]]
        for side in range(2):
            d = a if side == 0 else b
            lanes = outer.extent[d] // inner.extent[d]
            if lanes > 1:
                first -= 1
                s.lane_dim[first] = d
                s.lane_bound[first] = lanes
                s.lane_stride[first] = inner.extent[d]
    return first


@kernel
def _two_terms(
    s: np.record, points: Points, label: np.record, tensor: int, rank: int, row: int, end: int,
    run_dim: int, stride: int,
) -> int:  # fmt: skip
    """Count the words of a rank with two terms: of the tile, or of the strip of a run."""
    tile = points[inner_point(label, row)]
    dim_a, dim_b = s.rank_dim[rank, 0], s.rank_dim[rank, 1]
    u, v = s.rank_coefficient[rank, 0], s.rank_coefficient[rank, 1]
    a, b = int(tile.extent[dim_a]), int(tile.extent[dim_b])
    whole = distinct_words(u, v, a, b)
    words, shift = whole, 0
    if run_dim == dim_a:
        words, shift = strip_words(u, v, a, b, stride), u * stride
    elif run_dim == dim_b:
        words, shift = strip_words(v, u, b, a, stride), v * stride
    first = _list_lanes(s, points, label, tensor, row, end, dim_a, dim_b)
    last = len(s.lane_dim)
    if first == last:
        return words
    span = u * (a - 1) + v * (b - 1) + 1
    if words == whole:
        shift = 0
    united = -1
    if shift == 0:
        united = fold(
            whole, span, whole == span, u, v, dim_a, dim_b,
            s.lane_dim, s.lane_bound, s.lane_stride, first, last,
        )  # fmt: skip
    elif whole == span:
        length = min(whole, shift)
        united = fold(
            length, length, True, u, v, dim_a, dim_b,
            s.lane_dim, s.lane_bound, s.lane_stride, first, last,
        )  # fmt: skip
    if united < 0:
        united = marked(
            u, v, a, b, shift, dim_a, dim_b,
            s.lane_dim, s.lane_bound, s.lane_stride, first, last, s.marks,
        )  # fmt: skip
    return united


@kernel
def unite(
    s: np.record, points: Points, label: np.record, tensor: int, row: int, end: int,
    run_dim: int, stride: int,
) -> float:  # fmt: skip
    """Count the words of the tile of ``row``, united over the multicast lanes up to node ``end``.

    With ``run_dim`` >= 0 those of the strip that a step of ``stride`` in that dim uncovers.
    """
    words = 1.0
    for rank in range(s.rank_start[tensor], s.rank_start[tensor + 1]):
        if s.rank_dim[rank, 1] >= 0:
            words *= _two_terms(s, points, label, tensor, rank, row, end, run_dim, stride)
            continue
        a = s.rank_dim[rank, 0]
        words *= points[inner_point(label, row)].extent[a]
        for node in range(row, end):
            if s.place[node] < 0 and (s.multicast[node] >> tensor) & 1 == 1:
                words *= points[label.at[node]].extent[a]
                words /= points[inner_point(label, node)].extent[a]
    return words
