"""The exact driver behind the contract of drivers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from accelsim.errors import AccelsimError
from accelsim.mapper.contract import (
    Again,
    Budget,
    Candidate,
    Certificate,
    MappingProblem,
    NotCoveredError,
    OnProgress,
    Outcome,
    Progress,
    StoppedBy,
    never,
    no_mapping,
    silent,
    starts_again,
)
from accelsim.mapper.exact.begin import drawn, first_candidates, worth_beating
from accelsim.mapper.exact.covers import covers
from accelsim.mapper.exact.work import Work
from accelsim.mapper.infeasible import Infeasibility
from accelsim.mapper.objectives import Objective
from accelsim.mapping.records import Mapping


@dataclass(frozen=True)
class ExactDriver:
    """Dynamic programming over partial mappings; proves its answer.

    Of the budget it heeds ``seconds``; it ends by itself.  A search that turns out to be long draws
    samples besides, for something better to begin from or, at last, to end with.

    Parameters
    ----------
    seed : start of the random choices of such samples
    """

    seed: int = 0

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
        """Search; see :class:`accelsim.mapper.contract.Driver`.  A resumed search starts anew.

        Raises
        ------
        NotCoveredError
            If the driver does not cover the problem (see :func:`covers`).
        IllegalMappingError
            If a mapping in ``start`` is not one of the problem.
        """
        began = time.monotonic()
        start = starts_again(resume, start)
        reason = covers(problem)
        if reason:
            raise NotCoveredError(self.name, problem, reason)
        known = first_candidates(problem, start)
        if isinstance(known, Infeasibility):
            return no_mapping(self.name, problem, objective, known)
        if front:
            known = (*known, *drawn(problem, objective, budget))
        considered = len(known)

        def over(energy: float, cycles: float) -> StoppedBy | None:
            now = time.monotonic() - began
            if progress is not silent:
                best = (energy, cycles) if isfinite(energy) else (None, None)
                progress(Progress(considered, budget.samples, now, *best))
            if stop():
                return "stop"
            return "seconds" if budget.seconds is not None and now >= budget.seconds else None

        first = worth_beating(known, objective, front)
        # Of a divided place the even mappings are known, and seldom far from the best.
        near = bool(problem.parts and start)
        work = Work(problem, objective, first, front, near, self.seed)
        stopped_by = work.run(over)
        best = work.finds.best()
        if best is None and stopped_by == "space":
            raise AccelsimError(f"the exact driver lost every mapping of {problem.layer.name}")
        certificate = certify(problem, objective, work, best, stopped_by, considered)
        if best is not None:
            now = time.monotonic() - began
            told = certificate.considered, budget.samples, now, best.energy, best.cycles
            progress(Progress(*told))
        return Outcome(best, certificate, work.finds.front(), Again(start, work.sampled))


def certify(
    problem: MappingProblem,
    objective: Objective,
    work: Work,
    best: Candidate | None,
    stopped_by: StoppedBy,
    considered: int,
) -> Certificate:
    """Say what a search did and what it proved."""
    figure = None if best is None else objective.figure(best.energy, best.cycles)
    optimal = stopped_by == "space"
    return Certificate(
        "exact", problem.space.size, considered + work.finds.priced + work.drawn, optimal,
        figure if optimal else work.bound(figure), stopped_by, objective.name,
        (
            ("patterns", work.patterns_searched), ("labels", work.labels_used),
            ("steps", work.steps_made),
        ),
    )  # fmt: skip


def solve(
    problem: MappingProblem,
    objective: Objective,
    first: Candidate | None = None,
    front: bool = False,
) -> Outcome:
    """Search without a clock; ``first`` may be a mapping to start from."""
    work = Work(problem, objective, () if first is None else (first,), front)
    stopped_by = work.run(lambda _energy, _cycles: None)
    best = work.finds.best()
    certificate = certify(problem, objective, work, best, stopped_by, 0)
    return Outcome(best, certificate, work.finds.front())
