"""The driver that people get unless they ask for another: exact where it can be, else sampling."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from accelsim.mapper.contract import (
    Again,
    Budget,
    MappingProblem,
    OnProgress,
    Outcome,
    Progress,
    never,
    silent,
    starts_again,
)
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.objectives import Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.records import Mapping

NO_PROOF = "the exact driver had no room for more partial mappings, and no proof"
"""The note of a certificate whose bound is the exact driver's and whose mapping was sampled."""


@dataclass(frozen=True)
class _Sampling:
    """To be resumed by the sampling driver from ``state``; the exact driver is done."""

    state: object
    note: str
    bound: float | None = None
    considered: int = 0
    """By the exact driver, without what it sampled."""


@dataclass(frozen=True)
class _Call:
    """What a search was asked for, and when."""

    problem: MappingProblem
    objective: Objective
    budget: Budget
    front: bool
    stop: Callable[[], bool]
    progress: OnProgress
    began: float

    def rest(self, considered: int) -> Budget:
        """Return what is left of the budget."""
        samples, seconds = self.budget.samples, self.budget.seconds
        if samples is not None:
            samples = max(1, samples - considered)
        if seconds is not None:
            seconds = max(0.0, seconds - (time.monotonic() - self.began))
        return Budget(samples, seconds)


@dataclass(frozen=True)
class AutoDriver:
    """The exact driver where it covers the problem, otherwise sampling.

    The certificate says which of the two answered and, if sampling did, why.  An exact search that
    ends by itself without a proof is followed by sampling from the best that it has, which goes on
    where its own sampling ended; its bound stays in the certificate.

    Of the budget, ``samples`` bounds sampling only: an exact search ends by its proof.  ``seconds``
    bounds both together.

    Parameters
    ----------
    seed : start of the random choices of sampling, in a long exact search too
    """

    seed: int = 0

    @property
    def name(self) -> str:
        return "auto"

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
        """Search; see :class:`accelsim.mapper.contract.Driver`."""
        call = _Call(problem, objective, budget, front, stop, progress, time.monotonic())
        if isinstance(resume, _Sampling):
            return self._sample(call, resume, start)
        start = starts_again(resume, start)
        reason = covers(problem)
        if reason:
            refused = _Sampling(None, f"the exact driver does not cover {reason}")
            return self._sample(call, refused, start)
        outcome = ExactDriver(self.seed).search(
            problem, objective, budget, front=front, stop=stop, progress=progress, start=start
        )
        certificate = outcome.certificate
        if certificate.optimal or outcome.infeasible is not None or not certificate.reproducible:
            return replace(outcome, resume=Again(start))
        found = [point.mapping for point in (outcome.best, *outcome.front) if point is not None]
        sampled = outcome.resume.sampled if isinstance(outcome.resume, Again) else None
        state, drawn = (sampled.resume, sampled.certificate.considered) if sampled else (None, 0)
        searched = certificate.considered - drawn
        unproved = _Sampling(state, NO_PROOF, certificate.bound, searched)
        return self._sample(call, unproved, list(dict.fromkeys(found)) or start)

    def _sample(self, call: _Call, sampling: _Sampling, start: Sequence[Mapping]) -> Outcome:
        """Sample, and report as one search with what the exact driver did before."""

        def report(its: Progress) -> None:
            considered = its.considered + sampling.considered
            seconds = time.monotonic() - call.began
            told = replace(its, considered=considered, samples=call.budget.samples, seconds=seconds)
            call.progress(told)

        outcome = SamplingDriver(self.seed).search(
            call.problem, call.objective, call.rest(sampling.considered),
            front=call.front, stop=call.stop, progress=report,
            resume=sampling.state, start=start,
        )  # fmt: skip
        certificate = replace(
            outcome.certificate,
            considered=outcome.certificate.considered + sampling.considered,
            bound=sampling.bound,
            note=sampling.note,
        )
        return replace(
            outcome, certificate=certificate, resume=replace(sampling, state=outcome.resume)
        )
