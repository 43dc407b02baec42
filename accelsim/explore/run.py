"""A sweep under way: what is not in the store is computed, and committed as it is finished."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from accelsim.explore.executors import Executor, Lost, NotBegun, Stop, Work
from accelsim.explore.points import Point
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, LEFT_OUT, Effort, Outcome, Row
from accelsim.explore.store import Store

LOOK_UPS = 256
"""Points that are looked up in the store at once."""


@dataclass(frozen=True, slots=True)
class Task:
    """A point with its key."""

    key: str
    point: Point


@dataclass
class SweepProgress:
    """How far a sweep is.

    ``known`` points were in the store, ``computed`` ones are new; both are among ``points``, as are
    those ``left_out`` by a constraint.  ``best`` is the row with the least of ``measure``; None as
    long as there is none, or where networks are mixed, whose figures cannot be compared.
    """

    points: int
    measure: str
    comparable: bool = True
    known: int = 0
    computed: int = 0
    impossible: int = 0
    failed: int = 0
    left_out: int = 0
    seconds: float = 0.0
    search_seconds: float = 0.0
    other_seconds: float = 0.0
    best: Row | None = None

    @property
    def finished(self) -> int:
        return self.known + self.computed + self.left_out

    @property
    def effort(self) -> Effort:
        """What the computed points took."""
        return Effort(self.computed, self.seconds, self.search_seconds, self.other_seconds)

    @property
    def rate(self) -> float | None:
        """Points computed per second."""
        return self.effort.points_per_second

    @property
    def eta_seconds(self) -> float | None:
        """Return the time that the rest takes at this rate."""
        return (self.points - self.finished) / self.rate if self.rate else None

    def count(self, row: Row) -> None:
        """Take a new row into account."""
        self.computed += 1
        self.impossible += row.status == IMPOSSIBLE
        self.failed += row.status == FAILED
        self.consider(row)

    def consider(self, row: Row) -> None:
        """Take the better of a row and the best."""
        if not self.comparable or row.status != DONE:
            return
        if self.best is None or self._rank(row) < self._rank(self.best):
            self.best = row

    def _rank(self, row: Row) -> tuple[float, str]:
        return row.figures[self.measure], row.key


OnProgress = Callable[[SweepProgress], None]


def silent(_: SweepProgress) -> None:
    """Say nothing."""


def keep_all(_: Task) -> bool:
    """Leave nothing out."""
    return False


@dataclass
class Here:
    """Does work, and adds up the time of the processor that it took in this process."""

    work: Work[Task, Outcome]
    seconds: float = 0.0

    def __call__(self, task: Task, stop: Stop) -> Outcome | None:
        """Do it."""
        began = time.process_time()
        try:
            return self.work(task, stop)
        finally:
            self.seconds += time.process_time() - began


@dataclass
class Sweep:
    """What is to be done: tasks in their order, and how a task and its outcome make a row.

    ``left_out`` says whether a constraint leaves out a task that another sweep has finished.
    """

    tasks: Iterator[Task]
    work: Work[Task, Outcome]
    row: Callable[[Task, Outcome], Row]
    store: Store
    number: int
    progress: SweepProgress
    fresh: bool = False
    left_out: Callable[[Task], bool] = keep_all
    looked_up: list[Task] = field(default_factory=list)

    def run(self, executor: Executor, stop: Stop, tell: OnProgress = silent) -> None:
        """Compute what the store does not have, until it is done or stopped.

        Raises
        ------
        UsageError
            If the store cannot be written; what was committed before is in it.
        """
        progress, here = self.progress, Here(self.work)
        started, began = time.monotonic(), time.process_time()
        outside, stored = 0.0, Effort()
        for row in self.store.rows(self.number, DONE):
            self.progress.consider(row)
        tell(self.progress)
        for batch in executor.run(here, self._take, stop):
            rows = []
            for task, result in batch:
                if isinstance(result, NotBegun):
                    self.looked_up.append(task)
                    continue
                outcome = (
                    Outcome(FAILED, reason=result.reason) if isinstance(result, Lost) else result
                )
                progress.search_seconds += outcome.search_seconds
                outside += outcome.other_seconds
                if outcome.status == LEFT_OUT:
                    self.progress.left_out += 1
                else:
                    rows.append(self.row(task, outcome))
            for row in rows:
                progress.count(row)
            progress.seconds = time.monotonic() - started
            progress.other_seconds = outside + time.process_time() - began - here.seconds
            if rows:
                effort = progress.effort - stored
                self.store.add(rows, sweep=self.number, over=self.fresh, effort=effort)
                stored = progress.effort
            tell(progress)
        self.store.end_sweep(self.number, left_out=progress.left_out)
        tell(self.progress)

    def _take(self, most: int) -> Sequence[Task]:
        """Return the next tasks that are not finished yet, here or by another process.

        They are looked up many at a time, and once more as they are taken; their order is shuffled,
        so that processes which share a store seldom take the same point.  Of equal points one is
        taken; the others are known when their turn comes.
        """
        taken: dict[str, Task] = {}
        equal: list[Task] = []
        while len(taken) < most:
            if not self.looked_up:
                batch = list(islice(self.tasks, LOOK_UPS))
                if not batch:
                    break
                self.looked_up = self._unknown(batch)
                random.shuffle(self.looked_up)
            room = most - len(taken)
            for task in self._unknown(self.looked_up[:room]):
                if task.key in taken:
                    equal.append(task)
                else:
                    taken[task.key] = task
            self.looked_up = self.looked_up[room:]
        self.looked_up += equal
        return [*taken.values()]

    def _unknown(self, batch: Sequence[Task]) -> list[Task]:
        if self.fresh:
            return list(batch)
        known = self.store.known([task.key for task in batch])
        if known:
            finished = [task for task in batch if task.key in known]
            wanted = [task for task in finished if not self.left_out(task)]
            also = [self.row(task, Outcome(DONE)) for task in wanted]
            self.store.add([], sweep=self.number, also=also)
            self.progress.known += len(wanted)
            self.progress.left_out += len(finished) - len(wanted)
        return [task for task in batch if task.key not in known]
