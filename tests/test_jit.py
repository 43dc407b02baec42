"""The kernel cache: where it is, when it changes, and what happens where it cannot be written."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from accelsim import jit


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a fresh process, in which no kernel is compiled yet."""
    inherited = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )


DOUBLE_AND_PRINT = """
import logging, sys, numba
logging.basicConfig(format="%(levelname)s %(message)s")
from accelsim import jit
from accelsim.counter.window import strip_words
assert strip_words(1, 1, 4, 3, 2) == 2
print(jit.cache_directory(), numba.config.CACHE_DIR, sep="\\n")
"""


def test_cache_root_is_the_users_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELSIM_CACHE", "somewhere/else")
    assert jit.cache_root() == Path("somewhere/else")
    monkeypatch.delenv("ACCELSIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "xdg")
    assert jit.cache_root() == Path("xdg/accelsim")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "somebody")
    assert jit.cache_root() == Path("somebody/.cache/accelsim")


def test_kernels_are_kept_between_processes(tmp_path: Path) -> None:
    first = run_python(DOUBLE_AND_PRINT, ACCELSIM_CACHE=str(tmp_path))
    assert first.stderr == ""
    directory, lent = first.stdout.splitlines()
    assert Path(directory).parent == tmp_path
    assert lent == "", "the directory is numba's only while a kernel is decorated"
    kept = {path: path.stat().st_mtime_ns for path in Path(directory).rglob("*.nbc")}
    assert kept
    run_python(DOUBLE_AND_PRINT, ACCELSIM_CACHE=str(tmp_path))
    assert kept == {path: path.stat().st_mtime_ns for path in Path(directory).rglob("*.nbc")}


def test_compiling_is_told_once_and_only_where_it_takes(tmp_path: Path) -> None:
    tell = 'from accelsim import compiling\ncompiling.tell(lambda: print("told"))\n'
    told = [
        run_python(tell + DOUBLE_AND_PRINT, ACCELSIM_CACHE=str(tmp_path)).stdout.splitlines()
        for _ in range(2)
    ]
    assert [lines.count("told") for lines in told] == [1, 0]


def test_a_cache_that_cannot_be_written_is_replaced_and_said(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a-file"
    in_the_way.write_text("not a directory")
    run = run_python(DOUBLE_AND_PRINT, ACCELSIM_CACHE=str(in_the_way))
    directory = Path(run.stdout.splitlines()[0])
    assert directory.name.startswith("accelsim-kernels-")
    assert not directory.exists(), "a temporary cache goes with its process"
    assert run.stderr.startswith(f"WARNING cannot write the kernel cache {in_the_way}/kernels-")
    assert "set ACCELSIM_CACHE to a directory that can be written" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_read_only_directory_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*, dir: Path) -> None:  # noqa: A002  (root may write anywhere, so permissions do not do)
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with caplog.at_level(logging.WARNING):
        directory = jit.writable_directory(tmp_path)
    assert directory != tmp_path
    assert directory.stat().st_mode & 0o077 == 0, "others must not be able to plant code"
    assert "Permission denied" in caplog.text


def test_a_directory_that_the_user_named_for_numba_wins(tmp_path: Path) -> None:
    run = run_python(DOUBLE_AND_PRINT, NUMBA_CACHE_DIR=str(tmp_path))
    assert run.stdout.splitlines() == [str(tmp_path), str(tmp_path)]


def test_the_digest_follows_every_kernel_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in jit.KERNEL_ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "kernels.py").write_text("one = 1\n")
    (tmp_path / "jit.py").write_text("how = 1\n")
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    digests = {jit.kernel_digest()}
    for room in jit.KERNEL_ROOMS:
        (tmp_path / room / "kernels.py").write_text("one = 2\n")
        digests.add(jit.kernel_digest())
    (tmp_path / "jit.py").write_text("how = 2\n")
    digests.add(jit.kernel_digest())
    assert len(digests) == len(jit.KERNEL_ROOMS) + 2


@pytest.mark.plain
def test_a_kernel_computes_what_its_python_does() -> None:
    def triangle(n: int) -> int:
        total = 0
        for i in range(n + 1):
            total += i
        return total

    assert jit.kernel(triangle)(10) == jit.inlined(triangle)(10) == triangle(10) == 55
