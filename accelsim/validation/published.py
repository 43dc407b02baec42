"""Published figures: data files of numbers, each with its source and with how it is known.

A file has a ``title`` and ``figures``; a figure has ``source``, ``label``, ``unit`` and ``values``:
a tree of numbers (or null, where a dataflow cannot run) whose branches have names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from accelsim import yamldoc
from accelsim.errors import Problem, SpecError
from accelsim.validation.records import LABELS, Case, Label, Tolerance

FOLDER = Path(__file__).parent / "figures"

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Numbers of one source, by the names of their branches."""

    source: str
    label: Label
    unit: str
    values: Mapping[Keys, float | None]

    def __getitem__(self, keys: str | Keys) -> float:
        """Return a number that is there, by its name or names."""
        value = self.values[(keys,) if isinstance(keys, str) else keys]
        assert value is not None, keys
        return value

    def branch(self, *keys: str) -> dict[str, float] | None:
        """Return the numbers under a branch, by their own names; None if it cannot run.

        Raises
        ------
        KeyError
            If there is no such branch.
        """
        if keys in self.values:
            assert self.values[keys] is None, keys
            return None
        found = {
            name: value
            for (*outer, name), value in self.values.items()
            if tuple(outer) == keys and value is not None
        }
        if not found:
            raise KeyError(keys)
        return found

    def case(
        self,
        group: str,
        name: str,
        ours: float | None,
        published: float | None,
        tolerance: Tolerance | None,
        note: str = "",
        unit: str = "",
    ) -> Case:
        """Put a number of ours beside one of this figure, or one that follows from it.

        ``unit`` is the figure's unless given, as for a ratio of two of its numbers.
        """
        return Case(
            group=group,
            name=name,
            ours=ours,
            published=published,
            unit=unit or self.unit,
            tolerance=tolerance,
            source=self.source,
            label=self.label,
            note=note,
        )


def read_figures(name: str) -> dict[str, Figure]:
    """Read the data file of a publication.

    Raises
    ------
    SpecError
        If it cannot be read, or a figure lacks its source, label or unit.
    """
    data = yamldoc.load(FOLDER / f"{name}.yaml").data
    figures = {}
    for key, figure in cast("dict[str, dict[str, object]]", data["figures"]).items():
        lacking = [word for word in ("source", "label", "unit", "values") if word not in figure]
        if lacking or figure["label"] not in LABELS:
            what = f"figure '{key}' of {name} has no {' and no '.join(lacking) or 'known label'}"
            raise SpecError([Problem(what)])
        figures[key] = Figure(
            source=" ".join(str(figure["source"]).split()),
            label=cast("Label", figure["label"]),
            unit=str(figure["unit"]),
            values=dict(_leaves((), figure["values"])),
        )
    return figures


def _leaves(keys: Keys, value: object) -> Iterator[tuple[Keys, float | None]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*keys, str(key)), inner)
    else:
        yield keys, None if value is None else float(cast("float", value))
