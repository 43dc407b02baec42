"""Exact searches that have no room: what they sample, and what they say of it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import Budget
from accelsim.mapper.exact import ExactDriver, covers, work
from accelsim.mapper.objectives import EDP
from accelsim.mapper.remainders import RemaindersDriver, padding
from accelsim.mapper.sampling import SamplingDriver
from tests.mapper.exact_checks import QUESTIONS, listed, wrong
from tests.mapper.exact_more import grouped_problem
from tests.mapper.exact_rules import RULES, lanes, made
from tests.mapspace.cases import ALL, gemm, memory, place

LONG = RULES["ports of instances"].problem()
MANY = 3_000


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "FIRST_ROOM", 5)
    monkeypatch.setattr(work.Work, "_most_labels", lambda _: 5)
    monkeypatch.setattr(work, "MANY_SAMPLES", MANY)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("seed", [0, 7])
def test_one_that_gives_up_is_no_worse_than_samples(seed: int) -> None:
    outcome = ExactDriver(seed).search(LONG, EDP, Budget())
    assert outcome.certificate.stopped_by == "samples"
    assert not outcome.certificate.optimal
    assert outcome.certificate.considered >= MANY
    sampled, best = SamplingDriver(seed).search(LONG, EDP, Budget(MANY)).best, outcome.best
    assert sampled is not None
    assert best is not None
    assert EDP.rank(best.energy, best.cycles) <= EDP.rank(sampled.energy, sampled.cycles)


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("driver", [ExactDriver(), AutoDriver()])
def test_one_that_is_stopped_while_it_samples_says_so(
    driver: ExactDriver | AutoDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[bool] = []
    search = SamplingDriver.search

    def told(self: SamplingDriver, *args: object, **more: object) -> object:
        began.append(True)
        return search(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SamplingDriver, "search", told)
    outcome = driver.search(LONG, EDP, Budget(100), stop=lambda: bool(began))
    assert began
    assert outcome.certificate.stopped_by == "stop"
    assert not outcome.certificate.reproducible


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("more", [0, 2_000])
def test_what_it_sampled_is_not_sampled_again(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    search = SamplingDriver.search

    def told(self: SamplingDriver, *args: object, **past: object) -> object:
        outcome = search(self, *args, **past)  # type: ignore[arg-type]
        steps.append(dict(outcome.certificate.details)["steps"])
        return outcome

    monkeypatch.setattr(SamplingDriver, "search", told)
    outcome = AutoDriver().search(LONG, EDP, Budget(MANY + more))
    assert steps == sorted(steps)
    assert MANY + more <= outcome.certificate.considered < MANY + more + 100


@pytest.mark.usefixtures("little_room")
def test_one_of_padded_bounds_samples_by_the_seed_of_its_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(padding, "MOST_WASTE", 0.7)
    sampled: list[work.Work] = []
    sample = work.Work._sample

    def told(self: work.Work, samples: int, over: work.Over) -> bool:
        sampled.append(self)
        return sample(self, samples, over)

    monkeypatch.setattr(work.Work, "_sample", told)
    buffer = replace(memory("buffer", 12), shared_words_per_cycle=0.5)
    small = made(gemm(M=3, K=4), (place("buffer", frozenset(), ALL), lanes(x=2)), (buffer,))
    RemaindersDriver(ExactDriver(7), 7).search(small, EDP, Budget(100))
    padded = [one for one in sampled if one.problem.layer.bounds != small.layer.bounds]
    assert padded
    assert {one.seed for one in padded} == {7}


def test_one_that_is_long_to_bound_samples_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short budget has more than a first mapping."""
    monkeypatch.setattr(work, "LONG_TO_BOUND", 0)
    outcome = ExactDriver(7).search(LONG, EDP, Budget(), stop=lambda: True)
    assert outcome.certificate.considered > 100
    sampled = SamplingDriver(7).search(LONG, EDP, Budget(100)).best
    assert sampled is not None
    assert outcome.best is not None
    assert EDP.rank(outcome.best.energy, outcome.best.cycles) <= EDP.rank(
        sampled.energy, sampled.cycles
    )


def test_one_that_would_take_too_much_memory_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = RULES["what to keep"].problem()
    assert not covers(problem)
    monkeypatch.setattr(import_module("accelsim.mapper.exact.covers"), "MAX_OUTLOOKS", 100)
    reason = covers(RULES["what to keep"].problem())
    assert reason.startswith("64 choices of what to keep for ")


@pytest.mark.parametrize("seed", range(1016, 1028))
def test_one_that_gets_more_room_goes_on(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    for constant in ("FIRST_ROOM", "LEAST_TAKEN", "BEAM"):
        monkeypatch.setattr(work, constant, 3)
    monkeypatch.setattr(work, "MORE_ROOM", 2)
    grown: list[int] = []
    make_room = work.Work._make_room

    def told(self: work.Work, used: int = 0) -> None:
        make_room(self, used)
        grown.append(used)

    monkeypatch.setattr(work.Work, "_make_room", told)
    case = listed(grouped_problem(seed))
    for question in QUESTIONS:
        assert not wrong(case, question), question
    assert any(grown)


@pytest.mark.parametrize("seed", range(1000, 1016))
def test_arrays_in_parts_against_brute_force(seed: int) -> None:
    case = listed(grouped_problem(seed))
    for question in QUESTIONS:
        assert not wrong(case, question), question
