"""A sweep's points as a page: what was swept, the best, figures, all points, what was not done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from accelsim.explore.parameters import quantity
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, Row
from accelsim.explore.store import Store
from accelsim.report.heatmap_figure import heatmap_figure
from accelsim.report.hover import Names
from accelsim.report.inline_svg import inline_svg
from accelsim.report.page import Cell, Drawn, Facts, Folded, Grid, Page, Part, Section, lines
from accelsim.report.quantities import plural
from accelsim.report.sensitivity_figure import line_of, sensitivity_figure
from accelsim.report.slope_figure import slope_figure
from accelsim.report.sources import merged_lines
from accelsim.report.stack_figure import stack_figure
from accelsim.report.sweep_export import IDENTITY, SOURCES
from accelsim.report.sweep_front_figure import BEATEN, FRONT, front_of, sweep_front_figure
from accelsim.report.sweep_grids import parameter_grid, point_grid
from accelsim.report.sweep_points import Points, choice, in_order
from accelsim.report.sweeps import MEASURES, SweepResult, command_of
from accelsim.report.tables import NOTHING
from accelsim.units import SIZE, split_unit

FIRST_FEW = 10
"""Points of the table of the best."""

MOST_POINTS = 5000
"""Points of one table, the best ones; an export holds them all."""

MOST_VALUES = 8
"""Values that are listed one by one."""

ENERGY, TIME, AREA = "energy", "seconds", "area_mm2"

CALLED = {"architecture": "machine", "objective": "searched for"}
"""Names of :data:`IDENTITY` as the page has them, where they differ."""

UNNAMED = {
    "dataflow": "none",
    "technology": "as the machines say",
    "accounting": "as the machines say",
}
"""What stands for a name that is not given."""


@dataclass(frozen=True)
class Group:
    """Points that can be compared: of one workload, in one unit, searched for one objective.

    ``rows`` are those that are done, the best first; there is at least one.
    """

    points: Points
    objective: str
    rows: tuple[Row, ...]

    @property
    def figure(self) -> str:
        """The figure that is least at the best point."""
        return MEASURES[self.objective]

    def front(self, across: str = TIME) -> tuple[list[Row], list[Row]]:
        """Return the points that no other beats in energy and another figure, and the others."""
        return front_of(self.points, self.points.measure(ENERGY), self.points.measure(across))

    def numbers(self) -> dict[str, int]:
        """Return key -> place of every point."""
        return {row.key: number for number, row in enumerate(self.rows, start=1)}


@dataclass(frozen=True)
class Picture:
    """Figures of a group of points, under a heading; none where there is nothing to see.

    ``names`` says what the points of a series are, by its label.
    """

    title: str
    draw: Callable[[Group], Iterable[Figure]]
    caption: str
    names: Callable[[Group], Names] = lambda _: {}


def _fronts(group: Group) -> Iterator[Figure]:
    if len(group.rows) > 1:
        yield sweep_front_figure(group.points, (ENERGY, TIME))


def _front_names(group: Group) -> Names:
    def said(row: Row) -> str:
        values = [f"{name}: {choice(row, name) or NOTHING}" for name in group.points.names]
        return "\n".join([f"point {numbers[row.key]}", *values])

    numbers = group.numbers()
    front, beaten = group.front()
    few = beaten if len(beaten) <= MOST_POINTS else []
    return {FRONT: tuple(map(said, front)), BEATEN: tuple(map(said, few))}


def _area_fronts(group: Group) -> Iterator[Figure]:
    areas = {row.figures.get(AREA) for row in group.rows}
    if len(areas) > 1 and None not in areas:
        yield sweep_front_figure(group.points, (ENERGY, AREA))


def _area_names(group: Group) -> Names:
    numbers = group.numbers()
    front, beaten = group.front(AREA)
    few = beaten if len(beaten) <= MOST_POINTS else []
    return {
        label: tuple(f"point {numbers[row.key]}" for row in rows)
        for label, rows in ((FRONT, front), (BEATEN, few))
    }


def _sensitivities(group: Group) -> Iterator[Figure]:
    if group.points.varied and group.rows[0].figures[group.figure]:
        yield sensitivity_figure(group.points, group.figure)


def _heatmaps(group: Group) -> Iterator[Figure]:
    """Draw the two parameters that matter most against each other."""
    points = group.points
    measure = points.measure(group.figure)

    def swing(name: str) -> float:
        reached = [its for its in line_of(points, name, measure).best if its is not None]
        return -max(reached, default=0.0)

    if len(points.varied) > 1 and group.rows[0].figures[group.figure]:
        yield heatmap_figure(points, group.figure, sorted(points.varied, key=swing)[:2])


def _slopes(group: Group) -> Iterator[Figure]:
    for name in group.points.varied:
        values = group.points.values(name)
        units = {split_unit(value)[1] for value in values}
        alike = units <= {*SIZE.units} and ("words" not in units or len(units) == 1)
        if alike and all(quantity(value) or 0 for value in values):
            yield slope_figure(group.points, [name])


def _stacks(group: Group) -> Iterator[Figure]:
    if len(group.rows) > 1:
        yield stack_figure(group.points, ENERGY)


PICTURES = (
    Picture(
        "Energy and time",
        _fronts,
        "Each dot is a point. The line is the least energy that a time allows.",
        _front_names,
    ),
    Picture(
        "Energy and area",
        _area_fronts,
        "The line is the least energy that an area allows.",
        _area_names,
    ),
    Picture(
        "Parameters",
        _sensitivities,
        "What each value of a parameter allows: the best and the median point that have it.",
    ),
    Picture("Two parameters", _heatmaps, "The best point of each pair of values."),
    Picture("Buffer size", _slopes, "Words that move, by the size of a buffer; the fewest of all."),
    Picture("Where energy goes", _stacks, "The points side by side, the best first."),
)
"""A line for each figure of a page."""


def groups(rows: Sequence[Row]) -> list[Group]:
    """Return the points sorted into groups that can be compared; those not done have no unit."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    undone: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        work, objective = row.identity["workload"], row.identity["objective"]
        if row.status == DONE:
            unit = str(row.figures["energy_unit"])
            found.setdefault((work, objective, unit), []).append(row)
        else:
            undone.setdefault((work, objective), []).append(row)
    every = []
    for (work, objective, _), done in sorted(found.items()):
        points = Points(tuple(done), tuple(undone.get((work, objective), ())))
        best_first = points.with_figure(points.measure(MEASURES[objective]))
        every.append(Group(points, objective, best_first))
    return every


