"""The exact driver ended in the middle: what it then has is legal, what it then says is true."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

import pytest

from accelsim.mapper.contract import Budget, Progress
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.given import given
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapping.arrays import pack_mapping
from tests.mapper.exact_problems import exact_problem
from tests.mapper.exact_stops import CLOSE, PHASES, SLOW, true_after, wrong_stops
from tests.mapper.problems import price, solved


def ended_in(first: int, last: int) -> Counter[str]:
    """End searches of the problems of some seeds; return how many in each phase."""
    seen: list[str] = []
    for seed in range(first, last):
        problem = exact_problem(seed, 50, 1_000)
        if covers(problem):
            continue
        found = wrong_stops(solved(problem), seen)
        assert not found, f"seed {seed}: {found}"
    return Counter(seen)


def test_a_search_ended_anywhere_has_a_legal_mapping_and_a_true_bound() -> None:
    ends = ended_in(3_000, 3_014)
    assert all(ends[phase] > 20 for phase in PHASES), ends


@pytest.mark.full
def test_hundreds_of_searches_ended_anywhere() -> None:
    ends = ended_in(10_000, 10_600)
    assert all(ends[phase] > 1_000 for phase in PHASES), ends


@pytest.mark.parametrize("objective", [ENERGY, LATENCY, EDP], ids=lambda o: o.name)
def test_what_a_stopped_driver_answers(objective: Objective) -> None:
    """As Ctrl-C does: ``stop`` turns true and stays so."""
    problem = next(
        p for p in (exact_problem(seed, 400, 1_000) for seed in range(20)) if not covers(p)
    )
    optimum, _ = solved(problem).best(objective)
    with patch.multiple("accelsim.mapper.exact.work", **SLOW):
        for after in range(0, 200, 7):
            outcome = ExactDriver().search(problem, objective, Budget(1), stop=true_after(after))
            certificate, best = outcome.certificate, outcome.best
            if certificate.stopped_by == "space":
                break
            assert certificate.stopped_by == "stop"
            assert best is not None
            assert certificate.bound is not None
            assert certificate.bound <= optimum * (1 + CLOSE)
            given(problem.space, best.mapping)
            packed = pack_mapping(best.mapping, problem.layer)
            assert price(problem, packed) == (best.energy, best.cycles)
        assert after > 20, "it was ended at several points"


def test_a_front_under_way_tells_its_least_energy() -> None:
    """Ctrl-C keeps what a search has said that it found."""
    problem = next(
        p for p in (exact_problem(seed, 400, 1_000) for seed in range(20)) if not covers(p)
    )
    told: list[Progress] = []
    with patch.multiple("accelsim.mapper.exact.work", **SLOW):
        found = ExactDriver().search(problem, LATENCY, Budget(1), front=True, progress=told.append)
    assert found.certificate.optimal
    *under_way, _ = told
    energies = [its.best_energy for its in under_way if its.best_energy is not None]
    assert len(energies) == len(under_way) > 5
    assert energies == sorted(energies, reverse=True)
    optimum, _ = solved(problem).best(ENERGY)
    assert energies[-1] == pytest.approx(optimum, rel=CLOSE)
