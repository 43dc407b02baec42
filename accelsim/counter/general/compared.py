"""``reuse: timeloop``: each tile is compared with the one before (rules 8 and 9).

Boxes only.  A step of a loop moves the box of every instance alike, by a vector over the tensor's
ranks: one turn on in the loop's own dim, and back over all turns of the loops inside it.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.boundary import blocks_of
from accelsim.counter.general.layout import Scratch
from accelsim.counter.general.moves import NONE, add_move, start_steps, take_step
from accelsim.counter.general.passing import term_distance
from accelsim.counter.general.words import can_multicast, lane_groups, rank_span
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints

NO_FANOUT = -1


@kernel
def list_compared(
    counter: np.record, general: np.record, tensor: int, parent: int, place: int, scratch: Scratch
) -> None:
    """List the moves of an input.

    Words that neighbours pass on are used only if that saves the parent reads.
    """
    machine, nest = counter.machine, counter.nest
    linked = machine.fanouts_outside[place] - 1
    if not (
        linked >= machine.fanouts_outside[parent]
        and machine.fanout_inside[linked] == place
        and nest.fanout_lanes[linked] > 1
        and (general.links[linked] >> tensor) & 1 == 1
    ):
        linked = NO_FANOUT
    saved = 0
    while saved <= 0:
        general.n_moves = 0
        general.peer_words = 0
        general.peer_visits = 0
        saved = list_loops(counter, general, tensor, place, linked, scratch)
        if linked == NO_FANOUT:
            break
        linked = NO_FANOUT


@kernel
def list_loops(
    counter: np.record, general: np.record, tensor: int, place: int, linked: int, scratch: Scratch
) -> int:
    """List moves from the innermost loop outward; return the reads that neighbours save.

    Those are of groups of lanes, over all steps.
    """
    machine, nest = counter.machine, counter.nest
    tile = counter.counts.tile_words[place, tensor]
    is_compute = place == machine.n_places
    add_move(general, 1, tile, NONE)
    innermost = nest.temporal_end[place]
    first_moving, partial = 0, 0  # a row, and the words that a step in its direction uncovers
    saved = 0
    unmoved = unmoved_steps(counter, general, tensor, innermost)
    start_steps(counter, general, tensor)
    for row in range(innermost, 0, -1):
        moved = take_step(counter, general, tensor, row)
        times = (nest.bound[row] - 1) * nest.steps[row - 1]
        if not moved:
            if is_compute:
                add_move(general, times, tile, NONE)
            continue
        if first_moving == 0:
            first_moving = row
            partial = tile if is_compute else strip_of_step(counter, general, tensor, place)
            remember_step(counter, general, tensor)
        passed = 0
        if linked >= 0 and is_compute:
            passed = times
        elif linked >= 0 and first_moving == innermost and partial == tile:
            # At this step and the one before, whole tiles: no step before stood still.
            passed = times - unmoved if row == first_moving else times
        if passed > 0:
            served, reading = served_lanes(counter, general, tensor, linked, scratch)
            groups = nest.fanout_lanes[linked]
            if can_multicast(counter, linked, tensor):
                groups = lane_groups(counter, tensor, linked)
            saved += passed * (groups - reading)
            add_move(general, passed, tile, reading)
            note_peers(counter, general, tensor, place, linked, passed * served)
        cost = partial if goes_on(counter, general, tensor) else tile
        add_move(general, times - passed, cost, NONE)
    return saved


@kernel
def unmoved_steps(counter: np.record, general: np.record, tensor: int, innermost: int) -> int:
    """Return the steps of loops outside the first moving one that leave the tile in place."""
    nest = counter.nest
    steps, moving = 0, False
    start_steps(counter, general, tensor)
    for row in range(innermost, 0, -1):
        moved = take_step(counter, general, tensor, row)
        if moving and not moved:
            steps += (nest.bound[row] - 1) * nest.steps[row - 1]
        moving = moving or moved
    return steps


@kernel
def remember_step(counter: np.record, general: np.record, tensor: int) -> None:
    """Make the step in hand the direction that is remembered."""
    layer = counter.layer
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        general.direction[rank] = general.step[rank]


@kernel
def goes_on(counter: np.record, general: np.record, tensor: int) -> bool:
    """Tell whether the step in hand goes in the remembered direction, and as far."""
    layer = counter.layer
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        if general.direction[rank] != general.step[rank]:
            return False
    return True


@kernel
def strip_of_step(counter: np.record, general: np.record, tensor: int, place: int) -> int:
    """Return the words that a step of the first moving loop uncovers; it moves one rank only."""
    layer = counter.layer
    node = counter.machine.place_node[place]
    words = 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        span = rank_span(counter, general, rank, node)
        far = abs(general.step[rank])
        words *= min(far, span) if far > 0 else span
    return words


@kernel
def note_peers(
    counter: np.record, general: np.record, tensor: int, place: int, linked: int, served: int
) -> None:
    """Note what lanes read for their neighbours; ``served`` counts lanes over all steps."""
    machine, nest = counter.machine, counter.nest
    if place == machine.n_places:
        return
    tile = counter.counts.tile_words[place, tensor]
    meshes = nest.instances[place] // nest.fanout_lanes[linked]
    general.peer_words += meshes * served * tile
    general.peer_visits += meshes * served * blocks_of(tile, machine.place_block[place, tensor])


@kernel
def served_lanes(
    counter: np.record, general: np.record, tensor: int, fanout: int, scratch: Scratch
) -> tuple[int, int]:
    """Return the lanes that a neighbour on the mesh serves at the step in hand, and who reads.

    A lane is served if one of its four neighbours held, at the step before, the tile that it needs
    now.  Who reads: the groups of other lanes that need the same tile, or those lanes themselves
    where the fanout cannot multicast.
    """
    lanes_x = lanes_of(general, general.x_start[fanout], general.x_end[fanout])
    lanes_y = lanes_of(general, general.y_start[fanout], general.x_start[fanout])
    for y in range(lanes_y):
        along_y = lane_key(
            counter, general, tensor, general.y_start[fanout], general.x_start[fanout], y
        )
        for x in range(lanes_x):
            scratch.keys[y * lanes_x + x] = along_y + lane_key(
                counter, general, tensor, general.x_start[fanout], general.x_end[fanout], x
            )
    wanted = step_key(counter, general, tensor)
    unserved = 0
    for y in range(lanes_y):
        for x in range(lanes_x):
            here = scratch.keys[y * lanes_x + x] + wanted
            if not (
                (x > 0 and scratch.keys[y * lanes_x + x - 1] == here)
                or (x + 1 < lanes_x and scratch.keys[y * lanes_x + x + 1] == here)
                or (y > 0 and scratch.keys[(y - 1) * lanes_x + x] == here)
                or (y + 1 < lanes_y and scratch.keys[(y + 1) * lanes_x + x] == here)
            ):
                scratch.others[unserved] = here
                unserved += 1
    served = lanes_x * lanes_y - unserved
    if not can_multicast(counter, fanout, tensor):
        return served, unserved
    return served, count_different(scratch.others, unserved)


@kernel
def count_different(numbers: Ints, n: int) -> int:
    """Return how many of the first ``n`` numbers differ; they end up sorted (Shell's method)."""
    gap = n // 2
    while gap > 0:
        for at in range(gap, n):
            number, to = numbers[at], at
            while to >= gap and numbers[to - gap] > number:
                numbers[to] = numbers[to - gap]
                to -= gap
            numbers[to] = number
        gap //= 2
    different = 0
    for at in range(n):
        if at == 0 or numbers[at] != numbers[at - 1]:
            different += 1
    return different


@kernel
def lanes_of(general: np.record, start: int, end: int) -> int:
    """Return the product of the bounds of some loops."""
    lanes = 1
    for loop in range(start, end):
        lanes *= general.bound[loop]
    return lanes


@kernel
def lane_key(
    counter: np.record, general: np.record, tensor: int, start: int, end: int, lane: int
) -> int:
    """Return where a lane of one axis is, over all ranks, as one number."""
    layer = counter.layer
    key, weight = 0, 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        left = lane
        for loop in range(end - 1, start - 1, -1):
            turn = left % general.bound[loop]
            left //= general.bound[loop]
            far = term_distance(counter, general, rank, general.dim[loop])
            key += weight * far * general.stride[loop] * turn
        weight *= general.radix[rank]
    return key


@kernel
def step_key(counter: np.record, general: np.record, tensor: int) -> int:
    """Return the step in hand as one number, as :func:`lane_key` does.

    No two vectors of distances have the same: each is below half of its rank's radix.
    """
    layer = counter.layer
    key, weight = 0, 1
    for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
        key += weight * general.step[rank]
        weight *= general.radix[rank]
    return key
