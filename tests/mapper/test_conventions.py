"""Searching under other conventions: what answers, and that it answers with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import resolve
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import Budget, MappingProblem, NotCoveredError, mapping_problem
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.objectives import ENERGY
from accelsim.mapper.sampling import SamplingDriver
from tests.mapper.problems import problem, solved
from tests.mapspace.cases import conv, shared
from tests.naive.convention_cases import TIMELOOP


def under_timeloop() -> MappingProblem:
    plain = problem(conv(P=4, R=3, M=2), shared(24, 2, 1, registers=4))
    accounting = replace(plain.prices.accounting, conventions=TIMELOOP)
    prices = resolve(plain.arch, plain.prices.table, accounting)
    return mapping_problem(plain.layer, plain.arch, prices)


def test_the_exact_driver_says_what_it_does_not_cover() -> None:
    with pytest.raises(NotCoveredError, match=r"other conventions than its own \(reuse: timeloop"):
        ExactDriver().search(under_timeloop(), ENERGY, Budget())


def test_sampling_answers_with_the_conventions() -> None:
    """It finds the best of all mappings, each priced under the conventions."""
    asked = under_timeloop()
    outcome = SamplingDriver(0).search(asked, ENERGY, Budget(20_000))
    assert outcome.best is not None
    table, accounting = asked.prices.table, asked.prices.accounting
    found = evaluate(asked.layer, asked.arch, outcome.best.mapping, table, accounting)
    assert found.energy_total == pytest.approx(outcome.best.energy, rel=1e-12)
    assert found.cycles == outcome.best.cycles
    assert outcome.best.energy == pytest.approx(solved(asked).best(ENERGY)[0], rel=1e-12)


@pytest.mark.parametrize("words", [6, 9, 14, 40])
def test_sampling_measures_capacity_in_boxes(words: int) -> None:
    """A step of 4 under a window of 2: half of a box is gaps.  Nothing that is drawn is refused."""
    layer = conv(P=8, R=2, stride=4)
    plain = problem(layer, shared(words, 2, 1, registers=2))
    accounting = replace(plain.prices.accounting, conventions=TIMELOOP)
    prices = resolve(plain.arch, plain.prices.table, accounting)
    asked = mapping_problem(layer, plain.arch, prices)
    outcome = SamplingDriver(0).search(asked, ENERGY, Budget(3000))
    assert outcome.best is not None
    table = asked.prices.table
    found = evaluate(layer, asked.arch, outcome.best.mapping, table, accounting)
    assert all(size is None or used <= size for used, size in found.capacity_bits.values())


def test_auto_samples_and_says_why() -> None:
    outcome = AutoDriver().search(under_timeloop(), ENERGY, Budget(500))
    assert outcome.certificate.driver == "sampling"
    assert "does not cover other conventions" in outcome.certificate.note
