"""Points of a front as a table, as CSV and as a figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accelsim.report.figures import save
from accelsim.report.front_figure import front_figure
from accelsim.report.front_points import Point, front_csv, front_table, layer_points
from accelsim.technology.spec import read_technology
from tests.small import PICOJOULES
from tests.small.results import entry


def point(number: int, energy: float, cycles: float, *best: str) -> Point:
    seconds = cycles / 1e9
    return Point(
        number, best, energy, energy / 4, cycles, seconds, 0.5, energy * seconds, "compute"
    )


FRONT = (
    point(1, 1000.0, 4e6, "energy"),
    point(2, 1500.0, 2e6, "edp"),
    point(3, 4000.0, 1e6, "latency"),
)


def test_a_table_of_points() -> None:
    table = front_table(FRONT, "pJ", "MAC")
    assert table.title == "Pareto front of energy and cycles: 3 points"
    assert table.headings[:4] == ("point", "energy\nnJ", "energy\npJ/MAC", "cycles")
    assert table.headings[5:] == ("EDP\npJ s", "bound by", "best in")
    assert table.rows == (
        ("1", "1.0000", "250.00", "4,000,000", "50.0 %", "4.0000", "compute", "energy"),
        ("2", "1.5000", "375.00", "2,000,000", "50.0 %", "3.0000", "compute", "edp"),
        ("3", "4.0000", "1000.0", "1,000,000", "50.0 %", "4.0000", "compute", "latency"),
    )
    assert table.strong == {0, 1, 2}


def test_of_many_points_the_best_and_the_ends_are_shown() -> None:
    many = [point(i, i, 1000 - i, *(["edp"] if i == 388 else [])) for i in range(1, 500)]
    table = front_table(many, "MAC", "MAC")
    shown = [int(row[0]) for row in table.rows]
    assert 18 <= len(shown) <= 20
    assert shown == sorted(set(shown))
    assert {1, 388, 499} <= set(shown)
    assert f"499 points, of which {len(shown)} are shown" in table.title
    assert [table.rows[i][0] for i in table.strong] == ["388"]


def test_the_best_of_a_front() -> None:
    """By energy, by cycles and by their product, each by hand."""
    base = entry("C").evaluation
    assert base is not None
    (only,) = layer_points((base,))
    assert only.best == ("energy", "latency", "edp")
    assert (only.energy, only.cycles, only.energy_per_operation) == (996, 2, 249)
    assert only.edp == pytest.approx(996 * 2e-9)


def test_lines_of_points() -> None:
    table = front_csv(FRONT[:2], "pJ", ("mapping",), [("a.yaml",), ("b.yaml",)])
    assert table.splitlines() == [
        "point,best,energy,energy_unit,energy_per_operation,cycles,seconds,utilization,edp,mapping",
        "1,energy,1000.0,pJ,250.0,4000000.0,0.004,0.5,4.0,a.yaml",
        "2,edp,1500.0,pJ,375.0,2000000.0,0.002,0.5,3.0,b.yaml",
    ]


def test_the_figure_is_a_step_line_of_what_cycles_allow() -> None:
    (ax,) = front_figure(FRONT, "pJ", "a layer").axes
    steps = ax.lines[0]
    assert steps.get_drawstyle() == "steps-post"
    assert np.asarray(steps.get_xdata()).tolist() == [1, 2, 4]
    assert np.asarray(steps.get_ydata()).tolist() == [4.0, 1.5, 1.0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("cycles (10^6)", "energy (nJ)")
    assert ax.get_title() == "a layer"
    assert ax.get_xscale() == "linear"
    assert [text.get_text() for text in ax.texts] == [
        "best in latency",
        "best in edp",
        "best in energy",
    ]
    assert len(ax.lines) == 1 + len(FRONT)


def test_a_wide_front_stands_on_a_logarithmic_axis() -> None:
    (ax,) = front_figure((point(1, 1.0, 2e6), point(2, 2.0, 1e5)), "MAC", "wide").axes
    assert ax.get_xscale() == "log"


def test_of_many_points_only_the_best_are_marked() -> None:
    many = [point(i, i, 1000 - i, *(["edp"] if i == 388 else [])) for i in range(1, 500)]
    (ax,) = front_figure(many, "MAC", "many").axes
    assert len(ax.lines) == 2


def test_one_point_can_be_drawn_and_written(tmp_path: Path) -> None:
    evaluation = entry("C", table=read_technology(PICOJOULES)).evaluation
    assert evaluation is not None
    for name in ("a.svg", "b.svg"):
        figure = front_figure(layer_points((evaluation,)), evaluation.energy_unit, "one")
        save(figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
