"""``accelsim export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json, say
from accelsim.errors import ExitCode
from accelsim.report.writing import write_texts

FORMATS = ("timeloop", "accelergy")
"""Those of :mod:`accelsim.verbs.export`, which help must not wait for."""


def export(
    format: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help=f"What to write: {', '.join(FORMATS)}.",
            autocompletion=options.words(FORMATS),
        ),
    ],
    machine: options.Machine,
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="LAYER",
            help="Of timeloop: a layer, as alexnet:conv3.",
            autocompletion=options.names("workload"),
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Argument(
            metavar="MAPPING",
            help="Of timeloop: a mapping, by name or file.",
            autocompletion=options.names("mapping"),
        ),
    ] = None,
    technology: options.Technology = None,
    set: options.Overrides = [],  # noqa: B006  (typer copies it)
    output: options.Output = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Write a machine, a layer and a mapping as files of another program, and what it would print.

    Of accelergy, the prices of a machine as energy and area reference tables.

    What the other program cannot say is written with more levels, or left out; notes tell which.
    """
    exported = acs.export(format, machine, layer, mapping, technology=technology, overrides=set)
    if output is not None:
        write_texts(Path(output), exported.texts)
    if json:
        body = {
            "format": format,
            "output": None if output is None else str(output),
            "notes": list(exported.notes),
            "texts": dict(exported.texts),
        }
        put_json("export", body)
        return ExitCode.OK
    if output is None:
        put("\n".join(f"# {name}\n{text}" for name, text in exported.texts.items()))
    if not quiet:
        where = f"{output}: " if output else ""
        notes = (f"  - {note}" for note in exported.notes)
        say("\n".join([f"{where}{', '.join(exported.texts)}", *notes]))
    return ExitCode.OK
