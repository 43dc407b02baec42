"""Mapping problems small enough to solve by looking at every mapping."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from accelsim.arch.records import Architecture, Compute, Fanout, Node
from accelsim.evaluation.prices import Floats, resolve
from accelsim.evaluation.pricing import case_of, price_batch
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapper.objectives import Objective
from accelsim.mapping.arrays import Ints, MappingArrays, pack_mapping, unpack_mapping
from accelsim.mapping.records import Mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.space import mapspace
from accelsim.technology.records import Accounting, EnergyTable, Price
from accelsim.workload.records import Layer
from tests.mapspace.cases import ALL, DRAM, conv, gemm, memory, place

PRICES = {
    "dram": {"access": 200.0},
    "buffer": {"access": 6.0},
    "register_file": {"access": 1.0},
    "array": {"deliver": 2.0, "collect": 0.5, "reduce": 4.0},
    "mac": {"mac": 1.0, "alu": 1.0},
}
TABLE = EnergyTable(
    "test",
    "MAC",
    {
        component: {action: Price(energy, "a test") for action, energy in actions.items()}
        for component, actions in PRICES.items()
    },
)


def problem(layer: Layer, arch: Architecture, *dataflows: Dataflow) -> MappingProblem:
    return mapping_problem(layer, arch, resolve(arch, TABLE, Accounting("default")), dataflows)


def packed_batch(problem: MappingProblem, mappings: Sequence[Mapping]) -> MappingArrays:
    """Stack mappings; shorter ones are padded with loops of bound 1."""
    packed = [pack_mapping(mapping, problem.layer) for mapping in mappings]
    longest = max(1, *(len(one.loop_dim) for one in packed))

    def stack(arrays: list[Ints], fill: int) -> Ints:
        padded = [np.pad(a, (0, longest - len(a)), constant_values=fill) for a in arrays]
        return np.stack(padded)

    return MappingArrays(
        stack([one.loop_dim for one in packed], 0),
        stack([one.loop_bound for one in packed], 1),
        np.stack([one.slot_end for one in packed]),
        np.stack([one.keep for one in packed]),
    )


def unpacked(problem: MappingProblem, batch: MappingArrays, index: int) -> Mapping:
    loops = int(batch.slot_end[index, -1])
    one = MappingArrays(
        batch.loop_dim[index, :loops],
        batch.loop_bound[index, :loops],
        batch.slot_end[index],
        batch.keep[index],
    )
    return unpack_mapping(one, problem.arch, problem.layer)


def priced(problem: MappingProblem, batch: MappingArrays) -> tuple[Ints, Floats, Floats]:
    """Return (status, energy, cycles) of a batch."""
    case, marks = case_of(
        problem.layer_arrays, problem.machine, problem.price_arrays, problem.conventions
    )
    return price_batch(case, marks, batch)


def price(problem: MappingProblem, mapping: MappingArrays) -> tuple[float, float]:
    """Return (energy, cycles) of one packed mapping, which is legal."""
    batch = MappingArrays(*(array[None] for array in mapping))
    status, energy, cycles = priced(problem, batch)
    assert not status[0]
    return float(energy[0]), float(cycles[0])


@dataclass(frozen=True)
class Solved:
    """Every legal mapping of a problem with its price."""

    problem: MappingProblem
    mappings: list[Mapping]
    energy: Floats
    cycles: Floats

    def best(self, objective: Objective) -> tuple[float, float]:
        """Return the lowest (figure, tie-breaker)."""
        return min(
            objective.rank(energy, cycles)
            for energy, cycles in zip(self.energy.tolist(), self.cycles.tolist(), strict=True)
        )

    def front(self) -> list[tuple[float, float]]:
        """Return the points that no other is better than, by growing energy."""
        points = sorted(set(zip(self.energy.tolist(), self.cycles.tolist(), strict=True)))
        kept: list[tuple[float, float]] = []
        for energy, cycles in points:
            if not kept or cycles < kept[-1][1]:
                kept.append((energy, cycles))
        return kept


def solved(problem: MappingProblem) -> Solved:
    mappings = list(enumerate_mappings(problem.space))
    if not mappings:
        return Solved(problem, [], np.empty(0), np.empty(0))
    status, energy, cycles = priced(problem, packed_batch(problem, mappings))
    assert not status.any()
    return Solved(problem, mappings, energy, cycles)


def random_problem(seed: int, least: int = 500, most: int = 8_000) -> MappingProblem:
    """Return a problem whose space has between ``least`` and ``most`` choices.

    Layers are GEMMs and convolutions with windows and strides; machines have two to four places,
    up to two arrays, tight memories, ports near the knee, and bypassing.
    """
    rng = random.Random(seed)
    while True:
        layer = _random_layer(rng)
        arch = _random_machine(rng)
        if least <= mapspace(layer, arch).size <= most:
            found = problem(layer, arch)
            if next(enumerate_mappings(found.space), None) is not None:
                return found


def _random_layer(rng: random.Random) -> Layer:
    bound = [1, 2, 3, 4, 5, 6, 8, 12]
    if rng.random() < 0.4:
        return gemm(M=rng.choice(bound), N=rng.choice(bound), K=rng.choice(bound))
    dims = dict.fromkeys("NMCPQRS", 1)
    for dim in rng.sample("NMCPQ", 2) + rng.sample("RS", 1):
        dims[dim] = rng.choice([2, 3, 4, 6])
    return conv("conv", rng.choice([1, 1, 2, 3]), 16, **dims)


def _random_machine(rng: random.Random) -> Architecture:
    names = ["buffer", "line", "registers"][: rng.choice([1, 2, 2, 3])]
    nodes: list[Node] = []
    memories = [memory("dram", component="dram")]
    for name in names:
        roles = frozenset(rng.sample(sorted(ALL), rng.choice([1, 2, 3])))
        keep = frozenset(rng.sample(sorted(roles), rng.choice([0, 0, 1])))
        nodes.append(place(name, keep, roles - keep))
        component = "register_file" if name == "registers" else "buffer"
        memories.append(memory(name, rng.choice([3, 6, 12, 30]), component))
    for index in range(rng.choice([0, 1, 1, 2])):
        fanout = Fanout(
            f"array{index}",
            f"array{index}",
            "array",
            rng.choice([2, 3, 4]),
            rng.choice([1, 2]),
            reduces=rng.random() < 0.7,
        )
        nodes.insert(rng.randrange(len(nodes) + 1), fanout)
    memories = [
        replace(m, shared_words_per_cycle=rng.choice([None, 0.5, 1.0, 3.0])) for m in memories
    ]
    return Architecture("random", (DRAM, *nodes, Compute("mac", "mac")), tuple(memories))
