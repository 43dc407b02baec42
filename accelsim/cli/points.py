"""How a sweep or a search of machines ends on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from accelsim.cli.output import colourful, put, put_json, say, width
from accelsim.errors import ExitCode, Problem
from accelsim.report.messages import render_all


class Points(Protocol):
    """What both return."""

    def exit_code(self) -> ExitCode: ...
    def problems(self) -> Sequence[Problem]: ...
    def data(self) -> Mapping[str, Any]: ...
    def run_data(self) -> Mapping[str, Any]: ...
    def text(self, *, colour: bool, width: int | None) -> str: ...


def show_points(verb: str, found: Points, as_json: bool) -> ExitCode:
    """Print what was found, as tables or as JSON; return the exit code."""
    code, problems = found.exit_code(), found.problems()
    if as_json:
        put_json(verb, {**found.data(), "run": found.run_data()}, code, problems)
        return code
    put(found.text(colour=colourful(sys.stdout), width=width(sys.stdout)))
    if problems:
        say(render_all(problems))
    return code
