"""Drawing legal mappings at random, and altering one a little; all chance is in the state."""

from __future__ import annotations

import numpy as np

from accelsim.jit import kernel
from accelsim.mapper.legality import legal, tiles_hold
from accelsim.mapper.position import Bench, Choices, Position, copy_ints
from accelsim.mapper.random import below
from accelsim.mapping.arrays import Ints
from accelsim.mapspace.rules import MapspaceArrays


@kernel
def place_prime(varied: Choices, position: Position, prime: int, slot: int) -> None:
    """Move a prime to a slot, legal or not."""
    dim, value = varied.prime_dim[prime], varied.prime_value[prime]
    position.factor[position.prime_slot[prime], dim] //= value
    position.factor[slot, dim] *= value
    position.prime_slot[prime] = slot


@kernel
def draw_order(arrays: MapspaceArrays, slot: int, order: Ints, random: Ints) -> None:
    """Draw an order of all dims in which whatever must be inside is.

    Dims are drawn from outside in, each from those that no dim still to come must enclose.
    """
    dims = len(order)
    placed = 0
    for index in range(dims):
        allowed = 0
        enclosed = 0
        for dim in range(dims):
            if (placed >> dim) & 1 == 0:
                enclosed |= arrays.inside[slot, dim]
        for dim in range(dims):
            if (placed >> dim) & 1 == 0 and (enclosed >> dim) & 1 == 0:
                allowed += 1
        skip = below(random, allowed)
        for dim in range(dims):
            if (placed >> dim) & 1 == 0 and (enclosed >> dim) & 1 == 0:
                if skip == 0:
                    order[index] = dim
                    placed |= 1 << dim
                    break
                skip -= 1


@kernel
def draw_mapping(
    layer: np.record,
    machine: np.record,
    arrays: MapspaceArrays,
    varied: Choices,
    position: Position,
    random: Ints,
    bench: Bench,
) -> None:
    """Draw a legal mapping.

    Start from the base, which is legal.  Keep further tensors, in a random rotation, each with a
    chance of a half if its smallest tile fits.  Then take the primes in a random order and move
    each to a random one of its slots if what results is legal.  Every legal mapping whose primes
    can be reached one by one has a chance.  In every other draw a prime first follows the prime of
    its dim that was moved last: good mappings often have whole dims in one place, which primes
    that scatter would seldom find.
    """
    n_slots = position.factor.shape[0]
    copy_ints(varied.base_slot, position.prime_slot)
    position.factor[:] = 1
    for prime in range(len(varied.prime_dim)):
        position.factor[varied.base_slot[prime], varied.prime_dim[prime]] *= varied.prime_value[
            prime
        ]
    for slot in range(n_slots):
        if machine.slot_place[slot] >= 0:
            draw_order(arrays, slot, position.order[slot], random)
        else:  # the order of spatial loops changes no count
            for dim in range(position.order.shape[1]):
                position.order[slot, dim] = dim
    copy_ints(arrays.keep_must, position.keep)

    options = len(varied.optional_place)
    first = below(random, options) if options > 0 else 0
    for index in range(options):
        option = (first + index) % options
        if below(random, 2) == 0:
            continue
        place, bit = varied.optional_place[option], 1 << varied.optional_tensor[option]
        position.keep[place] |= bit
        if not tiles_hold(layer, machine, arrays, position.factor, position.keep, bench):
            position.keep[place] &= ~bit

    n_movable = len(varied.movable)
    deck = bench.deck
    together = below(random, 2) == 1
    for index in range(n_movable):
        deck[index] = varied.movable[index]
    for index in range(n_movable):
        other = index + below(random, n_movable - index)
        prime = deck[other]
        deck[other] = deck[index]
        start, end = varied.choice_start[prime], varied.choice_start[prime + 1]
        home = position.prime_slot[prime]
        if together and below(random, 4) > 0:
            before = index - 1
            while before >= 0 and varied.prime_dim[deck[before]] != varied.prime_dim[prime]:
                before -= 1
            if before >= 0:
                place_prime(varied, position, prime, position.prime_slot[deck[before]])
                if legal(layer, machine, arrays, position, bench):
                    continue
                place_prime(varied, position, prime, home)
        for _ in range(3):
            slot = varied.choice_slot[start + below(random, end - start)]
            place_prime(varied, position, prime, slot)
            if slot == home or legal(layer, machine, arrays, position, bench):
                break
            place_prime(varied, position, prime, home)


