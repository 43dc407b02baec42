"""What map and run return where all trade-offs of energy and cycles are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from accelsim.evaluation.records import Evaluation
from accelsim.network.front import MOST_POINTS, Front, network_front
from accelsim.network.records import LayerResult, NetworkResult
from accelsim.report import notes
from accelsim.report.files import MAPPINGS, file_name
from accelsim.report.front_points import (
    Point,
    front_csv,
    front_table,
    layer_points,
    layer_points_data,
    network_points,
    network_points_data,
)
from accelsim.report.mappings import mapping_text
from accelsim.report.quantities import digits, plural
from accelsim.report.results import LayerRun, NetworkRun, Result
from accelsim.report.settings import Settings
from accelsim.report.tables import Table, under

FRONT = "pareto.csv"

MEANING = (
    "util.: operations done / operations that all multipliers could have done in these cycles. "
    "EDP: energy x seconds."
)

PROVED = (
    "the front is proved: a point of it is as good as any mapping, or better, in both energy and"
    " cycles"
)
NOT_PROVED = "the front is not proved: other mappings may be better than its points"


@dataclass(frozen=True, repr=False)
class LayerFront(LayerRun):
    """The trade-offs of energy and cycles of one layer; as a ``LayerRun``, the best of them."""

    def __repr__(self) -> str:
        return f"LayerFront({_count(self.points, self.proved)}, {super().__repr__()})"

    @property
    def front(self) -> tuple[Evaluation, ...]:
        """The points' evaluations, by growing energy; each has its ``mapping``."""
        return self.entry.front

    @cached_property
    def points(self) -> tuple[Point, ...]:
        return layer_points(self.front)

    @property
    def proved(self) -> bool:
        """Whether every mapping is matched or beaten by a point."""
        return is_proved(self.entry)

    def tables(self) -> list[Table]:
        """Return the points."""
        if not self.front:
            return []
        per = "MAC" if self.entry.layer.op == "mac" else "op"
        shown = [front_table(self.points, self.front[0].energy_unit, per)]
        return under(self.rows[0].dataflow, shown)

    def notes(self) -> list[str]:
        certificate = self.certificate
        if not self.front or certificate is None:
            return super().notes()
        proved = PROVED if self.proved else NOT_PROVED
        said = f"{certificate.sentence()}; {proved}."
        return [notes.energy_note(self.rows), MEANING, said, *self._history()]

    def text(
        self,
        *,
        colour: bool = False,
        width: int | None = None,
        every_assumption: bool = False,
    ) -> str:
        """Return the table of points and the notes; no loop nest, as there are several."""
        return Result.text(self, colour=colour, width=width, every_assumption=every_assumption)

    def data(self) -> dict[str, Any]:
        points = layer_points_data(self.points, self.front, self.rows[0])
        return {"front": {"proved": self.proved, "points": points}, **super().data()}

    def files(self, folder: Path) -> dict[str, str]:
        """Return the texts of a folder; with a mapping and a line of ``pareto.csv`` per point."""
        mappings = front_mappings(self.rows[0], self.settings, folder)
        unit = self.front[0].energy_unit if self.front else ""
        cells = [(e.bound, name) for e, name in zip(self.front, mappings, strict=True)]
        table = front_csv(self.points, unit, ("bound", "mapping"), cells)
        return {**super().files(folder), FRONT: table, **mappings}


