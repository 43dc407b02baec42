"""Pricing one mapping: counts times prices, and the time of every port.

:func:`price_mapping` is what search drivers call: it allocates nothing, counts a packed mapping
and leaves its energy and cycles in the scratch.
"""

from __future__ import annotations

from math import ceil, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import MAX_PORTS
from accelsim.conventions import Conventions
from accelsim.counter.filling import copy_fields, fill, window_marks
from accelsim.counter.layout import (
    COLLECTIONS,
    COUNTER,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    MAX_FANOUTS,
    MAX_MEMORIES,
    MAX_PLACES,
    MAX_TENSORS,
    READS,
    REDUCTIONS,
    UPDATES,
    index,
    new_record,
    part_of,
    record_type,
)
from accelsim.counter.tally import count_mapping
from accelsim.counter.window import Marks
from accelsim.evaluation.packing import PriceArrays
from accelsim.jit import inlined, kernel
from accelsim.kept import kept
from accelsim.mapping.arrays import Ints, LayerArrays, MachineArrays

_float = np.float64

PRICES = record_type(
    [
        # The compute, which keeps nothing, follows the places with prices of 0.
        ("place_energy", _float, (MAX_PLACES + 1, MAX_TENSORS, 5)),
        ("fanout_energy", _float, (MAX_FANOUTS, MAX_TENSORS, 3)),
        ("operation_energy", _float),
        ("leakage", _float),
        ("gated_leakage", _float, (MAX_MEMORIES,)),
        ("read_bits", _float, (MAX_MEMORIES,)),
        ("write_bits", _float, (MAX_MEMORIES,)),
        ("shared_bits", _float, (MAX_MEMORIES,)),
        ("overlaps", np.int64, (MAX_MEMORIES,)),
        ("memory_place", np.int64, (MAX_MEMORIES,)),
        ("fanout_bits", _float, (MAX_FANOUTS,)),
        ("operations_per_cycle", _float),
        ("address_energy", _float, (MAX_PLACES + 1, MAX_TENSORS, 5)),
        ("latency_cycles", _float),
        ("port_bits", _float, (MAX_PLACES + 1, MAX_TENSORS, 5)),
        ("wire_bits", _float, (MAX_FANOUTS, MAX_TENSORS)),
        ("finished_bits", _float),
        ("n_ports", np.int64),
        ("port_memory", np.int64, (MAX_PORTS,)),
        ("port_width", _float, (MAX_PORTS,)),
        ("port_moves", _float, (MAX_PORTS, MAX_TENSORS, 5)),
    ]
)
"""Fields of :class:`~accelsim.evaluation.packing.PriceArrays`, for kernels."""

CASE_FIELDS: list[tuple[object, ...]] = [
    ("counter", COUNTER),
    ("prices", PRICES),
    # Whether any port or network is limited at all.
    ("has_ports", np.int64),
    # Whether addresses cost anything or networks have latencies.
    ("has_extras", np.int64),
    # Memories whose instances leak only in use.
    ("n_gated", np.int64),
    ("gated", np.uint8, (MAX_MEMORIES,)),
    # Of all operations, which are the same in every mapping.
    ("operations_energy", _float),
    # Bits read from and written to the busiest instance, and through its ports of some movements;
    # bits below the busiest instance just outside a fanout whose network is limited; cycles of the
    # busiest port of each.
    ("port_bits", _float, (MAX_MEMORIES, 2)),
    ("moved_bits", _float, (MAX_PORTS,)),
    ("network_bits", _float, (MAX_FANOUTS,)),
    ("port_cycles", _float, (MAX_MEMORIES,)),
    ("network_cycles", _float, (MAX_FANOUTS,)),
    ("energy", _float),
    ("cycles", _float),
]

CASE = record_type(CASE_FIELDS)
"""Everything that pricing a mapping reads and writes, for one layer on one machine."""


