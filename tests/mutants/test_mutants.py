"""The comparison with the walk catches mistakes: see ``mutants.py``."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.mutants import MUTANTS, Mutant
from tests.naive.cases import random_case
from tests.naive.walk import walk

ROOT = Path(__file__).parents[2]
CASES = 800


@pytest.fixture(scope="module")
def walked_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cases = [random_case(seed) for seed in range(CASES)]
    walked = [(case, walk(case.layer, case.architecture, case.mapping)) for case in cases]
    path = tmp_path_factory.mktemp("walked") / "cases.pickle"
    path.write_bytes(pickle.dumps(walked))
    return path


def copy_package(target: Path) -> Path:
    """Copy the package; its compiled files stay behind, so that no stale one can be picked up."""
    ignored = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(ROOT / "accelsim", target / "accelsim", ignore=ignored)
    return target / "accelsim"


def count_with(package_root: Path, walked_cases: Path) -> subprocess.CompletedProcess[str]:
    """Compare the copy's counter with the walks; uncompiled, because that starts sooner."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(package_root), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_DISABLE_JIT": "1",
    }
    arguments = [str(package_root), str(walked_cases)]
    return subprocess.run(
        [sys.executable, "-m", "tests.mutants.count_cases", *arguments],
        env=environment,
        cwd=package_root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_package_itself_passes(tmp_path: Path, walked_cases: Path) -> None:
    copy_package(tmp_path)
    result = count_with(tmp_path, walked_cases)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.mistake)
def test_a_mistake_is_caught(mutant: Mutant, tmp_path: Path, walked_cases: Path) -> None:
    file = copy_package(tmp_path) / mutant.file
    text = file.read_text()
    assert text.count(mutant.old) == 1, "the text to change stands in the file once"
    file.write_text(text.replace(mutant.old, mutant.new))
    result = count_with(tmp_path, walked_cases)
    # A wrong count, not a crash: the differences are printed, and nothing else is.
    assert result.returncode == 1, result.stdout + result.stderr
    assert "walked" in result.stdout, result.stderr
