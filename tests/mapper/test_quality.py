"""How far sampling stays from the optimum, on problems solved by looking at every mapping."""

from __future__ import annotations

from statistics import median

import pytest

from accelsim.mapper.contract import Budget
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapper.sampling import SamplingDriver
from tests.mapper.problems import random_problem, solved

OBJECTIVES = (ENERGY, LATENCY, EDP)


def gap(seed: int, samples: int, least: int, most: int) -> float:
    """Return by how much the best sample is worse than the best mapping."""
    objective: Objective = OBJECTIVES[seed % len(OBJECTIVES)]
    problem = random_problem(seed, least, most)
    optimum, _ = solved(problem).best(objective)
    best = SamplingDriver(seed).search(problem, objective, Budget(samples)).best
    assert best is not None
    found = objective.figure(best.energy, best.cycles)
    assert found >= optimum
    return found / optimum - 1.0


@pytest.mark.full
def test_the_median_gap_over_100_problems_is_at_most_5_percent() -> None:
    gaps = [gap(seed, 100_000, 20_000, 150_000) for seed in range(100)]
    print(f"gaps: median {median(gaps):.4f}, worst {max(gaps):.4f}, none {gaps.count(0.0)} of 100")
    assert median(gaps) <= 0.05


def test_few_samples_serve_small_problems() -> None:
    assert median(gap(seed, 1_000, 2_000, 10_000) for seed in range(9)) <= 0.05
