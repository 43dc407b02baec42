"""``accelsim run``."""

from __future__ import annotations

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.interrupt import interruptible
from accelsim.cli.progress import progress as telling
from accelsim.cli.results import show_result
from accelsim.errors import ExitCode


def run(
    machine: options.Machine,
    workload: options.Workload,
    dataflow: options.Dataflows = [],  # noqa: B006  (typer copies it)
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    objective: options.Goal = "energy",
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    output: options.Output = None,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Map every layer of a workload on a machine.

    Several dataflows add up; without any, the machine alone limits the mappings.
    """
    search = acs.Search(objective, samples, seconds, seed, threads)
    with interruptible() as interrupt, telling(progress, quiet) as teller:
        result = acs.run(
            machine,
            workload,
            dataflow=dataflow,
            technology=technology,
            accounting=accounting,
            overrides=set,
            search=search,
            stop=interrupt.pressed,
            progress=teller.tell,
        )
    code = ExitCode.OK
    if interrupt.pressed():
        code = ExitCode.INTERRUPTED
    elif not result.complete:
        code = ExitCode.NO_MAPPING
    return show_result(
        "run",
        result,
        as_json=json,
        verbose=verbose,
        quiet=quiet,
        folder=output,
        exit_code=code,
    )
