"""``accelsim search``: few points of many, the promising ones."""

from __future__ import annotations

from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.interrupt import interruptible
from accelsim.cli.points import show_points
from accelsim.cli.progress import sweeping, telling
from accelsim.cli.sweep import SPACE, Executor, Parameters, Store, Workers
from accelsim.explore.goals import objective_for
from accelsim.mapper.objectives import OBJECTIVES

SAMPLERS = ("random", "tpe", "nsga2")
"""The names in :data:`accelsim.explore.samplers.SAMPLERS`, which help must not wait for."""


def search_architectures(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="ARCH... WORKLOAD",
            help="A machine or several and a workload, by name or file, in any order.",
            autocompletion=options.names("architecture", "workload"),
        ),
    ],
    parameter: Parameters = [],  # noqa: B006  (typer copies it)
    output: Store = ...,  # type: ignore[assignment]
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="MEASURE,...",
            help="What is to be small: energy, latency, edp, cycles, area, power, pes, ...",
            rich_help_panel=SPACE,
        ),
    ] = "energy",
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", help="Points to try.", rich_help_panel=SPACE)
    ] = 100,
    sampler: Annotated[
        str,
        typer.Option(
            "--sampler",
            metavar="|".join(SAMPLERS),
            help="How to choose them; the last two need accelsim[opt].",
            rich_help_panel=SPACE,
            autocompletion=options.words(SAMPLERS),
        ),
    ] = "random",
    where: Annotated[
        list[str],
        typer.Option(
            "--where",
            metavar="CONSTRAINT",
            help="Only such points, as 'area<=2', 'power<=300mW' or 'cycles<=1e6'; repeatable.",
            rich_help_panel=SPACE,
        ),
    ] = [],  # noqa: B006
    dataflow: options.Dataflows = [],  # noqa: B006
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    objective: Annotated[
        str | None,
        typer.Option(
            "--objective",
            metavar="|".join(OBJECTIVES),
            help="What each mapping is best for; by default the first of --by.",
            rich_help_panel=options.SEARCHING,
            autocompletion=options.words(tuple(OBJECTIVES)),
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", help="Start of the random choices.", rich_help_panel=SPACE
        ),
    ] = 0,
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    driver: options.Driver = "auto",
    uneven: options.Uneven = "",
    remainders: options.Remainders = False,
    executor: Executor = "processes",
    workers: Workers = None,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read where errors are caught)
) -> int:
    """Search values of parameters for the best machine, or the front of several measures.

    Points are committed to the store as they are finished and found there; the same command goes
    on where it ended, and with more --trials further.
    """
    goal = objective or objective_for(by)
    how = acs.Search(goal, samples, seconds, 0, None, driver, uneven, remainders)
    with interruptible() as interrupt:
        with telling(progress, quiet, sweeping) as teller:
            result = acs.search_architectures(
                *what,
                parameters=parameter,
                store=output,
                by=by,
                trials=trials,
                sampler=sampler,
                seed=seed,
                where=where,
                dataflows=dataflow,
                technology=technology,
                accounting=accounting,
                overrides=set,
                search=how,
                executor=executor,
                workers=workers,
                stop=interrupt.pressed,
                progress=interrupt.keeping(teller.tell),
            )
        return show_points("search", result, json)
