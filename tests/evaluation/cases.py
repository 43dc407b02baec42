"""Random cases with everything that has a price, made of the cases that the counter is tested on.

Ports are drawn near the knee, so that the compute, ports, networks and waiting memories each set
the time of many cases; widths are decimal fractions too, which floats cannot hold exactly.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Node
from accelsim.mapping.records import Block
from accelsim.roles import ROLES, Role
from accelsim.technology.records import Accounting, EnergyTable, Price
from tests.evaluation.traffic import Traffic, traffic
from tests.naive.cases import Case, random_case
from tests.naive.nest import held_bits

COMPONENTS = ("big", "small", "tiny")
NETWORKS = ("bus", "mesh")
# Words per cycle: how wide all ports of a case are, and what each is drawn from.
WIDTHS = (
    (None,),
    (None, None, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5),
    (None, None, 0.5, 1.0, 2.0, 3.0, 7.0),
    (None, 4.0, 6.0, 8.3, 16.0),
)


@dataclass(frozen=True)
class PricedCase:
    case: Case
    table: EnergyTable
    accounting: Accounting
    traffic: Traffic

    def __str__(self) -> str:
        return f"{self.case}\n  {self.case.architecture}\n  {self.table}\n  {self.accounting}"


def random_priced_case(seed: int, draw: Callable[[int], Case] = random_case) -> PricedCase:
    """Return the case of a seed; the same for ever while this file and the counter's cases stay."""
    rng = random.Random(seed)
    case = draw(seed)
    if rng.random() < 0.4:
        # Lanes that share sums which come back: only there is one instance busier than others.
        tries = (draw(rng.randrange(2**32)) for _ in range(50))
        case = next((one for one in tries if _sums_return_to_lanes(one)), case)
    case = replace(
        case,
        architecture=replace(
            case.architecture,
            memories=tuple(_with_words(rng, memory) for memory in case.architecture.memories),
        ),
    )
    moved = traffic(case)
    unit = rng.choice(["pJ", "pJ", "MAC"])
    table = _table(rng, unit)
    machine = _with_extras(rng, _priced(rng, case, moved, table))
    return PricedCase(replace(case, architecture=machine), table, _accounting(rng), moved)


def _sums_return_to_lanes(case: Case) -> bool:
    output = case.layer.output
    lanes_passed = False
    loops_before_lanes = False
    for step in case.mapping.steps:
        loops = step.loops if isinstance(step, Block) else (*step.y, *step.x)
        summed = any(loop.dim not in output.dims and loop.bound > 1 for loop in loops)
        if isinstance(step, Block):
            if lanes_passed and output.name in step.keep:
                return True
            loops_before_lanes = loops_before_lanes or summed
        else:
            lanes_passed = lanes_passed or (summed and loops_before_lanes)
    return False


def _with_words(rng: random.Random, memory: Memory) -> Memory:
    """Draw what the walk has to know: words and blocks."""
    word = rng.choice([8, 16, 16, 32])
    return replace(
        memory,
        word_bits=word,
        block_bits=word * rng.choice([1, 1, 2, 3, 4]),
        widths=_widths(rng),
        packing=rng.choice(["dense", "dense", "lanes"]),
    )


def _widths(rng: random.Random) -> dict[Role, int]:
    """Draw the widths in which a level has some roles."""
    if rng.random() < 0.6:
        return {}
    return {role: rng.choice([3, 8, 12, 24, 40]) for role in ROLES if rng.random() < 0.6}


