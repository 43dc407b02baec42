"""Random problems of every kind that the exact driver covers, small enough to list."""

from __future__ import annotations

import random
from dataclasses import replace

from accelsim.arch.records import (
    PACKINGS,
    Architecture,
    Compute,
    Fanout,
    Holding,
    Memory,
    Node,
    Place,
)
from accelsim.errors import SpecError
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.mapspace.space import mapspace
from accelsim.roles import ROLES, Role
from accelsim.technology.records import Accounting, EnergyTable, Price
from accelsim.workload.records import Layer
from accelsim.workload.shapes import Options, named_layer
from tests.mapspace.cases import ALL, memory
from tests.naive.cases import random_layer

DRAM = Place("dram", (Holding("dram", ALL),))

LIMITS = (
    Limit(),
    Limit(whole=True),
    Limit(at_most=2),
    Limit(at_most=3),
    Limit(exact=2),
    Limit(exact=1),
)


def exact_problem(
    seed: int, least: int = 50, most: int = 6_000, wide: bool = False
) -> MappingProblem:
    """Return the problem of a seed; if ``wide``, of a machine with widths of its own."""
    rng = random.Random(f"exact {seed}")
    while True:
        layer = _layer(rng)
        arch = random_machine(rng, wide)
        try:
            flows = random_rules(rng, layer, arch) if rng.random() < 0.4 else ()
            size = mapspace(layer, arch, flows).size
        except SpecError:
            continue
        if not least <= size <= most:
            continue
        prices = resolve(arch, random_table(rng), Accounting("random"))
        found = mapping_problem(layer, arch, prices, flows)
        if next(enumerate_mappings(found.space), None) is not None:
            return found


def _layer(rng: random.Random) -> Layer:
    if rng.random() < 0.45:
        return random_layer(rng)
    sizes = {"P": rng.choice([2, 3, 4, 6, 8, 12]), "R": rng.choice([2, 3, 4, 6])}
    for dim, choices in (("M", [1, 2, 4]), ("C", [1, 2]), ("Q", [1, 1, 2, 3]), ("S", [1, 1, 2])):
        sizes[dim] = rng.choice(choices)
    options = Options((rng.choice([1, 1, 2, 3]), 1), (rng.choice([1, 1, 2, 3]), 1))
    return named_layer("conv", "conv", sizes, options)


def random_machine(rng: random.Random, wide: bool = False) -> Architecture:
    """Return a small machine; if ``wide``, levels have tensors in widths of their own."""
    n = rng.choice([1, 1, 2, 2, 2, 3])
    nodes: list[Node] = []
    blocky = rng.random() < 0.2
    memories = [memory("dram", component="dram")]
    last = None
    for i in range(n):
        name = ["buffer", "line", "registers"][i]
        component = "register_file" if name == "registers" else "buffer"
        if last is not None and rng.random() < 0.2:
            held, free = last
            roles = frozenset(free)
            if roles:
                nodes.append(Place(name, (Holding(held, frozenset(), roles),)))
                last = None
                continue
        kind = rng.random()
        if kind < 0.25:
            holdings = tuple(
                Holding(f"{name}_{r}", frozenset(), frozenset({r})) for r in sorted(ALL)
            )
            memories += [
                memory(f"{name}_{r}", rng.choice([1, 2, 4, 8, None]), component)
                for r in sorted(ALL)
            ]
            nodes.append(Place(name, holdings))
            last = None
        else:
            roles = frozenset(rng.sample(sorted(ALL), rng.choice([1, 2, 3])))
            must = frozenset(rng.sample(sorted(roles), rng.choice([0, 0, 1])))
            nodes.append(Place(name, (Holding(name, must, roles - must),)))
            memories.append(memory(name, rng.choice([3, 6, 12, 30, None]), component))
            last = (name, sorted(ALL - roles))
    shared = rng.random() < 0.3
    for i in range(rng.choice([0, 1, 1, 2, 2])):
        fanout = Fanout(
            f"array{i}", "array" if shared else f"array{i}", "array" if i == 0 else "bus",
            rng.choice([2, 3, 4]) if not shared else 4, rng.choice([1, 2]) if not shared else 2,
            multicast=ALL if rng.random() < 0.7 else frozenset(rng.sample(sorted(ALL), 2)),
            reduces=rng.random() < 0.7,
        )  # fmt: skip
        at = rng.randrange(len(nodes) + 1)
        nodes.insert(at, fanout)
    # one memory in two places must have no fanout between for its instances to be the same
    if blocky:
        memories = [replace(m, block_bits=rng.choice([16, 16, 16, 32])) for m in memories]
    if wide:
        memories = [replace(m, widths=_widths(rng), packing=rng.choice(PACKINGS)) for m in memories]
        nodes = [replace(n, widths=_widths(rng)) if isinstance(n, Fanout) else n for n in nodes]
    if rng.random() < 0.15:
        memories = [replace(m, leakage_mw=rng.choice([0.0, 0.5])) for m in memories]
    if rng.random() < 0.4:
        memories = [with_ports(rng, m) for m in memories]
    if rng.random() < 0.2:
        nodes = [
            replace(n, words_per_cycle=rng.choice([None, 0.5, 1, 2]))
            if isinstance(n, Fanout)
            else n
            for n in nodes
        ]
    return Architecture("random", (DRAM, *nodes, Compute("mac", "mac")), tuple(memories))


