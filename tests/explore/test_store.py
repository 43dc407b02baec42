"""Stores: what is committed stays, and what is no store is left alone."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from accelsim.errors import UsageError
from accelsim.explore import store_schema
from accelsim.explore.executors import CHUNK_SECONDS, InProcess, Lost
from accelsim.explore.processes import Processes
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, Effort, Outcome, Row, Trial
from accelsim.explore.run import Sweep, SweepProgress, Task
from accelsim.explore.store import Store
from accelsim.report.sweep_export import export
from tests.explore.counting import Count, count_all, row, tasks

ROOT = Path(__file__).parents[2]


def rows(count: int, status: str = DONE) -> list[Row]:
    return [row(task, Outcome(status, {"energy": 1.5})) for task in tasks(count)]


def test_what_was_added_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "points.db"
    with Store(path, writing=True) as store:
        store.add(rows(3))
    with Store(path) as store:
        assert list(store.rows()) == rows(3)
        assert store.known(["000001", "000009"]) == {"000001"}
    assert [its.name for its in tmp_path.iterdir()] == ["points.db"]


def test_finished_points_stay_and_failed_ones_give_way(tmp_path: Path) -> None:
    with Store(tmp_path / "points.db", writing=True) as store:
        done, impossible, failed = (
            replace(its, status=status)
            for its, status in zip(rows(3), (DONE, IMPOSSIBLE, FAILED), strict=True)
        )
        store.add([done, impossible, failed])
        assert store.known([its.key for its in rows(3)]) == {done.key, impossible.key}
        again = [replace(its, status=DONE, reason="again") for its in rows(3)]
        store.add(again)
        assert list(store.rows()) == [done, impossible, again[2]]
        store.add(again, over=True)
        assert list(store.rows()) == again


def test_a_batch_is_added_whole_or_not_at_all(tmp_path: Path) -> None:
    with Store(tmp_path / "points.db", writing=True) as store:
        bad = replace(rows(2)[1], reason=None)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="cannot write"):
            store.add([rows(1)[0], bad])
        assert list(store.rows()) == []
        store.add(rows(1))
        assert list(store.rows()) == rows(1)


def test_two_may_write_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "points.db"
    with Store(path, writing=True) as one, Store(path, writing=True) as other:
        for its in rows(20):
            (one if int(its.key) % 2 else other).add([its])
        assert list(one.rows()) == list(other.rows()) == rows(20)


def test_two_sweeps_at_once_share_a_store(tmp_path: Path) -> None:
    processes = [begun(tmp_path, 60, 0.03, 0) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    asked = Counter(Count(tmp_path / "log").asked())
    assert len(asked) == 60
    assert max(asked.values()) <= 2  # what both had under way at once, once each
    with Store(tmp_path / "points.db") as store:
        assert [its.key for its in store.rows()] == [task.key for task in tasks(60)]
        assert store.sweeps() == [(1, "60 numbers", 60, 60)]


def test_an_older_store_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "points.db"
    with Store(path, writing=True) as store:
        store.add(rows(2))
    now = len(store_schema.MIGRATIONS)
    migrations = (*store_schema.MIGRATIONS, "CREATE TABLE more (a); INSERT INTO more VALUES (1)")
    monkeypatch.setattr(store_schema, "MIGRATIONS", migrations)
    with Store(path) as store:  # in memory
        assert list(store.rows()) == rows(2)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchall() == [(now,)]
    database.close()
    with Store(path, writing=True) as store:
        assert list(store.rows()) == rows(2)
    database = sqlite3.connect(path)
    assert database.execute("SELECT a FROM more").fetchall() == [(1,)]
    assert database.execute("PRAGMA user_version").fetchall() == [(now + 1,)]
    database.close()


FIRST = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE points (
        key TEXT PRIMARY KEY, status TEXT NOT NULL, identity TEXT NOT NULL,
        parameters TEXT NOT NULL, figures TEXT NOT NULL, reason TEXT NOT NULL,
        seconds REAL NOT NULL, made_by TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE sweeps (
        number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, words TEXT NOT NULL,
        points INTEGER NOT NULL
    );
    CREATE TABLE members (
        sweep INTEGER NOT NULL REFERENCES sweeps(number), point TEXT NOT NULL,
        PRIMARY KEY (sweep, point)
    ) WITHOUT ROWID;
    INSERT INTO points VALUES
        ('a1', 'done', '{"architecture":"mine"}', '{"glb.size":"1KiB"}', '{"energy":1.5}', '',
         0.25, 'first'),
        ('b2', 'impossible', '{"architecture":"mine"}', '{}', '{}', 'too small', 0.5, 'first'),
        ('c3', 'failed', '{"architecture":"mine"}', '{}', '{}', 'lost', 0.0, 'first');
    INSERT INTO sweeps VALUES (1, 'one', 'eyeriss alexnet', 3), (2, 'two', 'eyeriss vgg16', 9);
    INSERT INTO members VALUES (1, 'a1'), (1, 'b2'), (1, 'c3'), (2, 'b2');
    PRAGMA application_id = 1633907575;
    PRAGMA user_version = 1;
"""
"""A store as the first version wrote it, by hand: what stands there has to be read for ever."""


