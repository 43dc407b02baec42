"""One mapping in the form in which a search changes it, and as the packed arrays that are priced.

A :class:`Position` says in which slot each prime factor stands, in which order the dims of a block
would loop, and what each place keeps; :class:`Choices` says what of that may vary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints, MappingArrays
from accelsim.mapspace.enumerate import Factors
from accelsim.mapspace.factors import primes
from accelsim.mapspace.rules import MapspaceArrays
from accelsim.mapspace.space import Mapspace


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
