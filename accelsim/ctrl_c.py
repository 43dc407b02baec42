"""Ctrl-C before anything else is imported: a program that has hardly begun ends without a word.

This file needs next to nothing, so that it is ready long before the command line is.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""The exit code that :class:`accelsim.errors.ExitCode` has too; importing that takes a while."""


def end(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End the process at once."""
    os._exit(INTERRUPTED)


def end_quietly() -> None:
    """Let Ctrl-C end the process at once, unless it is ignored or somebody else's to handle."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
