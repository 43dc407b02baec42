"""The figure of a sweep's front: two figures of its points, and which points are beaten by none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from accelsim.errors import Problem, UsageError
from accelsim.explore.records import Row
from accelsim.report.figures import LOOKS, house_style, logarithmic
from accelsim.report.quantities import plural
from accelsim.report.sweep_points import Measure, Points, said

FIGURES = ("energy", "cycles")
"""What stands up and what across, unless something else is asked for."""

MOST_NAMED = 24
"""Points of a front that get a number and a line of the legend."""

APART = 0.04
"""How far numbered points are apart at least, as a share of the axes."""

WIDE = 10.0
"""Values that differ by more than this factor stand on a logarithmic axis."""

AXES: tuple[Literal["x", "y"], ...] = ("x", "y")

MANY = 300
"""More dots than these are drawn as pixels, so that the file stays small."""


def nondominated(pairs: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the pairs that no other dominates; less is better in both.

    A pair dominates another if it is no worse in both and better in one, exactly: no tolerance.
    Equal pairs do not dominate each other, so that all of them stay.

    >>> nondominated([(1, 5), (2, 2), (3, 3), (2, 2), (9, 1), (9, 2)])
    [0, 1, 3, 4]
    """
    kept = []
    best = float("inf")
    leader: tuple[float, float] | None = None
    for place in sorted(range(len(pairs)), key=lambda at: pairs[at]):
        # By the first, then the second: only a smaller second, or an equal pair, escapes.
        if pairs[place][1] < best:
            best, leader = pairs[place][1], pairs[place]
        if pairs[place] == leader:
            kept.append(place)
    return sorted(kept)


def front_of(points: Points, up: Measure, across: Measure) -> tuple[list[Row], list[Row]]:
    """Return the front, from the best across to the best up, and the points that it dominates.

    Points that lack one of the figures are left out.
    """
    rows = [row for row in points.with_figure(across) if row.figures[up.name] is not None]
    pairs = [(across.rank(row)[0], up.rank(row)[0]) for row in rows]
    kept = {*nondominated(pairs)}
    order = sorted(kept, key=lambda place: (pairs[place], said(rows[place], points.names)))
    dominated = [row for place, row in enumerate(rows) if place not in kept]
    return [rows[place] for place in order], dominated


def sweep_front_figure(points: Points, figures: Sequence[str] = FIGURES) -> Figure:
    """Draw what a point has of one figure over what it has of another.

    The front is stepped: the best that can be had up at what is allowed across.

    Raises
    ------
    UsageError
        If these are not two figures, or no point has both.
    """
    if len(figures) != 2:
        raise UsageError(
            Problem(f"a front of {plural(len(figures), 'figure')}", expected="two, up and across")
        )
    up, across = (points.measure(name) for name in figures)
    front, dominated = front_of(points, up, across)
    if not front:
        raise UsageError(Problem(f"nothing to draw: no point has both {up.name} and {across.name}"))
    colour, pale = LOOKS[0][0], LOOKS[5][0]
    with house_style():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        drawn = [(across.of(row), up.of(row)) for row in front]
        beaten = [(across.of(row), up.of(row)) for row in dominated]
        ax.plot(
            [x for x, _ in beaten],
            [y for _, y in beaten],
            "o",
            color=pale,
            alpha=0.5,
            markersize=3,
            markeredgewidth=0,
            rasterized=len(beaten) > MANY,
        )
        xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
        # Whoever allows more across than a point needs can still take that point.
        ax.step(xs, ys, where="post", color=colour, linewidth=1.0)
        ax.plot(xs, ys, "o", color=colour, markersize=4, rasterized=len(front) > MANY)
        every = drawn + beaten
        for which, values in zip(AXES, zip(*every, strict=True), strict=True):
            if min(values) > 0 and max(values) / min(values) > WIDE:
                logarithmic(ax, which)
        ax.margins(0.08)
        ax.set_xlabel(across.label)
        ax.set_ylabel(up.label)
        ax.set_title(points.title, fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
        figure.draw_without_rendering()  # places are known from here on
        places = [
            tuple(its) for its in ax.transAxes.inverted().transform(ax.transData.transform(drawn))
        ]
        handles = [
            Line2D([], [], color=colour, marker="o", markersize=4, linewidth=1.0),
            Line2D([], [], color=pale, alpha=0.5, marker="o", markersize=3, linestyle="none"),
        ]
        labels = [f"front ({plural(len(front), 'point')})", f"dominated ({len(dominated):,})"]
        for number, (first, alike) in enumerate(named(places), start=1):
            text = said(front[first], points.names)
            labels.append(f"{number}: {text}" + (f" (+ {alike} equal)" if alike else ""))
            handles.append(Line2D([], [], linestyle="none"))
            ax.annotate(
                str(number),
                drawn[first],
                (3, 3),
                textcoords="offset points",
                fontsize=7,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
        ax.legend(
            handles,
            labels,
            title=", ".join(points.names),
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
            fontsize=7,
            title_fontsize=7,
            alignment="left",
        )
    return figure


def named(places: Sequence[tuple[float, ...]]) -> list[tuple[int, int]]:
    """Return which points of a front get a number, with how many others stand at the same place.

    Both ends do, and between them points that are far enough apart.

    Parameters
    ----------
    places : in shares of the axes, along the front
    """
    groups = dict[tuple[float, ...], list[int]]()
    for number, place in enumerate(places):
        groups.setdefault(place, []).append(number)
    apart = APART
    while True:
        chosen = _spaced([*groups], apart)
        if len(chosen) <= MOST_NAMED:
            return [(groups[place][0], len(groups[place]) - 1) for place in chosen]
        apart *= 1.2


def _spaced(places: Sequence[tuple[float, ...]], apart: float) -> list[tuple[float, ...]]:
    """Return some of the places in order, each so far from those before it; the last is there."""

    def near(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return max(abs(a - b) for a, b in zip(one, other, strict=True)) < apart

    chosen: list[tuple[float, ...]] = []
    for place in places:
        if not any(near(place, its) for its in chosen):
            chosen.append(place)
    if chosen[-1] != places[-1]:
        chosen = [its for its in chosen[1:] if not near(its, places[-1])]
        chosen = [places[0], *chosen, places[-1]]
    return chosen
