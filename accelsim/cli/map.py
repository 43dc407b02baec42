"""``accelsim map``."""

from __future__ import annotations

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.interrupt import interruptible
from accelsim.cli.progress import progress as telling
from accelsim.cli.results import show_result


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
    with interruptible() as interrupt:
        with telling(progress, quiet) as teller:
            result = acs.map(
                machine,
                layer,
                dataflow=dataflow,
                technology=technology,
                accounting=accounting,
                overrides=set,
                search=search,
                pareto=pareto,
                stop=interrupt.pressed,
                progress=interrupt.watching(teller.tell),
            )
        return show_result(
            "map",
            result,
            as_json=json,
            verbose=verbose,
            quiet=quiet,
            folder=output,
            debug=debug,
            interrupt=interrupt,
            again=["accelsim", "evaluate", machine, layer, "FILE", *given],
        )
