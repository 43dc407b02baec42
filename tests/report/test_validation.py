"""A validation as text, as JSON and as a page of plots."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from accelsim.errors import UsageError
from accelsim.report.validation import ValidationRun, study_table
from accelsim.report.validation_figure import validation_figure
from accelsim.validation.records import StudyResult, Validation
from tests.small.validation import GOOD, MIXED, cases, good_cases


@pytest.fixture
def run() -> ValidationRun:
    mixed = StudyResult(MIXED.name, MIXED.title, MIXED.source, tuple(cases()), 1.5)
    good = StudyResult(GOOD.name, GOOD.title, GOOD.source, tuple(good_cases()), 0.5)
    return ValidationRun(Validation((mixed, good)))


def test_a_table_repeats_no_group_and_numbers_sources_and_notes(run: ValidationRun) -> None:
    table = study_table(run.validation.studies[0])
    assert table.rows == (
        ("energy", "good", "pJ", "[1]", "verified", "101", "100", "± 2 %", "holds"),
        ("", "bad", "pJ", "[1] (1)", "derived", "103", "100", "± 2 %", "fails"),
        ("time", "seen", "ms", "[2] (2)", "from_memory", "5.00", "1.00", "not judged", "shown"),
        ("", "never", "ms", "[2] (3)", "derived", "–", "–", "cannot run", "holds"),
    )
    assert table.strong == {1}
    assert table.notes[:6] == (
        "Somebody, somewhere",
        "[1] a paper",
        "[2] a talk",
        "(1) why",
        "(2) not judged: rain",
        "(3) too large",
    )
    assert "from_memory: only remembered" in table.notes


def test_the_last_line_is_the_verdict(run: ValidationRun) -> None:
    assert run.text().endswith("\n5 tolerances: 1 of 5 fail; 2 shown without one.\n")
    good = ValidationRun(Validation(run.validation.studies[1:]))
    assert good.text().endswith("\n2 tolerances: all 2 hold; 1 shown without one.\n")


def test_what_fails_is_a_problem(run: ValidationRun) -> None:
    assert [str(problem) for problem in run.problems()] == [
        "mixed: energy, bad: 103 pJ, published 100 pJ; expected ± 2 %; why"
    ]


def test_data_have_no_wall_times(run: ValidationRun) -> None:
    data = run.data()
    assert data["holds"] is False
    assert data["studies"][0]["cases"][1] == {
        "group": "energy",
        "name": "bad",
        "unit": "pJ",
        "ours": 103.0,
        "published": 100.0,
        "low": 98.0,
        "high": 102.0,
        "tolerance": "± 2 %",
        "verdict": "fails",
        "source": "a paper",
        "label": "derived",
        "note": "why",
        "fitted": [],
    }
    assert "seconds" not in json.dumps(data)
    assert run.run_data() == {"seconds": {"mixed": 1.5, "good": 0.5}}


def test_a_panel_shows_what_has_two_numbers(run: ValidationRun) -> None:
    figure = validation_figure(run.validation)
    assert [ax.get_title() for ax in figure.axes] == ["mixed", "good"]
    ax = figure.axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    drawn = {
        str(line.get_label()): np.asarray(line.get_xydata(), dtype=np.float64).tolist()
        for line in ax.get_lines()
    }
    assert drawn["holds (1)"] == [[100.0, 101.0]]
    assert drawn["fails (1)"] == [[100.0, 103.0]]
    assert drawn["shown (1)"] == [[1.0, 5.0]]
    low, high = drawn["equal"]
    assert low[0] == low[1] < 1
    assert high[0] == high[1] > 103


def test_files(run: ValidationRun, tmp_path: Path) -> None:
    files = run.save(tmp_path / "out")
    assert [path.name for path in files] == ["validation.json", "validation.svg", "validation.png"]
    assert json.loads(files[0].read_text(encoding="utf-8"))["studies"] == run.data()["studies"]
    first = files[1].read_bytes()
    run.save(tmp_path / "out")
    assert files[1].read_bytes() == first


def test_a_folder_that_cannot_be_written(run: ValidationRun, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "validation.svg").symlink_to(tmp_path / "nowhere" / "page.svg")
    with pytest.raises(UsageError, match=r"cannot write '.*validation\.svg'"):
        run.save(tmp_path / "out")
