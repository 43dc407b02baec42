"""Whole tables at another process node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from accelsim.technology.estimators.macs import MacParts
from accelsim.technology.estimators.scaled import Scaled
from accelsim.technology.records import EnergyTable

T = TypeVar("T")


def scaled_table(table: EnergyTable, scaled: Scaled) -> EnergyTable:
    """Return a table whose every energy is scaled; areas are left out, for energies say nothing."""

    def parts(component: str, its: MacParts) -> MacParts:
        multiplier, adder = (
            scaled.price(component, price) for price in (its.multiplier, its.adder)
        )
        return MacParts(multiplier, adder)

    return replace(
        table,
        prices=_each(table.prices, scaled.price),
        curves=_each(table.curves, scaled.curve),
        macs=_each(table.macs, parts),
        areas={},
        area_curves={},
    )


def _each(
    entries: Mapping[str, Mapping[str, T]], change: Callable[[str, T], T]
) -> dict[str, dict[str, T]]:
    return {
        component: {action: change(component, entry) for action, entry in actions.items()}
        for component, actions in entries.items()
    }
