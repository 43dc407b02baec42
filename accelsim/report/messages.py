"""Problems put into words: for a terminal, with the line and carets, and for JSON."""

from __future__ import annotations

from collections.abc import Iterable

from accelsim.errors import Problem, Where

GUTTER = 5
"""Columns for the number of a line."""

WIDEST = 100
"""Most columns of a quoted line; a longer one is cut around the carets."""

LEAD = 60
"""Columns kept to the left of the carets of such a line."""


def render(problem: Problem) -> str:
    """Return a problem as text: the sentence, and if it has a place, the line with carets.

    >>> where = Where("mine.yaml", 31, 10, 6, "  keep: [Ouptus]")
    >>> print(render(Problem("unknown tensor 'Ouptus' in keep", where)))
    mine.yaml:31:10: unknown tensor 'Ouptus' in keep
       31 |   keep: [Ouptus]
                     ^^^^^^
    """
    where = problem.where
    if where is None or not where.line or not where.text.strip():
        return str(problem)
    return f"{problem}\n{quoted_line(where)}"


def render_all(problems: Iterable[Problem]) -> str:
    """Return problems as text, one after the other, without a line break at the end."""
    return "\n".join(map(render, problems))


def quoted_line(where: Where) -> str:
    """Return the line of a place with its number, and carets below what is meant."""
    line = "".join(char if char.isprintable() else " " for char in where.text)
    start, length = where.column - 1, max(1, where.length)
    if len(line) > WIDEST:
        cut = max(0, start - LEAD)
        head = "..." if cut else ""
        line, start = head + line[cut:], start - cut + len(head)
        if len(line) > WIDEST:
            line = line[: WIDEST - 3] + "..."
    length = max(1, min(length, len(line) - start))
    line = line.rstrip()
    return f"{where.line:>{GUTTER}} | {line}\n{' ' * (GUTTER + 3 + start)}{'^' * length}"


def as_record(problem: Problem) -> dict[str, object]:
    """Return a problem as an object for JSON; its keys are stable."""
    where = problem.where
    return {
        "message": str(problem),
        "what": problem.what,
        "file": where.file if where else None,
        "line": where.line if where and where.line else None,
        "column": where.column if where and where.line else None,
        "length": where.length if where and where.line else None,
        "got": problem.got,
        "expected": problem.expected,
        "hint": problem.hint,
    }
