"""Which points of a space a sweep looks at: all, some at random, or a Latin hypercube."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from accelsim.errors import Problem, UsageError
from accelsim.explore.parameters import Parameter
from accelsim.given import whole_number

MOST_POINTS = 10_000_000
"""Of a sweep: what a store holds, and what can be gone through before it begins."""

GRID, RANDOM, LATIN = DESIGNS = ("grid", "random", "latin")


_MOST = f"{MOST_POINTS:,}"


@dataclass(frozen=True, slots=True)
class Point:
    """One machine, workload and dataflow of a sweep, by number, and what is set: path, value."""

    machine: int
    workload: int
    dataflow: int
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Space:
    """What can be combined: so many machines, workloads, dataflows, and values of parameters."""

    machines: int
    workloads: int
    dataflows: int
    parameters: tuple[Parameter, ...]

    @property
    def sides(self) -> tuple[int, ...]:
        """How many choices there are along each axis; the last one changes fastest."""
        values = (len(parameter.values) for parameter in self.parameters)
        return (self.machines, self.workloads, self.dataflows, *values)

    def point(self, choices: Sequence[int]) -> Point:
        """Return the point of one choice per axis."""
        machine, workload, dataflow, *steps = choices
        chosen = (its.values[step] for its, step in zip(self.parameters, steps, strict=True))
        settings = [
            pair
            for its, values in zip(self.parameters, chosen, strict=True)
            for pair in zip(its.paths, values, strict=True)
        ]
        return Point(machine, workload, dataflow, tuple(settings))


@dataclass(frozen=True, slots=True)
class Design:
    """How points are chosen from a space.

    Parameters
    ----------
    kind : "grid" (every point), "random" (each at most once) or "latin"
        A Latin hypercube cuts every axis into as many strata as there are points, each of which
        holds one; points that fall together count once.
    points : how many; only for random and latin
    seed : start of the random choices

    Raises
    ------
    UsageError
        If these do not fit together, or are no such numbers.
    """

    kind: str = GRID
    points: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in DESIGNS:
            expected = "one of " + ", ".join(DESIGNS)
            raise UsageError(Problem(f"unknown design '{self.kind}'", expected=expected))
        if self.kind == GRID and self.points is not None:
            hint = "choose some of them with --design random or latin"
            raise UsageError(Problem("a grid has all of its points", hint=hint))
        if self.kind != GRID and self.points is None:
            raise UsageError(
                Problem(f"the design '{self.kind}' needs a number", expected="--points N")
            )
        object.__setattr__(self, "seed", whole_number("seed", self.seed, least=0))
        if self.points is not None:
            object.__setattr__(self, "points", whole_number("points", self.points))
        if self.points is not None and self.points > MOST_POINTS:
            raise UsageError(Problem(f"points is {self.points:,}", expected=f"at most {_MOST}"))


def count(space: Space, design: Design) -> int:
    """Return how many points a design has at most, before any is left out.

    Raises
    ------
    UsageError
        If these are more than :data:`MOST_POINTS`.
    """
    every = prod(space.sides)
    if design.points is not None:
        return min(every, design.points)
    if every > MOST_POINTS:
        hint = "take some of them: --design latin --points N, or random"
        what = f"the grid has {every:,} points"
        raise UsageError(Problem(what, expected=f"at most {_MOST}", hint=hint))
    return every


def chosen(
    space: Space, design: Design, wanted: Callable[[Point], bool] = lambda _: True
) -> Iterator[Point]:
    """Yield the points of a design that are wanted, one at a time, always in the same order."""
    sides = space.sides
    picks = {GRID: _grid, RANDOM: _random, LATIN: _latin}[design.kind]
    for choices in picks(sides, design):
        point = space.point(choices)
        if wanted(point):
            yield point


def _grid(sides: Sequence[int], _: Design) -> Iterator[tuple[int, ...]]:
    for number in range(prod(sides)):
        yield choices_at(number, sides)


def _random(sides: Sequence[int], design: Design) -> Iterator[tuple[int, ...]]:
    every, rng = prod(sides), random.Random(design.seed)
    wanted = min(design.points or 0, every)
    if every <= sys.maxsize:
        numbers = rng.sample(range(every), wanted)
    else:  # beyond what ``sample`` draws from; equal ones hardly ever occur
        drawn = dict[int, None]()
        while len(drawn) < wanted:
            drawn[rng.randrange(every)] = None
        numbers = [*drawn]
    for number in numbers:
        yield choices_at(number, sides)


def _latin(sides: Sequence[int], design: Design) -> Iterator[tuple[int, ...]]:
    rng, strata_count = random.Random(design.seed), design.points or 0
    strata = [rng.sample(range(strata_count), strata_count) for _ in sides]
    found = dict[tuple[int, ...], None]()
    for number in range(strata_count):
        cuts = ((its[number] + rng.random()) / strata_count for its in strata)
        found[tuple(int(cut * side) for cut, side in zip(cuts, sides, strict=True))] = None
    yield from found


def choices_at(number: int, sides: Sequence[int]) -> tuple[int, ...]:
    """Return the digits of a number, one per side."""
    digits = []
    for side in reversed(sides):
        number, digit = divmod(number, side)
        digits.append(digit)
    return tuple(reversed(digits))
