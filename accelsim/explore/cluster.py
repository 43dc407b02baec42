"""Workers of Dask, here or on many machines.

A chunk of tasks is one task of Dask's.  Dask sees to it that a chunk whose worker is lost is done
elsewhere, as often as its scheduler allows; after that, the tasks of the chunk are tried one by one
and one at a time, so that one which kills its worker costs no other.  The work travels once to
each worker, with all that it needs: workers may have no files in common with the caller.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import queue
import re
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, Generic

from accelsim.errors import Problem, UsageError
from accelsim.explore import cluster_worker
from accelsim.explore.cluster_here import Workers, cluster_here
from accelsim.explore.cluster_worker import Refused, pickled, sources
from accelsim.explore.executors import (
    Ended,
    Lost,
    Result,
    Stop,
    Take,
    Task,
    Work,
    chunk_size,
    with_results,
)
from accelsim.explore.processes import LATEST, MOST_LOSSES, POLL_SECONDS
from accelsim.given import whole_number
from accelsim.interchange.extras import optional

EXTRA = "cluster"

CONNECT_SECONDS = 10
"""How long a scheduler may take to answer."""

CLOSE_SECONDS = 2

LOOK_SECONDS = 2.0
"""Between two looks at how many workers there are."""

PATIENCE_SECONDS = 10.0
"""After so long without any worker, it is said that one is waited for."""

AT_LEAST = 16
"""Chunks that are handed to a scheduler, however few workers it has: some may be on their way."""

AHEAD = 2
"""Chunks for each thread of a worker, so that none waits for the caller."""

COMPUTE = f"__import__('{cluster_worker.__name__}', fromlist=['']).compute(wanted, work, tasks)"
"""What a worker does, in words that one without this package understands well enough to say so."""

FORM = re.compile(r"(?:[^\s/:]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})")

MOST_PORT = 65_535

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dask:
    """Computes on the workers of a scheduler.

    Parameters
    ----------
    scheduler : ``HOST:PORT``; None for a cluster of its own on this machine
    workers : how many processes such a cluster has

    Raises
    ------
    UsageError
        If the scheduler is not so written, or there would be no worker.
    MissingExtraError
        If ``distributed`` is not installed.
    """

    scheduler: str | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "workers", whole_number("workers", self.workers))
        if self.scheduler is not None and not is_address(self.scheduler):
            what = f"'{self.scheduler}' is not the address of a scheduler"
            raise UsageError(Problem(what, expected="dask://HOST:PORT, as dask://10.0.0.1:8786"))
        optional("distributed", EXTRA)

    def run(
        self, work: Work[Task, Result], take: Take[Task], stop: Stop
    ) -> Iterator[Sequence[Ended[Task, Result]]]:
        """See :class:`accelsim.explore.executors.Executor`."""
        distributed = optional("distributed", EXTRA)
        here = nullcontext((f"tcp://{self.scheduler}", None))
        place = cluster_here(distributed, self.workers) if self.scheduler is None else here
        with _quiet(), place as (scheduler, workers), _client(distributed, scheduler) as client:
            crew: _Crew[Task, Result] = _Crew(client, distributed.KilledWorker, workers, take, stop)
            crew.hand_work(work)
            while not stop() and crew.hand_out():
                yield crew.collect()


def is_address(words: str) -> bool:
    """Tell whether words are ``HOST:PORT``.

    >>> [is_address(words) for words in ("node7:8786", "[::1]:8786", "node7:87860", "node7", "")]
    [True, True, False, False, False]
    """
    found = FORM.fullmatch(words)
    return found is not None and int(found[1]) <= MOST_PORT


@dataclass
class _Chunk(Generic[Task]):
    """Tasks, and how many workers were lost that had them."""

    tasks: Sequence[Task]
    losses: int = 0


@dataclass
class _Crew(Generic[Task, Result]):
    """What the workers do, and what is to be done again."""

    client: Any
    killed: type[Exception]
    workers: Workers | None
    take: Take[Task]
    stop: Stop
    work: Any = None
    under_way: dict[Any, _Chunk[Task]] = field(default_factory=dict)
    again: deque[_Chunk[Task]] = field(default_factory=deque)
    finished: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    done: list[Ended[Task, Result]] = field(default_factory=list)
    seconds_per_task: float | None = None
    began: float = field(default_factory=time.monotonic)
    looked: float = 0.0
    room: int = 0
    told: bool = False

    def hand_work(self, work: Work[Task, Result]) -> None:
        """Give the work to Dask, which makes it again where it is lost with a worker."""
        its = pickled(work)
        name = f"accelsim-work-{hashlib.sha256(its).hexdigest()}"
        self.work = self.client.submit(bytes, its, key=name)

    def hand_out(self) -> bool:
        """Give as many chunks away as there is room for; tell whether any is under way."""
        self._look_around()
        while len(self.under_way) < self.room:
            chunk = self._next()
            if chunk is None:
                break
            key = f"accelsim-points-{uuid.uuid4().hex}"
            tasks = pickled(list(chunk.tasks))
            names = {"wanted": sources(), "work": self.work, "tasks": tasks}
            future = self.client.submit(eval, COMPUTE, names, key=key)
            self.under_way[future] = chunk
            future.add_done_callback(self.finished.put)
        return bool(self.done or self.under_way)

    def collect(self) -> list[Ended[Task, Result]]:
        """Wait a moment, and return what was finished in it.

        Raises
        ------
        UsageError
            If the scheduler is lost, or a worker cannot do the work.
        """
        ended = []
        with suppress(queue.Empty):
            ended.append(self.finished.get(timeout=POLL_SECONDS))
            while True:
                ended.append(self.finished.get_nowait())
        for future, result in zip(ended, self._results(ended), strict=True):
            self._take_in(self.under_way.pop(future), result)
        done, self.done = self.done, []
        return done

    def _look_around(self) -> None:
        """See to the workers here, or now and then how many there are elsewhere."""
        if self.workers is not None:
            self.workers.tend()
            self.room = self.workers.size  # one each, so that a loss is the loss of one chunk
            return
        now = time.monotonic()
        if now - self.looked < LOOK_SECONDS:
            return
        try:
            threads = sum(self.client.nthreads().values())
        except (OSError, TimeoutError):
            raise self._lost_scheduler() from None
        self.looked, self.room = now, max(AT_LEAST, AHEAD * threads)
        if not threads and not self.told and now - self.began > PATIENCE_SECONDS:
            self.told = True
            log.warning("the scheduler at %s has no worker: waiting", self._address)

    def _next(self) -> _Chunk[Task] | None:
        """Return what is to be done next; of what is suspect, one at a time."""
        if self.again and not any(chunk.losses for chunk in self.under_way.values()):
            return self.again.popleft()
        tasks = self.take(chunk_size(self.seconds_per_task))
        return _Chunk(tasks) if tasks else None

    def _results(self, ended: Sequence[Any]) -> Sequence[Any]:
        """Fetch results, or the exceptions that came instead."""

        async def fetch() -> list[Any]:
            asked = (self.client.gather([future], asynchronous=True) for future in ended)
            return await asyncio.gather(*asked, return_exceptions=True)

        waiting = asyncio.run_coroutine_threadsafe(fetch(), self.client.loop.asyncio_loop)
        while not self.stop():
            with suppress(futures.TimeoutError):
                return waiting.result(POLL_SECONDS)
        waiting.cancel()
        return [None] * len(ended)

    def _take_in(self, chunk: _Chunk[Task], result: Any) -> None:
        """See to a chunk that has ended: what it found, or what befell it."""
        if result is None:
            return  # stopped
        if isinstance(result, self.killed):
            self._count_loss(chunk, result.allowed_failures + 1)  # type: ignore[attr-defined]
        elif isinstance(result, asyncio.CancelledError | futures.CancelledError | OSError):
            raise self._lost_scheduler()
        elif isinstance(result, BaseException):
            raise _unable("a worker", f"failed: {type(result).__name__}: {result}")
        elif isinstance(result[0], Refused):
            raise _unable(result[0].worker, result[0].reason, result[0].expected)
        else:
            ((results, seconds),) = result
            self.done += with_results(chunk.tasks, results)
            before = seconds if self.seconds_per_task is None else self.seconds_per_task
            self.seconds_per_task = LATEST * seconds + (1 - LATEST) * before
        if self.workers is not None:
            self.workers.were_of_use()

    def _count_loss(self, chunk: _Chunk[Task], times: int) -> None:
        """Note that so many workers were lost over a chunk.

        Dask suspects whatever a lost worker was to do; only a task that was tried alone is judged.
        """
        losses = chunk.losses + times
        if chunk.losses and losses >= MOST_LOSSES:
            lost = Lost(f"its worker was lost, {losses} times")
            self.done += ((task, lost) for task in chunk.tasks)
        else:
            self.again.extend(_Chunk([task], losses) for task in chunk.tasks)

    @property
    def _address(self) -> str:
        return str(self.client.scheduler.address)

    def _lost_scheduler(self) -> UsageError:
        what = f"the scheduler at {self._address} was lost"
        return UsageError(Problem(what, hint="the same command goes on with what is left"))


def _unable(worker: str, why: str, expected: str = "") -> UsageError:
    hint = f"all machines of a cluster need the same accelsim: pip install 'accelsim[{EXTRA}]'"
    return UsageError(Problem(f"{worker} {why}", expected=expected, hint=hint))


@contextmanager
def _client(distributed: Any, scheduler: Any) -> Iterator[Any]:
    """Yield a client of a scheduler; what it has under way is given up as it ends.

    Raises
    ------
    UsageError
        If the scheduler does not answer.
    """
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError):
        raise UsageError(
            Problem(
                f"no scheduler of Dask answers at {scheduler}",
                hint="`dask scheduler` starts one, and says its address",
            )
        ) from None
    try:
        yield client
    finally:
        client.close(CLOSE_SECONDS)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs of lost workers and closed connections from a user's screen."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "tornado")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
