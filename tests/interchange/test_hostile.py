"""Broken and hostile ONNX files: a message and exit code 3, soon, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from accelsim import cli
from accelsim.errors import ExitCode
from tests.interchange import hostile
from tests.interchange.guarded import MOST_BYTES, MOST_SECONDS, watched
from tests.interchange.models import written


def test_there_are_many() -> None:
    names = [name for name, _ in hostile.cases()]
    assert len(set(names)) == len(names) >= 100


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what a first import imports."""
    folder = tmp_path_factory.mktemp("warm")
    file = written(folder, hostile.sound())
    assert cli.guarded(["import", "onnx", str(file), "-o", str(folder / "out.yaml")]) == ExitCode.OK


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(("name", "made"), hostile.cases(), ids=[n for n, _ in hostile.cases()])
def test_a_message_and_nothing_else(
    name: str,
    made: Callable[[], bytes],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = written(tmp_path, made(), "bad.onnx")
    with watched() as seen:
        code = cli.guarded(["import", "onnx", str(file), "-o", str(tmp_path / "out.yaml")])
    printed = capsys.readouterr()
    assert (code, printed.out) == (ExitCode.BAD_SPEC, ""), name
    assert printed.err.startswith(f"{file}: ")
    assert "internal error" not in printed.err
    assert all(len(line) < 1000 for line in printed.err.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["bad.onnx"]
    assert {path for path in seen.opened if not path.endswith((".py", ".pyc"))} <= {str(file)}
    assert seen.started == []
    assert seen.seconds < MOST_SECONDS
    assert seen.bytes < MOST_BYTES


@pytest.mark.usefixtures("warm")
def test_shapes_that_double_take_no_memory(tmp_path: Path) -> None:
    """ONNX would follow 2^32 numbers; what they are is not needed to import the rest."""
    file = written(tmp_path, hostile.bomb(30))
    with watched() as seen:
        assert cli.guarded(["import", "onnx", str(file), "-o", str(tmp_path / "out.yaml")]) == 0
    assert seen.seconds < MOST_SECONDS
    assert seen.bytes < MOST_BYTES


@pytest.mark.usefixtures("warm")
def test_flipped_bytes_never_end_in_a_defect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A byte changed at random leaves a sound model, or one that is refused."""
    dice = random.Random(7)
    whole = hostile.sound().SerializeToString()
    codes = set()
    for _ in range(150):
        changed = bytearray(whole)
        changed[dice.randrange(len(whole))] = dice.randrange(256)
        file = written(tmp_path, bytes(changed))
        with watched() as seen:
            codes.add(cli.guarded(["import", "onnx", str(file), "-o", str(tmp_path / "out.yaml")]))
        assert seen.bytes < MOST_BYTES
        assert "internal error" not in capsys.readouterr().err
    assert codes == {ExitCode.OK, ExitCode.BAD_SPEC}


def test_what_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, why in ((tmp_path, "not a regular file"), (tmp_path / "no.onnx", "no such file")):
        assert cli.guarded(["import", "onnx", str(path)]) == ExitCode.BAD_SPEC
        assert why in capsys.readouterr().err
