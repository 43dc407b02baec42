"""What ``sweep`` returns: the points of a store, read from it when they are asked for."""

from __future__ import annotations

import heapq
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelsim.errors import ExitCode, Problem, UsageError
from accelsim.explore.measures import OF_MACHINE, OF_RESULT, POWER, UTILIZATION
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, Row
from accelsim.explore.run import SweepProgress
from accelsim.explore.store import Store
from accelsim.report import sweep_export
from accelsim.report.effort import effort_sentence
from accelsim.report.html import page
from accelsim.report.quantities import digits, percent, plural
from accelsim.report.sources import lines_note, merged_lines
from accelsim.report.sweep_export import COMPULSORY, SOURCES
from accelsim.report.tables import NOTHING, Table
from accelsim.report.text import table_text
from accelsim.specs.fields import one_of, suggestion

MEASURES = {"energy": "energy", "latency": "seconds", "edp": "edp"}
"""Objective -> the figure of a point that it makes least."""

DRAWN = (*MEASURES.values(), "energy_per_mac", "cycles", "area_mm2", "pes", UTILIZATION)
"""What figures can show of points."""

ORDERS = (*DRAWN, POWER, "macs", COMPULSORY)
"""What points can be sorted by, besides the figures of their levels; the best first."""

WHEN_KNOWN = {
    POWER: "it is known where the energy table is in pJ",
    "area_mm2": "it is known where each memory and the compute of a machine state an `area`",
}
"""Figure -> which points have it."""

ALIASES = {name: figure for name, figure in (OF_RESULT | OF_MACHINE).items() if name != figure}
"""Names of a search and of constraints -> the figure that they mean."""

SHOWN = ("energy", "energy_per_mac", "cycles", UTILIZATION, "edp", "area_mm2")
"""What a table of points shows in any case."""

FIRST_FEW = 20
"""Points that a table shows."""

REASONS = 5

SAMPLER = "--sampler"
"""The option that every search is noted with, and no sweep has."""


