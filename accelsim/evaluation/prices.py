"""What each counted action costs on one machine: an energy table, weighed by an accounting.

``resolve`` looks every price up once, by level, and says where it came from; ``pack`` lays the same
numbers out for the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Place
from accelsim.errors import Problem, SpecError
from accelsim.mapping.arrays import Ints, block_words
from accelsim.technology.records import (
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    Accounting,
    EnergyTable,
    Price,
)
from accelsim.workload.records import Layer, Tensor

Floats = npt.NDArray[np.float64]

DEFAULT_ACCOUNTING = Accounting("default")


@dataclass(frozen=True)
class Prices:
    """Every price that a machine needs, by (level, action), before accounting and bit widths."""

    table: EnergyTable
    accounting: Accounting
    by_level: Mapping[tuple[str, str], Price]

    @property
    def assumed(self) -> tuple[str, ...]:
        """Return the prices that are assumed rather than sourced, one line each."""
        return tuple(
            f"{level}.{action} = {price.energy:g} {self.table.unit}: {price.source}"
            for (level, action), price in self.by_level.items()
            if price.assumed
        )


def resolve(arch: Architecture, table: EnergyTable, accounting: Accounting) -> Prices:
    """Look up the price of every action that ``arch`` can need.

    Raises
    ------
    SpecError
        Naming every level and action for which neither the spec nor the table has a price, and
        every level whose own prices are in the unit of another table.
    """
    found: dict[tuple[str, str], Price] = {}
    problems: list[Problem] = []

    def look_up(part: Memory | Fanout | Compute, actions: tuple[str, ...]) -> None:
        if part.energy and arch.technology and table.name != arch.technology:
            problems.append(
                Problem(
                    f"level '{part.name}' of {arch.name} states energies in the unit of table "
                    f"'{arch.technology}', which '{table.name}' need not share",
                    hint=f"move them into a table, or evaluate under {arch.technology}",
                )
            )
            return
        for action in actions:
            price = _stated(part, action) or table.price(part.component, action)
            if price is None:
                problems.append(
                    Problem(
                        f"energy table '{table.name}' has no price for '{action}' of component "
                        f"'{part.component}', which level '{part.name}' of {arch.name} needs",
                        hint=f"add it to the table, or give {part.name} an energy of its own",
                    )
                )
            else:
                found[part.name, action] = price

    for memory in present_memories(arch):
        look_up(memory, MEMORY_ACTIONS)
    for fanout in arch.fanouts:
        look_up(fanout, FANOUT_ACTIONS)
    look_up(arch.compute, ("mac", "alu"))
    if table.unit != "pJ" and any(memory.leakage_mw for memory in present_memories(arch)):
        problems.append(
            Problem(f"{arch.name} leaks power, which a table in units of {table.unit} cannot price")
        )
    if problems:
        raise SpecError(problems)
    return Prices(table, accounting, found)


def _stated(part: Memory | Fanout | Compute, action: str) -> Price | None:
    stated = part.energy.get(action)
    if stated is None and action in ("read", "fill", "update", "drain"):
        stated = part.energy.get("access")
    return None if stated is None else Price(stated, part.source or "stated in the architecture")


def present_memories(arch: Architecture) -> tuple[Memory, ...]:
    """Return the memories that are built: one of size 0 is absent and costs nothing."""
    return tuple(memory for memory in arch.memories if memory.size_bits != 0)


class PriceArrays(NamedTuple):
    """Prices and port widths as the kernel reads them; energies in the unit of the table."""

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


def word_energy(prices: Prices, part: Memory | Fanout, action: str, tensor: Tensor) -> float:
    """Return the energy of one word of ``tensor``: linear in bits, weighed by the accounting."""
    price = prices.by_level[part.name, action].energy
    weight = prices.accounting.weight(part.component, action, tensor.role)
    return price * weight * tensor.bits / prices.table.word_bits


def operation_energy(prices: Prices, arch: Architecture, layer: Layer) -> float:
    """Return the energy of one operation (rule 14).

    A multiplier's energy grows with the product of its two operands' bits; with n operands, with
    the square of their geometric mean.  A cheap operation's is linear in the widest operand.
    """
    price = prices.by_level[arch.compute.name, layer.op].energy
    weight = prices.accounting.weight(arch.compute.component, layer.op, "")
    widths = [t.bits / prices.table.word_bits for t in layer.tensors if t.role != "Outputs"]
    if not widths:
        return price * weight
    if layer.op == "mac":
        return price * weight * prod(widths) ** (2 / len(widths))
    return price * weight * max(widths)


def pack(prices: Prices, arch: Architecture, layer: Layer) -> PriceArrays:
    """Lay prices and port widths out for the kernel, for the tensors of ``layer``."""
    tensors = layer.tensors
    place_energy = np.zeros((len(arch.places), len(tensors), len(MEMORY_ACTIONS)))
    for p, place in enumerate(arch.places):
        for t, tensor in enumerate(tensors):
            holding = place.holding(tensor.role)
            if holding is None:
                continue
            memory = arch.memory[holding.memory]
            if memory.size_bits == 0:
                continue
            width = block_words(memory, tensor)
            for a, action in enumerate(MEMORY_ACTIONS):
                place_energy[p, t, a] = word_energy(prices, memory, action, tensor) * width
    fanout_energy = np.zeros((len(arch.fanouts), len(tensors), len(FANOUT_ACTIONS)))
    for f, fanout in enumerate(arch.fanouts):
        for t, tensor in enumerate(tensors):
            for a, action in enumerate(FANOUT_ACTIONS):
                fanout_energy[f, t, a] = word_energy(prices, fanout, action, tensor)

    leaks = [leakage_per_cycle(memory, arch) for memory in arch.memories]
    gated = [memory.gates_unused for memory in arch.memories]
    return PriceArrays(
        place_energy=place_energy,
        fanout_energy=fanout_energy,
        operation_energy=operation_energy(prices, arch, layer),
        leakage=sum(
            leak * arch.instances(outermost_place(arch, memory))
            for leak, memory in zip(leaks, arch.memories, strict=True)
            if not memory.gates_unused
        ),
        gated_leakage=np.where(gated, leaks, 0.0),
        read_bits=_bits_per_cycle((m.read_words_per_cycle, m.word_bits) for m in arch.memories),
        write_bits=_bits_per_cycle((m.write_words_per_cycle, m.word_bits) for m in arch.memories),
        shared_bits=_bits_per_cycle((m.shared_words_per_cycle, m.word_bits) for m in arch.memories),
        overlaps=np.array([int(m.overlap) for m in arch.memories], dtype=np.int64),
        memory_place=np.array(
            [arch.places.index(outermost_place(arch, m)) for m in arch.memories], dtype=np.int64
        ),
        fanout_bits=_bits_per_cycle((f.words_per_cycle, f.word_bits) for f in arch.fanouts),
        operations_per_cycle=float(arch.compute.ops_per_cycle),
    )


def outermost_place(arch: Architecture, memory: Memory) -> Place:
    """Return the first of the places that a memory holds."""
    return next(p for p in arch.places if any(held.memory == memory.name for held in p.holdings))


def leakage_per_cycle(memory: Memory, arch: Architecture) -> float:
    """Return the picojoules that one instance leaks in a cycle; none if it is absent."""
    return 0.0 if memory.size_bits == 0 else memory.leakage_mw * 1e9 / arch.clock_hz


def _bits_per_cycle(ports: Iterable[tuple[float | None, int]]) -> Floats:
    return np.array([words * bits if words else 0.0 for words, bits in ports], dtype=np.float64)
