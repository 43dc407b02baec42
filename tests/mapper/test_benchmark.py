"""How searches are timed: round by round, so that a slow time falls on all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from accelsim.mapper.benchmark import Question, search_speeds
from accelsim.mapper.contract import Certificate, MappingProblem, Outcome
from tests.mapper.problems import problem
from tests.mapspace.cases import gemm, shared


@dataclass(frozen=True)
class Noting:
    """A driver that notes whose problem it is given, and answers with the number of the call."""

    noted: list[str] = field(default_factory=list)
    name = "noting"

    def search(self, problem: MappingProblem, *_: object, **__: Any) -> Outcome:
        self.noted.append(problem.layer.name)
        done = Certificate(
            "noting", 1, len(self.noted), False, None, "samples", "energy", (("steps", 7),)
        )
        return Outcome(None, done)


def test_every_question_is_asked_once_a_round_after_a_round_that_is_not_counted() -> None:
    driver, some = Noting(), problem(gemm(M=2, N=2, K=2), shared(14))
    names = ("one", "two", "three")
    speeds = search_speeds(
        [
            Question(replace(some.layer, name=name), some.arch, some.prices, driver=driver)
            for name in names
        ],
        runs=2,
    )
    assert driver.noted == [*names] * 3
    assert [speed.layer for speed in speeds] == [*names]
    assert all(len(speed.runs_s) == 2 and speed.fastest_s > 0.0 for speed in speeds)
    assert [speed.outcome.certificate.considered for speed in speeds] == [7, 8, 9]
    assert speeds[0].counts == {"steps": 7}
