"""Words across one boundary: rules 3 to 7 of ``docs/model.md``.

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
    MAX_DIMS,
    MAX_LOOPS,
    NO_DIM,
    READS,
    REDUCTIONS,
    UPDATES,
    index,
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
from accelsim.jit import inlined, kernel
from accelsim.mapping.arrays import Ints


class Run(NamedTuple):
    """The closing run of a boundary (rule 3)."""

    dim: int
    stride: int
    bound: int
    sweeps: int
    """Product of the temporal bounds outside the run."""
    sum_sweeps: int
    """The same over dims that the output lacks."""


@inlined
def find_run(tensor: int, place: int, n_places: int, nest: np.record) -> Run:
    """Find the loops that move a tensor at ``place``; the compute keeps nothing between steps."""
    outside = index(nest.temporal_end[place])
    if place == n_places:
        return Run(index(NO_DIM), 0, 1, nest.steps[outside], nest.sum_steps[outside])
    row = index((nest.closing[outside] >> 8 * tensor) & 255)
    outside = nest.run_outside[row]
    return Run(
        nest.dim[row],
        nest.stride[row],
        nest.run_bound[row],
        nest.steps[outside],
        nest.sum_steps[outside],
    )


@inlined
def lone_words(layer: np.record, tensor: int, node: int, extents: Ints) -> int:
    """Return the product of a node's ``extents`` over a tensor's ranks of one term."""
    words = 1
    for k in range(layer.n_lone[tensor]):
        words *= extents[node, layer.lone[tensor, k]]
    return words


@inlined
def measure_strip(layer: np.record, tensor: int, node: int, run: Run, nest: np.record) -> int:
    """Return the words of a tile that a step of the run uncovers; write those of its windows."""
    strip = lone_words(layer, tensor, node, nest.cover)
    for k in range(layer.n_windows_of[tensor]):
        window = layer.windows_of[tensor, k]
        of_window = nest.cover[node, index(MAX_DIMS + window)]
        dim_a, dim_b = layer.window_dim[window, 0], layer.window_dim[window, 1]
        u, v = layer.window_coefficient[window, 0], layer.window_coefficient[window, 1]
        a, b = nest.cover[node, dim_a], nest.cover[node, dim_b]
        if run.dim == dim_a:
            of_window = strip_words(u, v, a, b, run.stride)
        elif run.dim == dim_b:
            of_window = strip_words(v, u, b, a, run.stride)
        nest.strip[window] = of_window
        strip *= of_window
    return strip


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


@inlined
def count_input(
    layer: np.record,
    machine: np.record,
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
    run = find_run(tensor, place, machine.n_places, nest)
    repeats = run.bound - 1
    tile = strip = counts.tile_words[place, tensor]
    slides = layer.slides[tensor, run.dim] == 1
    if slides:
        strip = measure_strip(layer, tensor, machine.place_node[place], run, nest)

    tiles, strips, copies, apart, alone = tile, strip, 1, 1, True
    outside = machine.fanouts_outside[place]
    for crossed in range(outside - machine.fanouts_outside[parent]):
        fanout = index(outside - 1 - crossed)
        counts.network[fanout, tensor, DELIVERIES] = (
            nest.lanes_outside[index(fanout + 1)]
            * run.sweeps * apart * copies * (tiles + repeats * strips)
        )  # fmt: skip
        if (machine.multicast[fanout] >> tensor) & 1 == 0:
            apart *= nest.fanout_lanes[fanout]
            continue
        copies *= lone_words(layer, tensor, machine.fanout_node[fanout], nest.factor)
        if layer.n_windows_of[tensor] > 0:
            tiles, strips = unite(
                layer, machine, tensor, place, run, slides, fanout, alone, nest, counts, marks
            )
            alone = False

    deliveries = nest.instances[place] * run.sweeps
    reads = nest.instances[parent] * run.sweeps * apart
    counts.words[place, tensor, READS] = reads * copies * (tiles + repeats * strips)
    if place < machine.n_places:
        counts.words[place, tensor, FILLS] = deliveries * (tile + repeats * strip)
    if machine.has_blocks == 1:
        count_input_blocks(
            machine, tensor, parent, place, reads, copies * tiles, copies * strips,
            deliveries, tile, strip, repeats, counts,
        )  # fmt: skip


@inlined
def blocks_of(words: int, block: int) -> int:
    """Return the accesses that ``words`` of one visit take, ``block`` words wide each."""
    return words if block == 1 else (words + block - 1) // block


@kernel
def count_input_blocks(
    machine: np.record,
    tensor: int,
    parent: int,
    place: int,
    reads: int,
    tiles: int,
    strips: int,
    deliveries: int,
    tile: int,
    strip: int,
    repeats: int,
    counts: np.record,
) -> None:
    """Count the accesses of an input: each tile and each strip takes whole blocks (rule 15)."""
    block = machine.place_block[parent, tensor]
    counts.accesses[place, tensor, READS] = reads * (
        blocks_of(tiles, block) + repeats * blocks_of(strips, block)
    )
    if place < machine.n_places:
        block = machine.place_block[place, tensor]
        counts.accesses[place, tensor, FILLS] = deliveries * (
            blocks_of(tile, block) + repeats * blocks_of(strip, block)
        )


@inlined
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
    run = find_run(tensor, place, machine.n_places, nest)
    visits = layer.output_words * nest.sum_lanes[parent] * run.sum_sweeps  # U_c
    first, last = machine.fanouts_outside[parent], machine.fanouts_outside[place]
    group, kept = 1, 1  # K and Kn
    for outer in range(first, last):
        sums = nest.fanout_sums[index(outer)]
        group *= sums
        kept *= 1 if machine.reduces[index(outer)] == 1 else sums
    back = visits - fresh

    # From outside in: a fanout that reduces has merged its lanes of a sum into one.
    rising = visits * kept
    below = rising
    for inner in range(first, last):
        fanout = index(inner)
        above = below
        below *= nest.fanout_sums[fanout] if machine.reduces[fanout] == 1 else 1
        network[fanout, tensor, COLLECTIONS] = above
        network[fanout, tensor, REDUCTIONS] = below - above
        network[fanout, tensor, DELIVERIES] = back

    words[place, tensor, UPDATES] = rising
    words[place, tensor, READS] = back + rising - visits
    words[place, tensor, FIRST_READS] = fresh
    if place < machine.n_places:
        words[place, tensor, FILLS] = back
        words[place, tensor, DRAINS] = visits * group
    if machine.has_blocks == 1:
        count_output_blocks(machine, tensor, parent, place, counts)
    fresh_inside: int = fresh + visits * (group - 1)
    return fresh_inside


@kernel
def count_output_blocks(
    machine: np.record, tensor: int, parent: int, place: int, counts: np.record
) -> None:
    """Count the accesses of the output: every visit moves a whole tile (rule 15)."""
    size = counts.tile_words[place, tensor]
    for action in range(BOUNDARY_ACTIONS):
        at = parent if action in (READS, FIRST_READS, UPDATES) else place
        if at < machine.n_places:
            visit = blocks_of(size, machine.place_block[at, tensor])
            counts.accesses[place, tensor, action] = (
                counts.words[place, tensor, action] // size * visit
            )
