"""Where a sweep keeps what it found: one sqlite file, which processes may share.

A point is known by its content key.  It is written in a transaction of its own or of its chunk, in
WAL mode and synced, so that whatever was committed survives a crash; a point that is done is never
written over, unless somebody starts afresh.

The schema's version stands in sqlite's ``user_version``, that this is a store at all in its
``application_id``.  An older store is migrated as it is opened for writing; one that is only read,
in memory.

What a point is called belongs to the sweeps that it is a member of: two machines of equal contents
are one point, and two rows.  A member without names of its own is called as the point was first.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from accelsim.errors import Problem, UsageError
from accelsim.explore.records import DONE, FINAL, Effort, Row, Trial
from accelsim.explore.store_file import (
    as_it_stands,
    check_place,
    connect,
    file_at,
    in_memory,
    is_elsewhere,
    no_more_can_be_written,
    said_of,
)
from accelsim.explore.store_schema import check_version, migrate, version_of

Content = TypeVar("Content", list[int], dict[str, Any])

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
        self.path, self._place = path, path.absolute()
        self._file: tuple[int, int] | None = None
        check_place(path, writing)
        with self._said("open"):
            try:
                self._open(connect(path, writing), writing)
            except sqlite3.OperationalError as fault:
                its = as_it_stands(path) if not writing and no_more_can_be_written(fault) else None
                if its is None:
                    raise
                self._open(its, writing)

    def _open(self, database: sqlite3.Connection, writing: bool) -> None:
        self._database = database
        try:
            if writing:
                version_of(self._database, self.path)  # somebody else's is not to be changed
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
            if check_version(self._database, self.path, writing):
                if not writing:
                    self._database = in_memory(self._database)
                with self._changing():
                    migrate(self._database, self.path)
            if writing:
                self._file = file_at(self._place)
            else:
                self._database.execute("PRAGMA query_only = 1")
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
        also: Iterable[Row] = (),
        over: bool = False,
        effort: Effort = Effort(),  # noqa: B008  (an immutable record)
    ) -> None:
        """Commit points, and that they belong to a sweep: all of them, or none if it fails.

        Parameters
        ----------
        also : points that are there already and belong to the sweep, by their keys and names
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
                self._join(sweep, [(row.key, _json(row.identity)) for row in (*rows, *also)])
                self._database.execute(
                    "UPDATE sweeps SET computed = computed + ?, seconds = seconds + ?,"
                    " search_seconds = search_seconds + ?, other_seconds = other_seconds + ?"
                    " WHERE number = ?",
                    (*astuple(effort), sweep),
                )

    def _join(self, sweep: int, members: Sequence[tuple[str, str]]) -> None:
        """Note that points, by key and names, belong to a sweep."""
        self._database.executemany(
            "INSERT OR IGNORE INTO members SELECT ?, key,"
            " CASE identity WHEN ? THEN '' ELSE ? END FROM points WHERE key = ?",
            [(sweep, names, names, key) for key, names in members],
        )

    def end_sweep(self, number: int, *, left_out: int, exhausted: bool = False) -> None:
        """Note how many points constraints left out so far, and whether no more are to be tried."""
        with self._said("write"), self._changing():
            self._database.execute(
                "UPDATE sweeps SET left_out = max(left_out, ?), exhausted = max(exhausted, ?)"
                " WHERE number = ?",
                (left_out, exhausted, number),
            )

    def finished(self, key: str) -> Row | None:
        """Return a point that is done or known to be impossible; None otherwise."""
        with self._said("read"):
            found = self._database.execute(
                f"SELECT {_COLUMNS} FROM points WHERE key = ? AND status IN (?, ?)", (key, *FINAL)
            ).fetchone()
        return None if found is None else self._row(found)

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
            Trial(number, tuple(self._read(choices, list, f"trial {number}")), bool(left_out))
            for number, choices, left_out in found
        ]

    def rows(self, sweep: int | None = None, status: str | None = None) -> Iterator[Row]:
        """Yield the points sorted by key, one at a time."""
        named = "CASE named.identity WHEN '' THEN points.identity ELSE named.identity END"
        columns = _COLUMNS.replace("identity", f"{named} AS names")
        query, parameters = _of_sweep(columns, sweep)
        if status is not None:
            query, parameters = f"{query} WHERE status = ?", [*parameters, status]
        with self._said("read"):
            for found in self._database.execute(f"{query} ORDER BY key, names", parameters):
                yield self._row(found)

    def counts(self, sweep: int | None = None) -> dict[str, int]:
        """Return how many points there are of each status."""
        query, parameters = _of_sweep("status, count(*)", sweep)
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

    def ends(self) -> dict[int, tuple[int, bool]]:
        """Return by number what constraints left out of each sweep, and whether nothing is left."""
        with self._said("read"):
            found = self._database.execute("SELECT number, left_out, exhausted FROM sweeps")
            return {number: (left_out, bool(exhausted)) for number, left_out, exhausted in found}

    def efforts(self) -> dict[int, Effort]:
        """Return what each sweep took so far, by number."""
        with self._said("read"):
            found = self._database.execute(
                "SELECT number, computed, seconds, search_seconds, other_seconds FROM sweeps"
            )
            return {number: Effort(*its) for number, *its in found}

    def merge(self, other: Store) -> int:
        """Take over the points of another store and its sweeps; return how many were new.

        All of it is taken over, or nothing if it fails or is killed.  A point that is finished here
        stays as it is.  New sweeps are numbered in their order there.  What a sweep took there is
        added if any of its points is new here; of a search that both have, the longer one is kept.
        """
        with other._said("read"):
            sweeps = other._database.execute(
                "SELECT number, key, words, points, computed, seconds, search_seconds,"
                " other_seconds FROM sweeps ORDER BY number"
            ).fetchall()
        with self._said("write"), self._changing():
            before = self._finished()
            for_all = list(other.rows())
            known = self.known([row.key for row in for_all])
            self.add(for_all)
            ends = other.ends()
            for there, key, words, points, *effort in sweeps:
                rows, trials = list(other.rows(there)), other.trials(there)
                number = self._number(key)
                news = number is None or any(row.key not in known for row in rows)
                if number is None or len(trials) > len(self.trials(number)):
                    number = self.begin_sweep(key, words, points)
                    self.add_trials(number, trials)
                self.add([], sweep=number, also=rows, effort=Effort(*effort) if news else Effort())
                left_out, exhausted = ends[there]
                self.end_sweep(number, left_out=left_out, exhausted=exhausted)
            return self._finished() - before

    def _row(self, found: Sequence[Any]) -> Row:
        key, status, identity, parameters, figures, reason, seconds, made_by = found
        named, set_to, found_out = (
            self._read(text, dict, f"point {key}") for text in (identity, parameters, figures)
        )
        return Row(key, status, named, set_to, found_out, reason, float(seconds), made_by)

    def _read(self, text: str | bytes, kind: type[Content], what: str) -> Content:
        """Return a text of the store as what was written.

        Raises
        ------
        UsageError
            If it is something else, for which sqlite does not look.
        """
        with suppress(ValueError):
            if isinstance(its := json.loads(text), kind):
                return its
        hint = "take an older copy of the file, or another -o"
        raise UsageError(Problem(f"'{self.path}' is damaged: {what} cannot be read", hint=hint))

    def _finished(self) -> int:
        with self._said("read"):
            ((count,),) = self._database.execute(
                "SELECT count(*) FROM points WHERE status IN (?, ?)", FINAL
            )
        return int(count)

    def _number(self, key: str) -> int | None:
        """Return the number of a sweep; None if there is none of that key."""
        with self._said("read"):
            found = self._database.execute("SELECT number FROM sweeps WHERE key = ?", (key,))
            return next((number for (number,) in found), None)

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

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Do all of what follows, or nothing; inside another such block, it is part of that."""
        if self._file is not None and file_at(self._place) != self._file:
            raise UsageError(is_elsewhere(self.path))  # what is written would not be found again
        is_part = self._database.in_transaction
        if is_part:
            yield
            return
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
            raise UsageError(said_of(self.path, doing, fault)) from fault


def _of_sweep(columns: str, sweep: int | None) -> tuple[str, list[int | str]]:
    """Return a query of the points of a sweep, or of all, each as often as it has names."""
    joined = f"SELECT {columns} FROM points CROSS JOIN"
    if sweep is not None:
        return f"{joined} members AS named ON named.sweep = ? AND named.point = key", [sweep]
    every = (
        "SELECT point, identity FROM members"
        " UNION SELECT key, '' FROM points WHERE key NOT IN (SELECT point FROM members)"
    )
    return f"{joined} ({every}) AS named ON named.point = key", []


def _texts(row: Row) -> tuple[str | float, ...]:
    texts = (_json(row.identity), _json(row.parameters), _json(row.figures))
    return (row.key, row.status, *texts, row.reason, row.seconds, row.made_by)


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
