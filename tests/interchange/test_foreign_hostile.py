"""Broken and hostile files of Timeloop's, ZigZag's, SCALE-Sim's and Accelergy's, in one runner."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from accelsim import cli
from accelsim.errors import ExitCode
from tests.interchange import guarded
from tests.interchange.hostile_cases import CASES, SOUND

LEAST = {"timeloop": 150, "zigzag": 40, "scalesim": 50, "accelergy": 15}
"""Cases of each format."""


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what a first import imports."""
    with pytest.MonkeyPatch.context() as patch:
        for name, (files, words) in SOUND.items():
            folder = tmp_path_factory.mktemp(name) / "in"
            folder.mkdir()
            guarded.put(folder, files)
            patch.chdir(folder)
            assert cli.guarded([*words, "-q"]) == ExitCode.OK, name
            assert any((folder.parent / "out").iterdir())


def test_there_are_many() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    counted = Counter(case.name.partition(": ")[0] for case in CASES)
    assert all(counted[name] >= least for name, least in LEAST.items()), counted


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_and_nothing_else(
    case: guarded.Broken,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guarded.refuse(case, tmp_path, capsys, monkeypatch)
