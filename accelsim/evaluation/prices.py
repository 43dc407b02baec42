"""What each counted action costs on one machine: an energy table, weighed by an accounting.

``resolve`` looks every price up once, by level, and says where it came from; ``pack`` lays the same
numbers out for the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture, Compute, Fanout, Memory
from accelsim.errors import Problem, SpecError
from accelsim.mapping.arrays import Ints
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
        Naming every level and action for which neither the spec nor the table has a price.
    """
    found: dict[tuple[str, str], Price] = {}
    problems: list[Problem] = []

    def look_up(part: Memory | Fanout | Compute, actions: tuple[str, ...]) -> None:
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

    for memory in arch.memories:
        look_up(memory, MEMORY_ACTIONS)
    for fanout in arch.fanouts:
        look_up(fanout, FANOUT_ACTIONS)
    look_up(arch.compute, ("mac", "alu"))
    if table.unit != "pJ" and any(memory.leakage_mw for memory in arch.memories):
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
    read_cycles: Floats
    write_cycles: Floats
    shared_cycles: Floats
    """``[memory]``: cycles per word at one instance's port; 0 is unlimited."""
    overlaps: Ints
    """``[memory]``: 1 where transfers hide behind compute."""
    memory_place: Ints
    """``[memory]``: the outermost place that it holds."""
    fanout_cycles: Floats
    """``[fanout]``: cycles per word through the network below one parent; 0 is unlimited."""
    operations_per_cycle: float


def word_energy(prices: Prices, part: Memory | Fanout, action: str, tensor: Tensor) -> float:
    """Return the energy of one word of ``tensor``: linear in bits, weighed by the accounting."""
    price = prices.by_level[part.name, action].energy
    weight = prices.accounting.weight(part.component, action, tensor.role)
    return price * weight * tensor.bits / prices.table.word_bits


def operation_energy(prices: Prices, arch: Architecture, layer: Layer) -> float:
    """Return the energy of one operation: a multiplier's is quadratic in the operands' bits."""
    price = prices.by_level[arch.compute.name, layer.op].energy
    weight = prices.accounting.weight(arch.compute.component, layer.op, "")
    operand_bits = [tensor.bits for tensor in layer.tensors if tensor.role != "Outputs"]
    scale = 1.0
    if layer.op == "mac" and len(operand_bits) == 2:
        scale = (operand_bits[0] / prices.table.word_bits) * (
            operand_bits[1] / prices.table.word_bits
        )
    elif operand_bits:
        scale = max(operand_bits) / prices.table.word_bits
    return price * weight * scale


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
            width = block_words(memory, tensor)
            for a, action in enumerate(MEMORY_ACTIONS):
                place_energy[p, t, a] = word_energy(prices, memory, action, tensor) * width
    fanout_energy = np.zeros((len(arch.fanouts), len(tensors), len(FANOUT_ACTIONS)))
    for f, fanout in enumerate(arch.fanouts):
        for t, tensor in enumerate(tensors):
            for a, action in enumerate(FANOUT_ACTIONS):
                fanout_energy[f, t, a] = word_energy(prices, fanout, action, tensor)

    first_place = {
        held.memory: (index, place)
        for index, place in reversed(list(enumerate(arch.places)))
        for held in place.holdings
    }
    per_cycle = [leakage_per_cycle(memory, arch) for memory in arch.memories]
    copies = [arch.instances(first_place[memory.name][1]) for memory in arch.memories]
    return PriceArrays(
        place_energy=place_energy,
        fanout_energy=fanout_energy,
        operation_energy=operation_energy(prices, arch, layer),
        leakage=sum(
            leak * count
            for leak, count, memory in zip(per_cycle, copies, arch.memories, strict=True)
            if not memory.gates_unused
        ),
        gated_leakage=np.array(
            [
                leak if memory.gates_unused else 0.0
                for leak, memory in zip(per_cycle, arch.memories, strict=True)
            ]
        ),
        read_cycles=_cycles_per_word(m.read_words_per_cycle for m in arch.memories),
        write_cycles=_cycles_per_word(m.write_words_per_cycle for m in arch.memories),
        shared_cycles=_cycles_per_word(m.shared_words_per_cycle for m in arch.memories),
        overlaps=np.array([int(m.overlap) for m in arch.memories], dtype=np.int64),
        memory_place=np.array([first_place[m.name][0] for m in arch.memories], dtype=np.int64),
        fanout_cycles=_cycles_per_word(fanout.words_per_cycle for fanout in arch.fanouts),
        operations_per_cycle=float(arch.compute.ops_per_cycle),
    )


def block_words(memory: Memory, tensor: Tensor) -> int:
    """Return how many words of ``tensor`` one physical access moves."""
    if memory.block_bits <= memory.word_bits:
        return 1
    return max(1, memory.block_bits // tensor.bits)


def leakage_per_cycle(memory: Memory, arch: Architecture) -> float:
    """Return the picojoules that one instance leaks in a cycle."""
    return memory.leakage_mw * 1e9 / arch.clock_hz


def _cycles_per_word(widths: object) -> Floats:
    return np.array([1.0 / w if w else 0.0 for w in widths], dtype=np.float64)  # type: ignore[attr-defined]
