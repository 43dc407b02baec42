"""More random problems for the exact mapper: sums, rules over several places, arrays in groups."""

from __future__ import annotations

import random
from dataclasses import replace

from accelsim.arch.records import Architecture, Compute, Fanout, Node
from accelsim.errors import SpecError
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.mapspace.space import mapspace
from accelsim.technology.records import Accounting
from tests.mapper.exact_problems import DRAM, random_machine, random_table, with_ports
from tests.mapper.exact_rules import INPUTS, OUTPUTS, WEIGHTS, lanes, made
from tests.mapspace.cases import ALL, conv, gemm, memory, place

MEMORY_ACTIONS = ("read", "update", "fill", "drain")
ENERGIES = (0.0, 1.0, 3.0, 20.0, 100.0)


def sums_problem(seed: int) -> MappingProblem:
    """Return a GEMM below one or two arrays, where fresh starts of sums may cost or save most."""
    rng = random.Random(f"adv2 {seed}")
    layer = gemm(
        M=rng.choice((1, 2, 4)), N=rng.choice((1, 2, 3, 4)), K=rng.choice((2, 4, 4, 8))
    )  # fmt: skip
    if rng.random() < 0.6:
        line = place("line", INPUTS if rng.random() < 0.5 else WEIGHTS)
    else:
        line = place("line", frozenset(), rng.choice((INPUTS | WEIGHTS, ALL, WEIGHTS)))
    memories = [memory("line", rng.choice((1, 2, 4, 8, None)), "line")]
    nodes: list[Node] = [line]
    nodes.append(place("buffer", OUTPUTS, rng.choice((frozenset(), INPUTS))))
    memories.append(memory("buffer", rng.choice((1, 2, 4, 8, None))))
    if rng.random() < 0.6:
        nodes.append(place("registers", OUTPUTS))
        memories.append(memory("registers", rng.choice((1, 2, 4)), "register_file"))
    for array in ("a0", "a1"):
        if array == "a0" or rng.random() < 0.5:
            nodes.insert(0, lanes(array, rng.choice((2, 4)), reduces=rng.random() < 0.5))
    prices: dict[str, dict[str, float]] = {}
    for component in ("dram", "buffer", "register_file"):
        prices[component] = {
            action: rng.choice(ENERGIES) * rng.choice([1, rng.uniform(0.5, 2)])
            for action in MEMORY_ACTIONS
        }
        read = prices[component]["read"]
        prices[component]["first_read"] = rng.choice([0.0, read, 50.0, 300.0, 1000.0])
    prices["line"] = {action: rng.choice(ENERGIES) for action in (*MEMORY_ACTIONS, "first_read")}
    prices["array"] = {
        action: rng.choice([0.0, 0.0, 1.0, 5.0, 50.0])
        for action in ("deliver", "collect", "reduce")
    }
    return made(layer, tuple(nodes), tuple(memories), **prices)


def ruled_problem(seed: int) -> MappingProblem:
    """Return a layer on a random machine under rules that bind several places together."""
    rng = random.Random(f"adv3 {seed}")
    while True:
        if rng.random() < 0.5:
            layer = gemm(
                M=rng.choice((2, 4, 6, 8)), N=rng.choice((1, 2, 4)), K=rng.choice((2, 3, 4, 8))
            )  # fmt: skip
        else:
            bounds = {
                "P": rng.choice((2, 4, 6, 8)), "R": rng.choice((2, 3, 4)),
                "M": rng.choice((1, 2, 4)), "C": rng.choice((1, 2)), "Q": rng.choice((1, 1, 2)),
                "S": rng.choice((1, 1, 2)),
            }  # fmt: skip
            layer = conv("conv", rng.choice((1, 1, 2)), 16, **bounds)
        arch = random_machine(rng)
        if rng.random() < 0.3:
            leaking = (replace(m, leakage_mw=rng.choice((0.0, 5.0, 500.0))) for m in arch.memories)
            arch = replace(arch, memories=tuple(leaking))
        places = [one.name for one in arch.places]
        dims = [dim for dim, bound in layer.dims if bound > 1]
        rules = (some_rule(rng, places, dims) for _ in range(rng.choice((1, 2, 3, 4))))
        flows = (Dataflow("rules", "rules", tuple(rule for rule in rules if rule)),)
        try:
            size = mapspace(layer, arch, flows).size
        except SpecError:
            continue
        if not 20 <= size <= 1500:
            continue
        prices = resolve(arch, random_table(rng), Accounting("random"))
        found = mapping_problem(layer, arch, prices, flows)
        if next(enumerate_mappings(found.space), None) is not None:
            return found


