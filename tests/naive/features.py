"""What is special about a case: the situations that the random cases must meet often enough.

All of them are read off the mapping, none from the counter.
"""

from __future__ import annotations

from collections import Counter

from accelsim.arch.records import Fanout
from accelsim.mapping.records import Block
from accelsim.workload.records import window_terms
from tests.naive.cases import Case
from tests.naive.nest import Boundary, Nest, NestLoop

RUN_OVER_BORDER = "run over a memory border"
RUN_STOPPED_BY_LANES = "run stopped by lanes of its dim"
RUN_OUTSIDE_PARENT = "run outside the parent"
BYPASS = "bypass"
NO_MULTICAST = "lanes that cannot multicast"
NO_REDUCTION = "lanes that cannot reduce"
MIXED_REDUCTION = "lanes that can and cannot reduce"
BOTH_AXES = "a dim on both axes"
TWICE_IN_A_BLOCK = "a dim twice in a block"
LANES_AT_COMPUTE = "lanes inside the innermost memory"
SIDE_BY_SIDE = "memories side by side"
ONE_MEMORY_TWICE = "one memory as two places"
SHARED_ARRAY = "fanouts that share an array"
RULE_IV = "rule iv applies"

ALL = (
    *(
        RUN_OVER_BORDER,
        RUN_STOPPED_BY_LANES,
        RUN_OUTSIDE_PARENT,
        BYPASS,
        NO_MULTICAST,
        NO_REDUCTION,
        MIXED_REDUCTION,
    ),
    *(BOTH_AXES, TWICE_IN_A_BLOCK, LANES_AT_COMPUTE, SIDE_BY_SIDE, ONE_MEMORY_TWICE),
    *(SHARED_ARRAY, RULE_IV),
)


def features(case: Case) -> set[str]:
    """Return which of :data:`ALL` a case has."""
    nest = Nest(case.layer, case.architecture, case.mapping)
    found = _of_the_machine(case) | _of_the_loops(case)
    for boundary in nest.boundaries:
        found |= _of_the_run(boundary, nest)
        found |= _of_the_lanes(boundary, nest, case)
    return found


def _of_the_machine(case: Case) -> set[str]:
    found = set()
    places = case.architecture.places
    if any(len(place.holdings) > 1 for place in places):
        found.add(SIDE_BY_SIDE)
    memories = Counter(held.memory for place in places for held in place.holdings)
    if max(memories.values()) > 1:
        found.add(ONE_MEMORY_TWICE)
    arrays = [fanout.array for fanout in case.architecture.fanouts]
    if len(arrays) > len(set(arrays)):
        found.add(SHARED_ARRAY)
    return found


def _of_the_loops(case: Case) -> set[str]:
    found = set()
    for step in case.mapping.steps:
        if isinstance(step, Block):
            dims = Counter(loop.dim for loop in step.loops if loop.bound > 1)
            if any(count > 1 for count in dims.values()):
                found.add(TWICE_IN_A_BLOCK)
        else:
            on_x = {loop.dim for loop in step.x if loop.bound > 1}
            on_y = {loop.dim for loop in step.y if loop.bound > 1}
            if on_x & on_y:
                found.add(BOTH_AXES)
    return found


def _of_the_run(boundary: Boundary, nest: Nest) -> set[str]:
    found = set()
    if not boundary.is_compute and boundary.run_end > 0:
        if len(set(nest.temporal_block[boundary.run_start : boundary.run_end])) > 1:
            found.add(RUN_OVER_BORDER)
        if boundary.run_start < boundary.parent.temporal_outside:
            found.add(RUN_OUTSIDE_PARENT)
        before = boundary.run_start - 1
        if before >= 0 and nest.temporal[before].dim == nest.temporal[before + 1].dim:
            found.add(RUN_STOPPED_BY_LANES)
    outer = nest.levels.index(boundary.parent)
    if nest.levels[outer + 1] is not boundary.child:
        found.add(BYPASS)
    return found


def _of_the_lanes(boundary: Boundary, nest: Nest, case: Case) -> set[str]:
    found = set()
    crossed = slice(boundary.parent.fanouts_outside, boundary.child.fanouts_outside)
    lanes = list(zip(case.architecture.fanouts[crossed], nest.lanes[crossed], strict=True))
    if boundary.is_compute and any(loops for _, loops in lanes):
        found.add(LANES_AT_COMPUTE)
    if boundary.tensor is case.layer.output:
        able = {
            fanout.reduces
            for fanout, loops in lanes
            if any(loop.dim not in boundary.tensor.dims for loop in loops)
        }
        if False in able:
            found.add(NO_REDUCTION)
        if able == {True, False}:
            found.add(MIXED_REDUCTION)
    else:
        if any(loops and not _multicasts(fanout, boundary) for fanout, loops in lanes):
            found.add(NO_MULTICAST)
        shared = [
            loop for fanout, loops in lanes if _multicasts(fanout, boundary) for loop in loops
        ]
        if _rule_iv(boundary, nest, shared, case.layer.bounds):
            found.add(RULE_IV)
    return found


def _multicasts(fanout: Fanout, boundary: Boundary) -> bool:
    return boundary.tensor.role in fanout.multicast


def _rule_iv(boundary: Boundary, nest: Nest, lanes: list[NestLoop], bounds: dict[str, int]) -> bool:
    """Whether a run steps one dim of a sparse window while lanes lie end to end along the other."""
    if boundary.is_compute or boundary.run_end == 0:
        return False
    stepped = nest.temporal[boundary.run_end - 1].dim
    for rank in boundary.tensor.ranks:
        terms = window_terms(rank, bounds)
        if len(terms) != 2 or stepped not in {term.dim for term in terms}:
            continue
        (step,) = (term for term in terms if term.dim == stepped)
        (slow,) = (term for term in terms if term.dim != stepped)
        extent = boundary.child.tile[slow.dim]
        along = [loop for loop in reversed(lanes) if loop.dim == slow.dim]
        end_to_end = True
        reach = extent
        for loop in along:
            end_to_end = end_to_end and loop.stride == reach
            reach *= loop.bound
        if (
            extent <= step.coefficient
            and along
            and end_to_end
            and all(loop.dim != stepped for loop in lanes)
        ):
            return True
    return False
