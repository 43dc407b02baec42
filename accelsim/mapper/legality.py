"""Whether a position keeps to all limits, lanes and capacities: what is not legal is not priced.

Layers and machines are the records of :mod:`accelsim.counter.layout`.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.window import distinct_words
from accelsim.jit import kernel
from accelsim.mapper.position import Bench, Position
from accelsim.mapping.arrays import Ints
from accelsim.mapspace.rules import MapspaceArrays


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
                words *= rank_words(layer, rank, extent)
            if tile_max >= 0 and words > tile_max:
                return False
            memory_bits[memory] += words * machine.place_bits[place, tensor]
            if limit >= 0 and memory_bits[memory] > limit:
                return False
    return True


@kernel
def rank_words(layer: np.record, rank: int, extent: Ints) -> int:
    """Return the words of a rank in a tile, or those of the box around them (rule 5)."""
    a, u = extent[layer.rank_dim[rank, 0]], layer.rank_coefficient[rank, 0]
    b, v = 1, 0
    if layer.rank_dim[rank, 1] >= 0:
        b, v = extent[layer.rank_dim[rank, 1]], layer.rank_coefficient[rank, 1]
    if layer.boxes == 1:
        words: int = layer.rank_scale[rank] * (u * (a - 1) + v * (b - 1)) + 1
        return words
    if v == 0:
        lone: int = a
        return lone
    return distinct_words(u, v, a, b)


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