def make_case(
    layer: LayerArrays,
    machine: MachineArrays,
    prices: PriceArrays,
    conventions: Conventions = Conventions(),  # noqa: B008  (an immutable record)
) -> tuple[np.record, Marks]:
    """Return what one thread needs to price mappings of one layer on one machine.

    Returns
    -------
    case : record of dtype :data:`CASE`
    marks : uint64[word]
        Scratch of the one rule whose size depends on the layer.
    """
    case = new_record(CASE)
    fill(part_of(case, "counter"), layer, machine, conventions)
    fill_prices(case, layer, prices)
    return case, window_marks(layer)


def fill_prices(case: np.record, layer: LayerArrays, prices: PriceArrays) -> None:
    """Write prices and port widths into a case."""
    for name, value in _of_prices(prices).items():
        case[name] = value
    case["operations_energy"] = prod(layer.bounds.tolist(), start=prices.operation_energy)


@kept
def _of_prices(prices: PriceArrays) -> dict[str, Any]:
    """Return the fields of a case that prices alone decide."""
    record = new_record(PRICES)
    copy_fields(record, prices._asdict())
    limits = (
        prices.read_bits, prices.write_bits, prices.shared_bits, prices.fanout_bits,
        prices.port_width,
    )  # fmt: skip
    gated = prices.gated_leakage.nonzero()[0]
    return {
        "prices": record,
        "has_ports": any(limit.any() for limit in limits),
        "has_extras": bool(prices.address_energy.any() or prices.latency_cycles > 0),
        "n_gated": len(gated),
        "gated": np.pad(gated, (0, MAX_MEMORIES - len(gated))),
    }


@inlined
def price_counts(case: np.record, keep: Ints) -> None:
    """Turn the counts in ``case`` into energy and cycles (rules 14, 15 and 17)."""
    if case.has_ports == 1:
        add_up_ports(case, keep)
        for fanout in range(case.counter.machine.n_fanouts):
            if case.prices.fanout_bits[fanout] > 0.0:
                case.network_bits[fanout] = network_bits(case, keep, fanout)
    settle(case, keep)


@inlined
def settle(case: np.record, keep: Ints) -> None:
    """Leave energy and cycles in ``case``, whose ports and networks are added up."""
    nest, machine, prices = case.counter.nest, case.counter.machine, case.prices
    steps = nest.steps[index(nest.temporal_end[machine.n_places])]
    overlapped = float(ceil(steps / prices.operations_per_cycle))
    waited = 0.0
    if case.has_ports == 1:
        for memory in range(machine.n_memories):
            cycles = port_cycles(case, memory)
            case.port_cycles[memory] = cycles
            if prices.overlaps[memory] == 1:
                overlapped = max(overlapped, cycles)
            else:
                waited += cycles
        for fanout in range(machine.n_fanouts):
            cycles = 0.0
            if prices.fanout_bits[fanout] > 0.0:
                cycles = whole_cycles(case.network_bits[fanout], prices.fanout_bits[fanout])
            case.network_cycles[fanout] = cycles
            overlapped = max(overlapped, cycles)
    case.cycles = overlapped + waited
    case.energy = sum_energy(case, keep) + leaked(case)
    if case.has_extras == 1:
        case.energy += sum_addresses(case, keep)
        case.cycles += prices.latency_cycles


@inlined
def sum_energy(case: np.record, keep: Ints) -> float:
    """Return accesses times their prices, in the unit of the table (rules 14 and 15).

    A boundary that the mapping bypasses has no words, and the compute no prices: they add 0.
    """
    layer, machine = case.counter.layer, case.counter.machine
    counts, prices = case.counter.counts, case.prices
    network = counts.network
    accesses = counts.accesses if machine.has_blocks == 1 else counts.words
    energy: float = case.operations_energy
    for tensor in range(layer.n_tensors):
        parent = index(0)
        for outer in range(machine.n_places):
            parent = index(outer) if (keep[outer] >> tensor) & 1 == 1 else parent
            child = outer + 1
            moved, own = accesses[child, tensor], prices.place_energy[child, tensor]
            cost = prices.place_energy[parent, tensor]
            if tensor == layer.output:
                energy += moved[READS] * cost[READS] + moved[FIRST_READS] * cost[FIRST_READS]
                energy += moved[UPDATES] * cost[UPDATES]
                energy += moved[FILLS] * own[FILLS] + moved[DRAINS] * own[DRAINS]
            else:
                energy += moved[READS] * cost[READS]
                energy += moved[FILLS] * own[FILLS]
    for fanout in range(machine.n_fanouts):
        for tensor in range(layer.n_tensors):
            crossed = network[fanout, tensor]
            cost = prices.fanout_energy[fanout, tensor]
            energy += crossed[DELIVERIES] * cost[DELIVERIES]
            if tensor == layer.output:
                energy += crossed[COLLECTIONS] * cost[COLLECTIONS]
                energy += crossed[REDUCTIONS] * cost[REDUCTIONS]
    return energy


