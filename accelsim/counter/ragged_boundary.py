"""Words across one boundary of a mapping with remainders: rules 4, 6 and 7 by way of rule 10.

Every count is a sum over turns of loops of the words that a residence finds, and the sum over all
turns is a product: of turns over each dim that the tensor lacks, and of words in each of its ranks.
``look`` takes the sum as seen from somewhere: from the parent, the child, or inside a fanout.
"""

from __future__ import annotations

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
from accelsim.counter.ragged_nest import Run, choose_uses, existing_turns, find_run
from accelsim.counter.ragged_passing import list_unpassed, passes_on
from accelsim.counter.ragged_window import list_parts
from accelsim.counter.window import Marks
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints

EVERY_FANOUT = -1


@kernel
def look(
    case: np.record,
    tensor: int,
    place: int,
    run: Run,
    held: int,
    apart: int,
    unites: int,
    marks: Marks,
    parts: Ints,
) -> int:
    """Return the words that residences of ``place`` find in the ranks of a tensor.

    How often, ``loops.elsewhere`` says: the turns over dims that the tensor lacks.  ``held``,
    ``apart`` and ``unites`` say which loops add up (:func:`choose_uses`).  Words that links inside
    bring, of loops from ``apart`` on, are not seen.
    """
    layer, loops, counts = case.counter.layer, case.loops, case.counter.counts
    choose_uses(place, run, held, apart, unites, case.alike[tensor], loops)
    loops.elsewhere = 1
    for dim in range(layer.n_dims):
        if (layer.relevant[tensor] >> dim) & 1 == 0:
            loops.elsewhere *= existing_turns(dim, place, layer.bounds[dim], loops)
    words = 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        if passes_on(case, tensor, rank, place, run, apart):
            found = list_unpassed(case, tensor, rank, place, run, apart, marks, parts[rank])
        else:
            found = list_parts(layer, rank, place, run, loops, counts.branches, marks, parts[rank])
        loops.n_parts[rank] = found
        of_rank = 0
        for part in range(found):
            of_rank += parts[rank, part, 0] * parts[rank, part, 1]
        words *= of_rank
    return words


