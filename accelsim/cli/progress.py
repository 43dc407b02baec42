"""Progress of a search on stderr: a bar on a terminal, lines elsewhere, or JSON events."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accelsim.cli.options import JSON, NONE
from accelsim.cli.output import WIPE, rewritable, say, talk

if TYPE_CHECKING:
    from accelsim.verbs.search import Step

PATIENCE_SECONDS = 1.0
"""What is done within this time is not talked about."""

LINE_SECONDS = 5.0
"""Between two lines, where there is no terminal."""


class Teller:
    """Tells nothing; what the others have in common."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.last = self.started

    def tell(self, report: Step) -> None:
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


class Lines(Teller):
    """A line now and then, if there is news."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""

    def tell(self, report: Step) -> None:
        said = sentence(report)
        if said != self.said and self.due(LINE_SECONDS):
            self.said = said
            say(said)


class Bar(Teller):
    """One line of a terminal, written over again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = False

    def tell(self, report: Step) -> None:
        if self.due(0.1):
            self.shown = True
            line = f"{bar(report)} {sentence(report)}"
            columns = shutil.get_terminal_size().columns
            talk(f"{WIPE}{line[: columns - 1]}")

    def close(self) -> None:
        if self.shown:
            talk(WIPE)


class Events(Teller):
    """One JSON object a line."""

    def tell(self, report: Step) -> None:
        if self.due(0.5):
            network = report.network
            event = {
                "event": "progress",
                "seconds": round(time.monotonic() - self.started, 3),
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
            say(json.dumps(event))


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


def bar(report: Step, width: int = 20) -> str:
    """Return the share of rows and layers done as a bar."""
    within = report.network.layers_done / max(1, report.network.layers)
    done = (report.row_number - 1 + within) / max(1, report.rows)
    full = round(width * done)
    return f"[{'#' * full}{'.' * (width - full)}]"


@contextmanager
def progress(style: str, quiet: bool) -> Iterator[Teller]:
    """Choose how to tell progress, and clean up after it."""
    teller: Teller
    if style == JSON:
        teller = Events()
    elif style == NONE or quiet:
        teller = Teller()
    elif rewritable(sys.stderr):
        teller = Bar()
    else:
        teller = Lines()
    try:
        yield teller
    finally:
        teller.close()
