"""Whether a ranking hangs on one price of the energy table: exact, for energy is linear in each.

The counts are kept; one price changes at a time, by a factor 1 + x.  A row's energy is then
``T + x * E``, E being what the row pays at that price, and two rows are level where
``x = -(T1 - T2) / (E1 - E2)``: a division, not a search.  The objective multiplies energy by
seconds, or leaves it out, so that what is ranked is linear in x too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import fsum, isclose

from accelsim.evaluation.energies import gated_energies, level_names
from accelsim.evaluation.packing import leakage_rates
from accelsim.evaluation.prices import priced_parts
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.objectives import objective_named
from accelsim.network.records import NetworkResult
from accelsim.technology.records import ACTIONS

ROUNDING = 1e-9
"""Relative: sums of the same numbers in another order differ by less."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row that is ranked; ``figure`` is what the objective makes small.

    ``paid`` is the part of the figure that grows with each price, by the price's name.
    """

    label: str
    figure: float
    paid: dict[str, float]

    def at(self, price: str, change: float) -> float:
        """Return the figure where a price has changed by a share (0.3 is 30 % more)."""
        return self.figure + change * self.paid.get(price, 0.0)


@dataclass(frozen=True, slots=True)
class Swap:
    """The ``change`` of a price (a share, not below -1) at which two rows are level.

    Until there, ``better`` is the better one.
    """

    better: str
    worse: str
    price: str
    change: float


@dataclass(frozen=True)
class Robustness:
    """The rows in order, best first, and where the order breaks.

    Attributes
    ----------
    change : the share by which every price is changed in turn
    """

    rows: tuple[Ranked, ...]
    objective: str
    change: float

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(row.label for row in self.rows)

    @cached_property
    def prices(self) -> tuple[str, ...]:
        """The prices that any row pays, in the order in which rows meet them."""
        return tuple(dict.fromkeys(price for row in self.rows for price in row.paid))

    @cached_property
    def ties(self) -> tuple[tuple[str, ...], ...]:
        """The order, rows that are equal together."""
        found: list[list[Ranked]] = []
        for row in self.rows:
            if found and _alike(found[-1][0].figure, row.figure):
                found[-1].append(row)
            else:
                found.append([row])
        return tuple(tuple(row.label for row in group) for group in found)

    @cached_property
    def swaps(self) -> tuple[Swap, ...]:
        """Every change of one price that makes two rows level, the smallest change first."""
        found = [
            Swap(better.label, worse.label, price, change)
            for better, worse in combinations(self.rows, 2)
            for price in self.prices
            for change in [swap_point(better, worse, price)]
            if change is not None
        ]
        return tuple(sorted(found, key=lambda swap: abs(swap.change)))

    @property
    def breaking(self) -> tuple[Swap, ...]:
        """The swaps within ``change``: the first of each pair of rows, smallest first."""
        first: dict[tuple[str, str], Swap] = {}
        for swap in self.swaps:
            if abs(swap.change) <= self.change:
                first.setdefault((swap.better, swap.worse), swap)
        return tuple(first.values())

    @property
    def holds(self) -> bool:
        """Whether no change of one price by up to ``change`` swaps rows that are not level.

        Level rows have no order that could break; :attr:`parting` names those that a change parts.
        """
        return not self.breaking

    @cached_property
    def parting(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The pairs of level rows that any change of a price parts, with these prices."""
        found = []
        for one, other in combinations(self.rows, 2):
            prices = tuple(p for p in self.prices if not _alike(one.paid.get(p), other.paid.get(p)))
            if _alike(one.figure, other.figure) and prices:
                found.append((one.label, other.label, prices))
        return tuple(found)

    def first_swap(self, price: str, direction: int) -> Swap | None:
        """Return the first swap as a price falls (-1) or rises (1), however far."""
        return next((s for s in self.swaps if s.price == price and s.change * direction > 0), None)

    def at(self, price: str, change: float) -> tuple[str, ...]:
        """Return the order where a price has changed by a share."""
        return tuple(row.label for row in sorted(self.rows, key=lambda row: row.at(price, change)))


def _alike(one: float | None, other: float | None) -> bool:
    """Tell whether two sums are the same number; what is not paid is 0."""
    return isclose(one or 0.0, other or 0.0, rel_tol=ROUNDING)