@kernel
def sum_addresses(case: np.record, keep: Ints) -> float:
    """Return the energy of the addresses of all words (rule 14)."""
    layer, machine, words = case.counter.layer, case.counter.machine, case.counter.counts.words
    energy = 0.0
    for tensor in range(layer.n_tensors):
        parent = 0
        for child in range(1, machine.n_places + 1):
            if child < machine.n_places and (keep[child] >> tensor) & 1 == 0:
                continue
            moved = words[child, tensor]
            cost = case.prices.address_energy[parent, tensor]
            own = case.prices.address_energy[child, tensor]
            energy += moved[READS] * cost[READS] + moved[UPDATES] * cost[UPDATES]
            energy += moved[FILLS] * own[FILLS] + moved[DRAINS] * own[DRAINS]
            parent = child
    return energy


@inlined
def leaked(case: np.record) -> float:
    """Return what leaks over the cycles: of all instances, or of those in use (rule 14)."""
    prices, nest = case.prices, case.counter.nest
    leakage = prices.leakage
    for k in range(case.n_gated):
        memory = case.gated[k]
        leakage += prices.gated_leakage[memory] * nest.instances[prices.memory_place[memory]]
    energy: float = case.cycles * leakage
    return energy


@inlined
def no_bits(case: np.record) -> None:
    """Clear the bits through ports."""
    for memory in range(case.counter.machine.n_memories):
        case.port_bits[memory, 0] = 0.0
        case.port_bits[memory, 1] = 0.0
    for port in range(case.prices.n_ports):
        case.moved_bits[port] = 0.0


@inlined
def pass_bits(case: np.record, memory: int, tensor: int, action: int, bits: float) -> None:
    """Send the bits of an action through the ports of a memory."""
    prices = case.prices
    written = 1 if action in (UPDATES, FILLS) else 0
    case.port_bits[memory, written] += bits
    for port in range(prices.n_ports):
        if prices.port_memory[port] == memory:
            case.moved_bits[port] += bits * prices.port_moves[port, tensor, action]


