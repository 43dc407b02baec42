"""map and run with --pareto on the case that was counted by hand (tests/small)."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import accelsim as acs
from tests.cli.conftest import Call
from tests.small import IMPOSSIBLE, LAYER, MACHINE, MIXED, TABLE

QUICK = ("--technology", TABLE, "--samples", 50, "--progress", "none", "--pareto")

# Four MACs take two cycles at least, and no mapping of less energy than 996 is there; one has both.
LAYER_FRONT = """\
Pareto front of energy and cycles: 1 point
        energy   energy                            EDP
point      MAC     /MAC   cycles   util.   10^-6 MAC s   bound by                best in
────────────────────────────────────────────────────────────────────────────────────────
1       996.00   249.00        2   100 %        1.9920    compute   energy, latency, edp

Energy: one 16-bit multiply-accumulate is 1; table small-table.
util.: operations done / operations that all multipliers could have done in these cycles. EDP: \
energy x seconds.
"""

LAYER_PROVED = """\
; proved optimal; ended as there were no more; the front is proved: a point of it is as good as \
any mapping, or better, in both energy and cycles.
"""

NETWORK_FRONT = """\
Pareto front of energy and cycles: 1 point
          energy   energy                            EDP
point   10^3 MAC     /MAC   cycles   util.   10^-6 MAC s                best in
───────────────────────────────────────────────────────────────────────────────
1         1.9920   249.00        4   100 %        7.9680   energy, latency, edp

Energy: one 16-bit multiply-accumulate is 1; table small-table.
Cycles: layers run one after another. util.: operations done / operations that all multipliers \
could have done in these cycles. EDP: energy x seconds.
Mapper: exact, for all trade-offs of energy and cycles, seed 0; """

NETWORK_PROVED = """\
 mappings considered; 2 of 2 layers with a proved front; the front is proved: a point of it is as \
good as any choice of mappings, or better, in both energy and cycles.
"""

SOURCES = """\
Energies are from 1 source:
  - dram, buffer, array, mac: made up for tests
"""

ASSUMES = """\
Energies are from 1 source:
  - dram, buffer, array, mac: made up for tests
Assumes 2 things:
  - small: bandwidths are unlimited
  - small: mac.alu = 1 MAC: an addition costs what a MAC costs
"""


def test_map_shows_the_points_and_what_is_proved(call: Call) -> None:
    done = call("map", MACHINE, LAYER, *QUICK)
    assert (done.code, done.err) == (0, "")
    said, search, rest = done.out.partition("exact: best of ")
    assert said == LAYER_FRONT
    assert search
    assert rest.endswith(LAYER_PROVED + ASSUMES)


def test_run_shows_the_points_of_the_network(call: Call) -> None:
    done = call("run", MACHINE, f"{MIXED}:fc*", *QUICK)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(NETWORK_FRONT)
    rest = done.out.removeprefix(NETWORK_FRONT)
    assert NETWORK_PROVED + SOURCES + "Assumes 3 things:\n" in rest


def test_map_as_json_and_as_a_folder(call: Call, tmp_path: Path) -> None:
    done = call("map", MACHINE, LAYER, *QUICK, "--json", "-o", tmp_path / "out")
    assert done.err == f"wrote 11 files to {tmp_path / 'out'}, among them pareto.png\n"
    data = json.loads(done.out)
    assert data["front"]["proved"] is True
    (point,) = data["front"]["points"]
    assert (point["point"], point["best"]) == (1, ["energy", "latency", "edp"])
    (layer,) = data["rows"][0]["layers"]
    assert point["evaluation"] == layer["evaluation"]
    assert point["mapping"] == layer["mapping"]
    path = tmp_path / "out/mappings/small/fc/point-1.yaml"
    again = call("evaluate", MACHINE, LAYER, path, "--technology", TABLE, "--json")
    assert json.loads(again.out)["rows"][0]["layers"][0]["evaluation"] == point["evaluation"]
    assert call("check", path).code == 0


def test_run_as_json(call: Call) -> None:
    front = json.loads(call("run", MACHINE, f"{MIXED}:fc*", *QUICK, "--json").out)["front"]
    (point,) = front["points"]
    assert (front["proved"], front["epsilon"]) == (True, 0)
    assert (point["energy"], point["cycles"], point["choices"]) == (1992, 4, [1, 1])
    assert [(of["layer"], of["same_as"], of["proved"]) for of in front["layers"]] == [
        ("fc1", "", True),
        ("fc2", "fc1", True),
    ]


def test_many_points_are_shown_in_part(call: Call, tmp_path: Path) -> None:
    words = ("run", "eyeriss", "alexnet", "--dataflow", "rs", "--pareto", "-q")
    done = call(*words, "-o", tmp_path, "--json")
    points = json.loads(done.out)["front"]["points"]
    lines = call(*words).out.splitlines()
    few = len(lines[4 : lines.index("")])
    assert few <= 20 < len(points)
    assert lines[0] == (
        f"Pareto front of energy and cycles: {len(points)} points, of which {few} are shown"
        " (all of them: --json, -o), dataflow rs"
    )
    shown = {int(line.split()[0]) for line in lines[4 : 4 + few]}
    assert {1, len(points)} | {point["point"] for point in points if point["best"]} <= shown
    table = (tmp_path / "pareto.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(points)


@pytest.mark.parametrize("verb", ["map", "run"])
def test_threads_and_repetition_change_no_byte(call: Call, tmp_path: Path, verb: str) -> None:
    words = (verb, "eyeriss", "alexnet:conv3", *QUICK[2:])
    for threads in (1, 2):
        call(*words, "--threads", threads, "-o", tmp_path / str(threads))
    written = sorted(path for path in (tmp_path / "1").rglob("*.*") if path.name != "run.json")
    assert {"pareto.csv", "pareto.svg", "pareto.png", "point-1.yaml"} <= {p.name for p in written}
    for path in written:
        twin = tmp_path / "2" / path.relative_to(tmp_path / "1")
        assert path.read_bytes() == twin.read_bytes(), path.name


@pytest.mark.parametrize("verb", ["map", "run"])
def test_without_a_mapping(call: Call, verb: str) -> None:
    done = call(verb, MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *QUICK)
    assert (done.code, done.err) == (4, "")
    assert done.out.strip().startswith("impossible: no mapping for fc: array needs 4 lanes")
    data = json.loads(call(verb, MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *QUICK, "--json").out)
    assert (data["exit_code"], data["front"]["points"]) == (4, [])


def test_a_stopped_search_leaves_no_figure_of_an_older_front(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("map", MACHINE, LAYER, *QUICK, "-o", tmp_path)
    call(*words)
    assert (tmp_path / "pareto.svg").is_file()

    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(acs, "save", interrupted)
    done = call(*words)
    assert done.code == 130
    assert "but no figure" in done.err
    assert not (tmp_path / "pareto.svg").exists()
    assert (tmp_path / "pareto.csv").is_file()
