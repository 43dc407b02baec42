"""One mapping under change: the kernels that build, alter, check and pack it.

A :class:`Position` says in which slot each prime factor stands, in which order the dims of a block
would loop, and what each place keeps.  :func:`legal` is the plain check of all limits, lanes and
tiles; nothing is priced that does not pass it.  All choices come from a generator in the state.
Layers and machines are the records of :mod:`accelsim.counter.layout`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.counter.window import distinct_words
from accelsim.jit import kernel
from accelsim.mapper.random import below
from accelsim.mapping.arrays import Ints, MappingArrays
from accelsim.mapspace.enumerate import Factors
from accelsim.mapspace.factors import primes
from accelsim.mapspace.space import Mapspace, MapspaceArrays


class Choices(NamedTuple):
    """What a walk may vary; constant over a search."""

    prime_dim: Ints
    """``[prime]``: all prime factors of all bounds."""
    prime_value: Ints
    """``[prime]``"""
    base_slot: Ints
    """``[prime]``: its slot in the mapping that every sample starts from."""
    choice_start: Ints
    """``[prime + 1]``: the slots that a prime may stand in are
    ``choice_slot[choice_start[k]:choice_start[k + 1]]``."""
    choice_slot: Ints
    movable: Ints
    """``[.]``: primes with more than one such slot."""
    place_slot: Ints
    """``[place]``"""
    optional_place: Ints
    """``[option]``: where a tensor may be kept and need not be."""
    optional_tensor: Ints
    """``[option]``"""


class Position(NamedTuple):
    """A mapping in the form in which it is changed; its arrays are views of ``whole``."""

    whole: Ints
    prime_slot: Ints
    """``[prime]``"""
    factor: Ints
    """``[slot, dim]``: the products of the primes."""
    order: Ints
    """``[slot, position]``: all dims, outermost first; only those with a factor loop."""
    keep: Ints
    """``[place]``: masks of tensors."""


class Bench(NamedTuple):
    """Scratch of the kernels."""

    extent: Ints
    """``[dim]``"""
    memory_bits: Ints
    """``[memory]``"""
    lanes: Ints
    """``[array, axis]``"""
    deck: Ints
    """A permutation under construction."""


def choices(space: Mapspace, base: Factors) -> Choices:
    """Lay out what may vary, given legal factors ``base[dim][slot]`` to start from."""
    arrays = space.arrays
    slots = len(arrays.slot_max)
    prime_dim: list[int] = []
    prime_value: list[int] = []
    base_slot: list[int] = []
    start = [0]
    slot_choices: list[int] = []
    for dim, vector in enumerate(base):
        for home, factor in enumerate(vector):
            for prime in primes(factor):
                prime_dim.append(dim)
                prime_value.append(prime)
                base_slot.append(home)
                slot_choices += [
                    slot
                    for slot in range(slots)
                    if slot == home or _may_move(arrays, dim, prime, home, slot)
                ]
                start.append(len(slot_choices))
    optional = [
        (place, tensor)
        for place in range(len(arrays.keep_may))
        for tensor in range(len(space.layer.tensors))
        if (int(arrays.keep_may[place]) & ~int(arrays.keep_must[place])) >> tensor & 1
    ]

    def ints(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)

    return Choices(
        prime_dim=ints(prime_dim),
        prime_value=ints(prime_value),
        base_slot=ints(base_slot),
        choice_start=ints(start),
        choice_slot=ints(slot_choices),
        movable=ints([k for k in range(len(prime_dim)) if start[k + 1] - start[k] > 1]),
        place_slot=space.machine.place_slot,
        optional_place=ints([place for place, _ in optional]),
        optional_tensor=ints([tensor for _, tensor in optional]),
    )


def _may_move(arrays: MapspaceArrays, dim: int, prime: int, home: int, slot: int) -> bool:
    """Return whether a prime that stands at ``home`` in a legal mapping could stand at ``slot``.

    An exact product, of one slot or of several, holds the same primes in every legal mapping, so
    that none enters or leaves it.
    """
    if prime > arrays.slot_max[slot, dim]:
        return False
    if arrays.slot_exact[home, dim] or arrays.slot_exact[slot, dim]:
        return False
    return not any(
        of == dim and exact and (int(slots) >> home ^ int(slots) >> slot) & 1
        for slots, of, exact in zip(
            arrays.joint_slots, arrays.joint_dim, arrays.joint_exact, strict=True
        )
    )


def empty_position(space: Mapspace, varied: Choices) -> Position:
    """Return room for one position."""
    slots, dims = space.arrays.slot_max.shape
    sizes = (len(varied.prime_dim), slots * dims, slots * dims, len(space.arrays.keep_must))
    whole = np.zeros(sum(sizes), dtype=np.int64)
    prime_slot, factor, order, keep = np.split(whole, np.cumsum(sizes)[:-1])
    return Position(
        whole, prime_slot, factor.reshape(slots, dims), order.reshape(slots, dims), keep
    )


def empty_bench(space: Mapspace, varied: Choices) -> Bench:
    """Return the scratch of the kernels."""
    dims = len(space.layer.dims)
    return Bench(
        extent=np.zeros(dims, dtype=np.int64),
        memory_bits=np.zeros(len(space.arch.memories), dtype=np.int64),
        lanes=np.zeros((len(space.machine.array_mesh), 2), dtype=np.int64),
        deck=np.zeros(max(dims, len(varied.prime_dim), 1), dtype=np.int64),
    )


def most_loops(space: Mapspace, varied: Choices) -> int:
    """Return a number of loops that no mapping exceeds, at least 1."""
    return max(1, min(len(varied.prime_dim), int((space.arrays.slot_max > 1).sum())))


def empty_mapping(space: Mapspace, varied: Choices, *shape: int) -> MappingArrays:
    """Return room for packed mappings; ``shape`` is the leading axis of a batch, if any."""
    loops = most_loops(space, varied)
    return MappingArrays(
        loop_dim=np.zeros((*shape, loops), dtype=np.int64),
        loop_bound=np.ones((*shape, loops), dtype=np.int64),
        slot_end=np.zeros((*shape, len(space.arrays.slot_max)), dtype=np.int64),
        keep=np.zeros((*shape, len(space.arrays.keep_must)), dtype=np.int64),
    )


@kernel
def copy_ints(source: Ints, target: Ints) -> None:
    """Overwrite a vector, without the temporary that a slice assignment would need."""
    for index in range(len(source)):
        target[index] = source[index]


@kernel
def copy_mapping(source: MappingArrays, target: MappingArrays) -> None:
    """Overwrite ``target``."""
    copy_ints(source.loop_dim, target.loop_dim)
    copy_ints(source.loop_bound, target.loop_bound)
    copy_ints(source.slot_end, target.slot_end)
    copy_ints(source.keep, target.keep)


@kernel
def limits_hold(arrays: MapspaceArrays, factor: Ints) -> bool:
    """Return whether every factor, alone and jointly, is within its limits."""
    for slot in range(factor.shape[0]):
        for dim in range(factor.shape[1]):
            if factor[slot, dim] > arrays.slot_max[slot, dim]:
                return False
            exact = arrays.slot_exact[slot, dim]
            if exact != 0 and factor[slot, dim] != exact:
                return False
    for joint in range(len(arrays.joint_dim)):
        product = 1
        for slot in range(factor.shape[0]):
            if (arrays.joint_slots[joint] >> slot) & 1 == 1:
                product *= factor[slot, arrays.joint_dim[joint]]
        if product > arrays.joint_max[joint]:
            return False
        if arrays.joint_exact[joint] != 0 and product != arrays.joint_exact[joint]:
            return False
    return True


@kernel
def lanes_hold(machine: np.record, factor: Ints, lanes: Ints) -> bool:
    """Return whether each axis of each array has lanes for the loops of all its fanouts."""
    for array in range(len(lanes)):
        lanes[array, 0] = 1
        lanes[array, 1] = 1
    for slot in range(factor.shape[0]):
        fanout = machine.slot_fanout[slot]
        if fanout >= 0:
            array, axis = machine.fanout_array[fanout], machine.slot_axis[slot]
            for dim in range(factor.shape[1]):
                lanes[array, axis] *= factor[slot, dim]
            if lanes[array, axis] > machine.array_mesh[array, axis]:
                return False
    return True


@kernel
def tiles_hold(
    layer: np.record,
    machine: np.record,
    arrays: MapspaceArrays,
    factor: Ints,
    keep: Ints,
    bench: Bench,
) -> bool:
    """Return whether all kept tiles are within their limits and together within each memory."""
    extent, memory_bits = bench.extent, bench.memory_bits
    for dim in range(factor.shape[1]):
        extent[dim] = 1
    for memory in range(len(memory_bits)):
        memory_bits[memory] = 0
    for slot in range(factor.shape[0] - 1, -1, -1):
        for dim in range(factor.shape[1]):
            extent[dim] *= factor[slot, dim]
        place = machine.slot_place[slot]
        if place < 0:
            continue
        for tensor in range(layer.n_tensors):
            if (keep[place] >> tensor) & 1 == 0:
                continue
            memory = machine.place_memory[place, tensor]
            limit = machine.memory_bits[memory]
            tile_max = arrays.tile_max[place, tensor]
            if limit < 0 and tile_max < 0:
                continue
            words = 1
            for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
                first = extent[layer.rank_dim[rank, 0]]
                if layer.rank_dim[rank, 1] < 0:
                    words *= first
                else:
                    words *= distinct_words(
                        layer.rank_coefficient[rank, 0],
                        layer.rank_coefficient[rank, 1],
                        first,
                        extent[layer.rank_dim[rank, 1]],
                    )
            if tile_max >= 0 and words > tile_max:
                return False
            memory_bits[memory] += words * layer.tensor_bits[tensor]
            if limit >= 0 and memory_bits[memory] > limit:
                return False
    return True


@kernel
def legal(
    layer: np.record,
    machine: np.record,
    arrays: MapspaceArrays,
    position: Position,
    bench: Bench,
) -> bool:
    """Return whether a position keeps to all limits; its order and keep choices always do."""
    return (
        limits_hold(arrays, position.factor)
        and lanes_hold(machine, position.factor, bench.lanes)
        and tiles_hold(layer, machine, arrays, position.factor, position.keep, bench)
    )


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
    can be reached one by one has a chance.
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
    for index in range(n_movable):
        deck[index] = varied.movable[index]
    for index in range(n_movable):
        other = index + below(random, n_movable - index)
        prime = deck[other]
        deck[other] = deck[index]
        start, end = varied.choice_start[prime], varied.choice_start[prime + 1]
        home = position.prime_slot[prime]
        for _ in range(3):
            slot = varied.choice_slot[start + below(random, end - start)]
            place_prime(varied, position, prime, slot)
            if slot == home or legal(layer, machine, arrays, position, bench):
                break
            place_prime(varied, position, prime, home)


@kernel
def move_prime(
    machine: np.record, arrays: MapspaceArrays, varied: Choices, position: Position, random: Ints
) -> bool:
    """Move a random prime to another slot; return whether anything changed."""
    if len(varied.movable) == 0:
        return False
    prime = varied.movable[below(random, len(varied.movable))]
    start, end = varied.choice_start[prime], varied.choice_start[prime + 1]
    slot = varied.choice_slot[start + below(random, end - start)]
    if slot == position.prime_slot[prime]:
        return False
    fresh = machine.slot_place[slot] >= 0 and position.factor[slot, varied.prime_dim[prime]] == 1
    place_prime(varied, position, prime, slot)
    if fresh:  # where its loop stood while it had none means nothing
        dim = varied.prime_dim[prime]
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
            changed = move_prime(machine, arrays, varied, position, random)
        elif kind < 10:
            changed = swap_primes(varied, position, random)
        else:
            changed = toggle_keep(varied, position, random)
        if changed:
            result = ALTERED
    return result


@kernel
def pack_position(position: Position, packed: MappingArrays) -> None:
    """Write a position as a packed mapping; unused loops read dim 0, bound 1."""
    loop = 0
    n_slots, n_dims = position.factor.shape
    for slot in range(n_slots):
        for at in range(n_dims):
            dim = position.order[slot, at]
            bound = position.factor[slot, dim]
            if bound > 1:
                packed.loop_dim[loop] = dim
                packed.loop_bound[loop] = bound
                loop += 1
        packed.slot_end[slot] = loop
    while loop < len(packed.loop_dim):
        packed.loop_dim[loop] = 0
        packed.loop_bound[loop] = 1
        loop += 1
    copy_ints(position.keep, packed.keep)


@kernel
def comes_first(one: MappingArrays, other: MappingArrays) -> bool:
    """Return whether ``one`` precedes ``other``: the stated order that breaks the last ties.

    Compared are, in this order, the ends of the slots, the dims of the loops, their bounds, and
    the tensors kept; the first difference decides, the lower number first.
    """
    for slot in range(len(one.slot_end)):
        if one.slot_end[slot] != other.slot_end[slot]:
            return bool(one.slot_end[slot] < other.slot_end[slot])
    for loop in range(len(one.loop_dim)):
        if one.loop_dim[loop] != other.loop_dim[loop]:
            return bool(one.loop_dim[loop] < other.loop_dim[loop])
    for loop in range(len(one.loop_bound)):
        if one.loop_bound[loop] != other.loop_bound[loop]:
            return bool(one.loop_bound[loop] < other.loop_bound[loop])
    for place in range(len(one.keep)):
        if one.keep[place] != other.keep[place]:
            return bool(one.keep[place] < other.keep[place])
    return False
