"""Words across one boundary under any conventions: rules 4, 6 and 7."""

from __future__ import annotations

import numpy as np

from accelsim.counter.boundary import blocks_of, count_output_blocks
from accelsim.counter.closing_run import find_run
from accelsim.counter.general.compared import list_compared
from accelsim.counter.general.layout import COMPARED, Scratch
from accelsim.counter.general.moves import list_swept
from accelsim.counter.general.passing import share_unpassed
from accelsim.counter.general.words import share, tile_words
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
from accelsim.jit import inlined, kernel


@kernel
def count_input(
    counter: np.record, general: np.record, tensor: int, parent: int, place: int, scratch: Scratch
) -> None:
    """Count the boundary (parent, place) of an input."""
    machine, nest = counter.machine, counter.nest
    general.n_moves = 0
    if general.reuse == COMPARED:
        list_compared(counter, general, tensor, parent, place, scratch)
    else:
        list_swept(counter, general, tensor, parent, place)
    for number in range(general.n_moves):
        take_move(general, number)
        its, times = general.move, general.move.times
        if times == 0:
            continue
        count_reads(counter, general, tensor, parent, place, scratch)
        if place < machine.n_places:
            words = its.cost
            if words < 0:
                words = tile_words(
                    counter, general, tensor, machine.place_node[place], its.dim, its.by
                )
            fills, block = nest.instances[place] * times, machine.place_block[place, tensor]
            counter.counts.words[place, tensor, FILLS] += fills * words
            counter.counts.accesses[place, tensor, FILLS] += fills * blocks_of(words, block)


@kernel
def take_move(general: np.record, number: int) -> None:
    """Make a move of the list the one in hand."""
    its, listed = general.move, general.moves[number]
    its.times = listed.times
    its.dim = listed.dim
    its.by = listed.by
    its.passed_rank = listed.passed_rank
    its.passed_by = listed.passed_by
    its.cost = listed.cost
    its.reading = listed.reading


@kernel
def count_reads(
    counter: np.record, general: np.record, tensor: int, parent: int, place: int, scratch: Scratch
) -> None:
    """Count what the parent reads for the move in hand, and what passes each fanout."""
    machine, nest = counter.machine, counter.nest
    counts, times = counter.counts, general.move.times
    first, last = machine.fanouts_outside[parent], machine.fanouts_outside[place]
    block = machine.place_block[parent, tensor]
    for depth in range(first, last + 1):
        if general.move.passed_rank >= 0:
            keeps = place < machine.n_places
            share_unpassed(counter, general, tensor, place, depth, block, keeps, scratch)
        else:
            share(counter, general, tensor, place, depth, block, scratch)
        if depth == first:
            reads = nest.instances[parent] * times
            counts.words[place, tensor, READS] += reads * general.united
            counts.accesses[place, tensor, READS] += reads * general.visits
        else:
            crossing = nest.lanes_outside[depth] * times * general.united
            counts.network[depth - 1, tensor, DELIVERIES] += crossing


@inlined
def charges_first(general: np.record, visits: int, words: int) -> bool:
    """Tell whether first reads are charged where so many visits of ``words`` sums come by."""
    return general.charges_first == 1 or (general.charges_first == 2 and visits > words)


@kernel
def count_output(
    counter: np.record, general: np.record, parent: int, place: int, fresh: int
) -> int:
    """Count the boundary (parent, place) of the output (rule 7).

    ``fresh`` is Z_p, the words that started from zero at the parent; Z_c is returned.
    """
    layer, machine, nest = counter.layer, counter.machine, counter.nest
    words, network = counter.counts.words, counter.counts.network
    tensor = layer.output
    run = find_run(tensor, place, machine.n_places, nest)
    visits = layer.output_words * nest.sum_lanes[parent] * run.sum_sweeps  # U_c
    first, last = machine.fanouts_outside[parent], machine.fanouts_outside[place]
    charged = 0 if charges_first(general, visits, layer.output_words) else 1
    if general.returns_all == 1:  # each word is fresh once in each instance
        fresh = layer.output_words * nest.sum_lanes[parent]
    elided = fresh * charged
    rising = visits
    for fanout in range(first, last):
        rising *= 1 if machine.reduces[fanout] == 1 else nest.fanout_sums[fanout]
    below, falling = rising, visits
    for fanout in range(first, last):
        above = below
        below *= nest.fanout_sums[fanout] if machine.reduces[fanout] == 1 else 1
        network[fanout, tensor, COLLECTIONS] = above
        network[fanout, tensor, REDUCTIONS] = below - above
        if general.returns_all == 1:
            falling *= nest.fanout_sums[fanout]
            held = layer.output_words * nest.sums_outside[fanout + 1]
            network[fanout, tensor, DELIVERIES] = falling - held * charged
        else:
            network[fanout, tensor, DELIVERIES] = visits - elided
    group = nest.sum_lanes[place] // nest.sum_lanes[parent]
    back = visits - elided
    if general.returns_all == 1:
        back = visits * group - layer.output_words * nest.sum_lanes[place] * charged
    words[place, tensor, UPDATES] = rising
    words[place, tensor, READS] = rising - elided
    words[place, tensor, FIRST_READS] = elided
    if place < machine.n_places:
        words[place, tensor, FILLS] = back
        words[place, tensor, DRAINS] = visits * group
    if machine.has_blocks == 1:
        count_output_blocks(machine, tensor, parent, place, counter.counts)
    fresh_inside: int = fresh + visits * (group - 1)
    return fresh_inside


@kernel
def round_totals(counter: np.record, tensor: int, parent: int, place: int) -> None:
    """Write accesses as the words of an instance, rounded up to blocks once (rule 15)."""
    machine, nest, counts = counter.machine, counter.nest, counter.counts
    for action in range(BOUNDARY_ACTIONS):
        at = parent if action in (READS, FIRST_READS, UPDATES) else place
        if at < machine.n_places:
            words, block = counts.words[place, tensor, action], machine.place_block[at, tensor]
            accesses = words
            if block > 1:
                instances = nest.instances[at]
                accesses = instances * blocks_of(words, instances * block)
            counts.accesses[place, tensor, action] = accesses
