"""How far sampling stays from the optimum, on problems solved by looking at every mapping."""

from __future__ import annotations

from statistics import median

import pytest

from accelsim.arch.spec import read_architecture
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.mapper.contract import Budget, mapping_problem
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapspace.spec import read_dataflow
from accelsim.technology.spec import read_technology
from accelsim.workload.spec import read_workload
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


def test_whole_dims_in_one_place_are_found() -> None:
    """The best is far from where scattered primes lead: all of C, R and S in the filter buffer."""
    arch = read_architecture("eyeriss")
    prices = resolve(arch, read_technology(arch.technology), DEFAULT_ACCOUNTING)
    layer = read_workload("alexnet:conv3").layers[0]
    problem = mapping_problem(layer, arch, prices, (read_dataflow("os_c"),))
    found = []
    for seed in range(4):
        best = SamplingDriver(seed).search(problem, ENERGY, Budget(100_000)).best
        assert best is not None
        found.append(best.energy)
    assert max(found) < 1.05 * min(found)
