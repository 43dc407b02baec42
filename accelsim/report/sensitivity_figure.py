"""The figure of a sweep's sensitivity: what each parameter's value does to a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.errors import Problem, UsageError
from accelsim.report.figures import LINES, house_style, logarithmic
from accelsim.report.sweep_points import Measure, Points, choice

COLUMNS = 4

MOST_TICKS = 10

WIDE = 10.0
"""Ratios that differ by more than this factor stand on a logarithmic axis."""


@dataclass(frozen=True)
class Line:
    """What points that have each value of a parameter reach, relative to the best of all points.

    Attributes
    ----------
    best, middle : tuple of float or None
        The best and the median point for each value; None where no point has the figure.
    """

    name: str
    values: tuple[str, ...]
    best: tuple[float | None, ...]
    middle: tuple[float | None, ...]


def line_of(points: Points, name: str, measure: Measure) -> Line:
    """Return the line of one parameter.

    Raises
    ------
    UsageError
        If it is not varied.
    """
    values = points.values(name)
    rows = points.with_figure(measure)
    best_of_all = measure.of(rows[0])
    reached = {value: list[float]() for value in values}
    for row in rows:
        value = choice(row, name)
        if value is not None:
            reached[value].append(measure.of(row) / best_of_all)
    return Line(
        name,
        values,
        tuple(its[0] if its else None for its in reached.values()),
        tuple(median(its) if its else None for its in reached.values()),
    )


def sensitivity_figure(points: Points, figure: str = "energy", along: Sequence[str] = ()) -> Figure:
    """Draw a line for each parameter: the best and the median point at each of its values.

    Parameters
    ----------
    along : the parameters; all that vary if left out

    Raises
    ------
    UsageError
        If one is not varied, or none is.
    """
    measure = points.measure(figure)
    names = tuple(along) or points.varied
    if not names:
        raise UsageError(Problem("nothing to draw: the points differ in no parameter"))
    if measure.of(points.with_figure(measure)[0]) == 0:
        raise UsageError(Problem(f"nothing to draw: the best {figure} is 0"))
    lines = [line_of(points, name, measure) for name in names]
    columns = min(COLUMNS, len(lines))
    rows = ceil(len(lines) / columns)
    with house_style():
        drawn = Figure(figsize=(1.6 + 2.3 * columns, 0.4 + 2.6 * rows), layout="constrained")
        FigureCanvasAgg(drawn)
        axes = [*drawn.subplots(rows, columns, sharey=True, squeeze=False).flat]
        for ax, line in zip(axes, lines, strict=False):
            _panel(ax, line)
        for ax in axes[len(lines) :]:
            ax.set_visible(False)
        shown = [its for line in lines for its in (*line.best, *line.middle) if its is not None]
        first = drawn.axes[0]
        if max(shown) / min(shown) > WIDE:
            logarithmic(first, "y")
        handles = dict(
            pair[::-1]
            for ax in drawn.axes
            for pair in zip(*ax.get_legend_handles_labels(), strict=True)
        )
        drawn.legend(
            [handles[label] for label in sorted(handles)],
            sorted(handles),
            loc="outside right upper",
            frameon=False,
            fontsize=7,
        )
        word = measure.label.partition(" (")[0]
        drawn.supylabel(f"{word} over that of the best point", fontsize=8)
        drawn.suptitle(points.title, fontsize=9)
    return drawn


def _panel(ax: Axes, line: Line) -> None:
    # Where both are one, the smaller mark stands on the larger.
    for label, reached, colour, style, marker, size in (
        ("median", line.middle, LINES[4], "--", "s", 5),
        ("best", line.best, LINES[0], "-", "o", 3.5),
    ):
        heights = [float("nan") if its is None else its for its in reached]
        ax.plot(
            heights,
            color=colour,
            linestyle=style,
            marker=marker,
            markersize=size,
            linewidth=1.0,
            label=label,
        )
    empty = [place for place, its in enumerate(line.best) if its is None]
    for place in empty:
        ax.axvspan(
            place - 0.5,
            place + 0.5,
            facecolor="none",
            edgecolor="#999999",
            hatch="////",
            linewidth=0,
            label="no point done",
        )
    ax.axhline(1.0, color="black", linewidth=0.5, zorder=0)
    values_axis(ax, line.values)
    ax.set_xlabel(line.name)
    ax.spines[["top", "right"]].set_visible(False)


def values_axis(ax: Axes, values: Sequence[str], most: int = MOST_TICKS) -> None:
    """Let an axis show the values of a parameter at equal distances; of many, some."""
    step = ceil(len(values) / most)
    shown = range(0, len(values), step)
    labels = [values[place] or "none" for place in shown]
    long = sum(len(label) + 1 for label in labels) > 28
    ax.set_xticks(
        [*shown],
        labels,
        rotation=35 if long else 0,
        ha="right" if long else "center",
        rotation_mode="anchor" if long else "default",
    )
    ax.set_xlim(-0.5, len(values) - 0.5)
