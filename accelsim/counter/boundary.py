"""Words across one boundary: rules 3, 4, 6 and 7 of ``docs/model.md``.

A **boundary** is a tensor, the place c that keeps it (or the compute) and p, the next keeper
further out.  ``find_run`` finds when the tensor moves, ``unite`` how much of an input moves,
``count_input`` and ``count_output`` write the words of the boundary.
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
    MAX_LOOPS,
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
    tile: int,
    first: int,
    nest: np.record,
    branches: Ints,
    marks: Marks,
) -> tuple[int, int]:
    """Return the words of ``tile`` and of its strip, united over the lanes listed from ``first``.

    Rule 5 for a rank with two terms.  Its branches are tried in order; all are exact.  A run steps
    by no less than the tile is long, so that a step in i uncovers the whole tile where b <= u: what
    rule iv is for (and the sparse strips of rule iii), rule ii has answered before.
    """
    lane_dim, lane_bound, lane_stride = nest.union_dim, nest.union_bound, nest.union_stride
    last = MAX_LOOPS
    dim_a = layer.rank_dim[rank, 0]
    dim_b = layer.rank_dim[rank, 1]
    u = layer.rank_coefficient[rank, 0]
    v = layer.rank_coefficient[rank, 1]
    a = nest.tile[place, dim_a]
    b = nest.tile[place, dim_b]
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
        return tile, strip

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
def unite(
    layer: np.record,
    tensor: int,
    place: int,
    run: Run,
    spread: int,
    first: int,
    nest: np.record,
    counts: np.record,
    marks: Marks,
) -> tuple[int, int]:
    """Return (tile, strip) of a tensor, united over the lanes listed from ``first`` (rule 5).

    Ranks multiply.  Only those with a dim in ``spread`` are stepped by the run or cut by lanes.
    """
    tiles, strips = 1, 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        of_tiles = of_strips = counts.rank_words[place, rank]
        if layer.rank_mask[rank] & spread != 0:
            of_tiles, of_strips = window_words(
                layer, rank, place, run, of_tiles, first, nest, counts.branches, marks
            )
        tiles *= of_tiles
        strips *= of_strips
    return tiles, strips


@kernel
def list_lanes(fanout: int, dims: int, first: int, nest: np.record) -> int:
    """Put the lanes of a fanout over ``dims`` before those listed from ``first`` on."""
    outside = nest.fanout_lane_end[fanout - 1] if fanout > 0 else 0
    for lane in range(nest.fanout_lane_end[fanout] - 1, outside - 1, -1):
        if (dims >> nest.lane_dim[lane]) & 1 == 1:
            first -= 1
            nest.union_dim[first] = nest.lane_dim[lane]
            nest.union_bound[first] = nest.lane_bound[lane]
            nest.union_stride[first] = nest.lane_stride[lane]
    return first


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
    """Count the boundary (parent, place) of an input (rules 4 and 6).

    From inside out, each fanout adds its lanes to the union, or, where it cannot multicast the
    tensor, to the lanes that read apart.
    """
    run = find_run(layer.relevant[tensor], place, machine.n_places, nest)
    repeats = run.bound - 1
    window = layer.window[tensor]
    first = MAX_LOOPS
    spread = 0
    if conventions.window_reuse == 0:
        run = Run(-1, 0, run.bound, run.sweeps, run.outside)  # every strip is a whole tile
    elif run.bound > 1:
        spread = window & (1 << run.dim)
    tile = strip = counts.tile_words[place, tensor]
    if spread != 0:
        tile, strip = unite(layer, tensor, place, run, spread, first, nest, counts, marks)

    tiles, strips, copies, apart = tile, strip, 1, 1
    for fanout in range(
        machine.fanouts_outside[place] - 1, machine.fanouts_outside[parent] - 1, -1
    ):
        counts.network[fanout, tensor, DELIVERIES] = (
            nest.fanout_instances[fanout] * run.sweeps * apart * copies * (tiles + repeats * strips)
        )
        if (machine.multicast[fanout] >> tensor) & conventions.multicast == 0:
            apart *= nest.fanout_lanes[fanout]
            continue
        copies *= nest.fanout_copies[fanout, tensor]
        if nest.fanout_dims[fanout] & window != 0:
            spread |= nest.fanout_dims[fanout] & window
            first = list_lanes(fanout, window, first, nest)
            tiles, strips = unite(layer, tensor, place, run, spread, first, nest, counts, marks)

    deliveries = nest.instances[place] * run.sweeps
    reads = nest.instances[parent] * run.sweeps * apart
    counts.words[place, tensor, READS] = reads * copies * (tiles + repeats * strips)
    if place < machine.n_places:
        counts.words[place, tensor, FILLS] = deliveries * (tile + repeats * strip)
    if machine.has_blocks == 1:
        block = machine.place_block[parent, tensor]
        counts.accesses[place, tensor, READS] = reads * (
            blocks_of(copies * tiles, block) + repeats * blocks_of(copies * strips, block)
        )
        if place < machine.n_places:
            block = machine.place_block[place, tensor]
            counts.accesses[place, tensor, FILLS] = deliveries * (
                blocks_of(tile, block) + repeats * blocks_of(strip, block)
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
    for fanout in range(
        machine.fanouts_outside[place] - 1, machine.fanouts_outside[parent] - 1, -1
    ):
        below = rising
        if machine.reduces[fanout] == 1:
            rising //= nest.fanout_sums[fanout]
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
