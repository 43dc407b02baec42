"""Drawn patterns catch mistakes in what is made of zeros: see ``zeros_mutants.py``."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.mutants.copies import copy_package, make_mistake, run_on
from tests.mutants.mutants import Mutant
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
    path = tmp_path_factory.mktemp("drawn") / "cases.pickle"
    path.write_bytes(pickle.dumps(drawn))
    return path


def test_the_package_itself_passes(tmp_path: Path, drawn_cases: Path) -> None:
    copy_package(tmp_path)
    result = run_on(tmp_path, "zeros_cases", drawn_cases)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", ZEROS_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, drawn_cases: Path) -> None:
    make_mistake(mutant, tmp_path)
    result = run_on(tmp_path, "zeros_cases", drawn_cases)
    # A wrong number, not a crash: the differences are printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    assert "expected" in result.stdout, result.stderr
