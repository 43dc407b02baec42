"""The random problems of the exact driver, with zeros and all that a machine makes of them."""

from __future__ import annotations

import random

from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from tests.mapper.exact_problems import exact_problem
from tests.mapper.remainder_problems import remainder_problem
from tests.naive.zeros_cases import (
    with_densities,
    with_fitting_formats,
    with_known_zeros,
    with_zeros,
)


def zeros_problem(seed: int, least: int = 50, most: int = 3_000) -> MappingProblem:
    """Return the exact driver's problem of a seed with zeros in it."""
    rng = random.Random(f"zeros {seed}")
    return _with_zeros(rng, exact_problem(seed, least, most))


def zeros_remainder_problem(seed: int) -> MappingProblem:
    """Return a problem with some paddings and with zeros; of every other one they are known."""
    rng = random.Random(f"zeros and remainders {seed}")
    return _with_zeros(rng, remainder_problem(seed, 300), known=seed % 2 == 1)


def _with_zeros(rng: random.Random, problem: MappingProblem, known: bool = False) -> MappingProblem:
    layer = with_densities(rng, problem.layer)
    arch = with_zeros(rng, problem.arch)
    if known:
        layer = with_known_zeros(rng, layer)
        arch = with_fitting_formats(rng, arch, layer)
    prices = resolve(arch, problem.prices.table, problem.prices.accounting)
    return mapping_problem(layer, arch, prices, problem.dataflows)
