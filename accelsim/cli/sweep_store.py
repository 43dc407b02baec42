"""``accelsim sweep status|show|export|merge|prune``: what is done with the store of a sweep.

Each is a command whose name has a space, so that help and reference treat it as any other;
:func:`joined` makes one word of the two that are typed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import colourful, put, put_json, say, width
from accelsim.errors import ExitCode
from accelsim.report.effort import effort_sentence

SWEEP = "sweep"

Store = Annotated[Path, typer.Argument(metavar="STORE", help="A file that `sweep -o` wrote.")]
Number = Annotated[
    int | None,
    typer.Option("--sweep", metavar="N", help="Only this sweep of the store; see its status."),
]


def status(
    store: Store,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Say what a store holds: points by status, and its sweeps."""
    found = acs.sweep_status(store)
    if json:
        put_json(f"{SWEEP} status", found)
        return ExitCode.OK
    counts = [f"{count:,} {status}" for status, count in found["counts"].items()]
    put(f"{store}: {', '.join(counts) or 'no points'}\n")
    if found["outdated"]:
        put(f"{found['outdated']:,} points were computed by other sources of accelsim.\n")
    for its in found["sweeps"]:
        done = f"{its['finished']:,} of {its['points']:,} points"
        done += f", {its['left_out']:,} left out by --where" if its["left_out"] else ""
        done += ", and there are no more" if its["exhausted"] else ""
        ended = ": finished" if its["complete"] and its["finished"] < its["points"] else ""
        put(f"sweep {its['sweep']}: {done}{ended}: {its['command']}\n")
        took = effort_sentence(its["run"])
        put(f"  {took}\n" if took else "")
    return ExitCode.OK


def show(
    store: Store,
    sweep: Number = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="FIGURE", help="What to sort by, as edp, power or words.dram."
        ),
    ] = "",
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, help="Points to show.")] = 20,
    objective: options.Goal = "energy",
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001
) -> int:
    """Show the best points of a store."""
    result = acs.sweep_show(store, sweep, objective)
    if json:
        put_json(f"{SWEEP} show", result.data(count, by))
        return ExitCode.OK
    put(result.text(colour=colourful(sys.stdout), width=width(sys.stdout), count=count, by=by))
    return ExitCode.OK


def export(
    store: Store,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="A .csv, .json or .parquet to write."),
    ],
    sweep: Number = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001
) -> int:
    """Write the points of a store as a table, sorted by key."""
    count = acs.sweep_export(store, output, sweep)
    if json:
        put_json(f"{SWEEP} export", {"file": str(output), "points": count})
    elif not quiet:
        say(f"wrote {count:,} points to {output}")
    return ExitCode.OK


def merge(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The store to merge into.")],
    others: Annotated[list[Path], typer.Argument(metavar="OTHER...", help="Stores to read.")],
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001
) -> int:
    """Take the points of other stores over into one."""
    count = acs.sweep_merge(store, others)
    if json:
        put_json(f"{SWEEP} merge", {"store": str(store), "new": count})
    else:
        put(f"{count:,} new points in {store}\n")
    return ExitCode.OK


def prune(
    store: Store,
    undone: Annotated[
        bool, typer.Option("--undone", help="Drop points that are impossible or failed.")
    ] = False,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Drop points of other sources of accelsim.")
    ] = False,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001
) -> int:
    """Drop points from a store; they are computed again when a sweep needs them."""
    count = acs.sweep_prune(store, undone=undone, outdated=outdated)
    if json:
        put_json(f"{SWEEP} prune", {"store": str(store), "dropped": count})
    else:
        put(f"dropped {count:,} points from {store}\n")
    return ExitCode.OK


COMMANDS = {f"{SWEEP} {verb.__name__}": verb for verb in (status, show, export, merge, prune)}


def joined(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with the name of a verb inside a verb as one word.

    >>> joined(["sweep", "status", "study.db"]), joined(["sweep", "eyeriss", "alexnet"])
    (['sweep status', 'study.db'], ['sweep', 'eyeriss', 'alexnet'])
    """
    name = " ".join(words[:2])
    return [name, *words[2:]] if name in COMMANDS else [*words]