@kernel
def move_prime(
    machine: np.record,
    arrays: MapspaceArrays,
    varied: Choices,
    position: Position,
    whole: bool,
    random: Ints,
) -> bool:
    """Move a random prime to another slot; return whether anything changed.

    ``whole`` takes with it all primes of its dim that stand in the same slot.
    """
    if len(varied.movable) == 0:
        return False
    prime = varied.movable[below(random, len(varied.movable))]
    start, end = varied.choice_start[prime], varied.choice_start[prime + 1]
    slot = varied.choice_slot[start + below(random, end - start)]
    if slot == position.prime_slot[prime]:
        return False
    fresh = machine.slot_place[slot] >= 0 and position.factor[slot, varied.prime_dim[prime]] == 1
    dim, source = varied.prime_dim[prime], position.prime_slot[prime]
    place_prime(varied, position, prime, slot)
    if whole:
        for other in varied.movable:
            if varied.prime_dim[other] == dim and position.prime_slot[other] == source:
                place_prime(varied, position, other, slot)
    if fresh:  # where its loop stood while it had none means nothing
        order = position.order[slot]
        n_dims = len(order)
        at = 0
        while order[at] != dim:
            at += 1
        move_loop(arrays, slot, order, at, below(random, n_dims))
    return True


@kernel
def swap_primes(varied: Choices, position: Position, random: Ints) -> bool:
    """Let two random primes change slots; return whether anything changed."""
    n_movable = len(varied.movable)
    if n_movable < 2:
        return False
    one = varied.movable[below(random, n_movable)]
    other = varied.movable[below(random, n_movable)]
    slot_one, slot_other = position.prime_slot[one], position.prime_slot[other]
    if slot_one == slot_other:
        return False
    place_prime(varied, position, one, slot_other)
    place_prime(varied, position, other, slot_one)
    return True


@kernel
def move_loop(arrays: MapspaceArrays, slot: int, order: Ints, start: int, end: int) -> bool:
    """Move the dim at ``start`` toward ``end``, as far as what must be inside allows.

    Return whether it moved.
    """
    dim = order[start]
    step = 1 if end > start else -1
    at = start
    while at != end:
        passed = order[at + step]
        outer, inner = (dim, passed) if step > 0 else (passed, dim)
        if (arrays.inside[slot, outer] >> inner) & 1 == 1:
            break
        order[at] = passed
        order[at + step] = dim
        at += step
    return at != start


@kernel
def reorder(arrays: MapspaceArrays, varied: Choices, position: Position, random: Ints) -> bool:
    """Move a random loop within a random block; return whether anything changed."""
    slot = varied.place_slot[below(random, len(varied.place_slot))]
    n_dims = position.factor.shape[1]
    loops = 0
    for dim in range(n_dims):
        if position.factor[slot, dim] > 1:
            loops += 1
    if loops < 2:
        return False
    first = below(random, loops)
    second = below(random, loops - 1)
    if second >= first:
        second += 1
    start = 0
    end = 0
    seen = 0
    order = position.order[slot]
    for at in range(n_dims):
        if position.factor[slot, order[at]] > 1:
            if seen == first:
                start = at
            if seen == second:
                end = at
            seen += 1
    return move_loop(arrays, slot, order, start, end)


@kernel
def toggle_keep(varied: Choices, position: Position, random: Ints) -> bool:
    """Keep a random tensor at a place where it bypasses it, or the other way round."""
    options = len(varied.optional_place)
    if options == 0:
        return False
    option = below(random, options)
    position.keep[varied.optional_place[option]] ^= 1 << varied.optional_tensor[option]
    return True


UNCHANGED, REORDERED, ALTERED = range(3)
"""What :func:`alter` did: nothing; changed orders, which is always legal; or more than that."""


@kernel
def alter(
    machine: np.record, arrays: MapspaceArrays, varied: Choices, position: Position, random: Ints
) -> int:
    """Make one to three random changes, legal or not; return what kind of changes."""
    draw = below(random, 8)
    changes = 1 if draw < 4 else (2 if draw < 7 else 3)
    result = UNCHANGED
    for _ in range(changes):
        kind = below(random, 16)
        if kind >= 12:
            if reorder(arrays, varied, position, random):
                result = max(result, REORDERED)
            continue
        if kind < 8:
            changed = move_prime(machine, arrays, varied, position, kind >= 6, random)
        elif kind < 10:
            changed = swap_primes(varied, position, random)
        else:
            changed = toggle_keep(varied, position, random)
        if changed:
            result = ALTERED
    return result
