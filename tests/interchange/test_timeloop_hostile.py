"""Broken and hostile files of Timeloop's: a message with its place, exit code 3, nothing else."""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path

import pytest

from accelsim import cli
from accelsim.errors import ExitCode, SpecError
from accelsim.interchange.timeloop import jinja
from accelsim.interchange.timeloop.jinja import rendered
from tests.interchange import timeloop_hostile as hostile
from tests.interchange.test_hostile import MOST_BYTES, MOST_SECONDS, opened, peak_bytes


def put(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def processor_seconds() -> float:
    """Return the time of this process and of those that it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Import what a first import imports; return the most memory in use then, in bytes."""
    folder = tmp_path_factory.mktemp("warm")
    sound = put(folder / "in", {**hostile.SOUND, "ert.yaml": hostile.ERT})
    words = ["import", "timeloop", str(sound), "-o", str(folder / "out")]
    assert cli.guarded(words) == ExitCode.OK
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "architecture.yaml",
        "mapping.yaml",
        "workload.yaml",
    ]
    return peak_bytes()


def test_there_are_many() -> None:
    names = [name for name, _, _ in hostile.cases()]
    assert len(set(names)) == len(names) >= 120


@pytest.mark.parametrize(
    ("files", "said"),
    [(files, said) for _, files, said in hostile.cases()],
    ids=[name for name, _, _ in hostile.cases()],
)
def test_a_message_and_nothing_else(
    files: dict[str, str],
    said: str,
    tmp_path: Path,
    warm: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = put(tmp_path / "in", files)
    monkeypatch.chdir(folder)
    started = processor_seconds()
    with opened() as touched:
        code = cli.guarded(["import", "timeloop", ".", "-o", str(tmp_path / "out")])
    seconds = processor_seconds() - started
    printed = capsys.readouterr()
    assert (code, printed.out) == (ExitCode.BAD_SPEC, ""), printed.err
    first = printed.err.splitlines()[0]
    assert re.match(rf"(?:{'|'.join(map(re.escape, files))})(?: \(rendered\))?:\d+", first) or (
        " in line " in first
    ), first
    assert re.search(said, printed.err), printed.err
    assert "internal error" not in printed.err
    assert all(len(line) < 1200 for line in printed.err.splitlines())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    allowed = (".py", ".pyc", ".so", *files, "/dev/null")
    foreign = {path for path in touched if not path.endswith(allowed)}
    assert {path for path in foreign if not path.isdecimal()} == set(), foreign
    assert seconds < MOST_SECONDS
    assert peak_bytes() - warm < MOST_BYTES


@pytest.mark.usefixtures("warm")
def test_used_directly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file at fault says so wherever a spec is expected."""
    files = {**hostile.SOUND, "map.yaml": hostile.MAPPING.replace("[M=4]", "[M=3]")}
    folder = put(tmp_path / "in", files)
    words = [str(folder / name) for name in ("arch.yaml", "problem.yaml", "map.yaml")]
    assert cli.guarded(["evaluate", *words]) == ExitCode.BAD_SPEC
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{folder / 'map.yaml'}:2:")
    assert "the factors of M multiply to 3" in printed.err


def test_a_checkpoint_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / ".ipynb_checkpoints", {"arch.yaml": hostile.ARCH})
    assert cli.guarded(["import", "timeloop", str(folder / "arch.yaml")]) == ExitCode.BAD_SPEC
    assert "a checkpoint that Jupyter made" in capsys.readouterr().err


def test_a_link_that_leads_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.yaml").write_text("architecture: {nodes: []}", encoding="utf-8")
    folder = put(tmp_path / "in", {"top.yaml.jinja2": "{{ include_text('link.yaml') }}"})
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    words = ["import", "timeloop", str(folder / "top.yaml.jinja2")]
    assert cli.guarded(words) == ExitCode.BAD_SPEC
    assert "'link.yaml' lies outside the folders given" in capsys.readouterr().err
    assert cli.guarded([*words, "--folder", str(tmp_path)]) == ExitCode.BAD_SPEC
    assert "no storage at its top" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["jinja2.py", "json.py", "accelsim/__init__.py"])
def test_modules_beside_a_template_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    mark = tmp_path / "executed"
    foreign = f"from pathlib import Path\nPath({str(mark)!r}).touch()\nraise ImportError\n"
    folder = put(tmp_path / "in", {"top.yaml.jinja2": "{{ 1 + 1 }}", name: foreign})
    monkeypatch.chdir(folder)
    assert rendered(Path("top.yaml.jinja2"), "{{ 1 + 1 }}", [Path()]) == ("2", {})
    assert not mark.exists()


def test_a_renderer_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ["-c", "raise ImportError('no jinja2 here')"]
    monkeypatch.setattr(jinja, "RENDERER", broken)
    with pytest.raises(SpecError, match="ended with: ImportError: no jinja2 here"):
        rendered(Path("top.yaml.jinja2"), "{{ 1 }}", [Path()])
