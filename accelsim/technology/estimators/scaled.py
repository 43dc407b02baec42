"""Energies of one process node as those of another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import log

from accelsim.technology.estimators.contract import Attributes, Estimator, Price
from accelsim.technology.estimators.curves import Curve, Point


@dataclass(frozen=True)
class NodeRule:
    """The energy of one circuit at several nodes; others are taken to scale as it does.

    ``energies[i]`` is (node in nm, energy), in order of nodes.  Between nodes the rule is a power
    law; beyond them it says nothing.
    """

    energies: tuple[tuple[float, float], ...]
    source: str
    assumed: bool = False

    def factor(self, from_nm: float, to_nm: float) -> float | None:
        """Return energy at ``to_nm`` over energy at ``from_nm``; None beyond the nodes."""
        start, end = self._energy(from_nm), self._energy(to_nm)
        return None if start is None or end is None else end / start

    def _energy(self, node_nm: float) -> float | None:
        for node, energy in self.energies:
            if node == node_nm:
                return energy
        for (left, low), (right, high) in pairwise(self.energies):
            if left < node_nm < right:
                part = log(node_nm / left) / log(right / left)
                return float(low * (high / low) ** part)
        return None


@dataclass(frozen=True)
class Scaled:
    """Another estimator, its energies times a factor; ``unscaled`` components keep theirs."""

    estimator: Estimator
    factor: float
    source: str
    assumed: bool = False
    unscaled: frozenset[str] = frozenset()

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the scaled price; None where the other estimator knows none."""
        price = self.estimator.estimate(component, attributes, action)
        return None if price is None else self.price(component, price)

    def price(self, component: str, price: Price) -> Price:
        """Return a price of the other estimator, scaled."""
        if component in self.unscaled:
            return price
        return replace(
            price,
            energy=price.energy * self.factor,
            fixed=price.fixed * self.factor,
            source=f"{price.source}; {self.source}",
            assumed=price.assumed or self.assumed,
            label="derived" if price.label else "",
        )

    def curve(self, component: str, curve: Curve) -> Curve:
        """Return a curve of the other estimator, scaled."""
        if component in self.unscaled:
            return curve

        def moved(point: Point) -> Point:
            price = Price(point.value, point.source, point.assumed, label=point.label)
            its = self.price(component, price)
            return Point(point.size_bits, its.energy, its.source, its.assumed, its.label)

        return replace(
            curve,
            points=tuple(map(moved, curve.points)),
            source=f"{curve.source}; {self.source}",
            assumed=curve.assumed or self.assumed,
        )
