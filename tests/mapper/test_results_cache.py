"""Outcomes kept: what comes back, what is not kept, and what may stand in the folder."""

from __future__ import annotations

import json
import logging
import math
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.keys import canonical_json
from accelsim.mapper import results_cache
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import Candidate, Certificate, Outcome, StoppedBy
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.infeasible import Infeasibility, Refusal
from accelsim.mapper.results_cache import ResultsCache, is_kept, users_cache
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from tests.mapper.problems import problem
from tests.mapspace.cases import gemm, shared

PROBLEM = problem(gemm(M=4, N=2), shared(8, 2))
FULL = frozenset({"Weights", "Inputs", "Outputs"})
MAPPING = Mapping(
    (
        Block("dram", (Loop("M", 2),), FULL),
        Block("buffer"),
        Spread("array", x=(Loop("M", 2),)),
        Block("registers", (Loop("N", 2),), frozenset({"Outputs"})),
    )
)


def outcome(energy: float = 0.1 + 0.2, stopped_by: StoppedBy = "samples") -> Outcome:
    best = Candidate(MAPPING, energy, 8.0)
    certificate = Certificate(
        "sampling", 10**40, 17, False, 1 / 3, stopped_by, "energy", (("rounds", 3),), note="a note"
    )
    return Outcome(best, certificate, (best, Candidate(MAPPING, 7.0, 5e-324)), resume="a state")


def content(found: Outcome | None) -> str:
    assert found is not None
    return canonical_json((found.best, found.certificate, found.front, found.infeasible))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path / "not" / "yet")
    assert cache.get("a", PROBLEM) is None
    assert not cache.folder.exists()
    cache.put("a", outcome())
    for one in (cache, ResultsCache(cache.folder)):
        assert content(one.get("a", PROBLEM)) == content(outcome())
        assert one.get("b", PROBLEM) is None
    assert [path.suffix for path in cache.folder.iterdir()] == [".json"]


def test_a_front_of_thousands_of_points_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    front = tuple(Candidate(MAPPING, float(n), 1e4 - n) for n in range(5_000))
    large = replace(outcome(), front=front)
    ResultsCache(tmp_path).put("a", large)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size > 2**20
    assert content(ResultsCache(tmp_path).get("a", PROBLEM)) == content(large)
    # What is larger than a file may be is known to this process alone.
    monkeypatch.setattr(results_cache, "MOST_FILE_BYTES", path.stat().st_size - 1)
    cache = ResultsCache(tmp_path / "other")
    cache.put("a", large)
    assert not cache.folder.exists()
    assert content(cache.get("a", PROBLEM)) == content(large)
    assert ResultsCache(cache.folder).get("a", PROBLEM) is None
    assert warnings(caplog) == []


@given(
    st.floats(allow_nan=False),
    st.floats(allow_nan=False),
    st.integers(0, 10**300),
    st.text(max_size=20),
)
def test_numbers_come_back_exactly(energy: float, bound: float, size: int, note: str) -> None:
    made = Outcome(
        Candidate(MAPPING, energy, 1.0),
        Certificate("exact", size, 1, True, bound, "space", "energy", note=note),
    )
    kept = results_cache._Kept(made.best, made.certificate, made.front, made.infeasible)
    text = results_cache._text("key", kept)
    back = results_cache._parsed("key", text.encode())
    assert back == kept
    assert back.best is not None
    assert math.copysign(1, back.best.energy) == math.copysign(1, energy)
    assert isinstance(back.best.energy, float)


def test_it_is_named_for_whom_it_is_asked(tmp_path: Path) -> None:
    """A key does not tell names apart, and why there is no mapping speaks of them."""
    refusals = (Refusal("lanes", "array", "why"), Refusal("together", "big", "all"))
    why = Infeasibility("first", "big", refusals)
    certificate = Certificate("exact", 0, 0, False, None, "space", "energy")
    ResultsCache(tmp_path).put("a", Outcome(None, certificate, infeasible=why))
    found = ResultsCache(tmp_path).get("a", PROBLEM)
    assert found is not None
    assert found.infeasible == Infeasibility(
        "gemm", "shared", (refusals[0], Refusal("together", "shared", "all"))
    )


