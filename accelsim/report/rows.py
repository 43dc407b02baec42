"""What can be said of the rows of a comparison: what they lack, which is best."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

from accelsim.mapper.objectives import objective_named
from accelsim.network.records import LayerResult, NetworkResult, Totals

ROUNDING = 1e-9
"""Relative: sums of the same numbers in another order differ by less."""


def measure(totals: Totals, objective: str) -> float:
    """Return what ``objective`` makes small, time in seconds."""
    return objective_named(objective).figure(totals.energy_total, totals.seconds)


def layers_of(row: NetworkResult, group: str | None) -> tuple[LayerResult, ...]:
    """Return the results of the layers of ``group``, of all layers for None."""
    return tuple(result for result in row.layers if group in (None, result.layer.group))


def unmapped(row: NetworkResult, group: str | None = None) -> tuple[LayerResult, ...]:
    """Return the layers of ``group`` for which there is no mapping."""
    return tuple(result for result in layers_of(row, group) if result.evaluation is None)


def best(rows: Sequence[NetworkResult], group: str | None, objective: str) -> int | None:
    """Return the index of the best row, or None if no row is complete.

    A row that lacks a layer does less work than the others, so it is never ranked.  Rows equal in
    the objective are told apart by what breaks its ties (the time, or for ``latency`` the energy);
    of rows equal in that too, the first wins.
    """
    totals = {
        index: row.totals(group)
        for index, row in enumerate(rows)
        if layers_of(row, group) and not unmapped(row, group)
    }
    tie = objective_named(objective).tie
    for figures in (
        {index: measure(its, objective) for index, its in totals.items()},
        {i: its.energy_total if tie == "energy" else its.seconds for i, its in totals.items()},
    ):
        least = min((figures[index] for index in totals), default=0.0)
        totals = {
            index: its
            for index, its in totals.items()
            if isclose(figures[index], least, rel_tol=ROUNDING)
        }
    return next(iter(totals), None)
