"""What each counted action costs on one machine: an energy table, weighed by an accounting.

``resolve`` looks every price up once, by level, and says where it came from; ``pack`` lays the same
numbers out for the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Place
from accelsim.conventions import Conventions
from accelsim.errors import Problem, SpecError
from accelsim.evaluation.effectual import access_shares, operation_shares
from accelsim.mapping.arrays import Ints, block_words
from accelsim.mapping.forms import finished_form, form_of, stored_bits, wire_bits
from accelsim.mapping.homes import holding_of, memory_at
from accelsim.specs.fields import one_of, suggestion
from accelsim.technology.estimators.contract import ANY, Attributes, Price
from accelsim.technology.estimators.macs import operation_factor
from accelsim.technology.records import (
    ADDRESS_ACTIONS,
    COMPUTE_ACTIONS,
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    MESH_ACTIONS,
    Accounting,
    EnergyTable,
)
from accelsim.workload.records import Layer, Tensor

Floats = npt.NDArray[np.float64]

MULTIPLY = "mac"
"""The operation that zeros can spare."""

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
        With the problems of :func:`price_problems`.
    """
    problems = price_problems(arch, table)
    if problems:
        raise SpecError(problems.values())
    found: dict[tuple[str, str], Price] = {}
    for part, actions in priced_parts(arch):
        for action in actions:
            price = _price(part, action, table)
            assert price is not None
            found[part.name, action] = price
        for action in gated_actions(part):
            found[part.name, action] = _price(part, action, table) or NO_GATED_PRICE
    return Prices(table, accounting, found)


def price_problems(arch: Architecture, table: EnergyTable) -> dict[str, Problem]:
    """Return what keeps a table from pricing a machine; empty if it does.

    Returns
    -------
    path of what is at fault, as ``--set`` names it (``glb.component``) -> the problem
        One problem for each level that the table cannot price, or whose own prices are in the unit
        of another table, and for each that leaks power under a table that cannot price power.
    """
    problems: dict[str, Problem] = {}
    for part, actions in priced_parts(arch):
        stated = any(part.energy.values())  # 0 is 0 in any unit
        if stated and arch.technology and table.name != arch.technology:
            problems[f"{part.name}.energy"] = Problem(
                f"level '{part.name}' of {arch.name} states energies in the unit of table "
                f"'{arch.technology}', which '{table.name}' need not share",
                hint=f"move them into a table, or evaluate under {arch.technology}",
            )
            continue
        missing = [action for action in actions if _price(part, action, table) is None]
        if missing:
            problems[f"{part.name}.component"] = _unpriced(part, missing, actions, arch, table)
    for memory in present_memories(arch):
        if memory.leakage_mw and table.unit != "pJ":
            problems[f"{memory.name}.leakage"] = Problem(
                f"level '{memory.name}' of {arch.name} leaks power, which table '{table.name}' in "
                f"units of {table.unit} cannot price"
            )
    return problems


def priced_parts(
    arch: Architecture,
) -> Iterator[tuple[Memory | Fanout | Compute, tuple[str, ...]]]:
    """Yield what a machine pays for: each part with the actions that it may perform."""
    for memory in present_memories(arch):
        yield memory, MEMORY_ACTIONS + ADDRESS_ACTIONS
    for fanout in arch.fanouts:
        yield fanout, FANOUT_ACTIONS + (MESH_ACTIONS if fanout.network else ())
    yield arch.compute, COMPUTE_ACTIONS


NO_GATED_PRICE = Price(0.0, "what is gated costs nothing, as no price is stated", assumed=True)


def gated_actions(part: Memory | Fanout | Compute) -> tuple[str, ...]:
    """Return what a part may be asked to do and is switched off for, as ``read.gated``."""
    if isinstance(part, Compute):
        return tuple(f"{MULTIPLY}.gated" for _ in [part.gating] if part.gating)
    if not isinstance(part, Memory) or not part.gating:
        return ()
    sums = "Outputs" in part.gating
    return ("read.gated", "update.gated") if sums else ("read.gated",)


def _price(part: Memory | Fanout | Compute, action: str, table: EnergyTable) -> Price | None:
    return _stated(part, action) or table.estimate(part.component, attributes_of(part), action)


def attributes_of(part: Memory | Fanout | Compute) -> Attributes:
    """Return what an estimator may know of one instance of a part of a machine."""
    if isinstance(part, Memory):
        return Attributes(part.size_bits, max(part.block_bits, part.word_bits))
    return Attributes(access_bits=part.word_bits) if isinstance(part, Fanout) else ANY