def swap_point(better: Ranked, worse: Ranked, price: str) -> float | None:
    """Return the change of a price at which two rows are level; None if there is none.

    A price cannot fall below zero; rows that are level as it is do not swap, but may part.

    >>> one, other = Ranked("one", 10.0, {"p": 8.0}), Ranked("other", 12.0, {"p": 3.0})
    >>> swap_point(one, other, "p")  # 10 + 8 * 0.4 = 12 + 3 * 0.4
    0.4
    """
    paid = better.paid.get(price, 0.0), worse.paid.get(price, 0.0)
    if _alike(better.figure, worse.figure) or _alike(*paid):
        return None
    change = (worse.figure - better.figure) / (paid[0] - paid[1])
    return change if change >= -1 else None


def robustness(
    rows: Sequence[NetworkResult], objective: str, change: float, group: str | None = None
) -> Robustness:
    """Rank rows that lack no layer, and split what each pays by the price it pays it at.

    Parameters
    ----------
    rows : results of one network in energies of one unit
    objective : what is ranked
    change : share by which each price is changed
    group : only the layers of this group
    """
    several = len({row.technology for row in rows}) > 1
    goal = objective_named(objective)
    ranked = []
    for row in rows:
        paid: defaultdict[str, list[float]] = defaultdict(list)
        for entry in row.layers:
            if entry.evaluation is not None and group in (None, entry.layer.group):
                for price, energy in paid_by_price(entry.evaluation, several).items():
                    paid[price].append(energy)
        totals = row.totals(group)
        # Linear in energy: what a unit of it adds.
        weight = goal.figure(1.0, totals.seconds) if goal.energy_power else 0.0
        figure = goal.figure(totals.energy_total, totals.seconds)
        amounts = {price: weight * fsum(energies) for price, energies in paid.items()}
        ranked.append(Ranked(row.label, figure, {p: its for p, its in amounts.items() if its}))
    return Robustness(tuple(sorted(ranked, key=lambda row: row.figure)), objective, change)


def paid_by_price(evaluation: Evaluation, name_table: bool = False) -> dict[str, float]:
    """Return the energy of one layer by the price that it is paid at; together it is the whole.

    Prices of a table are named ``component.action``, as the table states them (``access`` stands
    for all the actions that it does not price by themselves); those that a machine states itself
    ``machine.level.action``.  What is gated is paid at ``component.action.gated``, or at the
    ``machine.level.gated`` that a machine states.  Leakage has a price of its own for each level.
    """
    arch, table = evaluation.arch, evaluation.prices.table
    paid: defaultdict[str, float] = defaultdict(float)
    levels = level_names(arch)
    spent = evaluation.energy_array.sum(axis=1)
    prefix = f"{table.name}: " if name_table else ""
    gated = gated_energies(evaluation)
    for part, actions in priced_parts(arch):
        by_size = table.curves.get(part.component, {})
        known = {*table.prices.get(part.component, {}), *by_size}
        for action in actions:
            spared = gated.get((part.name, action), 0.0)
            energy = float(spent[levels.index(part.name), ACTIONS.index(action)]) - spared
            if energy < ROUNDING * spared:
                energy = 0.0
            stated = _stated_as(action, part.energy)
            if stated:
                paid[f"{arch.name}.{part.name}.{stated}"] += energy
            else:
                paid[f"{prefix}{part.component}.{_stated_as(action, known) or action}"] += energy
            if "gated" in part.energy:
                paid[f"{arch.name}.{part.name}.gated"] += spared
            else:
                paid[f"{prefix}{part.component}.{action}.gated"] += spared
    leaking = evaluation.cycles - arch.latency_cycles
    rates = leakage_rates(arch, evaluation.instances, evaluation.conventions)
    for name, rate in rates.items():
        paid[f"{arch.name}.{name}.leakage"] += leaking * rate
    whole, total = fsum(paid.values()), evaluation.energy_total
    assert isclose(whole, total, rel_tol=ROUNDING), f"prices add up to {whole}, not to {total}"
    return {price: energy for price, energy in paid.items() if energy}


def _stated_as(action: str, prices: Container[str]) -> str:
    """Return the word under which prices state an action; empty if they do not."""
    words = (action, "access") if action in ("read", "fill", "update", "drain") else (action,)
    return next((word for word in words if word in prices), "")
