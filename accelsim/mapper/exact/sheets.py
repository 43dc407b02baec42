"""Ports and networks of limited bandwidth, each of which becomes a sheet of prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accelsim.counter.layout import DRAINS, FILLS, READS, UPDATES
from accelsim.evaluation.prices import Floats
from accelsim.kept import kept
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.slots import node_slots


@dataclass(frozen=True)
class Sheet:
    """What passes a port or network, and how fast.

    Attributes
    ----------
    bits_per_cycle : float
    node : int
        Lanes outside it are its instances.
    memory : int
        -1 for the network of the fanout ``node``.
    passes : float[tensor, action]
        1 where the port serves the action.
    waits : int
        1 where transfers stop the compute.
    """

    bits_per_cycle: float
    node: int
    passes: Floats
    memory: int = -1
    waits: int = 0


@kept
def limited_sheets(problem: MappingProblem) -> list[Sheet]:
    """Return the ports and networks that can make a machine wait, those of a memory together."""
    machine, prices = problem.machine, problem.price_arrays
    slots = node_slots(problem)
    node_of_place = {int(machine.slot_place[of[0]]): v for v, of in enumerate(slots)}
    port_memory = prices.port_memory.tolist()
    ports = (
        (prices.read_bits.tolist(), [READS, DRAINS]),
        (prices.write_bits.tolist(), [UPDATES, FILLS]),
        (prices.shared_bits.tolist(), [READS, DRAINS, UPDATES, FILLS]),
    )
    sheets = []
    for memory, place in enumerate(prices.memory_place.tolist()):
        node, waits = node_of_place[place], int(not prices.overlaps[memory])
        for widths, actions in ports:
            if widths[memory] > 0:
                passes = np.zeros(prices.port_bits.shape[1:])
                passes[:, actions] = 1.0
                sheets.append(Sheet(widths[memory], node, passes, memory, waits))
        for port in [port for port, of in enumerate(port_memory) if of == memory]:
            width, passes = float(prices.port_width[port]), prices.port_moves[port]
            sheets.append(Sheet(width, node, passes, memory, waits))
    for v, of in enumerate(slots):
        if len(of) == 2:
            bits = float(prices.fanout_bits[machine.slot_fanout[of[0]]])
            if bits > 0:
                sheets.append(Sheet(bits, v, np.zeros(prices.port_bits.shape[1:])))
    return sheets