def _priced(rng: random.Random, case: Case, moved: Traffic, table: EnergyTable) -> Architecture:
    leaky = table.unit == "pJ" and rng.random() < 0.8
    widths = rng.choice(WIDTHS)
    memories = []
    for memory in case.architecture.memories:
        used = sum(
            words * held_bits(memory, tensor)
            for tensor in case.layer.tensors
            for (name, kept), words in moved.tile_words.items()
            if (name, kept) == (memory.name, tensor.name)
        )
        buffering = rng.choice([1, 1, 2, 3])
        size = rng.choice([None, used * buffering + rng.choice([0, 0, 1, 100])])
        absent = not used and _may_be_absent(case.architecture, memory) and rng.random() < 0.5
        memories.append(
            replace(
                memory,
                # The table has no prices for an absent memory, and needs none.
                component="absent" if absent else rng.choice(COMPONENTS),
                size_bits=0 if absent else size,
                buffering=buffering,
                read_words_per_cycle=rng.choice(widths),
                write_words_per_cycle=rng.choice(widths),
                shared_words_per_cycle=rng.choice(widths),
                overlap=rng.random() < 0.7,
                energy=_stated(rng, ("read", "first_read", "update", "fill", "drain", "access")),
                leakage_mw=rng.choice([0.0, rng.uniform(0.01, 3)]) if leaky else 0.0,
                gates_unused=rng.random() < 0.5,
                area_um2=None if absent else rng.choice([0.0, 12.5, 3000.0]),
            )
        )
    nodes: list[Node] = []
    for node in case.architecture.nodes:
        if isinstance(node, Fanout):
            node = replace(
                node,
                component=rng.choice(NETWORKS),
                words_per_cycle=rng.choice(widths),
                word_bits=rng.choice([8, 16, 16, 32]),
                widths=_widths(rng),
                energy=_stated(rng, ("deliver", "collect", "reduce")),
            )
        elif isinstance(node, Compute):
            node = replace(
                node,
                component="alu",
                ops_per_cycle=rng.choice([1, 1, 2, 3]),
                energy=_stated(rng, ("mac", "alu")),
                area_um2=rng.choice([None, 40.0, 40.0]),
            )
        nodes.append(node)
    return replace(
        case.architecture,
        nodes=tuple(nodes),
        memories=tuple(memories),
        clock_hz=rng.choice([1e9, 2e8, 7.3e8]),
        technology=table.name,
    )


def _with_extras(rng: random.Random, arch: Architecture) -> Architecture:
    """Draw what addresses cost, and the latencies of arrays."""
    memories = tuple(
        replace(memory, energy={**memory.energy, "address": rng.uniform(0.1, 9)})
        if rng.random() < 0.2
        else memory
        for memory in arch.memories
    )
    latency = {
        fanout.array: (rng.choice([0, 0, 0, 3, 40]), rng.choice([0, 0, 0, 5]))
        for fanout in arch.fanouts
    }
    nodes = tuple(
        replace(n, fill_cycles=latency[n.array][0], drain_cycles=latency[n.array][1])
        if isinstance(n, Fanout)
        else n
        for n in arch.nodes
    )
    return replace(arch, memories=memories, nodes=nodes)


def _may_be_absent(arch: Architecture, memory: Memory) -> bool:
    """Whether nothing must be kept there (and it is not the outermost)."""
    held = [held for place in arch.places for held in place.holdings if held.memory == memory.name]
    outermost = {held.memory for held in arch.places[0].holdings}
    return memory.name not in outermost and not any(one.keep for one in held)


def _stated(rng: random.Random, actions: tuple[str, ...]) -> dict[str, float]:
    if rng.random() < 0.7:
        return {}
    return {action: rng.uniform(0.1, 9) for action in actions if rng.random() < 0.4}


def _table(rng: random.Random, unit: str) -> EnergyTable:
    def prices(*actions: str) -> dict[str, Price]:
        return {action: Price(rng.uniform(0.01, 200), "drawn") for action in actions}

    memories = {}
    for component in COMPONENTS:
        memories[component] = prices("access")
        for action in ("read", "first_read", "update", "fill", "drain"):
            if rng.random() < 0.3:
                memories[component] |= prices(action)
    networks = {component: prices("deliver", "collect", "reduce") for component in NETWORKS}
    return EnergyTable(
        "drawn",
        unit,
        memories | networks | {"alu": prices("mac", "alu")},
        word_bits=rng.choice([8, 16, 16]),
    )


def _accounting(rng: random.Random) -> Accounting:
    if rng.random() < 0.3:
        return Accounting("default")
    actions = {
        **dict.fromkeys(COMPONENTS, ("read", "first_read", "update", "fill", "drain", "address")),
        **dict.fromkeys(NETWORKS, ("deliver", "collect", "reduce")),
        "alu": ("mac", "alu"),
    }
    weights: dict[str, dict[str, float]] = {}
    for component, known in actions.items():
        for action in known:
            if rng.random() < 0.2:
                weights.setdefault(component, {})[action] = rng.choice([0.0, 0.5, 2.0])
            if rng.random() < 0.1 and component != "alu":
                role = rng.choice(ROLES)
                weights.setdefault(component, {})[f"{action}.{role}"] = rng.choice([0.0, 3.0])
    return Accounting("drawn", weights)
