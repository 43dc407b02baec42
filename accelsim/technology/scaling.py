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
    """Return a table whose every energy is scaled.

    Energies say nothing of areas: those of components that scale are left out, and listed as such.
    """

    def parts(component: str, its: MacParts) -> MacParts:
        multiplier, adder = (
            scaled.price(component, price) for price in (its.multiplier, its.adder)
        )
        return MacParts(multiplier, adder)

    left_out = [name for name in (*table.areas, *table.area_curves) if name not in scaled.unscaled]
    said = f"no area is scaled from table '{table.name}': unknown of {', '.join(left_out)}"
    return replace(
        table,
        assumptions=(*table.assumptions, *([said] if left_out else [])),
        prices=_each(table.prices, scaled.price),
        curves=_each(table.curves, scaled.curve),
        macs=_each(table.macs, parts),
        areas=_kept(table.areas, scaled),
        area_curves=_kept(table.area_curves, scaled),
    )


def _kept(areas: Mapping[str, T], scaled: Scaled) -> dict[str, T]:
    return {name: area for name, area in areas.items() if name in scaled.unscaled}


def _each(
    entries: Mapping[str, Mapping[str, T]], change: Callable[[str, T], T]
) -> dict[str, dict[str, T]]:
    return {
        component: {action: change(component, entry) for action, entry in actions.items()}
        for component, actions in entries.items()
    }
