"""``accelsim map``."""

from __future__ import annotations

from functools import partial

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show


def map(
    machine: options.Machine,
    layer: options.Layer,
    dataflow: options.Dataflow = [],  # noqa: B006  (typer copies it)
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    objective: options.Goal = "energy",
    pareto: options.Pareto = False,
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
    """Find the best mapping of one layer.

    It is shown as a loop nest, with its energy and its accesses.  With -o the mapping is written
    as YAML too, which `accelsim evaluate` reads.  With --pareto the points of the front are shown
    instead, and -o writes the mapping of each.
    """
    given = options.as_words(technology=technology, accounting=accounting, set=set)
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    return search_and_show(
        "map",
        partial(
            acs.map,
            machine,
            layer,
            dataflow=dataflow,
            technology=technology,
            accounting=accounting,
            overrides=set,
            search=search,
            pareto=pareto,
        ),
        as_json=json,
        progress=progress,
        quiet=quiet,
        verbose=verbose,
        debug=debug,
        folder=output,
        again=["accelsim", "evaluate", machine, layer, "FILE", *given],
    )
