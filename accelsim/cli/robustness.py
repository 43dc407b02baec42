"""``accelsim robustness``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show


def robustness(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help="A folder that `compare -o` wrote, or the words of compare.",
            autocompletion=options.names("architecture", "workload", "study"),
        ),
    ],
    change: Annotated[
        float,
        typer.Option("--change", metavar="PERCENT", help="By how much each price changes."),
    ] = 30.0,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="NAME", help="Only this group of layers, as conv."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A .pdf, .png or .svg to draw."),
    ] = None,
    dataflow: options.Dataflows = [],  # noqa: B006  (typer copies it)
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    objective: options.Goal = "energy",
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    driver: options.Driver = "auto",
    uneven: options.Uneven = "",
    remainders: options.Remainders = False,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Say whether a ranking survives other prices.

    Each energy of the table falls and rises in turn, while mappings and counts are kept: at which
    change does the order break, and which rows swap?  With -o as a tornado figure.
    """
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    return search_and_show(
        "robustness",
        partial(
            acs.robustness,
            *what,
            change=change / 100,
            group=group,
            output=output,
            dataflows=dataflow,
            technology=technology,
            accounting=accounting,
            overrides=set,
            search=search,
        ),
        as_json=json,
        progress=progress,
        quiet=quiet,
        verbose=verbose,
        debug=debug,
    )
