"""``accelsim plot``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json
from accelsim.errors import ExitCode

KINDS = ("energy-breakdown", "pareto", "roofline", "proxies")
BYS = ("level", "tensor")


def plot(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...",
            help="A folder written by -o, or its results.json; for proxies, one or several.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="A .pdf, .png or .svg to write; KIND.svg if left out.",
        ),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="|".join(KINDS),
            help="What to draw.",
            autocompletion=options.words(KINDS),
        ),
    ] = KINDS[0],
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="|".join(BYS),
            help="Parts of a bar; both side by side if left out.",
            autocompletion=options.words(BYS),
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="NAME", help="Only this group of layers, as conv."),
    ] = None,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Draw a figure of finished results."""
    output = output or Path(f"{kind}.svg")
    acs.plot(results, kind=kind, by=by, group=group, output=output)
    said = acs.proxies(results) if kind == KINDS[-1] else None
    if json:
        put_json("plot", {"file": str(output), **(said.data() if said else {})})
    else:
        put(f"{said.text() if said else ''}{output}\n")
    return ExitCode.OK
