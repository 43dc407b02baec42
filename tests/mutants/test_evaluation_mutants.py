"""The comparison with the bill catches mistakes: see ``evaluation_mutants.py``."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.evaluation.bill import bill
from tests.evaluation.cases import random_priced_case
from tests.evaluation.ports import ported
from tests.mutants.copies import copy_package, make_mistake, run_on
from tests.mutants.evaluation_mutants import EVALUATION_MUTANTS
from tests.mutants.mutants import Mutant

CASES = (211, 268, *range(60))
"""Seeds, those of rare mistakes first: a mistake is caught at its first difference."""

WITH_PORTS = 30
"""Cases more, with ports that only some movements pass."""

AT_THE_KNEE = (322, 489)
"""A port takes exactly as long as the compute."""


@pytest.fixture(scope="module")
def billed_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = [ported(random_priced_case(seed), seed) for seed in range(WITH_PORTS)]
    cases += [random_priced_case(seed) for seed in (*AT_THE_KNEE, *CASES)]
    path = tmp_path_factory.mktemp("billed") / "cases.pickle"
    path.write_bytes(pickle.dumps([(case, bill(case)) for case in cases]))
    return path


def test_the_package_itself_passes(tmp_path: Path, billed_cases: Path) -> None:
    copy_package(tmp_path)
    result = run_on(tmp_path, "price_cases", billed_cases)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", EVALUATION_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, billed_cases: Path) -> None:
    make_mistake(mutant, tmp_path)
    result = run_on(tmp_path, "price_cases", billed_cases)
    # A wrong number, not a crash: the differences are printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    assert "evaluated" in result.stdout, result.stderr
