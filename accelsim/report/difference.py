"""What ``diff`` returns: two mappings of one layer, and which boundary makes the difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import fsum, isclose
from typing import Any

from accelsim.explanation.difference import Change, Difference, difference
from accelsim.explanation.explain import explain
from accelsim.explanation.records import SAME, Link
from accelsim.report import notes
from accelsim.report.html import page
from accelsim.report.quantities import digits, percent, whole
from accelsim.report.results import Result
from accelsim.report.rows import ROUNDING
from accelsim.report.sentences import VERBS, amount, arrivals, listed, loops_text, moves_when
from accelsim.report.sources import sources_note
from accelsim.report.tables import NOTHING, Table
from accelsim.report.text import table_text

Fact = tuple[str, str, str]
"""What is told, and how it is on either side."""


@dataclass(frozen=True, repr=False)
class LayerDifference(Result):
    """One layer twice: two rows, named as the call names them, and what changes between them."""

    verb = "diff"

    def __repr__(self) -> str:
        return f"LayerDifference({' -> '.join(row.summary() for row in self.rows)})"

    @property
    def satisfied(self) -> bool:
        return all(row.complete for row in self.rows)

    @cached_property
    def difference(self) -> Difference | None:
        """The changes by falling size; None if one of the two has no legal mapping."""
        before, after = (row.layers[0].evaluation for row in self.rows)
        if before is None or after is None:
            return None
        return difference(explain(before), explain(after))

    @property
    def labels(self) -> tuple[str, str]:
        before, after = (row.label for row in self.rows)
        return before, after

    def tables(self) -> list[Table]:
        """Return the changes by falling size."""
        return [] if self.difference is None else [changes_table(self.difference, self.labels)]

    def notes(self) -> list[str]:
        if self.difference is None:
            return [*notes.unmapped_notes(self.rows)[:-1], *self._history()]
        costs = [
            f"{row.label}: {notes.cost_note(entry.evaluation)}"
            for row in self.rows
            for entry in row.layers
            if entry.evaluation
        ]
        found = [
            f"{row.label}: {entry.certificate.sentence()}."
            for row in self.rows
            for entry in row.layers
            if entry.certificate is not None
        ]
        return [*costs, notes.energy_note(self.rows), *found, *self._history()]

    def sentences(self) -> str:
        """Return the whole difference in a sentence, then every change with its reasons."""
        if self.difference is None:
            return ""
        return difference_text(self.difference, self.labels)

    def text(
        self,
        *,
        colour: bool = False,
        width: int | None = None,
        every_assumption: bool = False,
    ) -> str:
        """Return the changes in a table, each with its reasons, and the notes."""
        if self.difference is None:
            return super().text(colour=colour, width=width, every_assumption=every_assumption)
        shown = table_text(changes_table(self.difference, self.labels), colour=colour, width=width)
        closing = self.closing(every_assumption=every_assumption)
        return f"{shown}\n{self.sentences()}{closing}"

    def data(self) -> dict[str, Any]:
        found = self.difference
        shown = None if found is None else difference_data(found, self.labels)
        return {"difference": shown, **super().data()}

    def _repr_html_(self) -> str:
        said = [*self.sentences().splitlines(), *self.notes()]
        return page(self.tables(), [*said, *sources_note(self.rows, whole=True)])


def changes_table(found: Difference, labels: tuple[str, str]) -> Table:
    """Show every change, the largest first, and their sum."""
    rows = []
    for number, change in enumerate(found.changes, start=1):
        rows.append(
            (
                str(number),
                change.tensor,
                *_between(change),
                amount(change.energy_before) if change.before else NOTHING,
                amount(change.energy_after) if change.after else NOTHING,
                signed(change.energy),
                _share(change.energy, found),
            )
        )
    before, after = found.before, found.after
    others = (
        ("operations", before.operations.energy, after.operations.energy, found.operations),
        ("leakage", before.leakage, after.leakage, found.leakage),
        ("total", before.energy, after.energy, found.energy),
    )
    for name, was, becomes, adds in others:
        if was or becomes:
            cells = (amount(was), amount(becomes), signed(adds), _share(adds, found))
            rows.append(("", name, "", "", *cells))
    layer, unit = before.evaluation.layer.name, before.evaluation.energy_unit
    return Table(
        title=f"{layer}: energy by boundary, {labels[0]} -> {labels[1]}",
        headings=(
            "",
            "tensor",
            "from",
            "to",
            f"{labels[0]}\n{unit}",
            f"{labels[1]}\n{unit}",
            "difference",
            "share",
        ),
        rows=tuple(rows),
        names=4,
        strong=frozenset({len(rows) - 1}),
    )


def signed(energy: float) -> str:
    """Write a difference with its sign.

    >>> signed(1234.0), signed(-0.5), signed(0.0)
    ('+1,234', '-0.5', '0')
    """
    return "0" if not energy else f"{'+' if energy > 0 else ''}{amount(energy)}"


def _share(energy: float, found: Difference) -> str:
    """Write a part of the difference as a share; there are none of nothing."""
    if isclose(found.before.energy, found.after.energy, rel_tol=ROUNDING):
        return NOTHING
    return f"{100 * energy / found.energy:.1f} %" if energy else "0 %"


def _between(change: Change) -> tuple[str, str]:
    """Write the two levels; both names where they differ."""
    links = [link for link in (change.before, change.after) if link]
    parents, children = (
        {link.parent: None for link in links},
        {link.child: None for link in links},
    )
    return " -> ".join(parents), " -> ".join(children)


def difference_text(found: Difference, labels: tuple[str, str]) -> str:
    """Return the whole in a sentence, then a paragraph for each change of energy."""
    unit = found.before.evaluation.energy_unit
    paragraphs = [[_whole(found, labels)]]
    for number, change in enumerate(found.changes, start=1):
        if not change.energy:
            continue
        parent, child = _between(change)
        heading = f"{number}. {change.tensor}, {parent} to {child}: {signed(change.energy)} {unit}"
        paragraphs.append([heading, *(f"   {line}" for line in _lines(change, labels, found))])
    equal = [change for change in found.changes if not change.energy]
    if equal:
        named = listed([f"{its.tensor} {' to '.join(_between(its))}" for its in equal])
        paragraphs.append([f"The same energy on both sides: {named}."])
    return "".join("\n".join(lines) + "\n\n" for lines in paragraphs)


def _whole(found: Difference, labels: tuple[str, str]) -> str:
    before, after = found.before.energy, found.after.energy
    unit = found.before.evaluation.energy_unit
    if isclose(before, after, rel_tol=ROUNDING):
        return f"{labels[1]} needs the same energy as {labels[0]}: {amount(before)} {unit}."
    more = "more" if after > before else "less"
    by_tensor: dict[str, list[float]] = {}
    for change in found.changes:
        by_tensor.setdefault(change.tensor, []).append(change.energy)
    tensors = [f"{tensor} {signed(fsum(its))}" for tensor, its in by_tensor.items()]
    return (
        f"{labels[1]} needs {percent(abs(found.energy) / before)} {more} energy than {labels[0]}:"
        f" {amount(before)} {signed(found.energy)} = {amount(after)} {unit}"
        f" (by tensor: {', '.join(tensors)})."
    )


def _lines(change: Change, labels: tuple[str, str], found: Difference) -> Iterator[str]:
    if change.before is None or change.after is None:
        link = change.before or change.after
        assert link is not None
        here, other = labels if change.before else labels[::-1]
        there = (found.after if change.before else found.before).evaluation
        built = link.child in [memory.name for memory in there.arch.memories]
        instead = f"it bypasses {link.child} in {other}" if built else f"{other} has none"
        yield f"Only in {here}: {link.child} keeps {change.tensor}; {instead}."
        for what, counted in _effects(link, found.before.evaluation.energy_unit).items():
            yield f"{what}: {counted}"
        return
    for what, before, after in facts(change, found.before.evaluation.energy_unit):
        yield f"{what}: {before} -> {after}"


def facts(change: Change, unit: str) -> list[Fact]:
    """Return what differs between the two sides of a boundary: causes first, then words."""
    if change.before is None or change.after is None:
        return []
    told = [_causes(link) for link in (change.before, change.after)]
    causes = [
        (what, told[0].get(what, NOTHING), told[1].get(what, NOTHING))
        for what in dict.fromkeys([*told[0], *told[1]])
    ]
    counted = [_effects(link, unit) for link in (change.before, change.after)]
    effects = [
        (what, counted[0].get(what, "none"), counted[1].get(what, "none"))
        for what in dict.fromkeys([*counted[0], *counted[1]])
    ]
    return [fact for fact in [*causes, *effects] if fact[1] != fact[2]]


def _causes(link: Link) -> dict[str, str]:
    boundary = link.boundary
    its = {"given by": link.parent, "taken by": link.child}
    if boundary.child:
        ranks = [f"{name} {words:,}" for name, words in link.tile if words > 1]
        shape = f" ({' x '.join(ranks)})" if len(ranks) > 1 else ""
        its["tile"] = f"{link.tile_words:,}{shape} words"
        its["closed by"] = moves_when(link)
        its["new words of a further step"] = f"{link.new_words:,}"
        its["loops that leave it in place"] = loops_text(boundary.stays) or "none"
        its["sweeps"] = f"{link.sweeps:,} ({loops_text(boundary.sweeps) or 'no loop outside'})"
    else:
        its["steps"] = f"{link.sweeps:,}"
    its["instances"] = f"{link.instances:,}"
    reads, updates = link.words("read"), link.words("update")
    if updates:
        adding = [one for one in link.lanes if one.needs == SAME and one.united]
        dims = listed([f"{one.loop.dim} {one.loop.bound}" for one in adding])
        its["added up on the way"] = f"over {dims}" if adding else "no lanes"
    elif reads:
        its["lanes that one read serves"] = digits(arrivals(link) / reads)
    return its


def _effects(link: Link, unit: str) -> dict[str, str]:
    return {
        VERBS[term.action]: (
            f"{whole(term.accesses)} at {term.level} x {term.energy_each:.6g} {unit}"
        )
        for term in link.terms
        if term.energy
    }


def difference_data(found: Difference, labels: tuple[str, str]) -> dict[str, Any]:
    """Return a difference as JSON data."""
    same = isclose(found.before.energy, found.after.energy, rel_tol=ROUNDING)
    unit = found.before.evaluation.energy_unit
    return {
        "layer": found.before.evaluation.layer.name,
        "rows": list(labels),
        "energy_unit": unit,
        "energy_before": found.before.energy,
        "energy_after": found.after.energy,
        "energy_difference": found.energy,
        "changes": [
            {
                "tensor": change.tensor,
                "before": change.before and _ends(change.before),
                "after": change.after and _ends(change.after),
                "energy_before": change.energy_before,
                "energy_after": change.energy_after,
                "energy_difference": change.energy,
                "share": None if same else change.energy / found.energy,
                "reasons": [
                    {"what": what, "before": before, "after": after}
                    for what, before, after in facts(change, unit)
                ],
            }
            for change in found.changes
        ],
        "operations_difference": found.operations,
        "leakage_difference": found.leakage,
    }


def _ends(link: Link) -> dict[str, Any]:
    return {
        "parent": link.parent,
        "child": link.child,
        "words": {f"{term.level}.{term.action}": term.words for term in link.terms},
    }
