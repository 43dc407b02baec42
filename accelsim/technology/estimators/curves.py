"""Energy and area of a memory as a function of its size: straight lines between given points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from accelsim.technology.estimators.contract import Attributes, Price
from accelsim.technology.estimators.stated import said_of
from accelsim.units import size_text

REFUSED, EXTRAPOLATED = "refused", "extrapolated"
ENDS = (REFUSED, EXTRAPOLATED)
"""What a curve says of sizes beyond its points."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a size, with where it comes from."""

    size_bits: int
    value: float
    source: str
    assumed: bool = False
    label: str = ""


class Found(NamedTuple):
    """A value on a curve."""

    value: float
    source: str
    assumed: bool
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Straight lines between points in order of size; beyond them as ``below`` and ``above`` say.

    ``source`` is that of the lines.  A value beyond the points is assumed, whatever the curve's
    source is.
    """

    points: tuple[Point, ...]
    source: str
    assumed: bool = False
    below: str = REFUSED
    above: str = REFUSED
    width_bits: int | None = None

    def at(self, size_bits: int) -> Found | None:
        """Return the value at a size; None beyond ends that refuse, or where a line is below 0."""
        for point in self.points:
            if point.size_bits == size_bits:
                return Found(point.value, point.source, point.assumed, point.label)
        small, large = self.points[0], self.points[-1]
        if size_bits < small.size_bits or size_bits > large.size_bits:
            return self._beyond(size_bits)
        for left, right in pairwise(self.points):
            if left.size_bits < size_bits < right.size_bits:
                where = f"{size_text(left.size_bits)} and {size_text(right.size_bits)}"
                said = f"{self.source}: at {size_text(size_bits)}, between {where}"
                return Found(_on_line(left, right, size_bits), said, self.assumed, "derived")
        raise AssertionError("points are in order of size")

    def _beyond(self, size_bits: int) -> Found | None:
        if not self._continues(size_bits):
            return None
        under = size_bits < self.points[0].size_bits
        left, right = self.points[:2] if under else self.points[-2:]
        value = _on_line(left, right, size_bits)
        end = self.points[0 if under else -1]
        said = (
            f"extrapolated to {size_text(size_bits)} from {size_text(end.size_bits)}; {self.source}"
        )
        return Found(value, said, True, "") if value >= 0 else None

    def _continues(self, size_bits: int) -> bool:
        """Tell whether the line at an end goes on as far as a size beyond it."""
        under = size_bits < self.points[0].size_bits
        return (self.below if under else self.above) != REFUSED and len(self.points) > 1

    def gap(self, size_bits: int | None) -> str:
        """Return why there is no value at a size."""
        if size_bits is None:
            return "it depends on the size, which the level does not state"
        if self._continues(size_bits):
            return f"its last line falls below 0 before {size_text(size_bits)}"
        ends = f"{size_text(self.points[0].size_bits)} to {size_text(self.points[-1].size_bits)}"
        return f"its curve goes from {ends}; the level has {size_text(size_bits)}"


def _on_line(left: Point, right: Point, size_bits: int) -> float:
    part = (size_bits - left.size_bits) / (right.size_bits - left.size_bits)
    return left.value + (right.value - left.value) * part


@dataclass(frozen=True)
class Curves:
    """Energies by component and action, each a function of size."""

    curves: Mapping[str, Mapping[str, Curve]]

    def curve(self, component: str, action: str) -> Curve | None:
        """Return the curve of an action; ``access`` stands for what has none of its own."""
        return said_of(self.curves.get(component, {}), action)

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the energy at the size of the instance; None off the curve."""
        curve = self.curve(component, action)
        if curve is None or attributes.size_bits is None:
            return None
        found = curve.at(attributes.size_bits)
        if found is None:
            return None
        return Price(found.value, found.source, found.assumed, curve.width_bits, found.label)