def grouped_problem(seed: int) -> MappingProblem:
    """Return a layer on an array of several fanouts, around registers that may keep nothing."""
    rng = random.Random(f"grouped {seed}")
    while True:
        if rng.random() < 0.5:
            layer = gemm(
                M=rng.choice((2, 4, 6)), N=rng.choice((1, 2, 3, 4)), K=rng.choice((2, 4, 6, 8))
            )  # fmt: skip
        else:
            bounds = {
                "P": rng.choice((2, 3, 4)),
                "R": rng.choice((2, 4, 4)),
                "M": rng.choice((1, 1, 2)),
            }
            layer = conv("conv", rng.choice((1, 2)), 16, **bounds)
        nodes: list[Node] = [place("buffer", frozenset(), frozenset(rng.sample(sorted(ALL), 2)))]
        mesh_x, mesh_y = rng.choice(((2, 1), (4, 1), (6, 1), (2, 2), (4, 2), (8, 1)))
        for number in range(rng.choice((2, 2, 3))):
            component, reduces = rng.choice(("array", "bus")), rng.random() < 0.7
            multicast = ALL if rng.random() < 0.7 else frozenset(rng.sample(sorted(ALL), 2))
            fanout = Fanout(f"part{number}", "array", component, mesh_x, mesh_y)
            nodes.append(replace(fanout, multicast=multicast, reduces=reduces))
        if rng.random() < 0.4:
            kept = frozenset(rng.sample(sorted(ALL), 1))
            nodes.insert(rng.choice((2, len(nodes))), place("line", frozenset(), kept))
        if rng.random() < 0.7:
            nodes.append(place("registers", frozenset(), frozenset(rng.sample(sorted(ALL), 2))))
        memories = [
            memory(node.name, rng.choice((1, 2, 4, 8, 16)), component)
            for node, component in (
                (node, "register_file" if node.name == "registers" else "buffer")
                for node in nodes
                if not isinstance(node, Fanout)
            )
        ]
        if rng.random() < 0.3:
            memories = [with_ports(rng, one) for one in memories]
        arch = Architecture(
            "grouped", (DRAM, *nodes, Compute("mac", "mac")),
            (memory("dram", component="dram"), *memories),
        )  # fmt: skip
        if not 50 <= mapspace(layer, arch, ()).size <= 6000:
            continue
        return mapping_problem(
            layer, arch, resolve(arch, random_table(rng), Accounting("random")), ()
        )


LIMITS = (Limit(at_most=2), Limit(exact=2), Limit(at_most=4), Limit(exact=4), Limit(exact=1))


def some_rule(rng: random.Random, places: list[str], dims: list[str]) -> Rule | None:
    """Return a random rule; None for an order of a single dim."""
    kind = rng.choice(("place", "place", "joint", "joint", "order", "lanes", "keep"))
    some = rng.sample(dims, min(len(dims), rng.choice((1, 2))))
    limits = tuple((dim, rng.choice(LIMITS)) for dim in some)
    if kind == "place":
        return Rule(rng.choice(places), "temporal", limits)
    if kind == "joint":
        return Rule(rng.choice(("buffers", "buffers", "registers")), "temporal", limits)
    if kind == "lanes":
        return Rule("array", rng.choice(("spatial", "spatial_x")), limits)
    if kind == "keep":
        return Rule(rng.choice(places), keep=frozenset(rng.sample(sorted(ALL), 1)))
    shuffled = rng.sample(dims, len(dims))
    if len(dims) < 2:
        return None
    cut = rng.randrange(1, len(dims))
    return Rule(rng.choice(places), order=(tuple(shuffled[:cut]), tuple(shuffled[cut:])))
