"""Figures inside a page: what can be pointed at, and that colours and names are the page's."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.report.figures import comparison_figure, comparison_panel
from accelsim.report.inline_svg import inline_svg
from tests.report.test_page import HOSTILE
from tests.small.results import comparison, entry, row


def empty_figure() -> Figure:
    figure = Figure(figsize=(3.0, 2.0), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def marks(svg: str) -> list[ET.Element]:
    group = next(its for its in ET.fromstring(svg).iter("g") if its.get("class") == "hover")
    return list(group)


def told(svg: str) -> list[str]:
    return [str(mark.findtext("title")) for mark in marks(svg)]


def test_every_part_of_a_bar_says_its_value() -> None:
    rows = comparison().rows
    said = told(inline_svg(comparison_figure(rows, "t", "dataflow", by="level"), "f"))
    parts = comparison_panel(rows, None, "level", "dataflow").bars[0].parts
    assert len(said) == 2 * sum(1 for value in parts.values() if value)
    assert said[0] == "outputs, DRAM\nenergy per MAC (one 16-bit MAC = 1): 200"
    assert "outputs, network\nenergy per MAC (one 16-bit MAC = 1): 3.500" in said


def test_marks_stand_where_the_points_are() -> None:
    figure = empty_figure()
    ax = figure.subplots()
    ax.set_xlabel("time (s)")
    ax.plot([1.0, 2.0, 3.0, float("nan")], [10.0, 30.0, 20.0, 5.0], "o-", label="found")
    ax.plot([1.0, 3.0], [10.0, 10.0], label="without marks")
    svg = inline_svg(figure, "f")
    assert told(svg)[1] == "found\ntime (s): 2\n30"
    xs, ys = (np.array([float(str(its.get(key))) for its in marks(svg)]) for key in ("cx", "cy"))
    assert len(xs) == 3
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.11)
    assert (ys[0] - ys[2]) == pytest.approx(ys[2] - ys[1], abs=0.11)
    # matplotlib's own marks, which have no names, stand at the same places.
    own = [(float(x), float(y)) for x, y in re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', svg)]
    assert all(
        any(np.allclose((x, y), place, atol=0.06) for place in own)
        for x, y in zip(xs, ys, strict=True)
    )


def test_points_have_the_names_that_are_given() -> None:
    figure = empty_figure()
    ax = figure.subplots()
    ax.plot([1.0, 2.0], [1.0, 2.0], "o", label="_a")
    ax.scatter([3.0], [3.0], label="b")
    assert told(inline_svg(figure, "f", {"_a": ("one", "two")})) == [
        "one\n1\n1",
        "two\n2\n2",
        "b\n3\n3",
    ]
    assert told(inline_svg(figure, "f", {"_a": ()})) == ["b\n3\n3"]
    with pytest.raises(ValueError, match="2 points and 1 names"):
        inline_svg(figure, "f", {"_a": ("one",)})


def test_cells_of_heat_maps_say_where_they_are() -> None:
    figure = empty_figure()
    one, two = figure.subplots(1, 2)
    values = np.array([[1.0, 2.5], [3.0, np.nan]])
    for ax in (one, two):
        ax.set_xlabel("size")
        ax.set_xticks([0, 1], ["16KiB", "32KiB"])
    one.imshow(values, origin="lower")
    mesh = two.pcolormesh([0, 1], [0, 1], values)
    figure.colorbar(mesh, ax=two)
    said = told(inline_svg(figure, "f"))
    assert len(said) == 6
    assert said[1] == said[4] == "size: 32KiB\n0\n2.500"


def test_what_is_black_takes_the_colour_of_the_text() -> None:
    figure = empty_figure()
    ax = figure.subplots()
    ax.plot([1, 2], color="black", label="a")
    ax.legend()
    svg = inline_svg(figure, "f")
    assert "currentColor" in svg
    assert "#000000" not in svg
    assert "#ffffff" not in svg


def test_black_on_a_colour_stays_black() -> None:
    figure = empty_figure()
    ax = figure.subplots()
    ax.pcolormesh(np.ones((1, 1)))
    ax.text(0.5, 0.5, "here", color="black")
    assert re.search(r"fill:#010101[^>]*>here<", inline_svg(figure, "f"))


def test_two_figures_share_no_names() -> None:
    rows = comparison().rows
    first, second = (inline_svg(comparison_figure(rows, "t", "d"), name) for name in ("f1", "f2"))
    names = [{*re.findall(r' id="([^"]*)"', svg)} for svg in (first, second)]
    assert names[0]
    assert not names[0] & names[1]
    for svg, its in zip((first, second), names, strict=True):
        assert {*re.findall(r'(?:url\(|href=")#([^")]*)', svg)} <= its
    assert first == inline_svg(comparison_figure(rows, "t", "d"), "f1")


def test_names_of_specs_are_texts_whatever_they_are() -> None:
    names = (*HOSTILE, "$\\frac{", "a$b$c^{", "x\x01y")
    rows = tuple(row(name, entry("M")) for name in names)
    svg = inline_svg(comparison_figure(rows, names[0], "dataflow", by="level"), "f")
    texts = {its.text for its in ET.fromstring(svg).iter("text")}
    assert {name.replace("\x01", "\ufffd") for name in names} <= texts
    assert [its.tag for its in ET.fromstring(svg).iter() if its.tag in ("script", "img")] == []