def _unpriced(
    part: Memory | Fanout | Compute,
    missing: Sequence[str],
    actions: Sequence[str],
    arch: Architecture,
    table: EnergyTable,
) -> Problem:
    """Return the problem of a level that a table lacks prices for."""
    needed = ", ".join(f"'{action}'" for action in missing)
    level = f"level '{part.name}' of {arch.name}"
    attributes = attributes_of(part)
    if part.component in table.components:
        why = table.gap(part.component, attributes, missing[0])
        remedy = f"add what is missing to the table, or state an `energy:` for {part.name}"
        return Problem(
            f"energy table '{table.name}' has no price for {needed} of component "
            f"'{part.component}', which {level} needs",
            got=part.component,
            hint=f"{why}; {remedy}" if why else remedy,
        )
    fitting = [
        name
        for name in table.components
        if all(table.estimate(name, attributes, action) is not None for action in actions)
    ]
    return Problem(
        f"energy table '{table.name}' has no component '{part.component}': {level} needs its "
        f"prices for {needed}",
        got=part.component,
        expected=one_of(fitting or table.components),
        hint=suggestion(part.component, fitting)
        or f"add it to the table, or state an `energy:` for {part.name}",
    )


def _stated(part: Memory | Fanout | Compute, action: str) -> Price | None:
    stated = part.energy.get("gated" if action.endswith(".gated") else action)
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


def word_energy(
    prices: Prices, part: Memory | Fanout, action: str, tensor: Tensor, kind: str = ""
) -> float:
    """Return the energy of one word of ``tensor``, linear in the bits of an uncompressed one.

    ``kind`` may be ``.gated``.
    """
    price = prices.by_level[part.name, action + kind]
    weight = prices.accounting.weight(part.component, action, tensor.role)
    bits = stored_bits(part, tensor) if isinstance(part, Memory) else wire_bits(part, tensor)
    return price.energy * weight * bits / (price.width_bits or prices.table.word_bits)


def expected_energy(
    prices: Prices, part: Memory | Fanout, action: str, tensor: Tensor, layer: Layer
) -> float:
    """Return the expected energy of one word that the loop nest moves, zero or not.

    Where nothing is known of zeros that is :func:`word_energy`.
    """
    each = word_energy(prices, part, action, tensor) * form_of(part, tensor, layer).share
    if isinstance(part, Fanout):
        return each
    shares = access_shares(part, action, tensor, layer)
    each *= shares.done
    if shares.gated and action != "first_read":
        each += shares.gated * word_energy(prices, part, action, tensor, ".gated")
    return each


def finished_energy(prices: Prices, arch: Architecture, layer: Layer) -> dict[str, float]:
    """Return what finished outputs cost the outermost memory beyond sums under way, by action.

    Negative, if their format saves anything; the actions are ``update`` and ``address``.
    """
    memory, output = outermost_holder(arch, layer), layer.output
    more = finished_form(memory, output, layer).share - form_of(memory, output, layer).share
    words = layer.tensor_words(output) * (
        more * access_shares(memory, "update", output, layer).done
    )
    found = {"update": words * word_energy(prices, memory, "update", output)}
    if "update" in address_actions(prices, memory, output):
        found["address"] = words * address_energy(prices, memory, output)
    return found


def outermost_holder(arch: Architecture, layer: Layer) -> Memory:
    """Return the memory in which outputs end: the outermost, or where they stay on the chip."""
    return memory_at(arch, layer, arch.places[0], layer.output)


def expected_address(
    prices: Prices, memory: Memory, action: str, tensor: Tensor, layer: Layer
) -> float:
    """Return the expected energy of the address of one word: none for what is gated or skipped."""
    share = form_of(memory, tensor, layer).share
    return address_energy(prices, memory, tensor) * (
        share * access_shares(memory, action, tensor, layer).done
    )


def address_actions(prices: Prices, memory: Memory, tensor: Tensor) -> tuple[str, ...]:
    """Return the actions each word of which needs an address (rule 14).

    A sum is read where it is then updated, under the same address.  What the accounting does not
    charge does not happen.
    """
    actions = ("update", "fill", "drain") if tensor.role == "Outputs" else ("read", "fill")
    weight = prices.accounting.weight
    return tuple(a for a in actions if weight(memory.component, a, tensor.role))


def address_energy(prices: Prices, memory: Memory, tensor: Tensor) -> float:
    """Return the energy of one address, whatever the width of the word."""
    weight = prices.accounting.weight(memory.component, "address", tensor.role)
    return prices.by_level[memory.name, "address"].energy * weight


