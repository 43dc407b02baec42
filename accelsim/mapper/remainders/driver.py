"""The driver that looks at mappings with remainders too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from accelsim.errors import Problem, UsageError
from accelsim.mapper.contract import (
    Again,
    Budget,
    Candidate,
    Driver,
    MappingProblem,
    OnProgress,
    Outcome,
    Progress,
    StoppedBy,
    never,
    silent,
    starts_again,
)
from accelsim.mapper.exact import covers
from accelsim.mapper.exact.work import Work
from accelsim.mapper.objectives import Objective
from accelsim.mapper.remainders.padding import Padding, padded_problem, paddings, window_dims
from accelsim.mapper.remainders.shares import relaxed, share_of
from accelsim.mapper.remainders.trim import is_legal, priced, start_from, trimmed
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.records import Mapping

MOST_STEPS = 100_000_000
"""Of the exact searches of padded problems together, some seconds; then no further one begins."""

TOLERANCE = 1e-12
"""Figures that differ by less, relatively, are equal."""


@dataclass(frozen=True)
class RemaindersDriver:
    """Another driver, then the same problem under padded bounds (:func:`paddings`).

    What the other driver finds is never lost, so that the answer is no worse than without.  Where
    the exact driver answered, it solves the padded problems too, each only as far as it may hold
    something better (:mod:`accelsim.mapper.remainders.shares`); every mapping that it meets is
    priced as it is, and the certificate's bound holds for all padded bounds together.  Before, and
    where nothing can be proved instead, they are sampled, with as many samples again: so that the
    answer with a proof, or a bound, is no worse than the one without.

    Of the budget, ``seconds`` bounds all together; where sampling would take them all, it leaves
    half of them.

    Parameters
    ----------
    within : searches the bounds as they are
    seed : start of the random choices of sampling under padded bounds, in long exact searches too
    """

    within: Driver
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.within.name} with remainders"

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
        UsageError
            If the front is asked for: trade-offs are searched without remainders only.
        """
        if front:
            raise UsageError(
                Problem(
                    "trade-offs of energy and cycles are not searched with remainders",
                    hint="ask for one best (--objective), or for the front without remainders",
                )
            )
        began = time.monotonic()
        start = starts_again(resume, start)
        given = [start_from(problem, mapping) for mapping in start if mapping.remainders]
        proves = self.within.name != "sampling" and not covers(problem)
        seconds = budget.seconds
        within = budget if proves or seconds is None else replace(budget, seconds=seconds / 2.0)
        outcome = self.within.search(
            problem, objective, within, stop=stop, progress=progress,
            start=[mapping for mapping in start if not mapping.remainders],
        )  # fmt: skip

        def over(best: Candidate | None, considered: int) -> StoppedBy | None:
            now = time.monotonic() - began
            cost = (None, None) if best is None else (best.energy, best.cycles)
            progress(Progress(considered, budget.samples, now, *cost))
            if stop():
                return "stop"
            return "seconds" if seconds is not None and now >= seconds else None

        search = _Search(problem, objective, outcome, over, proves, self.seed)
        for candidate in given:
            search.take(candidate)
        if outcome.certificate.stopped_by == "stop" or (
            proves and not outcome.certificate.reproducible
        ):
            search.end(outcome.certificate.stopped_by)
        else:
            samples = Budget().samples if proves and budget.samples is None else budget.samples
            ends = None if seconds is None else began + seconds
            search.sample_all(SamplingDriver(self.seed), samples, ends)
            if proves and search.stopped_by is None:
                search.solve_all()
        return replace(search.outcome(), resume=Again(tuple(start)))


