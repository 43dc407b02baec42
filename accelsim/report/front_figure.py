"""The figure of a front: energy over cycles, as a step line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.report import quantities
from accelsim.report.figures import LOOKS, house_style
from accelsim.report.front_points import Point

MOST_MARKED = 100
"""Points that are marked one by one; of more, the line and the best ones."""

WIDE = 10.0
"""Cycles that differ by more than this factor stand on a logarithmic axis."""


def front_figure(points: Sequence[Point], unit: str, title: str) -> Figure:
    """Draw the least energy that a number of cycles allows; the best points are named.

    Parameters
    ----------
    points : by growing energy, at least one
    unit : of the energies
    """
    scaled, named = quantities.in_joules(1.0, unit)
    exponent = quantities.shared_exponent(point.energy * scaled for point in points)
    fastest_first = points[::-1]
    cycles_exponent = quantities.shared_exponent(point.cycles for point in points)
    cycles = [point.cycles / 10.0**cycles_exponent for point in fastest_first]
    energies = [point.energy * scaled / 10.0**exponent for point in fastest_first]
    colour, _ = LOOKS[0]
    with house_style():
        figure = Figure(figsize=(4.8, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        # Whoever has more cycles than a point needs can still take that point.
        ax.step(cycles, energies, where="post", color=colour, linewidth=1.0)
        for point, x, y in zip(fastest_first, cycles, energies, strict=True):
            if point.best or len(points) <= MOST_MARKED:
                ax.plot(x, y, "o", color=colour, markersize=5 if point.best else 3)
            if point.best:
                told = f"best in {', '.join(point.best)}"
                left = x > (cycles[0] + cycles[-1]) / 2
                ax.annotate(
                    told,
                    (x, y),
                    (-4, -10) if left else (4, 4),
                    textcoords="offset points",
                    ha="right" if left else "left",
                    fontsize=7,
                )
        if cycles[0] and cycles[-1] / cycles[0] > WIDE:
            ax.set_xscale("log")
        ax.margins(x=0.12, y=0.15)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel(f"cycles (10^{cycles_exponent})" if cycles_exponent else "cycles")
        ax.set_ylabel(f"energy ({quantities.scaled_unit(named, exponent)})")
        ax.spines[["top", "right"]].set_visible(False)
    return figure
