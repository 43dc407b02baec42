"""The comparison with the walk catches mistakes: see ``mutants.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.mutants import MUTANTS, Mutant
from tests.mutants.runs import run, write_cases
from tests.naive.cases import random_case
from tests.naive.walk import walk

CASES = 800


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = [random_case(seed) for seed in range(CASES)]
    walked = [(case, walk(case.layer, case.architecture, case.mapping)) for case in cases]
    return write_cases(tmp_path_factory.mktemp("walked") / "cases.pickle", walked)


def test_the_package_itself_passes(walked_cases: Path) -> None:
    result = run("count_cases", walked_cases)
    assert result.code == 0, result.printed


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, walked_cases: Path) -> None:
    result = run("count_cases", walked_cases, mutant)
    # A wrong count, not a crash: the differences are printed, and nothing else is.
    assert result.code == 1, result.printed
    assert "walked" in result.printed, result.printed
