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


def port_bits(
    layer: LayerArrays,
    machine: MachineArrays,
    prices: PriceArrays,
    mapping: MappingArrays,
    counts: RaggedCounts,
) -> Floats:
    """Return the bits through each memory's busiest instance: ``[memory, read or written]``."""
    bits = np.zeros((len(machine.memory_bits), 2))  # read, written
    for t in range(machine.place_memory.shape[1]):
        keepers = [p for p in range(machine.n_places) if int(mapping.keep[p]) >> t & 1]
        for parent, child in zip(keepers, [*keepers[1:], machine.n_places], strict=True):
            moved = counts.busiest_words[child, t]
            through = moved * prices.port_bits[parent, t]
            bits[machine.place_memory[parent, t]] += through[READS], through[UPDATES]
            if child < machine.n_places:
                through = moved * prices.port_bits[child, t]
                bits[machine.place_memory[child, t]] += through[DRAINS], through[FILLS]
    bits[machine.place_memory[0, layer.output], 1] -= layer.output_words * prices.finished_bits
    return bits


def port_cycles(prices: PriceArrays, bits: Floats) -> Floats:
    """Return the cycles of the slowest port of each memory's busiest instance: ``[memory]``.

    ``bits`` is what :func:`port_bits` returns.
    """
    widths = (prices.read_bits, prices.write_bits, prices.shared_bits)
    loads = (bits[:, 0], bits[:, 1], bits.sum(axis=1))
    slowest = np.zeros(len(bits))
    for load, width in zip(loads, widths, strict=True):
        slowest = np.maximum(slowest, _cycles(load, width))
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
