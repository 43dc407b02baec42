"""The loop nest of one mapping, unrolled into the tables that the counting rules read.

``build`` turns a packed mapping into a nest: temporal loops and lanes (spatial loops) from
outside in with their strides, for each place its tile and its instances, for each fanout the
lanes in use.  Rules 1 and 2 of ``docs/model.md``; the record's fields are in
``counter.layout.NEST``.
"""

from __future__ import annotations

import numpy as np

from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints


@kernel
def build(
    layer: np.record,
    machine: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    nest: np.record,
) -> None:
    """Fill ``nest`` from one packed mapping."""
    number_loops(machine, slot_end, nest)
    unroll(layer, machine, loop_dim, loop_bound, slot_end, nest)
    multiply_outward(layer, machine, nest)


@kernel
def number_loops(machine: np.record, slot_end: Ints, nest: np.record) -> None:
    """Write how many temporal loops and how many lanes stand outside each place and fanout."""
    temporal = 0
    lanes = 0
    start = 0
    for slot in range(machine.n_slots):
        place, fanout = machine.slot_place[slot], machine.slot_fanout[slot]
        if place >= 0:
            nest.temporal_end[place] = temporal
            nest.lane_end[place] = lanes
            temporal += slot_end[slot] - start
        else:
            lanes += slot_end[slot] - start
            nest.fanout_lane_end[fanout] = lanes
        start = slot_end[slot]
    nest.temporal_end[machine.n_places] = temporal
    nest.lane_end[machine.n_places] = lanes


@kernel
def unroll(
    layer: np.record,
    machine: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    nest: np.record,
) -> None:
    """Write every loop and, from inside out, what its inner loops multiply to (rule 1).

    The stride of a loop is the extent that all loops of its dim further inside cover.
    """
    extent = nest.extent
    for dim in range(layer.n_dims):
        extent[dim] = 1
    keep_tile(layer, machine.n_places, nest)
    start_fanouts(layer, machine, nest)
    in_output = layer.relevant[layer.output]
    temporal = nest.temporal_end[machine.n_places]
    lane = nest.lane_end[machine.n_places]
    for slot in range(machine.n_slots - 1, -1, -1):
        start = slot_end[slot - 1] if slot > 0 else 0
        place, fanout = machine.slot_place[slot], machine.slot_fanout[slot]
        if place >= 0:
            for loop in range(slot_end[slot] - 1, start - 1, -1):
                temporal -= 1
                dim, bound = loop_dim[loop], loop_bound[loop]
                nest.temporal_dim[temporal] = dim
                nest.temporal_bound[temporal] = bound
                nest.temporal_stride[temporal] = extent[dim]
                extent[dim] *= bound
            keep_tile(layer, place, nest)
        else:
            lanes, sums, dims = 1, 1, 0
            for loop in range(slot_end[slot] - 1, start - 1, -1):
                lane -= 1
                dim, bound = loop_dim[loop], loop_bound[loop]
                nest.lane_dim[lane] = dim
                nest.lane_bound[lane] = bound
                nest.lane_stride[lane] = extent[dim]
                extent[dim] *= bound
                lanes *= bound
                sums *= 1 if (in_output >> dim) & 1 else bound
                dims |= 1 << dim
                for tensor in range(layer.n_tensors):
                    copies = bound if (layer.single_term[tensor] >> dim) & 1 else 1
                    nest.fanout_copies[fanout, tensor] *= copies
            nest.fanout_lanes[fanout] *= lanes
            nest.fanout_sums[fanout] *= sums
            nest.fanout_dims[fanout] |= dims
            nest.mesh[machine.fanout_array[fanout], machine.slot_axis[slot]] *= lanes


@kernel
def keep_tile(layer: np.record, place: int, nest: np.record) -> None:
    """Write the extents covered so far as the tile of a place."""
    for dim in range(layer.n_dims):
        nest.tile[place, dim] = nest.extent[dim]


@kernel
def start_fanouts(layer: np.record, machine: np.record, nest: np.record) -> None:
    """Start every fanout and every mesh with one lane."""
    for array in range(machine.n_arrays):
        nest.mesh[array, 0] = 1
        nest.mesh[array, 1] = 1
    for fanout in range(machine.n_fanouts):
        nest.fanout_dims[fanout] = 0
        nest.fanout_lanes[fanout] = 1
        nest.fanout_sums[fanout] = 1
        for tensor in range(layer.n_tensors):
            nest.fanout_copies[fanout, tensor] = 1


@kernel
def multiply_outward(layer: np.record, machine: np.record, nest: np.record) -> None:
    """Write steps and instances: products from outside in (rule 1)."""
    in_output = layer.relevant[layer.output]
    steps = 1
    sum_steps = 1
    for loop in range(nest.temporal_end[machine.n_places]):
        bound = nest.temporal_bound[loop]
        steps *= bound
        sum_steps *= 1 if (in_output >> nest.temporal_dim[loop]) & 1 else bound
        nest.steps[loop] = steps
        nest.sum_steps[loop] = sum_steps
    instances = 1
    sum_lanes = 1
    fanout = 0
    for place in range(machine.n_places + 1):
        while fanout < machine.fanouts_outside[place]:
            instances *= nest.fanout_lanes[fanout]
            sum_lanes *= nest.fanout_sums[fanout]
            nest.fanout_instances[fanout] = instances
            fanout += 1
        nest.instances[place] = instances
        nest.sum_lanes[place] = sum_lanes
