"""Conventions, and random cases whose fanouts forward, for the twin and the counter."""

from __future__ import annotations

import random
from dataclasses import replace

from accelsim.arch.records import (
    EVERY_DIM,
    Architecture,
    Compute,
    Fanout,
    Holding,
    Memory,
    Place,
)
from accelsim.conventions import Conventions
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import ROLES
from accelsim.workload.records import Layer, Rank, Tensor, Term
from tests.naive.cases import Case, random_case

TIMELOOP = Conventions(
    reuse="timeloop",
    multicast="equal",
    tiles="box",
    returns="all",
    blocks="total",
    drains="free",
    leakage="used",
)

CONVENTIONS = {
    "default": Conventions(),
    "no reuse": Conventions(reuse="none", multicast="equal"),
    "lanes apart": Conventions(multicast="none", tiles="box"),
    "equal lanes": Conventions(multicast="equal"),
    "equal boxes": Conventions(multicast="equal", tiles="box"),
    "boxes": Conventions(tiles="box"),
    "returns to all": Conventions(returns="all"),
    "first reads": Conventions(first_reads="charged"),
    "first reads of all": Conventions(first_reads="charged", returns="all"),
    "first reads of the unfinished": Conventions(first_reads="unfinished"),
    "blocks on totals": Conventions(blocks="total"),
    "timeloop": TIMELOOP,
    "timeloop by visit": replace(TIMELOOP, blocks="visit"),
    "timeloop apart": replace(TIMELOOP, multicast="none", first_reads="charged"),
}
"""Under each, random cases are compared with the twin."""

LINKED = {
    "default": Conventions(),
    "lanes apart": Conventions(multicast="none"),
    "boxes": Conventions(tiles="box"),
    "timeloop": TIMELOOP,
    "timeloop by visit": replace(TIMELOOP, blocks="visit"),
    "timeloop apart": replace(TIMELOOP, multicast="none"),
}
"""The same on machines whose fanouts forward."""


def linked_case(seed: int) -> Case:
    """Return a random case whose fanouts forward inputs and weights, along some dims or all."""
    return with_links(random_case(seed), random.Random(seed))


def with_links(case: Case, rng: random.Random) -> Case:
    """Let fanouts forward inputs and weights, along some dims or all."""
    dims = [dim for dim, _ in case.layer.dims]

    def forwarding(fanout: Fanout) -> Fanout:
        forwards = {}
        for role in ("Inputs", "Weights"):
            if rng.random() < 0.8:
                few = frozenset(rng.sample(dims, rng.randint(1, len(dims))))
                forwards[role] = EVERY_DIM if rng.random() < 0.5 else few
        return replace(fanout, forwards=forwards)

    nodes = tuple(
        forwarding(node) if isinstance(node, Fanout) else node for node in case.architecture.nodes
    )
    return replace(case, architecture=replace(case.architecture, nodes=nodes))


def mesh_case(seed: int) -> Case:
    """Return a small window on a mesh of lanes that hold next to nothing: neighbours matter."""
    rng = random.Random(seed)
    u, v = rng.choice([(1, 1), (1, 1), (1, -1), (2, 1), (2, 2), (1, 2), (1, -2)])
    bounds = {"A": rng.choice([2, 3, 4, 6]), "B": rng.choice([2, 3, 4, 6])}
    bounds |= {"C": rng.choice([1, 1, 2]), "D": rng.choice([1, 1, 2])}
    window = Rank("window", (Term("A", u), Term("B", v)))
    layer = Layer(
        "mesh",
        "einsum",
        tuple(bounds.items()),
        (
            Tensor("X", "Inputs", (window, Rank("d", (Term("D"),)))),
            Tensor("Y", "Weights", (Rank("b", (Term("B"),)), Rank("c", (Term("C"),)))),
            Tensor("Z", "Outputs", (Rank("a", (Term("A"),)), Rank("c", (Term("C"),)))),
        ),
    )
    slots: dict[str, list[Loop]] = {"time": [], "y": [], "x": [], "inner": []}
    for dim, bound in bounds.items():
        for factor in {4: (2, 2), 6: (3, 2)}.get(bound, (bound,)):
            slot = rng.choices(list(slots), (4, 3, 3, 1))[0]
            slots[slot].append(Loop(dim, factor))
    for loops in slots.values():
        rng.shuffle(loops)
    if bounds["B"] == 4 and rng.random() < 0.5:
        # As B steps, A turns back by as much: the tile stands still, and then moves on.
        bounds["A"], turned = 3, [Loop("B", 2), Loop("A", 3)]
        others = [loop for loop in slots["time"] if loop.dim in "CD"]
        slots = {"time": [*others, *turned], "y": [], "x": [Loop("B", 2)], "inner": []}
        bounds |= {dim: 1 for dim in "CD" if dim not in [loop.dim for loop in others]}
        layer = replace(layer, dims=tuple(bounds.items()))
    names = ("X", "Y", "Z")
    keep = frozenset(name for name in names if rng.random() < 0.7)
    every = frozenset(ROLES)
    lanes = [1, 1]
    for axis, slot in enumerate("xy"):
        for loop in slots[slot]:
            lanes[axis] *= loop.bound
    links = rng.choice([{"Inputs": EVERY_DIM, "Weights": EVERY_DIM}, {"Inputs": frozenset("A")}])
    arch = Architecture(
        "mesh",
        (
            Place("dram", (Holding("dram", keep=every),)),
            Fanout(
                *("lanes", "lanes", "array"),
                mesh_x=lanes[0],
                mesh_y=lanes[1],
                multicast=every if rng.random() < 0.8 else frozenset(),
                forwards=links,
            ),
            Place("register", (Holding("register", may_keep=every),)),
            Compute("mac", "mac"),
        ),
        (
            Memory("dram", "dram", block_bits=rng.choice([16, 32, 64])),
            Memory("register", "register", block_bits=rng.choice([16, 32])),
        ),
    )
    mapping = Mapping(
        (
            Block("dram", tuple(slots["time"]), frozenset(names)),
            Spread("lanes", x=tuple(slots["x"]), y=tuple(slots["y"])),
            Block("register", tuple(slots["inner"]), keep),
        )
    )
    return Case(layer, arch, mapping)
