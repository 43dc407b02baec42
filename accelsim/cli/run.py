"""``accelsim run``."""

from __future__ import annotations

from functools import partial
from json import dumps
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import search_and_show


def run(
    machine: options.Machine,
    workload: options.Workload,
    dataflow: options.Dataflow = [],  # noqa: B006  (typer copies it)
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    keep_on_chip: Annotated[
        list[str],
        typer.Option(
            "--keep-on-chip",
            metavar="LAYER[=MEMORY]",
            help="Let what a layer writes stay in a shared memory until it is read; repeatable.",
        ),
    ] = [],  # noqa: B006
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
    return search_and_show(
        "run",
        partial(
            acs.run,
            machine,
            workload,
            dataflow=dataflow,
            technology=technology,
            accounting=accounting,
            overrides=[*set, *_staying(keep_on_chip)],
            search=search,
            pareto=pareto,
        ),
        as_json=json,
        progress=progress,
        quiet=quiet,
        verbose=verbose,
        debug=debug,
        folder=output,
    )


def _staying(layers: list[str]) -> list[str]:
    """Return what stays on the chip as the setting of a workload."""
    pairs = [words.partition("=") for words in layers]
    named = ", ".join(f"{dumps(layer)}: {dumps(memory)}" for layer, _, memory in pairs)
    return [f"stay_on_chip={{{named}}}"] if named else []
