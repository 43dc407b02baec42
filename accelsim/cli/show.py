"""``accelsim show``."""

from __future__ import annotations

from typing import Annotated

import typer

import accelsim as acs
from accelsim import shipped
from accelsim.cli import options
from accelsim.cli.output import put, put_json
from accelsim.errors import ExitCode


def show(
    spec: Annotated[
        str,
        typer.Argument(
            metavar="SPEC",
            help="A shipped spec, or a file.",
            autocompletion=options.names(*shipped.FOLDERS),
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help="Which is meant, where several kinds have that name."
        ),
    ] = None,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Print the YAML of a spec, to copy and change."""
    text = acs.show(spec, kind)
    if json:
        put_json("show", {"spec": spec, "text": text})
    else:
        put(text)
    return ExitCode.OK
