"""Local worker processes, which may be lost without harm.

Each is a Python of its own at the end of a pipe, in a session of its own, so that Ctrl-C reaches
the caller alone.  (The pools of the standard library give all of their work up when one process
dies, and start the caller's script again.)
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, Generic

from accelsim.errors import Problem, UsageError
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
from accelsim.given import whole_number

POLL_SECONDS = 0.1

LAST_SECONDS = 2.0
"""How long a worker may take to end once its pipe is closed."""

MOST_LOSSES = 3
"""So often is a worker lost over one task, or in a row before it begins, until that is given up."""

LATEST = 0.2
"""Weight of the latest chunk in the estimate of the seconds per task."""


@dataclass(frozen=True, slots=True)
class Processes:
    """Computes in so many processes of this machine."""

    workers: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "workers", whole_number("workers", self.workers))

    def run(
        self, work: Work[Task, Result], take: Take[Task], stop: Stop
    ) -> Iterator[Sequence[Ended[Task, Result]]]:
        """See :class:`accelsim.explore.executors.Executor`."""
        crew = _Crew(self.workers, work, take)
        try:
            while not stop() and crew.hand_out():
                yield crew.collect()
        finally:
            crew.dismiss()


@dataclass
class _Chunk(Generic[Task]):
    tasks: Sequence[Task]
    losses: int = 0


@dataclass(eq=False)
class _Worker(Generic[Task]):
    process: subprocess.Popen[bytes]
    line: Connection[Any, Any]
    ready: bool = False
    chunk: _Chunk[Task] | None = None


@dataclass
class _Crew(Generic[Task, Result]):
    """The workers, what they do, and what is to be done again."""

    size: int
    work: Work[Task, Result]
    take: Take[Task]
    workers: list[_Worker[Task]] = field(default_factory=list)
    again: deque[_Chunk[Task]] = field(default_factory=deque)
    done: list[Ended[Task, Result]] = field(default_factory=list)
    seconds_per_task: float | None = None
    killed_in_a_row: int = 0
    """Workers that were killed before they began, since one began."""

    def hand_out(self) -> bool:
        """Give every idle worker a chunk; tell whether anything is under way."""
        while len(self.workers) < self.size:
            chunk = self._next()
            if chunk is None:
                break
            worker = _started(self.work)
            worker.chunk = chunk
            self.workers.append(worker)
        for worker in self.workers:
            if worker.ready and worker.chunk is None:
                worker.chunk = self._next()
                if worker.chunk is not None:
                    self._send(worker)
        return bool(self.done) or any(worker.chunk for worker in self.workers)

    def collect(self) -> list[Ended[Task, Result]]:
        """Wait a moment, and return what was finished in it."""
        lines = {worker.line: worker for worker in self.workers}
        for line in wait(list(lines), timeout=0 if self.done else POLL_SECONDS):
            worker = lines[line]  # type: ignore[index]
            try:
                message = worker.line.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if not worker.ready:
                worker.ready, self.killed_in_a_row = True, 0
                self._send(worker)
            elif worker.chunk is not None:
                results, seconds = message
                self.done += with_results(worker.chunk.tasks, results)
                worker.chunk = None
                before = seconds if self.seconds_per_task is None else self.seconds_per_task
                self.seconds_per_task = LATEST * seconds + (1 - LATEST) * before
        done, self.done = self.done, []
        return done

    def dismiss(self) -> None:
        """End every worker at once."""
        for worker in self.workers:
            worker.process.kill()
            _end(worker, LAST_SECONDS)
        self.workers.clear()

    def _next(self) -> _Chunk[Task] | None:
        if self.again:
            return self.again.popleft()
        tasks = self.take(chunk_size(self.seconds_per_task))
        return _Chunk(tasks) if tasks else None

    def _send(self, worker: _Worker[Task]) -> None:
        assert worker.chunk is not None
        with suppress(OSError):  # if it is gone, the next look at its line says so
            worker.line.send(worker.chunk.tasks)

    def _bury(self, worker: _Worker[Task]) -> None:
        """Take leave of a worker that ended, and see to its chunk."""
        self.workers.remove(worker)
        how = _end(worker, LAST_SECONDS)
        chunk = worker.chunk
        if chunk is None:
            return
        if not worker.ready:
            self.killed_in_a_row += 1
            if worker.process.returncode >= 0 or self.killed_in_a_row == MOST_LOSSES:
                raise UsageError(Problem(f"a worker process could not start: it {how}"))
            self.again.append(chunk)
            return
        losses = chunk.losses + 1
        if len(chunk.tasks) == 1 and losses == MOST_LOSSES:
            reason = f"its worker process {how}, {MOST_LOSSES} times"
            self.done.append((chunk.tasks[0], Lost(reason)))
        else:  # one by one, so that a task that kills its worker costs no other
            self.again.extend(_Chunk([task], losses) for task in chunk.tasks)


def _started(work: object) -> _Worker[Any]:
    """Start a worker that finds what this process finds."""
    ours, its = Pipe()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with its:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "accelsim.explore.worker", str(its.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            pass_fds=[its.fileno()],
            start_new_session=True,
        )
    worker = _Worker[Any](process, ours)
    with suppress(OSError):  # if it is gone, the next look at its line says so
        ours.send(work)
    return worker


def _end(worker: _Worker[Any], patience: float) -> str:
    """Let a worker end by itself for so many seconds, else end it; say how it ended."""
    worker.line.close()
    try:
        worker.process.wait(patience)
    except subprocess.TimeoutExpired:
        worker.process.kill()
        worker.process.wait()
    return ended(worker.process.returncode)


def ended(code: int) -> str:
    """Say how a process ended.

    >>> ended(-9), ended(1)
    ('was killed by signal 9', 'ended with exit code 1')
    """
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
