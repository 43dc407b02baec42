"""``accelsim list``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json
from accelsim.errors import ExitCode

WIDEST = 100


class Kind(StrEnum):
    """What can be listed."""

    ARCHS = "archs"
    WORKLOADS = "workloads"
    DATAFLOWS = "dataflows"
    TECHNOLOGIES = "technologies"
    ACCOUNTINGS = "accountings"
    STUDIES = "studies"


def list(
    kind: Annotated[Kind | None, typer.Argument(help="What to list; everything if left out.")] = None,
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """List the specs that are shipped."""
    specs = acs.list(kind and kind.value)
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
    column = max(len(spec.name) for spec in specs) + 2
    before = ""
    for spec in specs:
        if kind is None and spec.kind != before:
            put(f"{chr(10) if before else ''}{spec.kind}\n")
            before = spec.kind
        indent = "  " if kind is None else ""
        named = ", ".join(f"{name}={value}" for name, value in spec.parameters)
        line = f"{indent}{spec.name:<{column}}{spec.title}{f' [{named}]' if named else ''}"
        put(f"{line if len(line) <= WIDEST else line[: WIDEST - 3].rstrip() + '...'}\n")
    return ExitCode.OK
