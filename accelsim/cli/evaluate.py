"""``accelsim evaluate``."""

from __future__ import annotations

from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import show_result


def evaluate(
    machine: options.Machine,
    layer: options.Layer,
    mapping: Annotated[
        str,
        typer.Argument(
            metavar="MAPPING",
            help="A mapping, by name or file.",
            autocompletion=options.names("mapping"),
        ),
    ],
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    set: options.Overrides = [],  # noqa: B006  (typer copies it)
    output: options.Output = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Count and price a given mapping."""
    result = acs.evaluate(
        machine,
        layer,
        mapping,
        technology=technology,
        accounting=accounting,
        overrides=set,
    )
    return show_result(
        "evaluate",
        result,
        as_json=json,
        verbose=verbose,
        quiet=quiet,
        folder=output,
        debug=debug,
    )
