"""Mappings that a search is given to start from: looked at, and put into the form that walks alter.

Whoever knows legal mappings of a problem, from a search in a smaller space or of another day, gives
them to a driver, whose answer is then no worse than the best of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from accelsim.evaluation.charge import IllegalMappingError
from accelsim.mapper.position import Choices, Position, empty_position
from accelsim.mapping.arrays import mapping_problems, pack_mapping
from accelsim.mapping.records import Mapping
from accelsim.mapspace.enumerate import Factors, lanes_fit, tiles_fit
from accelsim.mapspace.factors import primes
from accelsim.mapspace.space import Mapspace


@dataclass(frozen=True, slots=True)
class Given:
    """A legal mapping, taken apart."""

    factors: Factors
    """``[dim][slot]``"""
    order: tuple[tuple[int, ...], ...]
    """``[slot]``: the dims that loop there, outermost first."""
    keep: tuple[int, ...]
    """``[place]``: masks of tensors."""


def given(space: Mapspace, mapping: Mapping) -> Given:
    """Take a mapping apart.

    Raises
    ------
    IllegalMappingError
        If it is not a mapping of the space.
    """
    problems = [str(problem) for problem in mapping_problems(mapping, space.arch, space.layer)]
    if not problems:
        parts, problems = _taken_apart(space, mapping)
        problems = problems or _faults(space, parts, mapping.remainders)
        if not problems:
            return parts
    name = f"{space.layer.name} on {space.arch.name}"
    raise IllegalMappingError(f"cannot start from a mapping of {name}: {'; '.join(problems)}")


def _taken_apart(space: Mapspace, mapping: Mapping) -> tuple[Given, list[str]]:
    """Return the parts, and where a dim has two loops in a slot (which no mapping here has)."""
    packed = pack_mapping(mapping, space.layer)
    slots = len(packed.slot_end)
    factors = [[1] * slots for _ in space.layer.dims]
    order: list[tuple[int, ...]] = []
    problems = []
    start = 0
    for slot, end in enumerate(map(int, packed.slot_end)):
        dims = tuple(map(int, packed.loop_dim[start:end]))
        for dim, bound in zip(dims, packed.loop_bound[start:end], strict=True):
            factors[dim][slot] *= int(bound)
        problems += [
            f"{_slot_name(space, slot)} has two loops over {space.layer.dims[dim][0]}"
            for dim in sorted(set(dims))
            if dims.count(dim) > 1
        ]
        order.append(dims)
        start = end
    keep = tuple(map(int, packed.keep))
    return Given(tuple(map(tuple, factors)), tuple(order), keep), problems


def _faults(space: Mapspace, parts: Given, remainders: bool) -> list[str]:
    """Return what keeps a mapping out of the space, the first kind of fault only."""
    arrays = space.arrays
    how = " (a search with remainders starts from it: --remainders)" if remainders else ""
    faults = [
        f"the loops over {name} multiply to {prod(parts.factors[dim])}, not {bound}{how}"
        for dim, (name, bound) in enumerate(space.layer.dims)
        if prod(parts.factors[dim]) != bound
    ]
    faults += [
        f"{space.arch.places[place].name} may not keep, or bypass, what the mapping does there"
        for place, mask in enumerate(parts.keep)
        if int(arrays.keep_must[place]) & ~mask or mask & ~int(arrays.keep_may[place])
    ]
    if faults:
        return faults
    for dim, (name, _) in enumerate(space.layer.dims):
        for slot, factor in enumerate(parts.factors[dim]):
            if factor > arrays.slot_max[slot, dim] or arrays.slot_exact[slot, dim] not in (
                0,
                factor,
            ):
                faults.append(f"{_slot_name(space, slot)} may not loop {factor} times over {name}")
    for slots, dim, most, exact in zip(
        arrays.joint_slots, arrays.joint_dim, arrays.joint_max, arrays.joint_exact, strict=True
    ):
        product = prod(f for slot, f in enumerate(parts.factors[dim]) if int(slots) >> slot & 1)
        if product > most or exact not in (0, product):
            name = space.layer.dims[dim][0]
            faults.append(f"levels that a rule takes together loop {product} times over {name}")
    for slot, dims in enumerate(parts.order):
        if space.machine.slot_place[slot] >= 0 and any(
            int(arrays.inside[slot, inner]) >> outer & 1
            for at, outer in enumerate(dims)
            for inner in dims[at + 1 :]
        ):
            faults.append(
                f"{_slot_name(space, slot)} has its loops in an order that a rule forbids"
            )
    if not lanes_fit(space, parts.factors):
        faults.append("an array has fewer lanes than its loops need")
    elif not tiles_fit(space, parts.factors, parts.keep):
        faults.append("a memory is smaller than its tiles, or a tile larger than a rule allows")
    return faults


def _slot_name(space: Mapspace, slot: int) -> str:
    place = int(space.machine.slot_place[slot])
    if place >= 0:
        return space.arch.places[place].name
    axis = "xy"[int(space.machine.slot_axis[slot])]
    return f"axis {axis} of {space.arch.fanouts[int(space.machine.slot_fanout[slot])].name}"


def position_of(space: Mapspace, varied: Choices, parts: Given) -> Position:
    """Return a legal mapping as a position, from which a walk can go on."""
    position = empty_position(space, varied)
    position.factor[:] = [list(row) for row in zip(*parts.factors, strict=True)]
    position.keep[:] = parts.keep
    position.prime_slot[:] = _prime_slots(varied, parts.factors)
    everything = range(len(parts.factors))
    for slot, dims in enumerate(parts.order):
        temporal = space.machine.slot_place[slot] >= 0
        inside = [int(mask) for mask in space.arrays.inside[slot]]
        position.order[slot] = filled_order(dims, inside) if temporal else list(everything)
    return position


def _prime_slots(varied: Choices, factors: Factors) -> list[int]:
    """Say in which slot each prime stands.

    Which of several equal primes stands where makes no difference but that each may move among its
    own slots only, so that one is preferred that has the slot among its own.
    """
    slots = [-1] * len(varied.prime_dim)
    for dim, vector in enumerate(factors):
        wanted = [(slot, prime) for slot, factor in enumerate(vector) for prime in primes(factor)]
        for own in (True, False):
            left = []
            for slot, prime in wanted:
                able = [
                    k
                    for k, taken in enumerate(slots)
                    if taken < 0
                    and (varied.prime_dim[k], varied.prime_value[k]) == (dim, prime)
                    and (not own or slot in _own_slots(varied, k))
                ]
                if able:
                    slots[able[0]] = slot
                else:
                    left.append((slot, prime))
            wanted = left
    return slots


def _own_slots(varied: Choices, prime: int) -> list[int]:
    start, end = varied.choice_start[prime], varied.choice_start[prime + 1]
    return [int(slot) for slot in varied.choice_slot[start:end]]


def filled_order(dims: Sequence[int], inside: list[int]) -> list[int]:
    """Put the dims without a loop into an order of those with one, as the rules allow.

    There always is a way: what must be inside is closed under transitivity, so that it says of the
    dims with a loop nothing that their own order does not.
    """
    waiting, order = list(range(len(inside))), list[int]()
    while waiting:
        enclosed = 0
        for dim in waiting:
            enclosed |= inside[dim]
        chain = [dim for dim in dims if dim in waiting]
        nxt = next(
            dim
            for dim in waiting
            if not enclosed >> dim & 1 and (dim not in chain or dim == chain[0])
        )
        order.append(nxt)
        waiting.remove(nxt)
    return order
