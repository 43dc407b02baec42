"""The sampling driver: random legal mappings, each improved by a walk of small changes.

How it searches is said in :mod:`accelsim.mapper.rounds`; here it is cut into slices, stopped,
resumed and reported on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from accelsim.counter.general.layout import Scratch
from accelsim.counter.window import Marks
from accelsim.errors import AccelsimError
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
    no_mapping,
    silent,
)
from accelsim.mapper.given import given, position_of
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import Objective
from accelsim.mapper.position import (
    Bench,
    Choices,
    Position,
    choices,
    empty_bench,
    empty_mapping,
    empty_position,
    pack_position,
)
from accelsim.mapper.random import seeded
from accelsim.mapper.rounds import (
    BEST,
    CONSIDERED,
    COST_CYCLES,
    COST_ENERGY,
    GIVEN,
    POINTS,
    REFUSED,
    ROUND,
    STEPS,
    Aim,
    State,
    advance,
    copied,
    fresh_state,
    offer,
    point_of,
)
from accelsim.mapper.walk import draw_mapping
from accelsim.mapping.arrays import Ints, MappingArrays, unpack_mapping
from accelsim.mapping.records import Mapping
from accelsim.mapspace.rules import MapspaceArrays

SLICE_SECONDS = 0.05
"""What a slice aims at; ``stop`` is asked between slices."""

FIRST_STEPS = 200
"""Steps of the first slice, and the least."""

FRONT_POINTS = 256
"""Points of a front that are kept; a full front takes in only what displaces another."""

ENOUGH = 20
"""A search ends when it has priced this many times as many mappings as the space has.

It draws with repetition, so that it then has met a mapping that is as likely as the others with a
probability of 1 - exp(-20), and has proved nothing.
"""


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
    marks: Marks | Scratch

    def advance(self, until: int, steps: int) -> None:
        problem = self.problem
        advance(
            self.case, self.marks, problem.space.arrays, self.varied, self.aim, self.state,
            self.bench, until, steps,
        )  # fmt: skip
        self._check_refused()

    def offer(self, position: Position) -> None:
        offer(self.case, self.marks, self.aim, self.state, position)
        self._check_refused()

    def _check_refused(self) -> None:
        problem = self.problem
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
        start: Sequence[Mapping] = (),
    ) -> Outcome:
        """Search; see :class:`accelsim.mapper.contract.Driver`.

        The best of what is given to ``start`` from is the first best, and the first walk starts
        from the best so far.  ``resume`` must come from an outcome of this driver for the same
        problem and objective; the outcome then is that of one search over the whole budget.  The
        first slice, of a few hundred mappings, is searched even if ``stop`` is true from the
        beginning.
        """
        began = time.monotonic()
        started = self._start(problem, objective, front, resume, start)
        if isinstance(started, Infeasibility):
            return no_mapping(self.name, problem, objective, started)
        enough = ENOUGH * problem.space.size
        until = enough if budget.samples is None else min(budget.samples, enough)
        stopped_by = _run(started, budget, until, began, stop, progress)
        if stopped_by == "samples" and until == enough:
            stopped_by = "enough"
        counts = started.state.counts
        offered = ("given to start from", int(counts[GIVEN]))
        certificate = Certificate(
            self.name,
            problem.space.size,
            started.considered,
            False,
            None,
            stopped_by,
            objective.name,
            (
                *([offered] if counts[GIVEN] else []),
                ("rounds", int(counts[ROUND]) + 1),
                ("steps", int(counts[STEPS])),
            ),
        )
        return Outcome(
            started.best(), certificate, started.front() if front else (), resume=started.state
        )

    def _start(
        self,
        problem: MappingProblem,
        objective: Objective,
        front: bool,
        resume: object | None,
        start: Sequence[Mapping],
    ) -> _Search | Infeasibility:
        offered = [given(problem.space, mapping) for mapping in start]
        base = first_factors(problem.space)
        if isinstance(base, Infeasibility) and offered:
            base = offered[0].factors  # the search for a first mapping gave up
        if isinstance(base, Infeasibility):
            return base
        varied = choices(problem.space, base)
        if resume is None:
            state = fresh_state(problem.space, varied, self.seed, FRONT_POINTS if front else 0)
        elif isinstance(resume, State):
            state = copied(resume, problem.space, varied)
        else:
            raise TypeError(f"cannot resume from a {type(resume).__name__}")
        aim = Aim(
            objective.energy_power,
            objective.cycles_power,
            int(objective.tie == "energy"),
            int(front),
        )
        case, marks = _case(problem)
        bench = empty_bench(problem.space, varied)
        search = _Search(problem, objective, varied, aim, state, bench, case, marks)
        for parts in offered:
            search.offer(position_of(problem.space, varied, parts))
        return search


def _case(problem: MappingProblem) -> tuple[np.record, Marks | Scratch]:
    return problem.packed.case()


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

    def report(now: float) -> None:
        energy, cycles = map(float, search.state.figures[BEST, COST_ENERGY:])
        progress(Progress(search.considered, budget.samples, now - began, energy, cycles))

    if search.considered:  # resumed, or given mappings to start from
        report(time.monotonic())
    while search.considered < until:
        slice_began = time.monotonic()
        search.advance(limit, steps)
        now = time.monotonic()
        steps = _next_steps(steps, now - slice_began)
        report(now)
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
        pack_position(position, point_of(batch, index))


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
