"""From a reference case to the records that are evaluated: layer, machine, mapping, prices.

Levels are memories of one place each, with a fanout inside every one of them; a fanout is named
after its network, ``GLB->RF``.  Everything is counted in words, whatever their width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor

from accelsim.arch.records import (
    EVERY_DIM,
    LEGACY_MESH,
    Architecture,
    Compute,
    Fanout,
    Holding,
    Memory,
    Node,
    Place,
    structural_problems,
)
from accelsim.errors import Problem, SpecError
from accelsim.interchange.reference.case import (
    ComputeCase,
    LevelCase,
    LoopCase,
    ReferenceCase,
    StepCase,
)
from accelsim.mapping.factors import last_turns
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import ROLES, Role
from accelsim.technology.records import EnergyTable, Price
from accelsim.workload.records import Layer, Rank, Tensor, Term

WORD_BITS = 16
"""Of every word; energies, sizes and widths of a case are given in words."""

CLOCK_HZ = 1e9
"""At which a milliwatt is a picojoule a cycle."""


@dataclass(frozen=True)
class Lowered:
    """A case, ready to be evaluated."""

    layer: Layer
    arch: Architecture
    mapping: Mapping
    table: EnergyTable


def lower(case: ReferenceCase) -> Lowered:
    """Put a case into records.

    Raises
    ------
    SpecError
        If the case says something that the records cannot.
    """
    roles = _roles(case)
    mapping = _mapping(case)
    arch = _machine(case, roles)
    if mapping.remainders:
        arch = _with_counts_only(arch)
    problems = [*structural_problems(arch), *_problems(case)]
    if problems:
        raise SpecError(problems)
    return Lowered(_layer(case, roles), arch, mapping, _table(case))


def _problems(case: ReferenceCase) -> list[Problem]:
    problems = []
    for tensor in case.problem.tensors:
        keeper = case.outermost_keeper(tensor.name)
        if keeper == len(case.mapping):
            problems.append(Problem(f"{case.name}: no level keeps {tensor.name}"))
        elif keeper > 0 and case.arch.levels[0].capacity_words is not None:
            what = (
                f"{case.name}: {tensor.name} bypasses {case.arch.levels[0].name}, which is limited"
            )
            problems.append(Problem(what, expected="an outermost level without limit"))
    for dim, bound in case.problem.dims.items():
        loops = [loop for loop in _loops(case) if loop.dim == dim]
        factors = [loop.factor for loop in loops]
        lasts = tuple(loop.last for loop in loops)
        short = any(loop.last < loop.factor for loop in loops)
        if short and lasts != (needed := last_turns(factors, bound)):
            what = f"{case.name}: the last turns of the loops over {dim} are {lasts}"
            problems.append(Problem(what, expected=f"{needed}, as {dim} is {bound}"))
    return problems


def _loops(case: ReferenceCase) -> list[LoopCase]:
    """Return all loops, outermost first."""
    return [
        loop for step in case.mapping for loop in (*step.temporal, *step.spatial_y, *step.spatial_x)
    ]


def _roles(case: ReferenceCase) -> dict[str, Role]:
    """Give each tensor a role.

    Fanouts treat tensors of one role alike, so that inputs to which some network is unkind are told
    apart from the others.
    """
    inputs = [tensor.name for tensor in case.problem.tensors if tensor.role == "input"]
    outputs = [tensor.name for tensor in case.problem.tensors if tensor.role == "output"]
    if len(outputs) != 1:
        what = f"{case.name}: {len(outputs)} tensors are outputs"
        raise SpecError([Problem(what, expected="one output")])
    treated = {
        name: tuple(
            (name in step.no_multicast, name in step.no_neighbour_links) for step in case.mapping
        )
        for name in inputs
    }
    kinds = list(dict.fromkeys(treated.values()))
    if len(kinds) > 2:
        what = f"{case.name}: {len(kinds)} inputs are multicast or passed on in different ways"
        raise SpecError([Problem(what, expected="at most 2")])
    if len(kinds) == 1:
        kinds = []
    roles: dict[str, Role] = {}
    for position, name in enumerate(inputs):
        first = treated[name] == kinds[0] if kinds else position == 0
        roles[name] = "Weights" if first else "Inputs"
    return {**roles, outputs[0]: "Outputs"}


def _layer(case: ReferenceCase, roles: dict[str, Role]) -> Layer:
    tensors = tuple(
        Tensor(
            tensor.name,
            roles[tensor.name],
            tuple(
                Rank(f"rank {index}", tuple(Term(dim, coefficient) for dim, coefficient in rank))
                for index, rank in enumerate(tensor.ranks)
            ),
            bits=WORD_BITS,
        )
        for tensor in case.problem.tensors
    )
    return Layer(case.name, "einsum", tuple(case.problem.dims.items()), tensors)


def network_name(outer: LevelCase | ComputeCase, inner: LevelCase | ComputeCase) -> str:
    """Return what a case calls the network between two levels."""
    return f"{outer.name}->{inner.name}"


def _machine(case: ReferenceCase, roles: dict[str, Role]) -> Architecture:
    nodes: list[Node] = []
    memories: list[Memory] = []
    for level, inner, step in zip(case.arch.levels, case.arch.inner, case.mapping, strict=True):
        memory = _memory(level)
        memories.append(memory)
        able = frozenset(ROLES) if memory.size_bits != 0 else frozenset[str]()
        keep = able if len(memories) == 1 else frozenset[str]()
        nodes += [
            Place(level.name, (Holding(level.name, keep, able - keep),)),
            _fanout(level, inner, step, roles),
        ]
    compute = case.arch.compute
    nodes.append(Compute(compute.name, compute.name))
    return Architecture(case.name, tuple(nodes), tuple(memories), CLOCK_HZ)


def _with_counts_only(arch: Architecture) -> Architecture:
    """Leave out what is not counted for mappings with remainders; only words are compared there."""
    nodes = tuple(
        replace(node, network="", forwards={}) if isinstance(node, Fanout) else node
        for node in arch.nodes
    )
    memories = tuple(replace(memory, block_bits=memory.word_bits) for memory in arch.memories)
    return replace(arch, nodes=nodes, memories=memories)


def _memory(level: LevelCase) -> Memory:
    capacity = level.capacity_words
    usable = None if capacity is None else floor(capacity / level.buffering_factor) * WORD_BITS
    return Memory(
        name=level.name,
        component=level.name,
        size_bits=usable,
        word_bits=WORD_BITS,
        block_bits=level.block_words * WORD_BITS,
        read_words_per_cycle=level.read_bandwidth_words_per_cycle,
        write_words_per_cycle=level.write_bandwidth_words_per_cycle,
        shared_words_per_cycle=level.shared_bandwidth_words_per_cycle,
        leakage_mw=level.leak_pJ_per_instance_cycle,
        gates_unused=True,
    )


def _fanout(
    level: LevelCase,
    inner: LevelCase | ComputeCase,
    step: StepCase,
    roles: dict[str, Role],
) -> Fanout:
    network = level.network_to_child
    apart = frozenset(roles[name] for name in step.no_multicast)
    linkless = frozenset(roles[name] for name in step.no_neighbour_links)
    multicast = frozenset(ROLES) - apart if network.multicast else frozenset[str]()
    linked = frozenset(ROLES) - linkless if network.neighbour_links else frozenset[str]()
    mesh_x, mesh_y = (b // a for a, b in zip(level.mesh, inner.mesh, strict=True))
    name = network_name(level, inner)
    return Fanout(
        name=name,
        array=name,
        component=name,
        mesh_x=mesh_x,
        mesh_y=mesh_y,
        multicast=multicast,
        reduces="Outputs" in multicast,
        forwards=dict.fromkeys(sorted(linked - {"Outputs"}), EVERY_DIM),
        network=LEGACY_MESH,
        sums_return=level.is_dram,
        fill_cycles=network.fill_latency_cycles,
        drain_cycles=network.drain_latency_cycles,
    )


def _mapping(case: ReferenceCase) -> Mapping:
    steps: list[Block | Spread] = []
    every = frozenset(tensor.name for tensor in case.problem.tensors)
    for level, inner, step in zip(case.arch.levels, case.arch.inner, case.mapping, strict=True):
        x, y = _bounds(step.spatial_x), _bounds(step.spatial_y)
        # Everything comes from the outermost memory; what bypasses it is left out of the account.
        keep = frozenset(step.keep) if steps else every
        steps += [
            Block(level.name, _bounds(step.temporal), keep),
            Spread(network_name(level, inner), x, y),
        ]
    return Mapping(tuple(steps), remainders=any(loop.last < loop.factor for loop in _loops(case)))


def _bounds(loops: list[LoopCase]) -> tuple[Loop, ...]:
    return tuple(Loop(loop.dim, loop.factor) for loop in loops)


def _table(case: ReferenceCase) -> EnergyTable:
    source = f"the case {case.name}"
    prices: dict[str, dict[str, Price]] = {}

    def state(component: str, energies: dict[str, float]) -> None:
        prices[component] = {action: Price(pj, source) for action, pj in energies.items()}

    for level, inner in zip(case.arch.levels, case.arch.inner, strict=True):
        access, network = level.energy_pJ_per_block_access, level.network_to_child
        per_word = {
            action: getattr(access, action) / level.block_words
            for action in ("read", "fill", "update")
        }
        state(level.name, {**per_word, "drain": 0.0, "address": level.address_generation_energy_pJ})
        hops = {"hop": network.energy_pJ_per_hop_per_word, "route": network.router_energy_pJ}
        state(network_name(level, inner), {"deliver": 0.0, "collect": 0.0, "reduce": 0.0, **hops})
    compute = case.arch.compute
    state(compute.name, {"mac": compute.energy_pJ_per_op, "alu": compute.energy_pJ_per_op})
    return EnergyTable(case.name, "pJ", prices, WORD_BITS, source)