@kernel
def blocks_seen(case: np.record, tensor: int, block: int, parts: Ints) -> int:
    """Return the accesses that the words last looked at take, each visit rounded up to blocks."""
    layer, loops = case.counter.layer, case.loops
    first, last = layer.rank_start[tensor], layer.rank_start[tensor + 1]
    for rank in range(first, last):
        loops.turn[rank] = 0
    accesses = 0
    while True:
        words, visits = 1, 1
        for rank in range(first, last):
            words *= parts[rank, loops.turn[rank], 0]
            visits *= parts[rank, loops.turn[rank], 1]
        accesses += visits * ((words + block - 1) // block)
        rank = first
        while rank < last and loops.turn[rank] == loops.n_parts[rank] - 1:
            loops.turn[rank] = 0
            rank += 1
        if rank == last:
            return accesses
        loops.turn[rank] += 1


@kernel
def count_input(
    case: np.record, tensor: int, parent: int, place: int, marks: Marks, parts: Ints
) -> None:
    """Count the boundary (parent, place) of an input (rules 4 and 6)."""
    layer, machine, loops = case.counter.layer, case.counter.machine, case.loops
    counts, busiest = case.counter.counts, case.busiest_words[place, tensor]
    words, accesses = counts.words[place, tensor], counts.accesses[place, tensor]
    run = find_run(layer.relevant[tensor], place, machine.n_places, loops)
    if layer.window_reuse == 0:
        run = Run(-1, 0, 1, run.first, run.last)  # every residence fetches its whole tile
    unites = 0
    for fanout in range(machine.n_fanouts):
        able = (machine.multicast[fanout] >> tensor) & 1
        unites |= able << fanout

    for fanout in range(machine.fanouts_outside[parent], machine.fanouts_outside[place]):
        start, end = loops.fanout_start[fanout], loops.fanout_end[fanout]
        seen = look(case, tensor, place, run, start, end, unites, marks, parts)
        case.busiest_network[fanout, tensor, DELIVERIES] = seen * loops.elsewhere
        seen = look(case, tensor, place, run, 0, end, unites, marks, parts)
        counts.network[fanout, tensor, DELIVERIES] = seen * loops.elsewhere

    outside = loops.outside[parent]
    seen = look(case, tensor, place, run, outside, outside, unites, marks, parts)
    busiest[READS] = seen * loops.elsewhere
    seen = look(case, tensor, place, run, 0, outside, unites, marks, parts)
    words[READS] = seen * loops.elsewhere
    if machine.has_blocks == 1:
        block = machine.place_block[parent, tensor]
        accesses[READS] = blocks_seen(case, tensor, block, parts) * loops.elsewhere
    if place == machine.n_places:
        return
    outside = loops.outside[place]
    seen = look(case, tensor, place, run, outside, outside, unites, marks, parts)
    busiest[FILLS] = seen * loops.elsewhere
    seen = look(case, tensor, place, run, 0, outside, unites, marks, parts)
    words[FILLS] = seen * loops.elsewhere
    if machine.has_blocks == 1:
        block = machine.place_block[place, tensor]
        accesses[FILLS] = blocks_seen(case, tensor, block, parts) * loops.elsewhere


@kernel
def count_output(
    case: np.record, parent: int, place: int, fresh: int, marks: Marks, parts: Ints
) -> int:
    """Count the boundary (parent, place) of the output (rule 7).

    ``fresh`` is Z_p, the words that started from zero at the parent; Z_c is returned.
    """
    layer, machine, loops = case.counter.layer, case.counter.machine, case.loops
    tensor = layer.output
    words, network = case.counter.counts.words[place, tensor], case.counter.counts.network
    run = find_run(layer.relevant[tensor], place, machine.n_places, loops)
    reduces = 0
    for fanout in range(machine.n_fanouts):
        reduces |= machine.reduces[fanout] << fanout
    at_parent, at_place = loops.outside[parent], loops.outside[place]

    # All words of the output, each for every visit.
    size = look(case, tensor, place, run, 0, at_parent, EVERY_FANOUT, marks, parts)
    visits = size * loops.elsewhere  # U_c
    look(case, tensor, place, run, 0, at_place, reduces, marks, parts)
    leaving = size * loops.elsewhere  # U_c * K
    back = visits - fresh

    # Upward, from inside out: each fanout that reduces merges its lanes of a sum into one.
    rising = leaving
    for fanout in range(
        machine.fanouts_outside[place] - 1, machine.fanouts_outside[parent] - 1, -1
    ):
        below = rising
        start = loops.fanout_start[fanout]
        look(case, tensor, place, run, 0, start, reduces, marks, parts)
        rising = size * loops.elsewhere
        network[fanout, tensor, COLLECTIONS] = rising
        network[fanout, tensor, REDUCTIONS] = below - rising
        network[fanout, tensor, DELIVERIES] = back
        part = look(case, tensor, place, run, start, start, reduces, marks, parts)
        case.busiest_network[fanout, tensor, COLLECTIONS] = part * loops.elsewhere
        look(case, tensor, place, run, start, start, EVERY_FANOUT, marks, parts)
        case.busiest_network[fanout, tensor, DELIVERIES] = part * (loops.elsewhere - 1)

    words[UPDATES] = rising  # U_c * Kn
    words[READS] = back + rising - visits
    words[FIRST_READS] = fresh
    if place < machine.n_places:
        words[FILLS] = back
        words[DRAINS] = leaving
    count_busiest_output(case, parent, place, run, reduces, marks, parts)
    if machine.has_blocks == 1:
        # Every visit moves the whole of a tile: each action is so many times all tiles.
        look(case, tensor, place, run, 0, at_place, reduces, marks, parts)
        for action in range(BOUNDARY_ACTIONS):
            at = parent if action in (READS, FIRST_READS, UPDATES) else place
            if at < machine.n_places:
                tiles = blocks_seen(case, tensor, machine.place_block[at, tensor], parts)
                case.counter.counts.accesses[place, tensor, action] = words[action] // size * tiles
    fresh_inside: int = fresh + leaving - visits
    return fresh_inside


@kernel
def count_busiest_output(
    case: np.record, parent: int, place: int, run: Run, reduces: int, marks: Marks, parts: Ints
) -> None:
    """Count what the first instance of the parent and that of the child move of the output.

    It is the one of its group to which sums return; only at its first visit of a word there is
    none.
    """
    machine, loops = case.counter.machine, case.loops
    tensor = case.counter.layer.output
    busiest = case.busiest_words[place, tensor]
    at = loops.outside[parent]
    part = look(case, tensor, place, run, at, at, reduces, marks, parts)
    busiest[UPDATES] = part * loops.elsewhere
    busiest[READS] = part * (loops.elsewhere - 1)
    if place < machine.n_places:
        at = loops.outside[place]
        part = look(case, tensor, place, run, at, at, reduces, marks, parts)
        busiest[DRAINS] = part * loops.elsewhere
        busiest[FILLS] = part * (loops.elsewhere - 1)
