"""Run the command line in this process, from the root of the checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from accelsim import cli

ROOT = Path(__file__).parents[2]


class Done(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Done]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs ``accelsim WORDS`` and says how it ended and what it printed."""
    monkeypatch.chdir(ROOT)

    def run(*words: str | Path) -> Done:
        code = cli.guarded([str(word) for word in words])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run
