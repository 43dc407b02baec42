"""What a worker of Dask does for :mod:`accelsim.explore.cluster`."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from accelsim import __version__
from accelsim.explore.executors import Stop, worked
from accelsim.interchange.extras import optional
from accelsim.keys import sources_digest

MOST_KEPT = 4
"""Works that a worker remembers; sweeps may share it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A worker that cannot do the work, and why."""

    worker: str
    reason: str
    expected: str = ""


def sources() -> str:
    """Return what accelsim is computing here; results of others would be others."""
    return f"accelsim {__version__} (sources {sources_digest()[:12]})"


def compute(wanted: str, work: bytes, tasks: bytes) -> tuple[list[Any], float] | Refused:
    """Return what comes of a chunk of tasks, as far as there is time, and the seconds per task.

    Parameters
    ----------
    wanted : the :func:`sources` that the caller has
    work, tasks : pickled, so that a scheduler need not understand them
    """
    worker = optional("distributed", "cluster").get_worker()
    if sources() != wanted:
        return Refused(worker.address, f"runs {sources()}", expected=wanted)
    try:
        its_work, its_tasks = _unpickled(work), pickle.loads(tasks)
    except Exception as fault:  # noqa: BLE001  (whatever it is, the caller is told)
        return Refused(worker.address, f"cannot read its work: {type(fault).__name__}: {fault}")
    return worked(its_work, its_tasks, _let_go(worker))


@lru_cache(MOST_KEPT)
def _unpickled(work: bytes) -> Callable[[Any, Stop], Any]:
    found: Callable[[Any, Stop], Any] = pickle.loads(work)
    return found


def _let_go(worker: Any) -> Stop:
    """Return what tells whether nobody waits for the present task any more."""
    key = worker.get_current_task()

    def stop() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    return stop


def pickled(content: object) -> bytes:
    """Return what :func:`compute` reads."""
    return pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
