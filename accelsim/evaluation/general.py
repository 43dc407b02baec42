"""Pricing one mapping under any conventions: as ``evaluation.kernel``, with other ports.

What passes a port follows the conventions: a sum whose first read is charged is read every time, a
drain that is free takes no time.  What a lane reads for its neighbours is spread over all lanes, so
that reads there may not be limited (``peer_ports``).
"""

from __future__ import annotations

import numpy as np

from accelsim.conventions import Conventions
from accelsim.counter.general.layout import GENERAL, Scratch, fill_general
from accelsim.counter.general.tally import count_mapping
from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    READS,
    UPDATES,
    new_record,
    record_type,
)
from accelsim.evaluation.kernel import (
    CASE_FIELDS,
    fill_prices,
    no_bits,
    pass_bits,
    settle,
)
from accelsim.evaluation.packing import PriceArrays
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints, LayerArrays, MachineArrays

GENERAL_CASE = record_type([("general", GENERAL), *CASE_FIELDS])
"""As ``evaluation.kernel.CASE``, under any conventions.

The new field stands first: numba would take a record that only adds fields for one of the other
type, and call kernels that were compiled for that.
"""


def make_general_case(
    layer: LayerArrays, machine: MachineArrays, prices: PriceArrays, conventions: Conventions
) -> tuple[np.record, Scratch]:
    """Return what one thread needs to price mappings of one layer on one machine.

    Raises
    ------
    SpecError
        If the conventions do not go together or with the machine.
    """
    case = new_record(GENERAL_CASE)
    scratch = fill_general(case["counter"], case["general"], layer, machine, conventions)
    fill_prices(case, layer, prices)
    return case, scratch


@kernel
def price_general(
    case: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    keep: Ints,
    scratch: Scratch,
) -> int:
    """Count and price one packed mapping; return the rule that it breaks, or 0.

    Energy and cycles are left in ``case.energy`` (unit of the table) and ``case.cycles``.
    """
    broken = count_mapping(
        case.counter, case.general, loop_dim, loop_bound, slot_end, keep, scratch
    )
    if broken != 0:
        return broken
    add_up_ports(case, keep)
    for fanout in range(case.counter.machine.n_fanouts):
        case.network_bits[fanout] = network_bits(case, keep, fanout)
    settle(case, keep)
    return broken


@kernel
def first_sums(case: np.record, boundary: int, place: int) -> int:
    """Return the sums that start from zero, and are not read, in all groups of lanes at a place.

    ``boundary`` is the place inside the boundary at which they are not read: the place, or the next
    one.  Where first reads are charged there, there are none.
    """
    layer = case.counter.layer
    if case.counter.counts.words[boundary, layer.output, FIRST_READS] == 0:
        return 0
    words: int = layer.output_words * case.counter.nest.sum_lanes[place]
    return words


@kernel
def add_up_ports(case: np.record, keep: Ints) -> None:
    """Add up the bits through the ports of the busiest instance of each memory (rule 17).

    Of the average one, where lanes read for neighbours: ``peer_ports`` refuses limits there.
    """
    layer, machine, nest = case.counter.layer, case.counter.machine, case.counter.nest
    general, prices = case.general, case.prices
    no_bits(case)
    for tensor in range(layer.n_tensors):
        parent = 0
        for place in range(1, machine.n_places + 1):
            if place < machine.n_places and (keep[place] >> tensor) & 1 == 0:
                continue
            moved = case.counter.counts.words[place, tensor]
            reads, fills = moved[READS], moved[FILLS]
            if tensor == layer.output:
                reads = moved[UPDATES] - first_sums(case, place, parent)
                fills = moved[DRAINS] - first_sums(case, place, place)
            memory, copies = machine.place_memory[parent, tensor], nest.instances[parent]
            bits = prices.port_bits[parent, tensor]
            pass_bits(case, memory, tensor, READS, reads / copies * bits[READS])
            pass_bits(case, memory, tensor, UPDATES, moved[UPDATES] / copies * bits[UPDATES])
            if place < machine.n_places:
                memory, copies = machine.place_memory[place, tensor], nest.instances[place]
                bits = prices.port_bits[place, tensor]
                if general.drains_free == 0:
                    pass_bits(case, memory, tensor, DRAINS, moved[DRAINS] / copies * bits[DRAINS])
                pass_bits(case, memory, tensor, FILLS, fills / copies * bits[FILLS])
            parent = place
    finished = layer.output_words * prices.finished_bits
    pass_bits(case, machine.place_memory[0, layer.output], layer.output, UPDATES, -finished)


@kernel
def network_bits(case: np.record, keep: Ints, fanout: int) -> float:
    """Return the bits through the network below the busiest instance just outside a fanout."""
    layer, machine, nest = case.counter.layer, case.counter.machine, case.counter.nest
    counts = case.counter.counts
    outside, sums_outside = nest.lanes_outside[fanout], nest.sums_outside[fanout]
    bits = 0.0
    for tensor in range(layer.n_tensors):
        words = counts.network[fanout, tensor, COLLECTIONS] // outside
        if tensor != layer.output or case.general.returns_all == 1:
            words += counts.network[fanout, tensor, DELIVERIES] // outside
        else:
            parent, place = 0, 0
            for p in range(machine.n_places + 1):
                kept = p == machine.n_places or (keep[p] >> tensor) & 1 == 1
                if kept and p < machine.fanout_inside[fanout]:
                    parent = p
                elif kept and place == 0:
                    place = p
            visits = (
                counts.network[fanout, tensor, DELIVERIES]
                + counts.words[place, tensor, FIRST_READS]
            )
            back = visits - first_sums(case, place, parent)
            words += back * (sums_outside // nest.sum_lanes[parent]) // outside
        bits += float(words) * case.prices.wire_bits[fanout, tensor]
    return bits
