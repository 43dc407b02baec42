"""The exact driver against brute force: every mapping listed and priced by the counter."""

from __future__ import annotations

import pytest

from accelsim.errors import AccelsimError
from accelsim.mapper.contract import Budget
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.exact.driver import solve
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from tests.mapper.exact_problems import exact_problem
from tests.mapper.problems import solved

OBJECTIVES = (ENERGY, LATENCY, EDP)
CLOSE = 1e-12
HOLES = (22476,)
"""A dilated window whose strips fall as lanes make its steps longer."""


def check(seed: int, objective: Objective) -> bool:
    """Compare with brute force without any mapping to start from; return whether covered."""
    problem = exact_problem(seed, 50, 3_000)
    if covers(problem):
        return False
    best = solve(problem, objective, None).best
    assert best is not None
    everything = solved(problem)
    ranks = [
        objective.rank(energy, cycles)
        for energy, cycles in zip(everything.energy, everything.cycles, strict=True)
    ]
    optimum, _ = min(ranks)
    figure, tie = objective.rank(best.energy, best.cycles)
    assert optimum * (1 - CLOSE) <= figure <= optimum * (1 + CLOSE), f"seed {seed}"
    least_tie = min(t for f, t in ranks if f <= optimum * (1 + CLOSE))
    assert tie <= least_tie * (1 + CLOSE), f"seed {seed}"
    return True


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_equal_to_brute_force(objective: Objective) -> None:
    covered = sum(check(seed, objective) for seed in (*HOLES, *range(150)))
    assert covered > 120


@pytest.mark.full
def test_equal_to_brute_force_on_thousands() -> None:
    for seed in range(1_000, 6_000):
        check(seed, OBJECTIVES[seed % 3])


def test_the_certificate_claims_the_optimum() -> None:
    problem = exact_problem(0)
    outcome = ExactDriver().search(problem, ENERGY, Budget())
    assert outcome.certificate.optimal
    assert outcome.best is not None
    assert outcome.certificate.bound == outcome.best.energy


def test_fronts_are_refused_with_the_reason() -> None:
    problem = exact_problem(0)
    assert covers(problem) == ""
    reason = covers(problem, front=True)
    assert "fronts" in reason
    with pytest.raises(AccelsimError, match=reason):
        ExactDriver().search(problem, ENERGY, Budget(), front=True)


def test_what_it_starts_from_is_priced_beyond_the_budget() -> None:
    problem = exact_problem(0)
    start = solved(problem).mappings[:3]
    outcome = ExactDriver().search(problem, ENERGY, Budget(1), start=start)
    assert outcome.certificate.considered >= len(start)
    assert outcome.best is not None
    anew = ExactDriver().search(problem, ENERGY, Budget()).best
    assert anew is not None
    assert outcome.best.energy == pytest.approx(anew.energy, rel=CLOSE)
