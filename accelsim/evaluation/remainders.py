"""The time of a mapping with remainders, whose instances are not equally busy.

The busiest instance of a memory is its first: wherever another one has a position, so has the
first, and tiles there are no shorter (rules 10 and 17).
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.layout import DRAINS, FILLS, READS, UPDATES
from accelsim.counter.ragged import RaggedCounts
from accelsim.evaluation.kernel import whole_cycles
from accelsim.evaluation.packing import PriceArrays
from accelsim.evaluation.prices import Floats
from accelsim.mapping.arrays import LayerArrays, MachineArrays, MappingArrays

ASKED, SENT = [READS, UPDATES], [DRAINS, FILLS]
"""What a memory does for what is inside it, and for what is outside."""


def bits_moved(
    layer: LayerArrays,
    machine: MachineArrays,
    prices: PriceArrays,
    mapping: MappingArrays,
    counts: RaggedCounts,
) -> Floats:
    """Return the bits to and from each memory's busiest instance: ``[memory, tensor, action]``."""
    bits = np.zeros((len(machine.memory_bits), *prices.port_bits.shape[1:]))
    for t in range(machine.place_memory.shape[1]):
        keepers = [p for p in range(machine.n_places) if int(mapping.keep[p]) >> t & 1]
        for parent, child in zip(keepers, [*keepers[1:], machine.n_places], strict=True):
            moved = counts.busiest_words[child, t]
            through = moved * prices.port_bits[parent, t]
            bits[machine.place_memory[parent, t], t, ASKED] += through[ASKED]
            if child < machine.n_places:
                through = moved * prices.port_bits[child, t]
                bits[machine.place_memory[child, t], t, SENT] += through[SENT]
    finished = layer.output_words * prices.finished_bits
    bits[machine.place_memory[0, layer.output], layer.output, UPDATES] -= finished
    return bits


def port_bits(bits: Floats) -> Floats:
    """Return the bits through each memory's busiest instance: ``[memory, read or written]``.

    ``bits`` is what :func:`bits_moved` returns.
    """
    ways = ([READS, DRAINS], [UPDATES, FILLS])
    return np.stack([bits[:, :, way].sum(axis=(1, 2)) for way in ways], axis=1)


def moved_bits(prices: PriceArrays, bits: Floats) -> Floats:
    """Return the bits through each port that only some movements pass: ``[port]``.

    ``bits`` is what :func:`bits_moved` returns.
    """
    found: Floats = (bits[prices.port_memory] * prices.port_moves).sum(axis=(1, 2))
    return found


def port_cycles(prices: PriceArrays, bits: Floats) -> Floats:
    """Return the cycles of the slowest port of each memory's busiest instance: ``[memory]``.

    ``bits`` is what :func:`bits_moved` returns.
    """
    read, written = port_bits(bits).T
    widths = (prices.read_bits, prices.write_bits, prices.shared_bits)
    loads = (read, written, read + written)
    slowest = np.zeros(len(bits))
    for load, width in zip(loads, widths, strict=True):
        slowest = np.maximum(slowest, _cycles(load, width))
    of_ports = _cycles(moved_bits(prices, bits), prices.port_width)
    np.maximum.at(slowest, prices.port_memory, of_ports)
    return slowest


def network_cycles(prices: PriceArrays, counts: RaggedCounts) -> Floats:
    """Return the cycles of each network below its busiest parent: ``[fanout]``."""
    bits = (counts.busiest_network.sum(axis=2) * prices.wire_bits).sum(axis=1)
    return _cycles(bits, prices.fanout_bits)


def _cycles(bits: Floats, widths: Floats) -> Floats:
    """Return the cycles that bits take; none through a width of 0, which is unlimited."""
    return np.array(
        [whole_cycles(b, width) if width else 0.0 for b, width in zip(bits, widths, strict=True)]
    )