def sweep_page(result: SweepResult) -> Page:
    """Return the page of a store, or of one sweep in it."""
    rows = list(result)
    every = groups(rows)
    sections = list[Section]()
    for number, group in enumerate(every, start=1):
        named = f"{group.points.title}: " if len(every) > 1 else ""
        sections += _sections(group, f"f{number}", named)
    sections += [*_not_done(rows), *_sources(rows)]
    names = {name: in_order(row.identity[name] for row in rows) for name in IDENTITY}
    counts = Counter(row.status for row in rows)
    said = [f"{counts[its]:,} {its}" for its in (DONE, IMPOSSIBLE, FAILED) if counts[its]]
    works, machines = (_few(names[name]) for name in ("workload", "architecture"))
    return Page(
        title=f"{works} on {machines}" if rows else "An empty sweep",
        lead=f"Sweep: {', '.join(said) or 'no points'}",
        facts=_facts(result, rows, names),
        sections=tuple(sections),
    )


def _sections(group: Group, key: str, named: str) -> Iterator[Section]:
    """Yield the sections of a group; ``key`` tells its figures from those of others."""
    numbers, front = group.numbers(), {row.key for row in group.front()[0]}
    best = point_grid(
        group.points, group.rows[:FIRST_FEW], f"best by {group.figure}", numbers, front
    )
    yield Section(f"{named}Best points", (best,))
    for place, picture in enumerate(PICTURES):
        drawn = [
            Drawn(inline_svg(figure, f"{key}-{place}-{number}", picture.names(group)), "")
            for number, figure in enumerate(picture.draw(group))
        ]
        if not drawn:
            continue
        parts: list[Part] = [*drawn[:-1], Drawn(drawn[-1].svg, picture.caption)]
        if picture.draw is _fronts:
            fronts = point_grid(group.points, group.front()[0], "front", numbers, front)
            parts.append(fronts)
        if picture.draw is _sensitivities:
            parts.append(parameter_grid(group.points, group.figure))
        yield Section(f"{named}{picture.title}", tuple(parts))
    shown = group.rows[:MOST_POINTS]
    title = f"{plural(len(group.rows), 'point')}, best by {group.figure} first"
    rest = len(group.rows) - len(shown)
    more = f"{rest:,} more are not shown; accelsim sweep export has all." if rest else ""
    every = point_grid(group.points, shown, title, numbers, front, tall=True)
    yield Section(f"{named}All points", (every, *lines([more] if more else [])))


