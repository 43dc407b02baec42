"""``accelsim report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put_json, say
from accelsim.cli.sweep_store import Number
from accelsim.errors import ExitCode


def report_(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="STORE|DIR",
            help="The store of a sweep, or a folder written by run, map or compare -o.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="An .html to write."),
    ] = Path("report.html"),
    sweep: Number = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Write a sweep or a result as one HTML file, which needs no network.

    Tables sort, figures show values, light and dark; it prints, and reads without scripts.
    """
    size = len(acs.report_(source, sweep=sweep, output=output).encode())
    if json:
        put_json("report", {"file": str(output), "bytes": size})
    elif not quiet:
        say(f"wrote {output} ({size / 1000:,.0f} kB)")
    return ExitCode.OK
