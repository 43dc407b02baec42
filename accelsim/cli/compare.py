"""``accelsim compare``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show


def compare(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help="One workload, and a machine, several machines, or a study; in any order.",
            autocompletion=options.names("architecture", "workload", "study"),
        ),
    ],
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
    output: options.Output = None,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Compare dataflows, machines or a study.

    Their best mappings of one workload stand side by side.

    One machine is compared under every general dataflow (or those of --dataflow), then without any;
    several machines are compared without any dataflow, or under each of --dataflow.
    """
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    return search_and_show(
        "compare",
        partial(
            acs.compare,
            *what,
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
        folder=output,
    )
