"""A user's energy table as CSV: one price a row.

::

    component,action,size,width,energy_pj,source
    dram,access,,16 b,320,the data sheet
    sram,access,8 KiB,64 b,10,a memory compiler
    sram,access,32 KiB,64 b,20,a memory compiler

Rows of one component and action with sizes are the points of a curve, refused beyond its ends.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from accelsim import units
from accelsim.errors import Problem, SpecError, Where
from accelsim.files_read import note_file
from accelsim.specs.fields import FINITE, one_of, suggestion
from accelsim.technology.estimators.contract import KINDS, Price, without_kind
from accelsim.technology.estimators.curves import Curve, Point
from accelsim.technology.estimators.stated import IN_ACCESS
from accelsim.technology.records import ACTIONS, EnergyTable
from accelsim.units import Dimension
from accelsim.yamldoc import MAX_BYTES, capped, shown_path

CSV_SUFFIX = ".csv"

ENERGIES = {"energy_pj": "pJ", "energy_mac": "MAC"}
"""Column of energies -> unit of the table."""

NEEDED = ("component", "action")
OPTIONAL = ("size", "width", "source", "assumed")

LINES = "a straight line between two rows of the file"


class _Row(NamedTuple):
    line: int
    component: str
    action: str
    size_bits: int | None
    width_bits: int | None
    energy: float
    source: str
    assumed: bool


def read_csv(path: Path) -> EnergyTable:
    """Read a table whose first row names the columns; the file's name is the table's.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    file = shown_path(path)
    note_file(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError([Problem(f"a table may have {MAX_BYTES:,} bytes at most", Where(file))])
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "not UTF-8"
        raise SpecError([Problem(f"cannot be read: {reason}".lower(), Where(file))]) from None
    reader = _Reader(file, lines)
    rows = reader.rows()
    prices, curves = reader.assembled(rows)
    if reader.problems:
        raise SpecError(capped(reader.problems, file))
    return EnergyTable(path.stem, reader.unit, prices, source=file, curves=curves)


class _Reader:
    """One file on its way; problems are collected as it goes."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        self.file, self.lines = file, lines
        self.problems: list[Problem] = []
        self.unit = ""

    def fault(self, line: int, what: str, expected: str = "", hint: str = "") -> None:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        where = Where(self.file, line, 1, max(1, len(text)), text)
        self.problems.append(Problem(what, where, "", expected, hint))

    def rows(self) -> list[_Row]:
        table = csv.DictReader(self.lines, skipinitialspace=True)
        columns = [name.strip() for name in table.fieldnames or ()]
        table.fieldnames = columns
        known = (*NEEDED, *ENERGIES, *OPTIONAL)
        for name in columns:
            if name not in known:
                self.fault(1, f"unknown column '{name}'", one_of(known), suggestion(name, known))
        for name in sorted({name for name in columns if columns.count(name) > 1}):
            self.fault(1, f"two columns are called '{name}'")
        energies = [name for name in columns if name in ENERGIES]
        lacking = [name for name in NEEDED if name not in columns]
        if lacking or len(energies) != 1:
            expected = f"{', '.join(NEEDED)} and one of {', '.join(ENERGIES)}"
            self.fault(1, "the first row names the columns", expected)
        if self.problems:
            return []
        self.unit = ENERGIES[energies[0]]
        found = []
        for entry in table:
            cells = {name: (entry[name] or "").strip() for name in columns}
            if None in entry:
                self.fault(table.line_num, f"more than {len(columns)} cells")
            else:
                found.append(self.row(table.line_num, cells, cells[energies[0]]))
        if not found and not self.problems:
            self.fault(1, "the table prices nothing", "a row for each price")
        return found

    def row(self, line: int, cells: dict[str, str], written: str) -> _Row:
        action, dot, kind = cells["action"].partition(".")
        known = ("access", *ACTIONS)
        if action not in known:
            self.fault(line, f"unknown action '{action}'", one_of(known), suggestion(action, known))
        elif dot and kind not in KINDS:
            self.fault(line, f"unknown kind '{kind}'", one_of(KINDS), suggestion(kind, KINDS))
        if not cells["component"]:
            self.fault(line, "a row without a component")
        amount = units.number(written)
        energy = float(amount) if amount is not None else -1.0
        if not 0 <= energy <= units.MOST:
            self.fault(line, f"'{written}' is not an energy", FINITE)
        source, assumed = cells.get("source", ""), cells.get("assumed", "")
        if not source and not assumed:
            self.fault(line, f"{cells['component']}.{action} has no source", "source or assumed")
        return _Row(
            line,
            cells["component"],
            without_kind(cells["action"]),
            self.bits(line, cells.get("size", ""), units.SIZE),
            self.bits(line, cells.get("width", ""), units.WORD),
            energy,
            "; ".join(filter(None, (source, assumed))),
            bool(assumed),
        )

    def bits(self, line: int, written: str, dimension: Dimension) -> int | None:
        """Read a size or width; None for an empty cell."""
        if not written:
            return None
        number, unit = units.split_unit(written)
        amount = units.number(number)
        if amount is None or unit not in dimension.units or unit == "words":
            problem = units.unit_problem(dimension, written, unit)
            self.fault(line, problem.what, problem.expected, problem.hint)
            return None
        bits = amount * dimension.units[unit]
        if bits < 1 or bits.denominator != 1:
            self.fault(line, f"'{written}' is not a whole number of bits above 0")
        return int(bits)

    def assembled(
        self, rows: Sequence[_Row]
    ) -> tuple[dict[str, dict[str, Price]], dict[str, dict[str, Curve]]]:
        """Return the rows without a size as prices, those with one as curves."""
        groups: dict[tuple[str, str], list[_Row]] = {}
        for row in rows:
            groups.setdefault((row.component, row.action), []).append(row)
        prices: dict[str, dict[str, Price]] = {}
        curves: dict[str, dict[str, Curve]] = {}
        for (component, action), group in groups.items():
            hiding = groups.get((component, "access"), group)[0]
            if action in IN_ACCESS and hiding.size_bits is None and group[0].size_bits is not None:
                what = f"{component}.{action} has two prices"
                self.fault(group[0].line, what, f"one; the other: access in line {hiding.line}")
            ordered = sorted(group, key=lambda row: row.size_bits or 0)
            first, last = group[0], group[-1]
            if len(group) == 1 and first.size_bits is None:
                price = Price(first.energy, first.source, first.assumed, first.width_bits)
                prices.setdefault(component, {})[action] = price
                continue
            sizes = {row.size_bits for row in group}
            if None in sizes or len(sizes) < len(group):
                self.fault(last.line, f"{component}.{action} is priced twice", "one row for a size")
                continue
            if len({row.width_bits for row in group}) > 1:
                self.fault(last.line, f"the points of {component}.{action} differ in width")
            points = tuple(
                Point(row.size_bits or 0, row.energy, row.source, row.assumed) for row in ordered
            )
            assumed = any(row.assumed for row in group)
            curve = Curve(points, LINES, assumed, width_bits=first.width_bits)
            curves.setdefault(component, {})[action] = curve
        return prices, curves
