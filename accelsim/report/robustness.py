"""What ``robustness`` returns: a comparison, and whether its order hangs on one price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from matplotlib.figure import Figure

from accelsim.mapper.objectives import objective_named
from accelsim.network.records import NetworkResult
from accelsim.network.robustness import Robustness, Swap, robustness
from accelsim.report import notes
from accelsim.report.quantities import digits, percent
from accelsim.report.results import Comparison
from accelsim.report.rows import unmapped
from accelsim.report.tables import NOTHING, Table
from accelsim.report.tornado_figure import tornado_figure

FIRST_FEW = 3
"""Swaps, and prices that part level rows, that the sentence names."""


@dataclass(frozen=True, repr=False)
class RankingRobustness(Comparison):
    """A comparison whose prices are changed one at a time, by a share ``change`` down and up.

    ``group`` is the group of layers that is ranked; None for all.
    """

    change: float
    group: str | None

    verb = "robustness"

    def __repr__(self) -> str:
        return f"RankingRobustness({self.sentence()})"

    @property
    def satisfied(self) -> bool:
        return len(self.ranked) > 1

    @property
    def ranked(self) -> tuple[NetworkResult, ...]:
        """The rows that are ranked: complete, and, where dataflows are compared, under one."""
        complete = [row for row in self.rows if not unmapped(row, self.group)]
        flows = [row for row in complete if row.dataflow]
        return tuple(flows if self.what == "dataflow" and len(flows) > 1 else complete)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(row.label for row in self.rows)

    @cached_property
    def robustness(self) -> Robustness:
        return robustness(self.ranked, self.settings.objective, self.change, self.group)

    @property
    def measure(self) -> str:
        """What is ranked: energy, time or EDP."""
        return objective_named(self.settings.objective).measure

    def sentence(self) -> str:
        """Say in one sentence whether the order holds."""
        return sentence(self.robustness)

    def tables(self) -> list[Table]:
        """Return every price with where the order first breaks as it falls and as it rises."""
        return [prices_table(self.robustness, self.measure, self.group)] if self.satisfied else []

    def notes(self) -> list[str]:
        if not self.satisfied:
            return [*notes.unmapped_notes(self.rows), "Fewer than two rows: nothing is ranked."]
        left = [label for label in self.labels if label not in self.robustness.order]
        said = [self.sentence()]
        if left:
            said.append(f"Not ranked: {', '.join(left)}.")
        said.append(
            "Mappings and counts are kept; one price changes at a time. Under other prices a search"
            " may find better mappings."
        )
        return [*said, notes.energy_note(self.rows), *self._history()]

    def figure(self, title: str = "") -> Figure:
        """Draw the tornado: the best row's lead, and that of the pair which swaps first."""
        return tornado_figure(self.robustness, title, self.measure)

    def data(self) -> dict[str, Any]:
        found = robustness_data(self.robustness, self.group) if self.satisfied else None
        return {"robustness": found, **super().data()}


def order_text(found: Robustness) -> str:
    """Write the order, best first: ``rs < ws = is``."""
    return " < ".join(" = ".join(labels) for labels in found.ties)


def sentence(found: Robustness) -> str:
    """Say whether the order holds, and what breaks it first."""
    order, by = f"The order {order_text(found)}", f"{100 * found.change:g} %"
    if objective_named(found.objective).energy_power == 0:
        return f"{order} does not depend on any energy."
    level = "".join(
        f" {one} and {other} are level, and part at any change of {_some(prices)}."
        for one, other, prices in found.parting
    )
    if found.holds:
        held = f"{order} holds under every single change of {by}"
        if not found.swaps:
            return f"{held}, and under any other of one price.{level}"
        return f"{held}; first, {_swap_text(found.swaps[0])}.{level}"
    shown = found.breaking[:FIRST_FEW]
    more = len(found.breaking) - len(shown)
    named = "; ".join(map(_swap_text, shown)) + (f"; and {more} more pairs swap" if more else "")
    best = found.ties[0]
    keeps = not any(swap.better in best for swap in found.breaking)
    stays = f" {' and '.join(best)} {'stay' if len(best) > 1 else 'stays'} best." if keeps else ""
    return f"{order} does not hold under every single change of {by}: {named}.{stays}{level}"


def _some(names: Sequence[str]) -> str:
    """Name the first few."""
    more = len(names) - FIRST_FEW
    if more > 0:
        return f"{', '.join(names[:FIRST_FEW])} or {more} more"
    return " or ".join(names)


def _swap_text(swap: Swap) -> str:
    way = "falls" if swap.change < 0 else "rises"
    by = f"{digits(100 * abs(swap.change))} %"
    return f"{swap.better} and {swap.worse} swap when {swap.price} {way} by {by}"


def prices_table(found: Robustness, measure: str, group: str | None) -> Table:
    """Show every price: what the best row pays at it, and the first swap on either side."""
    best = found.rows[0]
    rows = []
    for price in found.prices:
        falls, rises = (found.first_swap(price, direction) for direction in (-1, 1))
        near = [s for s in (falls, rises) if s and abs(s.change) <= found.change]
        rows.append(
            (
                price,
                percent(best.paid.get(price, 0.0) / (best.figure or 1.0)),
                *_cells(falls),
                *_cells(rises),
                "no" if near else "yes",
            )
        )
    by = f"{100 * found.change:g} %"
    return Table(
        title=f"order by {measure} of {group or 'all'} layers: {order_text(found)}",
        headings=(
            "price",
            f"share of\n{best.label}",
            "first swap\nas it falls",
            "of",
            "first swap\nas it rises",
            "of",
            f"holds\nwithin {by}",
        ),
        rows=tuple(rows),
    )


def _cells(swap: Swap | None) -> tuple[str, str]:
    if swap is None:
        return NOTHING, ""
    sign = "-" if swap.change < 0 else "+"
    return f"{sign}{digits(100 * abs(swap.change))} %", f"{swap.better}, {swap.worse}"


def robustness_data(found: Robustness, group: str | None) -> dict[str, Any]:
    """Return a robustness as JSON data."""
    return {
        "objective": found.objective,
        "group": group or "all",
        "change": found.change,
        "order": list(found.order),
        "ties": [list(labels) for labels in found.ties],
        "parting": [
            {"rows": [one, other], "prices": list(prices)} for one, other, prices in found.parting
        ],
        "holds": found.holds,
        "sentence": sentence(found),
        "prices": [
            {
                "price": price,
                "paid": {row.label: row.paid.get(price, 0.0) for row in found.rows},
                "order_fallen": list(found.at(price, -found.change)),
                "order_risen": list(found.at(price, found.change)),
            }
            for price in found.prices
        ],
        "swaps": [asdict(swap) for swap in found.swaps],
    }
