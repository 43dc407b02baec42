"""The file of a store: where it may be, how it is opened, and what sqlite says of it in words."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from accelsim.errors import Problem, UsageError

MAGIC = b"SQLite format 3\0"

BUSY_SECONDS = 30.0
"""How long to wait while another process writes."""


def is_store(path: Path) -> bool:
    """Tell whether a file could be a store: whether it is sqlite, or empty as one is at first."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) in (MAGIC, b"")
    except OSError:
        return False


def connect(path: Path, writing: bool) -> sqlite3.Connection:
    """Open a database; one that may not be written, as it stands."""
    mode = "rwc" if writing else "rw"  # whoever closes it last tidies up, which a reader may be
    if not writing and not (_may_write(path.parent) and os.access(path, os.W_OK)):
        # Without the right to put files beside it, it can be read as long as nobody writes it.
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
    return _opened(path, mode)


def as_it_stands(path: Path) -> sqlite3.Connection | None:
    """Open a database without any file beside it; None if it does not hold all that was written."""
    log = path.with_name(f"{path.name}-wal")
    return None if log.exists() and log.stat().st_size else _opened(path, "ro&immutable=1")


def in_memory(database: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy of a database that may be changed, and close the database."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    database.backup(copy)
    database.close()
    return copy


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    place = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def check_place(path: Path, writing: bool) -> None:
    """Refuse what sqlite would only call "unable to open database file".

    Raises
    ------
    UsageError
        If there is no such file or it is none; if it, or its folder, may not be written.
    """
    folder = path.parent
    if path.is_dir():
        raise UsageError(Problem(f"'{path}' is a folder", expected="a file, as study.db"))
    if not folder.is_dir():
        raise UsageError(Problem(f"cannot write '{path}': there is no folder '{folder}'"))
    if not path.exists():
        if not writing:
            raise UsageError(Problem(f"no store '{path}'", hint="accelsim sweep ... -o makes one"))
    elif path.stat().st_size:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise UsageError(Problem(f"'{path}' is not a store of a sweep: it is not sqlite"))
    if writing and not (_may_write(folder) and (not path.exists() or os.access(path, os.W_OK))):
        what = path if path.exists() and _may_write(folder) else folder
        raise UsageError(Problem(f"cannot write '{path}': '{what}' may not be written"))


def file_at(path: Path) -> tuple[int, int] | None:
    """Return which file is at a place, as the system knows it; None if there is none."""
    try:
        its = path.stat()
    except FileNotFoundError:
        return None
    return its.st_dev, its.st_ino


def is_elsewhere(path: Path) -> Problem:
    """Return what to say of a store that was moved while somebody writes it."""
    hint = f"what was committed is in it and in '{path}-wal'; move it back, and the same command"
    return Problem(f"'{path}' was moved or removed under way", hint=f"{hint} goes on")


def no_more_can_be_written(fault: sqlite3.Error) -> bool:
    """Tell whether the disk is full, or a file may not grow."""
    return getattr(fault, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR"))


def said_of(path: Path, doing: str, fault: sqlite3.Error) -> Problem:
    """Return what sqlite says in words of a user."""
    name = getattr(fault, "sqlite_errorname", "")
    if no_more_can_be_written(fault):
        return Problem(
            f"cannot {doing} '{path}': {fault}",
            hint="the disk is full, or a file may not grow; what is in the store is safe, and the"
            " same command goes on where it ended",
        )
    if name.startswith("SQLITE_BUSY"):
        return Problem(f"cannot {doing} '{path}': another process keeps it locked")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return Problem(f"'{path}' is damaged, or not a store: {fault}")
    return Problem(f"cannot {doing} '{path}': {fault}")
