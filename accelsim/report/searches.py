"""What ``search`` returns: the front of the points that it tried, read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accelsim.errors import ExitCode, Problem
from accelsim.explore.measures import (
    OF_RESULT,
    PICOJOULES,
    POWER,
    UTILIZATION,
    Goal,
    front,
    measures_of,
)
from accelsim.explore.records import DONE, Row
from accelsim.explore.run import SweepProgress
from accelsim.report import sweep_export
from accelsim.report.html import page
from accelsim.report.quantities import digits, percent, plural
from accelsim.report.sources import lines_note, merged_lines
from accelsim.report.sweep_export import SOURCES
from accelsim.report.sweeps import SweepResult
from accelsim.report.tables import NOTHING, Table
from accelsim.report.text import table_text

SHOWN = ("energy", "cycles", UTILIZATION, "area")
"""What a table shows besides what was to be small."""

MOST_SHOWN = 40


@dataclass(frozen=True)
class SearchResult:
    """The points that a search tried, and the front among them.

    Parameters
    ----------
    points : all points of the search in the store
    goal : what was to be small, and what must hold
    words : the constraints as given
    sampler : its name
    progress : how the search went
    exhausted : whether there was no more point to try
    """

    points: SweepResult
    goal: Goal
    words: tuple[str, ...]
    sampler: str
    progress: SweepProgress
    exhausted: bool = False

    def front(self) -> list[Row]:
        """Return the points that no other point of the search dominates, best by the first first.

        None of them violates a constraint.
        """
        return [row for row, _ in front([(row, self.goal.verdict(row)) for row in self.points])]

    def counts(self) -> dict[str, int]:
        """Return how many points there are of each status, and how many violate nothing."""
        sound = sum(self.goal.verdict(row).sound for row in self.points.points(DONE))
        return {**self.points.counts(), "sound": sound}

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before it had tried enough."""
        return self.progress.finished < self.progress.points and not self.exhausted

    def exit_code(self) -> ExitCode:
        """Return what a process says of it."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.OK if self.counts()["sound"] else ExitCode.NO_MAPPING

    def problems(self) -> list[Problem]:
        """Return what is to be said besides the front."""
        store = self.points.store
        if self.interrupted:
            its = self.progress
            what = f"interrupted: {its.finished:,} of {its.points:,} trials are in '{store}'"
            return [Problem(what, hint="the same command goes on from there")]
        counts = self.counts()
        if counts[DONE] and not counts["sound"]:
            what = f"none of {plural(counts[DONE], 'point')} satisfies every --where"
            return [Problem(what, hint=f"accelsim sweep show {store}")]
        if not any(counts.values()) and self.words:
            return [Problem("no point is left to try", hint="see its --where")]
        if not counts["sound"]:
            return [Problem("no point could be done", hint=f"accelsim sweep show {store}")]
        return []

    def tables(self) -> list[Table]:
        """Return the front as a table."""
        rows = self.front()
        return [front_table(rows[:MOST_SHOWN], self.goal.by)] if rows else []

    def notes(self) -> list[str]:
        """Return how it went."""
        rows, its, counts = self.front(), self.progress, self.counts()
        said = []
        if len(rows) > MOST_SHOWN:
            said.append(f"and {len(rows) - MOST_SHOWN:,} more: see --json")
        if self.exhausted:
            said.append("There are no more points.")
        left = f", {its.left_out:,} left out by --where" if its.left_out else ""
        said.append(
            f"Of {plural(its.finished, 'trial')}, {its.known:,} were in the store,"
            f" {its.computed:,} computed now{left}."
        )
        undone = [f"{counts[name]:,} {name}" for name in counts if name not in (DONE, "sound")]
        undone = [text for text in undone if not text.startswith("0 ")]
        broken = counts[DONE] - counts["sound"]
        undone += [f"{broken:,} against a --where"] if broken else []
        if undone:
            what = "Not on the front" if len(self.goal.by) > 1 else "Not considered"
            said.append(f"{what}: {', '.join(undone)}.")
        return said

    def text(self, *, colour: bool = False, width: int | None = None) -> str:
        """Return the front and the notes as text, and where the energies shown are from."""
        shown = [table_text(table, colour=colour, width=width) for table in self.tables()]
        rows = self.front()[:MOST_SHOWN]
        sources = merged_lines(line for row in rows for line in row.figures.get(SOURCES, ()))
        return "\n".join([*shown, "\n".join([*self.notes(), *lines_note(sources)]) + "\n"])

    def data(self) -> dict[str, Any]:
        """Return the front as JSON data."""
        return {
            "store": str(self.points.store),
            "sweep": self.points.sweep,
            "by": list(self.goal.by),
            "where": list(self.words),
            "sampler": self.sampler,
            "trials": self.progress.finished,
            "left_out": self.progress.left_out,
            "counts": self.counts(),
            "front": [
                sweep_export.record(row) | {"measures": measures_of(row.figures)}
                for row in self.front()
            ],
        }

    def run_data(self) -> dict[str, Any]:
        """Return facts of the execution, which may differ from run to run."""
        its = self.progress
        return {
            "seconds": round(its.seconds, 3),
            "known": its.known,
            "computed": its.computed,
            "points_per_second": its.rate,
        }

    def __repr__(self) -> str:
        counts = self.counts()
        return f"SearchResult({self.points.store}: {len(self.front())} of {counts[DONE]} points)"

    def _repr_html_(self) -> str:
        return page(self.tables(), self.notes())


def front_table(rows: Sequence[Row], by: Sequence[str]) -> Table:
    """Return points of a front under what differs among them, what was to be small first."""
    names = [
        name for name in sweep_export.IDENTITY if len({row.identity[name] for row in rows}) > 1
    ]
    paths = list(dict.fromkeys(path for row in rows for path in row.parameters))
    same = {figure: name for name, figure in OF_RESULT.items() if name in by}
    shown = [*by, *(name for name in SHOWN if name not in by and name not in same)]
    unit = rows[0].figures["energy_unit"]
    units = {"energy": unit, "energy_per_mac": unit, "edp": f"{unit} s", "area": "mm2"}
    units |= {"latency": "s", "seconds": "s", POWER: "mW" if unit == PICOJOULES else ""}
    titles = [name if name != UTILIZATION else "util." for name in shown]
    headings = [
        f"{title}\n{units[name]}" if units.get(name) else title
        for name, title in zip(shown, titles, strict=True)
    ]
    lines = tuple(
        (
            *(row.identity[name] or NOTHING for name in names),
            *(row.parameters.get(path, NOTHING) for path in paths),
            *_cells(measures_of(row.figures), shown),
        )
        for row in rows
    )
    title = f"front of {' and '.join(by)}" if len(by) > 1 else f"best by {by[0]}"
    return Table(title, (*names, *paths, *headings), lines, names=len(names) + len(paths))


def _cells(measures: dict[str, float], shown: Sequence[str]) -> list[str]:
    return [
        NOTHING
        if name not in measures
        else percent(measures[name])
        if name == UTILIZATION
        else digits(measures[name])
        if name in ("area", "energy_per_mac")
        else f"{measures[name]:.4g}"
        for name in shown
    ]
