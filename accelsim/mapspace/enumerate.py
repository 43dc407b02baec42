"""Every legal mapping of a small mapspace, one by one: the plain twin of clever searches.

Nothing here is fast.  The rules are looked at in the order in which the model page states them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import prod

from accelsim.arch.records import Fanout, Place
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.mapspace.space import Mapspace

Factors = tuple[tuple[int, ...], ...]
"""``[dim][slot]``"""


def enumerate_mappings(space: Mapspace) -> Iterator[Mapping]:
    """Yield every legal mapping of ``space`` once: limits, order, lanes, capacity all kept to."""
    keeps = list(product(*(_keep_choices(space, place) for place in range(len(space.arch.places)))))
    for factors in product(*(list(one.vectors()) for one in space.factors)):
        if not lanes_fit(space, factors):
            continue
        fitting = [keep for keep in keeps if tiles_fit(space, factors, keep)]
        if not fitting:
            continue
        orders = list(product(*_orders(space, factors)))
        for keep in fitting:
            for order in orders:
                yield _mapping(space, keep, order)


def _keep_choices(space: Mapspace, place: int) -> list[int]:
    must, may = int(space.arrays.keep_must[place]), int(space.arrays.keep_may[place])
    return [
        mask
        for mask in range(1 << len(space.layer.tensors))
        if mask & must == must and mask & ~may == 0
    ]


def lanes_fit(space: Mapspace, factors: Factors) -> bool:
    """Return whether each axis of each array has lanes for the loops of all its fanouts."""
    used: dict[tuple[int, int], int] = {}
    for slot, fanout in enumerate(space.machine.slot_fanout):
        if fanout >= 0:
            axis = (int(space.machine.fanout_array[fanout]), int(space.machine.slot_axis[slot]))
            used[axis] = used.get(axis, 1) * prod(of_dim[slot] for of_dim in factors)
    return all(lanes <= space.machine.array_mesh[axis] for axis, lanes in used.items())


def tiles_fit(space: Mapspace, factors: Factors, keep: tuple[int, ...]) -> bool:
    """Return whether all kept tiles are within their limits and together within each memory."""
    machine, room = space.machine, space.machine.memory_bits.tolist()
    used_bits = [0] * len(room)
    for place, (mask, first) in enumerate(zip(keep, machine.place_slot.tolist(), strict=True)):
        extents = {
            name: prod(factors[dim][first:]) for dim, (name, _) in enumerate(space.layer.dims)
        }
        for t in range(len(space.layer.tensors)):
            memory, most = int(machine.place_memory[place, t]), int(space.arrays.tile_max[place, t])
            if mask >> t & 1 and (most >= 0 or room[memory] >= 0):
                words = space.tile_words(t, extents)
                if 0 <= most < words:
                    return False
                used_bits[memory] += words * int(machine.place_bits[place, t])
    return all(limit < 0 or used <= limit for used, limit in zip(used_bits, room, strict=True))


def _orders(space: Mapspace, factors: Factors) -> Iterator[list[tuple[Loop, ...]]]:
    """Yield, slot by slot, the orders that its loops may have."""
    for slot in range(len(space.machine.slot_place)):
        dims = [dim for dim in range(len(factors)) if factors[dim][slot] > 1]
        temporal = space.machine.slot_place[slot] >= 0
        yield [
            tuple(Loop(space.layer.dims[dim][0], factors[dim][slot]) for dim in order)
            for order in (permutations(dims) if temporal else [tuple(dims)])
            if not temporal
            or not any(
                space.arrays.inside[slot, inner] >> outer & 1
                for i, outer in enumerate(order)
                for inner in order[i + 1 :]
            )
        ]


def _mapping(
    space: Mapspace, keep: tuple[int, ...], slots: tuple[tuple[Loop, ...], ...]
) -> Mapping:
    loops, masks = iter(slots), iter(keep)
    steps: list[Block | Spread] = []
    for node in space.arch.nodes:
        if isinstance(node, Place):
            mask = next(masks)
            kept = frozenset(t.name for i, t in enumerate(space.layer.tensors) if mask >> i & 1)
            steps.append(Block(node.name, next(loops), kept))
        elif isinstance(node, Fanout):
            y = next(loops)
            steps.append(Spread(node.name, x=next(loops), y=y))
    return Mapping(tuple(steps))
