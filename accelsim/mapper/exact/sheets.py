"""Ports and networks of limited bandwidth, each of which becomes a sheet of prices."""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.machine import node_slots


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
    reads, writes : int
        1 where the port serves them.
    waits : int
        1 where transfers stop the compute.
    """

    bits_per_cycle: float
    node: int
    memory: int = -1
    reads: int = 0
    writes: int = 0
    waits: int = 0


def limited_sheets(problem: MappingProblem) -> list[Sheet]:
    """Return the ports and networks that can make a machine wait, those of a memory together."""
    machine, prices = problem.machine, problem.price_arrays
    slots = node_slots(problem)
    node_of_place = {int(machine.slot_place[of[0]]): v for v, of in enumerate(slots)}
    sheets = []
    for memory in range(len(machine.memory_bits)):
        node = node_of_place[int(prices.memory_place[memory])]
        waits = int(not prices.overlaps[memory])
        for widths, reads, writes in (
            (prices.read_bits, 1, 0),
            (prices.write_bits, 0, 1),
            (prices.shared_bits, 1, 1),
        ):
            if widths[memory] > 0:
                sheets.append(Sheet(float(widths[memory]), node, memory, reads, writes, waits))
    for v, of in enumerate(slots):
        if len(of) == 2:
            bits = float(prices.fanout_bits[machine.slot_fanout[of[0]]])
            if bits > 0:
                sheets.append(Sheet(bits, v))
    return sheets