@dataclass(frozen=True)
class SweepResult:
    """The points of a store, or of one sweep in it.

    Parameters
    ----------
    store : the file; opened whenever points are asked for
    sweep : the number of a sweep; None for all points
    objective : what "best" means
    progress : how the sweep went that returned this; None for a store that was only opened
    """

    store: Path
    sweep: int | None = None
    objective: str = "energy"
    progress: SweepProgress | None = None

    def __iter__(self) -> Iterator[Row]:
        """Yield the points sorted by key."""
        return self.points()

    def points(self, status: str | None = None) -> Iterator[Row]:
        """Yield the points of a status, or all, sorted by key."""
        with Store(self.store) as store:
            yield from store.rows(self.sweep, status)

    def best(self, count: int = 1, by: str = "", unit: str = "") -> list[Row]:
        """Return the first few points that are done, best first.

        Parameters
        ----------
        by : a figure that points have: a column of an export, or "power"; by default what the
            objective says
        unit : only points whose energies are in this unit

        Raises
        ------
        UsageError
            If no point has such a figure, or it is an energy and points have several units.
        """
        figure = ALIASES.get(by, by) or MEASURES[self.objective]
        sign = -1 if figure == UTILIZATION else 1
        known = dict.fromkeys(ORDERS, False)
        units = set()

        def ranked() -> Iterator[tuple[float, str, Row]]:
            for row in self.points(DONE):
                its = sweep_export.numbers(row)
                known.update(dict.fromkeys(its, True))
                units.add(row.figures["energy_unit"])
                if figure in its and unit in ("", row.figures["energy_unit"]):
                    yield sign * its[figure], row.key, row

        best = heapq.nsmallest(count, ranked(), key=lambda its: its[:2])
        if figure not in known:
            expected = f"{one_of(ORDERS)}, or a column of an export, as energy.LEVEL"
            hint = suggestion(by, [*known, *ALIASES])
            raise UsageError(Problem(f"cannot sort by '{by}'", expected=expected, hint=hint))
        if not known[figure] and any(known.values()):
            what = f"no point knows its {by or figure}"
            raise UsageError(Problem(what, hint=WHEN_KNOWN.get(figure, "")))
        if len(units) > 1 and not unit and (figure == "edp" or figure.startswith("energy")):
            what = f"energies in different units: {', '.join(sorted(units))}"
            raise UsageError(Problem(what, hint="name one of them, or a sweep of the store"))
        return [row for *_, row in best]

    def _best_by_unit(self, count: int, by: str) -> list[list[Row]]:
        """Return the best points of each unit of energy, whose figures cannot be compared."""
        units = sorted({row.figures["energy_unit"] for row in self.points(DONE)})
        return [self.best(count, by, unit) for unit in units or [""]]

    def export(self, file: str | Path) -> int:
        """Write the points into a ``.csv``, ``.json`` or ``.parquet``; return how many."""
        with Store(self.store) as store:
            return sweep_export.export(store, Path(file), self.sweep)

    def counts(self) -> dict[str, int]:
        """Return how many points there are of each status."""
        with Store(self.store) as store:
            counts = store.counts(self.sweep)
        return {status: counts.get(status, 0) for status in (DONE, IMPOSSIBLE, FAILED)}

    @property
    def interrupted(self) -> bool:
        """Whether points of the sweep are left to compute."""
        return self.progress is not None and self.progress.finished < self.progress.points

    def exit_code(self) -> ExitCode:
        """Return what a process says of it."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.OK if self.counts()[DONE] else ExitCode.NO_MAPPING

    def problems(self) -> list[Problem]:
        """Return what is to be said besides the points."""
        if self.interrupted and self.progress is not None:
            its = self.progress
            what = f"interrupted: {its.finished:,} of {its.points:,} points are in '{self.store}'"
            return [Problem(what, hint="the same command goes on from there")]
        if self.exit_code() == ExitCode.NO_MAPPING:
            return [Problem("no point could be done", hint=f"accelsim sweep show {self.store}")]
        return []

    def tables(self, count: int = FIRST_FEW, by: str = "") -> list[Table]:
        """Return the best points as tables, one for each unit of energy."""
        figure = by or MEASURES[self.objective]
        return [points_table(best, figure) for best in self._best_by_unit(count, by) if best]

    def notes(self) -> list[str]:
        """Return how many points there are, and why some are not done."""
        counts = self.counts()
        said = [", ".join(f"{count:,} {status}" for status, count in counts.items() if count)]
        reasons = Counter(
            f"{status}: {row.reason}"
            for status in (IMPOSSIBLE, FAILED)
            for row in self.points(status)
        )
        ordered = sorted(reasons.items(), key=lambda its: (-its[1], its[0]))
        said += (f"{plural(count, 'point')} {text}" for text, count in ordered[:REASONS])
        if len(ordered) > REASONS:
            said.append(f"and {plural(len(ordered) - REASONS, 'other reason')}")
        if self.progress is not None:
            its = self.progress
            left = f", {its.left_out:,} left out by --where" if its.left_out else ""
            said.append(
                f"Of {plural(its.points, 'point')}, {its.known:,} were in the store,"
                f" {its.computed:,} computed now{left}."
            )
            said.append(effort_sentence(its.effort.data()))
        return [text for text in said if text]

    def text(
        self,
        *,
        colour: bool = False,
        width: int | None = None,
        count: int = FIRST_FEW,
        by: str = "",
    ) -> str:
        """Return tables and notes as text, and where the energies of the points shown are from."""
        best = [row for rows in self._best_by_unit(count, by) for row in rows]
        sources = merged_lines(line for row in best for line in row.figures.get(SOURCES, ()))
        shown = [table_text(table, colour=colour, width=width) for table in self.tables(count, by)]
        return "\n".join([*shown, "\n".join([*self.notes(), *lines_note(sources)]) + "\n"])

    def data(self, count: int = FIRST_FEW, by: str = "") -> dict[str, Any]:
        """Return counts and the best points as JSON data."""
        its = self.progress
        return {
            "store": str(self.store),
            "sweep": self.sweep,
            "objective": self.objective,
            "points": None if its is None else its.points,
            "left_out": None if its is None else its.left_out,
            "counts": self.counts(),
            "best": [
                sweep_export.record(row) for best in self._best_by_unit(count, by) for row in best
            ],
        }

    def run_data(self) -> dict[str, Any]:
        """Return facts of the execution, which may differ from run to run."""
        its = self.progress
        if its is None:
            return {}
        return {
            "seconds": round(its.seconds, 3),
            "known": its.known,
            "computed": its.computed,
            **its.effort.data(),
        }

    def __repr__(self) -> str:
        said = ", ".join(f"{count:,} {status}" for status, count in self.counts().items() if count)
        return f"SweepResult({self.store}: {said or 'no points'})"

    def _repr_html_(self) -> str:
        return page(self.tables(), self.notes())


def command_of(words: str, store: Path) -> str:
    """Return the command that goes on with a sweep or a search, as a store has its words.

    >>> command_of("eyeriss alexnet -p clock=1GHz,2GHz", Path("study.db"))
    'accelsim sweep eyeriss alexnet -p clock=1GHz,2GHz -o study.db'
    """
    verb = "search" if SAMPLER in shlex.split(words) else "sweep"
    return f"accelsim {verb} {words} -o {shlex.quote(str(store))}"


def points_table(rows: Sequence[Row], by: str) -> Table:
    """Return points under what differs among them."""
    names = [
        name for name in sweep_export.IDENTITY if len({row.identity[name] for row in rows}) > 1
    ]
    paths = list(dict.fromkeys(path for row in rows for path in row.parameters))
    unit = rows[0].figures["energy_unit"]
    figure = ALIASES.get(by, by)
    more = () if figure in SHOWN else (figure,)
    headings = (
        *names,
        *paths,
        *(f"{by}\n{_unit(figure, unit)}".rstrip() for _ in more),
        f"energy\n{unit}",
        "energy\n/MAC",
        "cycles",
        "util.",
        f"EDP\n{unit} s",
        "area\nmm2",
    )
    lines = tuple(
        (
            *(row.identity[name] or NOTHING for name in names),
            *(row.parameters.get(path, NOTHING) for path in paths),
            *(f"{sweep_export.numbers(row)[name]:.4g}" for name in more),
            *_cells(row),
        )
        for row in rows
    )
    left = len(names) + len(paths)
    title = f"best by {by}" if len(rows) > 1 else "best"
    return Table(title, headings, lines, names=left, strong=frozenset({0}))


def _unit(figure: str, of_energy: str) -> str:
    """Return the unit of a figure that a table does not show without being asked."""
    units = {"seconds": "s", POWER: "mW", "energy": of_energy, "words": "words"}
    return units.get(figure.partition(".")[0], "")


def _cells(row: Row) -> tuple[str, ...]:
    its = row.figures
    per_mac, area = its["energy_per_mac"], its["area_mm2"]
    return (
        f"{its['energy']:.4g}",
        NOTHING if per_mac is None else digits(per_mac),
        f"{its['cycles']:.4g}",
        percent(its["utilization"]),
        f"{its['edp']:.4g}",
        NOTHING if area is None else digits(area),
    )
