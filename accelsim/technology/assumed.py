"""What an energy table takes for granted."""

from __future__ import annotations

from collections.abc import Iterator

from accelsim.technology.estimators.curves import EXTRAPOLATED, Curve
from accelsim.technology.records import EnergyTable
from accelsim.units import size_text


def assumed_numbers(table: EnergyTable) -> Iterator[str]:
    """Yield a line for every number of a table that is assumed, or only remembered."""
    for component, actions in table.prices.items():
        for action, price in actions.items():
            if price.assumed:
                yield f"{component}.{action} = {price.energy:g} {table.unit}: {price.source}"
    for component, curves in table.curves.items():
        for action, curve in curves.items():
            yield from _of_curve(f"{component}.{action}", curve, table.unit)
    for component, operations in table.macs.items():
        for action, parts in operations.items():
            for name, price in (("multiplier", parts.multiplier), ("adder", parts.adder)):
                if price.assumed:
                    yield (
                        f"{name} of {component}.{action} = {price.energy:g} {table.unit}: "
                        f"{price.source}"
                    )
    for component, compound in table.compounds.items():
        if compound.assumed:
            yield f"compound {component}: {compound.source}"
    for component, area in table.areas.items():
        if area.assumed:
            yield f"area of {component} = {area.um2:g} um2: {area.source}"
    for component, curve in table.area_curves.items():
        yield from _of_curve(f"area of {component}", curve, "um2")


def _of_curve(name: str, curve: Curve, unit: str) -> Iterator[str]:
    for point in curve.points:
        if point.assumed:
            yield f"{name} at {size_text(point.size_bits)} = {point.value:g} {unit}: {point.source}"
    if curve.assumed:
        yield f"{name} between its points: {curve.source}"
    for end, point in ((curve.below, curve.points[0]), (curve.above, curve.points[-1])):
        if end == EXTRAPOLATED:
            side = "below" if point is curve.points[0] else "above"
            yield f"{name} {side} {size_text(point.size_bits)}: extrapolated"
