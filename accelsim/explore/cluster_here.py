"""A cluster of Dask on this machine: a scheduler in this process, and workers that come and go.

The workers are processes of a session of their own, so that Ctrl-C reaches the caller alone; they
end with the scheduler, however it ends.  (Those that Dask starts by itself run the caller's script
again.)
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accelsim.errors import Problem, UsageError
from accelsim.explore.processes import LAST_SECONDS, ended

JOIN_SECONDS = 60
"""A worker that cannot reach the scheduler for so long ends."""

MOST_IN_VAIN = 3
"""So many more than there are workers may end with nothing done before it is given up."""

OPTIONS = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0")


@dataclass
class Workers:
    """Worker processes of a scheduler; one that ends is replaced."""

    address: str
    size: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    in_vain: int = 0

    def tend(self) -> None:
        """See that all are there.

        Raises
        ------
        UsageError
            If they end again and again with nothing done.
        """
        for process in [its for its in self.processes if its.poll() is not None]:
            self.processes.remove(process)
            self.in_vain += 1
            if self.in_vain > self.size + MOST_IN_VAIN:
                how = ended(process.returncode)
                raise UsageError(Problem(f"a worker process could not start: it {how}"))
        while len(self.processes) < self.size:
            self.processes.append(self._started())

    def were_of_use(self) -> None:
        """Note that what they did, or what befell them, led on."""
        self.in_vain = 0

    def dismiss(self) -> None:
        """End all at once."""
        for process in self.processes:
            process.kill()
            process.wait(LAST_SECONDS)

    def _started(self) -> subprocess.Popen[bytes]:
        """Start a worker that finds what this process finds."""
        program = [sys.executable, "-P", "-m", "distributed.cli.dask_worker", self.address]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DASK_LOGGING__DISTRIBUTED": "critical",
        }
        return subprocess.Popen(
            [*program, *OPTIONS, "--death-timeout", str(JOIN_SECONDS)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )


@contextmanager
def cluster_here(distributed: Any, size: int) -> Iterator[tuple[Any, Workers]]:
    """Yield a scheduler, as clients take it, and its workers; both end with the context."""
    with distributed.LocalCluster(
        n_workers=0,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # whatever is free: others may have a cluster here
        scheduler_kwargs={"allowed_failures": 0},  # who was lost over what is counted by the caller
    ) as cluster:
        workers = Workers(cluster.scheduler_address, size)
        try:
            yield cluster, workers
        finally:
            workers.dismiss()
