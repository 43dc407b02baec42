"""The networks that ``scripts/make_networks.py`` writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "make_networks.py"

pytest.importorskip("onnx", reason="needs the extra 'onnx'")


def script(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_shipped_workloads_are_what_the_importer_writes() -> None:
    ran = script("--check")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_name_that_no_definition_has() -> None:
    ran = script("lenet")
    assert ran.returncode == 2
    assert ran.stdout.startswith("unknown: lenet; known: ")
