"""The comparison with the twins catches mistakes with remainders: see ``ragged_mutants.py``."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.evaluation.bill import Bill, bill
from tests.evaluation.cases import PricedCase, random_priced_case
from tests.mutants.copies import copy_package, make_mistake, run_on
from tests.mutants.mutants import Mutant
from tests.mutants.ragged_mutants import RAGGED_MUTANTS
from tests.naive.cases import Case
from tests.naive.ragged_cases import random_ragged_case, short_handed_on
from tests.naive.walk import Walk, walk

CASES = (67, 291, 309, *range(60))
"""Seeds, those of rare mistakes first: a mistake is caught at its first difference."""

HANDED_ON = 100
"""Cases in which lanes pass words on, of which counts alone are compared."""


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    walked: list[tuple[Case, Walk, tuple[PricedCase, Bill] | None]] = []
    for seed in range(HANDED_ON):
        case = short_handed_on(seed)
        walked.append((case, walk(case.layer, case.architecture, case.mapping), None))
    for seed in CASES:
        priced = random_priced_case(seed, random_ragged_case)
        case = priced.case
        steps = walk(case.layer, case.architecture, case.mapping)
        walked.append((case, steps, (priced, bill(priced))))
    path = tmp_path_factory.mktemp("walked") / "cases.pickle"
    path.write_bytes(pickle.dumps(walked))
    return path


def test_the_package_itself_passes(tmp_path: Path, walked_cases: Path) -> None:
    copy_package(tmp_path)
    result = run_on(tmp_path, "count_ragged_cases", walked_cases)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", RAGGED_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, walked_cases: Path) -> None:
    make_mistake(mutant, tmp_path)
    result = run_on(tmp_path, "count_ragged_cases", walked_cases)
    # A wrong number, not a crash: the differences are printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    assert "walked" in result.stdout or "billed" in result.stdout, result.stderr
