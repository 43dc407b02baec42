"""Problems of foreign files: they have no lines, so the file is their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from accelsim.errors import Problem, SpecError, Where
from accelsim.units import shown
from accelsim.yamldoc import capped, shown_path


@contextmanager
def in_file(path: Path) -> Iterator[None]:
    """Say of problems without a place that they are those of a file."""
    try:
        yield
    except SpecError as fault:
        file = shown_path(path)
        placed = [
            problem if problem.where else replace(problem, where=Where(file))
            for problem in fault.problems
        ]
        raise SpecError(capped(placed, file)) from None


def quoted(name: str) -> str:
    """Return a name of the file as a message shows it."""
    return f"'{shown(name)}'"


def refusal(what: str, expected: str = "", hint: str = "") -> SpecError:
    """Return the error of one problem."""
    return SpecError([Problem(what, expected=expected, hint=hint)])
