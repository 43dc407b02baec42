"""``accelsim plot``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json
from accelsim.cli.sweep_store import Number
from accelsim.errors import ExitCode
from accelsim.explore.store_file import is_store

KINDS = ("energy-breakdown", "pareto", "roofline", "proxies")
SWEEP_KINDS = ("front", "sensitivity", "heatmap", "slope", "stack")
BYS = ("level", "tensor")


def plot(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...|STORE",
            help="A folder written by -o, or its results.json; for proxies, one or several. Or the"
            " store of a sweep.",
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
            metavar="|".join((*KINDS, *SWEEP_KINDS)),
            help=f"What to draw; the first of these of a folder, {SWEEP_KINDS[0]} of a store.",
            autocompletion=options.words((*KINDS, *SWEEP_KINDS)),
        ),
    ] = "",
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
    figure: Annotated[
        list[str] | None,
        typer.Option(
            "--figure",
            metavar="NAME",
            help="Of a store: energy, cycles, edp, ... as `sweep show --by` has them; for a front"
            " twice, up and across.",
        ),
    ] = None,
    along: Annotated[
        list[str] | None,
        typer.Option(
            "--along",
            metavar="PATH",
            help="Of a store: a parameter, or architecture, dataflow or workload, to draw against;"
            " for a heat map twice, across and up.",
        ),
    ] = None,
    level: Annotated[
        str,
        typer.Option("--level", metavar="NAME", help="Whose words a slope shows, if not DRAM's."),
    ] = "",
    workload: Annotated[
        str,
        typer.Option("--workload", metavar="NAME", help="Of a store: only points of this one."),
    ] = "",
    sweep: Number = None,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Draw a figure of finished results, or of what a sweep found."""
    kind = kind or (SWEEP_KINDS if any(map(is_store, results)) else KINDS)[0]
    output = output or Path(f"{kind}.svg")
    acs.plot(
        results,
        kind=kind,
        by=by,
        group=group,
        figures=figure or (),
        along=along or (),
        level=level,
        workload=workload,
        sweep=sweep,
        output=output,
    )
    said = acs.proxies(results) if kind == KINDS[-1] else None
    if json:
        put_json("plot", {"file": str(output), **(said.data() if said else {})})
    else:
        put(f"{said.text() if said else ''}{output}\n")
    return ExitCode.OK
