"""Pages of sweeps, from points that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from accelsim.explore.records import FAILED, IMPOSSIBLE, Row
from accelsim.report.page import render
from accelsim.report.sweep_page import MOST_POINTS, sweep_page
from accelsim.report.sweeps import SweepResult
from tests.report.pages import Element, cells, read
from tests.report.test_page import HOSTILE
from tests.small.points import SOURCE, many, row, stored

MILLION = 10**6


def html_of(path: Path, rows: list[Row]) -> str:
    return render(sweep_page(SweepResult(stored(path, rows))))


def sections(html: str) -> dict[str, Element]:
    return {its.all("h2")[0].text: its for its in read(html).all("section")}


def table(section: Element, number: int = 0) -> list[list[str]]:
    return cells(section.all("table")[number])


def sizes() -> list[Row]:
    """Return three points: the second is the fastest, the third beaten by both others."""
    figures = ((1e12, 4e6), (2e12, 2e6), (3e12, 5e6))
    return [
        row(number, {"glb.size": f"{2**number}KiB"}, energy=energy, cycles=cycles, area_mm2=None)
        for number, (energy, cycles) in enumerate(figures)
    ]


def test_a_page_has_all_points_and_marks_the_front(tmp_path: Path) -> None:
    html = html_of(tmp_path / "a.db", sizes())
    assert html == render(sweep_page(SweepResult(tmp_path / "a.db")))
    found = sections(html)
    assert list(found) == [
        "Best points",
        "Energy and time",
        "Parameters",
        "Buffer size",
        "Where energy goes",
        "All points",
        "Sources of the energies",
    ]
    points = table(found["All points"])
    assert [line[:3] for line in points] == [
        ["1", "1KiB", "1.0000"],
        ["2", "2KiB", "2.0000"],
        ["3", "4KiB", "3.0000"],
    ]
    assert [line[-1] for line in points] == ["●", "●", ""]
    assert [line[1] for line in table(found["Energy and time"])] == ["2KiB", "1KiB"]
    assert [line[:4] for line in table(found["Parameters"])] == [
        ["glb.size", "1KiB", "1.0000", "1.0000"],
        ["glb.size", "2KiB", "2.0000", "2.0000"],
        ["glb.size", "4KiB", "3.0000", "3.0000"],
    ]
    assert [its.text for its in found["Sources of the energies"].all("li")] == [SOURCE]
    titles = [its.text for its in found["Energy and time"].all("svg")[0].all("title")]
    assert [text.splitlines()[:2] for text in titles] == [
        ["point 3", "glb.size: 4KiB"],
        ["point 2", "glb.size: 2KiB"],
        ["point 1", "glb.size: 1KiB"],
    ]
    assert "time (ms): 25" in titles[0]


def test_what_was_swept_is_said(tmp_path: Path) -> None:
    words = "machine net -p glb.size=1KiB:4KiB:x2 --set clock=1GHz"
    rows = [row(its, {"glb.size": f"{2**its}KiB", "clock": "1GHz"}) for its in range(3)]
    page = sweep_page(SweepResult(stored(tmp_path / "study.db", rows, words)))
    facts = dict(page.facts.facts)
    assert page.title == "net on machine"
    assert page.lead == "Sweep: 3 done"
    assert facts["varied"] == ("glb.size = 1KiB, 2KiB, 4KiB",)
    assert facts["set"] == ("clock=1GHz",)
    assert facts["command"] == (f"accelsim sweep {words} -o study.db",)
    assert facts["computed by"] == ("accelsim 0.1.0-tests: 3 points",)
    assert facts["dataflow"] == ("none",)


def test_what_was_not_done_is_there_with_its_reason(tmp_path: Path) -> None:
    rows = [
        *sizes(),
        row(7, {"glb.size": "0"}, status=IMPOSSIBLE, reason="too small"),
        row(8, {"glb.size": "9KiB"}, status=FAILED, reason="lost"),
        row(9, {"glb.size": "-1"}, status=IMPOSSIBLE, reason="too small"),
    ]
    found = sections(html_of(tmp_path / "a.db", rows))["Not done"]
    assert table(found) == [["impossible", "too small", "2"], ["failed", "lost", "1"]]
    assert table(found, 1) == [
        ["0", "impossible", "too small"],
        ["9KiB", "failed", "lost"],
        ["-1", "impossible", "too small"],
    ]


def test_workloads_are_not_compared(tmp_path: Path) -> None:
    rows = [row(n, {"glb.size": f"{n + 1}KiB"}, workload=f"net{n % 2}") for n in range(4)]
    found = sections(html_of(tmp_path / "a.db", rows))
    for number in range(2):
        points = table(found[f"net{number} on machine: All points"])
        assert len(points) == 2


@pytest.mark.parametrize(
    "rows", [[], [row(1, {}, status=IMPOSSIBLE, reason="no room")], [row(1, {})]]
)
def test_few_points_make_a_page_too(rows: list[Row], tmp_path: Path) -> None:
    html = html_of(tmp_path / "a.db", rows)
    assert ("no room" in html) == (bool(rows) and rows[0].status == IMPOSSIBLE)


def test_names_in_a_sweep_are_texts(tmp_path: Path) -> None:
    rows = [row(n, {text: text, "glb.size": f"{n}KiB"}, workload=text, dataflow=text)
            for n, text in enumerate(HOSTILE)]  # fmt: skip
    rows += [row(9 + n, {"p": text}, dataflow=text) for n, text in enumerate(HOSTILE)]
    rows += [row(99, {"p": "<b>"}, status=IMPOSSIBLE, reason="<script>x</script>")]
    found = read(html_of(tmp_path / "<b>.db", rows))
    assert len(found.all("script")) == 1
    assert not found.all("b") + found.all("img")
    shown = {cell for its in found.all("table") for line in cells(its) for cell in line}
    assert {*HOSTILE, "<b>", "<script>x</script>"} <= shown


def test_a_thousand_points_take_less_than_a_megabyte(tmp_path: Path) -> None:
    html = html_of(tmp_path / "a.db", list(many(1000)))
    assert len(html.encode()) <= MILLION
    found = sections(html)
    assert len(table(found["All points"])) == 980
    assert len(table(found["Not done"], 1)) == 20


@pytest.mark.full
def test_more_points_than_a_page_holds(tmp_path: Path) -> None:
    html = html_of(tmp_path / "a.db", list(many(2 * MOST_POINTS)))
    found = sections(html)["All points"]
    assert len(table(found)) == MOST_POINTS
    assert "4,800 more are not shown; accelsim sweep export has all." in found.text
