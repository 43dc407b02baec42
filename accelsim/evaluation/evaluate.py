"""From a mapping to an Evaluation: count, price, time."""

from __future__ import annotations

from accelsim.arch.records import Architecture
from accelsim.arch.uneven import form_with
from accelsim.errors import SpecError
from accelsim.evaluation.charge import Counted, charge
from accelsim.evaluation.charged import tiles_by_level
from accelsim.evaluation.effectual import operation_shares
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, Floats, Prices, resolve
from accelsim.evaluation.pricing import Packed
from accelsim.evaluation.records import Evaluation
from accelsim.evaluation.refusals import box_problem
from accelsim.mapping.arrays import mapping_problems
from accelsim.mapping.machine_arrays import bits_in_use
from accelsim.mapping.records import Mapping
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Layer


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
    boxed = box_problem(layer, machine.prices.accounting.conventions)
    arch = form_with(machine.arch, mapping.places)
    problems = [boxed] if boxed else mapping_problems(mapping, arch, layer)
    if problems:
        raise SpecError(problems)
    its = charge(machine, layer, mapping, packed)
    machine, arch, found = its.machine, its.machine.arch, its.counted
    ports, bound = _times(arch, found)
    compute_instances = machine.built[arch.compute.name] * arch.compute.ops_per_cycle
    return Evaluation(
        layer=layer,
        arch=arch,
        mapping=mapping,
        prices=machine.prices,
        levels=its.prices.levels,
        words=its.words,
        accesses=its.accesses,
        energy_array=its.energy,
        energy_total=its.energy_total,
        leakage=its.leakage,
        addresses=(its.words * its.prices.needs_address).sum(axis=2)[:, :-1],
        meshes=its.meshes,
        tile_words=tiles_by_level(its.prices, found.tile_words),
        capacity_bits={
            memory.name: (bits_in_use(arch, layer, memory, bits), memory.usable_bits)
            for memory, bits in zip(arch.memories, found.memory_bits.tolist(), strict=False)
        },
        instances=its.instances,
        port_cycles=ports,
        port_bits={
            memory.name: (float(read), float(written))
            for memory, (read, written) in zip(
                arch.memories, found.port_bits.tolist(), strict=False
            )
        },
        moved_bits=_by_memory(arch, found.moved_bits),
        compute_cycles=found.compute_cycles,
        cycles=its.cycles,
        utilization=operation_shares(arch, layer).timed
        * (layer.operations / (compute_instances * its.cycles)),
        bound=bound,
        area_mm2=machine.area_mm2,
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


def _by_memory(arch: Architecture, moved: Floats) -> dict[str, tuple[float, ...]]:
    """Return the bits through each port that only some movements pass, by memory."""
    found, first = {}, 0
    for memory in arch.memories:
        if memory.ports:
            last = first + len(memory.ports)
            found[memory.name] = tuple(float(bits) for bits in moved[first:last])
            first = last
    return found


def _times(arch: Architecture, found: Counted) -> tuple[dict[str, float], str]:
    """Return (cycles by limited port or network, what sets the time)."""
    prices = found.prices
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
