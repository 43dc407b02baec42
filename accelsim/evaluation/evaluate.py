"""From a mapping to an Evaluation: count, price, time."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np

from accelsim.arch.records import Architecture, Compute, Memory, Place
from accelsim.arch.uneven import form_with
from accelsim.conventions import Conventions
from accelsim.counter.general.layout import needs_general
from accelsim.counter.ragged import count_ragged_packed
from accelsim.counter.tally import Violation, accesses_of
from accelsim.errors import AccelsimError, ExitCode, SpecError
from accelsim.evaluation.effectual import operation_shares
from accelsim.evaluation.energies import energies
from accelsim.evaluation.extras import HOP, ROUTE, count_addresses, meshes_of, price_extras
from accelsim.evaluation.general import make_general_case, price_general
from accelsim.evaluation.kernel import add_up_ports, make_case, price_mapping
from accelsim.evaluation.packing import PriceArrays, leakage_rates, outermost_place, pack
from accelsim.evaluation.peer_ports import refuse_unknown_ports
from accelsim.evaluation.prices import (
    DEFAULT_ACCOUNTING,
    Floats,
    Prices,
    attributes_of,
    present_memories,
    resolve,
)
from accelsim.evaluation.records import Evaluation
from accelsim.evaluation.refusals import box_problem, explain_violation
from accelsim.evaluation.remainders import (
    bits_moved,
    moved_bits,
    network_cycles,
    port_bits,
    port_cycles,
)
from accelsim.mapping.arrays import (
    Ints,
    bits_in_use,
    mapping_problems,
    pack_layer,
    pack_machine,
    pack_mapping,
)
from accelsim.mapping.homes import memory_at
from accelsim.mapping.records import Mapping
from accelsim.technology.records import (
    ACTIONS,
    Accounting,
    EnergyTable,
)
from accelsim.workload.records import Layer

# The actions of counter.boundary, in the order in which technology.records lists them.
AT_PARENT = slice(0, 3)
AT_CHILD = slice(3, 5)
IN_NETWORK = slice(5, 8)


class IllegalMappingError(AccelsimError):
    """A mapping breaks a rule; says which, where and by how much."""

    exit_code = ExitCode.NO_MAPPING


def evaluate(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    table: EnergyTable,
    accounting: Accounting = DEFAULT_ACCOUNTING,
) -> Evaluation:
    """Count and price one mapping, on the form of the machine whose places it names.

    Movement is counted under the conventions of the accounting.

    Raises
    ------
    IllegalMappingError
        If the mapping breaks a rule of the machine or of the layer.
    SpecError
        If the mapping is not one of this machine and layer, the table lacks a price, or the
        conventions do not go together, with the machine, or with remainders, or the busiest port
        that limits a memory is not known.
    """
    return evaluate_at(layer, arch, mapping, resolve(arch, table, accounting))


def evaluate_at(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    prices: Prices,
) -> Evaluation:
    """Count and price one mapping at resolved prices; raises what :func:`evaluate` does."""
    arch = form_with(arch, mapping.places)
    conventions = prices.accounting.conventions
    boxed = box_problem(layer, conventions)
    problems = [boxed] if boxed else mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    packed_prices = pack(prices, arch, layer)
    count = _count_with_remainders if mapping.remainders else _count
    found = count(layer, arch, mapping, packed_prices, conventions)
    refuse_unknown_ports(layer, arch, mapping, conventions)

    levels = level_names(arch)
    words = _by_level(layer, arch, mapping, levels, found.words, found.network)
    accesses = _by_level(layer, arch, mapping, levels, found.accesses, found.network)
    energy = energies(layer, arch, prices, levels, accesses)
    addresses = count_addresses(layer, arch, prices, levels, words)
    meshes = meshes_of(layer, arch, mapping, found.network, conventions)
    price_extras(layer, arch, prices, levels, words, meshes, energy)
    instances = _instances(arch, found.instances)
    leaked = found.cycles * sum(leakage_rates(arch, instances, conventions).values())
    ports, bound = _times(arch, packed_prices, found)
    compute_instances = arch.instances(arch.compute) * arch.compute.ops_per_cycle
    cycles = found.cycles + arch.latency_cycles
    # The search knows no hops.
    seen = float(energy.sum()) + leaked if found.energy is None else found.energy
    if found.energy is not None and meshes:
        seen += float(energy[..., [HOP, ROUTE]].sum())
    return Evaluation(
        layer=layer,
        arch=arch,
        mapping=mapping,
        prices=prices,
        levels=levels,
        words=words,
        accesses=accesses,
        energy_array=energy,
        energy_total=seen,
        leakage=leaked,
        addresses=addresses,
        meshes=meshes,
        tile_words=_tiles_by_level(layer, arch, levels, found.tile_words),
        capacity_bits={
            memory.name: (bits_in_use(arch, layer, memory, int(bits)), memory.usable_bits)
            for memory, bits in zip(arch.memories, found.memory_bits, strict=False)
        },
        instances=instances,
        port_cycles=ports,
        port_bits={
            memory.name: (float(read), float(written))
            for memory, (read, written) in zip(arch.memories, found.port_bits, strict=False)
        },
        moved_bits=_by_memory(arch, found.moved_bits),
        compute_cycles=found.compute_cycles,
        cycles=cycles,
        utilization=operation_shares(arch, layer).timed
        * (layer.operations / (compute_instances * cycles)),
        bound=bound,
        area_mm2=area_mm2(arch, prices.table),
    )


class _Counted(NamedTuple):
    """The counts of a legal mapping, indexed as by the counter, and its time."""

    words: Ints
    accesses: Ints
    network: Ints
    tile_words: Ints
    memory_bits: Ints
    instances: Ints
    port_cycles: Floats
    """``[memory]``"""
    port_bits: Floats
    """``[memory, read or written]``: through the busiest instance."""
    moved_bits: Floats
    """``[port]``: through the ports that only some movements pass."""
    network_cycles: Floats
    """``[fanout]``"""
    compute_cycles: float
    cycles: float
    """Before the latencies of networks."""
    energy: float | None
    """As the search sees it, leakage included; None if no search looks at such mappings."""


def _count(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    prices: PriceArrays,
    conventions: Conventions,
) -> _Counted:
    machine, packed = pack_machine(arch, layer), pack_layer(layer)
    loops = pack_mapping(mapping, layer)
    if needs_general(machine, conventions):
        case, scratch = make_general_case(packed, machine, prices, conventions)
        broken = price_general(case, *loops, scratch)
    else:
        case, marks = make_case(packed, machine, prices, conventions)
        broken = price_mapping(case, *loops, marks)
        if not (broken or case.has_ports):
            add_up_ports(case, loops.keep)
    nest, counts = case.counter.nest, case.counter.counts
    if broken:
        raise IllegalMappingError(
            explain_violation(Violation(broken), layer, arch, mapping, counts.memory_bits)
        )
    steps = int(nest.steps[nest.temporal_end[machine.n_places]])
    return _Counted(
        words=counts.words,
        accesses=accesses_of(case.counter),
        network=counts.network,
        tile_words=counts.tile_words,
        memory_bits=counts.memory_bits,
        instances=nest.instances[: machine.n_places + 1],
        port_cycles=case.port_cycles,
        port_bits=case.port_bits,
        moved_bits=case.moved_bits,
        network_cycles=case.network_cycles,
        compute_cycles=float(ceil(steps / prices.operations_per_cycle)),
        cycles=float(case.cycles) - arch.latency_cycles,
        energy=float(case.energy),
    )


def _count_with_remainders(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    prices: PriceArrays,
    conventions: Conventions,
) -> _Counted:
    machine, loops = pack_machine(arch, layer), pack_mapping(mapping, layer)
    packed = pack_layer(layer)
    counts = count_ragged_packed(packed, machine, loops, conventions)
    if counts.violation:
        raise IllegalMappingError(
            explain_violation(counts.violation, layer, arch, mapping, counts.memory_bits)
        )
    bits = bits_moved(packed, machine, prices, loops, counts)
    ports = port_cycles(prices, bits)
    networks = network_cycles(prices, counts)
    compute = float(ceil(counts.steps / prices.operations_per_cycle))
    hidden = prices.overlaps == 1
    overlapped = max([compute, *ports[hidden], *networks])
    return _Counted(
        words=counts.words,
        accesses=counts.accesses,
        network=counts.network,
        tile_words=counts.tile_words,
        memory_bits=counts.memory_bits,
        instances=counts.instances,
        port_cycles=ports,
        port_bits=port_bits(bits),
        moved_bits=moved_bits(prices, bits),
        network_cycles=networks,
        compute_cycles=compute,
        cycles=float(overlapped + ports[~hidden].sum()),
        energy=None,
    )


def reprice(
    evaluation: Evaluation, table: EnergyTable, accounting: Accounting | None = None
) -> Evaluation:
    """Return the same mapping under another energy table or accounting; nothing is searched.

    Raises
    ------
    IllegalMappingError
        If its tiles do not fit as the conventions of the other accounting measure them.
    """
    return evaluate(
        evaluation.layer,
        evaluation.arch,
        evaluation.mapping,
        table,
        accounting or evaluation.prices.accounting,
    )


def level_names(arch: Architecture) -> tuple[str, ...]:
    """Return memories, fanouts and the compute by name, outermost first, each once."""
    names: dict[str, None] = {}
    for node in arch.nodes:
        if isinstance(node, Place):
            names.update(dict.fromkeys(held.memory for held in node.holdings))
        else:
            names[node.name] = None
    return tuple(names)


def _by_level(
    layer: Layer,
    arch: Architecture,
    mapping: Mapping,
    levels: tuple[str, ...],
    boundaries: Ints,
    network: Ints,
) -> Ints:
    """Charge every count to the level that performs the action: ``[level, tensor, action]``."""
    charged = np.zeros((len(levels), len(layer.tensors) + 1, len(ACTIONS)), dtype=np.int64)
    for t, tensor in enumerate(layer.tensors):
        keepers = [
            (index, levels.index(memory_at(arch, layer, place, tensor).name))
            for index, place in enumerate(arch.places)
            if tensor.name in mapping.block(place.name).keep
        ]
        children = [*(index for index, _ in keepers[1:]), len(arch.places)]
        for (_, level), child in zip(keepers, children, strict=True):
            charged[level, t, AT_PARENT] += boundaries[child, t][AT_PARENT]
        for child, level in keepers[1:]:
            charged[level, t, AT_CHILD] += boundaries[child, t][AT_CHILD]
    for f, fanout in enumerate(arch.fanouts):
        charged[levels.index(fanout.name), :-1, IN_NETWORK] = network[f, : len(layer.tensors)]
    charged[-1, -1, ACTIONS.index(layer.op)] = layer.operations
    return charged


def _tiles_by_level(
    layer: Layer, arch: Architecture, levels: tuple[str, ...], tile_words: Ints
) -> Ints:
    tiles = np.zeros((len(levels), len(layer.tensors)), dtype=np.int64)
    for p, place in enumerate(arch.places):
        for t, tensor in enumerate(layer.tensors):
            if tile_words[p, t]:
                level = levels.index(memory_at(arch, layer, place, tensor).name)
                tiles[level, t] += tile_words[p, t]
    return tiles


def _instances(arch: Architecture, in_use: Ints) -> dict[str, tuple[int, int]]:
    """Return (in use, built) of every memory and of the compute."""
    instances: dict[str, tuple[int, int]] = {}
    for index, place in enumerate(arch.places):
        for held in place.holdings:
            instances.setdefault(held.memory, (int(in_use[index]), arch.instances(place)))
    instances[arch.compute.name] = (int(in_use[-1]), arch.instances(arch.compute))
    return instances


def _by_memory(arch: Architecture, moved: Floats) -> dict[str, tuple[float, ...]]:
    """Return the bits through each port that only some movements pass, by memory."""
    found, first = {}, 0
    for memory in arch.memories:
        if memory.ports:
            last = first + len(memory.ports)
            found[memory.name] = tuple(float(bits) for bits in moved[first:last])
            first = last
    return found


def _times(
    arch: Architecture, prices: PriceArrays, found: _Counted
) -> tuple[dict[str, float], str]:
    """Return (cycles by limited port or network, what sets the time)."""
    ports = {
        memory.name: float(found.port_cycles[m])
        for m, memory in enumerate(arch.memories)
        if prices.read_bits[m] or prices.write_bits[m] or prices.shared_bits[m] or memory.ports
    }
    ports |= {
        fanout.name: float(found.network_cycles[f])
        for f, fanout in enumerate(arch.fanouts)
        if prices.fanout_bits[f]
    }
    slowest = max(ports, key=lambda name: ports[name], default="")
    compute = found.compute_cycles
    bound = slowest if slowest and ports[slowest] > compute else "compute"
    return ports, bound


def area_mm2(arch: Architecture, table: EnergyTable) -> float | None:
    """Return the area of the chip, all instances, or None if that of a part is not known.

    What the machine does not state, the table may know.

    The outermost memory is off the chip; a memory of size 0 is absent.
    """
    parts = [
        (_area_um2(memory, table), arch.instances(outermost_place(arch, memory)))
        for memory in present_memories(arch)
        if outermost_place(arch, memory) is not arch.places[0]
    ]
    parts.append((_area_um2(arch.compute, table), arch.instances(arch.compute)))
    total = 0.0
    for area_um2, copies in parts:
        if area_um2 is None:
            return None
        total += area_um2 * copies
    return total / 1e6


def _area_um2(part: Memory | Compute, table: EnergyTable) -> float | None:
    if part.area_um2 is not None:
        return part.area_um2
    found = table.area(part.component, attributes_of(part))
    return None if found is None else found.um2
