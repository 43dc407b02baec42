"""Brute force catches mistakes in the exact mapper: see ``exact_mutant.py``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from tests.mapper.exact_checks import Listed, listed
from tests.mutants.exact_cost_mutants import COST_MUTANTS
from tests.mutants.exact_far_mutants import FAR_MUTANTS
from tests.mutants.exact_group_mutants import GROUP_MUTANTS
from tests.mutants.exact_more_mutants import MORE_MUTANTS
from tests.mutants.exact_mutant import ExactMutant, Question, small_problem
from tests.mutants.exact_pruning_mutants import PRUNING_MUTANTS
from tests.mutants.exact_search_mutants import SEARCH_MUTANTS
from tests.mutants.runs import run, write_cases

EXACT_MUTANTS = (
    *COST_MUTANTS,
    *PRUNING_MUTANTS,
    *FAR_MUTANTS,
    *GROUP_MUTANTS,
    *SEARCH_MUTANTS,
)


@cache
def listed_problem(name: str | int) -> Listed:
    return listed(small_problem(name))


def listed_cases(folder: Path, questions: Iterable[Question]) -> Path:
    cases = ((listed_problem(name), asked) for name, asked in questions)
    return write_cases(folder / "cases.pickle", cases)


def test_the_package_itself_passes(tmp_path: Path) -> None:
    questions = sorted({q for m in EXACT_MUTANTS for q in m.caught_by}, key=str)
    result = run("exact_cases", listed_cases(tmp_path, questions))
    assert result.code == 0, result.printed


@pytest.mark.parametrize("mutant", EXACT_MUTANTS, ids=lambda m: m.mutant.mistake)
def test_a_mistake_is_caught(mutant: ExactMutant, tmp_path: Path) -> None:
    is_caught(mutant, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("mutant", MORE_MUTANTS, ids=lambda m: m.mutant.mistake)
def test_more_mistakes_are_caught(mutant: ExactMutant, tmp_path: Path) -> None:
    is_caught(mutant, tmp_path)


def is_caught(mutant: ExactMutant, tmp_path: Path) -> None:
    result = run("exact_cases", listed_cases(tmp_path, mutant.caught_by), mutant.mutant)
    # A wrong answer, not a crash: what was found is printed, and nothing else is.
    assert result.code == 1, result.printed
    told = ("found", "the search said", "the counter refused")
    assert any(words in result.printed for words in told), result.printed
