"""Counting a mapping: the leaf, the loop over a batch, and the function for people.

Three plies: :func:`count_mapping` allocates nothing and is called from other kernels;
:func:`count_packed` runs it on packed arrays; :func:`count` packs one mapping, counts it and names
the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from accelsim.arch.records import Architecture
from accelsim.counter.boundary import count_input, count_output
from accelsim.counter.layout import (
    BOUNDARY_ACTIONS,
    COUNTER,
    MAX_LOOPS,
    MAX_MEMORIES,
    MAX_TENSORS,
    Conventions,
    fill,
    window_marks,
)
from accelsim.counter.nest import build
from accelsim.counter.window import Marks, distinct_words
from accelsim.errors import SpecError
from accelsim.jit import kernel
from accelsim.mapping.arrays import (
    Ints,
    LayerArrays,
    MachineArrays,
    MappingArrays,
    mapping_problems,
    pack_layer,
    pack_machine,
    pack_mapping,
)
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer


class Violation(IntEnum):
    """The first rule that a mapping breaks; 0 is none.  Only ``evaluation`` puts it into words."""

    NONE = 0
    FACTORS = 1
    """The factors of a dim do not multiply to its bound."""
    KEEP = 2
    """A tensor is kept where it may not be, or bypasses what must keep it."""
    LANES = 3
    """A fanout has more loops than lanes on an axis."""
    CAPACITY = 4
    """A memory cannot hold its tiles."""


@kernel
def broken_rule(layer: np.record, machine: np.record, keep: Ints, nest: np.record) -> int:
    """Return the first rule that the nest or the keep choices break (capacity aside)."""
    for dim in range(layer.n_dims):
        if nest.extent[dim] != layer.bounds[dim]:
            return Violation.FACTORS.value
    for place in range(machine.n_places):
        if keep[place] & machine.keep_must[place] != machine.keep_must[place]:
            return Violation.KEEP.value
        if keep[place] & machine.keep_may[place] != keep[place]:
            return Violation.KEEP.value
    for array in range(machine.n_arrays):
        for axis in range(2):
            if nest.mesh[array, axis] > machine.array_mesh[array, axis]:
                return Violation.LANES.value
    return Violation.NONE.value


@kernel
def list_keepers(layer: np.record, machine: np.record, keep: Ints, nest: np.record) -> None:
    """List the child places of each tensor's boundaries (rule 2): its keepers, then the compute."""
    for tensor in range(layer.n_tensors):
        keepers = 0
        for place in range(1, machine.n_places):
            nest.keeper[tensor, keepers] = place
            keepers += (keep[place] >> tensor) & 1
        nest.keeper[tensor, keepers] = machine.n_places
        nest.keepers[tensor] = keepers + 1


@kernel
def measure_tiles(
    layer: np.record, machine: np.record, keep: Ints, nest: np.record, counts: np.record
) -> int:
    """Write the tile sizes; return whether every memory holds its tiles."""
    for memory in range(MAX_MEMORIES):
        counts.memory_bits[memory] = 0
    for place in range(machine.n_places):
        tile, rank_words = nest.tile[place], counts.rank_words[place]
        for tensor in range(layer.n_tensors):
            words = (keep[place] >> tensor) & 1
            for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
                of_rank = tile[layer.rank_dim[rank, 0]]
                if layer.rank_dim[rank, 1] >= 0:
                    of_rank = distinct_words(
                        layer.rank_coefficient[rank, 0],
                        layer.rank_coefficient[rank, 1],
                        of_rank,
                        tile[layer.rank_dim[rank, 1]],
                    )
                rank_words[rank] = of_rank
                words *= of_rank
            counts.tile_words[place, tensor] = words
            # Where no memory can keep the tensor, 0 words change nothing.
            memory = max(0, machine.place_memory[place, tensor])
            counts.memory_bits[memory] += words * layer.tensor_bits[tensor]
    for memory in range(machine.n_memories):
        limit = machine.memory_bits[memory]
        if limit >= 0 and counts.memory_bits[memory] > limit:
            return Violation.CAPACITY.value
    return Violation.NONE.value


@kernel
def count_nest(case: np.record, marks: Marks) -> None:
    """Count every boundary of the nest that has been built in ``case`` (rule 2).

    What a boundary of its kind can never write is zero from the start; every fanout is crossed by
    one boundary of each tensor.  So only the boundaries of places, which may bypass, are cleared.
    """
    layer, machine, nest, counts = case.layer, case.machine, case.nest, case.counts
    clear_places(machine, counts)
    for tensor in range(layer.n_tensors):
        parent = 0
        fresh = layer.output_words
        for index in range(nest.keepers[tensor]):
            place = nest.keeper[tensor, index]
            if tensor == layer.output:
                fresh = count_output(layer, machine, parent, place, fresh, nest, counts)
            else:
                count_input(
                    layer, machine, case.conventions, tensor, parent, place, nest, counts, marks
                )
            parent = place


