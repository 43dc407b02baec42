"""Who computes: one small contract, and the executor that is this very process.

An executor is handed ``work`` and takes tasks from a source, as many at a time as seem to last
:data:`CHUNK_SECONDS`.  It yields batches of tasks with their results as they are finished, in any
order, and an empty batch now and then, so that whoever listens can look up.  When ``stop`` says
yes, it ends soon and without what is under way.  Each task is yielded once, unless stopped; one
whose worker was lost again and again comes with a :class:`Lost`.

Tasks may last longer than was thought.  Of those that were taken together, the ones that are not
begun after :data:`CHUNK_SECONDS` come with a :class:`NotBegun` and are the source's again: so
what was done is handed over soon, and what another process does meanwhile is not done twice.
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
"""What is done at once lasts no longer, but for the task under way at its end."""

MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that has no result, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotBegun:
    """A task that is to be taken anew, if it is still to be done."""


Ended = tuple[Task, Result | Lost | NotBegun]


class Executor(Protocol):
    """A way to compute."""

    def run(
        self, work: Work[Task, Result], take: Take[Task], stop: Stop
    ) -> Iterator[Sequence[Ended[Task, Result]]]:
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


def worked(
    work: Work[Task, Result], tasks: Sequence[Task], stop: Stop
) -> tuple[list[Result | None], float]:
    """Return the results of the first tasks, as many as there is time for, and the seconds each."""
    began, results = time.perf_counter(), list[Result | None]()
    for task in tasks:
        results.append(work(task, stop))
        if time.perf_counter() - began >= CHUNK_SECONDS or stop():
            break
    return results, (time.perf_counter() - began) / len(results)


def with_results(
    tasks: Sequence[Task], results: Sequence[Result | None]
) -> list[Ended[Task, Result]]:
    """Return what to yield of tasks and the results of the first of them.

    >>> with_results("abc", [1, None])
    [('a', 1), ('c', NotBegun())]
    """
    done: list[Ended[Task, Result]] = [
        (task, its) for task, its in zip(tasks, results, strict=False) if its is not None
    ]
    return done + [(task, NotBegun()) for task in tasks[len(results) :]]


@dataclass(frozen=True, slots=True)
class InProcess:
    """Computes one task after the other where it is called; takes and hands over chunks of them."""

    def run(
        self, work: Work[Task, Result], take: Take[Task], stop: Stop
    ) -> Iterator[Sequence[Ended[Task, Result]]]:
        """See :class:`Executor`."""
        seconds_per_task: float | None = None
        while not stop():
            tasks = take(chunk_size(seconds_per_task))
            if not tasks:
                return
            results, seconds_per_task = worked(work, tasks, stop)
            yield with_results(tasks, results)
