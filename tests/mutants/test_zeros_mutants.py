"""Drawn patterns catch mistakes in what is made of zeros: see ``zeros_mutants.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.mutants import Mutant
from tests.mutants.runs import run, write_cases
from tests.mutants.zeros_mutants import ZEROS_MUTANTS
from tests.naive.zeros_compare import beyond, counted, known_zeros_case, with_ports, zeros_case

CASES = 14
PATTERNS = 1000


@pytest.fixture(scope="module")
def drawn_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw for cases of both kinds; not those of which one figure in 370 is off by chance."""
    drawn = []
    for seed in range(CASES):
        for case in (with_ports(zeros_case(seed)), with_ports(known_zeros_case(seed))):
            found = counted(case, PATTERNS, seed)
            if not beyond(case, found):
                drawn.append((case, found))
    assert len(drawn) > CASES
    return write_cases(tmp_path_factory.mktemp("drawn") / "cases.pickle", drawn)


def test_the_package_itself_passes(drawn_cases: Path) -> None:
    result = run("zeros_cases", drawn_cases)
    assert result.code == 0, result.printed


@pytest.mark.parametrize("mutant", ZEROS_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, drawn_cases: Path) -> None:
    result = run("zeros_cases", drawn_cases, mutant)
    # A wrong number, not a crash: the differences are printed, and nothing else is.
    assert result.code == 1, result.printed
    assert "expected" in result.printed, result.printed
