"""Expected counts of zeros against a thousand drawn patterns each; density 1 against no zeros."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from accelsim.arch.records import Fanout
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.zeros import zeros_counted
from accelsim.technology.records import ACTIONS
from tests.naive.cases import Case
from tests.naive.zeros_compare import (
    TABLE,
    beyond,
    contradictions,
    counted,
    known_zeros_case,
    with_ports,
    without_zeros,
    zeros_case,
)

PATTERNS = 1000
SECOND_LOOK = 16
"""A figure beyond three standard errors, as one in 370 is by chance, is looked at again on so many
times more patterns: an error of the closed form would be four times as many standard errors off."""


def check(case: Case, seed: int) -> None:
    if beyond(case, counted(case, PATTERNS, seed)):
        again = beyond(case, counted(case, SECOND_LOOK * PATTERNS, seed + 10**6))
        assert not again, f"{case}\n{case.architecture}\n" + "\n".join(again)


@pytest.mark.parametrize("seed", range(16))
def test_expected_counts_are_those_of_drawn_patterns(seed: int) -> None:
    check(zeros_case(seed), seed)


@pytest.mark.parametrize("seed", range(16))
def test_known_zeros_are_counted_as_they_are_met(seed: int) -> None:
    check(known_zeros_case(seed), seed)


@pytest.mark.full
def test_energy_and_cycles_follow_from_the_counts_on_hundreds() -> None:
    for seed in range(40, 600):
        case = known_zeros_case(seed) if seed % 2 else zeros_case(seed)
        assert not contradictions(with_ports(case)), seed


@pytest.mark.full
def test_expected_counts_are_those_of_drawn_patterns_on_hundreds() -> None:
    for seed in range(16, 300):
        check(zeros_case(seed), seed)
    for seed in range(16, 300):
        check(known_zeros_case(seed), seed)


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_density_1_gives_the_dense_counts_exactly(seed: int) -> None:
    """With gating and skipping everywhere, and no format: every number to the last digit."""
    case = zeros_case(seed)
    full = tuple(replace(t, density=1.0) for t in case.layer.tensors)
    plain = without_zeros(replace(case, layer=replace(case.layer, tensors=full)))
    arch = case.architecture
    gated = tuple(replace(m, formats={}, densities={}) for m in arch.memories)
    nodes = tuple(
        replace(n, formats={}, densities={}) if isinstance(n, Fanout) else n for n in arch.nodes
    )
    followed = replace(plain, architecture=replace(arch, memories=gated, nodes=nodes))
    dense, sparse = (
        evaluate(its.layer, its.architecture, its.mapping, TABLE) for its in (plain, followed)
    )
    for name in ("words", "accesses", "energy_array", "tile_words"):
        assert (getattr(dense, name) == getattr(sparse, name)).all(), name
    for name in (
        "energy_total",
        "leakage",
        "cycles",
        "compute_cycles",
        "utilization",
        "port_cycles",
        "port_bits",
        "capacity_bits",
        "bound",
    ):
        assert getattr(dense, name) == getattr(sparse, name), name
    counted = zeros_counted(sparse)
    assert not counted.any
    moved = np.delete(sparse.words[:, :-1], ACTIONS.index("first_read"), axis=2)
    assert (np.delete(counted.done, ACTIONS.index("first_read"), axis=2) == moved).all()
    assert not counted.gated.any()
    assert not counted.skipped.any()
    assert not counted.metadata_bits.any()


@pytest.mark.parametrize("seed", range(40))
def test_energy_and_cycles_follow_from_the_counts(seed: int) -> None:
    assert not contradictions(with_ports(known_zeros_case(seed) if seed % 2 else zeros_case(seed)))
