"""Who computes: one small contract, and the executor that is this very process.

An executor is handed ``work`` and takes tasks from a source, as many at a time as last
:data:`CHUNK_SECONDS`.  It yields batches of tasks with their results as they are finished, in any
order, and an empty batch now and then, so that whoever listens can look up.  When ``stop`` says
yes, it ends soon and without what is under way.  Each task is yielded once, unless stopped; one
whose worker was lost again and again comes with a :class:`Lost`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

Stop = Callable[[], bool]

Work = Callable[[Task, Stop], Result | None]
"""What is done with a task; None if it was stopped.  It raises nothing that is expected."""

Take = Callable[[int], Sequence[Task]]
"""Returns the next tasks, at most so many; none at the end."""

CHUNK_SECONDS = 0.2
"""What is handed out at once lasts about as long, or is one task."""

MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that has no result, and why."""

    reason: str


class Executor(Protocol):
    """A way to compute."""

    def run(
        self, work: Work[Task, Result], take: Take[Task], stop: Stop
    ) -> Iterator[Sequence[tuple[Task, Result | Lost]]]:
        """Do the work; see the module for what is promised.

        Raises
        ------
        UsageError
            If it cannot begin.
        """


def chunk_size(seconds_per_task: float | None) -> int:
    """Return how many tasks to hand out at once; one as long as nothing is known of them.

    >>> chunk_size(None), chunk_size(1.5), chunk_size(0.01)
    (1, 1, 20)
    """
    if seconds_per_task is None:
        return 1
    return min(MOST_AT_ONCE, max(1, ceil(CHUNK_SECONDS / max(seconds_per_task, 1e-9))))


@dataclass(frozen=True, slots=True)
class InProcess:
    """Computes one task after the other where it is called; takes and hands over chunks of them."""

    def run(
        self, work: Work[Task, Result], take: Take[Task], stop: Stop
    ) -> Iterator[Sequence[tuple[Task, Result | Lost]]]:
        """See :class:`Executor`."""
        seconds_per_task: float | None = None
        while not stop():
            tasks = take(chunk_size(seconds_per_task))
            if not tasks:
                return
            began, done = time.perf_counter(), list[tuple[Task, Result | Lost]]()
            for number, task in enumerate(tasks, start=1):
                result = work(task, stop)
                if result is not None:
                    done.append((task, result))
                taken, stopped = time.perf_counter() - began, stop()
                if taken >= CHUNK_SECONDS or number == len(tasks) or stopped:
                    seconds_per_task = taken / max(1, len(done))
                    yield done
                    began, done = time.perf_counter(), []
                if stopped:
                    return
