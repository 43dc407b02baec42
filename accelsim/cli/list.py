"""``accelsim list``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

import accelsim as acs
from accelsim import shipped
from accelsim.cli import options
from accelsim.cli.output import put, put_json
from accelsim.errors import ExitCode

WIDEST = 100

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
    called = [_called(spec.name, spec.parameters) for spec in specs]
    column = max(len(name) for name in called) + 2
    before = ""
    for spec, name in zip(specs, called, strict=True):
        if kind is None and spec.kind != before:
            put(f"{chr(10) if before else ''}{spec.kind}\n")
            before = spec.kind
        line = f"{'  ' if kind is None else ''}{name:<{column}}{spec.title}"
        put(f"{line if len(line) <= WIDEST else line[: WIDEST - 3].rstrip() + '...'}\n")
    return ExitCode.OK


def _called(name: str, parameters: Sequence[tuple[str, int]]) -> str:
    """Return a name with its parameters as a call would set them."""
    settings = ",".join(f"{parameter}={value}" for parameter, value in parameters)
    return f"{name}:{settings}" if settings else name
