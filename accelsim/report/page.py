"""A page of a report as data, and how it becomes one HTML file that needs nothing else.

The file holds its style and its one script; its policy forbids any request and any script but that
one, named by its digest.  Everything that comes from specs is escaped by jinja2.  The same page
gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import jinja2
from markupsafe import Markup

from accelsim import __version__
from accelsim.explore.parameters import quantity
from accelsim.report.tables import NOTHING, Table

PLAIN = re.compile(r"(-?(?:\d[\d,]*)?\.?\d+(?:e[+-]?\d+)?)( %)?")
"""Numbers that the page's script reads by itself; ``templates/report.js`` says the same."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Signs that neither HTML nor XML has a place for."""

POWER = re.compile(r"\b10\^(-?\d+)")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

WORDS = {"<0.1 %": 0.05, "best": 1.0}
"""Cells that stand for numbers: a share too small to show, in percent, and the ratio to itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, and the number that it is sorted by, if there is one.

    ``share`` is a part of 1, which a bar behind the text shows.
    """

    text: str
    value: float | None = None
    share: float | None = None

    @property
    def stated(self) -> str:
        """The number, where the text does not say it."""
        plain = PLAIN.fullmatch(self.text)
        if self.value is None or (plain and float(plain[1].replace(",", "")) == self.value):
            return ""
        return f"{self.value:.12g}"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose columns sort; the first ``names`` of them are names.

    ``strong`` holds the rows to stress, ``foot`` counts the last rows that stay last, ``tall`` says
    that it may be too long to stand whole.
    """

    kind: ClassVar[str] = "grid"

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    names: int = 1
    strong: frozenset[int] = frozenset()
    foot: int = 0
    notes: tuple[str, ...] = ()
    tall: bool = False

    @property
    def left(self) -> tuple[bool, ...]:
        """Whether a column stands to the left: names and other words."""
        if not self.rows:
            return tuple(index < self.names for index in range(len(self.headings)))
        return tuple(not its for its in self.numeric)

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether a column sorts by numbers: every cell that says anything has one."""
        columns = zip(*self.rows, strict=True)
        return tuple(
            any(cell.value is not None for cell in column)
            and all(cell.value is not None for cell in column if cell.text not in ("", NOTHING))
            for column in columns
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, as SVG that may stand in a page, and what a reader should know of it."""

    kind: ClassVar[str] = "drawn"

    svg: Markup
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, each with one or more lines; ``code`` names those that are typed as they stand."""

    kind: ClassVar[str] = "facts"

    facts: tuple[tuple[str, tuple[str, ...]], ...]
    code: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lines:
    """Paragraphs, or a list."""

    kind: ClassVar[str] = "lines"

    lines: tuple[str, ...]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text whose lines and blanks mean something."""

    kind: ClassVar[str] = "verbatim"

    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Parts under one line, shown when they are asked for."""

    kind: ClassVar[str] = "folded"

    summary: str
    parts: tuple[Part, ...]


Part = Grid | Drawn | Facts | Lines | Verbatim | Folded


@dataclass(frozen=True, slots=True)
class Section:
    """Parts under a heading."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A report; ``lead`` says in a line what it is about."""

    title: str
    lead: str
    facts: Facts
    sections: tuple[Section, ...]


def value_of(text: str) -> float | None:
    """Return the number that a cell of a table says, in the first unit of its dimension.

    >>> value_of("1,234"), value_of("<0.1 %"), value_of("2KiB"), value_of("rs")
    (1234.0, 0.05, 16384.0, None)
    """
    if text in WORDS:
        return WORDS[text]
    plain = PLAIN.fullmatch(text)
    if plain:
        return float(plain[1].replace(",", ""))
    found = quantity(text)
    return None if found is None else float(found)


def cell_of(text: str) -> Cell:
    """Return a cell of a text; a percentage has its share."""
    value = value_of(text)
    share = value / 100 if value is not None and text.endswith(" %") else None
    return Cell(text, value, share)


def grid_of(table: Table) -> Grid:
    """Return a table of a result as one of a page."""
    rows = tuple(
        tuple(
            Cell(text, value_of(text)) if index < table.names else cell_of(text)
            for index, text in enumerate(row)
        )
        for row in table.rows
    )
    return Grid(
        table.title, table.headings, rows, table.names, table.strong, table.foot, table.notes
    )


def grids(tables: Iterable[Table]) -> tuple[Grid, ...]:
    """Return the tables of a result as those of a page."""
    return tuple(map(grid_of, tables))


def lines(found: Sequence[str], *, listed: bool = False) -> tuple[Lines, ...]:
    """Return lines as a part, or nothing if there are none."""
    return (Lines(tuple(found), listed),) if found else ()


def render(page: Page) -> str:
    """Return the page as HTML, the same bytes for the same page."""
    templates = _templates()
    style, script = (
        Markup(templates.get_template(name).render().strip())
        for name in ("report.css", "report.js")
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return without_control(
        templates.get_template("report.html").render(
            page=page, style=style, script=script, digest=digest, version=__version__
        )
    )


def without_control(text: str) -> str:
    """Return a text with a sign of its own for each that cannot stand in a page."""
    return CONTROL.sub("\ufffd", text)


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("accelsim.report", "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["raised"] = raised
    return templates


def raised(text: str) -> str:
    """Return a text with powers of ten as they are written by hand.

    >>> raised("energy, 10^9 MAC")
    'energy, 10⁹ MAC'
    """
    return POWER.sub(lambda its: f"10{its[1].translate(RAISED)}", text)
