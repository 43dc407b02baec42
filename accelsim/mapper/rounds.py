"""Rounds of draws and walks: the kernel of the sampling driver, and the state it works on.

A **round** draws a few mappings at random and walks from the best of them (every other round from
the best mapping so far: the first one where mappings were given to start from, else the second).
A step of the walk alters the mapping a little; an altered mapping that
is not legal is dropped unpriced, one that is priced becomes the current one if it is not worse by
more than a threshold that shrinks to nothing over the walk (threshold accepting: Dueck and Scheuer,
J. Comput. Phys. 90, 1990; unlike annealing it needs no exponential, whose last bit differs between
machines).  Walks grow longer from round to round.

Everything a search knows stands in :class:`State`, so that it can be cut into slices anywhere and
resumed; the slicing has no influence on the result.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.counter.general.layout import Scratch
from accelsim.counter.window import Marks
from accelsim.evaluation.prices import Floats
from accelsim.evaluation.pricing import price
from accelsim.jit import kernel
from accelsim.mapper import objectives
from accelsim.mapper.legality import legal
from accelsim.mapper.position import (
    Bench,
    Choices,
    Position,
    comes_first,
    copy_ints,
    copy_mapping,
    empty_mapping,
    empty_position,
    pack_position,
)
from accelsim.mapper.random import fraction, seeded
from accelsim.mapper.walk import ALTERED, REORDERED, alter, draw_mapping
from accelsim.mapping.arrays import Ints, MappingArrays
from accelsim.mapspace.rules import MapspaceArrays
from accelsim.mapspace.space import Mapspace

DRAWS = 16
"""Mappings drawn at random at the start of a round."""

SHORTEST_WALK = 500
"""Steps of the first walk."""

BARREN_STEPS = 200
"""Steps without a legal change after which a walk is given up."""

WIDEST = 0.3
"""The threshold at the start of a walk: worse by so much is still accepted."""

# Entries of State.counts.
(
    CONSIDERED, STEPS, ROUND, DRAWN, WALK_LEFT, WALK_LENGTH, BARREN, REFUSED, POINTS, GIVEN,
) = range(10)  # fmt: skip

# Entries of State.figures: rank and costs of the current, the drawn and the best mapping.
CURRENT, DRAFT, BEST = range(3)
FIGURE, TIE, COST_ENERGY, COST_CYCLES = range(4)


power_product = kernel(objectives.power_product)


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
def _price_draft(case: np.record, marks: Marks | Scratch, aim: Aim, state: State) -> None:
    """Price the draft, note it if it is the best or on the front."""
    counts, figures = state.counts, state.figures
    pack_position(state.draft, state.packed)
    status = price(
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
def point_of(maps: MappingArrays, point: int) -> MappingArrays:
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
            if not equal or not comes_first(state.packed, point_of(maps, point)):
                return
    kept = 0
    for point in range(points):
        if front[point, 0] < energy or front[point, 1] < cycles:
            front[kept, 0] = front[point, 0]
            front[kept, 1] = front[point, 1]
            copy_mapping(point_of(maps, point), point_of(maps, kept))
            kept += 1
    if kept < len(front):
        front[kept, 0] = energy
        front[kept, 1] = cycles
        copy_mapping(state.packed, point_of(maps, kept))
        kept += 1
    state.counts[POINTS] = kept


@kernel
def _promote_draft(state: State) -> None:
    """Make the draft the current mapping."""
    _copy_figures(state.figures, DRAFT, CURRENT)
    copy_ints(state.draft.whole, state.current.whole)


@kernel
def offer(
    case: np.record, marks: Marks | Scratch, aim: Aim, state: State, position: Position
) -> None:
    """Price a mapping that the search is given; it becomes the best if it is."""
    copy_ints(position.whole, state.draft.whole)
    _price_draft(case, marks, aim, state)
    state.counts[GIVEN] += 1


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
    marks: Marks | Scratch,
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
                if counts[ROUND] % 2 == (0 if counts[GIVEN] > 0 else 1):
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


def fresh_state(space: Mapspace, varied: Choices, seed: int, points: int) -> State:
    """Return the state before the first step, with room for a front of ``points``."""
    counts = np.zeros(GIVEN + 1, dtype=np.int64)
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


def copied(state: State, space: Mapspace, varied: Choices) -> State:
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
