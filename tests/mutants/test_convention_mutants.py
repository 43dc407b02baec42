"""The comparison with the twin catches mistakes in conventions: see ``convention_mutants.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.convention_mutants import CONVENTION_MUTANTS
from tests.mutants.mutants import Mutant
from tests.mutants.runs import run, write_cases
from tests.naive.by_convention import walk_by_convention
from tests.naive.cases import random_case
from tests.naive.convention_cases import CONVENTIONS, LINKED, linked_case, mesh_case

CASES = (3, 0, 1, 2, *range(4, 10))
"""Seeds, those of rare mistakes first: a mistake is caught at its first difference."""

SAVING_NOTHING = 249
"""A mesh whose links would carry words and save no reads."""

MESHES = (SAVING_NOTHING, 19, 30, *range(120))


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = [
        (draw(seed), conventions)
        for seed in CASES
        for draw, kinds in ((random_case, CONVENTIONS), (linked_case, LINKED))
        for conventions in kinds.values()
    ]
    meshes = [(mesh_case(seed), its) for seed in MESHES for its in LINKED.values()]
    first = 2 * (len(CONVENTIONS) + len(LINKED))
    cases = [*drawn[:first], *meshes, *drawn[first:]]
    walked = [
        (case, its, walk_by_convention(case.layer, case.architecture, case.mapping, its))
        for case, its in cases
    ]
    return write_cases(tmp_path_factory.mktemp("walked") / "cases.pickle", walked)


def test_the_package_itself_passes(walked_cases: Path) -> None:
    result = run("count_convention_cases", walked_cases)
    assert result.code == 0, result.printed


@pytest.mark.parametrize("mutant", CONVENTION_MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, walked_cases: Path) -> None:
    result = run("count_convention_cases", walked_cases, mutant)
    # A wrong count, not a crash: the differences are printed, and nothing else is.
    assert result.code == 1, result.printed
    assert "walked" in result.printed, result.printed
