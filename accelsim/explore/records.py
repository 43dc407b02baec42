"""What a sweep finds out about a point, and what a store keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DONE, IMPOSSIBLE, FAILED, LEFT_OUT = "done", "impossible", "failed", "left out"

FINAL = (DONE, IMPOSSIBLE)
"""What is never computed again; what failed, by a lost worker or a defect, is tried again."""

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a point.

    Parameters
    ----------
    status : "done", "impossible" (an illegal machine, or a layer without a legal mapping),
        "failed" (the machinery, not the point, is at fault) or "left out" (by a constraint)
    figures : energy, cycles and the like, by name; those per level are mappings
    reason : why it is not done
    seconds : time that it took
    search_seconds, other_seconds : time of the processor, in the mapper and besides
    """

    status: str
    figures: Figures = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0
    search_seconds: float = 0.0
    other_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Effort:
    """What it took to compute so many points.

    Parameters
    ----------
    seconds : while the sweep ran
    search_seconds, other_seconds : of processors, in the mapper, from a layer and a machine at its
        prices to the best mapping, and besides: reading specs, evaluating what was found, and
        keeping it; the start of worker processes left out
    """

    points: int = 0
    seconds: float = 0.0
    search_seconds: float = 0.0
    other_seconds: float = 0.0

    def __sub__(self, before: Effort) -> Effort:
        return Effort(
            self.points - before.points,
            self.seconds - before.seconds,
            self.search_seconds - before.search_seconds,
            self.other_seconds - before.other_seconds,
        )

    @property
    def points_per_second(self) -> float | None:
        return self.points / self.seconds if self.points and self.seconds else None

    @property
    def search_ms(self) -> float | None:
        """Of a point."""
        return 1e3 * self.search_seconds / self.points if self.points else None

    @property
    def other_ms(self) -> float | None:
        """Of a point."""
        return 1e3 * self.other_seconds / self.points if self.points else None

    def data(self) -> dict[str, float | None]:
        """Return the figures by name."""
        return {
            "points_per_second": self.points_per_second,
            "search_ms": self.search_ms,
            "other_ms": self.other_ms,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A point as a store keeps it; ``identity`` says in words what the point is.

    ``parameters`` is what the sweep varied or set, by path.  ``made_by`` is the version and the
    digest of the sources that computed it.
    """

    key: str
    status: str
    identity: Mapping[str, str]
    parameters: Mapping[str, str]
    figures: Figures
    reason: str
    seconds: float
    made_by: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a search asked for: its number, one choice for each side of the space.

    ``left_out`` says that the point violates a constraint that needs the machine: it has no row.
    """

    number: int
    choices: tuple[int, ...]
    left_out: bool = False
