"""The comparison with the walk catches mistakes: see ``mutants.py``."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.mutants.copies import copy_package, make_mistake, run_on
from tests.mutants.mutants import MUTANTS, Mutant
from tests.naive.cases import random_case
from tests.naive.walk import walk

CASES = 800


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = [random_case(seed) for seed in range(CASES)]
    walked = [(case, walk(case.layer, case.architecture, case.mapping)) for case in cases]
    path = tmp_path_factory.mktemp("walked") / "cases.pickle"
    path.write_bytes(pickle.dumps(walked))
    return path


def test_the_package_itself_passes(tmp_path: Path, walked_cases: Path) -> None:
    copy_package(tmp_path)
    result = run_on(tmp_path, "count_cases", walked_cases)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, walked_cases: Path) -> None:
    make_mistake(mutant, tmp_path)
    result = run_on(tmp_path, "count_cases", walked_cases)
    # A wrong count, not a crash: the differences are printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    assert "walked" in result.stdout, result.stderr
