"""Words across one boundary: rules 4, 6 and 7 of ``docs/model.md``.

A **boundary** is a tensor, the place c that keeps it (or the compute) and p, the next keeper
further out.  ``counter.closing_run`` finds when the tensor moves and ``counter.union`` how much of
an input moves; ``count_input`` and ``count_output`` write the words of the boundary.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.closing_run import Run, find_run
from accelsim.counter.layout import (
    BOUNDARY_ACTIONS,
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    MAX_DIMS,
    READS,
    REDUCTIONS,
    UPDATES,
    index,
)
from accelsim.counter.union import lone_words, unite
from accelsim.counter.window import (
    Marks,
    strip_words,
)
from accelsim.jit import inlined, kernel


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
