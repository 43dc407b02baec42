"""The points of a sweep that a figure shows: what differs among them, and which are best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from accelsim.errors import Problem, UsageError
from accelsim.explore.parameters import quantity
from accelsim.explore.records import DONE, Row
from accelsim.report import quantities
from accelsim.report.sweep_export import IDENTITY
from accelsim.report.sweeps import ALIASES, DRAWN, SweepResult
from accelsim.specs.fields import one_of, suggestion

MORE_IS_BETTER = frozenset({"utilization"})

OF_ANY_WORKLOAD = frozenset({"energy_per_mac", "utilization", "area_mm2", "pes"})
"""Figures that can be compared from one workload to another."""

WORKLOAD = "workload"

UNSET = "as it is"
"""What stands for a value that a point does not set: that of its spec."""


@dataclass(frozen=True)
class Measure:
    """A figure of points as an axis shows it.

    ``label`` names it with its unit; ``scale`` is what a value is multiplied by to be in that unit.
    """

    name: str
    label: str
    scale: float

    @property
    def more_is_better(self) -> bool:
        return self.name in MORE_IS_BETTER

    def of(self, row: Row) -> float:
        """Return the value of a point in the unit of the label."""
        return float(row.figures[self.name]) * self.scale

    def rank(self, row: Row) -> tuple[float, str]:
        """Return what sorts points, the best first."""
        value = float(row.figures[self.name])
        return -value if self.more_is_better else value, row.key


@dataclass(frozen=True)
class Points:
    """Points of a sweep; at least one is done, and their energies have one unit.

    Attributes
    ----------
    done, undone : tuple of Row
        Those that have figures, and those that are impossible or failed.
    """

    done: tuple[Row, ...]
    undone: tuple[Row, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What differs among the points: machine, dataflow and the like, then paths."""
        every = (*self.done, *self.undone)
        paths = dict.fromkeys(path for row in every for path in row.parameters)
        named = [*(name for name in IDENTITY if name not in paths), *paths]
        return tuple(name for name in named if len({choice(row, name) for row in every}) > 1)

    @property
    def unit(self) -> str:
        """Return the unit of the energies."""
        return str(self.done[0].figures["energy_unit"])

    @property
    def title(self) -> str:
        """Return what all points have in common."""
        first = self.done[0].identity
        same = {name for name in IDENTITY if name not in self.names and first[name]}
        work = first[WORKLOAD] if WORKLOAD in same else ""
        machine = first["architecture"] if "architecture" in same else ""
        flow = f", {first['dataflow']}" if "dataflow" in same else ""
        return f"{' on '.join(filter(None, (work, machine)))}{flow}".removeprefix(", ")

    @property
    def varied(self) -> tuple[str, ...]:
        """What has several values among the points, but their workloads."""
        several = (name for name in self.names if len(self._values(name)) > 1)
        return tuple(name for name in several if name != WORKLOAD)

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of what differs in order, numbers by what they are worth.

        Points that do not set a path have no value of it.

        Raises
        ------
        UsageError
            If nothing of that name differs.
        """
        found = self._values(name)
        if len(found) > 1:
            return found
        if found:
            text = f"'{name}' has only one value here: {found[0] or 'none'}"
            raise UsageError(Problem(text, expected="what differs among the points"))
        known = list(self.names)
        raise UsageError(
            Problem(
                f"'{name}' is not varied here",
                expected=one_of(known) if known else "a sweep whose points differ",
                hint=suggestion(name, known),
            )
        )

    def _values(self, name: str) -> tuple[str, ...]:
        every = (*self.done, *self.undone)
        return in_order(its for row in every if (its := choice(row, name)) is not None)

    def only(self, workload: str) -> Points:
        """Return the points of one workload.

        Raises
        ------
        UsageError
            If there is none of that name that is done.
        """
        known = in_order(row.identity[WORKLOAD] for row in self.done)
        if workload not in known:
            text = f"no point of the workload '{workload}' is done"
            raise UsageError(
                Problem(text, expected=one_of(known), hint=suggestion(workload, known))
            )
        done, undone = (
            tuple(row for row in rows if row.identity[WORKLOAD] == workload)
            for rows in (self.done, self.undone)
        )
        return Points(done, undone)

    def measure(self, name: str, along: Sequence[str] = ()) -> Measure:
        """Return a figure as an axis shows it.

        Parameters
        ----------
        along : what the figure shows apart, and does not compare

        Raises
        ------
        UsageError
            If there is no such figure, no point has it, or workloads differ in what it counts.
        """
        name = ALIASES.get(name, name)
        if name not in DRAWN:
            expected, close = one_of(DRAWN), suggestion(name, [*DRAWN, *ALIASES])
            raise UsageError(Problem(f"no figure '{name}'", expected=expected, hint=close))
        values = [row.figures[name] for row in self.done if row.figures[name] is not None]
        if not values:
            raise UsageError(Problem(f"nothing to draw: no point knows its {name}"))
        if WORKLOAD in self.names and name not in OF_ANY_WORKLOAD and WORKLOAD not in along:
            works = in_order(row.identity[WORKLOAD] for row in self.done)
            text = f"'{name}' cannot be compared between workloads: {', '.join(works)}"
            figures = ", ".join(sorted(OF_ANY_WORKLOAD))
            hint = f"choose one with --workload, a sweep with --sweep, or a figure of {figures}"
            raise UsageError(Problem(text, hint=hint))
        return Measure(name, *_scaled(name, median(values), self.unit))

    def with_figure(self, measure: Measure) -> tuple[Row, ...]:
        """Return the points that have a figure, the best first."""
        known = (row for row in self.done if row.figures[measure.name] is not None)
        return tuple(sorted(known, key=measure.rank))


def points_of(result: SweepResult, workload: str = "") -> Points:
    """Return the points of a sweep, or those of one of its workloads.

    Raises
    ------
    UsageError
        If none of them is done, or energies have different units.
    """
    rows = list(result.points())
    done = tuple(row for row in rows if row.status == DONE)
    if not done:
        hint = f"accelsim sweep show {result.store} says why" if rows else ""
        raise UsageError(Problem("nothing to draw: no point is done", hint=hint))
    points = Points(done, tuple(row for row in rows if row.status != DONE))
    points = points.only(workload) if workload else points
    units = {str(row.figures["energy_unit"]) for row in points.done}
    if len(units) > 1:
        text = f"energies in different units: {', '.join(sorted(units))}"
        raise UsageError(Problem(text, hint="--sweep draws one sweep of a store"))
    return points


def choice(row: Row, name: str) -> str | None:
    """Return what a point has of a path, or of what names it; None if it does not set that path."""
    return row.parameters.get(name, row.identity.get(name))


def said(row: Row, names: Iterable[str]) -> str:
    """Return the values of a point in words."""
    values = (choice(row, name) for name in names)
    return ", ".join(UNSET if value is None else value or "unconstrained" for value in values)


def in_order(values: Iterable[str]) -> tuple[str, ...]:
    """Return different values: numbers by what they are worth, then words.

    >>> in_order(["1MiB", "64KiB", "rs", "512KiB", "64KiB"])
    ('64KiB', '512KiB', '1MiB', 'rs')
    """
    worths = {value: quantity(value) for value in values}

    def rank(value: str) -> tuple[bool, object, str]:
        worth = worths[value]
        return worth is None, 0 if worth is None else worth, value

    return tuple(sorted(worths, key=rank))


def _scaled(name: str, middle: float, unit: str) -> tuple[str, float]:
    """Return what an axis says of a figure, and the scale of that unit."""
    match name:
        case "energy_per_mac":
            return f"energy per MAC ({'one 16-bit MAC = 1' if unit == 'MAC' else unit})", 1.0
        case "utilization":
            return "utilisation (%)", 100.0
        case "area_mm2":
            return "area (mm²)", 1.0
        case "cycles":
            exponent = quantities.shared_exponent([middle])
            return (f"cycles (10^{exponent})" if exponent else "cycles"), 10.0**-exponent
        case "seconds":
            exponent = quantities.shared_exponent([middle])
            return f"time ({quantities.scaled_unit('s', exponent)})", 10.0**-exponent
    factor, named = quantities.in_joules(1.0, unit)
    exponent = quantities.shared_exponent([middle * factor])
    seconds = " s" if name == "edp" else ""
    label = f"{'EDP' if seconds else 'energy'} ({quantities.scaled_unit(named, exponent)}{seconds})"
    return label, factor * 10.0**-exponent
