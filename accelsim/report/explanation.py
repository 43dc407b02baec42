"""What ``explain`` returns: one layer's mapping, and why each of its numbers is what it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from accelsim.explanation.explain import explain
from accelsim.explanation.nest import LoopAt
from accelsim.explanation.records import Explanation, Link, Term
from accelsim.report.html import page
from accelsim.report.quantities import whole
from accelsim.report.results import LayerRun
from accelsim.report.sentences import (
    amount,
    link_lines,
    moves_when,
    share,
    term_line,
)
from accelsim.report.sources import sources_note
from accelsim.report.tables import NOTHING, Table
from accelsim.report.text import table_text


@dataclass(frozen=True, repr=False)
class LayerExplanation(LayerRun):
    """A layer's mapping explained; otherwise as a ``LayerRun``."""

    verb = "explain"

    def __repr__(self) -> str:
        links = len(self.explanation.links) if self.explanation else 0
        return f"LayerExplanation({links} boundaries, {super().__repr__()})"

    @cached_property
    def explanation(self) -> Explanation | None:
        """The terms of the energy; None if there is no legal mapping."""
        return None if self.evaluation is None else explain(self.evaluation)

    def tables(self) -> list[Table]:
        """Return the boundaries by falling energy."""
        return [] if self.explanation is None else [links_table(self.explanation)]

    def text(
        self,
        *,
        colour: bool = False,
        width: int | None = None,
        every_assumption: bool = False,
    ) -> str:
        """Return the loop nest, the boundaries in a table, each in sentences, and the notes."""
        if self.explanation is None:
            return super().text(colour=colour, width=width, every_assumption=every_assumption)
        shown = table_text(links_table(self.explanation), colour=colour, width=width)
        closing = self.closing(every_assumption=every_assumption)
        return f"{self.nest}\n\n{shown}\n{self.sentences()}{closing}"

    def sentences(self) -> str:
        """Return every boundary in sentences, by falling energy."""
        return "" if self.explanation is None else explanation_text(self.explanation)

    def data(self) -> dict[str, Any]:
        explained = self.explanation
        found = None if explained is None else explanation_data(explained)
        return {"explanation": found, **super().data()}

    def _repr_html_(self) -> str:
        said = [*self.sentences().splitlines(), *self.notes()]
        return page(self.tables(), [*said, *sources_note(self.rows, whole=True)])


def links_table(explained: Explanation) -> Table:
    """Show every boundary with its energy, the largest first; then the operations and leakage."""
    unit = explained.evaluation.energy_unit
    rows = [
        (
            str(number),
            link.tensor,
            link.parent,
            link.child,
            moves_when(link),
            whole(link.tile_words) if link.boundary.child else NOTHING,
            whole(sum(term.words for term in link.terms if term.energy)),
            amount(link.energy),
            share(link.energy, explained),
        )
        for number, link in enumerate(explained.links, start=1)
    ]
    operations = explained.operations
    blanks = ("", "", "", "", NOTHING)
    rows.append(
        (
            "",
            "operations",
            operations.level,
            *blanks[:3],
            whole(operations.words),
            amount(operations.energy),
            share(operations.energy, explained),
        )
    )
    if explained.leakage:
        leaked = explained.leakage
        rows.append(("", "leakage", *blanks[:4], NOTHING, amount(leaked), share(leaked, explained)))
    rows.append(("", "total", *blanks[:4], "", amount(explained.energy), "100 %"))
    return Table(
        title="energy by boundary",
        headings=(
            "",
            "tensor",
            "from",
            "to",
            "moves with",
            "words\nheld",
            "actions\npaid for",
            f"energy\n{unit}",
            "share",
        ),
        rows=tuple(rows),
        names=5,
        strong=frozenset({len(rows) - 1}),
    )


def explanation_text(explained: Explanation) -> str:
    """Return a paragraph for each boundary, by falling energy, and one for the operations."""
    paragraphs = []
    for number, link in enumerate(explained.links, start=1):
        heading = (
            f"{number}. {link.tensor}, {link.parent} to {link.child}: "
            f"{share(link.energy, explained)} of the energy"
        )
        paragraphs.append([heading, *(f"   {line}" for line in link_lines(link, explained))])
    operations = explained.operations
    heading = f"Operations at {operations.level}: {share(operations.energy, explained)}"
    paragraphs.append([f"{heading} of the energy", f"   {term_line(operations, '', explained)}"])
    return "".join("\n".join(lines) + "\n\n" for lines in paragraphs)


def explanation_data(explained: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON data: every term with its formula."""
    return {
        "layer": explained.evaluation.layer.name,
        "architecture": explained.evaluation.arch.name,
        "energy": explained.energy,
        "energy_unit": explained.evaluation.energy_unit,
        "boundaries": [_link_data(link, explained) for link in explained.links],
        "operations": _term_data(explained.operations, explained),
        "leakage": explained.leakage,
    }


def _link_data(link: Link, explained: Explanation) -> dict[str, Any]:
    boundary = link.boundary
    run = boundary.run
    return {
        "tensor": link.tensor,
        "parent": link.parent,
        "child": link.child,
        "energy": link.energy,
        "energy_share": link.energy / (explained.energy or 1.0),
        "tile_words": link.tile_words,
        "tile_words_by_rank": dict(link.tile),
        "new_words": link.new_words,
        "united_words": link.united_words,
        "united_new_words": link.united_new_words,
        "instances": link.instances,
        "run": {"dim": run.dim, "bound": run.bound, "loops": _loops_data(run.loops)}
        if run.loops
        else None,
        "stays": _loops_data(boundary.stays),
        "sweeps": link.sweeps,
        "sweep_loops": _loops_data(boundary.sweeps),
        "lanes": [
            {**_loops_data([its.loop])[0], "needs": its.needs, "united": its.united}
            for its in link.lanes
        ],
        "terms": [_term_data(term, explained) for term in link.terms],
    }


def _loops_data(loops: tuple[LoopAt, ...] | list[LoopAt]) -> list[dict[str, Any]]:
    return [{name: value for name, value in asdict(loop).items() if value} for loop in loops]


def _term_data(term: Term, explained: Explanation) -> dict[str, Any]:
    return {**asdict(term), "energy_share": term.energy / (explained.energy or 1.0)}
