"""The comparison with the twins catches mistakes with remainders: see ``ragged_mutants.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.bill import Bill, bill
from tests.evaluation.cases import PricedCase, random_priced_case
from tests.mutants.mutants import Mutant
from tests.mutants.ragged_mutants import RAGGED_MUTANTS
from tests.mutants.runs import run, write_cases
from tests.naive.cases import Case
from tests.naive.ragged_cases import random_ragged_case, short_handed_on
from tests.naive.walk import Walk, walk

RARE = (67, 291, 309)
"""Seeds of rare mistakes, which come early: a mistake is caught at its first difference."""

CASES = range(60)

HANDED_ON = (0, 83, 51, 27, 18, *range(1, 100))
"""Cases in which lanes pass words on, of which counts alone are compared."""

FIRST = 5
"""How many of them come before the rare ones."""


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    walked: list[tuple[Case, Walk, tuple[PricedCase, Bill] | None]] = [
        *map(handed_on, HANDED_ON[:FIRST]),
        *map(charged, RARE),
        *map(handed_on, HANDED_ON[FIRST:]),
        *map(charged, CASES),
    ]
    return write_cases(tmp_path_factory.mktemp("walked") / "cases.pickle", walked)


def handed_on(seed: int) -> tuple[Case, Walk, None]:
    case = short_handed_on(seed)
    return case, walk(case.layer, case.architecture, case.mapping), None


def charged(seed: int) -> tuple[Case, Walk, tuple[PricedCase, Bill]]:
    priced = random_priced_case(seed, random_ragged_case)
    case = priced.case
    walked = walk(case.layer, case.architecture, case.mapping)
    return case, walked, (priced, bill(priced))


def test_the_package_itself_passes(walked_cases: Path) -> None:
    result = run("count_ragged_cases", walked_cases)
    assert result.code == 0, result.printed


@pytest.mark.parametrize("mutant", RAGGED_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, walked_cases: Path) -> None:
    result = run("count_ragged_cases", walked_cases, mutant)
    # A wrong number, not a crash: the differences are printed, and nothing else is.
    assert result.code == 1, result.printed
    assert "walked" in result.printed or "billed" in result.printed, result.printed
