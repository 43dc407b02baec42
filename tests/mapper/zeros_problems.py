"""The random problems of the exact driver, with zeros and all that a machine makes of them."""

from __future__ import annotations

import random

from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from tests.mapper.exact_problems import exact_problem
from tests.naive.zeros_cases import with_densities, with_zeros


def zeros_problem(seed: int, least: int = 50, most: int = 3_000) -> MappingProblem:
    """Return the exact driver's problem of a seed with zeros in it."""
    rng = random.Random(f"zeros {seed}")
    problem = exact_problem(seed, least, most)
    layer = with_densities(rng, problem.layer)
    arch = with_zeros(rng, problem.arch)
    prices = resolve(arch, problem.prices.table, problem.prices.accounting)
    return mapping_problem(layer, arch, prices, problem.dataflows)
