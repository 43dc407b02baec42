"""The studies in scripts/, each at a size of seconds: what they print, draw and keep."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.explore.records import Row

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.chdir(tmp_path)


def studied(name: str, *words: str) -> list[Row]:
    """Run a study where it leaves its files, and return the points that it found."""
    importlib.import_module(f"study_{name}").main([*words, "--executor", "in-process"])
    assert Path(f"{name}.svg").read_text(encoding="utf-8").startswith("<?xml")
    return list(acs.sweep_show(f"{name}.db"))


def test_machines_of_equal_area(capsys: pytest.CaptureFixture[str]) -> None:
    rows = studied("equal_area", "alexnet:fc8", "--pes", "128", "256")
    assert capsys.readouterr().out.startswith("best by energy\n")
    found = {row.parameters["array.mesh_x"]: row for row in rows}
    # The study itself: 256 register files of 0.0107 mm2 and a buffer of 128 KiB.
    assert found["256"].parameters["buffer.size"] == "128KiB"
    # A KiB of the buffer is 0.013 mm2.
    areas = [row.figures["area_mm2"] for row in rows]
    assert areas == pytest.approx([4.4] * 2, abs=0.02)


def test_dataflows_over_networks() -> None:
    rows = studied("dataflows", "alexnet:fc8", "alexnet:conv5", "--dataflows", "rs", "ws")
    pairs = {(row.identity["workload"], row.identity["dataflow"]) for row in rows}
    assert pairs == {
        (work, flow) for work in ("alexnet:fc8", "alexnet:conv5") for flow in ("rs", "ws")
    }
    assert {row.identity["architecture"] for row in rows} == {"eyeriss"}


def test_fewer_bits_cost_less() -> None:
    rows = studied("bits", "alexnet:conv5", "--bits", "8", "16")
    energies = {tuple(row.parameters.values()): row.figures["energy_by_level"] for row in rows}
    narrow, wide = energies["8", "8"], energies["16", "16"]
    assert narrow["mac"] == wide["mac"] / 4
    assert energies["8", "16"]["mac"] == wide["mac"] / 2
    assert sum(narrow.values()) < sum(energies["8", "16"].values()) < sum(wide.values())


def test_they_are_short() -> None:
    studies = sorted(SCRIPTS.glob("study_*.py"))
    assert len(studies) == 3
    assert all(len(path.read_text(encoding="utf-8").splitlines()) < 60 for path in studies)