def _not_done(rows: Sequence[Row]) -> Iterator[Section]:
    """Yield what could not be done and why, the most frequent reason first."""
    undone = [row for row in rows if row.status != DONE]
    if not undone:
        return
    reasons = Counter((row.status, row.reason) for row in undone)
    ordered = sorted(reasons.items(), key=lambda its: (-its[1], its[0]))
    why = Grid(
        "why",
        ("status", "reason", "points"),
        tuple((Cell(s), Cell(r), Cell(f"{n:,}", n)) for (s, r), n in ordered),
        names=2,
    )
    shown = undone[:MOST_POINTS]
    names = [*IDENTITY, *dict.fromkeys(path for row in rows for path in row.parameters)]
    apart = [name for name in names if len({choice(row, name) for row in rows}) > 1]
    cells = tuple(
        (
            *(Cell(choice(row, name) or NOTHING) for name in apart),
            Cell(row.status),
            Cell(row.reason),
        )
        for row in shown
    )
    every = Grid(
        plural(len(undone), "point"),
        (*(CALLED.get(name, name) for name in apart), "status", "reason"),
        cells,
        names=len(apart) + 2,
        tall=True,
    )
    rest = len(undone) - len(shown)
    more = f"{rest:,} more are not shown; accelsim sweep export has all." if rest else ""
    which = Folded("which points", (every, *lines([more] if more else [])))
    yield Section("Not done", (why, which))


def _sources(rows: Sequence[Row]) -> Iterator[Section]:
    """Yield where the energies are from, a line for each source."""
    sources = merged_lines(line for row in rows for line in row.figures.get(SOURCES, ()))
    if sources:
        yield Section("Sources of the energies", lines(sources, listed=True))


def _facts(result: SweepResult, rows: Sequence[Row], names: dict[str, tuple[str, ...]]) -> Facts:
    facts = list[tuple[str, tuple[str, ...]]]()
    for name, found in names.items():
        if found:
            shown = _listed([its or UNNAMED.get(name, "") for its in found])
            facts.append((CALLED.get(name, name), (shown,)))
    paths = dict.fromkeys(path for row in rows for path in row.parameters)
    values = {p: in_order(v for row in rows if (v := row.parameters.get(p))) for p in paths}
    varied = [f"{path} = {_listed(its)}" for path, its in values.items() if len(its) > 1]
    fixed = [f"{path}={its[0]}" for path, its in values.items() if len(its) == 1]
    with Store(result.store) as store:
        sweeps = [its for its in store.sweeps() if result.sweep in (None, its[0])]
    commands = [command_of(words, Path(result.store.name)) for _, words, *_ in sweeps]
    made_by = Counter(row.made_by for row in rows)
    versions = [f"accelsim {by}: {plural(n, 'point')}" for by, n in sorted(made_by.items())]
    for name, found_lines in (
        ("varied", varied),
        ("set", fixed),
        ("command", commands),
        ("computed by", versions),
    ):
        if found_lines:
            facts.append((name, tuple(found_lines)))
    return Facts(tuple(facts), code=frozenset({"set", "command"}))


def _listed(values: Sequence[str]) -> str:
    if len(values) <= MOST_VALUES:
        return ", ".join(values)
    return f"{', '.join(values[:2])}, ..., {values[-1]} ({len(values):,} values)"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} more"
