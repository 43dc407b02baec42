"""``accelsim reprice``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.results import show_result


def reprice(
    results: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder written by -o, or its results.json.")
    ],
    technology: options.Technology = None,
    accounting: options.Accounting = None,
    output: options.Output = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Show finished results under other prices.

    Nothing is searched: the mappings stay those that were best under the old prices.
    """
    result = acs.reprice(results, technology, accounting)
    return show_result(
        "reprice",
        result,
        as_json=json,
        verbose=verbose,
        quiet=quiet,
        folder=output,
        debug=debug,
    )
