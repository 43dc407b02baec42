"""Points of a sweep as tables of a page, with numbers to sort by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import median

from accelsim.explore.parameters import quantity
from accelsim.explore.records import Row
from accelsim.report import quantities
from accelsim.report.page import Cell, Grid, cell_of
from accelsim.report.quantities import digits, percent
from accelsim.report.sweep_points import UNSET, Points, choice
from accelsim.report.tables import NOTHING

SIGNIFICANT = 5
"""Digits of figures: neighbours may differ by little."""

FRONT_SIGN = "●"


def point_grid(
    points: Points,
    rows: Sequence[Row],
    title: str,
    numbers: Mapping[str, int],
    front: Collection[str],
    *,
    tall: bool = False,
) -> Grid:
    """Return points under what differs among all of them.

    Parameters
    ----------
    numbers : key -> number of a point
    front : keys of the points that no other beats in energy and time
    """
    names = points.names
    scaled, unit = quantities.in_joules(1.0, points.unit)
    energy = _scale(row.figures["energy"] * scaled for row in points.done)
    edp = _scale(row.figures["edp"] * scaled for row in points.done)
    time = _scale(row.figures["seconds"] for row in points.done)
    areas = any(row.figures.get("area_mm2") is not None for row in points.done)
    unproved = not all(row.figures.get("proved") for row in points.done)
    headings = (
        "#",
        *names,
        f"energy\n{quantities.scaled_unit(unit, energy)}",
        f"energy\n{'' if points.unit == 'MAC' else points.unit}/MAC",
        "cycles",
        f"time\n{quantities.scaled_unit('s', time)}",
        "util.",
        f"EDP\n{quantities.scaled_unit(f'{unit} s', edp)}",
        *(["area\nmm²"] if areas else []),
        *(["proved"] if unproved else []),
        "front",
    )

    def cells(row: Row) -> tuple[Cell, ...]:
        its = row.figures
        per_mac, area = its["energy_per_mac"], its.get("area_mm2")
        return (
            Cell(f"{numbers[row.key]}", numbers[row.key]),
            *(_value(choice(row, name)) for name in names),
            _figure(its["energy"] * scaled, energy),
            Cell(NOTHING) if per_mac is None else _figure(per_mac),
            Cell(quantities.whole(its["cycles"]), its["cycles"]),
            _figure(its["seconds"], time),
            cell_of(percent(its["utilization"])),
            _figure(its["edp"] * scaled, edp),
            *([Cell(NOTHING) if area is None else _figure(area)] if areas else []),
            *([Cell("yes" if its.get("proved") else "no")] if unproved else []),
            Cell(FRONT_SIGN, 1) if row.key in front else Cell(""),
        )

    return Grid(title, headings, tuple(map(cells, rows)), names=1 + len(names), tall=tall)


def parameter_grid(points: Points, figure: str) -> Grid:
    """Return a line for each value of each parameter: what the points that have it reach."""
    measure = points.measure(figure)
    best_of_all = measure.of(points.with_figure(measure)[0])
    rows = []
    for name in points.varied:
        for value in points.values(name):
            having = [row for row in points.done if choice(row, name) == value]
            undone = sum(choice(row, name) == value for row in points.undone)
            reached = sorted(measure.of(row) for row in having if row.figures[figure] is not None)
            best, middle = (reached[0], median(reached)) if reached else (None, None)
            rows.append(
                (
                    Cell(name),
                    _value(value),
                    _ratio(best, best_of_all),
                    _ratio(middle, best_of_all),
                    _figure(best),
                    _figure(middle),
                    Cell(f"{len(having):,}", len(having)),
                    Cell(f"{undone:,}", undone),
                )
            )
    headings = (
        "parameter",
        "value",
        "best\nover the best of all",
        "median\nover the best of all",
        f"best\n{measure.label}",
        f"median\n{measure.label}",
        "points",
        "not done",
    )
    return Grid("what each value allows", headings, tuple(rows), names=2)


def _scale(values: object) -> int:
    return quantities.shared_exponent(values)  # type: ignore[arg-type]


def _figure(value: float | None, exponent: int = 0) -> Cell:
    if value is None:
        return Cell(NOTHING)
    text = digits(value / 10.0**exponent, SIGNIFICANT)
    return Cell(text, float(text))


def _ratio(value: float | None, best: float) -> Cell:
    return Cell(NOTHING) if value is None or not best else _figure(value / best)


def _value(text: str | None) -> Cell:
    """Return the value of a parameter; numbers sort by what they are worth."""
    if text is None:
        return Cell(UNSET)
    worth = quantity(text)
    return Cell(text or NOTHING, None if worth is None else float(worth))
