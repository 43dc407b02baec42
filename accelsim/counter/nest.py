"""The loop nest of one mapping, unrolled into the tables that the counting rules read.

``build`` turns a packed mapping into a nest: temporal loops and lanes (spatial loops) from
outside in with their strides, and for each place its tile, its instances, and how many loops stand
outside it.  Rules 1 and 2 of ``docs/model.md``; the record's fields are in ``counter.layout.NEST``.
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
    """Fill ``nest`` from one packed mapping: outside in for products, inside out for strides."""
    in_output = layer.relevant[layer.output]
    temporal = 0
    lanes = 0
    steps = 1
    sum_steps = 1
    instances = 1
    sum_lanes = 1
    loop = 0
    for slot in range(machine.n_slots):
        end = slot_end[slot]
        place = machine.slot_place[slot]
        if place >= 0:
            nest.temporal_end[place] = temporal
            nest.lane_end[place] = lanes
            nest.instances[place] = instances
            nest.sum_lanes[place] = sum_lanes
            while loop < end:
                dim = loop_dim[loop]
                bound = loop_bound[loop]
                steps *= bound
                sum_steps *= 1 if (in_output >> dim) & 1 else bound
                nest.temporal_dim[temporal] = dim
                nest.temporal_bound[temporal] = bound
                nest.steps[temporal] = steps
                nest.sum_steps[temporal] = sum_steps
                temporal += 1
                loop += 1
        else:
            fanout = machine.slot_fanout[slot]
            while loop < end:
                dim = loop_dim[loop]
                bound = loop_bound[loop]
                instances *= bound
                sum_lanes *= 1 if (in_output >> dim) & 1 else bound
                nest.lane_dim[lanes] = dim
                nest.lane_bound[lanes] = bound
                nest.lane_fanout[lanes] = fanout
                lanes += 1
                loop += 1
    nest.temporal_end[machine.n_places] = temporal
    nest.lane_end[machine.n_places] = lanes
    nest.instances[machine.n_places] = instances
    nest.sum_lanes[machine.n_places] = sum_lanes

    extent = nest.extent
    for dim in range(layer.n_dims):
        extent[dim] = 1
        nest.tile[machine.n_places, dim] = 1
    for slot in range(machine.n_slots - 1, -1, -1):
        start = slot_end[slot - 1] if slot > 0 else 0
        place = machine.slot_place[slot]
        if place >= 0:
            while loop > start:
                loop -= 1
                temporal -= 1
                dim = loop_dim[loop]
                nest.temporal_stride[temporal] = extent[dim]
                extent[dim] *= loop_bound[loop]
            for dim in range(layer.n_dims):
                nest.tile[place, dim] = extent[dim]
        else:
            while loop > start:
                loop -= 1
                lanes -= 1
                dim = loop_dim[loop]
                nest.lane_stride[lanes] = extent[dim]
                extent[dim] *= loop_bound[loop]
