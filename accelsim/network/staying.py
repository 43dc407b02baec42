"""Which feature maps stay on the chip while a network runs, and what that spares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accelsim.arch.records import Architecture, Memory
from accelsim.errors import Problem, SpecError
from accelsim.mapping.homes import map_bits, memory_of, resident_problems
from accelsim.workload.records import Network, Resident


@dataclass(frozen=True, slots=True)
class Staying:
    """A map that stays: in which memory, with its size there, and from which layer to which.

    ``first`` and ``last`` are positions of layers in the network, both included.
    """

    map: Resident
    memory: Memory
    bits: int
    first: int
    last: int


def staying_maps(network: Network, arch: Architecture) -> tuple[Staying, ...]:
    """Return the maps that stay, in the order of the layers that write them."""
    found: dict[str, Staying] = {}
    for index, layer in enumerate(network.layers):
        for one in layer.residents:
            memory = memory_of(arch, one)
            first = found[one.layer].first if one.layer in found else index
            found[one.layer] = Staying(one, memory, map_bits(memory, one), first, index)
    return tuple(found.values())


def refuse_residents(network: Network, arch: Architecture) -> None:
    """See that all maps that should stay on the chip have their room there.

    Raises
    ------
    SpecError
        With what is wrong; of maps that take too much together, once.
    """
    problems = [*_resident_problems(network, arch)]
    if problems:
        raise SpecError(problems)


def _resident_problems(network: Network, arch: Architecture) -> Iterator[Problem]:
    seen: set[tuple[Resident, ...]] = set()
    for layer in network.layers:
        those = tuple(Resident(r.layer, r.words, r.widths, r.memory) for r in layer.residents)
        if those and those not in seen:
            seen.add(those)
            yield from resident_problems(arch, layer)