def operation_energy(prices: Prices, arch: Architecture, layer: Layer) -> float:
    """Return the expected energy of one operation, done or not.

    An operation that is done costs what the widths of its operands and sum make of it (rule 14).
    """
    shares = operation_shares(arch, layer)
    energy = shares.done * _operation(prices, arch, layer, layer.op)
    if shares.gated:
        energy += shares.gated * _operation(prices, arch, layer, f"{layer.op}.gated")
    return energy


def _operation(prices: Prices, arch: Architecture, layer: Layer, action: str) -> float:
    compute, table = arch.compute, prices.table
    operands = tuple(t.bits for t in layer.tensors if t.role != "Outputs")
    price = _stated(compute, action)
    if price is None:
        widths = Attributes(operand_bits=operands, sum_bits=layer.output.bits)
        price = table.estimate(compute.component, widths, action)
        energy = (price or prices.by_level[compute.name, action]).energy
    else:
        energy = price.energy * operation_factor(layer.op, operands, table.word_bits)
    return energy * prices.accounting.weight(compute.component, layer.op, "")


def pack(prices: Prices, arch: Architecture, layer: Layer) -> PriceArrays:
    """Lay prices and port widths out for the kernel, for the tensors of ``layer``."""
    tensors = layer.tensors
    place_energy = np.zeros((len(arch.places), len(tensors), len(MEMORY_ACTIONS)))
    addresses, port_bits = np.zeros_like(place_energy), np.zeros_like(place_energy)
    for p, place in enumerate(arch.places):
        for t, tensor in enumerate(tensors):
            holding = holding_of(arch, layer, place, tensor)
            if holding is None:
                continue
            memory = arch.memory[holding.memory]
            if memory.size_bits == 0:
                continue
            width = block_words(memory, tensor)
            for a, action in enumerate(MEMORY_ACTIONS):
                each = expected_energy(prices, memory, action, tensor, layer)
                place_energy[p, t, a] = each * width
                timed = access_shares(memory, action, tensor, layer).timed
                port_bits[p, t, a] = form_of(memory, tensor, layer).bits * timed
            for action in address_actions(prices, memory, tensor):
                each = expected_address(prices, memory, action, tensor, layer)
                addresses[p, t, MEMORY_ACTIONS.index(action)] = each
    fanout_energy = np.zeros((len(arch.fanouts), len(tensors), len(FANOUT_ACTIONS)))
    wires = np.zeros((len(arch.fanouts), len(tensors)))
    for f, fanout in enumerate(arch.fanouts):
        for t, tensor in enumerate(tensors):
            wires[f, t] = form_of(fanout, tensor, layer).bits
            for a, action in enumerate(FANOUT_ACTIONS):
                fanout_energy[f, t, a] = expected_energy(prices, fanout, action, tensor, layer)

    leaks = [leakage_per_cycle(memory, arch) for memory in arch.memories]
    gated = [leaks_in_use(memory, prices.accounting.conventions) for memory in arch.memories]
    return PriceArrays(
        place_energy=place_energy,
        fanout_energy=fanout_energy,
        operation_energy=operation_energy(prices, arch, layer)
        + sum(finished_energy(prices, arch, layer).values()) / layer.operations,
        leakage=sum(
            leak * arch.instances(outermost_place(arch, memory))
            for leak, memory, in_use in zip(leaks, arch.memories, gated, strict=True)
            if not in_use
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
        operations_per_cycle=operations_per_cycle(arch, layer),
        address_energy=addresses,
        latency_cycles=float(arch.latency_cycles),
        port_bits=port_bits,
        wire_bits=wires,
        finished_bits=finished_bits(arch, layer),
    )


def finished_bits(arch: Architecture, layer: Layer) -> float:
    """Return the bits that a finished output saves at the outermost memory."""
    memory, output = outermost_holder(arch, layer), layer.output
    saved = form_of(memory, output, layer).bits - finished_form(memory, output, layer).bits
    return saved * access_shares(memory, "update", output, layer).timed


def operations_per_cycle(arch: Architecture, layer: Layer) -> float:
    """Return the operations that one compute gets through in a cycle, skipped ones counted.

    A quotient of steps by it within 1e-12 of an integer is taken for that integer; at least one
    operation of the layer takes time.
    """
    timed = operation_shares(arch, layer).timed
    if timed == 1.0:
        return float(arch.compute.ops_per_cycle)
    return arch.compute.ops_per_cycle / max(timed, 1.0 / layer.operations) * (1.0 + 1e-12)


def outermost_place(arch: Architecture, memory: Memory) -> Place:
    """Return the first of the places that a memory holds."""
    return next(p for p in arch.places if any(held.memory == memory.name for held in p.holdings))


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
