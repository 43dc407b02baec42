"""Laws of counting that hold whatever the mapping (``docs/model.md``, section 7)."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.arch.records import Fanout
from accelsim.conventions import Conventions
from accelsim.counter import Counts, count
from accelsim.counter.layout import DRAINS, FILLS, READS, REDUCTIONS, UPDATES
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from tests.naive.cases import Case, random_case
from tests.naive.convention_cases import CONVENTIONS

SEEDS = st.integers(0, 2**32)
NAMED = st.sampled_from(sorted(CONVENTIONS))


def counted(case: Case, conventions: Conventions = Conventions()) -> Counts:  # noqa: B008
    return count(case.layer, case.architecture, case.mapping, conventions)


def inputs_of(case: Case) -> list[int]:
    tensors = case.layer.tensors
    return [t for t, tensor in enumerate(tensors) if tensor is not case.layer.output]


def same(one: Counts, other: Counts) -> bool:
    axes = ("words", "accesses", "network", "tile_words", "memory_bits", "instances")
    return one.steps == other.steps and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in axes
    )


def with_loops(case: Case, change: dict[int, tuple[Loop, ...]]) -> Case:
    """Return a case in which some temporal blocks, by their number, have other loops."""
    steps = tuple(
        replace(step, loops=change[number])
        if isinstance(step, Block) and number in change
        else step
        for number, step in enumerate(case.mapping.steps)
    )
    return replace(case, mapping=Mapping(steps))


@settings(max_examples=60)
@given(SEEDS, NAMED)
def test_a_loop_of_bound_one_changes_nothing(seed: int, name: str) -> None:
    case, rng = random_case(seed), random.Random(seed)
    change = {}
    for number, step in enumerate(case.mapping.steps):
        if isinstance(step, Block):
            loops = list(step.loops)
            loops.insert(rng.randint(0, len(loops)), Loop(rng.choice(case.layer.dims)[0], 1))
            change[number] = tuple(loops)
    idle = with_loops(case, change)
    assert same(counted(case, CONVENTIONS[name]), counted(idle, CONVENTIONS[name])), case


@settings(max_examples=60)
@given(SEEDS, NAMED)
def test_splitting_a_loop_in_its_block_changes_nothing(seed: int, name: str) -> None:
    case = random_case(seed)
    change = {}
    for number, step in enumerate(case.mapping.steps):
        if isinstance(step, Block):
            halves = [
                (Loop(loop.dim, loop.bound // 2), Loop(loop.dim, 2))
                if loop.bound % 2 == 0
                else (loop,)
                for loop in step.loops
            ]
            change[number] = tuple(loop for pair in halves for loop in pair)
    split = with_loops(case, change)
    assert same(counted(case, CONVENTIONS[name]), counted(split, CONVENTIONS[name])), case


def words_at_the_outermost(case: Case, counts: Counts, tensor: int, action: int) -> int:
    name = case.layer.tensors[tensor].name
    places = [place.name for place in case.architecture.places]
    keepers = [p for p, place in enumerate(places) if name in case.mapping.block(place).keep]
    child = keepers[1] if len(keepers) > 1 else len(places)
    return int(counts.words[child, tensor, action])


@settings(max_examples=100)
@given(SEEDS, NAMED)
def test_everything_crosses_the_outermost_memory_at_least_once(seed: int, name: str) -> None:
    case = random_case(seed)
    counts = counted(case, CONVENTIONS[name])
    for t, tensor in enumerate(case.layer.tensors):
        action = UPDATES if tensor is case.layer.output else READS
        words = words_at_the_outermost(case, counts, t, action)
        assert words >= case.layer.tensor_words(tensor), (tensor.name, str(case))


@settings(max_examples=100)
@given(SEEDS, NAMED)
def test_what_drains_is_added_up_or_arrives(seed: int, name: str) -> None:
    """At each boundary, drains = updates + reductions on the way."""
    case = random_case(seed)
    counts = counted(case, CONVENTIONS[name])
    output = case.layer.tensors.index(case.layer.output)
    places = case.architecture.places
    nodes = case.architecture.nodes
    keepers = [
        p for p, place in enumerate(places)
        if case.layer.output.name in case.mapping.block(place.name).keep
    ]  # fmt: skip
    for parent, child in pairwise(keepers):
        crossed = nodes[nodes.index(places[parent]) : nodes.index(places[child])]
        fanouts = [case.architecture.fanouts.index(n) for n in crossed if isinstance(n, Fanout)]
        reduced = int(counts.network[fanouts, output, REDUCTIONS].sum())
        moved = counts.words[child, output]
        assert int(moved[DRAINS]) == int(moved[UPDATES]) + reduced, case


@settings(max_examples=100)
@given(SEEDS)
def test_where_every_fanout_reduces_what_is_read_is_filled(seed: int) -> None:
    case = random_case(seed)
    nodes = tuple(
        replace(node, reduces=True) if isinstance(node, Fanout) else node
        for node in case.architecture.nodes
    )
    case = replace(case, architecture=replace(case.architecture, nodes=nodes))
    counts = counted(case)
    output = case.layer.tensors.index(case.layer.output)
    for p, place in enumerate(case.architecture.places):
        if p and case.layer.output.name in case.mapping.block(place.name).keep:
            assert counts.words[p, output, READS] == counts.words[p, output, FILLS]


@settings(max_examples=100)
@given(SEEDS, st.sampled_from(["exact", "box"]), st.sampled_from(["window", "none"]))
def test_sharing_saves_reads(
    seed: int, tiles: Literal["exact", "box"], reuse: Literal["window", "none"]
) -> None:
    """Reads: distinct <= equal <= none, at every boundary."""
    case = random_case(seed)
    distinct, equal, none = (
        counted(case, Conventions(multicast=word, tiles=tiles, reuse=reuse)).words[
            :, inputs_of(case), READS
        ]
        for word in ("distinct", "equal", "none")
    )
    assert (distinct <= equal).all(), case
    assert (equal <= none).all(), case


@settings(max_examples=100)
@given(SEEDS)
def test_a_longer_memory_saves_words(seed: int) -> None:
    """In boxes, what an instance takes in: timeloop <= window <= none."""
    case = random_case(seed)
    timeloop, window, none = (
        counted(case, replace(Conventions(), multicast="equal", tiles="box", reuse=word)).words[
            :, inputs_of(case), FILLS
        ]
        for word in ("timeloop", "window", "none")
    )
    assert (timeloop <= window).all(), case
    assert (window <= none).all(), case


@settings(max_examples=60)
@given(SEEDS)
def test_a_box_holds_at_least_its_words(seed: int) -> None:
    case = random_case(seed)
    exact, box = counted(case), counted(case, Conventions(tiles="box"))
    assert (exact.tile_words <= box.tile_words).all()
    assert (exact.words[..., READS] <= box.words[..., READS]).all() or any(
        isinstance(step, Spread) for step in case.mapping.steps
    )