@pytest.mark.parametrize("stopped_by", ["seconds", "stop"])
def test_what_another_run_might_not_find_is_not_kept(stopped_by: StoppedBy, tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    cache.put("a", outcome(stopped_by=stopped_by))
    assert cache.get("a", PROBLEM) is None
    assert list(tmp_path.iterdir()) == []


def test_whose_outcomes_are_kept() -> None:
    class Mine(SamplingDriver):
        """As a user may write one: its code may change while its options do not."""

    assert [is_kept(driver) for driver in (SamplingDriver(), ExactDriver(), AutoDriver())] == [
        True, True, True,
    ]  # fmt: skip
    assert not is_kept(Mine())


def test_other_sources_have_other_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ResultsCache(tmp_path).put("a", outcome())
    monkeypatch.setattr(results_cache, "sources_digest", lambda: "changed")
    assert ResultsCache(tmp_path).get("a", PROBLEM) is None


def test_memory_keeps_the_latest(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path, most_remembered=2)
    for key in "abc":
        cache.put(key, outcome())
        assert cache.get("a", PROBLEM) is not None
    for path in tmp_path.iterdir():
        path.unlink()
    assert [key for key in "abc" if cache.get(key, PROBLEM)] == ["a", "c"]


def test_the_place_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELSIM_CACHE", str(tmp_path))
    assert users_cache().folder == tmp_path / "results"
    assert users_cache() is users_cache()
    monkeypatch.setenv("ACCELSIM_CACHE", str(tmp_path / "other"))
    assert users_cache().folder == tmp_path / "other" / "results"


# --- what may stand in the folder -----------------------------------------------------------------


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def with_outcome(change: object, summed: bool = True) -> bytes:
    """Return a file whose outcome lacks what ``change`` replaces; its sum fits if told to."""
    kept = results_cache._Kept(outcome().best, outcome().certificate, (), None)
    data = json.loads(results_cache._text("a", kept))
    data["outcome"] = change if not isinstance(change, dict) else data["outcome"] | change
    if summed:
        data["sum"] = results_cache._sum(data["outcome"])
    return json.dumps(data).encode()


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.path),))


