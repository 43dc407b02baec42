"""A worker of :mod:`accelsim.explore.processes`: ``python -m accelsim.explore.worker FD``.

It gets the work, then chunks of tasks, and sends each chunk's results; it ends when the other end
of the line is closed.
"""

from __future__ import annotations

import gc
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

GARBAGE = 100_000
"""Records made since the last look for cycles among them: searches make many and no cycles."""


def never() -> bool:
    """Do not stop: a worker is ended, not asked."""
    return False


def serve(line: Connection[Any, Any]) -> None:
    """Do what comes along the line until it is closed."""
    try:
        work = line.recv()
        gc.freeze()
        gc.set_threshold(GARBAGE)
        line.send(None)
        while True:
            tasks = line.recv()
            started = time.perf_counter()
            results = [work(task, never) for task in tasks]
            line.send((results, (time.perf_counter() - started) / len(tasks)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
