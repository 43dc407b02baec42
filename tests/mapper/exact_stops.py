"""Searches of small problems ended after any number of steps, held against every mapping."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple
from unittest.mock import patch

from accelsim.mapper.contract import Candidate, MappingProblem, StoppedBy
from accelsim.mapper.exact.driver import certify
from accelsim.mapper.exact.work import Work
from accelsim.mapper.given import given
from accelsim.mapper.objectives import ENERGY, OBJECTIVES, Objective
from accelsim.mapping.arrays import pack_mapping
from tests.mapper.problems import Solved, price

CLOSE = 1e-12
BOUNDS, BEAM, WHOLE = "bounds", "beam", "whole"
PHASES = (BOUNDS, BEAM, WHOLE)
OTHERS = 2
"""Looks at the clock at which a search is ended in each phase, besides the last."""

SLOW: dict[str, Any] = {"SLICE_STEPS": 10, "BEAM": 1}
"""Constants of a search by which each phase of a small one is many slices long."""

Points = tuple[tuple[float, float], ...]
Over = Callable[[float, float], StoppedBy | None]


class Watched(Work):
    """A search that knows its phase; with something to start from it has no beam.

    A beam all but solves small problems, which leaves nothing to search wholly.
    """

    phase = BOUNDS

    def _search_all(self, beam: int, over: Over) -> StoppedBy | None:
        self.phase = BEAM if beam else WHOLE
        if beam and self.finds.candidates:
            return None
        return super()._search_all(beam, over)


class Question(NamedTuple):
    """What is asked of a search."""

    problem: MappingProblem
    objective: Objective
    front: bool
    first: tuple[Candidate, ...]

    def search(self) -> Watched:
        return Watched(*self[:2], self.first, self.front)


def phases_of(question: Question) -> tuple[list[str], Watched]:
    """Return the phase of each look at the clock of a search that none ends, and the search."""
    seen: list[str] = []
    work = question.search()

    def over(_energy: float, _cycles: float) -> None:
        seen.append(work.phase)

    work.run(over)
    return seen, work


def true_after(looks: int) -> Callable[[], bool]:
    """Return what says False so many times, then True."""
    left = iter(range(looks))
    return lambda: next(left, None) is None


def ended(question: Question, after: int) -> Watched:
    """Return a search that was told to end at its look number ``after`` at the clock."""
    work = question.search()
    stop = true_after(after)

    def over(_energy: float, _cycles: float) -> StoppedBy | None:
        return "stop" if stop() else None

    assert work.run(over) == "stop"
    return work


def wrong_end(work: Watched, objective: Objective, points: Points) -> str:
    """Return what is wrong with a search that was ended; empty if nothing.

    ``points`` are the (energy, cycles) of every mapping.  What it found must be legal, at the
    counter's price, and what it claims to be out of reach must be so.
    """
    best = work.finds.best()
    certificate = certify(work.problem, objective, work, best, "stop", 0)
    optimum = min(objective.figure(*point) for point in points)
    if certificate.optimal:
        return "the search was ended and claims the optimum"
    if certificate.bound is None or certificate.bound > optimum * (1 + CLOSE):
        return f"found {optimum} where no less than {certificate.bound} was said to be"
    for found in work.finds.front() if work.fields["front"] else [best] if best else []:
        given(work.problem.space, found.mapping)
        counted = price(work.problem, pack_mapping(found.mapping, work.problem.layer))
        if counted != (found.energy, found.cycles):
            return f"found {found}, the counter {counted}"
    steps = [(point.energy, point.cycles) for point in work.finds.front()]
    if any(b[0] <= a[0] or b[1] >= a[1] for a, b in pairwise(steps)):
        return f"found a front with superfluous points: {steps}"
    return ""


def stops_of(phases: list[str]) -> list[int]:
    """Return some looks at which to end a search, of each of its phases the last and others."""
    chosen: set[int] = set()
    for phase in PHASES:
        looks = [at for at, seen in enumerate(phases) if seen == phase]
        rng = random.Random(f"stops {phase} {len(looks)}")
        chosen.update(looks[-1:], rng.sample(looks, min(OTHERS, len(looks))))
    return sorted(chosen)


def questions_about(everything: Solved) -> Iterator[Question]:
    """Yield each objective, from nothing and from the worst mapping, and the front."""
    problem = everything.problem
    for objective in OBJECTIVES.values():
        yield Question(problem, objective, False, ())
        points = zip(everything.energy.tolist(), everything.cycles.tolist(), strict=True)
        _, at = max((objective.rank(*p), i) for i, p in enumerate(points))
        figures = float(everything.energy[at]), float(everything.cycles[at])
        worst = Candidate(everything.mappings[at], *figures)
        yield Question(problem, objective, False, (worst,))
    yield Question(problem, ENERGY, True, ())


def wrong_stops(everything: Solved, seen: list[str]) -> str:
    """End searches of a problem in each phase; return what is wrong with one, empty if nothing.

    The phases in which they were ended are added to ``seen``.
    """
    points = tuple(zip(everything.energy.tolist(), everything.cycles.tolist(), strict=True))
    with patch.multiple("accelsim.mapper.exact.work", **SLOW):
        for question in questions_about(everything):
            phases, whole = phases_of(question)
            best, optimum = whole.finds.best(), everything.best(question.objective)[0]
            if best is None or question.objective.figure(best.energy, best.cycles) > optimum * (
                1 + CLOSE
            ):
                return f"{question.objective.name}: found {best}, listed {optimum}"
            for after in stops_of(phases):
                work = ended(question, after)
                found = wrong_end(work, question.objective, points)
                if found:
                    return f"{question.objective.name}, ended {work.phase} ({after}): {found}"
                seen.append(work.phase)
    return ""
