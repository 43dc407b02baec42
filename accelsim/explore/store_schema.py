"""The schema of a store: its tables, and how those of an older version become those of today."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from accelsim.errors import Problem, UsageError

APPLICATION = 0x61637377
"""``acsw``, in the header of the file."""

MIGRATIONS = (
    """
    CREATE TABLE points (
        key TEXT PRIMARY KEY,
        status TEXT NOT NULL,
        identity TEXT NOT NULL,
        parameters TEXT NOT NULL,
        figures TEXT NOT NULL,
        reason TEXT NOT NULL,
        seconds REAL NOT NULL,
        made_by TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE sweeps (
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        words TEXT NOT NULL,
        points INTEGER NOT NULL
    );
    CREATE TABLE members (
        sweep INTEGER NOT NULL REFERENCES sweeps(number),
        point TEXT NOT NULL,
        PRIMARY KEY (sweep, point)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE sweeps ADD COLUMN computed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sweeps ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
    ALTER TABLE sweeps ADD COLUMN search_seconds REAL NOT NULL DEFAULT 0;
    ALTER TABLE sweeps ADD COLUMN other_seconds REAL NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE trials (
        sweep INTEGER NOT NULL REFERENCES sweeps(number),
        number INTEGER NOT NULL,
        choices TEXT NOT NULL,
        left_out INTEGER NOT NULL,
        PRIMARY KEY (sweep, number)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE named (
        sweep INTEGER NOT NULL REFERENCES sweeps(number),
        point TEXT NOT NULL,
        identity TEXT NOT NULL,
        PRIMARY KEY (sweep, point, identity)
    ) WITHOUT ROWID;
    INSERT INTO named SELECT sweep, point, '' FROM members;
    DROP TABLE members;
    ALTER TABLE named RENAME TO members;
    ALTER TABLE sweeps ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sweeps ADD COLUMN exhausted INTEGER NOT NULL DEFAULT 0;
    """,
)
"""The statements that lead from each version to the next, from an empty file on."""


def check_version(database: sqlite3.Connection, path: Path, writing: bool) -> bool:
    """See that a database is a store which can be read here; tell whether it is to be migrated.

    Raises
    ------
    UsageError
        If it is not a store, one of a newer version, or empty and only read.
    """
    version = version_of(database, path)
    if not version and not writing:
        hint = "accelsim sweep ... -o makes one"
        raise UsageError(Problem(f"'{path}' is empty, and not a store of a sweep", hint=hint))
    return version != len(MIGRATIONS)


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring a database up to date, inside a transaction of the caller's."""
    for script in MIGRATIONS[version_of(database, path) :]:
        for statement in script.split(";"):
            database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def version_of(database: sqlite3.Connection, path: Path) -> int:
    """Return the version of a store; 0 for an empty file.

    Raises
    ------
    UsageError
        If it is not a store, or one of a newer version.
    """
    ((application,),) = database.execute("PRAGMA application_id")
    ((version,),) = database.execute("PRAGMA user_version")
    ((tables,),) = database.execute("SELECT count(*) FROM sqlite_master")
    if tables and application != APPLICATION:
        raise UsageError(Problem(f"'{path}' is a sqlite database, but not a store of a sweep"))
    if version > len(MIGRATIONS):
        raise UsageError(
            Problem(
                f"'{path}' is a store of version {version}",
                expected=f"version {len(MIGRATIONS)} or older",
                hint="a newer accelsim wrote it, and reads it",
            )
        )
    return int(version)
