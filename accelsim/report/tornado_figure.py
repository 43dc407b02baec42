"""A tornado: how far one row leads another as each price of the table falls and rises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from accelsim.network.robustness import Ranked, Robustness
from accelsim.report.figures import LOOKS, house_style

FALLS, RISES = LOOKS[0], LOOKS[1]

MOST_PRICES = 15
"""Those that matter least are left out."""


@dataclass(frozen=True)
class Lead:
    """A price and the lead of the better row, a share of its figure: after a fall, after a rise."""

    price: str
    fallen: float
    risen: float

    @property
    def swing(self) -> float:
        return abs(self.fallen - self.risen)


def pairs_shown(found: Robustness) -> list[tuple[Ranked, Ranked]]:
    """Return the best row and the next; and the pair that swaps first, if it is another."""
    by_label = {row.label: row for row in found.rows}
    pairs = [(found.rows[0], found.rows[1])]
    if found.swaps:
        first = found.swaps[0]
        nearest = by_label[first.better], by_label[first.worse]
        if nearest not in pairs:
            pairs.append(nearest)
    return pairs


def leads(better: Ranked, worse: Ranked, found: Robustness) -> list[Lead]:
    """Return the lead of one row over another under each price, the widest swing first."""

    def lead(price: str, change: float) -> float:
        return worse.at(price, change) / better.at(price, change) - 1

    every = [
        Lead(price, lead(price, -found.change), lead(price, found.change)) for price in found.prices
    ]
    return sorted(every, key=lambda one: -one.swing)[:MOST_PRICES]


def tornado_figure(found: Robustness, title: str, measure: str) -> Figure:
    """Draw the lead of one row over another under each price: one panel for each pair shown.

    Parameters
    ----------
    found : of at least two rows
    measure : what is ranked, as an axis calls it (``energy``, ``EDP``)
    """
    with house_style():
        pairs = pairs_shown(found)
        bars = [leads(*pair, found) for pair in pairs]
        height = 1.2 + 0.24 * max(map(len, bars))
        figure = Figure(figsize=(5.2 * len(pairs), height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(pairs), squeeze=False)[0]
        for ax, (better, worse), drawn in zip(axes, pairs, bars, strict=True):
            base = worse.figure / better.figure - 1
            _tornado(ax, drawn, base, found.change)
            ax.set_title(f"{better.label} ahead of {worse.label}", fontsize=9)
            ax.set_xlabel(f"lead in {measure}, % (below 0 they swap)")
        figure.suptitle(title)
    return figure


def _tornado(ax: Axes, bars: Sequence[Lead], base: float, change: float) -> None:
    places = range(len(bars))
    for name, (colour, hatch), ends in (
        (f"price - {100 * change:g} %", FALLS, [bar.fallen for bar in bars]),
        (f"price + {100 * change:g} %", RISES, [bar.risen for bar in bars]),
    ):
        ax.barh(
            list(places),
            [100 * (end - base) for end in ends],
            left=100 * base,
            height=0.7,
            color=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.5,
            label=name,
        )
    ax.set_yticks(list(places), [bar.price for bar in bars])
    ax.invert_yaxis()
    ax.axvline(100 * base, color="black", linewidth=0.8)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="--")
    ax.margins(x=0.08)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower right", frameon=False, fontsize=7)
