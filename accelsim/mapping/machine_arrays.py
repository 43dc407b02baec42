"""A machine as one layer sees it: who may keep each tensor, in what blocks, and with what room.

The arrays are those of :class:`~accelsim.mapping.arrays.MachineArrays`.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import EVERY_DIM, Architecture, Fanout, Memory, Place
from accelsim.errors import Problem, SpecError
from accelsim.kept import kept
from accelsim.mapping.arrays import Ints, MachineArrays, ints
from accelsim.mapping.forms import block_words, form_of, stored_bits
from accelsim.mapping.homes import holding_of, home_of, resident_problems, taken_bits, tile_bits
from accelsim.workload.records import Layer, Tensor
from accelsim.workload.shapes import MAX_BITS


def _whole_bits(memory: Memory, tensor: Tensor, layer: Layer) -> int:
    """Return the bits that a word takes in a memory, rounded up."""
    if tensor.role not in memory.formats:
        return stored_bits(memory, tensor)
    return ceil(form_of(memory, tensor, layer).bits)


def pack_machine(arch: Architecture, layer: Layer) -> MachineArrays:
    """Pack a machine for the tensors of ``layer``, which keeps what stays on chip where it stays.

    Raises
    ------
    SpecError
        If the tensors are too large to count, or a map cannot stay where it should.
    """
    problems = resident_problems(arch, layer) if layer.residents else []
    if problems:
        raise SpecError(problems)
    memory_index = {memory.name: index for index, memory in enumerate(arch.memories)}

    place_memory = np.full((len(arch.places), len(layer.tensors)), -1, dtype=np.int64)
    place_block = np.ones_like(place_memory)
    place_bits = np.zeros_like(place_memory)
    must = [0] * len(arch.places)
    may = [0] * len(arch.places)
    for p, place in enumerate(arch.places):
        for t, tensor in enumerate(layer.tensors):
            holding = holding_of(arch, layer, place, tensor)
            if holding is None:
                continue
            memory = arch.memory[holding.memory]
            place_memory[p, t] = memory_index[memory.name]
            place_block[p, t] = block_words(memory, tensor)
            place_bits[p, t] = _whole_bits(memory, tensor, layer)
            may[p] |= 1 << t
            must[p] |= (1 << t) if tensor.role in holding.keep else 0

    check_room(arch, layer, place_bits)
    return MachineArrays(
        **_nodes(arch),
        multicast=ints(
            sum(1 << t for t, tensor in enumerate(layer.tensors) if tensor.role in fanout.multicast)
            for fanout in arch.fanouts
        ),
        links=ints(
            sum(1 << t for t, tensor in enumerate(layer.tensors) if tensor.role in fanout.forwards)
            for fanout in arch.fanouts
        ),
        forwards=ints(
            _forwarding_dims(fanout, tensor, layer)
            for fanout in arch.fanouts
            for tensor in layer.tensors
        ).reshape(-1, len(layer.tensors)),
        place_memory=place_memory,
        place_block=place_block,
        place_bits=place_bits,
        memory_bits=ints(_limit_bits(memory, arch, layer) for memory in arch.memories),
        keep_must=ints(must),
        keep_may=ints(may),
    )


@kept
def _nodes(arch: Architecture) -> dict[str, Any]:
    """Return the fields of :class:`MachineArrays` that are the same for every layer."""
    slots: list[tuple[int, int, int]] = []
    place_slot: list[int] = []
    fanout_inside: list[int] = []
    for node in arch.nodes:
        if isinstance(node, Place):
            place_slot.append(len(slots))
            slots.append((len(place_slot) - 1, -1, -1))
        elif isinstance(node, Fanout):
            fanout = len(fanout_inside)
            fanout_inside.append(len(place_slot))
            slots += [(-1, fanout, 1), (-1, fanout, 0)]
    arrays = list(dict.fromkeys(fanout.array for fanout in arch.fanouts))
    mesh = {fanout.array: (fanout.mesh_x, fanout.mesh_y) for fanout in arch.fanouts}
    return {
        "n_places": len(arch.places),
        "slot_place": ints(place for place, _, _ in slots),
        "slot_fanout": ints(fanout for _, fanout, _ in slots),
        "slot_axis": ints(axis for _, _, axis in slots),
        "place_slot": ints(place_slot),
        "fanout_inside": ints(fanout_inside),
        "fanout_array": ints(arrays.index(fanout.array) for fanout in arch.fanouts),
        "array_mesh": ints(mesh[array] for array in arrays).reshape(-1, 2),
        "reduces": ints(int(fanout.reduces) for fanout in arch.fanouts),
    }


def check_room(arch: Architecture, layer: Layer, place_bits: Ints) -> None:
    """See that the bits of a layer's tensors can be counted; ``place_bits[place, tensor]``.

    Raises
    ------
    SpecError
        If they are too many.
    """
    held = (place_bits @ _tensor_words(layer)).max()
    if held > MAX_BITS:
        what = f"the tensors of layer '{layer.name}' take {held:.3g} bits"
        raise SpecError([Problem(f"{what} on {arch.name}", expected="at most 2^58")])


@kept
def _tensor_words(layer: Layer) -> npt.NDArray[np.float64]:
    return np.array([layer.tensor_words(tensor) for tensor in layer.tensors], dtype=np.float64)


def _limit_bits(memory: Memory, arch: Architecture, layer: Layer) -> int:
    """Return the bits that counters hold tiles against; they count what stays among the tiles."""
    left = tile_bits(arch, layer, memory)
    return -1 if left is None else left + counted_bits(arch, layer, memory)


def counted_bits(arch: Architecture, layer: Layer, memory: Memory) -> int:
    """Return the bits of what a layer sees of the maps that stay in a memory, as counters do.

    A counter sees a tensor of the layer, padding and all; the map has the room that it takes.
    """
    if not layer.residents:
        return 0
    return sum(
        layer.tensor_words(tensor) * _whole_bits(memory, tensor, layer)
        for tensor in layer.tensors
        if home_of(arch, layer, tensor) is memory
    )


def bits_in_use(arch: Architecture, layer: Layer, memory: Memory, counted: int) -> int:
    """Return the usable bits of a memory that tiles and maps take, of what a counter counted."""
    if not layer.residents:
        return counted
    tiles = counted - counted_bits(arch, layer, memory)
    left, usable = tile_bits(arch, layer, memory), memory.usable_bits
    taken = taken_bits(arch, layer, memory) if left is None or usable is None else usable - left
    return tiles + taken


def _forwarding_dims(fanout: Fanout, tensor: Tensor, layer: Layer) -> int:
    named = fanout.forwards.get(tensor.role)
    if not named:
        return 0
    return sum(
        1 << d
        for d, (dim, _) in enumerate(layer.dims)
        if dim in tensor.dims and (named == EVERY_DIM or dim in named)
    )
