"""Energy of an evaluation: accesses times what each is expected to cost."""

from __future__ import annotations

import numpy as np

from accelsim.arch.records import Architecture, Fanout, Memory
from accelsim.evaluation.expected import (
    expected_energy,
    finished_energy,
    gated_energy,
    gated_operation_energy,
    operation_energy,
    outermost_holder,
)
from accelsim.evaluation.prices import Floats, Prices, gated_actions, present_memories
from accelsim.evaluation.records import Evaluation
from accelsim.mapping.arrays import Ints, block_words
from accelsim.technology.records import ACTIONS, FANOUT_ACTIONS, MEMORY_ACTIONS
from accelsim.workload.records import Layer


def energies(
    layer: Layer, arch: Architecture, prices: Prices, levels: tuple[str, ...], accesses: Ints
) -> Floats:
    """Return accesses times the energy of each: ``float64[level, tensor, action]``."""
    energy = np.zeros(accesses.shape)
    parts: tuple[Memory | Fanout, ...] = (*present_memories(arch), *arch.fanouts)
    for part in parts:
        level = levels.index(part.name)
        actions = MEMORY_ACTIONS if isinstance(part, Memory) else FANOUT_ACTIONS
        for t, tensor in enumerate(layer.tensors):
            width = block_words(part, tensor) if isinstance(part, Memory) else 1
            for action in actions:
                a = ACTIONS.index(action)
                each = expected_energy(prices, part, action, tensor, layer) * width
                energy[level, t, a] = accesses[level, t, a] * each
    output = layer.tensors.index(layer.output)
    for action, more in finished_energy(prices, arch, layer).items():
        if action == "update":
            level = levels.index(outermost_holder(arch, layer).name)
            energy[level, output, ACTIONS.index(action)] += more
    operation = ACTIONS.index(layer.op)
    energy[-1, -1, operation] = accesses[-1, -1, operation] * operation_energy(prices, arch, layer)
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
