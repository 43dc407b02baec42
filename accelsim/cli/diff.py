"""``accelsim diff``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show


def diff(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help="One layer, one or two machines, and up to two dataflows or mappings.",
            autocompletion=options.names("architecture", "workload", "dataflow"),
        ),
    ],
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006  (typer copies it)
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
    """Say why two mappings of a layer differ.

    As in `accelsim diff eyeriss alexnet:conv3 rs ws` (two dataflows, or mapping files),
    `accelsim diff eyeriss alexnet:conv3 rs` (against the best mapping under no constraint), or
    `accelsim diff eyeriss eyeriss_shared alexnet:conv3` (two machines).

    For each boundary: by how much it differs, and which loop, tile or sharing does it; largest
    first.  The differences add up to the whole.
    """
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    return search_and_show(
        "diff",
        partial(
            acs.diff,
            *what,
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
