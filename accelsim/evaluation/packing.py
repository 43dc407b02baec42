"""Prices and port widths, laid out for the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from accelsim.arch.records import Architecture, Memory, Place
from accelsim.conventions import Conventions
from accelsim.evaluation.energies import LevelPrices, level_prices
from accelsim.evaluation.expected import finished_bits, operations_per_cycle
from accelsim.evaluation.prices import Floats, Prices
from accelsim.kept import kept_with
from accelsim.mapping.arrays import Ints
from accelsim.technology.records import ACTIONS, FANOUT_ACTIONS, MEMORY_ACTIONS
from accelsim.workload.records import Layer


class PriceFields(NamedTuple):
    """The fields of :class:`PriceArrays`."""

    place_energy: Floats
    """``[place, tensor, action]``: per physical access."""
    fanout_energy: Floats
    """``[fanout, tensor, action]``: per word."""
    operation_energy: float
    leakage: float
    """Per cycle, of all instances that leak whether used or not."""
    gated_leakage: Floats
    """``[memory]``: per cycle and instance in use."""
    read_bits: Floats
    write_bits: Floats
    shared_bits: Floats
    """``[memory]``: bits per cycle through one instance's port; 0 is unlimited."""
    overlaps: Ints
    """``[memory]``: 1 where transfers hide behind compute."""
    memory_place: Ints
    """``[memory]``: the outermost place that it holds."""
    fanout_bits: Floats
    """``[fanout]``: bits per cycle through the network below one parent; 0 is unlimited."""
    operations_per_cycle: float
    address_energy: Floats
    """``[place, tensor, action]``: of the addresses that an action generates, per word."""
    latency_cycles: float
    """In which networks fill and drain."""
    port_bits: Floats
    """``[place, tensor, action]``: bits that a word moves through the port of its memory."""
    wire_bits: Floats
    """``[fanout, tensor]``: bits of a word on its way."""
    finished_bits: float
    """What a finished output takes less of the outermost memory's port than one under way."""
    n_ports: int
    port_memory: Ints
    """``[port]``: the memory of each port that only some movements pass."""
    port_width: Floats
    """``[port]``: bits per cycle through it."""
    port_moves: Floats
    """``[port, tensor, action]``: 1 where the bits of an action pass it."""


class PriceArrays(PriceFields):
    """Prices and port widths as the kernel reads them; energies in the unit of the table.

    What is found out about them can be kept with them (see :mod:`accelsim.kept`).
    """


def pack(prices: Prices, arch: Architecture, layer: Layer) -> PriceArrays:
    """Lay prices and port widths out for the kernel, for the tensors of ``layer``."""
    return packed(level_prices(layer, arch, prices), prices, arch, layer)


def packed(its: LevelPrices, prices: Prices, arch: Architecture, layer: Layer) -> PriceArrays:
    """Do as :func:`pack` does, with prices that are known by level."""
    actions, first = len(MEMORY_ACTIONS), ACTIONS.index(FANOUT_ACTIONS[0])
    # What no place can keep is at level -1, the compute, where nothing is accessed.
    kept = its.level_of, np.arange(len(layer.tensors))
    crossed = slice(first, first + len(FANOUT_ACTIONS))
    return PriceArrays(
        **_of_machine(arch, prices),
        place_energy=its.each[kept][..., :actions],
        fanout_energy=its.each[its.fanout_level, :-1, crossed],
        operation_energy=float(its.each[-1, -1, ACTIONS.index(layer.op)])
        + sum(its.finished.values()) / layer.operations,
        operations_per_cycle=operations_per_cycle(arch, layer),
        address_energy=its.address_each[kept][..., :actions],
        port_bits=its.bits[kept][..., :actions],
        wire_bits=its.bits[its.fanout_level, :-1, first],
        finished_bits=finished_bits(arch, layer),
        port_moves=np.array(
            [
                [
                    [float(tensor.role in port.moves.get(a, ())) for a in MEMORY_ACTIONS]
                    for tensor in layer.tensors
                ]
                for memory in arch.memories
                for port in memory.ports
            ],
            dtype=np.float64,
        ).reshape(-1, len(layer.tensors), actions),
    )


@kept_with
def _of_machine(arch: Architecture, prices: Prices) -> dict[str, Any]:
    """Return the fields of :class:`PriceArrays` that are the same for every layer."""
    ports = [(m, port) for m, memory in enumerate(arch.memories) for port in memory.ports]
    outermost = [outermost_place(arch, memory) for memory in arch.memories]
    leaks = [leakage_per_cycle(memory, arch) for memory in arch.memories]
    gated = [leaks_in_use(memory, prices.accounting.conventions) for memory in arch.memories]
    return {
        "leakage": sum(
            leak * arch.instances(place)
            for leak, place, in_use in zip(leaks, outermost, gated, strict=True)
            if not in_use
        ),
        "gated_leakage": np.where(gated, leaks, 0.0),
        "read_bits": _bits_per_cycle((m.read_words_per_cycle, m.word_bits) for m in arch.memories),
        "write_bits": _bits_per_cycle(
            (m.write_words_per_cycle, m.word_bits) for m in arch.memories
        ),
        "shared_bits": _bits_per_cycle(
            (m.shared_words_per_cycle, m.word_bits) for m in arch.memories
        ),
        "overlaps": np.array([int(m.overlap) for m in arch.memories], dtype=np.int64),
        "memory_place": np.array([arch.places.index(place) for place in outermost], dtype=np.int64),
        "fanout_bits": _bits_per_cycle((f.words_per_cycle, f.word_bits) for f in arch.fanouts),
        "latency_cycles": float(arch.latency_cycles),
        "n_ports": len(ports),
        "port_memory": np.array([m for m, _ in ports], dtype=np.int64),
        "port_width": _bits_per_cycle(
            (port.words_per_cycle, arch.memories[m].word_bits) for m, port in ports
        ),
    }


def outermost_place(arch: Architecture, memory: Memory) -> Place:
    """Return the first of the places that a memory holds."""
    return arch.places_of(memory)[0]


def leakage_per_cycle(memory: Memory, arch: Architecture) -> float:
    """Return the picojoules that one instance leaks in a cycle; none if it is absent."""
    return 0.0 if memory.size_bits == 0 else memory.leakage_mw * 1e9 / arch.clock_hz


def leaks_in_use(memory: Memory, conventions: Conventions) -> bool:
    """Tell whether only instances in use leak."""
    return memory.gates_unused or conventions.leakage == "used"


def leakage_rates(
    arch: Architecture, instances: Mapping[str, tuple[int, int]], conventions: Conventions
) -> dict[str, float]:
    """Return the picojoules that each memory leaks in a cycle, all instances or those in use.

    Parameters
    ----------
    instances : mapping of memory to (in use, built)
    """
    return {
        memory.name: leakage_per_cycle(memory, arch)
        * instances[memory.name][0 if leaks_in_use(memory, conventions) else 1]
        for memory in arch.memories
    }


def _bits_per_cycle(ports: Iterable[tuple[float | None, int]]) -> Floats:
    return np.array([words * bits if words else 0.0 for words, bits in ports], dtype=np.float64)
