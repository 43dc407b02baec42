"""The comparison with the bill catches mistakes: see ``evaluation_mutants.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.bill import bill
from tests.evaluation.cases import random_priced_case
from tests.evaluation.ports import ported
from tests.mutants.evaluation_mutants import EVALUATION_MUTANTS
from tests.mutants.mutants import Mutant
from tests.mutants.runs import run, write_cases

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
    return write_cases(
        tmp_path_factory.mktemp("billed") / "cases.pickle", [(case, bill(case)) for case in cases]
    )


def test_the_package_itself_passes(billed_cases: Path) -> None:
    result = run("price_cases", billed_cases)
    assert result.code == 0, result.printed


@pytest.mark.parametrize("mutant", EVALUATION_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, billed_cases: Path) -> None:
    result = run("price_cases", billed_cases, mutant)
    # A wrong number, not a crash: the differences are printed, and nothing else is.
    assert result.code == 1, result.printed
    assert "evaluated" in result.printed, result.printed