@pytest.mark.parametrize("writing", [False, True])
def test_a_store_of_the_first_version(tmp_path: Path, writing: bool) -> None:
    path = tmp_path / "points.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST)
    before, mine = path.read_bytes(), {"architecture": "mine"}
    its = [
        Row("a1", DONE, mine, {"glb.size": "1KiB"}, {"energy": 1.5}, "", 0.25, "first"),
        Row("b2", IMPOSSIBLE, mine, {}, {}, "too small", 0.5, "first"),
        Row("c3", FAILED, mine, {}, {}, "lost", 0.0, "first"),
    ]
    with Store(path, writing=writing) as store:
        assert [list(store.rows(number)) for number in (None, 1, 2)] == [its, its, its[1:2]]
        assert store.sweeps() == [(1, "eyeriss alexnet", 3, 2), (2, "eyeriss vgg16", 9, 1)]
        assert store.efforts() == {1: Effort(), 2: Effort()}
        assert store.ends() == {1: (0, False), 2: (0, False)}
        assert store.trials(1) == []
        assert store.known(["a1", "b2", "c3"]) == {"a1", "b2"}
        if writing:
            store.add([replace(its[2], status=DONE)], sweep=store.begin_sweep("two", "on", 2))
    if writing:
        with Store(path) as store:
            assert list(store.rows(2)) == [its[1], replace(its[2], status=DONE)]
            assert store.sweeps()[1] == (2, "on", 2, 2)
    else:
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_a_sweep_took_is_added_up(tmp_path: Path) -> None:
    with Store(tmp_path / "points.db", writing=True) as store:
        one, other = (store.begin_sweep(name, name, 3) for name in ("one", "other"))
        assert store.efforts() == dict.fromkeys((one, other), Effort())
        store.add(rows(2), sweep=one, effort=Effort(2, 4.0, 3.0, 0.5))
        store.add(rows(4)[2:], sweep=one, effort=Effort(2, 1.0, 1.0, 0.5))
        assert store.efforts() == {one: Effort(4, 5.0, 4.0, 1.0), other: Effort()}
        assert store.efforts()[one].data() == {
            "points_per_second": 0.8,
            "search_ms": 1000.0,
            "other_ms": 250.0,
        }


def test_a_store_is_read_where_no_file_may_grow(tmp_path: Path) -> None:
    path = tmp_path / "points.db"
    with Store(path, writing=True) as store:
        store.add(rows(3))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with Store(path) as store:
            assert list(store.rows()) == rows(3)
            with pytest.raises(UsageError, match=r"cannot write '.*points\.csv'"):
                export(store, tmp_path / "points.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [its for its in tmp_path.iterdir() if its.suffix == ".csv"]


def other_database(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE diary (day)")
    database.commit()
    database.close()


def newer_store(path: Path) -> None:
    with Store(path, writing=True) as store:
        store.add(rows(1))
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


def text_file(path: Path) -> None:
    path.write_text("Dear diary,\n" * 1000)


def damaged_store(path: Path) -> None:
    with Store(path, writing=True) as store:
        store.add(rows(500))
    whole = bytearray(path.read_bytes())
    whole[100:9000] = bytes(8900)
    path.write_bytes(whole)


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (other_database, "is a sqlite database, but not a store of a sweep"),
        (newer_store, "is a store of version 99; expected version 4 or older; a newer accelsim"),
        (text_file, "is not a store of a sweep: it is not sqlite"),
        (damaged_store, "is damaged, or not a store"),
        (Path.mkdir, "is a folder; expected a file"),
    ],
)
def test_what_is_no_store_is_left_alone(
    make: object, complaint: str, writing: bool, tmp_path: Path
) -> None:
    path = tmp_path / "points.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(UsageError, match=complaint):
        Store(path, writing=writing)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize("column", ["identity", "parameters", "figures"])
