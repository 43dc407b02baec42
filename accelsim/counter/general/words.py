"""Words of tiles, of strips and of what lanes read together, under any conventions.

Rules 5 and 6 of ``docs/model.md``.  A tile is exact or a bounding box; a box is one run of words in
every rank.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from accelsim.counter.boundary import blocks_of
from accelsim.counter.general.layout import ALIKE, Scratch
from accelsim.counter.layout import MAX_LOOPS
from accelsim.counter.union import list_lanes
from accelsim.counter.window import (
    count_bits,
    distinct_words,
    drop_shifted,
    fold,
    spread_bits,
    strip_words,
)
from accelsim.jit import kernel


@kernel
def coefficient(counter: np.record, general: np.record, rank: int, side: int) -> int:
    """Return the distance between neighbouring words of a term, in positions of the rank."""
    far: int = counter.layer.rank_coefficient[rank, side] * general.scale[rank]
    return far


@kernel
def rank_span(counter: np.record, general: np.record, rank: int, node: int) -> int:
    """Return the positions from the first word of a rank in a node's tile to the last."""
    layer, cover = counter.layer, counter.nest.cover
    span: int = (
        coefficient(counter, general, rank, 0) * (cover[node, layer.rank_dim[rank, 0]] - 1) + 1
    )
    if layer.rank_dim[rank, 1] >= 0:
        span += coefficient(counter, general, rank, 1) * (cover[node, layer.rank_dim[rank, 1]] - 1)
    return span


@kernel
def rank_words(counter: np.record, general: np.record, rank: int, node: int) -> int:
    """Return the words of a rank in a node's tile."""
    layer, cover = counter.layer, counter.nest.cover
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    if general.box == 1 or dim_b < 0:
        return rank_span(counter, general, rank, node)
    return distinct_words(
        layer.rank_coefficient[rank, 0],
        layer.rank_coefficient[rank, 1],
        cover[node, dim_a],
        cover[node, dim_b],
    )


@kernel
def rank_strip(
    counter: np.record, general: np.record, rank: int, node: int, dim: int, by: int
) -> int:
    """Return the words that a step of ``by`` in ``dim`` uncovers; by 0 the whole tile is meant."""
    layer, cover = counter.layer, counter.nest.cover
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    words = rank_words(counter, general, rank, node)
    if by == 0 or dim_b < 0 or (dim != dim_a and dim != dim_b):
        return words
    side = 0 if dim == dim_a else 1
    if general.box == 1:
        return min(words, coefficient(counter, general, rank, side) * by)
    u, v = layer.rank_coefficient[rank, side], layer.rank_coefficient[rank, 1 - side]
    other = dim_b if side == 0 else dim_a
    return strip_words(u, v, cover[node, dim], cover[node, other], by)


@kernel
def tile_words(
    counter: np.record, general: np.record, tensor: int, node: int, dim: int, by: int
) -> int:
    """Return the words of a tile, or of the strip that a step uncovers."""
    layer = counter.layer
    words = 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        words *= rank_strip(counter, general, rank, node, dim, by)
    return words


@kernel
def can_multicast(counter: np.record, fanout: int, tensor: int) -> bool:
    """Tell whether one read can serve several lanes of a fanout."""
    return bool((counter.machine.multicast[fanout] >> tensor) & 1 == 1)


@kernel
def rank_united(
    counter: np.record,
    general: np.record,
    rank: int,
    tensor: int,
    place: int,
    depth: int,
    dim: int,
    by: int,
    scratch: Scratch,
) -> int:
    """Return the words of a rank, or of a strip, united over lanes inside ``depth`` fanouts."""
    layer, machine, nest = counter.layer, counter.machine, counter.nest
    node = machine.place_node[place]
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    words = rank_strip(counter, general, rank, node, dim, by)
    if dim_b < 0:  # tiles of different positions never meet
        for fanout in range(depth, machine.fanouts_outside[place]):
            if can_multicast(counter, fanout, tensor):
                words *= nest.factor[machine.fanout_node[fanout], dim_a]
        return words
    first = list_lanes(machine, tensor, place, dim_a, dim_b, depth, nest)
    if first == MAX_LOOPS:
        return words
    u, v = coefficient(counter, general, rank, 0), coefficient(counter, general, rank, 1)
    whole, span = rank_words(counter, general, rank, node), rank_span(counter, general, rank, node)
    strip = words < whole
    if whole == span or not strip:
        # A box, or an exact tile without gaps, is a run, and so are its strips.
        united = fold(
            words, words if whole == span else span, whole == span,
            u, v, dim_a, dim_b, nest.union_dim, nest.union_bound, nest.union_stride,
            first, MAX_LOOPS,
        )  # fmt: skip
        if united >= 0:
            return united
    shift = 0
    if strip:
        shift = by * (u if dim == dim_a else v)
    return mark_union(counter, general, rank, node, shift, first, scratch)


