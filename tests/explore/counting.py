"""Work for sweeps whose only point is that it is seen when it is done; run by other processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from accelsim.explore.executors import Executor, InProcess
from accelsim.explore.points import Point
from accelsim.explore.processes import Processes
from accelsim.explore.records import DONE, Outcome, Row
from accelsim.explore.run import Sweep, SweepProgress, Task
from accelsim.explore.store import Store


@dataclass(frozen=True)
class Count:
    """Says of a number what its square is, and notes in a file that it was asked."""

    log: Path
    seconds: float = 0.0

    def __call__(self, task: Task, stop: Callable[[], bool]) -> Outcome | None:
        number = int(task.key)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            if stop():
                return None
            time.sleep(0.001)
        with self.log.open("a") as file:
            file.write(f"{task.key}\n")
        return Outcome(DONE, {"energy": number * number, "energy_by_level": {"dram": number}})

    def asked(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


def tasks(count: int) -> Iterator[Task]:
    for number in range(count):
        yield Task(f"{number:06}", Point(0, 0, 0, (("n", str(number)),)))


def row(task: Task, outcome: Outcome) -> Row:
    identity = dict.fromkeys(
        ("architecture", "workload", "dataflow", "technology", "accounting", "objective"), "x"
    )
    return Row(
        task.key,
        outcome.status,
        identity,
        dict(task.point.settings),
        outcome.figures,
        outcome.reason,
        outcome.seconds,
        "tests",
    )


def count_all(store: Path, work: Count, count: int, executor: Executor) -> SweepProgress:
    progress = SweepProgress(count, "energy")
    with Store(store, writing=True) as opened:
        number = opened.begin_sweep("counting", f"{count} numbers", count)
        its = Sweep(tasks(count), work, row, opened, number, progress)
        its.run(executor, stop=lambda: False)
    return progress


def main() -> None:
    """Count as the words of the command line say: folder, how many, seconds each, workers.

    To be imported, not run: workers must find :class:`Count` where it was found here.
    """
    folder, (how_many, seconds, workers) = Path(sys.argv[1]), map(float, sys.argv[2:])
    by_whom = Processes(int(workers)) if workers else InProcess()
    count_all(folder / "points.db", Count(folder / "log", seconds), int(how_many), by_whom)