@pytest.mark.parametrize("text", ['{"energy": 1.', "[]", b"\xff\xfe\x00"])
def test_a_text_that_is_damaged(tmp_path: Path, column: str, text: str | bytes) -> None:
    """Sqlite keeps no sums of what it stores, and tells nothing."""
    path = tmp_path / "points.db"
    with Store(path, writing=True) as store:
        store.add(rows(3))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE points SET {column} = ? WHERE key = '000001'", (text,))
    with Store(path) as store:
        assert store.known(["000001"]) == {"000001"}
        for reads in (lambda: list(store.rows()), lambda: store.finished("000001")):
            with pytest.raises(UsageError, match="damaged: point 000001 cannot be read; take"):
                reads()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_store_that_is_moved_under_way(tmp_path: Path, replaced: bool) -> None:
    path, elsewhere = tmp_path / "points.db", tmp_path / "elsewhere.db"
    with Store(path, writing=True) as store:
        store.add(rows(2))
        path.rename(elsewhere)
        if replaced:
            path.touch()
        for change in (lambda: store.add(rows(3)), lambda: store.begin_sweep("one", "first", 3)):
            with pytest.raises(UsageError, match="was moved or removed under way; what was comm"):
                change()
        path.unlink(missing_ok=True)
        elsewhere.rename(path)
        store.add(rows(4))
    with Store(path) as store:
        assert list(store.rows()) == rows(4)


def test_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no store"):
        Store(tmp_path / "points.db")
    with pytest.raises(UsageError, match="there is no folder"):
        Store(tmp_path / "nowhere" / "points.db", writing=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the system by a rule of its own, as the root of a container may write anywhere."""
    path = tmp_path / "points.db"
    with Store(path, writing=True) as store:
        store.add(rows(3))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UsageError, match=r"cannot write '.*points.db': '.*' may not be written"):
        Store(path, writing=True)
    with Store(path) as store:
        assert list(store.rows()) == rows(3)
    assert [its.name for its in tmp_path.iterdir()] == ["points.db"]


def test_merging_and_pruning(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", writing=True) as a, Store(tmp_path / "b.db", writing=True) as b:
        a.add(rows(3), sweep=a.begin_sweep("one", "first", 3))
        more = [*rows(5)[:4], replace(rows(5)[4], status=FAILED, made_by="others")]
        b.add(more, sweep=b.begin_sweep("two", "second", 5))
        assert a.merge(b) == 1
        assert list(a.rows()) == more
        assert a.sweeps() == [(1, "first", 3, 3), (2, "second", 5, 4)]
        assert a.merge(b) == 0
        assert a.prune(undone=True, outdated=False, made_by="tests") == 1
        assert list(a.rows()) == rows(4)
        assert b.prune(undone=False, outdated=True, made_by="tests") == 1
        assert list(b.rows()) == rows(4)
        assert b.sweeps() == [(1, "second", 5, 4)]


def test_sweeps_are_merged_in_their_order_with_what_they_took(tmp_path: Path) -> None:
    names = [f"sweep {number}" for number in range(12)]
    trials = [Trial(0, (1, 2)), Trial(1, (0, 2), left_out=True)]
    with Store(tmp_path / "a.db", writing=True) as a, Store(tmp_path / "b.db", writing=True) as b:
        a.begin_sweep("old", "old", 1)
        for name in names:
            number = b.begin_sweep(name, name, 3)
            b.add(rows(3), sweep=number, effort=Effort(3, 2.0, 1.0, 0.5))
        b.add_trials(number, trials)
        b.end_sweep(number, left_out=1, exhausted=True)
        for _ in range(2):  # the second time nothing is new
            a.merge(b)
            assert [words for _, words, *_ in a.sweeps()] == ["old", *names]
            assert a.efforts()[13] == b.efforts()[12] == Effort(3, 2.0, 1.0, 0.5)
            assert a.trials(13) == trials
            assert a.ends()[13] == (1, True)


KILLED_MERGE = """
import os, signal, sys
from pathlib import Path
from accelsim.explore.store import Store

steps = int(sys.argv[3])

def killed(step):
    def its(*given, **named):
        global steps
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*given, **named)
    return its

for step in ("add", "begin_sweep", "add_trials", "end_sweep"):
    setattr(Store, step, killed(getattr(Store, step)))
with Store(Path(sys.argv[1]), writing=True) as into, Store(Path(sys.argv[2])) as other:
    into.merge(other)