@kernel
def add_up_ports(case: np.record, keep: Ints) -> None:
    """Add up the bits through the ports of the busiest instance of each memory (rule 17).

    Sums go back to one lane of a group: that lane, not the average, is the busiest.  Everything
    else is spread evenly, so that the divisions are exact.  Bits are added up as floats, exact
    below 2^53: words times bits need not fit an int64.
    """
    layer, machine, nest = case.counter.layer, case.counter.machine, case.counter.nest
    prices = case.prices
    no_bits(case)
    for tensor in range(layer.n_tensors):
        parent = 0
        for place in range(1, machine.n_places + 1):
            if place < machine.n_places and (keep[place] >> tensor) & 1 == 0:
                continue
            moved = case.counter.counts.words[place, tensor]
            reads, fills = moved[READS], moved[FILLS]
            if tensor == layer.output:
                reads = moved[UPDATES] - layer.output_words * nest.sum_lanes[parent]
                fills = moved[DRAINS] - layer.output_words * nest.sum_lanes[place]
            memory, copies = machine.place_memory[parent, tensor], nest.instances[parent]
            bits = prices.port_bits[parent, tensor]
            pass_bits(case, memory, tensor, READS, reads // copies * bits[READS])
            pass_bits(case, memory, tensor, UPDATES, moved[UPDATES] // copies * bits[UPDATES])
            if place < machine.n_places:
                memory, copies = machine.place_memory[place, tensor], nest.instances[place]
                bits = prices.port_bits[place, tensor]
                pass_bits(case, memory, tensor, DRAINS, moved[DRAINS] // copies * bits[DRAINS])
                pass_bits(case, memory, tensor, FILLS, fills // copies * bits[FILLS])
            parent = place
    finished = layer.output_words * prices.finished_bits
    pass_bits(case, machine.place_memory[0, layer.output], layer.output, UPDATES, -finished)


@kernel
def port_cycles(case: np.record, memory: int) -> float:
    """Return the cycles of the slowest port of a memory."""
    prices = case.prices
    read, written = case.port_bits[memory, 0], case.port_bits[memory, 1]
    cycles = 0.0
    if prices.read_bits[memory] > 0.0:
        cycles = max(cycles, whole_cycles(read, prices.read_bits[memory]))
    if prices.write_bits[memory] > 0.0:
        cycles = max(cycles, whole_cycles(written, prices.write_bits[memory]))
    if prices.shared_bits[memory] > 0.0:
        cycles = max(cycles, whole_cycles(read + written, prices.shared_bits[memory]))
    for port in range(prices.n_ports):
        if prices.port_memory[port] == memory:
            cycles = max(cycles, whole_cycles(case.moved_bits[port], prices.port_width[port]))
    return cycles


@kernel
def whole_cycles(bits: float, width: float) -> float:
    """Return ceil(bits / width), taking a quotient within 1e-12 of an integer for that integer.

    A width such as 0.7 words a cycle has no exact float; without the tolerance its rounding would
    cost a cycle.
    """
    cycles: float = np.ceil(bits / width * (1.0 - 1e-12))  # as a float: an int64 may overflow
    return cycles


@kernel
def network_bits(case: np.record, keep: Ints, fanout: int) -> float:
    """Return the bits through the network below the busiest instance just outside a fanout."""
    layer, machine, nest = case.counter.layer, case.counter.machine, case.counter.nest
    counts = case.counter.counts
    outside = 1
    sums_outside = 1
    for other in range(fanout):
        outside *= nest.fanout_lanes[other]
        sums_outside *= nest.fanout_sums[other]
    bits = 0.0
    for tensor in range(layer.n_tensors):
        words = counts.network[fanout, tensor, COLLECTIONS] // outside
        if tensor != layer.output:
            words += counts.network[fanout, tensor, DELIVERIES] // outside
        else:
            parent = 0
            place = 0
            for p in range(machine.n_places + 1):
                kept = p == machine.n_places or (keep[p] >> tensor) & 1 == 1
                if kept and p < machine.fanout_inside[fanout]:
                    parent = p
                elif kept and place == 0:
                    place = p
            # Every visit but the first returns a sum to the lane that all sums pass through.
            visits = (
                counts.network[fanout, tensor, DELIVERIES]
                + counts.words[place, tensor, FIRST_READS]
            )
            back = visits - layer.output_words * nest.sum_lanes[parent]
            words += back * (sums_outside // nest.sum_lanes[parent]) // outside
        bits += float(words) * case.prices.wire_bits[fanout, tensor]
    return bits


@inlined
def price_mapping(
    case: np.record, loop_dim: Ints, loop_bound: Ints, slot_end: Ints, keep: Ints, marks: Marks
) -> int:
    """Count and price one packed mapping; return the rule that it breaks, or 0.

    Energy and cycles are left in ``case.energy`` (unit of the table) and ``case.cycles``.
    """
    broken = count_mapping(case.counter, loop_dim, loop_bound, slot_end, keep, marks)
    if broken == 0:
        price_counts(case, keep)
    return broken


@kernel
def price_whole(
    cases: npt.NDArray[np.record],
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    keep: Ints,
    marks: Marks,
) -> int:
    """Do as :func:`price_mapping` does, and add up the bits through unlimited ports too.

    ``cases`` holds one case: an array is handed to a kernel faster than a record.
    """
    case = cases[0]
    broken = price_mapping(case, loop_dim, loop_bound, slot_end, keep, marks)
    if broken == 0 and case.has_ports == 0:
        add_up_ports(case, keep)
    return broken
