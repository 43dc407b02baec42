"""What a search over machines can make small, and what its constraints can limit.

Energies are in the unit of the table, areas in mm2, power in mW where the table is in pJ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from accelsim.errors import Problem, UsageError, Where
from accelsim.explore.constraints import AREA, PES, Constraint, values_of
from accelsim.explore.records import DONE, Figures, Row
from accelsim.specs.fields import one_of, suggestion

POWER = "power"
UTILIZATION = "utilization"

OF_MACHINE = {AREA: "area_mm2", PES: "pes"}
"""Measure -> figure; known before anything is mapped."""

OF_RESULT = {
    "energy": "energy",
    "energy_per_mac": "energy_per_mac",
    "latency": "seconds",
    "seconds": "seconds",
    "cycles": "cycles",
    "edp": "edp",
    UTILIZATION: "utilization",
}

MEASURES = (*OF_RESULT, POWER, *OF_MACHINE)

PICOJOULES = "pJ"
MW_PER_PJ_PER_S = 1e-9


def measures_of(figures: Figures) -> dict[str, float]:
    """Return the measures of a point by name; those that it has not are not there.

    >>> measures_of({"energy": 3e9, "seconds": 0.5, "energy_unit": "pJ"})["power"]
    6.0
    """
    found = {
        name: figures[figure]
        for name, figure in (OF_RESULT | OF_MACHINE).items()
        if figures.get(figure) is not None
    }
    if figures.get("energy_unit") == PICOJOULES and figures["seconds"]:
        found[POWER] = figures["energy"] * MW_PER_PJ_PER_S / figures["seconds"]
    return found


def read_by(words: str) -> tuple[str, ...]:
    """Read ``--by``: one measure or more.

    >>> read_by("energy, area")
    ('energy', 'area')

    Raises
    ------
    UsageError
        If one is unknown or stands there twice.
    """
    names = tuple(name.strip() for name in words.split(","))
    names = tuple(AREA if name == OF_MACHINE[AREA] else name for name in names)
    where = Where(f"--by {words}")
    for name in names:
        if name not in MEASURES:
            hint = suggestion(name, MEASURES)
            raise UsageError(
                Problem(f"unknown measure '{name}'", where, name, one_of(MEASURES), hint)
            )
    figures = [(OF_RESULT | OF_MACHINE).get(name, name) for name in names]
    if len({*figures}) < len(figures):
        raise UsageError(Problem("a measure stands there twice", where))
    return names


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a search thinks of a point.

    Parameters
    ----------
    values : what is to be small, in the order of ``--by``; None if the point could not be done
    violations : by how much each constraint is violated, 0 if it holds; the last one says whether
        the point could be done
    """

    values: tuple[float, ...] | None
    violations: tuple[float, ...]

    @property
    def sound(self) -> bool:
        """Whether it was done and violates nothing."""
        return self.values is not None and not any(self.violations)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be small, and what must hold."""

    by: tuple[str, ...]
    constraints: tuple[Constraint, ...] = ()

    def verdict(self, row: Row) -> Verdict:
        """Return what to think of a point of the store."""
        if row.status != DONE:
            return self.hopeless()
        measures = measures_of(row.figures)
        known: dict[str, Fraction | float] = {**values_of(row.parameters), **measures}
        values = tuple(
            -measures[name] if name == UTILIZATION else measures[name] for name in self.by
        )
        return Verdict(values, (*(its.violation(known) for its in self.constraints), 0.0))

    def hopeless(self) -> Verdict:
        """Return what to think of a point that cannot be done, or is left out."""
        return Verdict(None, (*(0.0 for _ in self.constraints), 1.0))

    def unwanted(self, settings: Mapping[str, str]) -> Verdict | None:
        """Return what to think of a point whose settings alone violate something; else None."""
        values = values_of(settings)
        violations = [
            its.violation(values) if its.names <= {*settings} else 0.0 for its in self.constraints
        ]
        return Verdict(None, (*violations, 0.0)) if any(violations) else None


def front(found: Sequence[tuple[Row, Verdict]]) -> list[tuple[Row, Verdict]]:
    """Return the points that no other dominates, of those that are sound; by their values.

    One dominates another if it is nowhere worse and somewhere better.  Points of equal values do
    not dominate each other.
    """
    sound = sorted(
        ((row, its) for row, its in found if its.sound),
        key=lambda pair: (pair[1].values, pair[0].key),
    )
    kept: list[tuple[Row, Verdict]] = []
    for row, its in sound:  # whatever dominates it has smaller values, and came before it
        if not any(_dominates(other.values or (), its.values or ()) for _, other in kept):
            kept.append((row, its))
    return kept


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
