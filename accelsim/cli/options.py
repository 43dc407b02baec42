"""Options that several verbs share: their names, types and help, once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Objective(StrEnum):
    """What is best."""

    ENERGY = "energy"
    LATENCY = "latency"
    EDP = "edp"


class ProgressStyle(StrEnum):
    """How progress is told on stderr."""

    AUTO = "auto"
    JSON = "json"
    NONE = "none"


SEARCHING = "Search"
TALKING = "Output"

Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object on stdout.", rich_help_panel=TALKING),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Print the traceback of an error.", rich_help_panel=TALKING),
]
Quiet = Annotated[
    bool,
    typer.Option("-q", "--quiet", help="Print results only.", rich_help_panel=TALKING),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "-v", "--verbose", help="List every assumption, not the first few.", rich_help_panel=TALKING
    ),
]
Progress = Annotated[
    ProgressStyle,
    typer.Option(
        "--progress",
        help="Progress on stderr: auto (a bar on a terminal, else lines), json, none.",
        rich_help_panel=TALKING,
    ),
]

Dataflows = Annotated[
    list[str],
    typer.Option("--dataflow", metavar="NAME", help="A dataflow, by name or file; repeatable."),
]
Technology = Annotated[
    str | None,
    typer.Option("--technology", metavar="NAME", help="Energy table, by name or file."),
]
Accounting = Annotated[
    str | None,
    typer.Option("--accounting", metavar="NAME", help="Accounting rules, by name or file."),
]
Overrides = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a number of a spec, as glb.size=64KiB or 'conv*.bits.weights=8'; repeatable.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="DIR", help="Write results, figures and mappings."),
]

Goal = Annotated[
    Objective,
    typer.Option("--objective", help="What is best.", rich_help_panel=SEARCHING),
]
Samples = Annotated[
    int | None,
    typer.Option(
        "--samples",
        metavar="N",
        help="Mappings to consider for each layer.",
        rich_help_panel=SEARCHING,
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        "--seconds",
        metavar="S",
        help="Time for each layer; results may then differ from run to run.",
        rich_help_panel=SEARCHING,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed", metavar="N", help="Start of the random choices.", rich_help_panel=SEARCHING
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        help="Layers searched at the same time; results do not depend on it.",
        rich_help_panel=SEARCHING,
    ),
]
