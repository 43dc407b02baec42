"""Faults of SCALE-Sim's files where they are used directly."""

from __future__ import annotations

from pathlib import Path

import pytest

from accelsim import cli
from accelsim.errors import ExitCode
from tests.interchange.test_scalesim import CONFIG, TOPOLOGY


def test_bytes_that_are_no_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "topology.csv").write_bytes(TOPOLOGY.encode() + b"a\xff,1,1,1,1,1,1,1,\n")
    assert cli.guarded(["import", "scalesim", "topology.csv"]) == ExitCode.BAD_SPEC
    assert "not UTF-8 text: byte 0xff in line 6" in capsys.readouterr().err
    assert cli.guarded(["import", "scalesim", "nowhere.cfg"]) == ExitCode.BAD_SPEC
    assert "nowhere.cfg: cannot be read: no such file" in capsys.readouterr().err


def test_used_directly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file at fault says so wherever a spec is expected."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "topology.csv").write_text(TOPOLOGY.replace("Conv1, 34", "Conv1, x"), "utf-8")
    (tmp_path / "small.cfg").write_text(CONFIG, encoding="utf-8")
    assert cli.guarded(["map", "small.cfg", "topology.csv:Conv1"]) == ExitCode.BAD_SPEC
    assert capsys.readouterr().err.startswith("topology.csv:2:8: ifmap rows is 'x'")
    assert cli.guarded(["map", "topology.csv", "topology.csv"]) == ExitCode.BAD_SPEC
    said = "this file of SCALE-Sim's holds no architecture; it holds workload"
    assert said in capsys.readouterr().err