def _widths(rng: random.Random) -> dict[Role, int]:
    """Return the widths in which a level has some tensors."""
    return {role: rng.choice([4, 8, 12, 24]) for role in ROLES if rng.random() < 0.5}


def with_ports(rng: random.Random, memory: Memory) -> Memory:
    """Return a memory whose ports are about as fast as the compute, so that either may decide."""
    widths = [None, None, 0.25, 0.5, 1, 2, 3]
    if rng.random() < 0.3:
        memory = replace(memory, shared_words_per_cycle=rng.choice(widths))
    else:
        memory = replace(
            memory,
            read_words_per_cycle=rng.choice(widths),
            write_words_per_cycle=rng.choice(widths),
        )
    return replace(memory, overlap=rng.random() < 0.8)


def random_table(rng: random.Random) -> EnergyTable:
    def price(*values: float) -> float:
        return rng.choice(values) if exact else rng.choice(values) * rng.uniform(0.5, 2)

    exact = rng.random() < 0.6
    memory_actions = ("read", "update", "fill", "drain", "first_read")
    scales = {"dram": (200.0, 50.0), "buffer": (6.0, 2.0, 0.0), "register_file": (1.0, 2.0, 0.5)}
    prices: dict[str, dict[str, Price]] = {}
    for component, values in scales.items():
        prices[component] = {
            action: Price(
                price(*values) if action != "first_read" else rng.choice([0.0, 0.0, values[0]]),
                "a test",
            )
            for action in memory_actions
        }
    for component in ("array", "bus"):
        prices[component] = {
            "deliver": Price(price(0.0, 2.0), "a test"),
            "collect": Price(price(0.0, 0.5), "a test"),
            "reduce": Price(price(0.0, 0.0, 4.0), "a test"),
        }
    prices["mac"] = {"mac": Price(1.0, "a test"), "alu": Price(1.0, "a test")}
    return EnergyTable("random", "pJ", prices)


def random_rules(rng: random.Random, layer: Layer, arch: Architecture) -> tuple[Dataflow, ...]:
    dims = [d for d, b in layer.dims]
    rules = []
    for _ in range(rng.choice([1, 2, 3])):
        kind = rng.choice(["temporal", "spatial", "order", "keep", "tile", "buffers"])
        some = rng.sample(dims, min(len(dims), rng.choice([1, 2])))
        limits = tuple((d, rng.choice(LIMITS)) for d in some)
        place = rng.choice([p.name for p in arch.places])
        if kind == "temporal":
            rules.append(Rule(place, "temporal", limits, others_free=rng.random() < 0.7))
        elif kind == "buffers":
            rules.append(Rule("buffers", "temporal", limits))
        elif kind == "spatial":
            axis = rng.choice(["spatial", "spatial", "spatial_x", "spatial_y"])
            rules.append(Rule("array", axis, limits, others_free=rng.random() < 0.7))  # type: ignore[arg-type]
        elif kind == "order":
            shuffled = rng.sample(dims, len(dims))
            cut = rng.randrange(1, len(dims)) if len(dims) > 1 else 0
            if cut:
                rules.append(
                    Rule(place, order=(tuple(shuffled[:cut]), tuple(shuffled[cut : cut + 2])))
                )
        elif kind == "keep":
            rules.append(Rule(place, keep=frozenset(rng.sample(sorted(ALL), 1))))
        else:
            rules.append(Rule(place, tile=((rng.choice(sorted(ALL)), rng.choice([1, 2, 4])),)))
    return (Dataflow("rules", "rules", tuple(rules)),)
