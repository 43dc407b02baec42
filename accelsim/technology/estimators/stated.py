"""Prices stated one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from accelsim.technology.estimators.contract import Attributes, Price, without_kind

IN_ACCESS = ("read", "update", "fill", "drain")
"""What ``access`` stands for."""

T = TypeVar("T")


def said_of(actions: Mapping[str, T], action: str) -> T | None:
    """Return what is said of an action; ``access`` stands for what is not spelt out, kind by kind.

    >>> said_of({"read": 1, "access": 2, "access.gated": 3}, "update.gated")
    3
    """
    found = actions.get(without_kind(action))
    base, dot, kind = action.partition(".")
    if found is None and base in IN_ACCESS:
        return actions.get(without_kind(f"access{dot}{kind}"))
    return found


@dataclass(frozen=True)
class Stated:
    """Prices by component and action; ``access`` stands for what it does not price by itself."""

    prices: Mapping[str, Mapping[str, Price]]

    def estimate(self, component: str, _attributes: Attributes, action: str) -> Price | None:
        """Return the price, or None if the table lacks it."""
        return said_of(self.prices.get(component, {}), action)