@kernel
def mark_union(
    counter: np.record,
    general: np.record,
    rank: int,
    node: int,
    shift: int,
    first: int,
    scratch: Scratch,
) -> int:
    """Count a union over listed lanes by marking its words; ``shift`` > 0 takes the strip."""
    layer, nest = counter.layer, counter.nest
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    u, v = coefficient(counter, general, rank, 0), coefficient(counter, general, rank, 1)
    reach = rank_span(counter, general, rank, node)
    for lane in range(first, MAX_LOOPS):
        distance = u if nest.union_dim[lane] == dim_a else v
        reach += (nest.union_bound[lane] - 1) * distance * nest.union_stride[lane]
    bits = scratch.bits
    for word in range(((reach - 1) >> 6) + 1):
        bits[word] = np.uint64(0)
    bits[0] = np.uint64(1)
    if general.box == 1:
        length = spread_bits(bits, 1, rank_span(counter, general, rank, node), 1)
    else:
        length = spread_bits(bits, 1, nest.cover[node, dim_a], u)
        length = spread_bits(bits, length, nest.cover[node, dim_b], v)
    if 0 < shift < length:
        drop_shifted(bits, length, shift)
    for lane in range(MAX_LOOPS - 1, first - 1, -1):
        distance = u if nest.union_dim[lane] == dim_a else v
        length = spread_bits(
            bits, length, nest.union_bound[lane], distance * nest.union_stride[lane]
        )
    return count_bits(bits, length)


@kernel
def lane_groups(counter: np.record, tensor: int, fanout: int) -> int:
    """Return how many different tiles the lanes of a fanout have: different sums of distances."""
    layer, machine, nest = counter.layer, counter.machine, counter.nest
    node = machine.fanout_node[fanout]
    groups = 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
        a = nest.factor[node, dim_a]
        b = nest.factor[node, dim_b] if dim_b >= 0 else 1
        if a == 1 or b == 1:
            groups *= a * b
            continue
        far_a = layer.rank_coefficient[rank, 0] * (nest.cover[node, dim_a] // a)
        far_b = layer.rank_coefficient[rank, 1] * (nest.cover[node, dim_b] // b)
        divisor = gcd(far_a, far_b)
        groups *= distinct_words(far_a // divisor, far_b // divisor, a, b)
    return groups


@kernel
def share(
    counter: np.record,
    general: np.record,
    tensor: int,
    place: int,
    depth: int,
    block: int,
    scratch: Scratch,
) -> None:
    """Write the words that pass a point inside ``depth`` fanouts at a move, and their accesses."""
    layer, machine, nest = counter.layer, counter.machine, counter.nest
    its = general.move
    outside = machine.fanouts_outside[place]
    words, apart = its.cost, 1
    unites = general.shares != ALIKE and words < 0
    if words < 0:
        words = 1
        for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
            inside = depth if unites else outside
            words *= rank_united(
                counter, general, rank, tensor, place, inside, its.dim, its.by, scratch
            )
    for fanout in range(depth, outside):
        alike = can_multicast(counter, fanout, tensor)
        lanes = nest.fanout_lanes[fanout]
        if alike and not unites:
            lanes = lane_groups(counter, tensor, fanout)
        if its.reading >= 0 and fanout == outside - 1:
            lanes = its.reading
        if not alike:
            apart *= lanes
        elif not unites:
            words *= lanes
    general.united = words * apart
    general.visits = apart * blocks_of(words, block)
