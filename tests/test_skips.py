"""The gate must notice a test that is no longer run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SKIPPING = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="no reason at all")
def test_sleeps():
    pass
"""

SKIPPED_AS_A_FILE = "import pytest\npytest.importorskip('no_such_package')\n"


def run_pytest(folder: Path, allowed: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_a.py").write_text(SKIPPING)
    (folder / "test_b.py").write_text(SKIPPED_AS_A_FILE)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    (folder / "allowed.txt").write_text(allowed)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.skips", "--allowed-skips=allowed.txt"]
        + ["-p", "no:cacheprovider", "-p", "no:benchmark", "--basetemp=left", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_unlisted_skips_fail_and_are_named(tmp_path: Path, options: list[str]) -> None:
    run = run_pytest(tmp_path, "# nothing\n", *options)
    assert run.returncode == 1
    assert "FAILED test_a.py::test_sleeps: skipped, and allowed.txt does not list it" in run.stdout
    assert "FAILED test_b.py: skipped, and allowed.txt does not list it" in run.stdout
    assert "1 passed, 2 skipped" in run.stdout.splitlines()[-1]


def test_listed_skips_pass(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "test_a.py::* | they say so\ntest_b.py | needs a package\n")
    assert run.returncode == 0


def test_a_listed_skip_needs_a_reason(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "test_a.py::*\n")
    assert run.returncode != 0
    assert "allowed.txt:1: expected 'pattern | reason'" in run.stdout + run.stderr
