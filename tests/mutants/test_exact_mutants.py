"""Brute force catches mistakes in the exact mapper: see ``exact_mutant.py``."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import pytest

from tests.mapper.exact_checks import Listed, listed
from tests.mutants.copies import copy_package, make_mistake, run_on
from tests.mutants.exact_cost_mutants import COST_MUTANTS
from tests.mutants.exact_group_mutants import GROUP_MUTANTS
from tests.mutants.exact_more_mutants import MORE_MUTANTS
from tests.mutants.exact_mutant import ExactMutant, Question, small_problem
from tests.mutants.exact_pruning_mutants import PRUNING_MUTANTS
from tests.mutants.exact_search_mutants import SEARCH_MUTANTS

EXACT_MUTANTS = (*COST_MUTANTS, *PRUNING_MUTANTS, *GROUP_MUTANTS, *SEARCH_MUTANTS)


@cache
def listed_problem(name: str | int) -> Listed:
    return listed(small_problem(name))


def write_cases(folder: Path, questions: tuple[Question, ...]) -> Path:
    path = folder / "cases.pickle"
    path.write_bytes(pickle.dumps([(listed_problem(name), asked) for name, asked in questions]))
    return path


def test_the_package_itself_passes(tmp_path: Path) -> None:
    copy_package(tmp_path)
    questions = sorted({q for m in EXACT_MUTANTS for q in m.caught_by}, key=str)
    result = run_on(tmp_path, "exact_cases", write_cases(tmp_path, tuple(questions)))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", EXACT_MUTANTS, ids=lambda m: m.mutant.mistake)
def test_a_mistake_is_caught(mutant: ExactMutant, tmp_path: Path) -> None:
    is_caught(mutant, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("mutant", MORE_MUTANTS, ids=lambda m: m.mutant.mistake)
def test_more_mistakes_are_caught(mutant: ExactMutant, tmp_path: Path) -> None:
    is_caught(mutant, tmp_path)


def is_caught(mutant: ExactMutant, tmp_path: Path) -> None:
    make_mistake(mutant.mutant, tmp_path)
    result = run_on(tmp_path, "exact_cases", write_cases(tmp_path, mutant.caught_by))
    # A wrong answer, not a crash: what was found is printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    told = ("found", "the search said", "the counter refused")
    assert any(words in result.stdout for words in told), result.stdout + result.stderr
