"""The loop nest of one mapping, unrolled into the tables that the counting rules read.

``build`` turns a packed mapping into a nest: for each node (place, fanout or the compute) what it
covers, for each place its instances, for each fanout the lanes in use, for each temporal loop the
run that it closes.  Rules 1 to 3 of ``docs/model.md``; the record's fields are in
``counter.layout.NEST``.

The mappings of a batch are unlike each other, and a branch that depends on them is often guessed
wrong, which costs as much as some eighty instructions.  So one loop runs over all loops, whatever
slots they stand in, and a factor of 1 or a choice between two values takes the place of a branch.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.layout import (
    EACH_BYTE,
    MAX_DIMS,
    MAX_FANOUTS,
    MAX_LOOPS,
    MAX_SLOTS,
    NO_DIM,
    index,
)
from accelsim.jit import inlined
from accelsim.mapping.arrays import Ints


@inlined
def build(
    layer: np.record,
    machine: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    nest: np.record,
) -> None:
    """Fill ``nest`` from one packed mapping."""
    start_products(machine, nest)
    number_loops(machine, slot_end, nest)
    unroll(machine, loop_dim, loop_bound, slot_end[machine.n_slots - 1], nest)
    multiply_outward(layer, machine, nest)
    multiply_lanes(layer, machine, nest)
    close_runs(layer, nest.temporal_end[machine.n_places], nest)


@inlined
def start_products(machine: np.record, nest: np.record) -> None:
    """Set every product to 1."""
    for dim in range(MAX_DIMS):
        nest.extent[dim] = 1
    for node in range(machine.n_nodes):
        for dim in range(MAX_DIMS):
            nest.factor[node, dim] = 1
    for slot in range(MAX_SLOTS):
        nest.slot_lanes[slot] = 1
    for array in range(MAX_FANOUTS):
        nest.mesh[array, 0] = 1
        nest.mesh[array, 1] = 1
    for loop in range(MAX_LOOPS):
        nest.slots_ending[loop] = 0


@inlined
def number_loops(machine: np.record, slot_end: Ints, nest: np.record) -> None:
    """Write how many slots end before each loop, and the temporal loops outside each place."""
    temporal, start = 0, 0
    for slot in range(machine.n_slots):
        end = slot_end[slot]
        nest.slots_ending[index(end)] += 1
        nest.temporal_end[machine.slot_row[slot]] = temporal
        temporal += (end - start) * machine.slot_temporal[slot]
        start = end
    nest.temporal_end[machine.n_places] = temporal


@inlined
def unroll(
    machine: np.record, loop_dim: Ints, loop_bound: Ints, n_loops: int, nest: np.record
) -> None:
    """Write the temporal loops and the products of each slot and node, from inside out (rule 1).

    The stride of a loop is the extent that all loops of its dim further inside cover.  A lane is
    written too, where the next temporal loop overwrites it (in row 0 at last).
    """
    temporal, slot, loop = nest.temporal_end[machine.n_places], machine.n_slots, n_loops
    while loop > 0:
        slot -= nest.slots_ending[index(loop)]
        loop -= 1
        dim, bound = index(loop_dim[index(loop)]), loop_bound[index(loop)]
        stride = nest.extent[dim]
        nest.extent[dim] = stride * bound
        row, at = index(temporal), index(slot)
        nest.dim[row] = dim
        nest.bound[row] = bound
        nest.stride[row] = stride
        temporal -= machine.slot_temporal[at]
        nest.slot_lanes[at] *= bound
        nest.factor[machine.slot_node[at], dim] *= bound


@inlined
def multiply_outward(layer: np.record, machine: np.record, nest: np.record) -> None:
    """Write what each node covers of every dim: its own loops and all inside it (rule 1).

    The outermost place covers everything.
    """
    for node in range(1, machine.n_nodes - 1):
        for dim in range(layer.n_padded):
            nest.cover[node, dim] = nest.factor[node, dim] * nest.cover[node - 1, dim]


@inlined
def multiply_lanes(layer: np.record, machine: np.record, nest: np.record) -> None:
    """Write lanes and instances: products from outside in (rule 1)."""
    lanes, sums = 1, 1
    nest.lanes_outside[0] = lanes
    nest.sums_outside[0] = sums
    for fanout in range(machine.n_fanouts):
        slot, node = machine.fanout_slot[fanout], machine.fanout_node[fanout]
        y, x = nest.slot_lanes[slot], nest.slot_lanes[index(slot + 1)]
        array = machine.fanout_array[fanout]
        nest.mesh[array, 0] *= x
        nest.mesh[array, 1] *= y
        own_sums = 1
        for k in range(layer.n_summed):
            own_sums *= nest.factor[node, layer.summed_dims[k]]
        nest.fanout_lanes[fanout] = x * y
        nest.fanout_sums[fanout] = own_sums
        lanes *= x * y
        sums *= own_sums
        nest.lanes_outside[fanout + 1] = lanes
        nest.sums_outside[fanout + 1] = sums
    for place in range(machine.n_places + 1):
        outside = index(machine.fanouts_outside[place])
        nest.instances[place] = nest.lanes_outside[outside]
        nest.sum_lanes[place] = nest.sums_outside[outside]


@inlined
def close_runs(layer: np.record, n_loops: int, nest: np.record) -> None:
    """Write the steps down to each temporal loop, and the run that it closes (rule 3).

    A loop extends the run of the loop just outside it if that one has the same dim and steps over
    all of it; otherwise it starts a run of its own.
    """
    nest.dim[0] = NO_DIM
    outer_dim, outer_stride = index(NO_DIM), 0
    steps, sum_steps, run, outside = 1, 1, 1, 0
    each_row, closing = 0, 0
    for loop in range(n_loops):
        row = index(loop + 1)
        dim, bound, stride = nest.dim[row], nest.bound[row], nest.stride[row]
        extends = (dim == outer_dim) & (outer_stride == bound * stride)
        run = run * bound if extends else bound
        outside = outside if extends else loop
        steps *= bound
        sum_steps *= 1 + (bound - 1) * layer.summed[dim]
        nest.steps[row] = steps
        nest.sum_steps[row] = sum_steps
        nest.run_bound[row] = run
        nest.run_outside[row] = outside
        each_row += EACH_BYTE
        moved = layer.indexes[dim]
        closing = (closing & ~moved) | (each_row & moved)
        nest.closing[row] = closing
        outer_dim, outer_stride = dim, stride
