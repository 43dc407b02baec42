"""The exact driver against brute force where there are zeros: prices, ports, cycles and room."""

from __future__ import annotations

import pytest

from accelsim.mapper.exact import covers
from tests.mapper.exact_checks import QUESTIONS, listed, wrong
from tests.mapper.zeros_problems import zeros_problem

SEEDS = 60
FULL_SEEDS = 2000


def asked(seeds: range) -> int:
    """Ask one question of each problem; return how many are covered."""
    covered = 0
    for seed in seeds:
        problem = zeros_problem(seed)
        if covers(problem):
            continue
        covered += 1
        question = QUESTIONS[seed % len(QUESTIONS)]
        assert wrong(listed(problem), question) == "", f"seed {seed}, {question}"
    return covered


def test_exact_equals_brute_force() -> None:
    assert asked(range(SEEDS)) > SEEDS / 2


@pytest.mark.full
def test_exact_equals_brute_force_on_thousands() -> None:
    asked(range(SEEDS, FULL_SEEDS))
