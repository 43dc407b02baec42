"""What a tolerance allows, and what follows for a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from accelsim.errors import SpecError, UsageError
from accelsim.validation import published
from accelsim.validation.published import read_figures
from accelsim.validation.records import (
    Case,
    Part,
    Study,
    Tolerance,
    around,
    at_least,
    at_most,
    between,
    exactly,
    times,
    within,
)
from accelsim.validation.run import STUDIES, in_order, run_studies
from tests.small.validation import MIXED, cases

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("tolerance", "low", "high", "text"),
    [
        (within(200, 0.02), 196, 204, "± 2 %"),
        (within(-200, 0.5), -300, -100, "± 50 %"),
        (around(64, 2), 62, 66, "± 2"),
        (between(90, 110), 90, 110, "90 to 110"),
        (times(10, 0.95, 1.01), 9.5, 10.1, "0.95 to 1.01 x"),
        (at_most(0.1), -INFINITE, 0.1, "<= 0.1"),
        (at_least(1), 1, INFINITE, ">= 1"),
        (exactly(154), 154, 154, "exact"),
    ],
)
def test_what_a_tolerance_allows(tolerance: Tolerance, low: float, high: float, text: str) -> None:
    assert (tolerance.low, tolerance.high) == pytest.approx((low, high))
    assert tolerance.text == text
    assert tolerance.holds(tolerance.low)
    assert tolerance.holds(tolerance.high)
    assert not tolerance.holds(high + 1e-3 if high < INFINITE else low - 1e-3)
    assert not tolerance.holds(low - 1e-3 if low > -INFINITE else high + 1e-3)


def test_verdicts() -> None:
    assert [case.verdict for case in cases()] == ["holds", "fails", "shown", "holds"]
    assert [case.tolerance_text for case in cases()][2:] == ["not judged", "cannot run"]


@pytest.mark.parametrize(("ours", "theirs"), [(None, 1.0), (1.0, None)])
def test_only_one_can_run(ours: float | None, theirs: float | None) -> None:
    """Whoever can run what the other cannot disagrees with it, whatever the tolerance."""
    case = Case("a", "b", ours, theirs, "x", between(0, 9), "a paper", "derived")
    assert case.verdict == "fails"


def test_every_study_is_found_by_its_name() -> None:
    assert {"eyeriss_jssc2017", "isca2016_rules", "isca2016_counter"} <= set(STUDIES)
    assert all(study.name == name for name, study in STUDIES.items())
    assert all(study.title and study.source for study in STUDIES.values())


def test_studies_run_in_the_order_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setitem(STUDIES, "mixed", MIXED)
    found = run_studies(["mixed"], lambda study, number, of: told.append((study.name, number, of)))
    assert told == [("mixed", 1, 1)]
    [study] = found.studies
    assert study.cases == tuple(cases())
    assert [study.count(verdict) for verdict in ("holds", "fails", "shown")] == [2, 1, 1]
    assert not found.holds
    assert [(name, case.name) for name, case in found.failures] == [("mixed", "bad")]


def test_a_study_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="did you mean 'isca2016_rules'"):
        run_studies(["isca2016_rule"], lambda *_: None)


FIGURE = """\
title: t
figures:
  energy: {source: a paper, label: LABEL, unit: pJ, values: {conv: {N 1: 2.5, N 2: null}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(published, "FOLDER", tmp_path)
    return tmp_path


def test_figures_are_read_by_the_names_of_their_branches(folder: Path) -> None:
    (folder / "one.yaml").write_text(FIGURE.replace("LABEL", "verified"), encoding="utf-8")
    figure = read_figures("one")["energy"]
    assert figure.values == {("conv", "N 1"): 2.5, ("conv", "N 2"): None}
    assert figure["conv", "N 1"] == 2.5
    case = figure.case("a", "b", 2.0, 2.5, None, "why")
    assert (case.unit, case.source, case.label) == ("pJ", "a paper", "verified")
    assert figure.case("a", "b", 2.0, 2.5, None, unit="x").unit == "x"


def test_a_branch_of_a_figure(folder: Path) -> None:
    (folder / "one.yaml").write_text(FIGURE.replace("LABEL", "restated"), encoding="utf-8")
    figure = read_figures("one")["energy"]
    assert figure.branch("conv") == {"N 1": 2.5}
    assert figure.branch("conv", "N 2") is None
    with pytest.raises(KeyError, match="fc"):
        figure.branch("fc")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("LABEL", "guessed"), "figure 'energy' of one has no known label"),
        (("source: a paper, label: LABEL, ", ""), "has no source and no label"),
    ],
)
def test_figures_say_where_they_are_from(
    folder: Path, change: tuple[str, str], message: str
) -> None:
    (folder / "one.yaml").write_text(FIGURE.replace(*change), encoding="utf-8")
    with pytest.raises(SpecError, match=message):
        read_figures("one")


@pytest.mark.parametrize("file", sorted(path.stem for path in published.FOLDER.glob("*.yaml")))
def test_shipped_figures_are_sound(file: str) -> None:
    for figure in read_figures(file).values():
        assert figure.source
        assert figure.unit


def test_parts_are_begun_so_that_workers_have_little_in_common_and_told_in_order() -> None:
    def part(name: str) -> Part:
        return lambda: (case for case in cases() if case.name == name)

    long = Study("long", "", "", tuple(map(part, ("good", "bad", "seen"))))
    short = Study("short", "", "", (part("never"),))
    begun = [(task.study, task.number) for task in in_order([short, long])]
    assert begun == [(1, 2), (0, 0), (1, 1), (1, 0)]
    assert [case.name for case in long.cases()] == ["good", "bad", "seen"]
