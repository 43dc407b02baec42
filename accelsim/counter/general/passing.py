"""Words that lanes take from their neighbours under ``reuse: window`` (rule 12).

Only a rank with two terms has any: in a rank of one term, a lane and a neighbour, a step apart, are
at different positions, whose tiles never meet.  And only the rank that moves: in the others a
neighbour's tile is that of its own lane.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.boundary import blocks_of
from accelsim.counter.general.layout import Scratch, plain
from accelsim.counter.general.words import can_multicast, coefficient, rank_span, rank_united
from accelsim.jit import kernel


@kernel
def term_distance(counter: np.record, general: np.record, rank: int, dim: int) -> int:
    """Return how far a step of 1 in ``dim`` moves a rank; 0 if the rank lacks the dim."""
    layer = counter.layer
    if dim == layer.rank_dim[rank, 0]:
        return coefficient(counter, general, rank, 0)
    if dim == layer.rank_dim[rank, 1]:
        far = coefficient(counter, general, rank, 1)
        return -far if general.opposed[rank] == 1 else far
    return 0


@kernel
def passes_on(
    counter: np.record, general: np.record, rank: int, tensor: int, place: int, parent: int
) -> bool:
    """Tell whether lanes of a boundary pass on words of a rank at all."""
    layer, machine = counter.layer, counter.machine
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    if dim_b < 0:
        return False
    for fanout in range(machine.fanouts_outside[parent], machine.fanouts_outside[place]):
        dims = general.forwards[fanout, tensor]
        for loop in range(general.y_start[fanout], general.x_end[fanout]):
            dim = general.dim[loop]
            if dim in (dim_a, dim_b) and (dims >> dim) & 1 == 1:
                return True
    return False


@kernel
def mark_tile(
    counter: np.record, general: np.record, rank: int, node: int, scratch: Scratch
) -> int:
    """Write 1 for the positions of a rank that a tile has, else 0; return its span."""
    layer, cover = counter.layer, counter.nest.cover
    span = rank_span(counter, general, rank, node)
    for position in range(span):
        scratch.tile[position] = general.box
    u, v = coefficient(counter, general, rank, 0), coefficient(counter, general, rank, 1)
    for i in range(cover[node, layer.rank_dim[rank, 0]]):
        for j in range(cover[node, layer.rank_dim[rank, 1]]):
            scratch.tile[u * i + v * j] = 1
    return span


@kernel
def choose_loops(
    counter: np.record, general: np.record, rank: int, tensor: int, place: int, depth: int
) -> tuple[int, int]:
    """List the lanes' loops over the dims of a rank: those that read apart, then the others.

    Returns how many read apart, and how many there are.
    """
    layer, machine = counter.layer, counter.machine
    found, apart = 0, 0
    for shared in range(2):
        for fanout in range(depth, machine.fanouts_outside[place]):
            if int(can_multicast(counter, fanout, tensor)) != shared:
                continue
            for loop in range(general.y_start[fanout], general.x_end[fanout]):
                dim = general.dim[loop]
                if dim != layer.rank_dim[rank, 0] and dim != layer.rank_dim[rank, 1]:
                    continue
                general.chosen[found] = loop
                general.turn[found] = 0
                far = term_distance(counter, general, rank, dim) * general.stride[loop]
                general.distance[found] = far
                found += 1
        if shared == 0:
            apart = found
    return apart, found


@kernel
def neighbour_held(
    counter: np.record,
    general: np.record,
    tensor: int,
    found: int,
    position: int,
    span: int,
    scratch: Scratch,
) -> bool:
    """Tell whether a neighbour of the present lane held a position at the step before."""
    machine = counter.machine
    step = general.move.passed_by
    for k in range(found):
        loop = general.chosen[k]
        fanout = 0
        while fanout < machine.n_fanouts and not (
            general.y_start[fanout] <= loop < general.x_end[fanout]
        ):
            fanout += 1
        if (general.forwards[fanout, tensor] >> general.dim[loop]) & 1 == 0:
            continue
        for side in (-1, 1):
            if not 0 <= general.turn[k] + side < general.bound[loop]:
                continue
            held = position + step - side * general.distance[k]
            if 0 <= held < span and scratch.tile[held] == 1:
                return True
    return False


@kernel
def next_turn(general: np.record, first: int, last: int) -> bool:
    """Go on to the next combination of the chosen loops ``first:last``; False after the last."""
    for k in range(last - 1, first - 1, -1):
        general.turn[k] += 1
        if general.turn[k] < general.bound[general.chosen[k]]:
            return True
        general.turn[k] = 0
    return False


@kernel
def share_unpassed(
    counter: np.record,
    general: np.record,
    tensor: int,
    place: int,
    depth: int,
    block: int,
    keeps: bool,
    scratch: Scratch,
) -> None:
    """Write the words that pass a point inside ``depth`` fanouts, less those from neighbours.

    As :func:`accelsim.counter.general.words.share`, for a move by ``passed_by`` in the rank
    ``passed_rank``.  ``keeps`` says that a lane has what it held before itself.
    """
    layer, machine = counter.layer, counter.machine
    nest = counter.nest
    rank = general.move.passed_rank
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    others, repeats = 1, 1
    for other in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        if other != rank:
            others *= rank_united(
                counter, general, other, tensor, place, depth, plain(0), plain(0), scratch
            )
    for fanout in range(depth, machine.fanouts_outside[place]):
        if not can_multicast(counter, fanout, tensor):
            node = machine.fanout_node[fanout]
            of_rank = nest.factor[node, dim_a] * nest.factor[node, dim_b]
            repeats *= nest.fanout_lanes[fanout] // of_rank
    span = mark_tile(counter, general, rank, machine.place_node[place], scratch)
    apart, found = choose_loops(counter, general, rank, tensor, place, depth)
    origin, reach = 0, span
    for k in range(found):
        far = (general.bound[general.chosen[k]] - 1) * general.distance[k]
        origin -= min(0, far)
        reach += abs(far)
    step = general.move.passed_by
    words, visits = 0, 0
    more = True
    while more:
        for position in range(reach):
            scratch.union[position] = 0
        inner = True
        while inner:
            offset = origin
            for k in range(found):
                offset += general.turn[k] * general.distance[k]
            for position in range(span):
                if scratch.tile[position] == 0:
                    continue
                before = position + step
                if keeps and 0 <= before < span and scratch.tile[before] == 1:
                    continue
                if not neighbour_held(counter, general, tensor, found, position, span, scratch):
                    scratch.union[offset + position] = 1
            inner = next_turn(general, apart, found)
        left = 0
        for position in range(reach):
            left += scratch.union[position]
        words += left * others
        visits += blocks_of(left * others, block)
        more = next_turn(general, 0, apart)
    general.united = repeats * words
    general.visits = repeats * visits
