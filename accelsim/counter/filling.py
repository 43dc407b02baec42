"""Writing a layer, a machine and conventions into the records that kernels read.

The records and what their fields mean are in ``counter.layout``; each table here is made once for
all mappings of a layer on a machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from accelsim.conventions import Conventions
from accelsim.counter.layout import (
    LAYER,
    MACHINE,
    MAX_DIMS,
    MAX_FANOUTS,
    MAX_MEMORIES,
    MAX_PLACES,
    MAX_TENSORS,
    NO_DIM,
    NO_LIMIT,
    VECTOR,
    new_record,
    part_of,
)
from accelsim.counter.window import Marks
from accelsim.errors import Problem, SpecError
from accelsim.kept import kept_with
from accelsim.mapping.arrays import Ints, LayerArrays, MachineArrays
from accelsim.workload.records import distinct_words
from accelsim.workload.shapes import MAX_RANKS


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
    record["layer"] = layer_record(layer, conventions)
    record["machine"] = machine_record(machine, conventions)
    tile_words, nest = part_of(record, "counts")["tile_words"], part_of(record, "nest")
    tile_words[0, : len(layer.relevant)] = whole = tensor_words(layer)
    tile_words[machine.n_places] = 1
    whole_bits = part_of(record, "machine")["whole_bits"]
    held = (machine.place_memory[0].tolist(), whole, machine.place_bits[0].tolist())
    for memory, words, bits in zip(*held, strict=True):
        if memory >= 0:
            whole_bits[memory] += words * bits
    nest["cover"][0] = 1
    # Row 0 is the run of what nothing moves.
    nest["dim"][0] = NO_DIM
    for name in ("steps", "sum_steps", "run_bound"):
        nest[name][0] = 1


@kept_with
def layer_record(layer: LayerArrays, conventions: Conventions) -> np.record:
    """Return the tables of a layer, which are the same on all machines."""
    record = new_record(LAYER)
    fill_layer(record, layer, conventions)
    return record


def fill_layer(record: np.record, layer: LayerArrays, conventions: Conventions) -> None:
    """Write the tables of a layer."""
    copy_fields(record, layer._asdict())
    record["n_dims"] = n_dims = len(layer.bounds)
    record["n_padded"] = -(-n_dims // VECTOR) * VECTOR
    record["n_tensors"] = len(layer.relevant)
    record["bounds"][n_dims:] = 1
    record["window_reuse"] = conventions.reuse == "window"
    record["boxes"] = conventions.tiles == "box"
    record["rank_scale"][: len(layer.rank_dim)] = box_scales(layer) if record["boxes"] else 1
    indexed = layer.relevant >> np.arange(n_dims)[:, None] & 1
    record["indexes"].view(np.uint8).reshape(-1, 8)[:n_dims, : indexed.shape[1]] = 255 * indexed
    record["summed"][:n_dims] = 1 - indexed[:, layer.output]
    summed = np.flatnonzero(indexed[:, layer.output] == 0)
    record["n_summed"] = len(summed)
    record["summed_dims"][: len(summed)] = summed
    for tensor in range(len(layer.relevant)):
        fill_ranks(record, layer, tensor)


def box_scales(layer: LayerArrays) -> Ints:
    """Return what coefficients of a rank have in common; an output's positions are its words."""
    scale = layer.rank_divisor.copy()
    scale[layer.rank_start[layer.output] : layer.rank_start[layer.output + 1]] = 1
    return scale


def fill_ranks(record: np.record, layer: LayerArrays, tensor: int) -> None:
    """Write the ranks of a tensor: those of one term, and windows, which have two."""
    lone: list[int] = []
    windows: list[int] = []
    start, end = layer.rank_start[tensor : tensor + 2].tolist()
    for rank, dims in enumerate(layer.rank_dim[start:end].tolist(), start):
        if dims[1] < 0:
            lone.append(dims[0])
            continue
        window = int(record["n_windows"])
        record["n_windows"] += 1
        record["window_dim"][window] = dims
        record["window_coefficient"][window] = layer.rank_coefficient[rank]
        record["slides"][tensor, dims] = record["window_reuse"]
        windows.append(window)
    columns = lone + [MAX_DIMS + window for window in windows]
    for name, of_tensor in (("lone", lone), ("windows_of", windows), ("columns", columns)):
        record[f"n_{name}"][tensor] = len(of_tensor)
        record[name][tensor, : len(of_tensor)] = of_tensor


