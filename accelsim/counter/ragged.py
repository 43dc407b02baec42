"""Counting a mapping with remainders: factors of a dim that multiply to more than its bound.

Rule 10 of ``docs/model.md``.  Slower than :mod:`accelsim.counter.tally` and more general: where all
factors multiply to the bounds, both count the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import NamedTuple

import numpy as np

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.counter.filling import fill
from accelsim.counter.general.layout import refuse_remainders
from accelsim.counter.layout import MAX_LOOPS
from accelsim.counter.ragged_boundary import count_input, count_output
from accelsim.counter.ragged_nest import RAGGED, build, count_uses
from accelsim.counter.tally import Counts, Violation, trimmed
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
    pack_mapping,
)
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer


class Scratch(NamedTuple):
    """What the kernel writes on the way; its size depends on the layer."""

    marks: Marks
    """``[4, word]``: bits for every word of the longest rank with two terms."""
    parts: Ints
    """``[rank, part, 2]``: words and turns (:func:`accelsim.counter.ragged_window.list_parts`)."""


def scratch_of(layer: LayerArrays, passes_on: bool = False) -> Scratch:
    """Return scratch for any mapping of a layer, on lanes that pass words on or do not."""
    two_terms = layer.rank_dim[:, 1] >= 0
    longest = int(layer.rank_extent[two_terms].max()) if two_terms.any() else 1
    # A loop leaves a dim's bound in two ways at most, and each at least doubles the positions, of
    # which there are less than twice the bound.
    ways = [2 * int(log2(2 * bound)) + 1 for bound in layer.bounds]
    most = [2 * ways[a] * (ways[b] if b >= 0 else 1) for a, b in layer.rank_dim]  # tiles and strips
    if passes_on:  # a part for every number of words of a rank
        most.append(longest)
    return Scratch(
        np.zeros((4, longest // 64 + 1), dtype=np.uint64),
        np.zeros((len(layer.rank_dim), max(most, default=1), 2), dtype=np.int64),
    )


@kernel
def broken_rule(case: np.record, keep: Ints) -> int:
    """Return the first rule that keep choices, lanes or tiles break; write the tile sizes.

    Lanes are those of the nominal factors; the tile that must fit is the largest, the first.
    """
    layer, machine, loops = case.counter.layer, case.counter.machine, case.loops
    counts = case.counter.counts
    for place in range(machine.n_places):
        if keep[place] & machine.keep_must[place] != machine.keep_must[place]:
            return Violation.KEEP.value
        if keep[place] & machine.keep_may[place] != keep[place]:
            return Violation.KEEP.value
    for array in range(machine.n_arrays):
        for axis in range(2):
            if loops.mesh[array, axis] > machine.array_mesh[array, axis]:
                return Violation.LANES.value
    for memory in range(machine.n_memories):
        counts.memory_bits[memory] = 0
    for place in range(machine.n_places):
        for tensor in range(layer.n_tensors):
            if (keep[place] >> tensor) & 1 == 0:
                continue
            words = 1
            for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
                words *= largest_tile(layer, rank, place, loops)
            counts.tile_words[place, tensor] = words
            memory = machine.place_memory[place, tensor]
            counts.memory_bits[memory] += words * machine.place_bits[place, tensor]
    for memory in range(machine.n_memories):
        limit = machine.memory_bits[memory]
        if limit >= 0 and counts.memory_bits[memory] > limit:
            return Violation.CAPACITY.value
    return Violation.NONE.value


@kernel
def largest_tile(layer: np.record, rank: int, place: int, loops: np.record) -> int:
    """Return the words of a rank in the tile at position 0, which is no shorter than any other."""
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    words: int = min(loops.tile[place, dim_a], layer.bounds[dim_a])
    if dim_b < 0:
        return words
    return distinct_words(
        layer.rank_coefficient[rank, 0],
        layer.rank_coefficient[rank, 1],
        words,
        min(loops.tile[place, dim_b], layer.bounds[dim_b]),
    )


@kernel
def count_mapping(
    case: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    keep: Ints,
    marks: Marks,
    parts: Ints,
) -> int:
    """Count one packed mapping into a fresh ``case``; return the :class:`Violation` met, or 0."""
    layer, machine = case.counter.layer, case.counter.machine
    if slot_end[machine.n_slots - 1] > MAX_LOOPS:  # more than the factors of any layer
        return Violation.FACTORS.value
    if not build(layer, machine, loop_dim, loop_bound, slot_end, case.loops):
        return Violation.FACTORS.value
    broken = broken_rule(case, keep)
    if broken != 0:
        return broken
    count_uses(layer, machine, case.loops)
    for tensor in range(layer.n_tensors):
        parent = 0
        fresh = layer.output_words
        for place in range(1, machine.n_places + 1):
            if place < machine.n_places and (keep[place] >> tensor) & 1 == 0:
                continue
            if tensor == layer.output:
                fresh = count_output(case, parent, place, fresh, marks, parts)
            else:
                count_input(case, tensor, parent, place, marks, parts)
            parent = place
    return Violation.NONE.value


@dataclass(frozen=True)
class RaggedCounts(Counts):
    """What :func:`count_ragged` returns: the counts, and what the busiest instances move.

    ``instances`` are those that are used at some step; ``steps`` those at which some lane has an
    operation; a tile in ``tile_words`` is the largest.

    Attributes
    ----------
    busiest_words : int64[boundary, tensor, action]
        Of ``words``, those of the busiest instance: of the parent for READS and UPDATES, of the
        child for FILLS and DRAINS.
    busiest_network : int64[fanout, tensor, action]
        Of ``network``, those below the busiest instance just outside the fanout: DELIVERIES and
        COLLECTIONS.
    """

    busiest_words: Ints
    busiest_network: Ints


def count_ragged(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    conventions: Conventions = Conventions(),  # noqa: B008  (an immutable record)
) -> RaggedCounts:
    """Count the words that one mapping moves, whose last tiles may be short.

    Returns
    -------
    RaggedCounts
        With ``violation`` set and zero words if the mapping is not legal.

    Raises
    ------
    SpecError
        If the mapping is not one of this machine and layer, or the conventions (or neighbours that
        pass words on to the compute) are none that remainders can be counted under.
    """
    problems = mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    return count_ragged_packed(
        pack_layer(layer), pack_machine(arch, layer), pack_mapping(mapping, layer), conventions
    )


def count_ragged_packed(
    layer: LayerArrays,
    machine: MachineArrays,
    mapping: MappingArrays,
    conventions: Conventions = Conventions(),  # noqa: B008
) -> RaggedCounts:
    """Count one packed mapping (see :func:`count_ragged`)."""
    refuse_remainders(layer, machine, mapping, conventions)
    case = np.zeros(1, dtype=RAGGED)[0]
    fill(case["counter"], layer, machine, conventions)
    case["alike"] = -1
    if conventions.multicast == "equal":  # lanes over other dims need other words
        inputs = np.arange(len(layer.relevant)) != layer.output
        case["alike"][: len(inputs)][inputs] = ~layer.relevant[inputs]
    case["forwards"][: len(machine.forwards), : len(layer.relevant)] = machine.forwards
    case["loops"]["opposed"][: len(layer.rank_opposed)] = layer.rank_opposed
    scratch = scratch_of(layer, bool(machine.forwards.any()))
    violation = Violation(count_mapping(case, *mapping, *scratch))
    places, tensors = machine.n_places, len(layer.relevant)
    fanouts = len(machine.fanout_inside)
    return RaggedCounts(
        violation=violation,
        **trimmed(case.counter, layer, machine),
        instances=case.loops.instances[: places + 1].copy(),
        steps=int(case.loops.steps),
        busiest_words=case.busiest_words[: places + 1, :tensors].copy(),
        busiest_network=case.busiest_network[:fanouts, :tensors].copy(),
    )
