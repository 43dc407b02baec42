"""Where a layer's tensors are kept: as the machine says, but for feature maps that stay on chip.

All tensors come from the outermost place, which keeps them whole, and go there.  For a map that
stays in a memory further in, that place is this memory: it is kept there whole, at no place between
(there is nothing to bring), and its accesses are those of this memory.  Nothing else changes: a map
that stays is counted, timed and searched as any tensor is.

What is left of the memory for tiles is what all maps that lie there leave, those of this layer and
others.  A map lies there once, whatever the buffering, as it is not replaced.
"""

from __future__ import annotations

from accelsim.arch.records import DENSE, Architecture, Holding, Memory, Place, lane_bits
from accelsim.errors import Problem
from accelsim.specs.fields import one_of, suggestion
from accelsim.workload.records import Layer, Resident, Tensor


def holding_of(arch: Architecture, layer: Layer, place: Place, tensor: Tensor) -> Holding | None:
    """Return who would keep a tensor at a place; None if it cannot be kept there."""
    home = home_of(arch, layer, tensor)
    if home is None or arch.places.index(place) >= first_place_inside(arch, home):
        return place.holding(tensor.role)
    return Holding(home.name, frozenset({tensor.role})) if place is arch.places[0] else None


def memory_at(arch: Architecture, layer: Layer, place: Place, tensor: Tensor) -> Memory:
    """Return the memory that keeps a tensor at a place where it can be kept."""
    holding = holding_of(arch, layer, place, tensor)
    assert holding is not None, f"{place.name} cannot keep {tensor.name}"
    return arch.memory[holding.memory]


def home_of(arch: Architecture, layer: Layer, tensor: Tensor) -> Memory | None:
    """Return the memory in which a tensor stays; None for one of the outermost memory."""
    for resident in layer.residents:
        if tensor.name in resident.tensors:
            return memory_of(arch, resident)
    return None


def memory_of(arch: Architecture, resident: Resident) -> Memory:
    """Return where a map stays on a machine that has such a memory."""
    name = resident.memory or shared_memories(arch)[0]
    return arch.memory[name]


def shared_memories(arch: Architecture) -> list[str]:
    """Return the memories on chip that layers can share a map in, outermost first.

    Each is built once and can keep what a layer writes as well as what the next one reads.
    """
    able: dict[str, set[str]] = {}
    for place in arch.places[1:]:
        if not arch.fanouts_outside(place):
            for held in place.holdings:
                able.setdefault(held.memory, set()).update(held.roles)
    return [name for name, roles in able.items() if {"Inputs", "Outputs"} <= roles]


def map_bits(memory: Memory, resident: Resident) -> int:
    """Return the bits of a map in a memory: a value has the room of its widest form."""
    widths = (memory.widths.get(role, bits) for role, bits in resident.widths)
    bits = max(widths)
    each = bits if memory.packing == DENSE else lane_bits(bits, memory.word_bits)
    return resident.words * each


def taken_bits(arch: Architecture, layer: Layer, memory: Memory) -> int:
    """Return the bits that maps take of a memory while a layer runs."""
    return sum(map_bits(memory, one) for one in layer.residents if memory_of(arch, one) is memory)


def tile_bits(arch: Architecture, layer: Layer, memory: Memory) -> int | None:
    """Return the bits of a memory that are left for tiles; None is unlimited."""
    if memory.size_bits is None or not layer.residents:
        return memory.usable_bits
    return (memory.size_bits - taken_bits(arch, layer, memory)) // memory.buffering


def resident_problems(arch: Architecture, layer: Layer) -> list[Problem]:
    """Return why the maps that a layer finds on the chip cannot be there; empty if they can."""
    able = shared_memories(arch)
    problems = []
    for resident in layer.residents:
        what = f"'{resident.layer}' cannot stay in '{resident.memory}' of {arch.name}"
        expected, known = one_of(able), [memory.name for memory in arch.memories]
        if not able:
            what = f"'{resident.layer}' cannot stay on the chip"
            why = "no memory on the chip is built once and can keep Inputs and Outputs"
            problems.append(Problem(f"{what}: {arch.name} has none for it", hint=why))
        elif resident.memory and resident.memory not in known:
            hint = suggestion(resident.memory, able)
            problems.append(Problem(f"{what}, which has no such memory", None, "", expected, hint))
        elif resident.memory and resident.memory not in able:
            why = "a map stays in a memory that is built once and can keep Inputs and Outputs"
            problems.append(Problem(what, expected=expected, hint=why))
    return problems or _overfull(arch, layer)


def _overfull(arch: Architecture, layer: Layer) -> list[Problem]:
    problems = []
    for memory in arch.memories:
        taken = taken_bits(arch, layer, memory)
        if memory.size_bits is None or taken <= memory.size_bits:
            continue
        those = [one for one in layer.residents if memory_of(arch, one) is memory]
        names = " and ".join(one.layer for one in those)
        has, needs = memory.size_bits // memory.word_bits, -(-taken // memory.word_bits)
        problems.append(
            Problem(
                f"{names} cannot stay in {memory.name} while {layer.name} runs: "
                f"{'they take' if len(those) > 1 else 'it takes'} {needs:,} words, "
                f"{memory.name} has {has:,}, {needs - has:,} too few",
            )
        )
    return problems


def first_place_inside(arch: Architecture, memory: Memory) -> int:
    """Return the index of the first place further in than all that a memory holds."""
    return max(
        index + 1
        for index, place in enumerate(arch.places)
        if any(held.memory == memory.name for held in place.holdings)
    )
