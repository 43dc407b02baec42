"""An answer of the exact mapper held against the list of every mapping of a small problem."""

from __future__ import annotations

from dataclasses import dataclass

from accelsim.errors import AccelsimError
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.driver import solve
from accelsim.mapper.objectives import ENERGY, OBJECTIVES
from tests.mapper.problems import solved

CLOSE = 1e-12
FRONT = "front"
QUESTIONS = (*OBJECTIVES, FRONT)
"""What can be asked: the best by an objective, or the whole front."""

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


def wrong(case: Listed, question: str) -> str:
    """Ask the exact mapper; return what is wrong with its answer, empty if nothing.

    What the search says of its answer and the counter finds otherwise is wrong too.
    """
    try:
        return wrong_front(case) if question == FRONT else wrong_best(case, question)
    except AccelsimError as fault:
        return str(fault)
