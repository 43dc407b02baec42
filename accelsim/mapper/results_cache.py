"""Outcomes of searches, kept by content: in memory, and in a folder of the user's.

A search is known by its :func:`~accelsim.mapper.search_key.search_key`; in the folder, by the
sources of this package as well.  Kept is what another run would find again: no search that seconds
or a caller ended, and none of a driver from elsewhere, whose sources are not part of the key.

A file holds one outcome as JSON, whose numbers read back exactly, with a sum over its text.  It is
written beside its place and moved there, so that processes may share a folder; whatever else stands
in its place is ignored with a warning, and so is a folder that cannot be used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
import re
import stat
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from accelsim.errors import SpecError
from accelsim.jit import cache_root
from accelsim.keys import sources_digest
from accelsim.mapper.contract import Candidate, Certificate, Driver, MappingProblem, Outcome
from accelsim.mapper.infeasible import Infeasibility
from accelsim.recent import Recent
from accelsim.records_json import from_data, to_data

FORMAT = "accelsim-outcome/1"

MOST_REMEMBERED = 2_048
"""Outcomes in memory, a few kilobytes each."""

WORTH_A_FILE = 0.2
"""Seconds of a search from which on a sweep writes its outcome into the folder.

It makes tens of thousands, which would push all others out; its store has the points.
"""

MOST_FILES = 20_000
MOST_BYTES = 64 * 2**20
"""Of a folder; looked at when a hundredth as many files have been written, on average."""

MOST_FILE_BYTES = 8 * 2**20
"""Of one file: some ten thousand points of a front; a larger outcome is kept in memory alone."""

OUTCOME = re.compile(r"[0-9a-f]{64}\.json")
TEMPORARY = ".outcome"
"""The names of files, and how those end that are being written."""

LEFT_BEHIND_SECONDS = 3_600
"""A temporary file that is older was left behind by a process that ended."""

log = logging.getLogger(__name__)


def is_kept(driver: Driver) -> bool:
    """Tell whether a driver's outcomes may be kept: its sources are part of the key."""
    return type(driver).__module__.split(".")[0] == "accelsim"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of an outcome: all but what resumes it."""

    best: Candidate | None
    certificate: Certificate
    front: tuple[Candidate, ...]
    infeasible: Infeasibility | None


class ResultsCache:
    """Outcomes by key; those least recently used give way.  Threads may share one.

    Parameters
    ----------
    folder : where they are kept beyond this process; made when the first is written
    least_seconds : what took less to find is kept in memory alone
    """

    def __init__(
        self,
        folder: Path,
        most_remembered: int = MOST_REMEMBERED,
        most_files: int = MOST_FILES,
        most_bytes: int = MOST_BYTES,
        least_seconds: float = 0.0,
    ) -> None:
        self.folder = folder
        self._least_seconds = least_seconds
        self._most_files = most_files
        self._most_bytes = most_bytes
        self._remembered = Recent[str, _Kept](most_remembered)
        self._folder_works = True

    def get(self, key: str, problem: MappingProblem) -> Outcome | None:
        """Return the outcome of a search of ``problem``, as the search would; None if not known."""
        kept = self._remembered.get(key)
        if kept is None:
            kept = self._read(key)
            if kept is None:
                return None
            self._remembered.put(key, kept)
        infeasible = kept.infeasible
        if infeasible is not None:
            infeasible = infeasible.named(problem.layer.name, problem.arch.name)
        return Outcome(kept.best, kept.certificate, kept.front, infeasible=infeasible)

    def put(self, key: str, outcome: Outcome, seconds: float = math.inf) -> None:
        """Keep an outcome that took so long to find, unless another run might find another."""
        if not outcome.certificate.reproducible:
            return
        kept = _Kept(outcome.best, outcome.certificate, outcome.front, outcome.infeasible)
        self._remembered.put(key, kept)
        if self._folder_works and seconds >= self._least_seconds:
            try:
                self._write(key, kept)
            except FileNotFoundError:
                return  # somebody removes the folder at this moment; the next write makes it anew
            except OSError as fault:
                self._do_without(fault)

    def _do_without(self, fault: OSError) -> None:
        self._folder_works = False
        log.warning(
            "cannot keep results in %s (%s): searches are done anew in every run;"
            " set ACCELSIM_CACHE to a directory that can be written",
            self.folder,
            fault.strerror or fault,
        )

    def _path(self, key: str) -> Path:
        return self.folder / _name(key)

    def _read(self, key: str) -> _Kept | None:
        if not self._folder_works:
            return None
        name = _name(key)
        if not os.access(f"{self.folder}{os.sep}{name}", os.F_OK):
            return None  # as a rule: a sweep asks for tens of thousands
        path = self.folder / name
        try:
            kept = _parsed(key, _bytes_of(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            self._do_without(fault)
            return None
        except (ValueError, RecursionError, SpecError) as fault:
            log.warning("ignoring %s, which holds no result: %s", path, fault)
            return None
        # Its time says when it was last used, wherever it may be more than read.
        with contextlib.suppress(OSError):
            os.utime(path)
        return kept

    def _write(self, key: str, kept: _Kept) -> None:
        text = _text(key, kept).encode()
        if len(text) > MOST_FILE_BYTES:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(TEMPORARY, dir=self.folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
            temporary.replace(self._path(key))
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        # One write in so many, whichever process it is of.
        if int(self._path(key).stem[:8], 16) % max(1, self._most_files // 100) == 0:
            self._trim()

    def _trim(self) -> None:
        """Drop the files least recently used, until nine tenths of the room are taken."""
        files: list[tuple[float, int, str]] = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                # Another process may drop it at any time, and what is not ours may be kept.
                with contextlib.suppress(OSError):
                    about = entry.stat(follow_symlinks=False)
                    if OUTCOME.fullmatch(entry.name):
                        files.append((about.st_mtime, about.st_size, entry.path))
                    elif entry.name.endswith(TEMPORARY) and about.st_mtime < (
                        time.time() - LEFT_BEHIND_SECONDS
                    ):
                        Path(entry.path).unlink()
        count, size = len(files), sum(its for _, its, _ in files)
        if count <= self._most_files and size <= self._most_bytes:
            return
        for _, its, path in sorted(files):
            if count <= 0.9 * self._most_files and size <= 0.9 * self._most_bytes:
                break
            with contextlib.suppress(OSError):
                Path(path).unlink()
            count, size = count - 1, size - its


@cache
def _in_folder(folder: Path, least_seconds: float) -> ResultsCache:
    return ResultsCache(folder, least_seconds=least_seconds)


def users_cache(least_seconds: float = 0.0) -> ResultsCache:
    """Return what this process keeps results in (``ACCELSIM_CACHE`` overrides the place)."""
    return _in_folder(cache_root() / "results", least_seconds)


def _name(key: str) -> str:
    return f"{hashlib.sha256(f'{sources_digest()} {key}'.encode()).hexdigest()}.json"


def _text(key: str, kept: _Kept) -> str:
    outcome = to_data(kept)
    return json.dumps({"format": FORMAT, "key": key, "sum": _sum(outcome), "outcome": outcome})


def _sum(outcome: object) -> str:
    return hashlib.sha256(json.dumps(outcome).encode()).hexdigest()


def _bytes_of(path: Path) -> bytes:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError("not a file")
    if about.st_size > MOST_FILE_BYTES:
        raise ValueError(f"larger than {MOST_FILE_BYTES:,} bytes")
    return path.read_bytes()


def _parsed(key: str, text: bytes) -> _Kept:
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"not of the format {FORMAT}")
    if data.get("key") != key:
        raise ValueError("of another search")
    if data.get("sum") != _sum(data.get("outcome")):
        raise ValueError("its sum does not fit its text")
    return from_data(_Kept, data["outcome"], "outcome")
