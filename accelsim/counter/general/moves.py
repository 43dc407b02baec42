"""The moves of a boundary: the kinds of steps at which all instances of a place fetch alike.

A boundary is a few kinds, each with how often it happens and what it takes to know its words.
``reuse: window`` and ``none`` are listed here (rules 4 and 12), ``timeloop`` in ``compared``.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.closing_run import find_run
from accelsim.counter.general.layout import NOTHING_STAYS, plain
from accelsim.counter.general.passing import passes_on, term_distance
from accelsim.jit import kernel

NONE = -1


@kernel
def add_move(general: np.record, times: int, cost: int, reading: int) -> int:
    """Add a move that fetches whole tiles, or ``cost`` words; return its number."""
    number: int = general.n_moves
    its = general.moves[number]
    its.times = times
    its.dim = 0
    its.by = 0
    its.passed_rank = NONE
    its.passed_by = 0
    its.cost = cost
    its.reading = reading
    general.n_moves += 1
    return number


@kernel
def list_swept(
    counter: np.record, general: np.record, tensor: int, parent: int, place: int
) -> None:
    """List the moves of an input under ``reuse: window`` or ``none``."""
    layer, machine = counter.layer, counter.machine
    run = find_run(tensor, place, machine.n_places, counter.nest)
    passed = NONE
    if general.reuse != NOTHING_STAYS:
        for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
            if passes_on(counter, general, rank, tensor, place, parent):
                if place == machine.n_places:
                    list_operands(counter, general, tensor, parent)
                    return
                if term_distance(counter, general, rank, run.dim) != 0:
                    passed = rank
    add_move(general, run.sweeps, NONE, NONE)
    further = add_move(general, run.sweeps * (run.bound - 1), NONE, NONE)
    if general.reuse != NOTHING_STAYS:
        general.moves[further].dim = run.dim
        general.moves[further].by = run.stride
    if passed != NONE:
        general.moves[further].passed_rank = passed
        general.moves[further].passed_by = (
            term_distance(counter, general, passed, run.dim) * run.stride
        )


@kernel
def list_operands(counter: np.record, general: np.record, tensor: int, parent: int) -> None:
    """List what the compute reads where neighbours pass operands on: loop by loop (rule 12)."""
    layer, machine, nest = counter.layer, counter.machine, counter.nest
    place = machine.n_places
    add_move(general, 1, NONE, NONE)
    start_steps(counter, general, tensor)
    for row in range(nest.temporal_end[place], 0, -1):
        take_step(counter, general, tensor, row)
        number = add_move(general, (nest.bound[row] - 1) * nest.steps[row - 1], NONE, NONE)
        ranks, last = 0, plain(NONE)
        for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
            if general.step[rank] != 0:
                ranks += 1
                last = rank
        if ranks == 1 and passes_on(counter, general, last, tensor, place, parent):
            general.moves[number].passed_rank = last
            general.moves[number].passed_by = general.step[last]


@kernel
def start_steps(counter: np.record, general: np.record, tensor: int) -> None:
    """Begin to go outward over temporal loops."""
    layer = counter.layer
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        general.reach[rank] = 0


@kernel
def take_step(counter: np.record, general: np.record, tensor: int, row: int) -> bool:
    """Write how a step of the next loop outward moves a tile; return whether it does.

    It goes one turn on in its own dim, and back over all turns of the loops inside it.
    """
    layer, nest = counter.layer, counter.nest
    moved = False
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        own = term_distance(counter, general, rank, nest.dim[row]) * nest.stride[row]
        general.step[rank] = own - general.reach[rank]
        general.reach[rank] += (nest.bound[row] - 1) * own
        moved = moved or general.step[rank] != 0
    return moved