"""


def contents(path: Path) -> tuple[object, ...]:
    with Store(path) as store:
        numbers = [number for number, *_ in store.sweeps()]
        of_each = [(list(store.rows(its)), store.trials(its)) for its in numbers]
        return list(store.rows()), store.sweeps(), store.efforts(), store.ends(), of_each


@pytest.mark.parametrize("steps", [1, 2, 4, 7, 8])
def test_a_merge_that_is_killed_changes_nothing(tmp_path: Path, steps: int) -> None:
    with Store(tmp_path / "a.db", writing=True) as a, Store(tmp_path / "b.db", writing=True) as b:
        a.add(rows(1), sweep=a.begin_sweep("one", "one", 1), effort=Effort(1, 2.0))
        for name in ("two", "three"):  # steps of a merge: points, then four for each of these
            number = b.begin_sweep(name, name, 3)
            b.add(rows(3), sweep=number, effort=Effort(3, 2.0, 1.0, 0.5))
            b.add_trials(number, [Trial(0, (1, 2))])
            b.end_sweep(number, left_out=1, exhausted=True)
        before = contents(a.path)
        words = [str(a.path), str(b.path), str(steps)]
        killed = subprocess.run([sys.executable, "-c", KILLED_MERGE, *words], cwd=ROOT, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert contents(a.path) == before
        assert a.merge(b) == 2
        assert [words for _, words, *_ in a.sweeps()] == ["one", "two", "three"]
        took = Effort(3, 2.0, 1.0, 0.5)
        assert a.efforts() == {1: Effort(1, 2.0), 2: took, 3: took}


def test_names_belong_to_sweeps_and_not_to_points(tmp_path: Path) -> None:
    twins = [replace(its, identity={**its.identity, "architecture": "twin"}) for its in rows(2)]
    with Store(tmp_path / "a.db", writing=True) as store:
        one, other = (store.begin_sweep(name, name, 4) for name in ("one", "other"))
        store.add([*rows(2), *twins], sweep=one)
        store.add([], sweep=other, also=twins)
        every = sorted([*rows(2), *twins], key=lambda its: (its.key, str(its.identity)))
        assert list(store.rows(one)) == list(store.rows()) == every
        assert list(store.rows(other)) == twins
        assert [its[3] for its in store.sweeps()] == [4, 2]
        assert (store.counts(one), store.counts(other)) == ({DONE: 4}, {DONE: 2})
        with Store(tmp_path / "b.db", writing=True) as merged:
            merged.add(twins)
            assert merged.merge(store) == 0
            assert list(merged.rows(1)) == list(store.rows(one))
            assert list(merged.rows(2)) == twins


# --- whatever ends a sweep ------------------------------------------------------------------------


def begun(
    folder: Path, count: int, seconds: float, workers: int, limit: int = 0
) -> subprocess.Popen[bytes]:
    """Begin to count in another process, whose files may only grow so far."""
    words = [str(word) for word in (folder, count, seconds, workers)]

    def narrow() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-c", "from tests.explore.counting import main; main()", *words],
        cwd=ROOT,
        preexec_fn=narrow,
        stderr=subprocess.PIPE if limit else None,
    )


def committed(folder: Path) -> list[Row]:
    """Return what a store holds; nothing if its making was cut short."""
    path = folder / "points.db"
    if not path.exists() or not path.stat().st_size:
        return []
    database = sqlite3.connect(path)
    ((version,),) = database.execute("PRAGMA user_version")
    database.close()
    if not version:
        return []
    with Store(path) as store:
        return list(store.rows())


def exported(folder: Path) -> bytes:
    with Store(folder / "points.db") as store:
        export(store, folder / "points.csv")
    return (folder / "points.csv").read_bytes()


def survive(folder: Path, kills: int, workers: int, seed: int) -> None:
    """Kill a sweep at random moments, and see that nothing committed is lost or done again."""
    count, rng = 400, random.Random(seed)
    folder.mkdir()
    killed = 0
    for _ in range(50 * kills):
        before = {its.key: its for its in committed(folder)}
        asked = len(Count(folder / "log").asked())
        process = begun(folder, count, 0.004 * (1 + 3 * workers), workers)
        time.sleep(rng.uniform(0.2, 0.9))
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        after = {its.key: its for its in committed(folder)}
        assert before.items() <= after.items()
        time.sleep(0.05)
        assert not before.keys() & set(Count(folder / "log").asked()[asked:])
        if killed == kills or len(after) == count:
            break
    assert killed == kills, "it was finished before it was killed often enough"
    time.sleep(0.5)  # a worker that was in the middle of a chunk ends with it
    known, asked = committed(folder), len(Count(folder / "log").asked())
    progress = count_all(folder / "points.db", Count(folder / "log"), count, Processes(2))
    assert (progress.known, progress.computed) == (len(known), count - len(known))
    assert sorted(Count(folder / "log").asked()[asked:]) == sorted(
        {task.key for task in tasks(count)} - {its.key for its in known}
    )


def undisturbed(folder: Path) -> bytes:
    folder.mkdir()
    count_all(folder / "points.db", Count(folder / "log"), 400, InProcess())
    return exported(folder)


@pytest.mark.parametrize("workers", [0, 2])
def test_kills_at_random_moments(tmp_path: Path, workers: int) -> None:
    survive(tmp_path / "killed", kills=2, workers=workers, seed=workers)
    assert exported(tmp_path / "killed") == undisturbed(tmp_path / "whole")


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_many_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    survive(tmp_path / "killed", kills=2, workers=seed % 3, seed=seed)
    assert exported(tmp_path / "killed") == undisturbed(tmp_path / "whole")


def test_a_full_disk(tmp_path: Path) -> None:
    process = begun(tmp_path, 5000, 0.0, 0, limit=150_000)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"the disk is full, or a file may not grow; what is in the store is safe" in said
    known = committed(tmp_path)
    assert 0 < len(known) < 5000
    database = sqlite3.connect(tmp_path / "points.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
    progress = count_all(tmp_path / "points.db", Count(tmp_path / "log"), 5000, Processes(1))
    assert (progress.known, progress.computed) == (len(known), 5000 - len(known))


class Losing:
    """An executor that loses what it is told to lose, once."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = set(keys)

    def run(self, work, take, stop):  # type: ignore[no-untyped-def]
        for batch in InProcess().run(work, take, stop):
            yield [(task, Lost("gone") if task.key in self.keys else it) for task, it in batch]