@kept_with
def machine_record(machine: MachineArrays, conventions: Conventions) -> np.record:
    """Return the tables of a machine, which are the same for all layers alike to it."""
    record = new_record(MACHINE)
    fill_machine(record, machine, conventions)
    return record


def fill_machine(record: np.record, machine: MachineArrays, conventions: Conventions) -> None:
    """Write the tables of a machine."""
    copy_fields(record, machine._asdict())
    record["n_slots"] = len(machine.slot_place)
    record["n_fanouts"] = len(machine.fanout_inside)
    record["n_arrays"] = len(machine.array_mesh)
    record["n_memories"] = len(machine.memory_bits)
    record["n_nodes"] = machine.n_places + len(machine.fanout_inside) + 1
    record["has_blocks"] = (machine.place_block > 1).any()
    if conventions.multicast == "none":
        record["multicast"] = 0
    for place in range(machine.n_places + 1):
        outside = int((machine.fanout_inside <= place).sum())
        record["fanouts_outside"][place] = outside
        record["place_node"][place] = record["n_nodes"] - 1 - place - outside
    for fanout, inside in enumerate(machine.fanout_inside):
        record["fanout_node"][fanout] = record["n_nodes"] - 1 - inside - fanout
    for slot, (place, fanout) in enumerate(
        zip(machine.slot_place, machine.slot_fanout, strict=True)
    ):
        temporal = place >= 0
        record["slot_temporal"][slot] = temporal
        record["slot_row"][slot] = place if temporal else machine.n_places + 1
        nodes = record["place_node"] if temporal else record["fanout_node"]
        record["slot_node"][slot] = nodes[place if temporal else fanout]
        if machine.slot_axis[slot] == 1:
            record["fanout_slot"][fanout] = slot
    places, tensors = np.nonzero(machine.place_memory[1:] >= 0)
    record["n_holdings"] = n = len(places)
    record["holding_place"][:n] = places + 1
    record["holding_tensor"][:n] = tensors
    record["holding_memory"][:n] = machine.place_memory[places + 1, tensors]
    record["holding_bits"][:n] = machine.place_bits[places + 1, tensors]
    limited = np.where(machine.memory_bits < 0, NO_LIMIT, machine.memory_bits)
    record["memory_room"] = NO_LIMIT
    record["memory_room"][: len(limited)] = limited


def tensor_words(layer: LayerArrays) -> list[int]:
    """Return the words of each tensor."""
    bounds = layer.bounds.tolist()
    lengths = [
        bounds[first] if second < 0 else distinct_words(u, v, bounds[first], bounds[second])
        for (first, second), (u, v) in zip(
            layer.rank_dim.tolist(), layer.rank_coefficient.tolist(), strict=True
        )
    ]
    return [prod(lengths[start:end]) for start, end in pairwise(layer.rank_start.tolist())]


def copy_fields(record: np.record, fields: Mapping[str, Any]) -> None:
    """Copy the fields that a record knows, arrays to the front of their room."""
    known = record.dtype.names or ()
    for name, value in fields.items():
        if name not in known:
            continue
        if isinstance(value, np.ndarray):
            record[name][tuple(map(slice, value.shape))] = value
        else:
            record[name] = value


def window_marks(layer: LayerArrays) -> Marks:
    """Return the scratch of rule 5v: a bit for every word of the longest rank with two terms."""
    two_terms = layer.rank_dim[:, 1] >= 0
    longest = int(layer.rank_extent[two_terms].max()) if two_terms.any() else 1
    return np.zeros(longest // 64 + 1, dtype=np.uint64)
