"""Conventions, and random cases whose fanouts forward, for the twin and the counter."""

from __future__ import annotations

import random
from dataclasses import replace

from accelsim.arch.records import EVERY_DIM, Fanout
from accelsim.conventions import Conventions
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
    case, rng = random_case(seed), random.Random(seed)
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