FOREIGN: dict[str, bytes] = {
    "empty": b"",
    "cut": with_outcome({})[:-40],
    "bytes": bytes(range(256)),
    "list": b"[]",
    "null": b"null",
    "deep": b"[" * 100_000,
    "long number": b"1" * 10_000,
    "other json": b'{"format": "something/2", "key": "a"}',
    "no outcome": b'{"format": "accelsim-outcome/1", "key": "a"}',
    "large": b" " * (results_cache.MOST_FILE_BYTES + 1),
    "another sum": with_outcome({"front": [1]}, summed=False),
    "another form": with_outcome({"best": 3}),
    "another field": with_outcome({"worst": None}),
    "another type": with_outcome({"front": [[]]}),
    "no dict": with_outcome(["best"]),
    "surrogate": with_outcome({}).replace(b"a note", b"\\ud800"),
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_outcome_is_ignored(
    text: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ResultsCache(tmp_path).put("a", outcome())
    path = only_file(tmp_path)
    path.write_bytes(text)
    cache = ResultsCache(tmp_path)
    assert cache.get("a", PROBLEM) is None
    (warning,) = warnings(caplog)
    assert warning.startswith(f"ignoring {path}, which holds no result: ")
    cache.put("a", outcome())  # written over
    assert content(ResultsCache(tmp_path).get("a", PROBLEM)) == content(outcome())


def test_another_searchs_file_is_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = ResultsCache(tmp_path)
    cache.put("a", outcome())
    only_file(tmp_path).rename(cache._path("b"))
    assert ResultsCache(tmp_path).get("b", PROBLEM) is None
    assert warnings(caplog)[0].endswith("holds no result: of another search")


def test_nothing_is_unpickled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trace = tmp_path / "trace"
    pickle.loads(pickle.dumps(Trap(trace)))
    trace.rmdir()  # the trap works
    folder = tmp_path / "results"
    ResultsCache(folder).put("a", outcome())
    only_file(folder).write_bytes(pickle.dumps(Trap(trace)))
    assert ResultsCache(folder).get("a", PROBLEM) is None
    assert not trace.exists()
    assert len(warnings(caplog)) == 1


def test_a_changed_byte_never_changes_the_outcome(tmp_path: Path) -> None:
    ResultsCache(tmp_path).put("a", outcome())
    path = only_file(tmp_path)
    text = path.read_bytes()
    logging.disable(logging.WARNING)
    try:
        ignored = 0
        for position in range(len(text)):
            changed = bytearray(text)
            changed[position] ^= 1 << position % 7
            path.write_bytes(changed)
            found = ResultsCache(tmp_path).get("a", PROBLEM)
            ignored += found is None
            assert found is None or content(found) == content(outcome())
    finally:
        logging.disable(logging.NOTSET)
    assert ignored > 0.95 * len(text)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_ignored(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = ResultsCache(tmp_path)._path("a")
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert ResultsCache(tmp_path).get("a", PROBLEM) is None
    assert warnings(caplog) == [f"ignoring {path}, which holds no result: not a file"]


def test_without_a_folder_memory_serves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    for folder in (in_the_way, in_the_way / "below"):
        caplog.clear()
        cache = ResultsCache(folder)
        assert cache.get("a", PROBLEM) is None
        for key in "ab":
            cache.put(key, outcome())
            assert content(cache.get(key, PROBLEM)) == content(outcome())
        (warning,) = warnings(caplog)
        assert warning.startswith(f"cannot keep results in {folder} (")
        assert warning.endswith("set ACCELSIM_CACHE to a directory that can be written")
    assert in_the_way.read_text() == ""


def test_a_full_disk_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: Path, __: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache = ResultsCache(tmp_path)
    cache.put("a", outcome())
    assert list(tmp_path.iterdir()) == []
    assert "No space left on device" in warnings(caplog)[0]
    assert content(cache.get("a", PROBLEM)) == content(outcome())


# --- how much is kept -----------------------------------------------------------------------------


def aged(cache: ResultsCache, key: str, seconds: float) -> None:
    path = cache._path(key)
    now = path.stat().st_mtime
    os.utime(path, (now - seconds, now - seconds))


def test_files_least_recently_used_give_way(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path, most_files=10)
    for number in range(10):
        cache.put(f"{number}", outcome())
        aged(cache, f"{number}", 1_000 - number)
    ResultsCache(tmp_path).get("0", PROBLEM)  # used again
    cache.put("10", outcome())
    left = [key for key in map(str, range(11)) if cache._path(key).exists()]
    assert left == ["0", *map(str, range(3, 11))]


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    one = ResultsCache(tmp_path / "one")
    one.put("0", outcome())
    size = only_file(one.folder).stat().st_size
    cache = ResultsCache(tmp_path / "many", most_files=99, most_bytes=5 * size + 20)
    for number in range(20):
        cache.put(f"{number}", outcome())
        aged(cache, f"{number}", 1_000 - number)
        assert len(list(cache.folder.iterdir())) <= 5
    assert cache._path("19").exists()


def test_a_large_cache_looks_at_its_folder_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def look(_: ResultsCache) -> None:
        nonlocal looked
        looked += 1

    monkeypatch.setattr(ResultsCache, "_trim", look)
    cache = ResultsCache(tmp_path, most_files=2_000)
    for number in range(400):
        cache.put(f"{number}", outcome())
    assert 5 <= looked <= 50


def test_other_peoples_files_stay(tmp_path: Path) -> None:
    others = ["notes.txt", "results.json", "a" * 63 + ".json"]
    for name in (*others, f"left{results_cache.TEMPORARY}", f"new{results_cache.TEMPORARY}"):
        (tmp_path / name).write_text("mine")
    long_ago = 1_000_000.0
    for name in (*others, f"left{results_cache.TEMPORARY}"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    cache = ResultsCache(tmp_path, most_files=1)
    for key in "abc":
        cache.put(key, outcome())
    left = {path.name for path in tmp_path.iterdir()}
    assert left >= {*others, f"new{results_cache.TEMPORARY}"}
    assert f"left{results_cache.TEMPORARY}" not in left
    assert len(left) <= len(others) + 2


CROWD = """
import logging, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.mapper.test_results_cache import PROBLEM, ResultsCache, content, outcome
logging.basicConfig(level=logging.WARNING)
hits = 0
for round in range(60):
    cache = ResultsCache(Path({folder!r}), most_files=12)
    for key in sorted(range(16), reverse=round % 2):  # there and back: what was last is known
        found = cache.get(str(key), PROBLEM)
        if found is None:
            cache.put(str(key), outcome(key / 3))
        else:
            hits += 1
            assert content(found) == content(outcome(key / 3))
print(hits)
"""


def test_processes_share_a_folder(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    code = CROWD.format(root=root, folder=str(tmp_path))
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for one in crowd:
        out, err = one.communicate()
        assert err == ""
        assert one.returncode == 0
        assert int(out) > 0
    assert all(path.suffix == ".json" for path in tmp_path.iterdir())
