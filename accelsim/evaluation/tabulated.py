"""An estimator's answers about one machine, written down as an energy table.

A table can be saved with a result and priced again without the estimator.
"""

from __future__ import annotations

from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError
from accelsim.evaluation.prices import attributes_of, priced_parts
from accelsim.technology.estimators.contract import Estimator, Price
from accelsim.technology.estimators.curves import Curve, Point
from accelsim.technology.records import EnergyTable

BETWEEN = "a line between the sizes that the estimator was asked for"


def tabulated(estimator: Estimator, arch: Architecture, name: str, unit: str = "pJ") -> EnergyTable:
    """Ask an estimator for every price that a machine needs.

    What it does not know is left out, and refused by name where the table is used.  Memories of one
    class and several sizes become a curve with those sizes as its points.

    Raises
    ------
    SpecError
        If memories of one class and size have different prices, as by the widths of their blocks.
        If those of several sizes have prices for different widths, or parts that no width changes:
        a curve has neither.
    """
    asked: dict[tuple[str, str], dict[int | None, Price]] = {}
    for part, actions in priced_parts(arch):
        attributes = attributes_of(part)
        for action in actions:
            price = estimator.estimate(part.component, attributes, action)
            if price is None:
                continue
            known = asked.setdefault((part.component, action), {})
            if known.setdefault(attributes.size_bits, price) != price:
                what = f"'{part.component}' of one size has two prices for '{action}'"
                hint = "give them components of different names"
                raise SpecError([Problem(f"{what} on {arch.name}", hint=hint)])
    prices: dict[str, dict[str, Price]] = {}
    curves: dict[str, dict[str, Curve]] = {}
    for (component, action), by_size in asked.items():
        if len(by_size) == 1:
            prices.setdefault(component, {})[action] = next(iter(by_size.values()))
            continue
        points = tuple(
            Point(size, price.energy, price.source, price.assumed, price.label)
            for size, price in sorted(by_size.items(), key=lambda item: item[0] or 0)
            if size is not None
        )
        widths = {price.width_bits for price in by_size.values()}
        if len(widths) > 1 or any(price.fixed for price in by_size.values()):
            what = f"'{component}' of several sizes has no one width for '{action}' on {arch.name}"
            raise SpecError([Problem(what, hint="give them components of different names")])
        curves.setdefault(component, {})[action] = Curve(
            points, BETWEEN, assumed=True, width_bits=widths.pop()
        )
    return EnergyTable(name, unit, prices, curves=curves)