@dataclass(frozen=True, repr=False)
class NetworkFront(NetworkRun):
    """The trade-offs of energy and cycles of a network; as a ``NetworkRun``, each layer's best."""

    def __repr__(self) -> str:
        return f"NetworkFront({_count(self.points, self.proved)}, {super().__repr__()})"

    @cached_property
    def front(self) -> Front | None:
        """The sums of the layers' points; None if a layer has none (see ``network.front``)."""
        if not all(entry.front for entry in self.layers):
            return None
        return network_front(
            [
                ([e.energy_total for e in entry.front], [e.cycles for e in entry.front])
                for entry in self.layers
            ]
        )

    @cached_property
    def points(self) -> tuple[Point, ...]:
        return () if self.front is None else network_points(self.front, self.result)

    @property
    def proved(self) -> bool:
        """Whether every choice of mappings is matched or beaten by a point."""
        exact = self.front is not None and not self.front.epsilon
        return exact and all(is_proved(entry) for entry in self.layers)

    def __getitem__(self, layer: str) -> LayerFront:
        one = super().__getitem__(layer)
        return LayerFront(one.rows, one.settings)

    def at(self, number: int) -> NetworkResult:
        """Return the network under the mappings of a point, which are numbered from 1.

        Raises
        ------
        IndexError
            If there is no such point.
        """
        if self.front is None or not 1 <= number <= len(self.front):
            raise IndexError(f"no point {number}; there are {len(self.points)}, from 1")
        layers = tuple(
            replace(entry, evaluation=entry.front[choice])
            for entry, choice in zip(self.layers, self.front.choices[number - 1], strict=True)
        )
        return replace(self.result, layers=layers)

    def tables(self) -> list[Table]:
        """Return the points."""
        if not self.points:
            return []
        total = self.total
        shown = [front_table(self.points, total.energy.unit, "MAC" if total.macs else "op")]
        return under(self.result.dataflow, shown)

    def notes(self) -> list[str]:
        if self.front is None:
            return [*notes.unmapped_notes(self.rows)[:-1], *self._history()]
        return [
            notes.energy_note(self.rows),
            f"Cycles: layers run one after another. {MEANING}",
            self._search_note(),
            *self._history(),
        ]

    def _search_note(self) -> str:
        """Say how the layers' fronts were found, and what that says of the network's."""
        certificates = [
            entry.certificate
            for entry in self.layers
            if entry.certificate is not None and not entry.same_as
        ]
        considered = sum(certificate.considered for certificate in certificates)
        drivers = ", ".join(sorted({certificate.driver for certificate in certificates}))
        proved = sum(is_proved(entry) for entry in self.layers)
        said = (
            f"Mapper: {drivers}, for all trade-offs of energy and cycles, seed"
            f" {self.settings.seed}; {plural(considered, 'mapping')} considered;"
            f" {proved} of {plural(len(self.layers), 'layer')} with a proved front"
        )
        early = sum(its.stopped_by in ("seconds", "stop") for its in certificates)
        if early:
            said += f"; {early} ended early, so that another run may find other points"
        if self.front is not None and self.front.epsilon:
            said += (
                f"; some sum of layers had more than {MOST_POINTS:,} points: what is left out is"
                " matched by a point of no more cycles and at most"
                f" {digits(100 * self.front.epsilon)} % more energy"
            )
            if proved == len(self.layers):
                return f"{said}, which is all that the front lacks to be proved."
        if self.proved:
            return f"{said}; {PROVED.replace('any mapping', 'any choice of mappings')}."
        return f"{said}; {NOT_PROVED}."

    def data(self) -> dict[str, Any]:
        front = self.front
        return {
            "front": {
                "proved": self.proved,
                "epsilon": None if front is None else front.epsilon,
                "points": [] if front is None else network_points_data(self.points, front),
                "layers": [self._layer_data(entry) for entry in self.layers],
            },
            **super().data(),
        }

    def _layer_data(self, entry: LayerResult) -> dict[str, Any]:
        """Return the points of a layer, unless they stand under one that is equal to it."""
        shown = () if entry.same_as else entry.front
        return {
            "layer": entry.layer.name,
            "same_as": entry.same_as,
            "proved": is_proved(entry),
            "points": layer_points_data(layer_points(shown), shown, self.result),
        }

    def files(self, folder: Path) -> dict[str, str]:
        """Return the texts of a folder; with a mapping for each point of each layer.

        A line of ``pareto.csv`` has, for each layer, the number of its point.
        """
        names = [f"point of {entry.layer.name}" for entry in self.layers]
        choices = [] if self.front is None else (self.front.choices + 1).tolist()
        table = front_csv(self.points, self.total.energy.unit, names, choices)
        mappings = front_mappings(self.result, self.settings, folder)
        return {**super().files(folder), FRONT: table, **mappings}


def is_proved(entry: LayerResult) -> bool:
    """Tell whether a layer's front is proved: it was searched to the end."""
    return entry.certificate is not None and entry.certificate.optimal and bool(entry.front)


def _count(points: Iterable[Point], proved: bool) -> str:
    return f"{plural(len(tuple(points)), 'point')}, {'' if proved else 'not '}proved"


def front_mappings(row: NetworkResult, settings: Settings, folder: Path) -> dict[str, str]:
    """Return file name -> mapping, for every point of every layer in turn."""
    texts: dict[str, str] = {}
    for entry in row.layers:
        stem = f"{MAPPINGS}/{file_name(row.label)}/{file_name(entry.layer.name)}"
        home, number = f"{stem}/point", 2
        while f"{home}-1.yaml" in texts:  # labels that make one file name
            home, number = f"{stem}-{number}/point", number + 1
        for point, evaluation in enumerate(entry.front, start=1):
            name = f"{home}-{point}.yaml"
            its = replace(entry, evaluation=evaluation)
            texts[name] = mapping_text(row, its, settings, (folder / name).parent)
    return texts
