"""``accelsim sweep`` as a user meets it: what it prints, what ends it, and what is left then."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from accelsim import cli
from accelsim.cli.progress import duration, sweep_event, sweep_sentence, sweep_share
from accelsim.errors import ExitCode
from accelsim.explore.records import DONE, Row
from accelsim.explore.run import SweepProgress
from accelsim.explore.store import Store
from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]

SMALL = (
    "tests/small/machine.yaml",
    "tests/small/layer.yaml",
    "--technology",
    "tests/small/table.yaml",
)
TOOK = re.compile(
    r" *Computed at [\d.,]+ points/s: "
    r"[\d.]+ ms of processor time a point in the mapper, [\d.]+ ms besides.\n"
)

HERE = ("--executor", "in-process", "--progress", "none")


def begun(store: Path, *words: str, **how: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "accelsim", "sweep", *SMALL, *words, "-o", str(store)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,
    )


def test_a_sweep_and_what_is_done_with_its_store(call: Call, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    words = ("-p", "buffer.size=2 words,8 words", "-p", "array.mesh_x=0,2")
    done = call("sweep", *SMALL, *words, "-o", store, *HERE)
    assert (done.code, done.err) == (0, "")
    table = [line.split() for line in done.out.splitlines()]
    run = json.loads(call("run", *SMALL, "--json").out)  # the machine as it is: 8 words, 2 wide
    energy = run["rows"][0]["totals"]["all"]["energy"]
    assert table[4][:4] == ["8", "words", "2", f"{energy:.4g}"]
    with Store(store) as opened:
        (reason,) = {
            its.reason for its in opened.rows() if its.parameters["array.mesh_x"] == "2"
        } - {""}
    assert "buffer" in reason
    assert TOOK.sub("", done.out).endswith(
        "1 done, 3 impossible\n"
        "2 points impossible: 'mesh_x' is 0; expected a whole number from 1 to 2^20\n"
        f"1 point impossible: {reason}\n"
        "Of 4 points, 0 were in the store, 4 computed now.\n"
        "Energies are from 1 source:\n"
        "  - dram, buffer, array, mac: made up for tests\n"
    )
    status = call("sweep", "status", store)
    assert (status.code, TOOK.sub("", status.out), status.err) == (
        0,
        (
            f"{store}: 1 done, 3 impossible\n"
            "sweep 1: 4 of 4 points:"
            " accelsim sweep tests/small/machine.yaml tests/small/layer.yaml"
            " -p 'buffer.size=2 words,8 words' -p array.mesh_x=0,2"
            f" --technology tests/small/table.yaml -o {store}\n"
        ),
        "",
    )
    assert len(TOOK.findall(done.out)) == len(TOOK.findall(status.out)) == 1
    shown = call("sweep", "show", store, "--by", "edp", "--count", "1")
    assert shown.out.splitlines()[:5] == [
        "best",
        *done.out.splitlines()[1:5],
    ]
    out = tmp_path / "s.csv"
    assert call("sweep", "export", store, "-o", out) == (0, "", f"wrote 4 points to {out}\n")
    assert out.read_text(encoding="utf-8").startswith("key,status,architecture,workload,dataflow,")
    other = tmp_path / "t.db"
    assert call("sweep", "merge", other, store) == (0, f"4 new points in {other}\n", "")
    assert call("sweep", "prune", other, "--undone") == (0, f"dropped 3 points from {other}\n", "")
    data = json.loads(call("sweep", "status", other, "--json").out)
    assert (data["verb"], data["counts"], data["outdated"]) == ("sweep status", {"done": 1}, 0)


def test_json(call: Call, tmp_path: Path) -> None:
    words = ("sweep", *SMALL, "-p", "array.mesh_x=2,4", "-o", tmp_path / "s.db", *HERE, "--json")
    first, again = (json.loads(call(*words).out) for _ in range(2))
    assert [its["run"].pop("computed") for its in (first, again)] == [2, 0]
    assert first["run"]["search_ms"] > 0
    assert first["run"]["other_ms"] > 0
    assert again["run"]["search_ms"] is again["run"]["points_per_second"] is None
    assert {**first, "run": None} == {**again, "run": None}
    assert (first["verb"], first["exit_code"], first["counts"]["done"]) == ("sweep", 0, 2)
    assert first["best"][0]["parameters"] == {
        "array.mesh_x": first["best"][0]["parameters"]["array.mesh_x"]
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("-p", "bufer.size=1 words"),
            3,
            (
                "-p bufer.size=1 words: 'bufer' is neither a level of tests/small/machine.yaml nor "
                "a layer of tests/small/layer.yaml; did you mean 'buffer'?\n"
            ),
        ),
        (
            ("-p", "array.mesh_x=4:2:+1", "-p", "array.mesh_y=1:2"),
            2,
            (
                "-p array.mesh_x=4:2:+1: the range '4:2:+1' is empty; "
                "its end lies below its start: write 2:4:+1\n"
                "-p array.mesh_y=1:2: the range '1:2' has no step; expected 1:2:x2 or 1:2:+1\n"
            ),
        ),
        (
            ("-p", "array.mesh_x=0"),
            4,
            "no point could be done; accelsim sweep show STORE\n",
        ),
        (("--design", "random"), 2, "the design 'random' needs a number; expected --points N\n"),
    ],
)
def test_what_is_said_of_a_sweep_without_sense(
    call: Call, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    store = tmp_path / "s.db"
    done = call("sweep", *SMALL, *words, "-o", store, *HERE)
    assert (done.code, done.err) == (code, said.replace("STORE", str(store)))


@pytest.mark.parametrize("verb", ["status", "show", "export", "prune"])
def test_what_is_no_store(call: Call, tmp_path: Path, verb: str) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary")
    more = {"export": ("-o", "x.csv"), "prune": ("--undone",)}.get(verb, ())
    said = f"'{path}' is not a store of a sweep: it is not sqlite\n"
    assert call("sweep", verb, path, *more) == (2, "", said)
    assert path.read_text() == "Dear diary"


def test_a_store_is_wanted(call: Call) -> None:
    done = call("sweep", "eyeriss", "alexnet")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Missing option '-o'")


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    words = ("-p", "array.mesh_x=1:100000:+1", "--workers", "1", "--progress", "json")
    with begun(store, *words) as running:
        assert running.stderr is not None
        events = map(json.loads, running.stderr)
        event = next(its for its in events if its["best"] is not None)
        running.send_signal(signal.SIGINT)
        asked = time.monotonic()
        _, err = running.communicate(timeout=60)
        waited = time.monotonic() - asked
    assert event["points"] == 100_000
    assert event["points_per_second"] > 0
    assert event["eta_seconds"] > 0
    assert running.returncode == 130
    assert waited < 5  # half a second where nothing else runs
    assert "of 100,000 points are in" in err
    assert err.endswith("the same command goes on from there\n")
    with Store(store) as opened:
        assert opened.counts()["done"] >= event["computed"]
    assert [its.name for its in tmp_path.iterdir()] == ["s.db"]


@pytest.mark.full
@pytest.mark.parametrize(
    "words",
    [
        ("sweep", "--executor", "dask", "--workers", "2"),
        ("search", "--executor", "dask", "--workers", "2", "--trials", "100000"),
        ("search", "--workers", "2", "--trials", "100000"),
    ],
    ids=" ".join,
)
def test_ctrl_c_of_a_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It reaches every process of the group; workers are of sessions of their own."""
    store = tmp_path / "s.db"
    more = ("-p", "array.mesh_x=1:100000:+1", "-o", str(store), "--progress", "json")
    verb, *options = words
    with subprocess.Popen(
        [sys.executable, "-m", "accelsim", verb, *SMALL, *options, *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr is not None
        event = next(its for its in map(json.loads, running.stderr) if its["computed"] > 3)
        workers = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGINT)
        asked = time.monotonic()
        _, err = running.communicate(timeout=60)
        waited = time.monotonic() - asked
    assert running.returncode == 130
    assert waited < 20  # a second or two where nothing else runs
    assert err.endswith("the same command goes on from there\n")
    assert "Traceback" not in err
    with Store(store) as opened:
        assert opened.counts()["done"] >= event["computed"] - event["impossible"]
    assert len(workers) >= 2
    assert not any(its.is_running() for its in workers)


def powerless() -> list[str]:
    """Return what a command is run with so that it may write only where the mode says so."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root may write everywhere, and there is no setpriv to take that away")
    return [setpriv, "--bounding-set", "-dac_override,-dac_read_search", "--"]


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o555)
    store = folder / "s.db"
    command = [*powerless(), sys.executable, "-m", "accelsim", "sweep", *SMALL, *HERE]
    done = subprocess.run(
        [*command, "-p", "array.mesh_x=1,2", "-o", str(store)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"cannot write '{store}': '{folder}' may not be written\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert list(folder.iterdir()) == []


def survive(folder: Path, kills: int, points: int) -> None:
    """Kill the program at random moments; what was committed stays, and is not computed again.

    Half of the moments are counted from its beginning, half from the first point that it computed.
    """
    store, rng = folder / "s.db", random.Random(7)
    words = ("-p", f"array.mesh_x=1:{points}:+1", "--workers", "1", "--json", "--progress", "json")
    known: dict[str, Row] = {}
    for number in range(kills):
        with begun(store, *words) as running:
            assert running.stderr is not None
            events = map(json.loads, running.stderr)
            next(its for its in events if number % 2 == 0 or its["computed"])
            time.sleep(rng.uniform(0.0, 3.0))
            assert running.poll() is None
            running.kill()
            running.communicate(timeout=60)
        with Store(store) as opened:
            now = {its.key: its for its in opened.rows()}
        assert known.items() <= now.items()
        known = now
    assert len(known) > points / 100
    with begun(store, *words) as running:
        out, _ = running.communicate(timeout=600)
    run = json.loads(out)["run"]
    assert (run["known"], run["computed"]) == (len(known), points - len(known))
    with Store(store) as opened:
        assert known.items() <= {its.key: its for its in opened.rows()}.items()


def test_a_full_disk_and_the_same_command_again(tmp_path: Path) -> None:
    """Files may grow to 160,000 bytes; the store is whole, and the rest is computed next time."""
    store = tmp_path / "s.db"
    words = ("-p", "array.mesh_x=1:400:+1", *HERE, "--json")

    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (160_000, 160_000))

    with begun(store, *words, preexec_fn=narrow) as running:
        out, err = running.communicate(timeout=600)
    assert (running.returncode, err) == (2, "")
    (problem,) = json.loads(out)["problems"]
    assert problem["what"].startswith(f"cannot write '{store}': ")
    assert problem["hint"].startswith("the disk is full, or a file may not grow; what is in the")
    with Store(store) as opened:
        known = {its.key: its for its in opened.rows()}
    assert 0 < len(known) < 400
    with begun(store, *words) as running:
        out, _ = running.communicate(timeout=600)
    run = json.loads(out)["run"]
    assert (run["known"], run["computed"]) == (len(known), 400 - len(known))
    with Store(store) as opened:
        assert known.items() <= {its.key: its for its in opened.rows()}.items()


@pytest.mark.full
def test_many_kills(call: Call, tmp_path: Path) -> None:
    points = 3000
    survive(tmp_path, kills=20, points=points)
    whole = tmp_path / "whole.db"
    done = call("sweep", *SMALL, "-p", f"array.mesh_x=1:{points}:+1", "-o", whole, *HERE)
    assert done.code == 0
    files = [tmp_path / "killed.csv", tmp_path / "whole.csv"]
    for store, file in zip((tmp_path / "s.db", whole), files, strict=True):
        assert call("sweep", "export", store, "-o", file, "-q").code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_progress_in_words_and_as_data() -> None:
    progress = SweepProgress(1000, "energy", known=100, computed=0)
    assert sweep_sentence(progress) == "100/1,000 points"
    row = Row("k", DONE, {}, {"glb.size": "8KiB"}, {"energy": 2.5}, "", 0.1, "x")
    progress.seconds, progress.computed, progress.failed = 50.0, 99, 2
    progress.count(row)
    assert sweep_sentence(progress) == (
        "200/1,000 points, 2/s, 7 min left, 0 impossible, 2 failed, "
        "best energy 2.5 at glb.size=8KiB"
    )
    assert sweep_share(progress) == 0.2
    event = sweep_event(progress)
    assert (event["finished"], event["points_per_second"], event["eta_seconds"]) == (200, 2, 400)
    assert event["best"] == {"key": "k", "parameters": {"glb.size": "8KiB"}}
    assert event["best_energy"] == 2.5
    assert json.loads(json.dumps(event)) == event


def test_durations() -> None:
    assert [duration(seconds) for seconds in (5, 150, 9000)] == ["5 s", "2 min", "2.5 h"]


def test_a_search_and_its_store(call: Call, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    words = ("search", *SMALL, "-p", "array.mesh_x=1:4:+1", "-p", "buffer.size=2words,8words")
    options = ("--by", "energy,pes", "--trials", "8", "-o", store, *HERE)
    done = call(*words, *options)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "front of energy and pes"
    assert "Of 8 trials, 0 were in the store, 8 computed now.\n" in done.out
    data = json.loads(call(*words, *options, "--json").out)
    assert (data["verb"], data["exit_code"], data["trials"]) == ("search", 0, 8)
    assert (data["run"]["known"], data["run"]["computed"]) == (8, 0)
    values = [(its["figures"]["energy"], its["figures"]["pes"]) for its in data["front"]]
    assert values == sorted(values)
    assert values == sorted(values, key=lambda its: -its[1])  # what costs less energy has more PEs
    more = json.loads(call(*words, *options, "--remainders", "--driver", "exact", "--json").out)
    assert (more["run"]["known"], more["run"]["computed"]) == (0, 8)  # other points
    best = [min(its["figures"]["energy"] for its in found["front"]) for found in (data, more)]
    assert best[1] <= best[0]
    none = call(*words, *options, "--where", "energy<=1")
    assert (none.code, none.err.startswith("none of ")) == (4, True)
    status = call("sweep", "status", store)
    command = "--by energy,pes --sampler random --seed 0 --trials 8"
    assert f" accelsim search {' '.join(words[1:3])} -p" in status.out
    assert f" {command} -o {store}\n" in status.out
    wrong = call(*words, "-o", store, "--by", "energi")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("--by energi: unknown measure 'energi'; expected one of energy, ")


def test_a_current_directory_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    words = ["sweep", "eyeriss", "alexnet:fc8", "-p", "glb.size=8KiB", "-o", "study.db", "-q"]
    assert cli.guarded(words) == ExitCode.USAGE
    assert capsys.readouterr().err == "the current directory is gone\n"
