"""Progress of a search on stderr: a bar on a terminal, lines elsewhere, or JSON events."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from accelsim.cli.options import JSON, NONE
from accelsim.cli.output import WIPE, rewritable, say, talk

if TYPE_CHECKING:
    from accelsim.explore.run import SweepProgress
    from accelsim.verbs.search import Step

PATIENCE_SECONDS = 1.0
"""What is done within this time is not talked about."""

LINE_SECONDS = 5.0
"""Between two lines, where there is no terminal."""


Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Manner(Generic[Report]):
    """How reports of a kind are put: as a sentence, as the share that is done, as an event."""

    sentence: Callable[[Report], str]
    share: Callable[[Report], float]
    event: Callable[[Report], dict[str, Any]]


class Teller(Generic[Report]):
    """Tells nothing; what the others have in common."""

    def __init__(self, manner: Manner[Report]) -> None:
        self.manner = manner
        self.started = time.monotonic()
        self.last = self.started

    def tell(self, report: Report) -> None:
        """Take a report."""

    def close(self) -> None:
        """Leave the terminal as it was."""

    def due(self, interval: float) -> bool:
        """Tell whether it is time to talk again."""
        now = time.monotonic()
        if now - self.started < PATIENCE_SECONDS or now - self.last < interval:
            return False
        self.last = now
        return True


class Lines(Teller[Report]):
    """A line now and then, if there is news."""

    def __init__(self, manner: Manner[Report]) -> None:
        super().__init__(manner)
        self.said = ""

    def tell(self, report: Report) -> None:
        said = self.manner.sentence(report)
        if said != self.said and self.due(LINE_SECONDS):
            self.said = said
            say(said)


class Bar(Teller[Report]):
    """One line of a terminal, written over again and again."""

    def __init__(self, manner: Manner[Report]) -> None:
        super().__init__(manner)
        self.shown = False

    def tell(self, report: Report) -> None:
        if self.due(0.1):
            self.shown = True
            line = f"{bar(self.manner.share(report))} {self.manner.sentence(report)}"
            columns = shutil.get_terminal_size().columns
            talk(f"{WIPE}{line[: columns - 1]}")

    def close(self) -> None:
        if self.shown:
            talk(WIPE)


class Events(Teller[Report]):
    """One JSON object a line; where there was any, the last one says how it ended."""

    def __init__(self, manner: Manner[Report]) -> None:
        super().__init__(manner)
        self.said: dict[str, Any] | None = None
        self.known: dict[str, Any] = {}

    def tell(self, report: Report) -> None:
        self.known = self.manner.event(report)
        if self.due(0.5):
            self._say()

    def close(self) -> None:
        if self.said is not None and self.known != self.said:
            self._say()

    def _say(self) -> None:
        seconds = round(time.monotonic() - self.started, 3)
        self.said = self.known
        say(json.dumps({"event": "progress", "seconds": seconds, **self.known}))


def sentence(report: Step) -> str:
    """Return how far a search is, in one line."""
    network = report.network
    row = f"{report.row} ({report.row_number}/{report.rows})" if report.rows > 1 else report.row
    said = (
        f"{row}: {network.layers_done}/{network.layers} layers, "
        f"{network.considered:,} mappings considered"
    )
    if network.best_energy is not None and network.best_cycles is not None:
        said += (
            f", best of {network.layer} {network.best_energy:.4g} {report.energy_unit}"
            f" in {network.best_cycles:,.0f} cycles"
        )
    return said


def share(report: Step) -> float:
    """Return the share of rows and layers done."""
    within = report.network.layers_done / max(1, report.network.layers)
    return (report.row_number - 1 + within) / max(1, report.rows)


def event(report: Step) -> dict[str, Any]:
    """Return how far a search is, as data."""
    network = report.network
    return {
        "row": report.row,
        "row_number": report.row_number,
        "rows": report.rows,
        "layers_done": network.layers_done,
        "layers": network.layers,
        "considered": network.considered,
        "layer": network.layer,
        "best_energy": network.best_energy,
        "energy_unit": report.energy_unit,
        "best_cycles": network.best_cycles,
    }


def bar(done: float, width: int = 20) -> str:
    """Return a share as a bar.

    >>> bar(0.25)
    '[#####...............]'
    """
    full = round(width * done)
    return f"[{'#' * full}{'.' * (width - full)}]"


def sweep_sentence(report: SweepProgress) -> str:
    """Return how far a sweep is, in one line."""
    said = f"{report.finished:,}/{report.points:,} points"
    if report.rate is not None:
        said += f", {report.rate:.3g}/s"
    if report.eta_seconds:
        said += f", {duration(report.eta_seconds)} left"
    if report.impossible or report.failed:
        said += f", {report.impossible:,} impossible, {report.failed:,} failed"
    if report.best is not None:
        set_to = ", ".join(f"{path}={value}" for path, value in report.best.parameters.items())
        said += f", best {report.measure} {report.best.figures[report.measure]:.4g}"
        said += f" at {set_to}" if set_to else ""
    return said


def sweep_share(report: SweepProgress) -> float:
    """Return the share of points done."""
    return report.finished / max(1, report.points)


def sweep_event(report: SweepProgress) -> dict[str, Any]:
    """Return how far a sweep is, as data."""
    best = report.best
    return {
        "points": report.points,
        "finished": report.finished,
        "known": report.known,
        "computed": report.computed,
        "impossible": report.impossible,
        "failed": report.failed,
        "left_out": report.left_out,
        "points_per_second": report.rate,
        "eta_seconds": report.eta_seconds,
        "best": best and {"key": best.key, "parameters": dict(best.parameters)},
        f"best_{report.measure}": best and best.figures[report.measure],
    }


def duration(seconds: float) -> str:
    """Write a time roughly.

    >>> duration(8.4), duration(150), duration(9000)
    ('8 s', '2 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


searching: Manner[Step] = Manner(sentence, share, event)
sweeping: Manner[SweepProgress] = Manner(sweep_sentence, sweep_share, sweep_event)


@contextmanager
def telling(style: str, quiet: bool, manner: Manner[Report]) -> Iterator[Teller[Report]]:
    """Choose how to tell progress, and clean up after it."""
    teller: Teller[Report]
    if style == JSON:
        teller = Events(manner)
    elif style == NONE or quiet:
        teller = Teller(manner)
    elif rewritable(sys.stderr):
        teller = Bar(manner)
    else:
        teller = Lines(manner)
    try:
        yield teller
    finally:
        teller.close()


def progress(style: str, quiet: bool) -> AbstractContextManager[Teller[Step]]:
    """Choose how to tell the progress of a search."""
    return telling(style, quiet, searching)
