"""The points of a store as a file: CSV, JSON or Parquet, sorted by key.

Two stores of equal points give equal bytes, in whatever order and by however many processes they
were computed: neither times nor who computed a point is written.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from accelsim import __version__
from accelsim.errors import MissingExtraError, Problem, UsageError
from accelsim.explore.measures import POWER, measures_of
from accelsim.explore.records import Row
from accelsim.explore.store import Store
from accelsim.report.json_text import SCHEMA
from accelsim.report.writing import whole

COMPULSORY = "compulsory_words"
"""What the outermost memory cannot but move; a point of an older version does not say."""

IDENTITY = ("architecture", "workload", "dataflow", "technology", "accounting", "objective")

FIGURES = (
    "energy",
    "energy_unit",
    "energy_per_mac",
    "cycles",
    "seconds",
    "edp",
    "utilization",
    "macs",
    COMPULSORY,
    "pes",
    "area_mm2",
    "proved",
)

BY_LEVEL = {"energy": "energy_by_level", "words": "words_by_level"}
"""Start of a column's name -> figure with a value per level: ``energy.dram``, ``words.dram``."""

SOURCES = "energy_sources"
"""Where the energies of a point come from; a point of an older version does not say."""

SUFFIXES = (".csv", ".json", ".parquet")


def export(store: Store, file: Path, sweep: int | None = None) -> int:
    """Write the points of a store, or of one of its sweeps; return how many.

    Raises
    ------
    UsageError
        If its ending is none of these, or it cannot be written.
    MissingExtraError
        If Parquet is wanted and pandas or pyarrow is absent.
    """
    write = {".csv": _write_csv, ".json": _write_json, ".parquet": _write_parquet}.get(file.suffix)
    if write is None:
        raise UsageError(
            Problem(
                f"'{file}' ends in none of {', '.join(SUFFIXES)}",
                hint="the ending says how the points are written",
            )
        )
    with whole(file) as beside:
        return write(store, beside, sweep)


def columns(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the columns of a table of points: those of every path and level that occurs."""
    paths, levels = set[str](), set[str]()
    for row in rows:
        paths |= {*row.parameters}
        for figure in BY_LEVEL.values():
            levels |= {*row.figures.get(figure, ())}
    by_level = [f"{start}.{level}" for start in BY_LEVEL for level in sorted(levels)]
    varied = [f"set.{path}" for path in sorted(paths)]
    return ("key", "status", *IDENTITY, *varied, *FIGURES, *by_level, SOURCES, "reason")


def record(row: Row) -> dict[str, Any]:
    """Return a point as data; deterministic."""
    return {
        "key": row.key,
        "status": row.status,
        **row.identity,
        "parameters": dict(row.parameters),
        "figures": dict(row.figures) or None,
        "reason": row.reason,
    }


def flat(row: Row) -> dict[str, Any]:
    """Return a point as one line of a table; what it does not have is not there."""
    line: dict[str, Any] = {"key": row.key, "status": row.status, **row.identity}
    line |= {f"set.{path}": value for path, value in row.parameters.items()}
    line |= {name: row.figures[name] for name in FIGURES if row.figures.get(name) is not None}
    for start, figure in BY_LEVEL.items():
        its = row.figures.get(figure, {})
        line |= {f"{start}.{level}": value for level, value in its.items()}
    return {**line, SOURCES: " | ".join(row.figures.get(SOURCES, ())), "reason": row.reason}


def numbers(row: Row) -> dict[str, float]:
    """Return what a point has of figures by the names of columns, and its power in mW."""
    line = flat(row)
    by_level = tuple(f"{start}." for start in BY_LEVEL)
    found = {
        name: value
        for name, value in line.items()
        if (name in FIGURES or name.startswith(by_level)) and type(value) in (int, float)
    }
    measures = measures_of(row.figures)
    return {**found, POWER: measures[POWER]} if POWER in measures else found


def _write_csv(store: Store, file: Path, sweep: int | None) -> int:
    names = columns(store.rows(sweep))
    with file.open("w", encoding="utf-8", newline="") as text:
        return _csv_lines(text, names, store.rows(sweep))


def _csv_lines(text: TextIO, names: Sequence[str], rows: Iterator[Row]) -> int:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        line = flat(row)
        writer.writerow([line.get(name, "") for name in names])
        count += 1
    return count


def _write_json(store: Store, file: Path, sweep: int | None) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as text:
        head = json.dumps({"schema": SCHEMA, "version": __version__, "kind": "sweep"})
        text.write(head.removesuffix("}") + ', "points": [')
        for row in store.rows(sweep):
            text.write("," if count else "")
            text.write("\n" + json.dumps(record(row), ensure_ascii=False, allow_nan=False))
            count += 1
        text.write("\n]}\n")
    return count


def _write_parquet(store: Store, file: Path, sweep: int | None) -> int:
    try:
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as missing:
        raise MissingExtraError(str(missing.name), "frames") from None
    lines = [flat(row) for row in store.rows(sweep)]
    frame = pd.DataFrame(lines, columns=list(columns(store.rows(sweep))))
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), file)
    return len(lines)
