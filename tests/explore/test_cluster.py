"""What the executor of Dask promises beyond what every executor does."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from accelsim.errors import MissingExtraError, UsageError
from accelsim.explore.cluster import Dask
from accelsim.explore.cluster_worker import sources
from accelsim.explore.executors import InProcess, Lost
from accelsim.explore.processes import MOST_LOSSES
from accelsim.explore.store import Store
from tests.explore.counting import Count, count_all
from tests.explore.dask_commands import ROOT, commands
from tests.explore.test_executors import Bad, Deadly, note_process, ran, source, square


def never() -> bool:
    return False


def dask_workers() -> list[psutil.Process]:
    return [
        its for its in psutil.Process().children() if "distributed.cli.dask_worker" in its.cmdline()
    ]


def committed(store: Path) -> set[str]:
    if not store.exists():
        return set()
    with Store(store) as opened:
        return {row.key for row in opened.rows()}


def test_a_worker_killed_midway_costs_its_chunk_only(tmp_path: Path) -> None:
    store, work = tmp_path / "points.db", Count(tmp_path / "log", 0.01)
    kept: set[str] = set()

    def kill() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and len(work.asked()) < 40:
            time.sleep(0.01)
        kept.update(committed(store))
        dask_workers()[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    progress = count_all(store, work, 150, Dask(workers=2))
    killer.join()
    assert kept
    assert (progress.computed, progress.failed) == (150, 0)
    asked = Counter(work.asked())
    assert len(asked) == 150
    assert {asked[key] for key in kept} == {1}
    again = [key for key, times in asked.items() if times > 1]
    assert len(again) <= 60  # about a chunk; all of 150 if nothing was kept
    assert dask_workers() == []
    alone = tmp_path / "alone.db"
    count_all(alone, Count(tmp_path / "other"), 150, InProcess())
    with Store(store) as one, Store(alone) as other:
        figures = [[(its.key, its.figures) for its in opened.rows()] for opened in (one, other)]
    assert figures[0] == figures[1]


def test_what_is_no_scheduler() -> None:
    for scheduler in ("", "here", "here:", "tcp://here:1", "a b:1", "here:65536"):
        with pytest.raises(UsageError, match="is not the address of a scheduler; expected dask://"):
            Dask(scheduler)
    with pytest.raises(UsageError, match="workers is 0"):
        Dask(workers=0)


def test_dask_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> object:
        raise ModuleNotFoundError(name="distributed")

    monkeypatch.setattr("accelsim.interchange.extras.import_module", absent)
    with pytest.raises(MissingExtraError, match=r"pip install 'accelsim\[cluster\]'"):
        Dask()


@pytest.mark.full
@pytest.mark.parametrize("count", [0, 1, 500])
def test_every_task_has_its_result_once(count: int) -> None:
    assert ran(Dask(workers=2), square, count) == {number: number**2 for number in range(count)}


@pytest.mark.full
@pytest.mark.parametrize("times", [1, MOST_LOSSES - 1])
def test_a_lost_worker_costs_nothing_but_time(tmp_path: Path, times: int) -> None:
    found = ran(Dask(workers=2), Deadly(tmp_path, 70, times), 200)
    assert found == {number: number**2 for number in range(200)}


@pytest.mark.full
def test_a_task_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    found = ran(Dask(workers=2), Deadly(tmp_path, 70, 99), 200)
    assert found.pop(70) == Lost(f"its worker was lost, {MOST_LOSSES} times")
    assert found == {number: number**2 for number in range(200) if number != 70}
    assert len(list(tmp_path.iterdir())) in (MOST_LOSSES, MOST_LOSSES + 1)


@pytest.mark.full
def test_work_that_cannot_be_read() -> None:
    with pytest.raises(UsageError, match="cannot read its work: AssertionError: 3"):
        ran(Dask(workers=1), Bad(3), 10)


@pytest.mark.full
def test_workers_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accelsim.explore.cluster_here.OPTIONS", ("--no-such-option",))
    with pytest.raises(UsageError, match="a worker process could not start: it ended with exit"):
        ran(Dask(workers=1), square, 10)


@pytest.mark.full
def test_no_worker_is_left_behind() -> None:
    run = Dask(workers=2).run(note_process, source(10**9), never)
    seen = set[int]()
    for batch in run:
        seen |= {result for _, result in batch if isinstance(result, int)}
        if len(seen) == 2:
            break
    run.close()  # type: ignore[attr-defined]
    for process in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.full
def test_commands_start_a_cluster(tmp_path: Path) -> None:
    """Its workers may have several threads, and may be lost; its scheduler may not."""
    with commands(tmp_path / "elsewhere") as cluster:
        scheduler = cluster.scheduler()
        dask = Dask(f"127.0.0.1:{cluster.port}")
        first = cluster.worker()
        cluster.worker("--nthreads", "2")
        assert ran(dask, square, 3000) == {number: number**2 for number in range(3000)}
        found = ran(dask, Deadly(tmp_path / "elsewhere", 70, 99), 200)
        lost = found.pop(70)
        assert isinstance(lost, Lost)
        assert lost.reason.startswith("its worker was lost, ")
        assert found == {number: number**2 for number in range(200) if number != 70}
        assert first.poll() is None  # its nanny starts the worker anew
        log = tmp_path / "log"

        def lose_scheduler() -> None:
            while not log.exists():
                time.sleep(0.01)
            scheduler.kill()

        threading.Thread(target=lose_scheduler).start()
        began = time.monotonic()
        with pytest.raises(
            UsageError, match=r"the scheduler at .* was lost; the same command goes"
        ):
            count_all(tmp_path / "s.db", Count(log, 0.05), 10**6, dask)
        assert time.monotonic() - began < 60
        with pytest.raises(UsageError, match=r"no scheduler of Dask answers at tcp://127.0.0.1:"):
            ran(dask, square, 1)


@pytest.mark.full
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("more.py", f"; expected {sources()}; all machines of a cluster need the same accelsim"),
        ("", "a worker failed: ModuleNotFoundError: No module named 'accelsim.explore'; all"),
    ],
)
def test_a_worker_of_other_sources(tmp_path: Path, file: str, said: str) -> None:
    """Of one whose accelsim has one file more, and of one that does not know this executor."""
    copy = tmp_path / "copy"
    if file:
        shutil.copytree(ROOT / "accelsim", copy / "accelsim")
        (copy / "accelsim" / file).touch()
    else:
        (copy / "accelsim").mkdir(parents=True)
        (copy / "accelsim" / "__init__.py").touch()
    with commands(tmp_path / "elsewhere") as cluster:
        cluster.scheduler()
        cluster.worker(more={"PYTHONPATH": str(copy)})
        with pytest.raises(UsageError) as caught:
            ran(Dask(f"127.0.0.1:{cluster.port}"), square, 10)
    assert said in str(caught.value)
