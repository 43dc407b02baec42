"""A worker of :mod:`accelsim.explore.processes`: ``python -m accelsim.explore.worker FD``.

It gets the work, then chunks of tasks, and sends the results of those it had time for; it ends when
the other end of the line is closed.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from accelsim.explore.executors import worked

GARBAGE = 100_000
"""Records made since the last look for cycles among them: searches make many and no cycles."""

LOOK_SECONDS = 1.0
"""Between looks whether whoever started a worker lives: the line tells only between chunks."""


def never() -> bool:
    """Do not stop: a worker is ended, not asked."""
    return False


def end_with(parent: int) -> None:
    """End this process as soon as the process that started it is gone, whatever it does."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def serve(line: Connection[Any, Any]) -> None:
    """Do what comes along the line until it is closed."""
    try:
        work = line.recv()
        gc.freeze()
        gc.set_threshold(GARBAGE)
        line.send(None)
        while True:
            line.send(worked(work, line.recv(), never))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


if __name__ == "__main__":
    Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    serve(Connection(int(sys.argv[1])))
