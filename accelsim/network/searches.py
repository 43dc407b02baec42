"""The searches of a network: on one thread or several, while the caller's looks on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from accelsim.mapper.contract import Outcome, Progress
from accelsim.mapper.results_cache import ResultsCache
from accelsim.network.plan import Plan, Task

POLL_SECONDS = 0.1
"""How often the caller's thread looks up while searches run."""


@dataclass(frozen=True, slots=True)
class NetworkProgress:
    """A report from a network under way.

    ``considered`` counts mappings over all layers; ``layer`` is the one that reported last, with
    the best energy and cycles that it has so far.
    """

    layers_done: int
    layers: int
    considered: int
    layer: str = ""
    best_energy: float | None = None
    best_cycles: float | None = None


class Board:
    """Where searches on several threads post how far they are; the caller's thread reads it out."""

    def __init__(self, layers: int, progress: Callable[[NetworkProgress], None] | None) -> None:
        self._lock = threading.Lock()
        self._considered: dict[str, int] = {}
        self._done = 0
        self.search_seconds = 0.0
        self._layers = layers
        self._last: tuple[str, Progress] | None = None
        self._progress = progress

    def post(self, key: str, layer: str, report: Progress) -> None:
        with self._lock:
            self._considered[key] = report.considered
            self._last = (layer, report)

    def finish(self, key: str, outcome: Outcome, seconds: float = 0.0) -> None:
        with self._lock:
            self._done += 1
            self.search_seconds += seconds
            self._considered[key] = outcome.certificate.considered

    def read_out(self) -> None:
        if self._progress is None:
            return
        with self._lock:
            considered, last = sum(self._considered.values()), self._last
            report = NetworkProgress(self._done, self._layers, considered)
            if last is not None:
                layer, best = last
                report = NetworkProgress(
                    self._done, self._layers, considered, layer, best.best_energy, best.best_cycles
                )
        self._progress(report)


_Search = Callable[[str, Task, Callable[[], bool]], Outcome | None]
"""Does one search, unless it is stopped before."""


def search_all(
    tasks: dict[str, Task],
    known: dict[str, Outcome],
    plan: Plan,
    threads: int,
    stop: Callable[[], bool],
    board: Board,
    cache: ResultsCache | None,
) -> dict[str, Outcome]:
    """Do every search that is not known; the result lacks those that a stop kept from beginning."""
    for key, found in known.items():
        board.finish(key, found)
    if len(known) == len(tasks):
        board.read_out()
        return known

    def search(key: str, task: Task, stopped: Callable[[], bool]) -> Outcome | None:
        if stopped():
            return None
        began = time.thread_time()
        outcome = plan.driver.search(
            task.problem,
            plan.objective,
            plan.budget,
            front=plan.front,
            stop=stopped,
            progress=lambda report: board.post(key, task.problem.layer.name, report),
            start=task.starts,
        )
        seconds = time.thread_time() - began
        board.finish(key, outcome, seconds)
        if cache:
            cache.put(key, outcome, seconds)
        return outcome

    waiting = {key: task for key, task in tasks.items() if key not in known}
    if threads == 1:
        outcomes = known | _one_by_one(search, waiting, stop, board)
    else:
        outcomes = known | _on_threads(search, waiting, threads, stop, board)
    return {key: outcomes[key] for key in tasks if key in outcomes}


def _one_by_one(
    search: _Search, tasks: dict[str, Task], stop: Callable[[], bool], board: Board
) -> dict[str, Outcome]:
    """Do searches here; what they post is read out where they ask whether to stop."""
    outcomes: dict[str, Outcome] = {}
    looked = time.monotonic()
    halted = False

    def stopped() -> bool:
        nonlocal looked, halted
        if time.monotonic() - looked >= POLL_SECONDS:
            looked = time.monotonic()
            board.read_out()
        halted = halted or stop()
        return halted

    for key, task in tasks.items():
        outcome = search(key, task, stopped)
        if outcome is not None:
            outcomes[key] = outcome
    board.read_out()
    return outcomes


def _on_threads(
    search: _Search,
    tasks: dict[str, Task],
    threads: int,
    stop: Callable[[], bool],
    board: Board,
) -> dict[str, Outcome]:
    """Do searches on so many threads while this one watches."""
    outcomes: dict[str, Outcome] = {}
    halt = threading.Event()
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        waiting: dict[Future[Outcome | None], str] = {
            pool.submit(search, key, task, halt.is_set): key for key, task in tasks.items()
        }
        try:
            while waiting:
                done, _ = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    key = waiting.pop(future)
                    if outcome is not None:
                        outcomes[key] = outcome
                board.read_out()
                if stop():
                    halt.set()
        except BaseException:
            halt.set()
            raise
    return outcomes
