"""``accelsim report``: what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.small.points import row, stored


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return stored(tmp_path / "study.db", [row(1, {"a.b": "1"}), row(2, {"a.b": "2"})])


def test_it_says_what_it_wrote(call: Call, store: Path) -> None:
    page = store.with_name("study.html")
    done = call("report", store, "-o", page)
    size = f"{page.stat().st_size / 1000:,.0f} kB"
    assert done == (0, "", f"wrote {page} ({size})\n")
    assert call("report", store, "-o", page, "-q") == (0, "", "")


def test_as_json(call: Call, store: Path) -> None:
    page = store.with_name("study.html")
    done = call("report", store, "-o", page, "--json")
    data = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert data["verb"] == "report"
    assert data["file"] == str(page)
    assert data["bytes"] == page.stat().st_size


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("none.db", 2, "cannot read '{path}': No such file or directory; expected the store of a"),
        ("other.txt", 2, "'{path}' is neither the store of a sweep nor a folder of results; "),
        ("folder", 3, "{path}/results.json: no results here; "),
    ],
)
def test_what_is_neither(name: str, code: int, message: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / name
    (tmp_path / "folder").mkdir()
    (tmp_path / "other.txt").write_text("no\n")
    done = call("report", path, "-o", tmp_path / "x.html")
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(message.format(path=path))
    assert not (tmp_path / "x.html").exists()


def test_where_it_may_not_write(call: Call, store: Path) -> None:
    done = call("report", store, "-o", store / "x.html")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"cannot write '{store}")
