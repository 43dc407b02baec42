"""Differences: by hand, and that they leave nothing out."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from math import fsum, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.errors import UsageError
from accelsim.evaluation.evaluate import evaluate
from accelsim.explanation.difference import difference
from accelsim.explanation.explain import explain
from accelsim.explanation.records import Explanation
from accelsim.technology.records import Accounting
from accelsim.technology.spec import read_technology
from tests.explanation.test_explain import evaluated
from tests.naive.cases import Case, random_case, random_mapping_of
from tests.small import ENERGY_INPUTS, ENERGY_OUTPUTS, PICOJOULES, TABLE
from tests.small.results import layer, machine, mapping


def small(spread: str, table: str = str(TABLE)) -> Explanation:
    prices = read_technology(table)
    return explain(evaluate(layer(), machine(), mapping(spread), prices, Accounting("default")))


def test_the_small_case_by_hand() -> None:
    """From ``outputs`` (M over the lanes) to ``inputs`` (C over them), as tests/small counts them.

    Sums: the buffer took 4 updates and gave 2 reads back (60), the array moved 4 + 2 (6): 66.  Now
    2 updates (20), 2 additions and 2 words up (4): 24.  Inputs: 2 reads served both lanes (20 + 4
    deliveries); now 4 reads (40 + 4).  All else is equal.
    """
    found = difference(small("M"), small("C"))
    changes = [
        (its.tensor, its.energy_before, its.energy_after, its.energy) for its in found.changes
    ]
    assert changes[:2] == [("Outputs", 66.0, 24.0, -42.0), ("Inputs", 24.0, 44.0, 20.0)]
    assert all(energy == 0 for _, _, _, energy in changes[2:])
    assert len(changes) == 6
    assert found.energy == ENERGY_INPUTS - ENERGY_OUTPUTS


def random_pair(seed: int) -> tuple[Explanation, Explanation]:
    """Return two random mappings of one layer, each on a machine of its own."""
    first = random_case(seed)
    second = random_mapping_of(random.Random(seed + 1), first.layer)
    return explain(evaluated(first)), explain(evaluated(second))


@given(st.integers(0, 2**32))
def test_every_boundary_occurs_once_and_the_changes_add_up(seed: int) -> None:
    before, after = random_pair(seed)
    found = difference(before, after)
    for explained, sides in (
        (before, [change.before for change in found.changes]),
        (after, [change.after for change in found.changes]),
    ):
        assert Counter(map(id, explained.links)) == Counter(id(link) for link in sides if link)
    whole = after.energy - before.energy
    largest = max(before.energy, after.energy)
    assert isclose(found.energy, whole, abs_tol=1e-12 * largest)
    words = [
        sum(term.words for link in its.links for term in link.terms) for its in (before, after)
    ]
    moved = sum(
        sign * term.words
        for change in found.changes
        for sign, link in ((-1, change.before), (1, change.after))
        if link
        for term in link.terms
    )
    assert moved == words[1] - words[0]
    sizes = [abs(change.energy) for change in found.changes]
    assert sizes == sorted(sizes, reverse=True)
    back = difference(after, before)
    assert isclose(fsum([found.energy, back.energy]), 0, abs_tol=1e-12 * largest)
    for change in found.changes:
        assert change.before or change.after
        if change.before and change.after:
            ends = [link.boundary.child is None for link in (change.before, change.after)]
            assert ends[0] == ends[1]


@given(st.integers(0, 2**32))
def test_nothing_differs_from_itself(seed: int) -> None:
    case: Case = random_case(seed)
    found = difference(explain(evaluated(case)), explain(evaluated(case)))
    assert found.energy == 0
    assert all(change.before and change.after and not change.energy for change in found.changes)


def test_other_layers_and_other_units_are_refused() -> None:
    other = small("M")
    named = replace(other, evaluation=replace(other.evaluation, layer=replace(layer(), name="fc2")))
    with pytest.raises(UsageError, match="'fc' and 'fc2' are different layers; expected one layer"):
        difference(small("C"), named)
    with pytest.raises(UsageError, match="energies in MAC cannot be compared with energies in pJ"):
        difference(small("M"), small("M", str(PICOJOULES)))