@dataclass
class _Search:
    """Padded bounds under way: what is best so far, and what no mapping is below."""

    problem: MappingProblem
    objective: Objective
    unpadded: Outcome
    over: Callable[[Candidate | None, int], StoppedBy | None]
    proves: bool
    seed: int
    best: Candidate | None = None
    least: float | None = None
    considered: int = 0
    steps: int = 0
    left: int = 0
    space_size: int = 0
    looked_at: list[Padding] = field(default_factory=list)
    seen: set[Mapping] = field(default_factory=set)
    stopped_by: StoppedBy | None = None

    def __post_init__(self) -> None:
        certificate = self.unpadded.certificate
        self.best, self.considered = self.unpadded.best, certificate.considered
        self.space_size = certificate.space_size
        if not self.proves:
            return
        if self.unpadded.infeasible is not None:
            self.least = np.inf
        elif certificate.optimal:
            self.least = self.figure()
        else:
            self.least = certificate.bound

    def figure(self) -> float:
        """Return the best figure so far."""
        if self.best is None:
            return np.inf
        return self.objective.figure(self.best.energy, self.best.cycles)

    def end(self, stopped_by: StoppedBy | None) -> bool:
        """Note what ended the search, if anything did; what was not looked at has no bound."""
        if stopped_by is not None:
            self.stopped_by, self.least = stopped_by, None
        return stopped_by is not None

    def solve_all(self) -> None:
        """Solve the padded problems that the exact driver covers, the least waste first.

        What is not begun, for want of steps or because it is not covered, is no part of the space
        that the certificate states; it is counted there, and nothing is proved of the whole.
        """
        waiting = paddings(self.problem)
        for number, padding in enumerate(waiting):
            if self.steps > MOST_STEPS:
                self.left += len(waiting) - number
                return
            twin = relaxed(padded_problem(self.problem, padding))
            if covers(twin):
                self.left += 1
                continue
            self.look_at(padding, twin)
            if self.end(self.solve(twin, padding)):
                return

    def sample_all(self, driver: SamplingDriver, samples: int | None, ends: float | None) -> None:
        """Sample the padded problems; samples, or the time that is left, are shared equally."""
        waiting = paddings(self.problem)
        if samples is not None:
            waiting = waiting[:samples]
        for number, padding in enumerate(waiting):
            seconds = None
            if ends is not None:
                seconds = max(0.0, ends - time.monotonic()) / (len(waiting) - number)
            each = None if samples is None else samples // len(waiting)
            twin = padded_problem(self.problem, padding)
            if not self.proves:
                self.look_at(padding, twin)
            found = driver.search(
                twin,
                self.objective,
                Budget(each, seconds),
                stop=lambda: self.over(self.best, self.considered) == "stop",
            )
            self.considered += found.certificate.considered
            if found.best is not None:
                self.offer(found.best.mapping)
            if self.end(self.over(self.best, self.considered)):
                return

    def look_at(self, padding: Padding, twin: MappingProblem) -> None:
        """Note that a padding is part of the space."""
        self.looked_at.append(padding)
        self.space_size += twin.space.size

    def solve(self, twin: MappingProblem, padding: Padding) -> StoppedBy | None:
        """Search a padded problem as far as it may hold a better mapping; return what ended it."""
        objective = self.objective
        share = share_of(twin, padding, self.problem.layer_arrays.output_words)
        enough = share.enough(objective, self.figure())
        nothing = Candidate(Mapping(()), *_costing(objective, enough))
        first = (nothing,) if np.isfinite(enough) else ()
        work = Work(twin, objective, first, seed=self.seed)
        ended = work.run(lambda _energy, _cycles: self.over(self.best, self.considered))
        for found in work.finds.candidates:
            if found is not nothing:
                self.offer(found.mapping)
        best = work.finds.best()
        figure = None if best is None else objective.figure(best.energy, best.cycles)
        if self.least is not None:
            self.least = min(self.least, share.least(objective, work.bound(figure)))
        self.considered += work.drawn
        self.steps += work.steps_made + work.drawn
        return ended if ended in ("stop", "seconds") else None

    def offer(self, mapping: Mapping) -> None:
        """Price a mapping of a padded layer without what does not exist."""
        own = trimmed(self.problem, mapping)
        if own not in self.seen:
            self.seen.add(own)
            if is_legal(self.problem, own):
                self.take(priced(self.problem, own))

    def take(self, found: Candidate) -> None:
        """Keep a candidate if it is better than the best, by more than rounding."""
        self.considered += 1
        if self.best is not None:
            figure, tie = self.objective.rank(self.best.energy, self.best.cycles)
            its_figure, its_tie = self.objective.rank(found.energy, found.cycles)
            if its_figure > figure * (1.0 + TOLERANCE):
                return
            if its_figure >= figure * (1.0 - TOLERANCE) and its_tie >= tie * (1.0 - TOLERANCE):
                return
        self.best = found

    def outcome(self) -> Outcome:
        """Return what was found and proved."""
        before = self.unpadded.certificate
        figure, least = self.figure(), self.least
        unproved = least is None or self.best is None or self.left > 0
        bound = None if unproved or least is None else min(least, figure)
        optimal = bound is not None and bound >= figure * (1.0 - TOLERANCE)
        details = [*before.details, ("padded bounds", len(self.looked_at))]
        if self.left:
            details.append(("padded bounds not searched", self.left))
        if self.steps:
            details.append(("steps under them", self.steps))
        certificate = replace(
            before,
            driver=f"{before.driver} with remainders",
            space_size=self.space_size,
            considered=self.considered,
            optimal=optimal,
            bound=figure if optimal else bound,
            stopped_by=self.stopped_by or before.stopped_by,
            details=tuple(details),
            space_counts=before.space_counts + self._padded(),
        )
        infeasible = self.unpadded.infeasible if self.best is None else None
        return Outcome(self.best, certificate, infeasible=infeasible)

    def _padded(self) -> str:
        """Say what is part of the space besides the bounds as they are."""
        count = len(self.looked_at)
        if not count:
            return ""
        most = max(1.0 / padding.share - 1.0 for padding in self.looked_at)
        return (
            f"; padded bounds: {count} vector{'s' if count > 1 else ''}, up to {most:.1%} more"
            f" operations, whole tiles fit{', lanes of a window end to end' * self._pads_windows()}"
        )

    def _pads_windows(self) -> bool:
        dims = [dim for dim, _ in self.problem.layer.dims]
        bounds = tuple(self.problem.layer.bounds.values())
        windows = window_dims(self.problem.layer)
        return any(
            dim in windows and padded > bound
            for one in self.looked_at
            for dim, bound, padded in zip(dims, bounds, one.bounds, strict=True)
        )


def _costing(objective: Objective, figure: float) -> tuple[float, float]:
    """Return an energy and a number of cycles that make a figure."""
    if objective.cycles_power == 0:
        return figure, 0.0
    return (0.0, figure) if objective.energy_power == 0 else (figure, 1.0)
