"""Tables as text for a terminal or a pipe."""

from __future__ import annotations

from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from accelsim.report.tables import Table

WIDEST = 400


def table_text(table: Table, *, colour: bool = False, width: int | None = None) -> str:
    """Lay a table out, title above and notes below; no line ends in blanks.

    Parameters
    ----------
    colour : bool
        Whether stressed rows and headings carry terminal escapes.
    width : int, optional
        Fold cells to fit this width; by default every row is one line, however long.
    """
    grid = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    for index, heading in enumerate(table.headings):
        left = index < table.names
        grid.add_column(
            Text(heading),
            justify="left" if left else "right",
            vertical="bottom",
            no_wrap=width is None,
        )
    for index, row in enumerate(table.rows):
        style = "bold" if colour and index in table.strong else None
        grid.add_row(*(Text(cell) for cell in row), style=style)
    console = Console(
        file=StringIO(),
        width=width or WIDEST,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(grid)
    lines = [table.title, *captured.get().splitlines(), *table.notes]
    return "\n".join(line.rstrip() for line in lines) + "\n"
