"""Files are whole or as they were, whatever stops the writing."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from accelsim.errors import UsageError
from accelsim.report import figures
from accelsim.report.writing import whole, write_texts


def text_of(path: Path) -> None:
    write_texts(path.parent, {path.name: "new\n" * 1000})


def figure_at(path: Path) -> None:
    figures.save(Figure(), path)


@pytest.mark.parametrize(
    ("write", "name"), [(text_of, "x.html"), (figure_at, "x.svg"), (figure_at, "x.pdf")]
)
def test_what_was_there_stays_where_no_file_may_grow(
    write: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text("old", encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(UsageError, match=rf"cannot write '.*{name}': File too large"):
            write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [its.name for its in tmp_path.iterdir()] == [name]
    assert path.read_text(encoding="utf-8") == "old"
    write(path)
    assert path.stat().st_size > 100
    assert [its.name for its in tmp_path.iterdir()] == [name]


def test_it_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    text_of(tmp_path / "x.html")
    assert (tmp_path / "x.html").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "x.html").symlink_to(tmp_path / "far" / "y.html")
    text_of(tmp_path / "x.html")
    assert (tmp_path / "x.html").is_symlink()
    assert (tmp_path / "far" / "y.html").read_text(encoding="utf-8").startswith("new")


def test_a_file_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the system by a rule of its own, as the root of a container may write anywhere."""
    path = tmp_path / "x.html"
    path.write_text("mine", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match=r"cannot write '.*x\.html': Permission denied"):
        text_of(path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_what_goes_wrong_under_way_leaves_nothing(tmp_path: Path) -> None:
    def written(path: Path) -> None:
        with whole(path) as beside:
            beside.write_text(str(1 // 0), encoding="utf-8")

    with pytest.raises(ZeroDivisionError):
        written(tmp_path / "x.txt")
    assert list(tmp_path.iterdir()) == []
