"""Random problems small enough to list every mapping under every padded bound."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from accelsim.errors import SpecError
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import Candidate, MappingProblem, mapping_problem
from accelsim.mapper.objectives import Objective
from accelsim.mapper.remainders.padding import padded_problem, paddings
from accelsim.mapper.remainders.trim import priced, trimmed
from accelsim.mapping.records import Mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.technology.records import Accounting
from accelsim.workload.records import Layer
from accelsim.workload.shapes import Options, named_layer
from tests.mapper.exact_problems import random_machine, random_rules, random_table


def remainder_problem(seed: int, most: int = 600) -> MappingProblem:
    """Return a problem with some paddings, of at most ``most`` choices in all."""
    rng = random.Random(f"remainders {seed}")
    while True:
        layer, arch = _layer(rng), random_machine(rng)
        try:
            flows = random_rules(rng, layer, arch) if rng.random() < 0.3 else ()
            prices = resolve(arch, random_table(rng), Accounting("random"))
            found = mapping_problem(layer, arch, prices, flows)
        except SpecError:
            continue
        sizes = [padded_problem(found, padding).space.size for padding in paddings(found)]
        if sizes and found.space.size + sum(sizes) <= most:
            return found


def _layer(rng: random.Random) -> Layer:
    if rng.random() < 0.4:
        bounds = {dim: rng.choice([1, 2, 3, 5, 7, 11]) for dim in "MNK"}
        return named_layer("gemm", "gemm", bounds, Options())
    sizes = {
        "P": rng.choice([1, 3, 5, 7, 13]),
        "R": rng.choice([1, 2, 3, 3, 5]),
        "M": rng.choice([1, 1, 3, 5]),
        "C": rng.choice([1, 1, 3, 5]),
    }
    options = Options((rng.choice([1, 1, 2, 3]), 1), (rng.choice([1, 1, 1, 2]), 1))
    return named_layer("conv", "conv", sizes | {"Q": 1, "S": 1}, options)


def mappings_with_remainders(problem: MappingProblem) -> Iterator[Mapping]:
    """Yield every mapping under every padded bound, less those with turns without a position.

    They are mappings of smaller padded bounds, or of the layer's own.
    """
    for padding in paddings(problem):
        for whole in enumerate_mappings(padded_problem(problem, padding).space):
            mapping = trimmed(problem, whole)
            if mapping.steps == whole.steps:
                yield mapping


@dataclass(frozen=True)
class Listed:
    """Every mapping of a problem with its price: without remainders, and with them."""

    whole: list[Candidate]
    short: list[Candidate]

    @property
    def all(self) -> list[Candidate]:
        return self.whole + self.short


def figures(objective: Objective, found: list[Candidate]) -> list[float]:
    return [objective.figure(one.energy, one.cycles) for one in found]


def listed(problem: MappingProblem) -> Listed:
    return Listed(
        [priced(problem, mapping) for mapping in enumerate_mappings(problem.space)],
        [priced(problem, mapping) for mapping in mappings_with_remainders(problem)],
    )
