"""Which files are read, for what is kept only as long as they stay as they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple


class Version(NamedTuple):
    """What changes when a file does, or when its path means another."""

    device: int
    inode: int
    changed_ns: int
    bytes: int


class Noted(NamedTuple):
    """A file as it was when it was read.

    ``version`` is None if there was none.  It was read at ``since`` or later, in nanoseconds since
    the epoch.
    """

    version: Version | None
    since: int


FilesRead = dict[Path, Noted]

_listening: ContextVar[tuple[FilesRead, ...]] = ContextVar("_listening", default=())


@contextmanager
def files_read() -> Iterator[FilesRead]:
    """Note every file that this thread reads meanwhile.

    >>> with files_read() as files:
    ...     note_file(Path("none.yaml"))
    >>> [(str(path), noted.version) for path, noted in files.items()]
    [('none.yaml', None)]
    """
    noted: FilesRead = {}
    token = _listening.set((*_listening.get(), noted))
    try:
        yield noted
    finally:
        _listening.reset(token)


def note_file(path: Path, since: int | None = None) -> None:
    """Say that a file is going to be read, or was ``since``; what reads one for a spec must."""
    for noted in _listening.get():
        if path not in noted:
            since = time.time_ns() if since is None else since
            noted[path] = Noted(file_version(path), since)


def file_version(path: Path) -> Version | None:
    """Return the version of the file at a path; None if there is none."""
    try:
        its = path.stat()
    except OSError:
        return None
    return Version(its.st_dev, its.st_ino, its.st_mtime_ns, its.st_size)
