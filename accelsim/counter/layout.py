"""How kernels see a layer, a machine and their own tables: records of fixed layout.

A kernel that took these as dozens of separate arrays would spend most of its time passing them on;
a record is one pointer, and its fields stand at constant offsets.  The price is a fixed room for
each axis (the ``MAX_`` constants), generous for any machine or layer that we know of, and refused
with a message beyond.

Fields have the names and axes of :class:`~accelsim.mapping.arrays.LayerArrays` and
:class:`~accelsim.mapping.arrays.MachineArrays`; ``n_*`` says how much of an axis is in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from accelsim.arch.records import MAX_FANOUTS as MAX_FANOUTS
from accelsim.arch.records import MAX_MEMORIES as MAX_MEMORIES
from accelsim.arch.records import MAX_PLACES as MAX_PLACES
from accelsim.counter.window import BRANCHES, Marks
from accelsim.errors import Problem, SpecError
from accelsim.mapping.arrays import LayerArrays, MachineArrays
from accelsim.workload.shapes import MAX_DIMS, MAX_RANKS
from accelsim.workload.shapes import MAX_TENSORS as MAX_TENSORS

MAX_SLOTS = MAX_PLACES + 2 * MAX_FANOUTS
MAX_LOOPS = 128

READS, FIRST_READS, UPDATES, FILLS, DRAINS = range(5)
"""Actions of ``words[boundary, tensor, action]``: three at the parent, two at the child."""
BOUNDARY_ACTIONS = 5

DELIVERIES, COLLECTIONS, REDUCTIONS = range(3)
"""Actions of ``network[fanout, tensor, action]``."""
NETWORK_ACTIONS = 3

_int = np.int64
_PLACES = MAX_PLACES + 1
"""Places and, after the last one in use, the compute."""

LAYER = np.dtype(
    (
        np.record,
        [
            ("n_dims", _int),
            ("n_tensors", _int),
            ("output", _int),
            ("output_words", _int),
            ("bounds", _int, (MAX_DIMS,)),
            ("relevant", _int, (MAX_TENSORS,)),
            ("single_term", _int, (MAX_TENSORS,)),
            ("window", _int, (MAX_TENSORS,)),
            ("rank_start", _int, (MAX_TENSORS + 1,)),
            ("rank_dim", _int, (MAX_RANKS, 2)),
            ("rank_mask", _int, (MAX_RANKS,)),
            ("rank_coefficient", _int, (MAX_RANKS, 2)),
            ("tensor_bits", _int, (MAX_TENSORS,)),
        ],
    )
)

MACHINE = np.dtype(
    (
        np.record,
        [
            ("n_places", _int),
            ("n_slots", _int),
            ("n_fanouts", _int),
            ("n_arrays", _int),
            ("n_memories", _int),
            # Whether any block is wider than a word.
            ("has_blocks", _int),
            ("slot_place", _int, (MAX_SLOTS,)),
            ("slot_fanout", _int, (MAX_SLOTS,)),
            ("slot_axis", _int, (MAX_SLOTS,)),
            ("fanout_inside", _int, (MAX_FANOUTS,)),
            ("fanout_array", _int, (MAX_FANOUTS,)),
            ("array_mesh", _int, (MAX_FANOUTS, 2)),
            ("multicast", _int, (MAX_FANOUTS,)),
            ("reduces", _int, (MAX_FANOUTS,)),
            # Fanouts ``:fanouts_outside[c]`` stand outside place c.
            ("fanouts_outside", _int, (_PLACES,)),
            ("place_memory", _int, (_PLACES, MAX_TENSORS)),
            ("place_block", _int, (_PLACES, MAX_TENSORS)),
            ("memory_bits", _int, (MAX_MEMORIES,)),
            ("keep_must", _int, (_PLACES,)),
            ("keep_may", _int, (_PLACES,)),
        ],
    )
)

CONVENTIONS = np.dtype((np.record, [("window_reuse", _int), ("multicast", _int)]))

NEST = np.dtype(
    (
        np.record,
        [
            # Temporal loops, outermost first.
            ("temporal_dim", _int, (MAX_LOOPS,)),
            ("temporal_bound", _int, (MAX_LOOPS,)),
            ("temporal_stride", _int, (MAX_LOOPS,)),
            # Product of the bounds of this temporal loop and all outside it: over all dims, and
            # over the dims that the output lacks.
            ("steps", _int, (MAX_LOOPS,)),
            ("sum_steps", _int, (MAX_LOOPS,)),
            # Spatial loops ("lanes"), outermost first.
            ("lane_dim", _int, (MAX_LOOPS,)),
            ("lane_bound", _int, (MAX_LOOPS,)),
            ("lane_stride", _int, (MAX_LOOPS,)),
            # By place, the compute last: how many loops stand outside it, instances in use,
            # product of the lanes outside over dims that the output lacks, extents of its tile.
            ("temporal_end", _int, (_PLACES,)),
            ("lane_end", _int, (_PLACES,)),
            ("instances", _int, (_PLACES,)),
            ("sum_lanes", _int, (_PLACES,)),
            ("tile", _int, (_PLACES, MAX_DIMS)),
            # By fanout: where its lanes end, mask of their dims, instances just inside; products
            # of its lanes over all dims, over those that the output lacks, and over those that
            # make up a rank of a tensor by themselves.
            ("fanout_lane_end", _int, (MAX_FANOUTS,)),
            ("fanout_dims", _int, (MAX_FANOUTS,)),
            ("fanout_instances", _int, (MAX_FANOUTS,)),
            ("fanout_lanes", _int, (MAX_FANOUTS,)),
            ("fanout_sums", _int, (MAX_FANOUTS,)),
            ("fanout_copies", _int, (MAX_FANOUTS, MAX_TENSORS)),
            # Lanes in use by array and axis.
            ("mesh", _int, (MAX_FANOUTS, 2)),
            # Keepers of each tensor inside the outermost place, from outside in, then the compute.
            ("keepers", _int, (MAX_TENSORS,)),
            ("keeper", _int, (MAX_TENSORS, _PLACES)),
            # Scratch: extents accumulated from the inside; lanes of a union, ending at MAX_LOOPS.
            ("extent", _int, (MAX_DIMS,)),
            ("union_dim", _int, (MAX_LOOPS,)),
            ("union_bound", _int, (MAX_LOOPS,)),
            ("union_stride", _int, (MAX_LOOPS,)),
        ],
    )
)

COUNTS = np.dtype(
    (
        np.record,
        [
            # Boundary c is that of the child place c; 0 is never used.
            ("words", _int, (_PLACES, MAX_TENSORS, BOUNDARY_ACTIONS)),
            # The same in physical accesses: blocks, where a memory's block is wider than a word.
            # Written only where the machine has such blocks.
            ("accesses", _int, (_PLACES, MAX_TENSORS, BOUNDARY_ACTIONS)),
            ("network", _int, (MAX_FANOUTS, MAX_TENSORS, NETWORK_ACTIONS)),
            # 0 where a tensor is not kept, 1 at the compute.
            ("tile_words", _int, (_PLACES, MAX_TENSORS)),
            # Their factors, rank by rank, kept or not.
            ("rank_words", _int, (_PLACES, MAX_RANKS)),
            ("memory_bits", _int, (MAX_MEMORIES,)),
            # How often each branch of rule 5 was taken, over all mappings counted so far.
            ("branches", _int, (len(BRANCHES),)),
        ],
    )
)

COUNTER = np.dtype(
    (
        np.record,
        [
            ("layer", LAYER),
            ("machine", MACHINE),
            ("conventions", CONVENTIONS),
            ("nest", NEST),
            ("counts", COUNTS),
        ],
    )
)
"""Everything that counting a mapping reads and writes, for one layer on one machine."""


class Conventions(NamedTuple):
    """How movement is counted; the default is what hardware with ideal reuse would do.

    ``window_reuse`` 1 fetches only the strip that a step of the closing run uncovers, 0 the whole
    tile at every residence (``reuse: none``).  ``multicast`` 1 reads words that several lanes newly
    need once, 0 once per lane (``multicast: none``).
    """

    window_reuse: int = 1
    multicast: int = 1


def fill(
    record: np.record, layer: LayerArrays, machine: MachineArrays, conventions: Conventions
) -> None:
    """Write a layer, a machine and conventions into a record of dtype :data:`COUNTER`.

    Raises
    ------
    SpecError
        If an axis is longer than its room.
    """
    rooms = {
        "dims": (len(layer.bounds), MAX_DIMS),
        "tensors": (len(layer.relevant), MAX_TENSORS),
        "ranks": (len(layer.rank_dim), MAX_RANKS),
        "places": (machine.n_places, MAX_PLACES),
        "fanouts": (len(machine.fanout_inside), MAX_FANOUTS),
        "memories": (len(machine.memory_bits), MAX_MEMORIES),
    }
    problems = [
        Problem(f"{used} {axis}; the counter has room for {room}")
        for axis, (used, room) in rooms.items()
        if used > room
    ]
    if problems:
        raise SpecError(problems)
    copy_fields(record["layer"], layer._asdict())
    record["layer"]["n_dims"] = len(layer.bounds)
    record["layer"]["n_tensors"] = len(layer.relevant)
    window = layer.relevant & ~layer.single_term
    record["layer"]["window"][: len(window)] = window
    for rank, dims in enumerate(layer.rank_dim):
        record["layer"]["rank_mask"][rank] = sum(1 << dim for dim in dims if dim >= 0)
    copy_fields(record["machine"], machine._asdict())
    record["machine"]["n_slots"] = len(machine.slot_place)
    record["machine"]["n_fanouts"] = len(machine.fanout_inside)
    record["machine"]["n_arrays"] = len(machine.array_mesh)
    record["machine"]["n_memories"] = len(machine.memory_bits)
    record["machine"]["has_blocks"] = int((machine.place_block > 1).any())
    for place in range(machine.n_places + 1):
        outside = int((machine.fanout_inside <= place).sum())
        record["machine"]["fanouts_outside"][place] = outside
    copy_fields(record["conventions"], conventions._asdict())
    record["counts"]["tile_words"][machine.n_places] = 1
    record["counts"]["rank_words"][machine.n_places] = 1


def copy_fields(record: np.record, fields: Mapping[str, object]) -> None:
    """Copy the fields that a record knows, arrays to the front of their room."""
    for name in record.dtype.names or ():
        if name not in fields:
            continue
        value = np.asarray(fields[name])
        if value.ndim:
            record[name][tuple(slice(length) for length in value.shape)] = value
        else:
            record[name] = value


def window_marks(layer: LayerArrays) -> Marks:
    """Return the scratch of rule 5v: a bit for every word of the longest rank with two terms."""
    two_terms = layer.rank_dim[:, 1] >= 0
    longest = int(layer.rank_extent[two_terms].max()) if two_terms.any() else 1
    return np.zeros(longest // 64 + 1, dtype=np.uint64)
