"""Whatever the text, a reader returns a record or raises SpecError: never anything else."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim import yamldoc
from accelsim.errors import Problem, SpecError
from accelsim.report.messages import as_record, render_all
from tests.specs.test_broken_yaml import READERS

PIECES = (
    *"[]{}:,-*&!|>'\"#%@`?~ \n\t0123456789",
    *("- ", ": ", "\n  ", "null", "true", "[]", "{}", "-1", "1e9", "0x1", "é", "\u2028", "\0"),
    *("&a ", "*a", "<<: ", "!!str ", "Weights", "Inputs", "batch", "pes/", "{pes}", "16 b", "any"),
)


def damaged(text: str, rng: random.Random) -> str:
    """Return a text with a few pieces put in, taken out, moved or doubled."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + rng.choice([0, 0, 1, 1, 3, 10, 40]))
        kind = rng.random()
        if kind < 0.6:
            text = text[:at] + rng.choice(PIECES) + text[to:]
        elif kind < 0.8:
            text = text[:at] + text[to:]
        else:
            lines = text.split("\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            text = "\n".join(lines)
    return text


def problems_of(call: Callable[[], object]) -> tuple[Problem, ...]:
    """Return what is wrong, at least one problem, or nothing if all is well."""
    try:
        call()
    except SpecError as fault:
        return fault.problems or (Problem("an error without a problem" + "\0"),)
    return ()


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind != "no_spec"])
@given(seed=st.integers(0, 2**32))
def test_damaged_specs(kind: str, seed: int) -> None:
    sound, read = READERS[kind]
    text = damaged(sound, random.Random(seed))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        path.write_text(text, encoding="utf-8")
        problems = problems_of(lambda: read(path))
    assert len(problems) <= yamldoc.MAX_PROBLEMS + 1
    assert "\0" not in render_all(problems)
    assert all(as_record(problem)["message"] for problem in problems)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    render_all(problems_of(lambda: yamldoc.parse(raw)))
