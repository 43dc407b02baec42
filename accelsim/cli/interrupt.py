"""Ctrl-C asks a search to stop; pressed once more, it ends the program at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from accelsim.cli.output import say


class Interrupt:
    """Whether someone has asked to stop."""

    def __init__(self) -> None:
        self._pressed = threading.Event()

    def pressed(self) -> bool:
        return self._pressed.is_set()

    def press(self, _signal: int, _frame: FrameType | None) -> None:
        if self.pressed():
            raise KeyboardInterrupt
        self._pressed.set()
        say("stopping with the best so far; press again to quit at once")


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Catch Ctrl-C while a search runs."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt.press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
