"""What compare, run, map, evaluate and reprice do with their result: show it, save it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import accelsim as acs
from accelsim.cli.output import colourful, put, put_json, say, width
from accelsim.errors import ExitCode

if TYPE_CHECKING:
    from accelsim.report.results import Comparison, LayerRun, NetworkRun


def show_result(
    verb: str,
    result: Comparison | NetworkRun | LayerRun,
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
        files = acs.save(result, folder)
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
