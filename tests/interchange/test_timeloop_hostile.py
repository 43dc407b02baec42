"""Faults of Timeloop's files where they are used directly, and what a template can reach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accelsim import cli
from accelsim.errors import ExitCode, SpecError
from accelsim.interchange.timeloop import jinja
from accelsim.interchange.timeloop.jinja import rendered
from tests.interchange import timeloop_hostile as hostile
from tests.interchange.guarded import MOST_BYTES, Content, put
from tests.interchange.template_hostile import DOUBLING

ROOT = Path(__file__).parents[2]


def made(folder: Path, files: dict[str, Content]) -> Path:
    put(folder, files)
    return folder


def test_used_directly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file at fault says so wherever a spec is expected."""
    files: dict[str, Content] = {
        **hostile.SOUND,
        "map.yaml": hostile.MAPPING.replace("[M=4]", "[M=3]"),
    }
    folder = made(tmp_path / "in", files)
    words = [str(folder / name) for name in ("arch.yaml", "problem.yaml", "map.yaml")]
    assert cli.guarded(["evaluate", *words]) == ExitCode.BAD_SPEC
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{folder / 'map.yaml'}:2:")
    assert "the factors of M multiply to 3" in printed.err


def test_a_checkpoint_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(tmp_path / ".ipynb_checkpoints", {"arch.yaml": hostile.ARCH})
    assert cli.guarded(["import", "timeloop", str(folder / "arch.yaml")]) == ExitCode.BAD_SPEC
    assert "a checkpoint that Jupyter made" in capsys.readouterr().err


def test_a_link_that_leads_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.yaml").write_text("architecture: {nodes: []}", encoding="utf-8")
    folder = made(tmp_path / "in", {"top.yaml.jinja2": "{{ include_text('link.yaml') }}"})
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
    folder = made(tmp_path / "in", {"top.yaml.jinja2": "{{ 1 + 1 }}", name: foreign})
    monkeypatch.chdir(folder)
    assert rendered(Path("top.yaml.jinja2"), "{{ 1 + 1 }}", [Path()]) == ("2", {})
    assert not mark.exists()


HUNGRY = """
import resource, sys
from pathlib import Path
from accelsim.errors import SpecError
from accelsim.interchange.timeloop.jinja import rendered
for text in sys.argv[1:]:
    try:
        rendered(Path("top.yaml.jinja2"), text, [Path()])
    except SpecError:
        print("refused")
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited, and counted in KiB, there")
def test_templates_that_are_hungry_do_not_get_all(tmp_path: Path) -> None:
    """Seen from a fresh process: a child begins with all that the process has that starts it."""
    texts = [DOUBLING, "{{ 'a' * 10**9 }}", "{{ [0] * 10**10 }}", "{{ '%999999999d' % 3 }}"]
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY, *texts],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    *said, most = done.stdout.split()
    assert said == ["refused"] * len(texts)
    assert int(most) * 1024 < MOST_BYTES


def test_a_renderer_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ["-c", "raise ImportError('no jinja2 here')"]
    monkeypatch.setattr(jinja, "RENDERER", broken)
    with pytest.raises(SpecError, match="ended with: ImportError: no jinja2 here"):
        rendered(Path("top.yaml.jinja2"), "{{ 1 }}", [Path()])
