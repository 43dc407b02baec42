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
    """

    status: str
    figures: Figures = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0


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
