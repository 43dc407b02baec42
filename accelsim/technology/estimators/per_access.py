"""Prices of physical accesses, whatever their width."""

from __future__ import annotations

from dataclasses import dataclass, replace

from accelsim.technology.estimators.contract import Attributes, Estimator, Price


@dataclass(frozen=True)
class PerAccess:
    """Another estimator, whose prices without a width are each for one whole access."""

    estimator: Estimator

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the other's price, for the width of an access where it says none."""
        price = self.estimator.estimate(component, attributes, action)
        if price is None or price.width_bits is not None:
            return price
        return replace(price, width_bits=attributes.access_bits)
