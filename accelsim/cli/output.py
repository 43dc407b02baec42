"""What goes where: results to stdout, talk to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any, TextIO

from accelsim.report.json_text import dumps, envelope


def put(text: str) -> None:
    """Write a result."""
    sys.stdout.write(text)


def put_json(verb: str, body: dict[str, Any], exit_code: int = 0) -> None:
    """Write the one JSON object of a verb."""
    put(dumps(envelope(verb, body, exit_code)))


def say(text: str) -> None:
    """Talk: what is no result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def colourful(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that wants colours (https://no-color.org)."""
    return rewritable(stream) and not os.environ.get("NO_COLOR")


def rewritable(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal on which a line can be written over."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int | None:
    """Return the columns of a terminal; None, that is, as many as it takes, for a pipe."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
