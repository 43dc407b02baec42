"""Which of the two drivers answers, and what the certificate says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from accelsim.keys import canonical_json
from accelsim.mapper import auto
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import (
    Budget,
    Candidate,
    Certificate,
    MappingProblem,
    OnProgress,
    Outcome,
    Progress,
    StoppedBy,
    never,
    silent,
)
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.objectives import ENERGY, Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.records import Mapping
from tests.mapper.problems import problem, solved
from tests.mapspace.cases import conv, eyeriss, gemm, shared

SMALL = problem(conv(M=4, P=3, R=2), shared(14, 2, 2))
LARGE = problem(conv(M=96, C=48, P=27, Q=27, R=5, S=5), eyeriss())
BUDGET = Budget(400)


def answer(outcome: Outcome) -> str:
    return canonical_json((outcome.best, outcome.certificate, outcome.front, outcome.infeasible))


def test_what_exact_covers_it_answers() -> None:
    assert covers(SMALL) == ""
    outcome = AutoDriver().search(SMALL, ENERGY, BUDGET)
    assert outcome.certificate.driver == "exact"
    assert outcome.certificate.optimal
    assert outcome.certificate.note == ""
    assert answer(outcome) == answer(ExactDriver().search(SMALL, ENERGY, BUDGET))


def refusing(_: MappingProblem) -> str:
    return "machines of a test"


@pytest.mark.parametrize("front", [False, True])
def test_what_exact_does_not_cover_is_sampled(front: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "covers", refusing)
    outcome = AutoDriver(3).search(SMALL, ENERGY, BUDGET, front=front)
    sampled = SamplingDriver(3).search(SMALL, ENERGY, BUDGET, front=front)
    reason = f"the exact driver does not cover {refusing(SMALL)}"
    assert outcome.certificate == replace(sampled.certificate, note=reason)
    assert outcome.best == sampled.best
    assert outcome.front == sampled.front
    assert bool(outcome.front) == front
    assert outcome.certificate.sentence() == f"{sampled.certificate.sentence()}; {reason}"


def test_no_mapping_is_said_by_whichever_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    impossible = problem(gemm(M=2), eyeriss(pads=(0, 1, 1), keep=frozenset({"Weights"})))
    proved = AutoDriver().search(impossible, ENERGY, BUDGET)
    monkeypatch.setattr(auto, "covers", refusing)
    sampled = AutoDriver().search(impossible, ENERGY, BUDGET)
    assert [o.certificate.driver for o in (proved, sampled)] == ["exact", "sampling"]
    for outcome in (proved, sampled):
        assert outcome.best is None
        assert outcome.infeasible is not None
        assert outcome.certificate.stopped_by == "space"


@dataclass(frozen=True)
class Unproved:
    """Stands for the exact driver: says what it has, as if something had ended it."""

    best: Candidate | None
    stopped_by: StoppedBy
    bound: float
    starts: list[tuple[Mapping, ...]]

    def __call__(self, _: int) -> Unproved:
        return self

    @property
    def name(self) -> str:
        return "exact"

    def search(
        self,
        problem: MappingProblem,
        objective: Objective,
        budget: Budget,
        *,
        front: bool = False,
        stop: Callable[[], bool] = never,
        progress: OnProgress = silent,
        resume: object | None = None,
        start: Sequence[Mapping] = (),
    ) -> Outcome:
        assert not front
        assert not stop()
        assert resume is None
        self.starts.append(tuple(start))
        progress(Progress(7, budget.samples, 0.0, None, None))
        certificate = Certificate(
            "exact", problem.space.size, 7, False, self.bound, self.stopped_by, objective.name
        )
        return Outcome(self.best, certificate, resume="not for others")


def unproved(
    monkeypatch: pytest.MonkeyPatch, best: Candidate | None, stopped_by: StoppedBy
) -> Unproved:
    driver = Unproved(best, stopped_by, 1.5, [])
    monkeypatch.setattr(auto, "ExactDriver", driver)
    return driver


def dearest() -> Candidate:
    everything = solved(SMALL)
    index = int(everything.energy.argmax())
    energy, cycles = float(everything.energy[index]), float(everything.cycles[index])
    return Candidate(everything.mappings[index], energy, cycles)


def test_sampling_goes_on_where_exact_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = dearest()
    unproved(monkeypatch, begun, "samples")
    reports: list[Progress] = []
    outcome = AutoDriver().search(SMALL, ENERGY, BUDGET, progress=reports.append)
    certificate = outcome.certificate
    assert (certificate.driver, certificate.bound, certificate.optimal) == ("sampling", 1.5, False)
    assert certificate.considered == BUDGET.samples
    assert certificate.sentence().endswith(f"; {auto.NO_PROOF}")
    assert "not proved optimal, no energy below 1.5;" in certificate.sentence()
    sampled = SamplingDriver().search(SMALL, ENERGY, Budget(393), start=[begun.mapping])
    assert outcome.best == sampled.best
    assert outcome.best is not None
    assert outcome.best.energy < begun.energy
    assert {report.samples for report in reports} == {400}
    considered = [report.considered for report in reports]
    assert considered == sorted(considered)
    assert considered[-1] == certificate.considered


def test_sampling_goes_on_from_nothing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    start = [dearest().mapping]
    driver = unproved(monkeypatch, None, "samples")
    outcome = AutoDriver().search(SMALL, ENERGY, BUDGET, start=start)
    assert driver.starts == [tuple(start)]
    sampled = SamplingDriver().search(SMALL, ENERGY, Budget(393), start=start)
    assert outcome.best == sampled.best


@pytest.mark.parametrize("stopped_by", ["seconds", "stop"])
def test_an_end_from_outside_ends_both(
    stopped_by: StoppedBy, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = dearest()
    unproved(monkeypatch, best, stopped_by)
    outcome = AutoDriver().search(SMALL, ENERGY, BUDGET)
    assert outcome.best == best
    assert outcome.certificate.driver == "exact"
    assert outcome.certificate.bound == 1.5
    assert outcome.certificate.stopped_by == stopped_by


def test_seconds_bound_both_together(monkeypatch: pytest.MonkeyPatch) -> None:
    SamplingDriver().search(LARGE, ENERGY, Budget(1))  # compiles
    unproved(monkeypatch, None, "samples")
    seconds: list[float] = []
    AutoDriver().search(
        LARGE, ENERGY, Budget(None, 0.3), progress=lambda report: seconds.append(report.seconds)
    )
    assert 0.3 <= seconds[-1] < 1.0
    # The clock stands at 10 s when the exact driver gives up: nothing is left but a first slice.
    clock = iter([0.0, *[10.0] * 1_000])
    monkeypatch.setattr("accelsim.mapper.auto.time.monotonic", lambda: next(clock))
    outcome = AutoDriver().search(LARGE, ENERGY, Budget(None, 5.0))
    assert outcome.certificate.stopped_by == "seconds"
    assert outcome.certificate.considered < 1_000


@pytest.mark.parametrize("given_up", [False, True])
def test_resuming_ends_where_one_search_would(
    given_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given_up:
        driver = unproved(monkeypatch, dearest(), "samples")
    else:
        monkeypatch.setattr(auto, "covers", refusing)
    whole = AutoDriver().search(SMALL, ENERGY, BUDGET)
    part = AutoDriver().search(SMALL, ENERGY, Budget(123))
    assert answer(part) != answer(whole)
    for _ in range(2):
        resumed = AutoDriver().search(SMALL, ENERGY, BUDGET, resume=part.resume)
        assert answer(resumed) == answer(whole)
    if given_up:
        assert len(driver.starts) == 2  # it is not asked again


def test_a_proof_begins_anew_from_the_same_mappings() -> None:
    start = [dearest().mapping]
    part = AutoDriver().search(SMALL, ENERGY, BUDGET, start=start)
    resumed = AutoDriver().search(SMALL, ENERGY, BUDGET, resume=part.resume)
    assert answer(resumed) == answer(part)


def test_another_drivers_resume_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot resume from a str"):
        AutoDriver().search(SMALL, ENERGY, BUDGET, resume="yesterday")
