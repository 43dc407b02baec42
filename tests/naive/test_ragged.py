"""Mappings with remainders: the counter equals its twin, every number, on random cases."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.arch.records import Architecture, Fanout
from accelsim.counter import Conventions, count
from accelsim.counter.ragged import count_ragged
from accelsim.counter.tally import Violation
from accelsim.counter.window import ALONE, BRANCHES, GAPLESS, MARKED, STRIP_IS_TILE
from accelsim.errors import SpecError
from tests.naive.cases import Case, random_case
from tests.naive.compare import assert_equal
from tests.naive.ragged_cases import (
    ALL,
    features,
    handed_on_case,
    linked_ragged_case,
    random_ragged_case,
)

FULL_CASES = 6000
LINKED_CASES = 3000
LEAST_SHARE = 0.02
TAKEN = (ALONE, GAPLESS, STRIP_IS_TILE, MARKED)
"""Branches of rule 5 that short tiles take: copies are not folded."""

CONVENTIONS = [
    Conventions(),
    Conventions(multicast="none"),
    Conventions("none"),
    Conventions("none", "none"),
]


@pytest.mark.plain
@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_counter_equals_walk(seed: int) -> None:
    assert_equal(random_ragged_case(seed), count_ragged)


@pytest.mark.parametrize("conventions", CONVENTIONS[1:])
def test_conventions_equal_walk(conventions: Conventions) -> None:
    for seed in range(100):
        assert_equal(random_ragged_case(seed), count_ragged, conventions)


def test_lanes_that_need_the_same_equal_walk() -> None:
    alike = Conventions(multicast="equal")
    counted, shared = 0, 0
    for seed in range(100):
        case = with_words(random_ragged_case(seed))
        try:
            assert_equal(case, count_ragged, alike)
        except SpecError as refused:
            assert "both dims of a window spread over lanes" in str(refused)  # noqa: PT017
            continue
        counted += 1
        one, other = (
            count_ragged(case.layer, case.architecture, case.mapping, its).words
            for its in (alike, Conventions())
        )
        shared += not np.array_equal(one, other)
    assert counted > 50
    assert shared > 3


def differ_by_links(seeds: range) -> tuple[int, int]:
    """Compare cases whose lanes pass words on with the walk; count them, and those where it tells.

    Where nothing in a lane keeps what is passed on, remainders are refused.
    """
    compared, told = 0, 0
    for seed in seeds:
        case, its = linked_ragged_case(seed), CONVENTIONS[max(0, seed % 6 - 2)]
        try:
            assert_equal(case, count_ragged, its)
        except SpecError as refused:
            assert "nothing in a lane keeps" in str(refused)  # noqa: PT017
            continue
        alone, linked = (
            count_ragged(case.layer, arch, case.mapping, its).words
            for arch in (without_links(case.architecture), case.architecture)
        )
        compared += 1
        told += not np.array_equal(alone, linked)
    return compared, told


def without_links(arch: Architecture) -> Architecture:
    nodes = (replace(n, forwards={}) if isinstance(n, Fanout) else n for n in arch.nodes)
    return replace(arch, nodes=tuple(nodes))


def test_lanes_that_pass_words_on_equal_walk() -> None:
    compared, told = differ_by_links(range(150))
    assert compared > 100
    assert told > 20


@pytest.mark.parametrize("first_seed", range(0, 200, 100))
def test_without_a_remainder_both_counters_pass_on_the_same(first_seed: int) -> None:
    compared = 0
    for seed in range(first_seed, first_seed + 100):
        case = handed_on_case(random.Random(seed), whole=True)
        one = count(case.layer, case.architecture, case.mapping)
        other = count_ragged(case.layer, case.architecture, replace(case.mapping, remainders=True))
        assert one.violation == other.violation == Violation.NONE
        for axes in ("words", "accesses", "network", "tile_words"):
            assert np.array_equal(getattr(one, axes), getattr(other, axes)), (axes, str(case))
        compared += 1
    assert compared == 100


def with_words(case: Case) -> Case:
    """Make blocks a word."""
    memories = tuple(replace(m, block_bits=m.word_bits) for m in case.architecture.memories)
    return replace(case, architecture=replace(case.architecture, memories=memories))


@pytest.mark.parametrize("conventions", CONVENTIONS)
@pytest.mark.parametrize("first_seed", range(0, 400, 100))
def test_without_a_remainder_both_counters_agree(conventions: Conventions, first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 100):
        case = random_case(seed)
        one = count(case.layer, case.architecture, case.mapping, conventions)
        other = count_ragged(case.layer, case.architecture, case.mapping, conventions)
        assert one.violation == other.violation == Violation.NONE
        assert one.steps == other.steps, case
        for axes in ("words", "accesses", "network", "tile_words", "memory_bits", "instances"):
            assert np.array_equal(getattr(one, axes), getattr(other, axes)), (axes, str(case))


def shares(seeds: range) -> dict[str, float]:
    """Return the share of the cases with each feature, and with each branch of rule 5."""
    met: Counter[str] = Counter()
    for seed in seeds:
        case = random_ragged_case(seed)
        counted = count_ragged(case.layer, case.architecture, case.mapping)
        met.update(features(case))
        met.update(f"rule {BRANCHES[branch]}" for branch in TAKEN if counted.branches[branch])
    wanted = [f"rule {BRANCHES[branch]}" for branch in TAKEN]
    return {name: met[name] / len(seeds) for name in [*ALL, *wanted]}


def test_cases_meet_every_kind_of_remainder() -> None:
    rare = {name: share for name, share in shares(range(400)).items() if share < LEAST_SHARE}
    assert not rare


@pytest.mark.full
def test_counter_equals_walk_on_thousands(capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(FULL_CASES):
        assert_equal(random_ragged_case(seed), count_ragged, CONVENTIONS[max(0, seed % 6 - 2)])
    found = shares(range(FULL_CASES))
    with capsys.disabled():
        print(f"\n{FULL_CASES} cases with remainders, 0 differences; share of the cases with")
        for name, share in found.items():
            print(f"  {share:6.1%}  {name}")
    assert min(found.values()) >= LEAST_SHARE


@pytest.mark.full
def test_lanes_that_pass_words_on_equal_walk_on_thousands() -> None:
    compared, told = differ_by_links(range(LINKED_CASES))
    assert compared > 2000
    assert told > 500
