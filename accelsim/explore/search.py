"""A search over the points of a space: a sampler asks, workers answer, the store keeps.

What the store has is told at once and never computed again.  What was asked for is kept too, in its
order, so that the same search goes on where it ended: it tells its sampler all of that anew.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from accelsim.explore.executors import Executor, Lost, NotBegun, Stop, Work
from accelsim.explore.measures import Goal, Verdict
from accelsim.explore.points import Point, Space
from accelsim.explore.records import FAILED, LEFT_OUT, Outcome, Row, Trial
from accelsim.explore.run import OnProgress, SweepProgress, Task, silent
from accelsim.explore.samplers import Asked, Choices, Sampler, shuffled
from accelsim.explore.store import Store

MOST_BARREN = 10
"""Questions in a row that lead to nothing new, after which a point is drawn instead."""


@dataclass
class ArchitectureSearch:
    """What is searched, and how.

    Parameters
    ----------
    progress : not ``comparable``: which point is the best is decided here
    settings : returns all that is set at a point, by path
    key, row : make a key of a point, and a row of a task and its outcome
    trials : points to try; those that settings alone rule out do not count
    """

    space: Space
    sampler: Sampler
    goal: Goal
    settings: Callable[[Point], dict[str, str]]
    key: Callable[[Point], str]
    row: Callable[[Task, Outcome], Row]
    store: Store
    number: int
    progress: SweepProgress
    trials: int
    seed: int
    asked: int = 0
    tried: int = 0
    barren: int = 0
    best: float | None = None
    exhausted: bool = False
    verdicts: dict[Choices, Verdict | None] = field(default_factory=dict)
    under_way: dict[Task, tuple[Trial, Asked]] = field(default_factory=dict)
    notes: list[Trial] = field(default_factory=list)
    history: deque[Trial] = field(default_factory=deque)
    unseen: Iterator[Choices] = field(init=False)
    stop: Stop = field(init=False)

    def __post_init__(self) -> None:
        self.unseen = shuffled(self.space.sides, f"instead {self.seed}")

    def run(
        self, executor: Executor, work: Work[Task, Outcome], stop: Stop, tell: OnProgress = silent
    ) -> None:
        """Try points until there are enough, none is left, or it is stopped.

        Raises
        ------
        UsageError
            If the store cannot be written; what was committed before is in it.
        """
        self.history.extend(self.store.trials(self.number))
        self.stop, started = stop, time.monotonic()
        tell(self.progress)
        for batch in executor.run(work, self._take, stop):
            rows = []
            for task, result in batch:
                assert not isinstance(result, NotBegun), "it was taken alone"
                outcome = (
                    Outcome(FAILED, reason=result.reason) if isinstance(result, Lost) else result
                )
                rows += self._answered(task, outcome)
            self._commit(rows)
            self.progress.seconds = time.monotonic() - started
            tell(self.progress)
        self._commit([])
        left_out = self.progress.left_out
        self.store.end_sweep(self.number, left_out=left_out, exhausted=self.exhausted)
        tell(self.progress)

    def _take(self, most: int) -> Sequence[Task]:  # noqa: ARG002  (what is asked early is ill asked)
        """Ask until there is something to compute; return it alone."""
        while self.tried < self.trials and not self.stop():
            given = self.history.popleft() if self.history else self._drawn()
            if given is None:
                self.exhausted = True
                break
            asked = self.sampler.ask(given.number, given.choices or None)
            trial = Trial(given.number, asked.choices, given.left_out)
            self.asked = max(self.asked, trial.number + 1)
            task = self._considered(trial, asked)
            if task is not None:
                return [task]
        return []

    def _drawn(self) -> Trial | None:
        """Return the next question; with choices of its own if the sampler finds nothing new."""
        if len(self.verdicts) == prod(self.space.sides):
            return None
        if self.barren < MOST_BARREN:
            return Trial(self.asked, ())
        choices = next(self._left(), None)
        return None if choices is None else Trial(self.asked, choices)

    def _left(self) -> Iterator[Choices]:
        """Yield points that were not asked for and that settings do not rule out."""
        for choices in self.unseen:
            settings = self.settings(self.space.point(choices))
            if choices not in self.verdicts and self.goal.unwanted(settings) is None:
                yield choices

    def _considered(self, trial: Trial, asked: Asked) -> Task | None:
        """Tell the sampler what is known of a point; return what is to be computed."""
        choices = trial.choices
        if choices in self.verdicts:
            self.barren += 1
            self._tell(trial, asked, self.verdicts[choices])
            return None
        point = self.space.point(choices)
        unwanted = self.goal.unwanted(self.settings(point))
        if unwanted is not None:
            self.barren += 1
            self._tell(trial, asked, unwanted)
            return None
        self.barren = 0
        self.tried += 1
        if trial.left_out:
            self.progress.left_out += 1
            self._tell(trial, asked, self.goal.hopeless())
            return None
        task = Task(self.key(point), point)
        row = self.store.finished(task.key)
        if row is None:
            self.verdicts[choices] = None
            self.under_way[task] = trial, asked
            return task
        self.store.add([], sweep=self.number, also=[self.row(task, Outcome(row.status))])
        self.progress.known += 1
        self._tell(trial, asked, self._judge(row))
        return None

    def _judge(self, row: Row) -> Verdict:
        """Return what to think of a point, and remember the best of those that may be reported."""
        its = self.goal.verdict(row)
        if its.sound and its.values and (self.best is None or its.values[0] < self.best):
            self.best, self.progress.best = its.values[0], row
        return its

    def _answered(self, task: Task, outcome: Outcome) -> list[Row]:
        """Tell the sampler what came of a point; return the row that is to be kept."""
        trial, asked = self.under_way.pop(task)
        if outcome.status == LEFT_OUT:
            self.progress.left_out += 1
            left_out = Trial(trial.number, trial.choices, left_out=True)
            self._tell(left_out, asked, self.goal.hopeless())
            return []
        row = self.row(task, outcome)
        self.progress.count(row)
        self._tell(trial, asked, self._judge(row))
        return [row]

    def _tell(self, trial: Trial, asked: Asked, verdict: Verdict | None) -> None:
        self.verdicts[trial.choices] = verdict
        self.sampler.tell(asked, verdict)
        self.notes.append(trial)

    def _commit(self, rows: Sequence[Row]) -> None:
        if rows:
            self.store.add(rows, sweep=self.number)
        if self.notes:
            self.store.add_trials(self.number, self.notes)
        self.notes.clear()
