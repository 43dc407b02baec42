"""What every executor promises, and what those promise that may lose workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accelsim.errors import UsageError
from accelsim.explore import executors
from accelsim.explore.executors import CHUNK_SECONDS, Executor, InProcess, Lost, NotBegun
from accelsim.explore.processes import MOST_LOSSES, Processes

ROOT = Path(__file__).parents[2]

Stop = Callable[[], bool]


def never() -> bool:
    return False


def source(count: int) -> Callable[[int], list[int]]:
    numbers = iter(range(count))
    return lambda most: [number for _, number in zip(range(most), numbers, strict=False)]


def square(number: int, _: Stop) -> int | None:
    return number * number


@dataclass(frozen=True)
class Deadly:
    """Kills its process over one number, so many times."""

    folder: Path
    number: int
    times: int

    def __call__(self, number: int, _: Stop) -> int | None:
        if number == self.number:
            killed = len(list(self.folder.iterdir()))
            if killed < self.times:
                (self.folder / str(killed)).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return number * number


@dataclass(frozen=True)
class DeadlyToRead:
    """Kills the first so many processes that it is unpickled in."""

    folder: Path
    times: int

    def __call__(self, number: int, _: Stop) -> int | None:
        return number**2

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        mine = self.folder / str(os.getpid())
        if len(list(self.folder.iterdir())) < self.times:
            mine.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def unpicklable(number: int) -> int:
    raise AssertionError(number)


@dataclass(frozen=True)
class Bad:
    """Cannot be made anew in a worker."""

    number: int

    def __call__(self, number: int, _: Stop) -> int | None:
        return number

    def __reduce__(self) -> tuple[Callable[[int], int], tuple[int]]:
        return unpicklable, (self.number,)


EXECUTORS = [InProcess(), Processes(1), Processes(3)]


def ran(
    executor: Executor, work: Callable[[int, Stop], int | None], count: int
) -> dict[int, int | Lost]:
    found: dict[int, int | Lost] = {}
    for batch in batches(executor, work, count):
        for task, result in batch:
            assert task not in found
            found[task] = result
    return found


def batches(
    executor: Executor, work: Callable[[int, Stop], int | None], count: int
) -> Iterator[list[tuple[int, int | Lost]]]:
    """Yield what is finished at a time; what is not begun is taken anew."""
    left = deque(range(count))
    for batch in executor.run(
        work, lambda most: [left.popleft() for _ in range(min(most, len(left)))], never
    ):
        left.extend(task for task, result in batch if isinstance(result, NotBegun))
        yield [(task, result) for task, result in batch if not isinstance(result, NotBegun)]


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
@pytest.mark.parametrize("count", [0, 1, 500])
def test_every_task_has_its_result_once(executor: Executor, count: int) -> None:
    assert ran(executor, square, count) == {number: number**2 for number in range(count)}


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_it_ends_when_it_is_stopped(executor: Executor) -> None:
    done = list[int]()

    def batches() -> Sequence[int]:
        for batch in executor.run(square, source(10**9), lambda: len(done) > 5):
            done.extend(task for task, _ in batch)
        return done

    started = time.monotonic()
    assert len(batches()) > 5
    assert time.monotonic() - started < 60


def test_what_is_finished_in_process_is_handed_over_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(executors, "time", SimpleNamespace(perf_counter=lambda: now))

    def work(number: int, _: Stop) -> int:
        nonlocal now
        now += 0.001 if number < 300 else 0.09  # quick ones, then slow ones
        return number

    found, sizes, last = list[int](), list[int](), now
    for batch in batches(InProcess(), work, 330):
        found += [task for task, _ in batch]
        sizes.append(len(batch))
        assert now - last < CHUNK_SECONDS + 0.09, "a chunk, and the task under way at its end"
        last = now
    assert sorted(found) == [*range(330)]
    assert sizes[:2] == [1, 200]
    assert sizes[-5:-1] == [3, 3, 3, 3]


def slow_but_for_the_first(number: int, _: Stop) -> int | None:
    if number:
        time.sleep(0.7 * CHUNK_SECONDS)
    return number


@pytest.mark.parametrize("executor", EXECUTORS[:2], ids=repr)
def test_what_is_not_begun_in_time_is_the_sources_again(executor: Executor) -> None:
    sizes = [len(batch) for batch in batches(executor, slow_but_for_the_first, 6) if batch]
    assert sizes[0] == 1
    assert sum(sizes) == 6
    assert max(sizes) <= 2, "the second begins in time, the third does not"


@pytest.mark.parametrize("times", [1, MOST_LOSSES - 1])
def test_a_lost_worker_costs_nothing_but_time(tmp_path: Path, times: int) -> None:
    found = ran(Processes(2), Deadly(tmp_path, 70, times), 200)
    assert found == {number: number**2 for number in range(200)}


def test_a_task_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    found = ran(Processes(2), Deadly(tmp_path, 70, 99), 200)
    assert found.pop(70) == Lost(f"its worker process was killed by signal 9, {MOST_LOSSES} times")
    assert found == {number: number**2 for number in range(200) if number != 70}
    assert len(list(tmp_path.iterdir())) in (MOST_LOSSES, MOST_LOSSES + 1)


def test_workers_that_cannot_start(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="a worker process could not start: it ended with exit"):
        ran(Processes(2), Bad(3), 10)
    assert "AssertionError" in capfd.readouterr().err


@pytest.mark.parametrize("times", [1, MOST_LOSSES - 1])
def test_a_worker_that_is_killed_while_it_starts_is_replaced(tmp_path: Path, times: int) -> None:
    found = ran(Processes(1), DeadlyToRead(tmp_path, times), 20)
    assert found == {number: number**2 for number in range(20)}


def test_workers_that_are_killed_whenever_they_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not start: it was killed by signal 9"):
        ran(Processes(1), DeadlyToRead(tmp_path, 99), 20)
    assert len(list(tmp_path.iterdir())) == MOST_LOSSES


def test_no_worker_is_left_behind() -> None:
    run = Processes(2).run(note_process, source(10**9), never)
    seen = set[int]()
    for batch in run:
        seen |= {result for _, result in batch if isinstance(result, int)}
        if len(seen) == 2:
            break
    run.close()  # type: ignore[attr-defined]
    for process in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@dataclass(frozen=True)
class Endless:
    """Says what its process is, and computes for a minute."""

    file: Path

    def __call__(self, number: int, _: Stop) -> int | None:
        self.file.with_suffix(".new").write_text(str(os.getpid()))
        self.file.with_suffix(".new").replace(self.file)
        time.sleep(60)
        return number


def compute_endlessly(file: Path) -> None:
    list(Processes(1).run(Endless(file), source(1), never))


def waited(done: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    return done()


def is_alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux")
def test_a_worker_in_the_middle_of_a_task_ends_with_its_caller(tmp_path: Path) -> None:
    file = tmp_path / "worker"
    run = "from tests.explore.test_executors import *; compute_endlessly(Path(sys.argv[1]))"
    caller = subprocess.Popen([sys.executable, "-c", f"import sys; {run}", str(file)], cwd=ROOT)
    assert waited(file.exists)
    worker = int(file.read_text())
    assert is_alive(worker)
    caller.kill()
    caller.wait()
    assert waited(lambda: not is_alive(worker))


def note_process(_: int, __: Stop) -> int | None:
    return os.getpid()


def test_no_workers() -> None:
    with pytest.raises(UsageError, match="workers is 0"):
        Processes(0)
