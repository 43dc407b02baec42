"""What a mapping costs before it is told: its counts, charged to levels, and its time.

An evaluation tells all of it (:mod:`accelsim.evaluation.evaluate`); sums over many layers need no
more than this.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import NamedTuple

from accelsim.arch.records import Architecture
from accelsim.arch.uneven import form_with
from accelsim.counter.general.layout import Scratch
from accelsim.counter.ragged import count_ragged_packed
from accelsim.counter.tally import Violation
from accelsim.errors import AccelsimError, ExitCode
from accelsim.evaluation.charged import by_level
from accelsim.evaluation.energies import LevelPrices, energies
from accelsim.evaluation.extras import HOP, ROUTE, meshes_of, price_hops
from accelsim.evaluation.general import price_general
from accelsim.evaluation.kernel import price_whole
from accelsim.evaluation.mesh import Meshes
from accelsim.evaluation.packing import PriceArrays, leakage_rates
from accelsim.evaluation.peer_ports import refuse_unknown_ports
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import Floats
from accelsim.evaluation.pricing import Packed
from accelsim.evaluation.refusals import explain_violation
from accelsim.evaluation.remainders import (
    bits_moved,
    moved_bits,
    network_cycles,
    port_bits,
    port_cycles,
)
from accelsim.mapping.arrays import Ints, MappingArrays, pack_mapping
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer


class IllegalMappingError(AccelsimError):
    """A mapping breaks a rule; says which, where and by how much."""

    exit_code = ExitCode.NO_MAPPING


class Counted(NamedTuple):
    """The counts of a legal mapping, indexed as by the counter, and its time."""

    words: Ints
    accesses: Ints
    network: Ints
    tile_words: Ints
    memory_bits: Ints
    instances: Ints
    prices: PriceArrays
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


@dataclass(frozen=True)
class Charged:
    """A legal mapping, its counts charged to the levels that perform the actions.

    Attributes
    ----------
    machine : PricedMachine
        The form whose places the mapping names.
    prices : LevelPrices
        What the accesses of the layer cost on it.
    words, accesses : int64[level, tensor, action]
    energy : float64[level, tensor, action]
        In the unit of the table, leakage excluded.
    meshes : mapping of (fanout, tensor) to MeshTraffic
    """

    machine: PricedMachine
    counted: Counted
    prices: LevelPrices
    words: Ints
    accesses: Ints
    energy: Floats
    meshes: Meshes

    @cached_property
    def instances(self) -> dict[str, tuple[int, int]]:
        """(In use, built) of every memory and of the compute."""
        arch, built, in_use = self.machine.arch, self.machine.built, self.counted.instances
        used: dict[str, int] = {}
        for copies, place in zip(in_use.tolist(), arch.places, strict=False):
            for held in place.holdings:
                used.setdefault(held.memory, copies)
        used[arch.compute.name] = int(in_use[-1])
        return {name: (copies, built[name]) for name, copies in used.items()}

    @cached_property
    def leakage(self) -> float:
        """In the unit of the table: over the cycles less the latencies of networks."""
        conventions = self.machine.prices.accounting.conventions
        rates = leakage_rates(self.machine.arch, self.instances, conventions)
        return self.counted.cycles * sum(rates.values())

    @cached_property
    def energy_total(self) -> float:
        """As the search saw it, leakage included, in the unit of the table."""
        if self.counted.energy is None:
            return float(self.energy.sum()) + self.leakage
        if not self.meshes:
            return self.counted.energy
        # The search knows no hops.
        return self.counted.energy + float(self.energy[..., [HOP, ROUTE]].sum())

    @property
    def cycles(self) -> float:
        return self.counted.cycles + self.machine.arch.latency_cycles


def charge(
    machine: PricedMachine, layer: Layer, mapping: Mapping, packed: Packed | None = None
) -> Charged:
    """Count a mapping of this machine and layer, and charge its counts to levels.

    That it is one, and that the layer can be counted at all, is known already: of the mapping by
    :func:`~accelsim.mapping.arrays.mapping_problems` or since a search found it.

    Parameters
    ----------
    packed : what ``machine.pack(layer)`` returns, if it is at hand

    Raises
    ------
    IllegalMappingError
        If the mapping breaks a rule of the machine or of the layer.
    SpecError
        If the conventions do not go together, with the machine, or with remainders, or the busiest
        port that limits a memory is not known.
    """
    prices, conventions = machine.prices, machine.prices.accounting.conventions
    arch = form_with(machine.arch, mapping.places)
    if arch is not machine.arch:
        machine, packed = PricedMachine(arch, prices), None
    packed = packed or machine.pack(layer)
    its = machine.levels(layer)
    count = _count_with_remainders if mapping.remainders else _count
    loops = pack_mapping(mapping, layer)
    found = count(layer, arch, mapping, loops, packed)
    refuse_unknown_ports(layer, arch, mapping, conventions)

    words = accesses = by_level(layer, its, loops.keep, found.words, found.network)
    if found.accesses is not found.words:
        accesses = by_level(layer, its, loops.keep, found.accesses, found.network)
    energy = energies(layer, its, accesses, words)
    meshes = meshes_of(layer, arch, mapping, found.network, conventions)
    if meshes:
        price_hops(layer, arch, prices, its.levels, meshes, energy)
    return Charged(machine, found, its, words, accesses, energy, meshes)


def _count(
    layer: Layer, arch: Architecture, mapping: Mapping, loops: MappingArrays, packed: Packed
) -> Counted:
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
    return Counted(
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
        prices=packed.prices,
        energy=float(its["energy"][0]),
    )


def _count_with_remainders(
    layer: Layer, arch: Architecture, mapping: Mapping, loops: MappingArrays, packed: Packed
) -> Counted:
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
    return Counted(
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
        prices=prices,
        energy=None,
    )
