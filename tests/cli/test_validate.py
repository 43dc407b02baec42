"""``accelsim validate``: exit code, stdout and stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accelsim.validation import run
from accelsim.validation.records import Study
from accelsim.verbs import validate
from tests.cli.conftest import Call
from tests.small.validation import GOOD, MIXED, fitted_cases


@pytest.fixture(autouse=True)
def _small_studies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STUDIES", {"good": GOOD, "mixed": MIXED})
    monkeypatch.setattr(validate, "usable_threads", lambda: 1)


def test_all_hold(call: Call) -> None:
    done = call("validate", "good")
    assert (done.code, done.err) == (0, "good (1/1): A good study\n")
    assert done.out.startswith("good: A good study\n")
    assert done.out.endswith("2 tolerances: all 2 hold; 1 shown without one.\n")


def test_one_fails(call: Call) -> None:
    done = call("validate", "-q")
    assert (done.code, done.err) == (1, "")
    assert "mixed: A mixed study\n" in done.out
    assert done.out.endswith("5 tolerances: 1 of 5 fail; 2 shown without one.\n")


def test_several_processes_find_the_same(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = call("validate")
    monkeypatch.setattr(validate, "usable_threads", lambda: 2)
    assert call("validate") == alone


def test_as_json(call: Call) -> None:
    done = call("validate", "--json", "--progress", "json")
    data = json.loads(done.out)
    assert (done.code, data["exit_code"], data["holds"]) == (1, 1, False)
    assert [study["name"] for study in data["studies"]] == ["good", "mixed"]
    [problem] = data["problems"]
    assert problem["what"] == "mixed: energy, bad: 103 pJ, published 100 pJ"
    assert set(data["run"]["seconds"]) == {"good", "mixed"}
    events = [json.loads(line) for line in done.err.splitlines()]
    assert [event["study"] for event in events] == ["good", "mixed"]


def test_what_is_fitted_stands_in_its_row(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STUDIES", {"fit": Study("fit", "A fit", "Somebody", (fitted_cases,))})
    rows = call("validate", "-q").out.splitlines()
    assert [row.split()[-2:] for row in rows if " pJ " in row] == [
        ["holds,", "fitted"],
        ["%", "holds"],
    ]
    assert "fitted, not validated: the leakage, from the same number" in rows
    [study] = json.loads(call("validate", "-q", "--json").out)["studies"]
    assert [case["fitted"] for case in study["cases"]] == [
        ["the leakage, from the same number"],
        [],
    ]


def test_into_a_folder(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = call("validate", "good", "-o", folder, "--progress", "none")
    assert (done.code, done.err) == (0, f"wrote validation.json and a page of plots to {folder}\n")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["validation.json", "validation.png", "validation.svg"]


def test_an_unknown_study(call: Call) -> None:
    assert call("validate", "goood") == (
        2,
        "",
        "no study 'goood' to validate; expected one of good, mixed; did you mean 'good'?\n",
    )
