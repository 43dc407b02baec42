"""``accelsim sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.interrupt import interruptible
from accelsim.cli.points import show_points
from accelsim.cli.progress import sweeping, telling

DESIGNS = ("grid", "random", "latin")
"""The names in :data:`accelsim.explore.points.DESIGNS`, which help must not wait for."""

EXECUTORS = ("processes", "in-process", "dask", "dask://HOST:PORT")
"""The names in :data:`accelsim.verbs.sweep_executor.EXECUTORS`, and the address of a scheduler."""

SPACE = "Space"
RUNNING = "Running"

Parameters = Annotated[
    list[str],
    typer.Option(
        "-p",
        "--parameter",
        metavar="PATH=VALUES",
        help=(
            "What to vary: array.mesh_x=8,12,14, glb.size=32KiB:512KiB:x2, "
            "glb.size,array.mesh_x=64KiB:8,128KiB:16; repeatable."
        ),
        rich_help_panel=SPACE,
    ),
]

Store = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="STORE", help="The file that keeps the points."),
]

Executor = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="|".join(EXECUTORS),
        help="Who computes: processes here, this process, Dask here, or a Dask scheduler.",
        rich_help_panel=RUNNING,
        autocompletion=options.words(EXECUTORS),
    ),
]

Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="Processes; as many as there are processors if not given.",
        rich_help_panel=RUNNING,
    ),
]


def sweep(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="ARCH... WORKLOAD...",
            help="Machines and workloads, by name or file, in any order.",
            autocompletion=options.names("architecture", "workload"),
        ),
    ],
    parameter: Parameters = [],  # noqa: B006  (typer copies it)
    output: Store = ...,  # type: ignore[assignment]
    where: Annotated[
        list[str],
        typer.Option(
            "--where",
            metavar="CONSTRAINT",
            help="Only such points, as 'area<=2' or 'array.mesh_x*array.mesh_y<=256'; repeatable.",
            rich_help_panel=SPACE,
        ),
    ] = [],  # noqa: B006
    design: Annotated[
        str,
        typer.Option(
            "--design",
            metavar="|".join(DESIGNS),
            help="Which points: all, some at random, or a Latin hypercube.",
            rich_help_panel=SPACE,
            autocompletion=options.words(DESIGNS),
        ),
    ] = "grid",
    points: Annotated[
        int | None,
        typer.Option(
            "--points", metavar="N", help="How many, unless it is a grid.", rich_help_panel=SPACE
        ),
    ] = None,
    dataflow: options.Dataflows = [],  # noqa: B006
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006
    objective: options.Goal = "energy",
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    seed: options.Seed = 0,
    driver: options.Driver = "auto",
    uneven: options.Uneven = "",
    remainders: options.Remainders = False,
    executor: Executor = "processes",
    workers: Workers = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Compute again what the store has.", rich_help_panel=RUNNING),
    ] = False,
    json: options.Json = False,
    progress: options.Progress = options.AUTO,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (read where errors are caught)
) -> int:
    """Search every combination of machines, workloads, dataflows and values.

    Every point is committed to the store as it is finished; the same command goes on where it
    ended.  With the store: accelsim sweep status, show, export, merge, prune.
    """
    how = acs.Search(objective, samples, seconds, seed, None, driver, uneven, remainders)
    with interruptible() as interrupt:
        with telling(progress, quiet, sweeping) as teller:
            result = acs.sweep(
                *what,
                parameters=parameter,
                store=output,
                where=where,
                design=acs.Design(design, points, seed),
                fresh=fresh,
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
        return show_points("sweep", result, json)
