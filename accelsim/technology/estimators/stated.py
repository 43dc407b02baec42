"""Prices stated one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from accelsim.technology.estimators.contract import Attributes, Price, without_kind

IN_ACCESS = ("read", "update", "fill", "drain")
"""What ``access`` stands for."""


@dataclass(frozen=True)
class Stated:
    """Prices by component and action; ``access`` stands for what it does not price by itself.

    A price for a width is linear in bits for a component whose own width is known.
    """

    prices: Mapping[str, Mapping[str, Price]]

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the price, or None if the table lacks it."""
        actions = self.prices.get(component, {})
        price = actions.get(without_kind(action))
        base, dot, kind = action.partition(".")
        if price is None and base in IN_ACCESS:
            price = actions.get(without_kind(f"access{dot}{kind}"))
        if price is None or attributes.width_bits is None or price.width_bits is None:
            return price
        energy = price.energy * attributes.width_bits / price.width_bits
        return replace(price, energy=energy, width_bits=attributes.width_bits)
