"""From a mapping to an Evaluation: count, price, time."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from accelsim.arch.records import Architecture
from accelsim.arch.uneven import form_with
from accelsim.counter.general.layout import Scratch
from accelsim.counter.ragged import count_ragged_packed
from accelsim.counter.tally import Violation
from accelsim.errors import AccelsimError, ExitCode, SpecError
from accelsim.evaluation.charged import by_level, tiles_by_level
from accelsim.evaluation.effectual import operation_shares
from accelsim.evaluation.energies import energies
from accelsim.evaluation.extras import HOP, ROUTE, meshes_of, price_hops
from accelsim.evaluation.general import price_general
from accelsim.evaluation.kernel import price_whole
from accelsim.evaluation.packing import PriceArrays, leakage_rates
from accelsim.evaluation.peer_ports import refuse_unknown_ports
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, Floats, Prices, resolve
from accelsim.evaluation.pricing import Packed
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
    MappingArrays,
    bits_in_use,
    mapping_problems,
    pack_mapping,
)
from accelsim.mapping.records import Mapping
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Layer


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


def evaluate_at(layer: Layer, arch: Architecture, mapping: Mapping, prices: Prices) -> Evaluation:
    """Count and price one mapping at resolved prices; raises what :func:`evaluate` does."""
    return evaluate_on(PricedMachine(arch, prices), layer, mapping)


def evaluate_on(
    machine: PricedMachine, layer: Layer, mapping: Mapping, packed: Packed | None = None
) -> Evaluation:
    """Count and price one mapping on a machine; raises what :func:`evaluate` does.

    Parameters
    ----------
    packed : what ``machine.pack(layer)`` returns, if it is at hand
    """
    prices, conventions = machine.prices, machine.prices.accounting.conventions
    arch = form_with(machine.arch, mapping.places)
    if arch is not machine.arch:
        machine, packed = PricedMachine(arch, prices), None
    boxed = box_problem(layer, conventions)
    problems = [boxed] if boxed else mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    packed = packed or machine.pack(layer)
    its = machine.levels(layer)
    count = _count_with_remainders if mapping.remainders else _count
    loops = pack_mapping(mapping, layer)
    found = count(layer, arch, mapping, loops, packed)
    refuse_unknown_ports(layer, arch, mapping, conventions)

    levels = its.levels
    words = accesses = by_level(layer, its, loops.keep, found.words, found.network)
    if found.accesses is not found.words:
        accesses = by_level(layer, its, loops.keep, found.accesses, found.network)
    energy = energies(layer, its, accesses, words)
    meshes = meshes_of(layer, arch, mapping, found.network, conventions)
    if meshes:
        price_hops(layer, arch, prices, levels, meshes, energy)
    instances = _instances(machine, found.instances)
    leaked = found.cycles * sum(leakage_rates(arch, instances, conventions).values())
    ports, bound = _times(arch, packed.prices, found)
    compute_instances = machine.built[arch.compute.name] * arch.compute.ops_per_cycle
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
        addresses=(words * its.needs_address).sum(axis=2)[:, :-1],
        meshes=meshes,
        tile_words=tiles_by_level(its, found.tile_words),
        capacity_bits={
            memory.name: (bits_in_use(arch, layer, memory, bits), memory.usable_bits)
            for memory, bits in zip(arch.memories, found.memory_bits.tolist(), strict=False)
        },
        instances=instances,
        port_cycles=ports,
        port_bits={
            memory.name: (float(read), float(written))
            for memory, (read, written) in zip(
                arch.memories, found.port_bits.tolist(), strict=False
            )
        },
        moved_bits=_by_memory(arch, found.moved_bits),
        compute_cycles=found.compute_cycles,
        cycles=cycles,
        utilization=operation_shares(arch, layer).timed
        * (layer.operations / (compute_instances * cycles)),
        bound=bound,
        area_mm2=machine.area_mm2,
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
    layer: Layer, arch: Architecture, mapping: Mapping, loops: MappingArrays, packed: Packed
) -> _Counted:
    # Fields of an array are many times faster to get than those of a record.
    its, scratch = packed.cases()
    if isinstance(scratch, Scratch):
        broken = price_general(its[0], *loops, scratch)
    else:
        broken = price_whole(its, *loops, scratch)
    counter = its["counter"]
    nest, counts = counter["nest"], counter["counts"]
    if broken:
        raise IllegalMappingError(
            explain_violation(Violation(broken), layer, arch, mapping, counts["memory_bits"][0])
        )
    machine = packed.machine
    steps = int(nest["steps"][0, nest["temporal_end"][0, machine.n_places]])
    words = counts["words"][0]
    return _Counted(
        words=words,
        accesses=counts["accesses"][0] if counter["machine"]["has_blocks"][0] else words,
        network=counts["network"][0],
        tile_words=counts["tile_words"][0],
        memory_bits=counts["memory_bits"][0],
        instances=nest["instances"][0, : machine.n_places + 1],
        port_cycles=its["port_cycles"][0],
        port_bits=its["port_bits"][0],
        moved_bits=its["moved_bits"][0],
        network_cycles=its["network_cycles"][0],
        compute_cycles=float(ceil(steps / packed.prices.operations_per_cycle)),
        cycles=float(its["cycles"][0]) - arch.latency_cycles,
        energy=float(its["energy"][0]),
    )


def _count_with_remainders(
    layer: Layer, arch: Architecture, mapping: Mapping, loops: MappingArrays, packed: Packed
) -> _Counted:
    machine, prices = packed.machine, packed.prices
    counts = count_ragged_packed(packed.layer, machine, loops, packed.conventions)
    if counts.violation:
        raise IllegalMappingError(
            explain_violation(counts.violation, layer, arch, mapping, counts.memory_bits)
        )
    bits = bits_moved(packed.layer, machine, prices, loops, counts)
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


def _instances(machine: PricedMachine, in_use: Ints) -> dict[str, tuple[int, int]]:
    """Return (in use, built) of every memory and of the compute."""
    used: dict[str, int] = {}
    for copies, place in zip(in_use.tolist(), machine.arch.places, strict=False):
        for held in place.holdings:
            used.setdefault(held.memory, copies)
    used[machine.arch.compute.name] = int(in_use[-1])
    return {name: (copies, machine.built[name]) for name, copies in used.items()}


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
