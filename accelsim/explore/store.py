"""Where a sweep keeps what it found: one sqlite file, which processes may share.

A point is known by its content key.  It is written in a transaction of its own or of its chunk, in
WAL mode and synced, so that whatever was committed survives a crash; a point that is done is never
written over, unless somebody starts afresh.

The schema's version stands in sqlite's ``user_version``, that this is a store at all in its
``application_id``.  An older store is migrated as it is opened for writing.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from types import TracebackType

from accelsim.errors import Problem, UsageError
from accelsim.explore.records import DONE, FINAL, Effort, Row, Trial

MAGIC = b"SQLite format 3\0"

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
)
"""The statements that lead from each version to the next, from an empty file on."""

BUSY_SECONDS = 30.0
"""How long to wait while another process writes."""

_COLUMNS = "key, status, identity, parameters, figures, reason, seconds, made_by"


class Store:
    """An open store; a context that closes it.

    Parameters
    ----------
    path : the file; made if ``writing`` and it is not there
    writing : whether points are to be added

    Raises
    ------
    UsageError
        If the file is not there, is not a store, is one of a newer version, or cannot be opened.
    """

    def __init__(self, path: Path, *, writing: bool = False) -> None:
        self.path = path
        _check_place(path, writing)
        with self._said("open"):
            self._database = _connect(path, writing)
            try:
                if not writing:
                    self._database.execute("PRAGMA query_only = 1")
                else:
                    self._version()  # a database of somebody else's is not to be changed
                    self._database.execute("PRAGMA journal_mode = WAL")
                    self._database.execute("PRAGMA synchronous = FULL")
                self._check_version(writing)
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def known(self, keys: Sequence[str]) -> set[str]:
        """Return which of some keys are finished: done, or known to be impossible."""
        with self._said("read"):
            found = self._database.execute(
                "SELECT points.key FROM points JOIN json_each(?) ON points.key = value"
                " WHERE status IN (?, ?)",
                (json.dumps(keys), *FINAL),
            )
            return {key for (key,) in found}

    def begin_sweep(self, key: str, words: str, points: int) -> int:
        """Note that a sweep of so many points begins, or goes on; return its number."""
        with self._said("write"), self._changing():
            self._database.execute(
                "INSERT INTO sweeps (key, words, points) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET words = excluded.words, points = excluded.points",
                (key, words, points),
            )
            ((number,),) = self._database.execute("SELECT number FROM sweeps WHERE key = ?", (key,))
        return int(number)

    def add(
        self,
        rows: Sequence[Row],
        *,
        sweep: int | None = None,
        also: Iterable[str] = (),
        over: bool = False,
        effort: Effort = Effort(),  # noqa: B008  (an immutable record)
    ) -> None:
        """Commit points, and that they belong to a sweep: all of them, or none if it fails.

        Parameters
        ----------
        also : keys of points that are there already and belong to the sweep
        over : whether finished points are written over too
        effort : what the sweep took since the last time
        """
        with self._said("write"), self._changing():
            self._database.executemany(
                f"INSERT INTO points ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET status = excluded.status,"
                " figures = excluded.figures, reason = excluded.reason,"
                " seconds = excluded.seconds, made_by = excluded.made_by"
                " WHERE ? OR status NOT IN (?, ?)",
                [(*_texts(row), over, *FINAL) for row in rows],
            )
            if sweep is not None:
                keys = [*(row.key for row in rows), *also]
                self._database.executemany(
                    "INSERT OR IGNORE INTO members VALUES (?, ?)", [(sweep, key) for key in keys]
                )
                self._database.execute(
                    "UPDATE sweeps SET computed = computed + ?, seconds = seconds + ?,"
                    " search_seconds = search_seconds + ?, other_seconds = other_seconds + ?"
                    " WHERE number = ?",
                    (*astuple(effort), sweep),
                )

    def finished(self, key: str) -> Row | None:
        """Return a point that is done or known to be impossible; None otherwise."""
        with self._said("read"):
            found = self._database.execute(
                f"SELECT {_COLUMNS} FROM points WHERE key = ? AND status IN (?, ?)", (key, *FINAL)
            ).fetchone()
        return None if found is None else _row(found)

    def add_trials(self, sweep: int, trials: Sequence[Trial]) -> None:
        """Note what a search asked for; all of it, or nothing if it fails."""
        with self._said("write"), self._changing():
            self._database.executemany(
                "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?)",
                [(sweep, its.number, json.dumps(its.choices), its.left_out) for its in trials],
            )

    def trials(self, sweep: int) -> list[Trial]:
        """Return what a search asked for, in the order in which it asked."""
        with self._said("read"):
            found = self._database.execute(
                "SELECT number, choices, left_out FROM trials WHERE sweep = ? ORDER BY number",
                (sweep,),
            ).fetchall()
        return [
            Trial(number, tuple(json.loads(choices)), bool(left_out))
            for number, choices, left_out in found
        ]

    def rows(self, sweep: int | None = None, status: str | None = None) -> Iterator[Row]:
        """Yield the points sorted by key, one at a time."""
        query, parameters = _of_sweep(f"SELECT {_COLUMNS} FROM points", sweep)
        if status is not None:
            query, parameters = f"{query} AND status = ?", [*parameters, status]
        with self._said("read"):
            for found in self._database.execute(f"{query} ORDER BY key", parameters):
                yield _row(found)

    def counts(self, sweep: int | None = None) -> dict[str, int]:
        """Return how many points there are of each status."""
        query, parameters = _of_sweep("SELECT status, count(*) FROM points", sweep)
        with self._said("read"):
            found = self._database.execute(f"{query} GROUP BY status ORDER BY status", parameters)
            return dict(found.fetchall())

    def made_by(self) -> dict[str, int]:
        """Return how many points each version of the sources computed."""
        with self._said("read"):
            return dict(
                self._database.execute(
                    "SELECT made_by, count(*) FROM points GROUP BY made_by ORDER BY made_by"
                ).fetchall()
            )

    def sweeps(self) -> list[tuple[int, str, int, int]]:
        """Return number, words, points and points finished of every sweep."""
        with self._said("read"):
            return self._database.execute(
                "SELECT number, words, points, (SELECT count(*) FROM members JOIN points"
                " ON members.point = points.key WHERE sweep = number AND status IN (?, ?))"
                " FROM sweeps ORDER BY number",
                FINAL,
            ).fetchall()

    def efforts(self) -> dict[int, Effort]:
        """Return what each sweep took so far, by number."""
        with self._said("read"):
            found = self._database.execute(
                "SELECT number, computed, seconds, search_seconds, other_seconds FROM sweeps"
            )
            return {number: Effort(*its) for number, *its in found}

    def merge(self, other: Store) -> int:
        """Take over the points of another store and its sweeps; return how many were new.

        A point that is finished here stays as it is.
        """
        with other._said("read"):
            members = other._database.execute(
                "SELECT key, words, points, point FROM sweeps LEFT JOIN members ON number = sweep"
            ).fetchall()
        with self._said("write"):
            before = sum(self.counts().get(status, 0) for status in FINAL)
            self.add(list(other.rows()))
            with self._changing():
                self._database.executemany(
                    "INSERT OR IGNORE INTO sweeps (key, words, points) VALUES (?, ?, ?)",
                    {(key, words, points) for key, words, points, _ in members},
                )
                self._database.executemany(
                    "INSERT OR IGNORE INTO members SELECT number, ? FROM sweeps WHERE key = ?",
                    [(point, key) for key, _, _, point in members if point],
                )
        return sum(self.counts().get(status, 0) for status in FINAL) - before

    def prune(self, *, undone: bool, outdated: bool, made_by: str) -> int:
        """Drop points that are not done, or that other sources made; return how many."""
        with self._said("write"):
            with self._changing():
                dropped = self._database.execute(
                    "DELETE FROM points WHERE (? AND status != ?) OR (? AND made_by != ?)",
                    (undone, DONE, outdated, made_by),
                ).rowcount
                self._database.execute(
                    "DELETE FROM members WHERE point NOT IN (SELECT key FROM points)"
                )
            self._database.execute("VACUUM")
        return dropped

    def _check_version(self, writing: bool) -> None:
        """See that this is a store which can be read here; make or migrate it if it is written."""
        known = len(MIGRATIONS)
        if self._version() == known:
            return
        if not writing:
            raise UsageError(
                Problem(
                    f"'{self.path}' is a store of version {self._version()}",
                    expected=f"version {known}",
                    hint="a sweep into it brings it up to date",
                )
            )
        with self._changing():
            for script in MIGRATIONS[self._version() :]:
                for statement in script.split(";"):
                    self._database.execute(statement)
            self._database.execute(f"PRAGMA application_id = {APPLICATION}")
            self._database.execute(f"PRAGMA user_version = {known}")

    def _version(self) -> int:
        """Return the version; 0 for an empty file.

        Raises
        ------
        UsageError
            If it is not a store, or one of a newer version.
        """
        ((application,),) = self._database.execute("PRAGMA application_id")
        ((version,),) = self._database.execute("PRAGMA user_version")
        ((tables,),) = self._database.execute("SELECT count(*) FROM sqlite_master")
        if tables and application != APPLICATION:
            raise UsageError(
                Problem(f"'{self.path}' is a sqlite database, but not a store of a sweep")
            )
        if version > len(MIGRATIONS):
            raise UsageError(
                Problem(
                    f"'{self.path}' is a store of version {version}",
                    expected=f"version {len(MIGRATIONS)} or older",
                    hint="a newer accelsim wrote it, and reads it",
                )
            )
        return int(version)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Do all of what follows, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        """Say what sqlite says in words of a user."""
        try:
            yield
        except sqlite3.Error as fault:
            raise UsageError(_problem(self.path, doing, fault)) from fault


def is_store(path: Path) -> bool:
    """Tell whether a file could be a store: whether it is sqlite."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _of_sweep(query: str, sweep: int | None) -> tuple[str, list[int | str]]:
    """Restrict a query to the points of a sweep, if one is named."""
    if sweep is None:
        return f"{query} WHERE 1", []
    return f"{query} WHERE key IN (SELECT point FROM members WHERE sweep = ?)", [sweep]


def _connect(path: Path, writing: bool) -> sqlite3.Connection:
    mode = "rwc" if writing else "rw"  # whoever closes it last tidies up, which a reader may be
    if not writing and not (_may_write(path.parent) and os.access(path, os.W_OK)):
        # Without the right to put files beside it, it can be read as long as nobody writes it.
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
    place = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _check_place(path: Path, writing: bool) -> None:
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


def _problem(path: Path, doing: str, fault: sqlite3.Error) -> Problem:
    name = getattr(fault, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
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


def _texts(row: Row) -> tuple[str | float, ...]:
    texts = (_json(row.identity), _json(row.parameters), _json(row.figures))
    return (row.key, row.status, *texts, row.reason, row.seconds, row.made_by)


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _row(found: Sequence[str]) -> Row:
    key, status, identity, parameters, figures, reason, seconds, made_by = found
    return Row(
        key,
        status,
        json.loads(identity),
        json.loads(parameters),
        json.loads(figures),
        reason,
        float(seconds),
        made_by,
    )
