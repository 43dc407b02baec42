"""The sampling driver: random legal mappings, each improved by a walk of small changes.

A **round** draws a few mappings at random and walks from the best of them (every other round from
the best mapping so far).  A step of the walk alters the mapping a little; an altered mapping that
is not legal is dropped unpriced, one that is priced becomes the current one if it is not worse by
more than a threshold that shrinks to nothing over the walk (threshold accepting: Dueck and Scheuer,
J. Comput. Phys. 90, 1990; unlike annealing it needs no exponential, whose last bit differs between
machines).  Walks grow longer from round to round.

Everything a search knows stands in :class:`State`, so that it can be cut into slices anywhere and
resumed; the slicing has no influence on the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from accelsim.counter.window import Marks
from accelsim.errors import AccelsimError
from accelsim.evaluation.kernel import make_case, price_mapping
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.contract import (
    Budget,
    Candidate,
    Certificate,
    MappingProblem,
    OnProgress,
    Outcome,
    Progress,
    StoppedBy,
    never,
    silent,
)
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import Objective, power_product
from accelsim.mapper.random import fraction, seeded
from accelsim.mapper.walk import (
    ALTERED,
    REORDERED,
    Bench,
    Choices,
    Position,
    alter,
    choices,
    comes_first,
    copy_ints,
    copy_mapping,
    draw_mapping,
    empty_bench,
    empty_mapping,
    empty_position,
    legal,
    pack_position,
)
from accelsim.mapping.arrays import (
    Ints,
    MappingArrays,
    unpack_mapping,
)
from accelsim.mapspace.space import Mapspace, MapspaceArrays

SLICE_SECONDS = 0.05
"""What a slice aims at; ``stop`` is asked between slices."""

FIRST_STEPS = 200
"""Steps of the first slice, and the least."""

DRAWS = 16
"""Mappings drawn at random at the start of a round."""

SHORTEST_WALK = 500
"""Steps of the first walk."""

BARREN_STEPS = 200
"""Steps without a legal change after which a walk is given up."""

WIDEST = 0.3
"""The threshold at the start of a walk: worse by so much is still accepted."""

FRONT_POINTS = 256
"""Points of a front that are kept; a full front takes in only what displaces another."""

ENOUGH = 20
"""A search ends when it has priced this many times as many mappings as the space has."""

# Entries of State.counts.
CONSIDERED, STEPS, ROUND, DRAWN, WALK_LEFT, WALK_LENGTH, BARREN, REFUSED, POINTS = range(9)

# Entries of State.figures: rank and costs of the current, the drawn and the best mapping.
CURRENT, DRAFT, BEST = range(3)
FIGURE, TIE, COST_ENERGY, COST_CYCLES = range(4)


class State(NamedTuple):
    """A search between two slices."""

    random: Ints
    counts: Ints
    """``[CONSIDERED, ...]``"""
    figures: Floats
    """``[CURRENT | DRAFT | BEST, FIGURE | TIE | COST_ENERGY | COST_CYCLES]``"""
    current: Position
    draft: Position
    best: Position
    packed: MappingArrays
    """The draft, packed."""
    best_packed: MappingArrays
    front: Floats
    """``[point, 0 | 1]``: energy and cycles."""
    front_packed: MappingArrays
    """``[point, ...]``"""


class Aim(NamedTuple):
    """The objective, for kernels."""

    energy_power: int
    cycles_power: int
    tie_is_energy: int
    keep_front: int


@kernel
def _copy_figures(figures: Floats, source: int, target: int) -> None:
    for entry in range(figures.shape[1]):
        figures[target, entry] = figures[source, entry]


@kernel
def _price_draft(case: np.record, marks: Marks, aim: Aim, state: State) -> None:
    """Price the draft, note it if it is the best or on the front."""
    counts, figures = state.counts, state.figures
    pack_position(state.draft, state.packed)
    status = price_mapping(
        case, state.packed.loop_dim, state.packed.loop_bound, state.packed.slot_end,
        state.packed.keep, marks,
    )  # fmt: skip
    counts[CONSIDERED] += 1
    if status != 0:
        counts[REFUSED] += 1
        figures[DRAFT, :] = np.inf
        return
    energy, cycles = case.energy, case.cycles
    figures[DRAFT, FIGURE] = power_product(energy, cycles, aim.energy_power, aim.cycles_power)
    figures[DRAFT, TIE] = energy if aim.tie_is_energy == 1 else cycles
    figures[DRAFT, COST_ENERGY] = energy
    figures[DRAFT, COST_CYCLES] = cycles
    order = _compare(figures[DRAFT], figures[BEST])
    if order < 0 or (order == 0 and comes_first(state.packed, state.best_packed)):
        _copy_figures(figures, DRAFT, BEST)
        copy_ints(state.draft.whole, state.best.whole)
        copy_mapping(state.packed, state.best_packed)
    if aim.keep_front == 1:
        _add_to_front(state, energy, cycles)


@kernel
def _compare(one: Floats, other: Floats) -> int:
    """Return -1 if ``one`` ranks before ``other``, 1 if after, 0 if they are equal."""
    for entry in (FIGURE, TIE):
        if one[entry] != other[entry]:
            return -1 if one[entry] < other[entry] else 1
    return 0


@kernel
def _point(maps: MappingArrays, point: int) -> MappingArrays:
    """Return one mapping of a batch, as a view."""
    return MappingArrays(
        maps.loop_dim[point], maps.loop_bound[point], maps.slot_end[point], maps.keep[point]
    )


@kernel
def _add_to_front(state: State, energy: float, cycles: float) -> None:
    """Add the packed draft to the front unless a point is as good; drop what it is better than."""
    front, maps = state.front, state.front_packed
    points = state.counts[POINTS]
    for point in range(points):
        if front[point, 0] <= energy and front[point, 1] <= cycles:
            equal = front[point, 0] == energy and front[point, 1] == cycles
            if not equal or not comes_first(state.packed, _point(maps, point)):
                return
    kept = 0
    for point in range(points):
        if front[point, 0] < energy or front[point, 1] < cycles:
            front[kept, 0] = front[point, 0]
            front[kept, 1] = front[point, 1]
            copy_mapping(_point(maps, point), _point(maps, kept))
            kept += 1
    if kept < len(front):
        front[kept, 0] = energy
        front[kept, 1] = cycles
        copy_mapping(state.packed, _point(maps, kept))
        kept += 1
    state.counts[POINTS] = kept


@kernel
def _promote_draft(state: State) -> None:
    """Make the draft the current mapping."""
    _copy_figures(state.figures, DRAFT, CURRENT)
    copy_ints(state.draft.whole, state.current.whole)


@kernel
def _accepts(state: State) -> bool:
    """Return whether the walk goes on from the draft."""
    current, draft = state.figures[CURRENT], state.figures[DRAFT]
    left = state.counts[WALK_LEFT] / state.counts[WALK_LENGTH]
    slack = 1.0 + WIDEST * left * left * fraction(state.random)
    if draft[FIGURE] != current[FIGURE]:
        return bool(draft[FIGURE] <= current[FIGURE] * slack)
    return bool(draft[TIE] <= current[TIE] * slack)


@kernel
def advance(
    case: np.record,
    marks: Marks,
    arrays: MapspaceArrays,
    varied: Choices,
    aim: Aim,
    state: State,
    bench: Bench,
    until: int,
    steps: int,
) -> None:
    """Search on until ``until`` mappings are priced in all, for at most ``steps`` steps.

    One step draws or alters one mapping.  The state after a number of steps does not depend on how
    they were cut into calls.
    """
    layer, machine = case.counter.layer, case.counter.machine
    counts, figures, random = state.counts, state.figures, state.random
    for _ in range(steps):
        if counts[CONSIDERED] >= until:
            return
        counts[STEPS] += 1
        if counts[DRAWN] < DRAWS:
            draw_mapping(layer, machine, arrays, varied, state.draft, random, bench)
            _price_draft(case, marks, aim, state)
            if counts[DRAWN] == 0 or _compare(figures[DRAFT], figures[CURRENT]) < 0:
                _promote_draft(state)
            counts[DRAWN] += 1
            if counts[DRAWN] == DRAWS:
                if counts[ROUND] % 2 == 1:
                    _copy_figures(figures, BEST, CURRENT)
                    copy_ints(state.best.whole, state.current.whole)
                counts[WALK_LEFT] = counts[WALK_LENGTH]
                counts[BARREN] = 0
            continue
        copy_ints(state.current.whole, state.draft.whole)
        changed = alter(machine, arrays, varied, state.draft, random)
        if changed == REORDERED or (
            changed == ALTERED and legal(layer, machine, arrays, state.draft, bench)
        ):
            counts[BARREN] = 0
            _price_draft(case, marks, aim, state)
            if _accepts(state):
                _promote_draft(state)
        else:
            counts[BARREN] += 1
        counts[WALK_LEFT] -= 1
        if counts[WALK_LEFT] == 0 or counts[BARREN] >= BARREN_STEPS:
            counts[ROUND] += 1
            counts[DRAWN] = 0
            counts[WALK_LENGTH] += counts[WALK_LENGTH] // 4


@dataclass(frozen=True)
class _Search:
    """What a search allocates: constant tables, scratch, and the state."""

    problem: MappingProblem
    objective: Objective
    varied: Choices
    aim: Aim
    state: State
    bench: Bench
    case: np.record
    marks: Marks

    def advance(self, until: int, steps: int) -> None:
        problem = self.problem
        advance(
            self.case, self.marks, problem.space.arrays, self.varied, self.aim, self.state,
            self.bench, until, steps,
        )  # fmt: skip
        if self.state.counts[REFUSED]:
            raise AccelsimError(
                f"the counter refused {self.state.counts[REFUSED]} mappings of"
                f" {problem.layer.name} on {problem.arch.name} that the sampler took for legal"
            )

    @property
    def considered(self) -> int:
        return int(self.state.counts[CONSIDERED])

    def candidate(self, packed: MappingArrays, energy: float, cycles: float) -> Candidate:
        loops = int(packed.slot_end[-1])
        packed = packed._replace(
            loop_dim=packed.loop_dim[:loops], loop_bound=packed.loop_bound[:loops]
        )
        mapping = unpack_mapping(packed, self.problem.arch, self.problem.layer)
        return Candidate(mapping, float(energy), float(cycles))

    def best(self) -> Candidate | None:
        if self.considered == 0:
            return None
        figures = self.state.figures[BEST]
        return self.candidate(self.state.best_packed, figures[COST_ENERGY], figures[COST_CYCLES])

    def front(self) -> tuple[Candidate, ...]:
        points = range(int(self.state.counts[POINTS]))
        found = [
            self.candidate(
                MappingArrays(*(array[point] for array in self.state.front_packed)),
                *self.state.front[point],
            )
            for point in points
        ]
        return tuple(sorted(found, key=lambda one: (one.energy, one.cycles)))


@dataclass(frozen=True)
class SamplingDriver:
    """Seeded random search with local improvement; proves nothing, works on every mapspace."""

    seed: int = 0

    @property
    def name(self) -> str:
        return "sampling"

    def search(
        self,
        problem: MappingProblem,
        objective: Objective,
        budget: Budget,
        *,
        front: bool = False,
        stop: Callable[[], bool] = never,
        progress: OnProgress = silent,
        resume: object | None = None,
    ) -> Outcome:
        """Search; see :class:`accelsim.mapper.contract.Driver`.

        ``resume`` must come from an outcome of this driver for the same problem and objective;
        the outcome then is that of one search over the whole budget.  The first slice, of a few
        hundred mappings, is searched even if ``stop`` is true from the beginning.
        """
        began = time.monotonic()
        started = self._start(problem, objective, front, resume)
        if isinstance(started, Infeasibility):
            certificate = Certificate(
                self.name, problem.space.size, 0, False, None, "space", objective.name
            )
            return Outcome(None, certificate, infeasible=started)
        enough = ENOUGH * problem.space.size
        until = enough if budget.samples is None else min(budget.samples, enough)
        stopped_by = _run(started, budget, until, began, stop, progress)
        if stopped_by == "samples" and until == enough:
            stopped_by = "space"
        counts = started.state.counts
        certificate = Certificate(
            self.name,
            problem.space.size,
            started.considered,
            False,
            None,
            stopped_by,
            objective.name,
            (("rounds", int(counts[ROUND]) + 1), ("steps", int(counts[STEPS]))),
        )
        return Outcome(
            started.best(), certificate, started.front() if front else (), resume=started.state
        )

    def _start(
        self, problem: MappingProblem, objective: Objective, front: bool, resume: object | None
    ) -> _Search | Infeasibility:
        base = first_factors(problem.space)
        if isinstance(base, Infeasibility):
            return base
        varied = choices(problem.space, base)
        if resume is None:
            state = _fresh_state(problem, varied, self.seed, FRONT_POINTS if front else 0)
        elif isinstance(resume, State):
            state = _copied(resume, problem.space, varied)
        else:
            raise TypeError(f"cannot resume from a {type(resume).__name__}")
        aim = Aim(
            objective.energy_power,
            objective.cycles_power,
            int(objective.tie == "energy"),
            int(front),
        )
        case, marks = _case(problem)
        return _Search(
            problem,
            objective,
            varied,
            aim,
            state,
            empty_bench(problem.space, varied),
            case,
            marks,
        )


def _case(problem: MappingProblem) -> tuple[np.record, Marks]:
    return make_case(
        problem.layer_arrays, problem.machine, problem.price_arrays, problem.conventions
    )


def _run(
    search: _Search,
    budget: Budget,
    until: int,
    began: float,
    stop: Callable[[], bool],
    progress: OnProgress,
) -> StoppedBy:
    """Search slice by slice until something ends it; return what did."""
    limit = min(until, np.iinfo(np.int64).max)
    steps = FIRST_STEPS
    while search.considered < until:
        slice_began = time.monotonic()
        search.advance(limit, steps)
        now = time.monotonic()
        steps = _next_steps(steps, now - slice_began)
        energy, cycles = map(float, search.state.figures[BEST, COST_ENERGY:])
        progress(Progress(search.considered, budget.samples, now - began, energy, cycles))
        if search.considered < until:
            if stop():
                return "stop"
            if budget.seconds is not None and now - began >= budget.seconds:
                return "seconds"
    return "samples"


def _next_steps(steps: int, seconds: float) -> int:
    """Return the steps of the next slice, toward :data:`SLICE_SECONDS` and at most twice as many.

    The first slice may have compiled the kernel, which tells nothing of the speed of a step.
    """
    if seconds < SLICE_SECONDS / 2:
        return steps * 2
    return max(FIRST_STEPS, int(steps * SLICE_SECONDS / seconds))


def _fresh_state(problem: MappingProblem, varied: Choices, seed: int, points: int) -> State:
    space = problem.space
    counts = np.zeros(POINTS + 1, dtype=np.int64)
    counts[WALK_LENGTH] = SHORTEST_WALK
    return State(
        random=seeded("sampling", seed),
        counts=counts,
        figures=np.full((BEST + 1, COST_CYCLES + 1), np.inf),
        current=empty_position(space, varied),
        draft=empty_position(space, varied),
        best=empty_position(space, varied),
        packed=empty_mapping(space, varied),
        best_packed=empty_mapping(space, varied),
        front=np.zeros((points, 2)),
        front_packed=empty_mapping(space, varied, points),
    )


def _copied(state: State, space: Mapspace, varied: Choices) -> State:
    """Return a state that shares nothing with ``state``, which its owner may resume again."""

    def position(part: Position) -> Position:
        copied = empty_position(space, varied)
        copied.whole[:] = part.whole
        return copied

    def mapping(part: MappingArrays) -> MappingArrays:
        return MappingArrays(*(array.copy() for array in part))

    return State(
        random=state.random.copy(),
        counts=state.counts.copy(),
        figures=state.figures.copy(),
        current=position(state.current),
        draft=position(state.draft),
        best=position(state.best),
        packed=mapping(state.packed),
        best_packed=mapping(state.best_packed),
        front=state.front.copy(),
        front_packed=mapping(state.front_packed),
    )


@kernel
def _draw_batch(
    layer: np.record,
    machine: np.record,
    arrays: MapspaceArrays,
    varied: Choices,
    position: Position,
    random: Ints,
    bench: Bench,
    batch: MappingArrays,
) -> None:
    for index in range(len(batch.loop_dim)):
        draw_mapping(layer, machine, arrays, varied, position, random, bench)
        pack_position(position, _point(batch, index))


def sample_batch(problem: MappingProblem, n: int, seed: int = 0) -> MappingArrays:
    """Draw ``n`` legal mappings at random, without pricing them.

    Returns
    -------
    MappingArrays
        With a leading axis over mappings; loops beyond a mapping's own are padding.

    Raises
    ------
    AccelsimError
        If there is no legal mapping.
    """
    space = problem.space
    base = first_factors(space)
    if isinstance(base, Infeasibility):
        raise AccelsimError(str(base))
    varied = choices(space, base)
    batch = empty_mapping(space, varied, n)
    case, _ = _case(problem)
    _draw_batch(
        case.counter.layer, case.counter.machine, space.arrays, varied,
        empty_position(space, varied), seeded("batch", seed), empty_bench(space, varied), batch,
    )  # fmt: skip
    return batch
