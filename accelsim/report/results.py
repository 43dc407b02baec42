"""What the verbs return: results with their settings; each shows itself in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from accelsim.errors import ExitCode, Problem
from accelsim.evaluation.records import Breakdown, Evaluation
from accelsim.mapper.contract import Certificate
from accelsim.mapper.objectives import objective_named
from accelsim.mapping.records import Mapping
from accelsim.mapping.text import loop_nest
from accelsim.network.proxies import FEWEST, layer_proxies
from accelsim.network.records import LayerResult, NetworkResult, Totals
from accelsim.report import export, notes, quantities, tables
from accelsim.report.files import RESULTS, mapping_texts, settings_seen_from
from accelsim.report.html import page
from accelsim.report.json_text import SCHEMA, dumps, envelope
from accelsim.report.mappings import mapping_text
from accelsim.report.network_notes import activations_note, proxies_note
from accelsim.report.network_tables import staying_tables, top_table
from accelsim.report.rows import best
from accelsim.report.settings import Settings
from accelsim.report.sources import sources_note
from accelsim.report.tables import Table
from accelsim.report.text import table_text
from accelsim.report.zeros import zeros_tables
from accelsim.workload.records import without_graph


@dataclass(frozen=True)
class Result(ABC):
    """What all results can do: show themselves as text, as data and in a notebook.

    Attributes
    ----------
    rows : tuple of NetworkResult
        One network on one machine each.
    settings : Settings
        What the call said.
    """

    rows: tuple[NetworkResult, ...]
    settings: Settings

    verb: ClassVar[str]
    """The verb whose result it is."""

    @property
    @abstractmethod
    def satisfied(self) -> bool:
        """Whether there are the mappings that the verb was called for."""

    @property
    def not_begun(self) -> tuple[str, ...]:
        """The rows that a stop kept from being begun, by label."""
        begun = {row.label for row in self.rows}
        return tuple(its.row for its in self.settings.origins if its.row not in begun)

    @property
    def stopped_by(self) -> str:
        """What ended the search early: ``stop`` (Ctrl-C) or ``seconds``; empty if nothing did."""
        reasons = {row.run.stopped_by for row in self.rows}
        if self.not_begun or "stop" in reasons:
            return "stop"
        return "seconds" if "seconds" in reasons else ""

    def best_so_far(self) -> Problem:
        """Return what is said of a result that was stopped."""
        missing = f"; not begun: {', '.join(self.not_begun)}" if self.not_begun else ""
        return Problem(f"interrupted: this is the best so far{missing}")

    def problems(self) -> tuple[Problem, ...]:
        """Return why the verb did not find what it was called for; empty if it did."""
        return () if self.satisfied else tuple(map(Problem, notes.unmapped_reasons(self.rows)))

    @abstractmethod
    def tables(self) -> list[Table]:
        """Return the result as tables."""

    def notes(self) -> list[str]:
        """Return what the numbers mean and how far to trust them."""
        return [
            *notes.unmapped_notes(self.rows),
            *notes.meaning_notes(self.rows),
            notes.search_note(self.rows, self.settings.objective, self.settings.seed),
            *self._history(),
        ]

    def _history(self) -> list[str]:
        """Return what happened to the result since it was searched, and remarks on the call."""
        said = [*self.settings.remarks]
        if self.not_begun:
            said.append(f"Stopped before these rows were begun: {', '.join(self.not_begun)}.")
        if self.settings.repriced is not None:
            before = {its.row: its for its in self.settings.repriced.found_under}
            keys = {row.label: export.price_key(row) for row in self.rows}
            changed = [
                before[label]
                for label, key in keys.items()
                if label in before and before[label].prices != key
            ]
            said += notes.repriced_notes(changed)
        return said

    def assumptions(self) -> list[str]:
        """Return everything that the specs behind the numbers take for granted."""
        return notes.assumptions(self.rows, self.settings.assumptions)

    def data(self) -> dict[str, Any]:
        """Return the deterministic part of the result as JSON data."""
        return {
            "stopped_by": self.stopped_by,
            "not_begun": list(self.not_begun),
            **export.result_data(self.rows, self.settings),
        }

    def run_data(self) -> dict[str, Any]:
        """Return facts of the execution, which may differ from run to run, as JSON data."""
        return export.run_data(self.rows)

    def files(self, folder: Path) -> dict[str, str]:
        """Return the texts that a folder of results holds, by their names in it.

        Paths of specs are written as seen from the files that name them.
        """
        settings = settings_seen_from(self.settings, Path(), folder)
        data = replace(self, settings=settings).data()
        code = ExitCode.OK if self.satisfied else ExitCode.NO_MAPPING
        problems = self.problems()
        if self.stopped_by == "stop":
            code, problems = ExitCode.INTERRUPTED, (self.best_so_far(), *problems)
        return {
            RESULTS: dumps(envelope(self.verb, data, code, problems)),
            "run.json": dumps({"schema": SCHEMA, "run": self.run_data()}),
            "energy.csv": export.energy_csv(self.rows),
            "layers.csv": export.layers_csv(self.rows),
            **mapping_texts(self.rows, self.settings, folder),
        }

    def text(
        self,
        *,
        colour: bool = False,
        width: int | None = None,
        every_assumption: bool = False,
    ) -> str:
        """Return the tables and the notes as a terminal shows them.

        Parameters
        ----------
        colour : whether to stress the best row by terminal escapes
        width : columns to fit tables into; None is as many as they take
        every_assumption : list all that is assumed, not the first few, and sources in full
        """
        shown = [table_text(table, colour=colour, width=width) for table in self.tables()]
        return "\n".join([*shown, self.closing(every_assumption=every_assumption)])

    def closing(self, *, every_assumption: bool = False) -> str:
        """Return the lines below the tables: the notes, sources, and what is assumed."""
        assumed = self.assumptions()
        most = len(assumed) if every_assumption else notes.FIRST_FEW
        sources = sources_note(self.rows, whole=every_assumption)
        lines = [*self.notes(), *sources, *notes.assumptions_note(assumed, most)]
        return "".join(f"{line}\n" for line in lines)

    def _repr_html_(self) -> str:
        sources = sources_note(self.rows, whole=True)
        return page(self.tables(), [*self.notes(), *sources, *self.assumptions()])


@dataclass(frozen=True)
class Comparison(Result):
    """Rows of results of one network, side by side.

    ``what`` says what a row is: ``dataflow``, ``machine`` or ``study row``.
    """

    what: str

    verb = "compare"

    @property
    def satisfied(self) -> bool:
        return any(row.total.layers for row in self.rows)

    def __repr__(self) -> str:
        best = self.best()
        first = f"best for {self.settings.objective}: {best.summary()}" if best else "none complete"
        return f"Comparison({quantities.plural(len(self.rows), self.what)}; {first})"

    def __getitem__(self, label: str) -> NetworkResult:
        for row in self.rows:
            if row.label == label:
                return row
        raise KeyError(f"no row '{label}'; there are {', '.join(row.label for row in self.rows)}")

    def __iter__(self) -> Iterator[NetworkResult]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def groups(self) -> tuple[str, ...]:
        return self.rows[0].groups

    def best(self, group: str | None = None) -> NetworkResult | None:
        """Return the best row that lacks no layer of the group, or None."""
        index = best(self.rows, group, self.settings.objective)
        return None if index is None else self.rows[index]

    def tables(self) -> list[Table]:
        """Return one table per group of layers and one for all."""
        return tables.group_tables(self.rows, self.settings.objective, self.what)

    def data(self) -> dict[str, Any]:
        best_rows = {name or "all": self.best(name) for name in (*self.groups, None)}
        return {
            "what": self.what,
            "best": {name: row and row.label for name, row in best_rows.items()},
            **super().data(),
        }


@dataclass(frozen=True)
class NetworkRun(Result):
    """One network on one machine."""

    verb = "run"

    @property
    def satisfied(self) -> bool:
        return self.complete

    def __repr__(self) -> str:
        return f"NetworkRun({self.result.summary()})"

    @property
    def result(self) -> NetworkResult:
        return self.rows[0]

    @property
    def energy(self) -> Breakdown:
        """Energy over level, tensor (by role) and action, all layers, leakage excluded."""
        return self.result.energy

    @property
    def layers(self) -> tuple[LayerResult, ...]:
        return self.result.layers

    @property
    def total(self) -> Totals:
        return self.result.total

    @property
    def complete(self) -> bool:
        return self.result.complete

    def totals(self, group: str | None = None) -> Totals:
        return self.result.totals(group)

    def notes(self) -> list[str]:
        said = super().notes()
        its = layer_proxies(self.result)
        if len(its.points) >= FEWEST:
            said.append(proxies_note(its))
        return [*said, *activations_note(self.result.network, self.result.arch)]

    def __getitem__(self, layer: str) -> LayerRun:
        for entry in self.layers:
            if entry.layer.name == layer:
                network = without_graph(self.result.network, (entry.layer,))
                row = replace(self.result, network=network, layers=(entry,))
                return LayerRun((row,), self.settings)
        raise KeyError(f"no layer '{layer}' in {self.result.network.name}")

    def tables(self) -> list[Table]:
        """Return energies by layer, and by level and tensor."""
        total = self.total
        shown = [*top_table(self.result), tables.layers_table(self.result)]
        shown += staying_tables(self.result)
        if total.layers:
            operations, per = (total.macs, "MAC") if total.macs else (total.operations, "op")
            shown.append(tables.energy_table(total.energy, total.leakage, operations, per))
        return tables.under(self.result.dataflow, shown)


@dataclass(frozen=True)
class LayerRun(Result):
    """One layer on one machine: its mapping, searched or given, and what it costs."""

    verb = "map"

    @property
    def satisfied(self) -> bool:
        return self.evaluation is not None

    def __repr__(self) -> str:
        return f"LayerRun({self.entry.summary()}, on {self.rows[0].arch.name})"

    @property
    def entry(self) -> LayerResult:
        return self.rows[0].layers[0]

    @property
    def evaluation(self) -> Evaluation | None:
        """None if there is no legal mapping."""
        return self.entry.evaluation

    @property
    def mapping(self) -> Mapping | None:
        return None if self.evaluation is None else self.evaluation.mapping

    @property
    def certificate(self) -> Certificate | None:
        """What the search did and proved; None if the mapping was given."""
        return self.entry.certificate

    @property
    def nest(self) -> str:
        """The mapping as a loop nest that a person can read; empty if there is none."""
        if self.mapping is None:
            return ""
        return loop_nest(self.mapping, self.rows[0].arch, self.entry.layer)

    @property
    def yaml(self) -> str:
        """The mapping as ``accelsim evaluate`` reads it; empty if there is none."""
        return mapping_text(self.rows[0], self.entry, self.settings)

    def tables(self) -> list[Table]:
        """Return energy by level and tensor, what is in use, time if limited, accesses, zeros."""
        evaluation = self.evaluation
        if evaluation is None:
            return []
        per = "MAC" if evaluation.layer.op == "mac" else "op"
        return [
            tables.energy_table(evaluation.energy, evaluation.leakage, evaluation.operations, per),
            tables.use_table(evaluation),
            *([tables.time_table(evaluation)] if evaluation.port_cycles else []),
            tables.accesses_table(evaluation),
            *zeros_tables(evaluation),
        ]

    def notes(self) -> list[str]:
        evaluation = self.evaluation
        if evaluation is None:
            return [*notes.unmapped_notes(self.rows)[:1], *self._history()]
        said = [
            notes.cost_note(evaluation),
            *notes.area_note(evaluation),
            notes.energy_note(self.rows),
        ]
        if self.certificate is not None:
            dataflow = self.rows[0].dataflow
            under = f"; dataflow {dataflow}" if dataflow else ""
            found = None
            if self.settings.repriced is None:  # else its bound is one of other prices
                objective = objective_named(self.certificate.objective)
                found = objective.figure(evaluation.energy_total, evaluation.cycles)
            said.append(f"{self.certificate.sentence(found)}{under}.")
        return [*said, *self._history()]

    def text(
        self,
        *,
        colour: bool = False,
        width: int | None = None,
        every_assumption: bool = False,
    ) -> str:
        """Return the loop nest, then what any result shows."""
        shown = super().text(colour=colour, width=width, every_assumption=every_assumption)
        return f"{self.nest}\n\n{shown}" if self.nest else shown
