"""``accelsim check``."""

from __future__ import annotations

from typing import Annotated

import typer

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json, say
from accelsim.errors import ExitCode
from accelsim.report.json_text import dumps
from accelsim.report.messages import as_record, render_all


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Specs, by file or shipped name."),
    ] = [],  # noqa: B006  (typer copies it)
    schema: Annotated[
        str | None,
        typer.Option(
            "--schema", metavar="KIND", help="Print the JSON Schema of a kind of spec instead."
        ),
    ] = None,
    technology: options.Technology = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Lint specs, and list what they assume.

    With --technology, machines must have all that they need in that energy table.
    """
    if schema is not None:
        body = acs.schema(schema)
        if json:
            put_json("check", {"schema_of": schema, "json_schema": body})
        else:
            put(dumps(body))
        return ExitCode.OK
    checked = acs.check(*files, technology=technology)
    bad = [its for its in checked if its.problems]
    problems = [problem for its in bad for problem in its.problems]
    code = ExitCode.BAD_SPEC if bad else ExitCode.OK
    if json:
        entries = [
            {
                "file": its.file,
                "kind": its.kind or None,
                "problems": [as_record(problem) for problem in its.problems],
                "assumed": list(its.assumed),
                "notes": list(its.notes),
            }
            for its in checked
        ]
        put_json("check", {"files": entries}, code, problems)
        return code
    for its in checked:
        if its.problems:
            put(f"{render_all(its.problems)}\n")
            continue
        count = len(its.assumed)
        assumes = f", assumes {count} thing{'s' if count > 1 else ''}:" if count else ""
        put(f"{its.file}: {its.kind}, no problems{assumes}\n")
        for text in its.assumed:
            put(f"  - {text}\n")
        for note in its.notes:
            put(f"  {note}\n")
    if bad and not quiet:
        have = "files have" if len(checked) > 1 else "file has"
        say(f"{len(bad)} of {len(checked)} {have} problems")
    return code
