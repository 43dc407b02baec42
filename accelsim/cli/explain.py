"""``accelsim explain``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show


def explain(
    machine: options.Machine,
    layer: options.Layer,
    mapping: Annotated[
        str | None,
        typer.Argument(
            metavar="[MAPPING]", help="A mapping, as YAML; left out, the best that there is."
        ),
    ] = None,
    dataflow: options.Dataflow = [],  # noqa: B006  (typer copies it)
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
    """Explain which loop causes which traffic.

    For each tensor and each pair of levels between which it moves: what is held, which loop moves
    it, what lanes share, and the formula of every count with its numbers; largest energy first.
    The terms add up to what `accelsim evaluate` says.
    """
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    return search_and_show(
        "explain",
        partial(
            acs.explain,
            machine,
            layer,
            mapping,
            dataflow=dataflow,
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
