"""Options that several verbs share: their names, types and help, once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from accelsim import shipped
from accelsim.errors import Problem, UsageError
from accelsim.mapper.objectives import OBJECTIVES

AUTO, JSON, NONE = PROGRESS_STYLES = ("auto", "json", "none")
"""How progress is told on stderr."""

DRIVERS = ("auto", "exact", "sampling")
"""The names of :data:`accelsim.mapper.drivers.DRIVERS`, which help must not wait for."""


def words(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what completes one of a few words in a shell."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


def names(*kinds: str) -> Callable[[str], list[str]]:
    """Return what completes the name of a shipped spec in a shell."""

    def complete(incomplete: str) -> list[str]:
        known = [name for kind in kinds for name in shipped.names(kind)]
        return [name for name in known if name.startswith(incomplete)]

    return complete


def _writable(folder: Path | None) -> Path | None:
    """Refuse a folder that cannot be written before a search, not after it."""
    if folder is None:
        return None
    try:
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    except OSError as fault:
        raise UsageError(Problem(f"cannot write '{folder}': {fault.strerror}")) from None
    if not there.is_dir():
        raise UsageError(Problem(f"cannot write '{folder}': '{there}' is not a folder"))
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(Problem(f"cannot write '{folder}': '{there}' may not be written"))
    return folder


def _known_style(style: str) -> str:
    if style not in PROGRESS_STYLES:
        expected = "one of " + ", ".join(PROGRESS_STYLES)
        raise UsageError(Problem(f"unknown way to tell progress '{style}'", expected=expected))
    return style


def _at_most_one(dataflows: list[str]) -> list[str]:
    """Refuse what would be several dataflows: they could be meant in two ways."""
    named = [
        name
        for words in dataflows
        for name in ([words] if shipped.is_path(words) else words.split(","))
    ]
    if len(named) > 1:
        again = " ".join(f"--dataflow {name}" for name in named)
        raise UsageError(
            Problem(
                f"{len(named)} dataflows: {', '.join(named)}",
                expected="one",
                hint=(
                    f"side by side: accelsim compare ... {again}; the rules of all at once: a row "
                    f"of a study with `dataflow: [{', '.join(named)}]`"
                ),
            )
        )
    return dataflows


def as_words(**given: str | Sequence[str] | None) -> list[str]:
    """Return options as the words of a command line; what was not given is left out."""
    return [
        word
        for name, values in given.items()
        for value in ([values] if isinstance(values, str) else values or ())
        for word in (f"--{name}", value)
    ]


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
    str,
    typer.Option(
        "--progress",
        metavar="|".join(PROGRESS_STYLES),
        callback=_known_style,
        autocompletion=words(PROGRESS_STYLES),
        help="Progress on stderr: auto (a bar on a terminal, else lines), json, none.",
        rich_help_panel=TALKING,
    ),
]

Machine = Annotated[
    str,
    typer.Argument(help="A machine, by name or file.", autocompletion=names("architecture")),
]
Workload = Annotated[
    str,
    typer.Argument(
        help="A workload, as alexnet or 'alexnet:conv*,batch=4', or an ONNX file.",
        autocompletion=names("workload"),
    ),
]
Layer = Annotated[
    str,
    typer.Argument(
        help="One layer of a workload, as alexnet:conv3.", autocompletion=names("workload")
    ),
]

Dataflows = Annotated[
    list[str],
    typer.Option(
        "--dataflow",
        metavar="NAME",
        help="A dataflow, by name or file; a row for each, if repeated.",
        autocompletion=names("dataflow"),
    ),
]
Dataflow = Annotated[
    list[str],
    typer.Option(
        "--dataflow",
        metavar="NAME",
        help="A dataflow, by name or file.",
        callback=_at_most_one,
        autocompletion=names("dataflow"),
    ),
]
Technology = Annotated[
    str | None,
    typer.Option(
        "--technology",
        metavar="NAME",
        help="Energy table, by name or file.",
        autocompletion=names("technology"),
    ),
]
Accounting = Annotated[
    str | None,
    typer.Option(
        "--accounting",
        metavar="NAME",
        help="Accounting rules, by name or file.",
        autocompletion=names("accounting"),
    ),
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
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Write results, figures and mappings.",
        callback=_writable,
    ),
]

Goal = Annotated[
    str,
    typer.Option(
        "--objective",
        metavar="|".join(OBJECTIVES),
        help="What is best.",
        rich_help_panel=SEARCHING,
        autocompletion=words(tuple(OBJECTIVES)),
    ),
]
Pareto = Annotated[
    bool,
    typer.Option(
        "--pareto",
        help="Find all trade-offs of energy and cycles, not one best.",
        rich_help_panel=SEARCHING,
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(
        "--samples",
        metavar="N",
        help="Mappings that sampling considers for each layer.",
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
Driver = Annotated[
    str,
    typer.Option(
        "--driver",
        metavar="|".join(DRIVERS),
        help="How to search: auto is exact where it can be; sampling is for checking it.",
        rich_help_panel=SEARCHING,
        autocompletion=words(DRIVERS),
    ),
]
Uneven = Annotated[
    str,
    typer.Option(
        "--uneven",
        metavar="MEMORY",
        help="Let each tensor of a shared memory have a tile of its own: a memory, or buffers.",
        rich_help_panel=SEARCHING,
    ),
]
Remainders = Annotated[
    bool,
    typer.Option(
        "--remainders",
        help="Look at loops that reach beyond a bound too: 13 as 7 x 2, the last not there.",
        rich_help_panel=SEARCHING,
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
