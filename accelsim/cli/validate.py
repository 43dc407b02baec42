"""``accelsim validate``."""

from __future__ import annotations

import json as json_text
import sys
from typing import TYPE_CHECKING, Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import colourful, put, put_json, say, width
from accelsim.errors import ExitCode

if TYPE_CHECKING:
    from accelsim.validation.records import Study


def validate(
    studies: Annotated[
        list[str],
        typer.Argument(metavar="STUDY...", help="Studies by name; all if left out."),
    ] = [],  # noqa: B006  (typer copies it)
    output: options.Output = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    progress: options.Progress = options.AUTO,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Compare with published and measured numbers; fail if a tolerance does not hold."""

    def tell(study: Study, number: int, of: int) -> None:
        if quiet or progress == options.NONE:
            return
        if progress == options.JSON:
            event = {"event": "progress", "study": study.name, "number": number, "studies": of}
            say(json_text.dumps(event))
        else:
            say(f"{study.name} ({number}/{of}): {study.title}")

    result = acs.validate(*studies, output=output, progress=tell)
    problems = result.problems()
    code = ExitCode.OK if result.holds else ExitCode.INTERNAL
    if json:
        put_json("validate", result.data() | {"run": result.run_data()}, code, problems)
        return code
    if output is not None and not quiet:
        say(f"wrote validation.json and a page of plots to {output}")
    put(result.text(colour=colourful(sys.stdout), width=width(sys.stdout)))
    return code
