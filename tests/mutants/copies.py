"""Programs run on a copy of the package, in which a mistake may have been made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutants.mutants import Mutant

ROOT = Path(__file__).parents[2]


def copy_package(target: Path) -> Path:
    """Copy the package; its compiled files stay behind, so that no stale one can be picked up."""
    ignored = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(ROOT / "accelsim", target / "accelsim", ignore=ignored)
    return target / "accelsim"


def make_mistake(mutant: Mutant, target: Path) -> None:
    """Copy the package with one mistake in it."""
    file = copy_package(target) / mutant.file
    text = file.read_text()
    for old, new in ((mutant.old, mutant.new), *mutant.also):
        assert text.count(old) == 1, "the text to change stands in the file once"
        text = text.replace(old, new)
    file.write_text(text)


def run_on(package_root: Path, program: str, cases: Path) -> subprocess.CompletedProcess[str]:
    """Run ``tests.mutants.<program>`` on a copy; uncompiled, because that starts sooner."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(package_root), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_DISABLE_JIT": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", f"tests.mutants.{program}", str(package_root), str(cases)],
        env=environment,
        cwd=package_root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
