"""The one JSON object that every verb prints with ``--json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from accelsim import __version__
from accelsim.errors import Problem
from accelsim.report.messages import as_record

SCHEMA = "accelsim/1"


def dumps(data: dict[str, Any]) -> str:
    """Write one JSON object, the same bytes for the same data, with a line end."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def envelope(
    verb: str, body: dict[str, Any], exit_code: int = 0, problems: Iterable[Problem] = ()
) -> dict[str, Any]:
    """Return the object of a verb: what is the same for all verbs, then its own part."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verb": verb,
        "exit_code": exit_code,
        "problems": [as_record(problem) for problem in problems],
        **body,
    }
