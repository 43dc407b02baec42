"""Files of other programs that are read line by line or key by key: places, faults, notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from accelsim.errors import Problem, SpecError
from accelsim.interchange.timeloop.making import MOST_NOTES, Made
from accelsim.units import shown
from accelsim.yamldoc import Document, Mark, Node, capped


class Cell(NamedTuple):
    """A piece of a line, without the blanks around it."""

    text: str
    mark: Mark


@dataclass
class Page:
    """A file on its way: its text, faults, and what is left out or taken in another way."""

    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def document(self, root: Node) -> Document:
        return Document(self.file, self.text, root)

    @cached_property
    def _plain(self) -> Document:
        """The file without values: it knows its lines, which are cut once."""
        return self.document(Node({}, Mark(0, 0, 0)))

    def fault(self, mark: Mark, what: str, expected: str = "", hint: str = "") -> None:
        self.problems.append(Problem(what, self._plain.at(mark), "", expected, hint))

    def note(self, mark: Mark, what: str) -> None:
        self.notes.append(f"{self.file}:{mark.line}: {what}")

    def note_once(self, mark: Mark, what: str) -> None:
        """Note what may have been noted before."""
        if f"{self.file}:{mark.line}: {what}" not in self.notes:
            self.note(mark, what)

    def whole(self, cell: Cell, name: str, least: int = 1) -> int:
        """Return the whole number that a cell holds; anything else is a fault."""
        if re.fullmatch(r"\d{1,12}", cell.text, re.ASCII) and int(cell.text) >= least:
            return int(cell.text)
        got = f"'{shown(cell.text)}'" if cell.text else "nothing"
        self.fault(cell.mark, f"{name} is {got}", f"a whole number, {least} or more")
        return least

    def stop_if_wrong(self) -> None:
        """Raise what is wrong so far.

        Raises
        ------
        SpecError
            If anything is.
        """
        if self.problems:
            raise SpecError(capped(self.problems, self.file))

    def assumptions(self, made: Made, more: Sequence[str] = ()) -> dict[str, Node]:
        """Return the notes as the assumptions of a spec."""
        said = [*self.notes, *more]
        if len(said) > MOST_NOTES:
            said = [*said[:MOST_NOTES], f"and {len(said) - MOST_NOTES} notes more"]
        return {"assumptions": made.words(said)} if said else {}


def cell_of(text: str, line: int, start: int) -> Cell:
    """Return a piece of a line that begins at an index of it."""
    plain = text.strip()
    column = start + len(text) - len(text.lstrip()) + 1
    return Cell(plain, Mark(line, column, max(1, len(plain))))
