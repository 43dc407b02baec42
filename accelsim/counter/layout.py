"""How kernels see a layer, a machine and their own tables: records of fixed layout.

A kernel that took these as dozens of separate arrays would spend most of its time passing them on;
a record is one pointer, and its fields stand at constant offsets.  The price is a fixed room for
each axis (the ``MAX_`` constants), generous for any machine or layer that we know of, and refused
with a message beyond.

The records also hold what kernels would otherwise find out anew for every mapping: tables made once
for a layer and a machine (:func:`fill`).  Indices are unsigned there, so that a kernel need not ask
whether they count from the end; fields are aligned, so that none lies across two cache lines.

Fields have the names and axes of :class:`~accelsim.mapping.arrays.LayerArrays` and
:class:`~accelsim.mapping.arrays.MachineArrays`; ``n_*`` says how much of an axis is in use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import MAX_FANOUTS as MAX_FANOUTS
from accelsim.arch.records import MAX_MEMORIES as MAX_MEMORIES
from accelsim.arch.records import MAX_PLACES as MAX_PLACES
from accelsim.counter.window import BRANCHES
from accelsim.workload.shapes import MAX_DIMS as MAX_DIMS
from accelsim.workload.shapes import MAX_RANKS
from accelsim.workload.shapes import MAX_TENSORS as MAX_TENSORS

MAX_SLOTS = MAX_PLACES + 2 * MAX_FANOUTS
MAX_NODES = MAX_PLACES + MAX_FANOUTS + 1
"""The compute, then fanouts and places from inside out."""

MAX_LOOPS = 127
"""More than the factors of any layer; a row of the nest fits a signed byte."""

MAX_COLUMNS = MAX_DIMS + MAX_RANKS
"""What a node covers: the extent of each dim, then the words of each window (rank of two terms)."""

NO_DIM = MAX_DIMS
EACH_BYTE = 0x0101010101010101
NO_LIMIT = 2**62
VECTOR = 8
"""Integers in a vector of the processor."""

CACHE_LINE = 64
"""Bytes."""

READS, FIRST_READS, UPDATES, FILLS, DRAINS = range(5)
"""Actions of ``words[boundary, tensor, action]``: three at the parent, two at the child."""
BOUNDARY_ACTIONS = 5

DELIVERIES, COLLECTIONS, REDUCTIONS = range(3)
"""Actions of ``network[fanout, tensor, action]``."""
NETWORK_ACTIONS = 3

index = cast("Callable[[int], int]", np.uint8)
"""Makes a number an index of these tables: unsigned, so that it cannot count from the end."""

_int = np.int64
_index = np.uint8
_PLACES = MAX_PLACES + 1
"""Places and, after the last one in use, the compute."""
_ROWS = MAX_LOOPS + 1


def record_type(fields: list[tuple[object, ...]]) -> np.dtype[np.record]:
    """Return the type of a record whose fields are aligned."""
    return cast("np.dtype[np.record]", np.dtype((np.record, np.dtype(fields, align=True))))


def new_record(kind: np.dtype[np.record]) -> np.record:
    """Return a record of zeros that begins at a cache line."""
    room = _at_cache_line(kind.itemsize)
    room[:] = 0
    return cast("np.record", room.view(kind)[0])


def part_of(record: np.record, name: str) -> np.record:
    """Return a record that is a field of another.

    As indexing does, which compares all fields of their types each time.
    """
    return cast("np.record", np.void.__getitem__(record, name))


def array_around(record: np.record) -> npt.NDArray[np.record]:
    """Return the array of one record that a :func:`new_record` is in."""
    return cast("npt.NDArray[np.record]", record.base)


def copied_records(records: npt.NDArray[np.record]) -> npt.NDArray[np.record]:
    """Return an array of the same contents that begins at a cache line."""
    kind = records.dtype
    room = _at_cache_line(records.nbytes)
    room[:] = records.view(np.uint8)
    return np.ndarray(records.shape, kind, room)


def _at_cache_line(size: int) -> npt.NDArray[np.uint8]:
    room = np.empty(size + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size]


LAYER = record_type(
    [
        ("n_dims", _int),
        # The same, rounded up to whole vectors of the processor.
        ("n_padded", _int),
        ("n_tensors", _int),
        ("output", _int),
        ("output_words", _int),
        # Padded with 1.
        ("bounds", _int, (MAX_DIMS,)),
        ("relevant", _int, (MAX_TENSORS,)),
        ("rank_start", _int, (MAX_TENSORS + 1,)),
        ("rank_dim", _int, (MAX_RANKS, 2)),
        ("rank_coefficient", _int, (MAX_RANKS, 2)),
        # By dim: 1 where the output lacks it; a byte for each tensor, 255 where the dim indexes it.
        ("summed", _int, (MAX_DIMS,)),
        ("indexes", _int, (MAX_DIMS,)),
        ("n_summed", _int),
        ("summed_dims", _index, (MAX_DIMS,)),
        # Windows of all tensors.
        ("n_windows", _int),
        ("window_dim", _index, (MAX_RANKS, 2)),
        ("window_coefficient", _int, (MAX_RANKS, 2)),
        # By tensor: the dims that make up a rank by themselves ("lone"), the windows, the columns
        # of all ranks; 1 for the dims of windows whose words a step reuses.
        ("n_lone", _int, (MAX_TENSORS,)),
        ("lone", _index, (MAX_TENSORS, MAX_DIMS)),
        ("n_windows_of", _int, (MAX_TENSORS,)),
        ("windows_of", _index, (MAX_TENSORS, MAX_DIMS)),
        ("n_columns", _int, (MAX_TENSORS,)),
        ("columns", _index, (MAX_TENSORS, MAX_DIMS)),
        ("slides", _index, (MAX_TENSORS, MAX_DIMS + 1)),
        # Whether the conventions let a step reuse words at all.
        ("window_reuse", _int),
        # Whether tiles are boxes; by rank, what its coefficients have in common if so, else 1.
        ("boxes", _int),
        ("rank_scale", _int, (MAX_RANKS,)),
    ]
)

MACHINE = record_type(
    [
        ("n_places", _int),
        ("n_slots", _int),
        ("n_fanouts", _int),
        ("n_arrays", _int),
        ("n_memories", _int),
        ("n_nodes", _int),
        # Whether any block is wider than a word.
        ("has_blocks", _int),
        ("slot_place", _int, (MAX_SLOTS,)),
        ("slot_fanout", _int, (MAX_SLOTS,)),
        ("slot_axis", _int, (MAX_SLOTS,)),
        # By slot: its node; 1 where it is temporal; its place, or a row that nobody reads.
        ("slot_node", _index, (MAX_SLOTS,)),
        ("slot_temporal", _int, (MAX_SLOTS,)),
        ("slot_row", _index, (MAX_SLOTS,)),
        ("place_node", _index, (_PLACES,)),
        ("fanout_node", _index, (MAX_FANOUTS,)),
        # The slot of its y axis; that of x follows.
        ("fanout_slot", _index, (MAX_FANOUTS,)),
        ("fanout_inside", _int, (MAX_FANOUTS,)),
        ("fanout_array", _index, (MAX_FANOUTS,)),
        ("array_mesh", _int, (MAX_FANOUTS, 2)),
        # No tensor where the conventions know no multicast.
        ("multicast", _int, (MAX_FANOUTS,)),
        ("reduces", _int, (MAX_FANOUTS,)),
        # Fanouts ``:fanouts_outside[c]`` stand outside place c.
        ("fanouts_outside", _int, (_PLACES,)),
        ("place_memory", _int, (_PLACES, MAX_TENSORS)),
        ("place_block", _int, (_PLACES, MAX_TENSORS)),
        # Bits that a word takes at a place, and on its way through a fanout.
        ("place_bits", _int, (_PLACES, MAX_TENSORS)),
        ("memory_bits", _int, (MAX_MEMORIES,)),
        ("keep_must", _int, (_PLACES,)),
        ("keep_may", _int, (_PLACES,)),
        # What a mapping may keep inside the outermost place, which keeps all tensors whole: their
        # bits by memory, and a number that no tiles reach where a memory is unlimited.
        ("n_holdings", _int),
        ("holding_place", _index, (MAX_PLACES * MAX_TENSORS,)),
        ("holding_tensor", _index, (MAX_PLACES * MAX_TENSORS,)),
        ("holding_memory", _index, (MAX_PLACES * MAX_TENSORS,)),
        ("holding_bits", _int, (MAX_PLACES * MAX_TENSORS,)),
        ("whole_bits", _int, (MAX_MEMORIES,)),
        ("memory_room", _int, (MAX_MEMORIES,)),
    ]
)

NEST = record_type(
    [
        # By node: products by dim of its own loops; what they and all inside them cover.
        ("factor", _int, (MAX_NODES, MAX_DIMS)),
        ("cover", _int, (MAX_NODES, MAX_COLUMNS)),
        # Temporal loops, outermost first, from row 1 on.
        ("dim", _index, (_ROWS,)),
        ("bound", _int, (_ROWS,)),
        ("stride", _int, (_ROWS,)),
        # By row: product of the bounds of this loop and all outside it, over all dims and over
        # those that the output lacks.
        ("steps", _int, (_ROWS,)),
        ("sum_steps", _int, (_ROWS,)),
        # The run that each loop closes: its bound, and the row just outside it.
        ("run_bound", _int, (_ROWS,)),
        ("run_outside", _index, (_ROWS,)),
        # The innermost loop so far that moves each tensor: a byte for each, 0 if there is none.
        ("closing", _int, (_ROWS,)),
        # By place, the compute last: the last row outside it, instances in use, product of the
        # lanes outside over dims that the output lacks.
        ("temporal_end", _int, (_PLACES + 1,)),
        ("instances", _int, (_PLACES,)),
        ("sum_lanes", _int, (_PLACES,)),
        # By fanout: lanes in use, over all dims and over those that the output lacks; the same of
        # all fanouts outside it (the last row: of all).
        ("fanout_lanes", _int, (MAX_FANOUTS,)),
        ("fanout_sums", _int, (MAX_FANOUTS,)),
        ("lanes_outside", _int, (MAX_FANOUTS + 1,)),
        ("sums_outside", _int, (MAX_FANOUTS + 1,)),
        # Lanes in use by array and axis.
        ("mesh", _int, (MAX_FANOUTS, 2)),
        # Scratch of unrolling: extents accumulated from the inside, slots that end before a loop,
        # product of the bounds of a slot.
        ("extent", _int, (MAX_DIMS,)),
        ("slots_ending", _index, (_ROWS,)),
        ("slot_lanes", _int, (MAX_SLOTS,)),
        # Scratch of a boundary: lanes united over a dim, words of a window's strip, and the lanes
        # of a union, ending at MAX_LOOPS.
        ("united", _int, (MAX_DIMS,)),
        ("strip", _int, (MAX_RANKS,)),
        ("union_dim", _index, (_ROWS,)),
        ("union_bound", _int, (_ROWS,)),
        ("union_stride", _int, (_ROWS,)),
    ]
)

COUNTS = record_type(
    [
        # Boundary c is that of the child place c; 0 is never used.
        ("words", _int, (_PLACES, MAX_TENSORS, BOUNDARY_ACTIONS)),
        # The same in physical accesses: blocks, where a memory's block is wider than a word.
        # Written only where the machine has such blocks.
        ("accesses", _int, (_PLACES, MAX_TENSORS, BOUNDARY_ACTIONS)),
        ("network", _int, (MAX_FANOUTS, MAX_TENSORS, NETWORK_ACTIONS)),
        # 0 where a tensor is not kept, 1 at the compute.
        ("tile_words", _int, (_PLACES, MAX_TENSORS)),
        ("memory_bits", _int, (MAX_MEMORIES,)),
        # How often each branch of rule 5 was taken, over all mappings counted so far.
        ("branches", _int, (len(BRANCHES),)),
    ]
)

COUNTER = record_type(
    [
        # First, so that its tables begin where the record does: at a cache line.
        ("nest", NEST),
        ("counts", COUNTS),
        ("layer", LAYER),
        ("machine", MACHINE),
    ]
)
"""Everything that counting a mapping reads and writes, for one layer on one machine."""
