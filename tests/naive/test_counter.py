"""The counter equals its twin: every number, on random cases.  No tolerance."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.arch.records import structural_problems
from accelsim.counter import Conventions, count
from accelsim.counter.tally import Violation
from accelsim.counter.window import BRANCHES
from accelsim.workload.shapes import layer_faults
from tests.naive.cases import random_case
from tests.naive.compare import assert_equal
from tests.naive.features import ALL, features

FULL_CASES = 6000
LEAST_SHARE = 0.02

# Rule iv (sparse windows, of which no two steps of the slow dim meet) is no branch of the counter:
# a run steps by no less than the tile is long, so that a sparse strip is the whole tile, and rule
# ii answers first.  How often rule iv would hold is read off the mapping: features.RULE_IV.


@pytest.mark.plain
@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_counter_equals_walk(seed: int) -> None:
    assert_equal(random_case(seed), count)


@pytest.mark.parametrize(
    "conventions",
    [Conventions("none"), Conventions(multicast="none"), Conventions("none", "none")],
    ids=str,
)
@pytest.mark.parametrize("first_seed", range(0, 200, 50))
def test_conventions_equal_walk(conventions: Conventions, first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 50):
        assert_equal(random_case(seed), count, conventions)


def shares(seeds: range) -> dict[str, float]:
    """Return the share of the cases that have each feature, and that take each branch of rule 5."""
    met: Counter[str] = Counter()
    for seed in seeds:
        case = random_case(seed)
        assert not layer_faults(case.layer), case
        assert not structural_problems(case.architecture), case
        counted = count(case.layer, case.architecture, case.mapping)
        assert counted.violation == Violation.NONE, case
        met.update(features(case))
        met.update(f"rule {name}" for name, n in zip(BRANCHES, counted.branches, strict=True) if n)
    wanted = [f"rule {name}" for name in BRANCHES]
    return {name: met[name] / len(seeds) for name in [*wanted, *ALL]}


def test_cases_meet_every_branch() -> None:
    rare = {name: share for name, share in shares(range(1000)).items() if share < LEAST_SHARE}
    assert not rare


@pytest.mark.full
def test_counter_equals_walk_on_thousands(capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(FULL_CASES):
        assert_equal(random_case(seed), count)
    found = shares(range(FULL_CASES))
    with capsys.disabled():
        print(f"\n{FULL_CASES} cases, 0 differences; share of the cases that meet")
        for name, share in found.items():
            print(f"  {share:6.1%}  {name}")
    assert min(found.values()) >= LEAST_SHARE
