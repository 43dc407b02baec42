"""Words across one boundary: rules 3, 4, 6 and 7 of ``docs/model.md``.

A **boundary** is a tensor, the place c that keeps it (or the compute) and p, the next keeper
further out.  ``find_run`` finds when the tensor moves, ``transfer`` how much of an input moves per
instance, ``count_input`` and ``count_output`` write the words of the boundary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.counter.layout import (
    BOUNDARY_ACTIONS,
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    READS,
    REDUCTIONS,
    UPDATES,
)
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
    strip_words,
)
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints


class Run(NamedTuple):
    """The closing run of a boundary (rule 3)."""

    dim: int
    stride: int
    bound: int
    sweeps: int
    """Product of the temporal bounds outside the run."""
    outside: int
    """Temporal loops ``:outside`` stand outside the run."""


@kernel
def find_run(relevant: int, place: int, n_places: int, nest: np.record) -> Run:
    """Find the loops that move a tensor at ``place``, walking outward from its tile."""
    loop = nest.temporal_end[place] - 1
    if place == n_places:
        return Run(-1, 0, 1, nest.steps[loop] if loop >= 0 else 1, loop + 1)
    while loop >= 0 and (relevant >> nest.temporal_dim[loop]) & 1 == 0:
        loop -= 1
    if loop < 0:
        return Run(-1, 0, 1, 1, 0)
    dim = nest.temporal_dim[loop]
    stride = nest.temporal_stride[loop]
    bound = nest.temporal_bound[loop]
    loop -= 1
    while (
        loop >= 0
        and nest.temporal_dim[loop] == dim
        and nest.temporal_stride[loop] == bound * stride
    ):
        bound *= nest.temporal_bound[loop]
        loop -= 1
    return Run(dim, stride, bound, nest.steps[loop] if loop >= 0 else 1, loop + 1)


class Transfer(NamedTuple):
    """Words that a residence brings: of one instance, and united over lanes."""

    tile: int
    strip: int
    tiles: int
    strips: int
    apart: int
    """Times that the united words are read: once per lane that cannot share a read."""


@kernel
def end_to_end(
    dim_a: int,
    a: int,
    dim_b: int,
    b: int,
    lane_dim: Ints,
    lane_bound: Ints,
    lane_stride: Ints,
    first: int,
    last: int,
) -> tuple[int, int, bool]:
    """Return (lanes over a, lanes over b, whether there are any).

    Lanes over a dim count 0 if their tiles do not lie end to end (by growing stride, each stride
    must be the extent covered so far).
    """
    lanes_a = 1
    lanes_b = 1
    found = False
    for lane in range(last - 1, first - 1, -1):
        if lane_dim[lane] == dim_a:
            found = True
            lanes_a = lanes_a * lane_bound[lane] if lane_stride[lane] == a * lanes_a else 0
        elif lane_dim[lane] == dim_b:
            found = True
            lanes_b = lanes_b * lane_bound[lane] if lane_stride[lane] == b * lanes_b else 0
    return lanes_a, lanes_b, found


@kernel
def window_words(
    layer: np.record,
    rank: int,
    place: int,
    run: Run,
    lane_dim: Ints,
    lane_bound: Ints,
    lane_stride: Ints,
    first: int,
    last: int,
    nest: np.record,
    branches: Ints,
    marks: Marks,
) -> tuple[int, int, int, int]:
    """Return (tile, strip) of one instance and (tile, strip) united over lanes ``first:last``.

    Rule 5 for a rank with two terms.  Its branches are tried in order; all are exact.  A run steps
    by no less than the tile is long, so that a step in i uncovers the whole tile where b <= u: what
    rule iv is for (and the sparse strips of rule iii), rule ii has answered before.
    """
    dim_a = layer.rank_dim[rank, 0]
    dim_b = layer.rank_dim[rank, 1]
    u = layer.rank_coefficient[rank, 0]
    v = layer.rank_coefficient[rank, 1]
    a = nest.tile[place, dim_a]
    b = nest.tile[place, dim_b]
    tile = distinct_words(u, v, a, b)
    strip = tile
    shift = 0
    if run.dim == dim_a:
        strip = strip_words(u, v, a, b, run.stride)
        shift = u * run.stride
    elif run.dim == dim_b:
        strip = strip_words(v, u, b, a, run.stride)
        shift = v * run.stride

    lanes_a, lanes_b, found = end_to_end(
        dim_a, a, dim_b, b, lane_dim, lane_bound, lane_stride, first, last
    )
    if not found:
        branches[ALONE] += 1
        return tile, strip, tile, strip

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
        return tile, strip, tiles, tiles

    # A tile with gaps whose strip is not the whole tile has a strip with gaps: rule v.
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
    return tile, strip, tiles, strips


@kernel
def transfer(
    layer: np.record,
    machine: np.record,
    conventions: np.record,
    tensor: int,
    place: int,
    run: Run,
    first: int,
    last: int,
    nest: np.record,
    counts: np.record,
    marks: Marks,
) -> Transfer:
    """Measure a tile and a strip, alone and united over the lanes ``first:last`` (rules 4 to 6).

    Lanes of a fanout that cannot multicast the tensor leave the union; each is read apart.
    """
    lane_dim, lane_bound, lane_stride = nest.lane_dim, nest.lane_bound, nest.lane_stride
    apart = 1
    shares = conventions.multicast == 1 and (machine.shared >> tensor) & 1 == 1
    if not shares and first < last:
        lane_dim, lane_bound, lane_stride = nest.kept_dim, nest.kept_bound, nest.kept_stride
        kept = 0
        for lane in range(first, last):
            multicasts = (machine.multicast[nest.lane_fanout[lane]] >> tensor) & 1 == 1
            if multicasts and conventions.multicast == 1:
                lane_dim[kept] = nest.lane_dim[lane]
                lane_bound[kept] = nest.lane_bound[lane]
                lane_stride[kept] = nest.lane_stride[lane]
                kept += 1
            else:
                apart *= nest.lane_bound[lane]
        first, last = 0, kept

    tile = counts.tile_words[place, tensor]
    copies = 1
    spread = 0
    for lane in range(first, last):
        dim = lane_dim[lane]
        copies *= lane_bound[lane] if (layer.single_term[tensor] >> dim) & 1 else 1
        spread |= 1 << dim
    if run.bound > 1:
        spread |= 1 << run.dim
    spread &= layer.window[tensor]
    if spread == 0:
        return Transfer(tile, tile, tile * copies, tile * copies, apart)

    # Ranks multiply; those that neither lanes nor the run touch are the same in all four.
    window, strip, tiles, strips = 1, 1, 1, 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        if layer.rank_mask[rank] & spread != 0:
            of_tile, of_strip, of_tiles, of_strips = window_words(
                layer, rank, place, run,
                lane_dim, lane_bound, lane_stride, first, last, nest, counts.branches, marks,
            )  # fmt: skip
            window *= of_tile
            strip *= of_strip
            tiles *= of_tiles
            strips *= of_strips
    others = tile // window
    if conventions.window_reuse == 0:
        strip, strips = window, tiles
    return Transfer(tile, others * strip, others * copies * tiles, others * copies * strips, apart)


@kernel
def blocks_of(words: int, block: int) -> int:
    """Return the accesses that ``words`` of one visit take, ``block`` words wide each."""
    return words if block == 1 else (words + block - 1) // block


@kernel
def count_input(
    layer: np.record,
    machine: np.record,
    conventions: np.record,
    tensor: int,
    parent: int,
    place: int,
    nest: np.record,
    counts: np.record,
    marks: Marks,
) -> None:
    """Count the boundary (parent, place) of an input (rules 4 and 6)."""
    run = find_run(layer.relevant[tensor], place, machine.n_places, nest)
    first = nest.lane_end[parent]
    last = nest.lane_end[place]
    moved = transfer(
        layer, machine, conventions, tensor, place, run, first, last, nest, counts, marks
    )
    repeats = run.bound - 1
    reads = nest.instances[parent] * run.sweeps * moved.apart
    deliveries = nest.instances[place] * run.sweeps
    delivered = deliveries * (moved.tile + repeats * moved.strip)
    counts.words[place, tensor, READS] = reads * (moved.tiles + repeats * moved.strips)
    if place < machine.n_places:
        counts.words[place, tensor, FILLS] = delivered
    if machine.has_blocks == 1:
        block = machine.place_block[parent, tensor]
        counts.accesses[place, tensor, READS] = reads * (
            blocks_of(moved.tiles, block) + repeats * blocks_of(moved.strips, block)
        )
        if place < machine.n_places:
            block = machine.place_block[place, tensor]
            counts.accesses[place, tensor, FILLS] = deliveries * (
                blocks_of(moved.tile, block) + repeats * blocks_of(moved.strip, block)
            )

    inside = first
    instances = nest.instances[parent]
    for fanout in range(machine.fanouts_outside[parent], machine.fanouts_outside[place]):
        while inside < last and nest.lane_fanout[inside] == fanout:
            instances *= nest.lane_bound[inside]
            inside += 1
        if inside == last:
            counts.network[fanout, tensor, DELIVERIES] = delivered
        else:
            deeper = transfer(
                layer, machine, conventions, tensor, place, run, inside, last, nest, counts, marks
            )
            counts.network[fanout, tensor, DELIVERIES] = (
                instances * run.sweeps * deeper.apart * (deeper.tiles + repeats * deeper.strips)
            )


@kernel
def count_output(
    layer: np.record,
    machine: np.record,
    parent: int,
    place: int,
    fresh: int,
    nest: np.record,
    counts: np.record,
) -> int:
    """Count the boundary (parent, place) of the output (rule 7).

    ``fresh`` is Z_p, the words that started from zero at the parent; Z_c is returned.
    """
    tensor = layer.output
    words, network = counts.words, counts.network
    run = find_run(layer.relevant[tensor], place, machine.n_places, nest)
    visits = layer.output_words * nest.sum_lanes[parent]  # U_c
    if run.outside > 0:
        visits *= nest.sum_steps[run.outside - 1]
    group = nest.sum_lanes[place] // nest.sum_lanes[parent]  # K
    back = visits - fresh

    # Upward, from inside out: each fanout that reduces merges its lanes of a sum into one.
    rising = visits * group
    lane = nest.lane_end[place]
    for fanout in range(
        machine.fanouts_outside[place] - 1, machine.fanouts_outside[parent] - 1, -1
    ):
        below = rising
        while lane > nest.lane_end[parent] and nest.lane_fanout[lane - 1] == fanout:
            lane -= 1
            reduced = (layer.relevant[tensor] >> nest.lane_dim[lane]) & 1 == 0
            if reduced and machine.reduces[fanout] == 1:
                rising //= nest.lane_bound[lane]
        network[fanout, tensor, COLLECTIONS] = rising
        network[fanout, tensor, REDUCTIONS] = below - rising
        network[fanout, tensor, DELIVERIES] = back

    words[place, tensor, UPDATES] = rising  # U_c * Kn
    words[place, tensor, READS] = back + rising - visits
    words[place, tensor, FIRST_READS] = fresh
    if place < machine.n_places:
        words[place, tensor, FILLS] = back
        words[place, tensor, DRAINS] = visits * group
    if machine.has_blocks == 1:
        # Every visit moves a whole tile, so its accesses are whole tiles too.
        size = counts.tile_words[place, tensor]
        for action in range(BOUNDARY_ACTIONS):
            at = parent if action in (READS, FIRST_READS, UPDATES) else place
            if at < machine.n_places:
                visit = blocks_of(size, machine.place_block[at, tensor])
                counts.accesses[place, tensor, action] = (
                    words[place, tensor, action] // size * visit
                )
    fresh_inside: int = fresh + visits * (group - 1)
    return fresh_inside
