"""``accelsim list``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

import accelsim as acs
from accelsim import shipped
from accelsim.cli import options
from accelsim.cli.output import put, put_json, width
from accelsim.errors import ExitCode

if TYPE_CHECKING:
    from accelsim.verbs.list import Shipped

LONG = 40
"""A name that is longer, with all its parameters, does not push the other titles aside."""

WORDS = tuple(shipped.LIST_WORDS.values())


def list(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help=f"What to list ({', '.join(WORDS)}); everything if left out.",
            autocompletion=options.words(WORDS),
        ),
    ] = None,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """List the specs that are shipped."""
    specs = acs.list(kind)
    if json:
        entries = [
            {
                "kind": spec.kind,
                "name": spec.name,
                "title": spec.title,
                "parameters": dict(spec.parameters),
                "source": spec.source,
            }
            for spec in specs
        ]
        put_json("list", {"specs": entries})
        return ExitCode.OK
    for number, (heading, group) in enumerate(groupby(specs, key=lambda spec: spec.kind)):
        if kind is None:
            put(f"{chr(10) if number else ''}{heading}\n")
        _put_specs([*group], indent="" if kind else "  ")
    return ExitCode.OK


def _put_specs(specs: Sequence[Shipped], indent: str) -> None:
    """Print names and titles in two columns; only a terminal that is too narrow cuts them."""
    called = [_called(spec.name, spec.parameters) for spec in specs]
    column = max((len(name) for name in called if len(name) <= LONG), default=0)
    widest = width(sys.stdout)
    for spec, name in zip(specs, called, strict=True):
        line = f"{indent}{name:<{column}}  {spec.title}"
        if widest is not None and len(line) > widest:
            line = f"{line[: widest - 3].rstrip()}..."
        put(f"{line}\n")


def _called(name: str, parameters: Sequence[tuple[str, int]]) -> str:
    """Return a name with its parameters as a call would set them."""
    settings = ",".join(f"{parameter}={value}" for parameter, value in parameters)
    return f"{name}:{settings}" if settings else name
