"""Ctrl-C: it ends the program at once, unless a search has found something that is to be kept."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TypeVar

from accelsim import ctrl_c
from accelsim.cli.output import STDERR, WIPE, rewritable, say
from accelsim.errors import ExitCode

if TYPE_CHECKING:
    from accelsim.verbs.search import OnStep, Step

Report = TypeVar("Report")

Handler = Callable[[int, FrameType | None], object]


def end_on_interrupt(last_words: Callable[[], tuple[int, str]]) -> None:
    """Let Ctrl-C end the process at once, even while a kernel is being compiled.

    (A KeyboardInterrupt would wait for the threads of a search, and may get lost inside a
    compilation.)  Where Ctrl-C is ignored, as in a job of the background, it stays so.

    Parameters
    ----------
    last_words : returns a file descriptor and what to write to it
    """

    def end(_signal: int, _frame: FrameType | None) -> NoReturn:
        # Not by way of sys.stdout: the signal may have come in the middle of a write to it.
        descriptor, text = last_words()
        try:
            if rewritable(sys.stderr):
                os.write(STDERR, WIPE.encode())
            os.write(descriptor, text.encode())
        finally:
            os._exit(ExitCode.INTERRUPTED)

    if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, ctrl_c.end):
        signal.signal(signal.SIGINT, end)


class Interrupt:
    """Whether someone has asked to stop; ``otherwise`` is what Ctrl-C does if nothing is lost."""

    def __init__(self, otherwise: Handler) -> None:
        self._otherwise = otherwise
        self._pressed = False
        self._told = False
        self._found = False
        self._skips = False

    def pressed(self) -> bool:
        """Tell whether to stop; the first who asks tells the user."""
        if self._pressed and not self._told:
            self._told = True
            say("stopping with the best so far; press again to quit at once")
        return self._pressed

    def press(self, number: int, frame: FrameType | None) -> None:
        """Take the signal."""
        if self._skips and not self._pressed:
            self._pressed = self._told = True
            raise KeyboardInterrupt
        if self._pressed or not self._found:
            self._otherwise(number, frame)
        self._pressed = True

    def watching(self, tell: OnStep) -> OnStep:
        """Pass the progress of a search on, and note when it has found something."""

        def watch(report: Step) -> None:
            its = report.network
            if report.row_number > 1 or its.layers_done or its.best_energy is not None:
                self._found = True
            tell(report)

        return watch

    def keeping(self, tell: Callable[[Report], None]) -> Callable[[Report], None]:
        """Pass progress on whose work is safe: from its first report on, Ctrl-C asks it to stop."""

        def keep(report: Report) -> None:
            self._found = True
            tell(report)

        return keep

    def over(self) -> bool:
        """Note that a search is over, and tell whether it was stopped."""
        self._found = True
        return self.pressed()

    @contextmanager
    def skipping(self) -> Iterator[None]:
        """Let Ctrl-C raise KeyboardInterrupt out of what can be left out."""
        self._skips = True
        try:
            yield
        finally:
            self._skips = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Catch Ctrl-C while a search runs and its result is saved."""
    before = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or before is None or isinstance(before, int):  # ignored, or not ours to change
        yield Interrupt(signal.default_int_handler)
        return
    interrupt = Interrupt(before)
    signal.signal(signal.SIGINT, interrupt.press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
