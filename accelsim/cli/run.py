"""``accelsim run``."""

from __future__ import annotations

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.interrupt import interruptible
from accelsim.cli.progress import progress as telling
from accelsim.cli.results import show_result


def run(
    machine: options.Machine,
    workload: options.Workload,
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
    """Map every layer of a workload on a machine.

    Without a dataflow, the machine alone limits the mappings.  With --pareto the front of the whole
    network is shown instead: the choices of mappings for its layers than which no other has less
    energy without more cycles.
    """
    search = acs.Search(objective, samples, seconds, seed, threads, driver, uneven, remainders)
    with interruptible() as interrupt:
        with telling(progress, quiet) as teller:
            result = acs.run(
                machine,
                workload,
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
            "run",
            result,
            as_json=json,
            verbose=verbose,
            quiet=quiet,
            folder=output,
            debug=debug,
            interrupt=interrupt,
        )
