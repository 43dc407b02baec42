"""Counting a mapping: the leaf, and the function that runs it.

Two plies: :func:`count_mapping` allocates nothing and is called from other kernels;
:func:`count_packed` runs it on packed arrays and names the results.  ``counter.counting`` is the
function for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypedDict

import numpy as np

from accelsim.conventions import Conventions
from accelsim.counter.boundary import count_input, count_output
from accelsim.counter.filling import fill, window_marks
from accelsim.counter.general.layout import needs_general
from accelsim.counter.layout import (
    BOUNDARY_ACTIONS,
    COUNTER,
    MAX_DIMS,
    MAX_LOOPS,
    MAX_MEMORIES,
    index,
    new_record,
)
from accelsim.counter.nest import build
from accelsim.counter.window import Marks, distinct_words
from accelsim.jit import inlined, kernel
from accelsim.mapping.arrays import (
    Ints,
    LayerArrays,
    MachineArrays,
    MappingArrays,
)


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


@inlined
def broken_rule(layer: np.record, machine: np.record, keep: Ints, nest: np.record) -> int:
    """Return the first rule that the nest or the keep choices break (capacity aside)."""
    wrong = 0
    for dim in range(MAX_DIMS):
        wrong |= nest.extent[dim] ^ layer.bounds[dim]
    if wrong != 0:
        return Violation.FACTORS.value
    for place in range(machine.n_places):
        wrong |= (machine.keep_must[place] & ~keep[place]) | (
            keep[place] & ~machine.keep_may[place]
        )
    if wrong != 0:
        return Violation.KEEP.value
    for array in range(machine.n_arrays):
        for axis in range(2):
            if nest.mesh[array, axis] > machine.array_mesh[array, axis]:
                return Violation.LANES.value
    return Violation.NONE.value


@inlined
def measure_tiles(
    layer: np.record, machine: np.record, keep: Ints, nest: np.record, counts: np.record
) -> int:
    """Write the tile sizes; return whether every memory holds its tiles (rule 16)."""
    for memory in range(MAX_MEMORIES):
        counts.memory_bits[memory] = machine.whole_bits[memory]
    for place in range(1, machine.n_places):
        node = machine.place_node[place]
        for window in range(layer.n_windows):
            nest.cover[node, MAX_DIMS + window] = distinct_words(
                layer.window_coefficient[window, 0],
                layer.window_coefficient[window, 1],
                nest.cover[node, layer.window_dim[window, 0]],
                nest.cover[node, layer.window_dim[window, 1]],
            )
    for holding in range(machine.n_holdings):
        place, tensor = machine.holding_place[holding], machine.holding_tensor[holding]
        node = machine.place_node[place]
        words = (keep[place] >> tensor) & 1
        for k in range(layer.n_columns[tensor]):
            words *= nest.cover[node, layer.columns[tensor, k]]
        counts.tile_words[place, tensor] = words
        counts.memory_bits[machine.holding_memory[holding]] += words * machine.holding_bits[holding]
    room = 0
    for memory in range(MAX_MEMORIES):
        room |= machine.memory_room[memory] - counts.memory_bits[memory]
    return Violation.CAPACITY.value if room < 0 else Violation.NONE.value


@kernel
def count_nest(case: np.record, keep: Ints, marks: Marks) -> None:
    """Count every boundary of the nest that has been built in ``case`` (rule 2).

    What a boundary of its kind can never write is zero from the start, and every fanout is crossed
    by one boundary of each tensor.  So only boundaries that a mapping bypasses are cleared.
    """
    layer, machine, nest, counts = case.layer, case.machine, case.nest, case.counts
    for t in range(layer.n_tensors):
        tensor = index(t)
        parent = index(0)
        fresh = layer.output_words
        for p in range(1, machine.n_places + 1):
            place = index(p)
            if p < machine.n_places and (keep[place] >> tensor) & 1 == 0:
                clear_boundary(machine, counts, place, tensor)
                continue
            if tensor == layer.output:
                fresh = count_output(layer, machine, parent, place, fresh, nest, counts)
            else:
                count_input(layer, machine, tensor, parent, place, nest, counts, marks)
            parent = place


@inlined
def clear_boundary(machine: np.record, counts: np.record, place: int, tensor: int) -> None:
    """Set the words of a boundary that a mapping bypasses to zero."""
    for action in range(BOUNDARY_ACTIONS):
        counts.words[place, tensor, action] = 0
    if machine.has_blocks == 1:
        for action in range(BOUNDARY_ACTIONS):
            counts.accesses[place, tensor, action] = 0


@inlined
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
        count_nest(case, keep, marks)
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


def count_packed(
    layer: LayerArrays,
    machine: MachineArrays,
    mapping: MappingArrays,
    conventions: Conventions = Conventions(),  # noqa: B008
) -> Counts:
    """Count one packed mapping under conventions that this counter knows."""
    assert not needs_general(machine, conventions), "counter.counting chooses"
    case = new_record(COUNTER)
    fill(case, layer, machine, conventions)
    violation = Violation(count_mapping(case, *mapping, window_marks(layer)))
    return counts_of(case, violation, layer, machine)


def counts_of(
    case: np.record, violation: Violation, layer: LayerArrays, machine: MachineArrays
) -> Counts:
    """Return copies of what was counted into a record."""
    return Counts(
        violation=violation,
        **trimmed(case, layer, machine),
        instances=case.nest.instances[: machine.n_places + 1].copy(),
        steps=int(case.nest.steps[case.nest.temporal_end[machine.n_places]]),
    )


class Trimmed(TypedDict):
    """The arrays that all counts have."""

    words: Ints
    accesses: Ints
    network: Ints
    tile_words: Ints
    memory_bits: Ints
    branches: Ints


def trimmed(case: np.record, layer: LayerArrays, machine: MachineArrays) -> Trimmed:
    """Return copies of what a counter's record holds, as long as the layer and the machine are."""
    counts = case.counts
    places, tensors = machine.n_places, len(layer.relevant)
    return Trimmed(
        words=counts.words[: places + 1, :tensors].copy(),
        accesses=accesses_of(case)[: places + 1, :tensors].copy(),
        network=counts.network[: len(machine.fanout_inside), :tensors].copy(),
        tile_words=counts.tile_words[:places, :tensors].copy(),
        memory_bits=counts.memory_bits[: len(machine.memory_bits)].copy(),
        branches=counts.branches.copy(),
    )
