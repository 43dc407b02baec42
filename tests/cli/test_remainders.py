"""--remainders on the command line: found, shown, written, read back, refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.specs import sound

LAYER = """\
kind: workload
name: rows
source: a test
layers:
- {name: product, shape: gemm, M: 7, N: 1, K: 11}
"""


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    """Return a machine with 4 x 3 lanes and a layer whose bounds are primes, searched for time."""
    machine, layer = tmp_path / "machine.yaml", tmp_path / "layer.yaml"
    machine.write_text(sound.ARCHITECTURE, encoding="utf-8")
    layer.write_text(LAYER, encoding="utf-8")
    return str(machine), str(layer), "--objective", "latency", "--progress", "none"


def test_what_is_found_is_written_and_read_back(
    call: Call, words: tuple[str, ...], tmp_path: Path
) -> None:
    """No factor of 7 or 11 fits 4 x 3 lanes; 11 rows fit 12 lanes, and take 7 steps."""
    before = json.loads(call("map", *words, "--json").out)
    assert evaluation(before)["cycles"] == 77
    done = call("map", *words, "--remainders", "-o", tmp_path / "out")
    assert done.code == 0
    assert re.search(r"parallel-for k in 0\.\.\d \(last \d\) on [xy]", done.out)
    assert "exact with remainders: best of" in done.out
    assert "more operations, whole tiles fit)" in done.out
    (file,) = (tmp_path / "out" / "mappings").rglob("*.yaml")
    assert "\nremainders: true\n" in file.read_text(encoding="utf-8")
    found = json.loads(call("map", *words, "--remainders", "--json").out)
    again = json.loads(call("evaluate", *words[:2], file, "--json").out)
    assert evaluation(found)["cycles"] == 7
    assert evaluation(again) == evaluation(found)
    assert found["settings"]["remainders"] is True
    assert found["rows"][0]["layers"][0]["certificate"]["driver"] == "exact with remainders"


def evaluation(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = result["rows"][0]["layers"][0]["evaluation"]
    return found


def test_comparing_starts_from_mappings_with_remainders(call: Call, words: tuple[str, ...]) -> None:
    done = call("compare", *words, "--dataflow", "ws", "--dataflow", "is", "--remainders", "--json")
    assert done.code == 0
    rows = [row["layers"][0] for row in json.loads(done.out)["rows"]]
    assert [row["evaluation"]["cycles"] for row in rows] == [7, 7, 7]
    energies = [row["evaluation"]["energy"] for row in rows]
    assert energies[-1] == min(energies)  # the last is the machine under no constraint


def test_the_front_is_refused(call: Call, words: tuple[str, ...]) -> None:
    done = call("map", *words, "--pareto", "--remainders")
    assert done.code == 2
    assert done.out == ""
    assert done.err == (
        "trade-offs of energy and cycles are not searched with remainders; ask for one best"
        " (--objective), or for the front without remainders\n"
    )


def test_remainders_under_other_conventions_are_refused_by_name(call: Call) -> None:
    done = call("map", "eyeriss", "alexnet:conv3", "--remainders", "--accounting", "timeloop")
    assert done.code == 2
    assert "leave out --remainders, or choose another --accounting" in done.err
