"""An answer of the exact mapper held against the list of every mapping of a small problem."""

from __future__ import annotations

from dataclasses import dataclass
from unittest.mock import patch

from accelsim.errors import AccelsimError
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.driver import solve
from accelsim.mapper.exact.labels import END
from accelsim.mapper.exact.tables import Pattern
from accelsim.mapper.exact.work import Work
from accelsim.mapper.objectives import ENERGY, OBJECTIVES
from tests.mapper.exact_stops import wrong_stops
from tests.mapper.problems import solved

CLOSE = 1e-12
FRONT, BOUNDS, NARROW = "front", "bounds", "narrow"
QUESTIONS = (*OBJECTIVES, FRONT, BOUNDS, NARROW)
"""What can be asked: the best by an objective, the whole front, what was said on the way, or the
least energy after a first pass of one label, which leaves the second more to find."""

STOPS = "stops"
"""Besides: what is said and found where a search is ended."""

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Listed:
    """A problem with the distinct (energy, cycles) of all its mappings, by growing energy."""

    problem: MappingProblem
    points: Points


def listed(problem: MappingProblem) -> Listed:
    """List every mapping and have the counter price it."""
    everything = solved(problem)
    pairs = zip(everything.energy.tolist(), everything.cycles.tolist(), strict=True)
    return Listed(problem, tuple(sorted(set(pairs))))


def equal(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * max(abs(a), abs(b))


def wrong_best(case: Listed, name: str) -> str:
    """Return what is wrong with the best mapping by an objective; empty if nothing."""
    objective = OBJECTIVES[name]
    best = solve(case.problem, objective).best
    if not case.points:
        return "" if best is None else "found a mapping where none is listed"
    if best is None:
        return "lost every mapping"
    ranks = [objective.rank(*point) for point in case.points]
    optimum = min(figure for figure, _ in ranks)
    tie = min(tie for figure, tie in ranks if equal(figure, optimum))
    found = objective.rank(best.energy, best.cycles)
    if equal(found[0], optimum) and equal(found[1], tie):
        return ""
    return f"found {found}, listed {(optimum, tie)}"


def wrong_front(case: Listed) -> str:
    """Return what is wrong with the front; empty if nothing."""
    wanted: list[tuple[float, float]] = []
    for energy, cycles in case.points:
        if not wanted or cycles < wanted[-1][1]:
            wanted.append((energy, cycles))
    found = [
        (point.energy, point.cycles) for point in solve(case.problem, ENERGY, front=True).front
    ]
    same = len(found) == len(wanted) and all(
        equal(e, energy) and c == cycles
        for (e, c), (energy, cycles) in zip(found, wanted, strict=True)
    )
    return "" if same else f"found {found}, listed {wanted}"


class _Bounded(Work):
    """A search that compares what it finds with the bounds of all partial mappings before it."""

    exceeded = ""

    def _accept(self, pattern: Pattern) -> None:
        s = self.fields
        points = [i for i in range(s["n_front"]) if s["front_label"][i] >= 0]
        labels = [int(s["front_label"][i]) for i in points]
        super()._accept(pattern)
        for point, label in zip(points, labels, strict=True):
            cycles, energy = float(s["front_cycles"][point]), float(s["front_energy"][point])
            self._compare(label, energy - cycles * float(s["leakage"]), CLOSE * abs(energy))

    def _compare(self, label: int, spent: float, rounding: float) -> None:
        labels, after = self.labels, label
        while (at := int(labels["parent"][after])) > 0:
            bound = float(labels["bound"][at])
            if labels["action"][after] == END:
                bound = max(bound, float(labels["closing"][at]))
            if bound > spent + rounding:
                self.exceeded = f"found {spent!r} where no less than {bound!r} was said to be"
            after = at


def wrong_bounds(case: Listed) -> str:
    """Return where a bound on the completions of a partial mapping exceeds one that was found."""
    work = _Bounded(case.problem, ENERGY, (), front=True)
    work.run(lambda _energy, _cycles: None)
    return work.exceeded


def wrong(case: Listed, question: str) -> str:
    """Ask the exact mapper; return what is wrong with its answer, empty if nothing.

    What the search says of its answer and the counter finds otherwise is wrong too.
    """
    try:
        if question == STOPS:
            return wrong_stops(solved(case.problem), [])
        if question == BOUNDS:
            return wrong_bounds(case)
        if question == NARROW:
            with patch("accelsim.mapper.exact.work.BEAM", 1):
                return wrong_best(case, ENERGY.name)
        return wrong_front(case) if question == FRONT else wrong_best(case, question)
    except AccelsimError as fault:
        return str(fault)
