"""Ctrl-C as a question that searches ask, instead of an exception in the middle of things."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class Interrupt:
    """A ``stop`` for drivers: true once the user has pressed Ctrl-C.

    The first Ctrl-C only sets the answer, so that searches end at their next slice and what is
    finished is kept; the second raises ``KeyboardInterrupt`` as usual.  Outside the main thread,
    where Python delivers no signals, it never answers true by itself.

    Examples
    --------
    >>> with Interrupt() as interrupted:
    ...     interrupted()
    False
    """

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._before: object = None

    def __call__(self) -> bool:
        return self._pressed.is_set()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        self._pressed.set()
        self._restore()

    def _restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]
            self._before = None
