"""Energy of an evaluation: accesses times what each is expected to cost."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

import numpy as np

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Place
from accelsim.evaluation.effectual import access_shares
from accelsim.evaluation.expected import (
    address_actions,
    address_energy,
    expected_address,
    expected_energies,
    finished_energy,
    gated_energy,
    gated_operation_energy,
    operation_energy,
    outermost_holder,
)
from accelsim.evaluation.extras import ADDRESS
from accelsim.evaluation.prices import (
    Charges,
    Floats,
    Prices,
    gated_actions,
    present_memories,
)
from accelsim.evaluation.records import Evaluation
from accelsim.kept import kept, kept_with
from accelsim.mapping.arrays import Ints
from accelsim.mapping.forms import block_words, form_of
from accelsim.mapping.homes import holding_of
from accelsim.recent import Recent
from accelsim.roles import ROLES
from accelsim.technology.records import ACTIONS, FANOUT_ACTIONS, MEMORY_ACTIONS
from accelsim.workload.records import Layer

MOST_ROWS = 16
"""Kinds of layers for which it is kept what a part charges."""


class LevelPrices(NamedTuple):
    """What the accesses of one layer cost on one machine, by the level that performs them."""

    levels: tuple[str, ...]
    each: Floats
    """``[level, tensor, action]``: of a physical access, a word in a network or an operation."""
    address_each: Floats
    """``[level, tensor, action]``: of the address that a word needs; of it, 0 or 1 follow."""
    costly_addresses: bool
    """Whether any of these is not 0."""
    needs_address: Ints
    bits: Floats
    """``[level, tensor, action]``: that a word moves through the port of a memory, or a network."""
    finished: Mapping[str, float]
    """What finished outputs cost beyond sums under way, by action (:func:`finished_energy`)."""
    outermost: int
    """The level in which they end."""
    level_of: Ints
    """``[place, tensor]``: the level that would keep it; -1 if none can."""
    fanout_level: Ints
    """``[fanout]``: its level."""
    role_of: Ints
    """``[tensor]``: its role, in the order of :data:`~accelsim.roles.ROLES`."""


def level_prices(
    layer: Layer, arch: Architecture, prices: Prices, alike: Hashable | None = None
) -> LevelPrices:
    """Look up what each access costs, whoever makes it.

    Parameters
    ----------
    alike : what the layer has in common with others whose accesses cost the same on any machine
        that these parts stand in, if it is known; what is found of a part is then kept with it
    """
    levels = level_names(arch)
    each = np.zeros((len(levels), len(layer.tensors) + 1, len(ACTIONS)))
    address_each, bits = np.zeros_like(each), np.zeros_like(each)
    needs_address = np.zeros(each.shape, dtype=np.int64)
    parts: tuple[Memory | Fanout, ...] = (*present_memories(arch), *arch.fanouts)
    for part in parts:
        level = levels.index(part.name)
        row = _row(part, layer, prices, alike)
        each[level, :-1], bits[level, :-1] = row.each, row.bits
        address_each[level, :-1], needs_address[level, :-1] = row.address_each, row.needs_address
    each[-1, -1, ACTIONS.index(layer.op)] = _each_operation(arch, layer, prices, alike)
    return LevelPrices(
        levels=levels,
        each=each,
        address_each=address_each,
        costly_addresses=bool(address_each.any()),
        needs_address=needs_address,
        bits=bits,
        finished=finished_energy(prices, arch, layer),
        outermost=levels.index(outermost_holder(arch, layer).name),
        level_of=_levels_of(layer, arch, levels),
        fanout_level=np.array([levels.index(f.name) for f in arch.fanouts], dtype=np.int64),
        role_of=np.array([ROLES.index(its.role) for its in layer.tensors], dtype=np.int64),
    )


class _Row(NamedTuple):
    """What accesses cost at one level: of :class:`LevelPrices`, by ``[tensor, action]``."""

    each: Floats
    address_each: Floats
    needs_address: Ints
    bits: Floats


def _row(part: Memory | Fanout, layer: Layer, prices: Prices, alike: Hashable | None) -> _Row:
    known = None if alike is None else _known_rows(part, prices.charges)
    row = known.get(alike) if known is not None else None
    if row is None:
        if isinstance(part, Memory):
            row = _memory_row(part, layer, prices)
        else:
            row = _fanout_row(part, layer, prices)
        if known is not None:
            known.put(alike, row)
    return row


def _each_operation(
    arch: Architecture, layer: Layer, prices: Prices, alike: Hashable | None
) -> float:
    """Return :func:`operation_energy`, once for layers alike."""
    if alike is None:
        return operation_energy(prices, arch, layer)
    known = _known_operations(arch.compute, prices.charges)
    energy = known.get(alike)
    if energy is None:
        energy = operation_energy(prices, arch, layer)
        known.put(alike, energy)
    return energy


@kept_with
def _known_operations(_compute: Compute, _charges: Charges) -> Recent[Hashable, float]:
    """Return what an operation is known to cost, by what its layers have in common."""
    return Recent(MOST_ROWS)


@kept_with
def _known_rows(_part: Memory | Fanout, _charges: Charges) -> Recent[Hashable, _Row]:
    """Return the rows that are known of a part, by what their layers have in common."""
    return Recent(MOST_ROWS)


def _no_row(layer: Layer) -> _Row:
    each = np.zeros((len(layer.tensors), len(ACTIONS)))
    return _Row(each, each.copy(), np.zeros(each.shape, dtype=np.int64), each.copy())


def _memory_row(memory: Memory, layer: Layer, prices: Prices) -> _Row:
    row = _no_row(layer)
    for t, tensor in enumerate(layer.tensors):
        words = expected_energies(prices, memory, MEMORY_ACTIONS, tensor, layer)
        width, bits = block_words(memory, tensor), form_of(memory, tensor, layer).bits
        for a, (action, energy) in enumerate(zip(MEMORY_ACTIONS, words, strict=True)):
            row.each[t, a] = energy * width
            row.bits[t, a] = bits * access_shares(memory, action, tensor, layer).timed
        costly = address_energy(prices, memory, tensor) != 0.0
        for action in address_actions(prices, memory, tensor):
            a = ACTIONS.index(action)
            row.needs_address[t, a] = 1
            if costly:
                each_one = expected_address(prices, memory, action, tensor, layer)
                row.address_each[t, a] = each_one
    return row


def _fanout_row(fanout: Fanout, layer: Layer, prices: Prices) -> _Row:
    row, first = _no_row(layer), ACTIONS.index(FANOUT_ACTIONS[0])
    for t, tensor in enumerate(layer.tensors):
        words = expected_energies(prices, fanout, FANOUT_ACTIONS, tensor, layer)
        row.each[t, first : first + len(words)] = words
        row.bits[t, first : first + len(words)] = form_of(fanout, tensor, layer).bits
    return row


@kept
def level_names(arch: Architecture) -> tuple[str, ...]:
    """Return memories, fanouts and the compute by name, outermost first, each once."""
    names: dict[str, None] = {}
    for node in arch.nodes:
        if isinstance(node, Place):
            names.update(dict.fromkeys(held.memory for held in node.holdings))
        else:
            names[node.name] = None
    return tuple(names)


def _levels_of(layer: Layer, arch: Architecture, levels: tuple[str, ...]) -> Ints:
    found = np.full((len(arch.places), len(layer.tensors)), -1, dtype=np.int64)
    for p, place in enumerate(arch.places):
        for t, tensor in enumerate(layer.tensors):
            holding = holding_of(arch, layer, place, tensor)
            if holding is not None:
                found[p, t] = levels.index(holding.memory)
    return found


def energies(layer: Layer, its: LevelPrices, accesses: Ints, words: Ints) -> Floats:
    """Return accesses times the energy of each, and that of their addresses; hops apart.

    Parameters
    ----------
    accesses, words : int64[level, tensor, action]

    Returns
    -------
    float64[level, tensor, action]
    """
    energy: Floats = accesses * its.each
    if its.costly_addresses:
        of_words = words * its.address_each
        for a in range(len(ACTIONS)):
            energy[:, :, ADDRESS] += of_words[:, :, a]
    output = layer.tensors.index(layer.output)
    for action, more in its.finished.items():
        energy[its.outermost, output, ACTIONS.index(action)] += more
    return energy


def gated_energies(evaluation: Evaluation) -> dict[tuple[str, str], float]:
    """Return the energy of what is switched off, by (level, action); part of that of the action.

    Actions are named without their kind: ``read`` for what is paid at the price ``read.gated``.
    """
    layer, arch, prices = evaluation.layer, evaluation.arch, evaluation.prices
    accesses, levels = evaluation.accesses, evaluation.levels
    found: dict[tuple[str, str], float] = {}
    for memory in present_memories(arch):
        level = levels.index(memory.name)
        for kind in gated_actions(memory):
            action = kind.removesuffix(".gated")
            a = ACTIONS.index(action)
            found[memory.name, action] = sum(
                float(accesses[level, t, a])
                * block_words(memory, tensor)
                * gated_energy(prices, memory, action, tensor, layer)
                for t, tensor in enumerate(layer.tensors)
            )
    if arch.compute.gating:
        each = gated_operation_energy(prices, arch, layer)
        found[arch.compute.name, layer.op] = evaluation.operations * each
    return {key: energy for key, energy in found.items() if energy}
