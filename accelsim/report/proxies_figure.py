"""MACs and weights against energy: how poorly they stand for it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from accelsim.network.proxies import Proxies
from accelsim.report.figures import LOOKS, house_style
from accelsim.report.roofline_figure import MARKERS

MOST_NAMED = 12
"""Points of a series beside which a name still finds room."""


def proxies_figure(drawn: Sequence[Proxies], title: str) -> Figure:
    """Draw energy over MACs and over weights, a point for each layer or network.

    The legend has Spearman's rank correlation and the number of points.  Axes are logarithmic: what
    has no weights counts in the correlation, but has no place on the axis.
    """
    with house_style():
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, sharey=True)
        for index, series in enumerate(drawn):
            xs = [point.macs for point in series.points]
            _scatter(left, index, series, xs, series.macs)
            xs = [point.weights for point in series.points]
            _scatter(right, index, series, xs, series.weights)
        unit = drawn[0].unit
        left.set_ylabel(f"energy ({'one 16-bit MAC = 1' if unit == 'MAC' else unit})")
        left.set_xlabel("MACs")
        right.set_xlabel("weights (words)")
        for ax in (left, right):
            ax.set_xscale("log")
            ax.set_yscale("log")
            for axis, limits in ((ax.xaxis, ax.set_xlim), (ax.yaxis, ax.set_ylim)):
                low, high = axis.get_data_interval()
                limits(10 ** floor(log10(low)), 10 ** ceil(log10(high)))
                axis.set_minor_formatter(NullFormatter())
            ax.spines[["top", "right"]].set_visible(False)
            ax.legend(fontsize=7, frameon=False)
        figure.suptitle(f"{title}: {drawn[0].what}")
    return figure


def _scatter(
    ax: Axes, index: int, series: Proxies, xs: Sequence[int], correlation: float | None
) -> None:
    colour, _ = LOOKS[index % len(LOOKS)]
    shown = [(x, p.energy, p.name) for x, p in zip(xs, series.points, strict=True) if x > 0]
    rho = f"none ({series.why_none})" if correlation is None else f"{correlation:.2f}"
    ax.plot(
        [x for x, _, _ in shown],
        [energy for _, energy, _ in shown],
        MARKERS[index % len(MARKERS)],
        color=colour,
        markersize=4,
        label=f"{series.label}: rank correlation {rho} (n = {len(series.points)})",
    )
    if len(shown) <= MOST_NAMED:
        for x, energy, name in shown:
            ax.annotate(name, (x, energy), (3, 3), textcoords="offset points", fontsize=6)
