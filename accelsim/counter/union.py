"""How much of an input the lanes of fanouts need between them: rule 5 of ``docs/model.md``.

What a multicast sends once is the **union** of the tiles of its lanes.  ``unite`` adds the lanes of
one fanout, from inside out; lanes whose tiles lie end to end make one longer tile, and the others
are ``unite_windows``'.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.closing_run import Run
from accelsim.counter.layout import MAX_DIMS, MAX_LOOPS, index
from accelsim.counter.window import (
    ALONE,
    FOLDED,
    GAPLESS,
    MARKED,
    STRIP_IS_TILE,
    Marks,
    distinct_words,
    fold,
    marked,
)
from accelsim.jit import inlined, kernel
from accelsim.mapping.arrays import Ints


@inlined
def lone_words(layer: np.record, tensor: int, node: int, extents: Ints) -> int:
    """Return the product of a node's ``extents`` over a tensor's ranks of one term."""
    words = 1
    for k in range(layer.n_lone[tensor]):
        words *= extents[node, layer.lone[tensor, k]]
    return words


@inlined
def add_lanes(dim: int, extent: int, node: int, alone: bool, nest: np.record) -> int:
    """Add the lanes of a fanout over a dim to those united so far (none if ``alone``).

    Returns their product, or 0 from where on tiles do not lie end to end: then the fanout reaches
    further than they would, because loops stand between.
    """
    lanes = nest.factor[node, dim]
    united = lanes if alone else lanes * nest.united[dim]
    gapless = (lanes == 1) | (nest.cover[node, dim] == extent * united)
    united = united if gapless else 0
    nest.united[dim] = united
    return united


@inlined
def unite(
    layer: np.record,
    machine: np.record,
    tensor: int,
    place: int,
    run: Run,
    slides: bool,
    fanout: int,
    alone: bool,
    nest: np.record,
    counts: np.record,
    marks: Marks,
) -> tuple[int, int]:
    """Return (tile, strip) of a tensor, united over the lanes of fanouts out to one more (rule 5).

    ``alone`` says that it is the first.  Ranks multiply; those of one term are the caller's.
    """
    node, lanes = machine.place_node[place], machine.fanout_node[fanout]
    tiles = lone_words(layer, tensor, node, nest.cover)
    strips = tiles
    for k in range(layer.n_windows_of[tensor]):
        window = layer.windows_of[tensor, k]
        dim_a, dim_b = layer.window_dim[window, 0], layer.window_dim[window, 1]
        a, b = nest.cover[node, dim_a], nest.cover[node, dim_b]
        lanes_a = add_lanes(dim_a, a, lanes, alone, nest)
        lanes_b = add_lanes(dim_b, b, lanes, alone, nest)
        of_tile = nest.cover[node, index(MAX_DIMS + window)]
        of_strip = nest.strip[window] if slides else of_tile
        single = (lanes_a == 1) & (lanes_b == 1)
        if (of_strip == of_tile) & (lanes_a > 0) & (lanes_b > 0):
            counts.branches[ALONE] += single
            counts.branches[GAPLESS] += not single
            counts.branches[STRIP_IS_TILE] += not single
            u, v = layer.window_coefficient[window, 0], layer.window_coefficient[window, 1]
            of_tile = of_strip = distinct_words(u, v, a * lanes_a, b * lanes_b)
        elif single:
            counts.branches[ALONE] += 1
        else:
            of_tile, of_strip = unite_windows(
                layer, machine, tensor, place, window, run, of_strip, fanout, nest, counts, marks
            )
        tiles *= of_tile
        strips *= of_strip
    return tiles, strips


@kernel
def unite_windows(
    layer: np.record,
    machine: np.record,
    tensor: int,
    place: int,
    window: int,
    run: Run,
    strip: int,
    outermost: int,
    nest: np.record,
    counts: np.record,
    marks: Marks,
) -> tuple[int, int]:
    """Return (tile, strip) of a window, united over lanes.

    Rule 5 for a rank with two terms.  Its branches are tried in order; all are exact.  A run steps
    by no less than the tile is long, so that a step in i uncovers the whole tile where b <= u: what
    rule iv is for (and the sparse strips of rule iii), rule ii has answered before.
    """
    branches = counts.branches
    node = machine.place_node[place]
    dim_a, dim_b = layer.window_dim[window, 0], layer.window_dim[window, 1]
    u, v = layer.window_coefficient[window, 0], layer.window_coefficient[window, 1]
    a, b = nest.cover[node, dim_a], nest.cover[node, dim_b]
    tile = nest.cover[node, MAX_DIMS + window]
    lanes_a, lanes_b = nest.united[dim_a], nest.united[dim_b]
    lane_dim, lane_bound, lane_stride = nest.union_dim, nest.union_bound, nest.union_stride
    first = list_lanes(machine, tensor, place, dim_a, dim_b, outermost, nest)
    last = MAX_LOOPS
    span = u * (a - 1) + v * (b - 1) + 1
    if lanes_a > 0 and lanes_b > 0:
        branches[GAPLESS] += 1
        tiles = distinct_words(u, v, a * lanes_a, b * lanes_b)
    else:
        tiles = fold(
            tile, span, tile == span,
            u, v, dim_a, dim_b, lane_dim, lane_bound, lane_stride, first, last,
        )  # fmt: skip
        if tiles >= 0:
            branches[FOLDED] += 1
        else:
            branches[MARKED] += 1
            tiles = marked(
                u, v, a, b, 0, dim_a, dim_b, lane_dim, lane_bound, lane_stride, first, last,
                marks,
            )  # fmt: skip
    if strip == tile:
        branches[STRIP_IS_TILE] += 1
        return tiles, tiles

    # A tile with gaps whose strip is not the whole tile has a strip with gaps: rule v.
    shift = run.stride * (u if run.dim == dim_a else v)
    strips = -1
    if tile == span:
        length = min(tile, shift)
        strips = fold(
            length, length, True,
            u, v, dim_a, dim_b, lane_dim, lane_bound, lane_stride, first, last,
        )  # fmt: skip
    if strips >= 0:
        branches[FOLDED] += 1
    else:
        branches[MARKED] += 1
        strips = marked(
            u, v, a, b, shift, dim_a, dim_b, lane_dim, lane_bound, lane_stride, first, last,
            marks,
        )  # fmt: skip
    return tiles, strips


@kernel
def list_lanes(
    machine: np.record,
    tensor: int,
    place: int,
    dim_a: int,
    dim_b: int,
    outermost: int,
    nest: np.record,
) -> int:
    """List the lanes over two dims of the fanouts that unite a tensor; return where they start.

    Lanes of one fanout over one dim lie end to end, and so count as one loop.
    """
    first = MAX_LOOPS
    outside = machine.fanouts_outside[place]
    for crossed in range(outside - outermost):
        fanout = index(outside - 1 - crossed)
        node = machine.fanout_node[fanout]
        for dim in (dim_a, dim_b):
            lanes = nest.factor[node, dim]
            if lanes > 1 and (machine.multicast[fanout] >> tensor) & 1 == 1:
                first -= 1
                nest.union_dim[first] = dim
                nest.union_bound[first] = lanes
                nest.union_stride[first] = nest.cover[node, dim] // lanes
    return first
