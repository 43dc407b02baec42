"""The figure of a sweep's heat map: a figure over two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from accelsim.errors import Problem, UsageError
from accelsim.report.figures import few_round_values, house_style
from accelsim.report.quantities import digits, plural
from accelsim.report.sensitivity_figure import values_axis
from accelsim.report.sweep_points import Measure, Points, choice

COLOURS = "cividis"
"""Made for readers who are colour-blind (Nuñez et al., PLoS ONE 13(7), 2018); even in print."""

MOST_TOLD = 14
"""Columns in which the values of cells find room."""

MOST_TICKS = 24

WIDE = 10.0
"""Values that differ by more than this factor have a logarithmic scale of colours."""

BEST: dict[str, Any] = {"facecolor": "none", "edgecolor": "#D55E00", "linewidth": 1.6}

UNDONE: dict[str, Any] = {
    "facecolor": "#EEEEEE",
    "edgecolor": "#999999",
    "hatch": "////",
    "linewidth": 0,
}
"""How cells look whose points are impossible or failed."""


@dataclass(frozen=True)
class Cells:
    """The best point of every cell.

    Attributes
    ----------
    across, up : tuple of str
        The values along each side.
    best : list[up][across] of float or None
        The best figure in the unit of the measure; None where no point is done.
    tried : list[up][across] of bool
        Whether there is any point.
    """

    across: tuple[str, ...]
    up: tuple[str, ...]
    best: list[list[float | None]]
    tried: list[list[bool]]


def cells_of(points: Points, across: str, up: str, measure: Measure) -> Cells:
    """Return the best points over all that is not one of the two sides.

    Raises
    ------
    UsageError
        If one of them is not varied.
    """
    columns, lines = points.values(across), points.values(up)
    best: list[list[float | None]] = [[None] * len(columns) for _ in lines]
    tried = [[False] * len(columns) for _ in lines]
    at_column = {value: place for place, value in enumerate(columns)}
    at_line = {value: place for place, value in enumerate(lines)}
    ranked = points.with_figure(measure)
    known = {row.key for row in ranked}
    for row in (*ranked, *points.done, *points.undone):
        sides = choice(row, across), choice(row, up)
        if sides[0] is None or sides[1] is None:
            continue
        column, line = at_column[sides[0]], at_line[sides[1]]
        tried[line][column] = True
        if row.key in known and best[line][column] is None:
            best[line][column] = measure.of(row)
    return Cells(columns, lines, best, tried)


def heatmap_figure(points: Points, figure: str = "energy", along: Sequence[str] = ()) -> Figure:
    """Draw the best figure that each pair of values allows; impossible pairs are hatched.

    Parameters
    ----------
    along : the parameters across and up; if left out, the two that vary

    Raises
    ------
    UsageError
        If these are not two, or one is not varied.
    """
    if not along and len(points.names) == 2:
        along = points.names
    if len(along) != 2 or along[0] == along[1]:
        named = f"{plural(len(along), 'parameter')} given" if along else "none given"
        varied = f"of these: {', '.join(points.names)}" if points.names else "none varies here"
        text = f"a heat map needs two parameters; {named}"
        raise UsageError(Problem(text, expected=f"--along twice, {varied}"))
    across, up = along
    measure = points.measure(figure, along)
    cells = cells_of(points, across, up, measure)
    values = np.array([[np.nan if its is None else its for its in line] for line in cells.best])
    if np.isnan(values).all():
        raise UsageError(Problem("nothing to draw: no point that is done sets both parameters"))
    low, high = np.nanmin(values), np.nanmax(values)
    norm = (LogNorm if low > 0 and high / low > WIDE else Normalize)(low, high)
    with house_style():
        wide, tall = len(cells.across), len(cells.up)
        size = (2.4 + min(6.0, max(2.2, 0.46 * wide)), 1.3 + min(6.0, max(1.6, 0.3 * tall)))
        drawn = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(drawn)
        ax = drawn.subplots()
        shades = ax.imshow(
            values, cmap=COLOURS, norm=norm, origin="lower", aspect="auto", interpolation="nearest"
        )
        for line, of_line in enumerate(cells.best):
            for column, its in enumerate(of_line):
                if its is not None and wide <= MOST_TOLD and tall <= 2 * MOST_TOLD:
                    red, green, blue, _ = shades.cmap(float(norm(its)))
                    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
                    colour = "white" if dark else "black"
                    text = digits(its)
                    ax.text(
                        column, line, text, ha="center", va="center", fontsize=6.5, color=colour
                    )
                elif its is None and cells.tried[line][column]:
                    ax.add_patch(Rectangle((column - 0.5, line - 0.5), 1, 1, **UNDONE))
        least = (np.nanargmax if measure.more_is_better else np.nanargmin)(values)
        place = divmod(int(least), wide)
        ax.add_patch(Rectangle((place[1] - 0.47, place[0] - 0.47), 0.94, 0.94, **BEST))
        handles = [Patch(label="best", **BEST)]
        pairs = zip(cells.best, cells.tried, strict=True)
        lacking = {
            tried
            for best, of_line in pairs
            for its, tried in zip(best, of_line, strict=True)
            if its is None
        }
        if True in lacking:
            handles.append(Patch(label="no point done", **UNDONE))
        if False in lacking:
            handles.append(Patch(facecolor="white", edgecolor="#999999", label="not a point"))
        values_axis(ax, cells.across, MOST_TICKS)
        step = ceil(tall / MOST_TICKS)
        ax.set_yticks([*range(0, tall, step)], [value or "none" for value in cells.up[::step]])
        ax.set_xlabel(across)
        ax.set_ylabel(up)
        ax.set_title(points.title, fontsize=9)
        bar = drawn.colorbar(shades, ax=ax)
        bar.set_label(measure.label)
        if isinstance(norm, LogNorm):
            few_round_values(bar.ax.yaxis, low, high)
        drawn.legend(
            handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=7
        )
    return drawn
