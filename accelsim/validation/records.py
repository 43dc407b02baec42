"""A study and its cases: ours, theirs, how far apart they may be, and how well theirs is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

Label = Literal[
    "verified", "ocr_checked", "derived", "restated", "reported", "walked", "from_memory"
]
"""How a published number is known: read in its source; read in a transcription of it, doubtful
digits settled by sums or by a second source; computed from such numbers; computed once from our
restatement of the authors' rules, and frozen; what another tool reported of the same case, run on
it; counted by a walk of every iteration that was written to check such a tool; only remembered."""

LABELS: tuple[str, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Where ours must lie, ends included, in the unit of the case."""

    low: float
    high: float
    text: str

    def holds(self, ours: float) -> bool:
        return self.low <= ours <= self.high


def within(published: float, share: float) -> Tolerance:
    """Allow a share of the published number, as 0.02, to both sides."""
    room = abs(published) * share
    return Tolerance(published - room, published + room, f"± {100 * share:g} %")


def around(published: float, room: float) -> Tolerance:
    """Allow some units to both sides."""
    return Tolerance(published - room, published + room, f"± {room:g}")


def times(published: float, low: float, high: float) -> Tolerance:
    """Allow a range of multiples of the published number."""
    return Tolerance(low * published, high * published, f"{low:g} to {high:g} x")


def between(low: float, high: float) -> Tolerance:
    """Allow a range, whatever was published."""
    return Tolerance(low, high, f"{low:g} to {high:g}")


def at_most(high: float) -> Tolerance:
    """Allow anything up to a number."""
    return Tolerance(float("-inf"), high, f"<= {high:g}")


def at_least(low: float) -> Tolerance:
    """Allow anything from a number on."""
    return Tolerance(low, float("inf"), f">= {low:g}")


def exactly(published: float) -> Tolerance:
    """Allow the published number only."""
    return Tolerance(published, published, "exact")


Verdict = Literal["holds", "fails", "shown"]


@dataclass(frozen=True, slots=True)
class Case:
    """One number beside the one that was published.

    Attributes
    ----------
    group : what its cases have in common, a heading
    ours, published : float or None
        None where it cannot run.
    tolerance : None where the two are shown but not judged; ``note`` says why
        Where it cannot run, the tolerance is that both say so.
    points : pairs (published, ours)
        Where a case is a tally of many comparisons, some of those that hold, to be drawn in its
        place.
    source, label : where the published number is from, and how it is known
    fitted : what of ours was set so that published numbers come out
        Such a case validates less than it seems to.
    """

    group: str
    name: str
    ours: float | None
    published: float | None
    unit: str
    tolerance: Tolerance | None
    source: str
    label: Label
    note: str = ""
    points: tuple[tuple[float, float], ...] = ()
    fitted: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if self.ours is None or self.published is None:
            return "holds" if self.ours is self.published else "fails"
        if self.tolerance is None:
            return "shown"
        return "holds" if self.tolerance.holds(self.ours) else "fails"

    @property
    def tolerance_text(self) -> str:
        if self.ours is None or self.published is None:
            return "cannot run"
        return self.tolerance.text if self.tolerance else "not judged"


Part = Callable[[], Iterator[Case]]


@dataclass(frozen=True, slots=True)
class Study:
    """A publication, and what makes its cases.

    Attributes
    ----------
    parts : yield the cases
        Parts need not know of each other: several run at once, each a function of a module. They
        may keep searches in the user's results cache.
    """

    name: str
    title: str
    source: str
    parts: tuple[Part, ...]

    def cases(self) -> Iterator[Case]:
        """Yield the cases of all parts in order, as they are found."""
        for part in self.parts:
            yield from part()


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The cases of one study, and the seconds that finding them took, all parts together."""

    name: str
    title: str
    source: str
    cases: tuple[Case, ...]
    seconds: float

    def count(self, verdict: Verdict) -> int:
        return sum(case.verdict == verdict for case in self.cases)


@dataclass(frozen=True, slots=True)
class Validation:
    """Every study that was asked for."""

    studies: tuple[StudyResult, ...]

    @property
    def holds(self) -> bool:
        """Whether no case fails."""
        return not self.failures

    @property
    def failures(self) -> tuple[tuple[str, Case], ...]:
        """The cases that fail, each with the name of its study."""
        return tuple(
            (study.name, case)
            for study in self.studies
            for case in study.cases
            if case.verdict == "fails"
        )
