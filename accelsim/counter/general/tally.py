"""Counting a mapping under any conventions: the leaf, and the functions for people."""

from __future__ import annotations

import numpy as np

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.counter.general.boundary import count_input, count_output, round_totals
from accelsim.counter.general.layout import GENERAL, Scratch, fill_general, plain
from accelsim.counter.general.words import tile_words
from accelsim.counter.layout import (
    BOUNDARY_ACTIONS,
    COUNTER,
    MAX_LOOPS,
    NETWORK_ACTIONS,
    READS,
    new_record,
)
from accelsim.counter.nest import build
from accelsim.counter.tally import Counts, Violation, broken_rule, counts_of
from accelsim.errors import SpecError
from accelsim.jit import kernel
from accelsim.mapping.arrays import (
    Ints,
    LayerArrays,
    MachineArrays,
    MappingArrays,
    mapping_problems,
    pack_layer,
    pack_mapping,
)
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer


@kernel
def list_loops(
    counter: np.record, general: np.record, loop_dim: Ints, loop_bound: Ints, slot_end: Ints
) -> None:
    """Write all loops with their strides, and which are those of each fanout's axes."""
    machine = counter.machine
    for dim in range(counter.layer.n_dims):
        general.extent[dim] = 1
    for loop in range(slot_end[machine.n_slots - 1] - 1, -1, -1):
        dim = loop_dim[loop]
        general.dim[loop] = dim
        general.bound[loop] = loop_bound[loop]
        general.stride[loop] = general.extent[dim]
        general.extent[dim] *= loop_bound[loop]
    for fanout in range(machine.n_fanouts):
        slot = machine.fanout_slot[fanout]
        general.y_start[fanout] = slot_end[slot - 1]
        general.x_start[fanout] = slot_end[slot]
        general.x_end[fanout] = slot_end[slot + 1]


@kernel
def measure_tiles(counter: np.record, general: np.record, keep: Ints) -> int:
    """Write the tile sizes; return whether every memory holds its tiles (rule 16)."""
    machine, counts = counter.machine, counter.counts
    for memory in range(machine.n_memories):
        counts.memory_bits[memory] = machine.whole_bits[memory]
    for holding in range(machine.n_holdings):
        place, tensor = machine.holding_place[holding], machine.holding_tensor[holding]
        words = 0
        if (keep[place] >> tensor) & 1 == 1:
            words = tile_words(
                counter, general, tensor, machine.place_node[place], plain(0), plain(0)
            )
        counts.tile_words[place, tensor] = words
        bits = words * machine.holding_bits[holding]
        counts.memory_bits[machine.holding_memory[holding]] += bits
    for memory in range(machine.n_memories):
        if counts.memory_bits[memory] > machine.memory_room[memory]:
            return Violation.CAPACITY.value
    return Violation.NONE.value


@kernel
def count_boundaries(counter: np.record, general: np.record, keep: Ints, scratch: Scratch) -> None:
    """Count every boundary of the nest that has been built (rule 2)."""
    layer, machine = counter.layer, counter.machine
    counts = counter.counts
    for place in range(machine.n_places + 1):
        for tensor in range(layer.n_tensors):
            for action in range(BOUNDARY_ACTIONS):
                counts.words[place, tensor, action] = 0
                counts.accesses[place, tensor, action] = 0
    for fanout in range(machine.n_fanouts):
        for tensor in range(layer.n_tensors):
            for action in range(NETWORK_ACTIONS):
                counts.network[fanout, tensor, action] = 0
    for tensor in range(layer.n_tensors):
        parent = plain(0)
        fresh = layer.output_words
        peer_words, peer_visits = plain(0), plain(0)
        for place in range(1, machine.n_places + 1):
            if place < machine.n_places and (keep[place] >> tensor) & 1 == 0:
                continue
            general.peer_words = 0
            general.peer_visits = 0
            if tensor == layer.output:
                fresh = count_output(counter, general, parent, place, fresh)
            else:
                count_input(counter, general, tensor, parent, place, scratch)
            # What a lane reads for its neighbours, it reads beside what its children need.
            counts.words[place, tensor, READS] += peer_words
            counts.accesses[place, tensor, READS] += peer_visits
            peer_words, peer_visits = general.peer_words, general.peer_visits
            if general.block_totals == 1:
                round_totals(counter, tensor, parent, place)
            parent = place


@kernel
def count_mapping(
    counter: np.record,
    general: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    keep: Ints,
    scratch: Scratch,
) -> int:
    """Count one packed mapping into ``counter``; return the :class:`Violation` met, or 0."""
    layer, machine, nest = counter.layer, counter.machine, counter.nest
    if slot_end[machine.n_slots - 1] > MAX_LOOPS:  # more than the factors of any layer
        return Violation.FACTORS.value
    build(layer, machine, loop_dim, loop_bound, slot_end, nest)
    broken = broken_rule(layer, machine, keep, nest)
    if broken == 0:
        broken = measure_tiles(counter, general, keep)
    if broken == 0:
        list_loops(counter, general, loop_dim, loop_bound, slot_end)
        count_boundaries(counter, general, keep, scratch)
    return broken


def count_general(
    layer: Layer, arch: Architecture, mapping: Mapping, conventions: Conventions
) -> Counts:
    """Count the words that one mapping moves, under any conventions, on any machine.

    Returns
    -------
    Counts
        With ``violation`` set and zero words if the mapping is not legal.

    Raises
    ------
    SpecError
        If the mapping is not one of this machine and layer, has remainders, or the conventions do
        not go together or with the machine.
    """
    problems = mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    return count_general_packed(
        pack_layer(layer), pack_machine(arch, layer), pack_mapping(mapping, layer), conventions
    )


def count_general_packed(
    layer: LayerArrays, machine: MachineArrays, mapping: MappingArrays, conventions: Conventions
) -> Counts:
    """Count one packed mapping (see :func:`count_general`)."""
    counter, general = new_record(COUNTER), new_record(GENERAL)
    scratch = fill_general(counter, general, layer, machine, conventions)
    violation = Violation(count_mapping(counter, general, *mapping, scratch))
    return counts_of(counter, violation, layer, machine)
