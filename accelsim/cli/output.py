"""What goes where: results to stdout, talk to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from accelsim.errors import Problem, UsageError
from accelsim.report.json_text import dumps, envelope

STDOUT, STDERR = 1, 2
"""Their file descriptors."""

WIPE = "\r\x1b[2K"
"""What empties a line of a terminal."""


def put(text: str) -> None:
    """Write a result."""
    if sys.stdout is None:  # a shell's `>&-`
        raise UsageError(Problem("cannot write the output: it is closed"))
    sys.stdout.write(text)


def flush() -> None:
    """Send what is written of a result on its way."""
    if sys.stdout is not None:
        sys.stdout.flush()


def put_json(
    verb: str, body: dict[str, Any], exit_code: int = 0, problems: Iterable[Problem] = ()
) -> None:
    """Write the one JSON object of a verb."""
    put(dumps(envelope(verb, body, exit_code, problems)))


def say(text: str) -> None:
    """Talk: what is no result."""
    talk(f"{text}\n")


def talk(text: str) -> None:
    """Write to stderr as it is; where that cannot be written, nobody is there to be told."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Send what a stream still holds, and all that follows, nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def colourful(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that wants colours (https://no-color.org)."""
    return rewritable(stream) and not os.environ.get("NO_COLOR")


def rewritable(stream: TextIO | None) -> bool:
    """Tell whether a stream is a terminal on which a line can be written over."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO | None) -> int | None:
    """Return the columns of a terminal; None, that is, as many as it takes, for a pipe."""
    terminal = stream is not None and stream.isatty()
    return shutil.get_terminal_size().columns if terminal else None
