"""Points of a front of energy and cycles: their figures, as a table, as data and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from accelsim.evaluation.records import Evaluation
from accelsim.mapper.objectives import OBJECTIVES
from accelsim.network.front import Front
from accelsim.network.records import NetworkResult
from accelsim.records_json import to_data
from accelsim.report import quantities
from accelsim.report.export import evaluation_data
from accelsim.report.quantities import digits, percent
from accelsim.report.tables import Table

MOST_SHOWN = 20
"""Rows of a table; of a front of more points, so many at most are shown."""

SIGNIFICANT = 5
"""Digits of energies: neighbours on a front may differ by little."""

COLUMNS = (
    "point",
    "best",
    "energy",
    "energy_unit",
    "energy_per_operation",
    "cycles",
    "seconds",
    "utilization",
    "edp",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a front.

    Attributes
    ----------
    number : int
        From 1, by growing energy.
    best : tuple of str
        The objectives that no point of the front is better in.
    energy, energy_per_operation : float
        Leakage included, in the unit of the energy table; per MAC where there are MACs.
    cycles, seconds, utilization, edp : float
    bound : str
        What bounds the time; empty for a network.
    """

    number: int
    best: tuple[str, ...]
    energy: float
    energy_per_operation: float
    cycles: float
    seconds: float
    utilization: float
    edp: float
    bound: str = ""


def layer_points(front: Sequence[Evaluation]) -> tuple[Point, ...]:
    """Return the points of one layer, from its evaluations by growing energy."""
    best = _best([e.energy_total for e in front], [e.cycles for e in front])
    return tuple(
        Point(
            number=i + 1,
            best=best[i],
            energy=e.energy_total,
            energy_per_operation=e.energy_per_operation,
            cycles=e.cycles,
            seconds=e.seconds,
            utilization=e.utilization,
            edp=e.edp,
            bound=e.bound,
        )
        for i, e in enumerate(front)
    )


def network_points(front: Front, row: NetworkResult) -> tuple[Point, ...]:
    """Return the points of a network; ``row`` is the network with any mappings."""
    arch, total = row.arch, row.total
    rate = arch.instances(arch.compute) * arch.compute.ops_per_cycle
    energies, cycles = front.energy.tolist(), front.cycles.tolist()
    best = _best(energies, cycles)
    return tuple(
        Point(
            number=i + 1,
            best=best[i],
            energy=energy,
            energy_per_operation=energy / (total.macs or total.operations),
            cycles=time,
            seconds=time / arch.clock_hz,
            utilization=total.operations / (rate * time) if time else 0.0,
            edp=energy * (time / arch.clock_hz),
        )
        for i, (energy, time) in enumerate(zip(energies, cycles, strict=True))
    )


def _best(energies: Sequence[float], cycles: Sequence[float]) -> list[tuple[str, ...]]:
    """Return for every point the names of the objectives that it is the best in."""
    names: list[tuple[str, ...]] = [()] * len(energies)
    for objective in OBJECTIVES.values() if energies else ():
        ranks = [objective.rank(*point) for point in zip(energies, cycles, strict=True)]
        winner = ranks.index(min(ranks))
        names[winner] = (*names[winner], objective.name)
    return names


def front_table(points: Sequence[Point], unit: str, per: str) -> Table:
    """Show points; of a front of too many to read, the best ones and some evenly spread.

    Parameters
    ----------
    unit : of the energies
    per : "MAC" or "op", what ``energy_per_operation`` is per
    """
    shown = _shown(points)
    scaled, named = quantities.in_joules(1.0, unit)
    exponent = quantities.shared_exponent(point.energy * scaled for point in points)
    scale = scaled / 10.0**exponent
    edp_exponent = quantities.shared_exponent(point.edp * scaled for point in points)
    bound = any(point.bound for point in points)
    title = f"Pareto front of energy and cycles: {quantities.plural(len(points), 'point')}"
    if len(shown) < len(points):
        title += f", of which {len(shown)} are shown (all of them: --json, -o)"
    return Table(
        title=title,
        headings=(
            "point",
            f"energy\n{quantities.scaled_unit(named, exponent)}",
            f"energy\n{'' if unit == 'MAC' else unit}/{per}",
            "cycles",
            "util.",
            f"EDP\n{quantities.scaled_unit(f'{named} s', edp_exponent)}",
            *(["bound by"] if bound else []),
            "best in",
        ),
        rows=tuple(
            (
                f"{point.number:,}",
                digits(point.energy * scale, SIGNIFICANT),
                digits(point.energy_per_operation, SIGNIFICANT),
                quantities.whole(point.cycles),
                percent(point.utilization),
                digits(point.edp * scaled / 10.0**edp_exponent, SIGNIFICANT),
                *([point.bound] if bound else []),
                ", ".join(point.best),
            )
            for point in shown
        ),
        strong=frozenset(i for i, point in enumerate(shown) if point.best),
    )


def _shown(points: Sequence[Point]) -> list[Point]:
    if len(points) <= MOST_SHOWN:
        return list(points)
    best = [point.number for point in points if point.best]
    spread = MOST_SHOWN - len(best)
    even = {1 + round(i * (len(points) - 1) / (spread - 1)) for i in range(spread)}
    return [points[number - 1] for number in sorted(even.union(best))]


def layer_points_data(
    points: Sequence[Point], front: Sequence[Evaluation], row: NetworkResult
) -> list[dict[str, Any]]:
    """Return the points of a layer, each with its evaluation and its mapping."""
    return [
        {
            "point": point.number,
            "best": list(point.best),
            "evaluation": evaluation_data(evaluation, row),
            "mapping": to_data(evaluation.mapping),
        }
        for point, evaluation in zip(points, front, strict=True)
    ]


def network_points_data(points: Sequence[Point], front: Front) -> list[dict[str, Any]]:
    """Return the points of a network; ``choices`` are numbers of the layers' points."""
    return [
        {
            "point": point.number,
            "best": list(point.best),
            "energy": point.energy,
            "energy_per_operation": point.energy_per_operation,
            "cycles": point.cycles,
            "seconds": point.seconds,
            "utilization": point.utilization,
            "edp": point.edp,
            "choices": choices,
        }
        for point, choices in zip(points, (front.choices + 1).tolist(), strict=True)
    ]


def front_csv(
    points: Sequence[Point],
    unit: str,
    more: Sequence[str] = (),
    cells: Sequence[Sequence[object]] = (),
) -> str:
    """Return one line per point; ``more`` heads what ``cells`` adds to each line."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *more))
    for point, added in zip(points, cells, strict=True):
        figures = (point.energy_per_operation, point.cycles, point.seconds)
        head = (point.number, " ".join(point.best), point.energy, unit)
        writer.writerow((*head, *figures, point.utilization, point.edp, *added))
    return text.getvalue()
