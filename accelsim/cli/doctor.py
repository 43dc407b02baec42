"""``accelsim doctor``."""

from __future__ import annotations

import accelsim as acs
from accelsim.cli import options
from accelsim.cli.output import put, put_json
from accelsim.errors import ExitCode, Problem


def doctor(
    json: options.Json = False,
    debug: options.Debug = False,  # noqa: ARG001  (main looks for it)
) -> int:
    """Check that this installation works."""
    checks = acs.doctor()
    problems = [Problem(f"{check.name}: {check.found}") for check in checks if not check.ok]
    code = ExitCode.INTERNAL if problems else ExitCode.OK
    if json:
        entries = [{"name": check.name, "ok": check.ok, "found": check.found} for check in checks]
        put_json("doctor", {"checks": entries}, code, problems)
        return code
    column = max(len(check.name) for check in checks) + 2
    for check in checks:
        put(f"{'ok ' if check.ok else 'BAD'} {check.name:<{column}}{check.found}\n")
    return code
