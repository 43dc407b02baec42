"""Points of a figure with numbers, which its legend explains."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

MOST_NAMED = 24
"""Points that get a number and a line of the legend."""

APART = 0.04
"""How far numbered points are apart at least, as a share of the axes."""


def numbered(
    figure: Figure,
    ax: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    also: int = 0,
) -> tuple[list[Line2D], list[str]]:
    """Write numbers beside points, as many as there is room for.

    Parameters
    ----------
    points : as data of the axes, whose limits and scales are set; at least one
    texts : what the legend says of each
    also : how many of the last ones get a number only where the others leave room

    Returns
    -------
    handles and labels of the legend
    """
    figure.draw_without_rendering()  # places are known from here on
    at = ax.transAxes.inverted().transform(ax.transData.transform(points))
    shown = named([(float(x), float(y)) for x, y in at], also)
    labels = []
    for number, (first, alike) in enumerate(shown, start=1):
        labels.append(f"{number}: {texts[first]}" + (f" (+ {alike} equal)" if alike else ""))
        ax.annotate(
            str(number),
            points[first],
            (3, 3),
            textcoords="offset points",
            fontsize=7,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )
    return [Line2D([], [], linestyle="none") for _ in shown], labels


def named(places: Sequence[tuple[float, float]], also: int = 0) -> list[tuple[int, int]]:
    """Return which points get a number, with how many others stand at the same place.

    The first and the last do, and between them points that are far enough apart.

    Parameters
    ----------
    places : in shares of the axes
    also : how many of the last ones do only where the others leave room
    """
    groups = dict[tuple[float, float], list[int]]()
    for number, place in enumerate(places):
        groups.setdefault(place, []).append(number)
    first = [*dict.fromkeys(places[: len(places) - also])]
    apart = APART
    while len(chosen := _spaced(first, apart)) > MOST_NAMED:
        apart *= 1.2
    for place in groups:
        if len(chosen) < MOST_NAMED and not any(_near(place, its, apart) for its in chosen):
            chosen.append(place)
    return [(groups[place][0], len(groups[place]) - 1) for place in chosen]


def _spaced(places: Sequence[tuple[float, float]], apart: float) -> list[tuple[float, float]]:
    """Return some of the places in order, each so far from those before it; the last is there."""
    chosen: list[tuple[float, float]] = []
    for place in places:
        if not any(_near(place, its, apart) for its in chosen):
            chosen.append(place)
    if chosen[-1] != places[-1]:
        chosen = [its for its in chosen[1:] if not _near(its, places[-1], apart)]
        chosen = [places[0], *chosen, places[-1]]
    return chosen


def _near(one: tuple[float, float], other: tuple[float, float], apart: float) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < apart
