"""``accelsim estimate``."""

from __future__ import annotations

from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.interrupt import interruptible
from accelsim.cli.output import say
from accelsim.cli.progress import progress as telling
from accelsim.cli.results import show_result


def estimate(
    workloads: Annotated[
        list[str],
        typer.Argument(
            metavar="WORKLOAD...",
            help="Workloads, as alexnet or 'alexnet:conv*,batch=4', or ONNX files.",
            autocompletion=options.names("workload"),
        ),
    ],
    machine: Annotated[
        str,
        typer.Option(
            "--machine",
            metavar="NAME",
            help="The machine, by name or file.",
            autocompletion=options.names("architecture"),
        ),
    ] = "eyeriss",
    dataflow: options.Dataflow = [],  # noqa: B006  (typer copies it)
    technology: options.Technology = None,
    set: options.Overrides = [],  # noqa: B006
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    driver: options.Driver = "auto",
    output: options.Output = None,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Estimate energies of networks in units of a MAC, side by side.

    Each layer's is split into computation and moving weights, inputs and outputs, on its best
    mapping on an Eyeriss-like machine.  Bits and shares of non-zeros are those of the workloads;
    --set 'conv*.density.inputs=0.4' changes them.  With -o as estimate.json and estimate.csv.
    """
    search = acs.Search("energy", samples, seconds, seed, threads, driver)
    with interruptible() as interrupt:
        with telling(progress, quiet) as teller:
            result = acs.estimate(
                *workloads,
                machine=machine,
                dataflow=dataflow,
                technology=technology,
                overrides=set,
                search=search,
                output=output,
                stop=interrupt.pressed,
                progress=interrupt.watching(teller.tell),
            )
        if output is not None and not quiet:
            say(f"wrote estimate.json and estimate.csv to {output}")
        return show_result(
            "estimate",
            result,
            as_json=json,
            verbose=verbose,
            quiet=quiet,
            folder=None,
            debug=debug,
            interrupt=interrupt,
        )
