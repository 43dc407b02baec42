"""Tables as HTML, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from accelsim.report.tables import Table


def table_html(table: Table) -> str:
    """Return one table with its title as caption and its notes below."""

    def cell(tag: str, index: int, text: str, stress: bool = False) -> str:
        side = "left" if index < table.names else "right"
        shown = "<br>".join(escape(line) for line in text.split("\n"))
        shown = f"<b>{shown}</b>" if stress else shown
        return f'<{tag} style="text-align:{side}">{shown}</{tag}>'

    head = "".join(cell("th", i, heading) for i, heading in enumerate(table.headings))
    body = "".join(
        "<tr>"
        + "".join(cell("td", i, text, number in table.strong) for i, text in enumerate(row))
        + "</tr>"
        for number, row in enumerate(table.rows)
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in table.notes)
    return (
        f"<table><caption>{escape(table.title)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
    )


def page(tables: Iterable[Table], notes: Iterable[str] = ()) -> str:
    """Return several tables and closing notes as one block."""
    closing = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return "<div>" + "".join(map(table_html, tables)) + closing + "</div>"