class Waiting:
    """An executor that has nothing to tell most of the time."""

    def run(self, work, take, stop):  # type: ignore[no-untyped-def]
        for batch in InProcess().run(work, take, stop):
            yield []
            time.sleep(0.03)
            yield batch


def test_what_a_sweep_took_counts_the_waiting(tmp_path: Path) -> None:
    progress = count_all(tmp_path / "points.db", Count(tmp_path / "log"), 5, Waiting())
    with Store(tmp_path / "points.db") as store:
        (effort,) = store.efforts().values()
    assert effort.points == progress.computed == 5
    assert effort.seconds == pytest.approx(progress.seconds)
    assert effort.seconds >= 0.05
    assert effort.other_seconds == pytest.approx(progress.other_seconds)


def test_equal_points_are_computed_once(tmp_path: Path) -> None:
    work, progress = Count(tmp_path / "log"), SweepProgress(300, "energy")
    twice = (task for task in tasks(150) for _ in range(2))
    with Store(tmp_path / "points.db", writing=True) as store:
        number = store.begin_sweep("counting", "150 numbers, twice", 300)
        Sweep(twice, work, row, store, number, progress).run(InProcess(), lambda: False)
    assert (progress.computed, progress.known) == (150, 150)
    assert sorted(work.asked()) == [f"{number:06}" for number in range(150)]


@dataclass(frozen=True)
class Overtaken:
    """Counts; as it counts its second number, another process finishes all the others."""

    count: Count
    store: Path
    numbers: int

    def __call__(self, task: Task, stop: Callable[[], bool]) -> Outcome | None:
        if len(self.count.asked()) == 1:
            time.sleep(CHUNK_SECONDS)
            with Store(self.store, writing=True) as other:
                there = {its.key for its in other.rows()}
                left = [its for its in tasks(self.numbers) if its.key not in {task.key, *there}]
                other.add([row(its, Outcome(DONE, {"energy": 0})) for its in left])
        return self.count(task, stop)


def test_what_another_process_does_meanwhile_is_not_done_again(tmp_path: Path) -> None:
    count, progress = Count(tmp_path / "log"), SweepProgress(100, "energy")
    with Store(tmp_path / "points.db", writing=True) as store:
        number = store.begin_sweep("counting", "100 numbers", 100)
        work = Overtaken(count, store.path, 100)
        Sweep(tasks(100), work, row, store, number, progress).run(InProcess(), lambda: False)
    assert len(count.asked()) == 2
    assert (progress.computed, progress.known) == (2, 98)


def test_what_was_lost_is_tried_again(tmp_path: Path) -> None:
    work = Count(tmp_path / "log")
    lossy = count_all(tmp_path / "points.db", work, 5, Losing(["000002"]))
    assert (lossy.computed, lossy.failed) == (5, 1)
    with Store(tmp_path / "points.db") as store:
        (failed,) = store.rows(status=FAILED)
    assert (failed.key, failed.reason) == ("000002", "gone")
    again = count_all(tmp_path / "points.db", work, 5, InProcess())
    assert (again.known, again.computed, again.failed) == (4, 1, 0)
