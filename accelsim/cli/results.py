"""What compare, run, map, evaluate and reprice do with their result: show it, save it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import accelsim as acs
from accelsim.cli.output import colourful, put, put_json, say, width
from accelsim.errors import ExitCode


class Result(Protocol):
    """What :class:`accelsim.report.results.Result` can do."""

    def data(self) -> dict[str, Any]: ...
    def run_data(self) -> dict[str, Any]: ...
    def assumptions(self) -> list[str]: ...
    def text(self, *, colour: bool, width: int | None, every_assumption: bool) -> str: ...


def show_result(
    verb: str,
    result: Result,
    *,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    folder: Path | None,
    exit_code: int,
) -> int:
    """Print a result, write its folder if one is wanted, and return the exit code."""
    files: Sequence[Path] = ()
    if folder is not None:
        files = acs.save(result, folder)  # type: ignore[arg-type]
    if as_json:
        put_json(verb, result.data() | {"run": result.run_data()}, exit_code)
    else:
        put(
            result.text(
                colour=colourful(sys.stdout), width=width(sys.stdout), every_assumption=verbose
            )
        )
    if files and not quiet:
        say(f"wrote {len(files)} files to {folder}, among them {files[-1].name}")
    if exit_code == ExitCode.INTERRUPTED:
        say("interrupted: this is the best so far")
    return exit_code
