"""A cluster of Dask as a user starts it: ``dask scheduler`` and ``dask worker``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

QUIET = {"DASK_LOGGING__DISTRIBUTED": "critical", "PYTHONPATH": str(ROOT)}


def free_port() -> int:
    with socket.socket() as its:
        its.bind(("127.0.0.1", 0))
        port: int = its.getsockname()[1]
        return port


@dataclass
class Commands:
    """The processes, all below one folder, which is not where the tests run."""

    folder: Path
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def executor(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    def scheduler(self) -> subprocess.Popen[bytes]:
        words = ["--host", "127.0.0.1", "--port", str(self.port)]
        words += ["--dashboard-address", "127.0.0.1:0"]
        started = self._start("scheduler", *words)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as its:
                if its.connect_ex(("127.0.0.1", self.port)) == 0:
                    return started
            time.sleep(0.05)
        raise TimeoutError("no scheduler")

    def worker(self, *words: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        where = f"127.0.0.1:{self.port}"
        options = ("--nthreads", "1", "--no-dashboard", *words)
        return self._start("worker", where, *options, more=more)

    def _start(self, *words: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        self.folder.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            cwd=self.folder,
            env=os.environ | QUIET | dict(more or {}),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process


@contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    its = Commands(folder)
    try:
        yield its
    finally:
        for process in reversed(its.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