@kernel
def clear_places(machine: np.record, counts: np.record) -> None:
    """Set the words of all places to zero.  All tensors' room is cleared: that is one store."""
    for place in range(1, machine.n_places):
        for tensor in range(MAX_TENSORS):
            for action in range(BOUNDARY_ACTIONS):
                counts.words[place, tensor, action] = 0
    if machine.has_blocks == 1:
        for place in range(1, machine.n_places):
            for tensor in range(MAX_TENSORS):
                for action in range(BOUNDARY_ACTIONS):
                    counts.accesses[place, tensor, action] = 0


@kernel
def count_mapping(
    case: np.record, loop_dim: Ints, loop_bound: Ints, slot_end: Ints, keep: Ints, marks: Marks
) -> int:
    """Count one packed mapping into ``case.counts``; return the :class:`Violation` met, or 0."""
    layer, machine, nest = case.layer, case.machine, case.nest
    if slot_end[machine.n_slots - 1] > MAX_LOOPS:  # more than the factors of any layer
        return Violation.FACTORS.value
    build(layer, machine, loop_dim, loop_bound, slot_end, nest)
    broken = broken_rule(layer, machine, keep, nest)
    if broken == 0:
        broken = measure_tiles(layer, machine, keep, nest, case.counts)
    if broken == 0:
        list_keepers(layer, machine, keep, nest)
        count_nest(case, marks)
    return broken


def accesses_of(case: np.record) -> Ints:
    """Return the physical accesses, which are the words unless a block is wider than a word."""
    accesses: Ints = case.counts.accesses if case.machine.has_blocks else case.counts.words
    return accesses


@dataclass(frozen=True)
class Counts:
    """What :func:`count` returns.

    Attributes
    ----------
    words : int64[boundary, tensor, action]
        Boundary c is that of the child place c (0 is unused, the last is the compute); actions
        READS, FIRST_READS, UPDATES at the parent, FILLS, DRAINS at the child.
    accesses : int64[boundary, tensor, action]
        The same in physical accesses: blocks where a memory's block is wider than a word.
    network : int64[fanout, tensor, action]
        DELIVERIES, COLLECTIONS, REDUCTIONS.
    tile_words : int64[place, tensor]
        0 where the tensor is not kept.
    memory_bits : int64[memory]
        In use in one instance.
    branches : int64[branch]
        How often each branch of rule 5 was taken (``counter.window.BRANCHES``).
    instances : int64[place + 1]
        In use; the last is the compute.
    steps : int
        Product of the temporal bounds: cycles of a machine that never waits.
    """

    violation: Violation
    words: Ints
    accesses: Ints
    network: Ints
    tile_words: Ints
    memory_bits: Ints
    branches: Ints
    instances: Ints
    steps: int


def count(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    conventions: Conventions = Conventions(),  # noqa: B008  (an immutable record)
) -> Counts:
    """Count the words that one mapping moves.

    Returns
    -------
    Counts
        With ``violation`` set and zero words if the mapping is not legal.

    Raises
    ------
    SpecError
        If the mapping is not one of this machine and layer.
    """
    problems = mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    return count_packed(
        pack_layer(layer), pack_machine(arch, layer), pack_mapping(mapping, layer), conventions
    )


def count_packed(
    layer: LayerArrays,
    machine: MachineArrays,
    mapping: MappingArrays,
    conventions: Conventions = Conventions(),  # noqa: B008
) -> Counts:
    """Count one packed mapping (see :func:`count`)."""
    case = np.zeros(1, dtype=COUNTER)[0]
    fill(case, layer, machine, conventions)
    violation = Violation(count_mapping(case, *mapping, window_marks(layer)))
    places, tensors = machine.n_places, len(layer.relevant)
    temporal = int(case.nest.temporal_end[places])
    return Counts(
        violation=violation,
        words=case.counts.words[: places + 1, :tensors].copy(),
        accesses=accesses_of(case)[: places + 1, :tensors].copy(),
        network=case.counts.network[: len(machine.fanout_inside), :tensors].copy(),
        tile_words=case.counts.tile_words[:places, :tensors].copy(),
        memory_bits=case.counts.memory_bits[: len(machine.memory_bits)].copy(),
        branches=case.counts.branches.copy(),
        instances=case.nest.instances[: places + 1].copy(),
        steps=int(case.nest.steps[temporal - 1]) if temporal else 1,
    )
