"""The comparison with the twin catches mistakes in conventions: see ``convention_mutants.py``."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.mutants.convention_mutants import CONVENTION_MUTANTS
from tests.mutants.copies import copy_package, make_mistake, run_on
from tests.mutants.mutants import Mutant
from tests.naive.by_convention import walk_by_convention
from tests.naive.cases import random_case
from tests.naive.convention_cases import CONVENTIONS, LINKED, linked_case, mesh_case

CASES = 10
SAVING_NOTHING = 249
"""A mesh whose links would carry words and save no reads."""


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    meshes = (SAVING_NOTHING, *range(12 * CASES))
    cases = [(mesh_case(seed), its) for seed in meshes for its in LINKED.values()]
    cases += [
        (draw(seed), conventions)
        for seed in range(CASES)
        for draw, kinds in ((random_case, CONVENTIONS), (linked_case, LINKED))
        for conventions in kinds.values()
    ]
    walked = [
        (case, its, walk_by_convention(case.layer, case.architecture, case.mapping, its))
        for case, its in cases
    ]
    path = tmp_path_factory.mktemp("walked") / "cases.pickle"
    path.write_bytes(pickle.dumps(walked))
    return path


def test_the_package_itself_passes(tmp_path: Path, walked_cases: Path) -> None:
    copy_package(tmp_path)
    result = run_on(tmp_path, "count_convention_cases", walked_cases)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", CONVENTION_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, walked_cases: Path) -> None:
    make_mistake(mutant, tmp_path)
    result = run_on(tmp_path, "count_convention_cases", walked_cases)
    # A wrong count, not a crash: the differences are printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    assert "walked" in result.stdout, result.stderr
