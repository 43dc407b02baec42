"""The figure of a sweep's front: two figures of its points, and which points are beaten by none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from accelsim.errors import Problem, UsageError
from accelsim.explore.records import Row
from accelsim.report.figures import LOOKS, house_style, logarithmic
from accelsim.report.numbered import MOST_NAMED, numbered
from accelsim.report.quantities import plural
from accelsim.report.sweep_points import Measure, Points, said

FIGURES = ("energy", "cycles")
"""What stands up and what across, unless something else is asked for."""

WIDE = 5.0
"""Values that differ by more than this factor stand on a logarithmic axis."""

AXES: tuple[Literal["x", "y"], ...] = ("x", "y")

FRONT, BEATEN = "_front", "_beaten"
"""Labels of the two series, by which others find them; the legend has words of its own."""

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
    """Return the front and the points that it dominates, each from the best across on.

    Points that lack one of the figures are left out.
    """
    rows = [row for row in points.with_figure(across) if row.figures[up.name] is not None]
    pairs = [(across.rank(row)[0], up.rank(row)[0]) for row in rows]
    kept = {*nondominated(pairs)}
    order = sorted(range(len(rows)), key=lambda at: (pairs[at], said(rows[at], points.names)))
    front, dominated = ([rows[at] for at in order if (at in kept) is its] for its in (True, False))
    return front, dominated


def sweep_front_figure(points: Points, figures: Sequence[str] = FIGURES) -> Figure:
    """Draw what a point has of one figure over what it has of another.

    The front is stepped: the best that can be had up at what is allowed across.  Its points have
    numbers, which the legend explains; so have those that it dominates, if all are few.

    Raises
    ------
    UsageError
        If these are not two figures, or no point has both.
    """
    for name in figures:
        points.measure(name)
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
            label=BEATEN,
            rasterized=len(beaten) > MANY,
        )
        xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
        # Whoever allows more across than a point needs can still take that point.
        ax.step(xs, ys, where="post", color=colour, linewidth=1.0)
        ax.plot(xs, ys, "o", color=colour, markersize=4, label=FRONT, rasterized=len(front) > MANY)
        every = drawn + beaten
        for which, values in zip(AXES, zip(*every, strict=True), strict=True):
            if min(values) > 0 and max(values) / min(values) > WIDE:
                logarithmic(ax, which)
        ax.margins(0.08)
        ax.set_xlabel(across.label)
        ax.set_ylabel(up.label)
        ax.set_title(points.title, fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
        handles = [
            Line2D([], [], color=colour, marker="o", markersize=4, linewidth=1.0),
            Line2D([], [], color=pale, alpha=0.5, marker="o", markersize=3, linestyle="none"),
        ]
        labels = [f"front ({plural(len(front), 'point')})", f"dominated ({len(dominated):,})"]
        also = dominated if len(every) <= MOST_NAMED else []
        texts = [said(row, points.names) for row in (*front, *also)]
        more_handles, more_labels = numbered(figure, ax, every[: len(texts)], texts, len(also))
        ax.legend(
            handles + more_handles,
            labels + more_labels,
            title=", ".join(points.names),
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
            fontsize=7,
            title_fontsize=7,
            alignment="left",
        )
    return figure
