"""One point of a sweep: its key, and what comes of it; this is what workers do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from accelsim import __version__
from accelsim.arch.records import Architecture
from accelsim.arch.spec import architecture_of
from accelsim.errors import Problem, SpecError, UsageError
from accelsim.evaluation.area import area_mm2
from accelsim.explore.constraints import AREA, PES, Constraint, values_of
from accelsim.explore.executors import Stop
from accelsim.explore.points import Point
from accelsim.explore.records import DONE, FAILED, IMPOSSIBLE, LEFT_OUT, Outcome, Row
from accelsim.explore.run import Task
from accelsim.files_read import Version, file_version
from accelsim.keys import content_key, sources_digest
from accelsim.mapper.results_cache import WORTH_A_FILE, users_cache
from accelsim.mapspace.records import Dataflow
from accelsim.network.plan import Plan
from accelsim.network.run import Searched, evaluated, search_network
from accelsim.network.sums import sums_of
from accelsim.report.notes import why_unmapped
from accelsim.report.sources import Priced, lines_of
from accelsim.report.sweep_export import COMPULSORY
from accelsim.specs.references import open_spec, parse_reference, pattern_problems
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology
from accelsim.verbs.search import Search, plan
from accelsim.verbs.sweep_files import (
    file_digest,
    forget_files,
    patterns_of,
    patterns_set,
)
from accelsim.verbs.words import (
    Flow,
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Word,
    Work,
    as_architecture,
    as_dataflow,
    as_network,
    called,
    open_work,
    timeloop_file,
    word_of,
)
from accelsim.workload.records import Network
from accelsim.yamldoc import Document

MADE_BY = f"{__version__}-{sources_digest()[:12]}"
"""The version and the sources that compute here."""

MOST_KEPT = 64


@dataclass(frozen=True)
class Bench:
    """What points are made from and how they are searched.

    Parameters
    ----------
    machines, workloads, dataflows : what a point names by number; a dataflow of None is none
    overrides : fixed settings, by path
    of_machine : the paths, fixed or varied, that machines know; the others are the workloads'
    constraints : those that need the machine
    files : the files that all of it is read from, with their versions
    tables : energy tables that are read already, or what is wrong with them, by word
    """

    machines: tuple[Machine, ...]
    workloads: tuple[Work, ...]
    dataflows: tuple[Flow | None, ...]
    technology: Technology | None
    accounting: Rules | None
    search: Search
    overrides: tuple[tuple[str, str], ...] = ()
    of_machine: frozenset[str] = frozenset()
    constraints: tuple[Constraint, ...] = ()
    files: tuple[tuple[Path, Version | None], ...] = ()
    tables: Mapping[str, EnergyTable | tuple[Problem, ...]] = field(default_factory=dict)

    def measure(self, task: Task, stop: Stop) -> Outcome | None:
        """Return what comes of a point; None if it was stopped."""
        started, began = time.perf_counter(), time.thread_time()
        try:
            outcome = self._measured(task.point, stop)
        except (SpecError, UsageError) as fault:
            outcome = Outcome(IMPOSSIBLE, reason=_reason(fault.problems))
        except Exception as fault:  # noqa: BLE001  (one point must not end the sweep; it is kept)
            outcome = Outcome(FAILED, reason=f"internal error: {type(fault).__name__}: {fault}")
        if outcome is None:
            return None
        others = time.thread_time() - began - outcome.search_seconds
        seconds = time.perf_counter() - started
        return replace(outcome, seconds=seconds, other_seconds=others)

    def leaves_out(self, task: Task) -> bool:
        """Return whether a constraint that needs the machine leaves a point out."""
        if not self.constraints:
            return False
        try:
            return self._broken(task.point, self._planned(task.point)) is not None
        except (SpecError, UsageError):
            return False  # the point itself says so

    def table(self, arch: Architecture) -> EnergyTable | None:
        """Return the energy table of a machine here; None if it names none."""
        if self.technology or arch.technology not in self.tables:
            return _table(self.technology or arch.technology)
        table = self.tables[arch.technology]
        if isinstance(table, EnergyTable):
            return table
        raise SpecError(table)

    def settings(self, point: Point) -> dict[str, str]:
        """Return all that is set at a point, by path; what is varied wins."""
        return {**dict(self.overrides), **dict(point.settings)}

    def key(self, point: Point) -> str:
        """Return the content key of a point: equal keys, equal outcomes.

        Counted are the contents of the specs and of the patterns of zeros that they name, not how
        they are named, the settings, the search, and the version of this package.
        """
        machine, workload, flow, settings = self._parts(point)
        table = self.technology or settings.get("technology") or table_of(machine)
        patterns = [file_digest(path) for its in settings.items() for path in patterns_set(*its)]
        return content_key(
            {
                **({"patterns": patterns} if patterns else {}),
                "version": __version__,
                "architecture": _content("architecture", machine),
                "workload": _content("workload", workload),
                "dataflow": _content("dataflow", flow),
                "technology": _table_key(table),
                "accounting": _content("accounting", self.accounting),
                "settings": list(settings.items()),
                "objective": self.search.objective,
                "budget": self.search.budget,
                "driver": (self.search.driver, self.search.seed, self.search.uneven),
                "remainders": self.search.remainders,
            }
        )

    def row(self, task: Task, outcome: Outcome) -> Row:
        """Return what a store keeps of a point."""
        machine, workload, flow, settings = self._parts(task.point)
        return Row(
            key=task.key,
            status=outcome.status,
            identity={
                "architecture": called(machine),
                "workload": called(workload),
                "dataflow": "" if flow is None else called(flow),
                "technology": str(_name(self.technology)),
                "accounting": str(_name(self.accounting)),
                "objective": self.search.objective,
            },
            parameters=settings,
            figures=outcome.figures,
            reason=outcome.reason,
            seconds=outcome.seconds,
            made_by=MADE_BY,
        )

    def _parts(self, point: Point) -> tuple[Machine, Work, Flow | None, dict[str, str]]:
        return (
            self.machines[point.machine],
            self.workloads[point.workload],
            self.dataflows[point.dataflow],
            self.settings(point),
        )

    def _measured(self, point: Point, stop: Stop) -> Outcome | None:
        changed = [path for path, version in self.files if file_version(path) != version]
        if changed:
            return Outcome(FAILED, reason=f"{changed[0]} was changed during the sweep")
        row = self._planned(point)
        broken = self._broken(point, row)
        if broken is not None:
            return Outcome(LEFT_OUT, reason=f"not {broken.words}")
        _, workload, _, settings = self._parts(point)
        network = _network(workload, self._split(settings)[1])
        cache = users_cache(WORTH_A_FILE)
        found = search_network(network, row, threads=1, stop=stop, cache=cache)
        if found.run.stopped_by == "stop":
            return None
        searching = found.run.search_seconds
        if not found.complete:
            layers = evaluated(found).layers
            why = "; ".join(why_unmapped(its) for its in layers if its.evaluation is None)
            return Outcome(IMPOSSIBLE, reason=why, search_seconds=searching)
        return Outcome(DONE, figures_of(found), search_seconds=searching)

    def _planned(self, point: Point) -> Plan:
        """Return the machine of a point and how it is searched."""
        machine, workload, _, settings = self._parts(point)
        for_machine, for_work = self._split(settings)
        arch = _architecture(machine, for_machine, lambda: _network(workload, for_work))
        return plan(
            arch.name,
            arch,
            self._rules(point, arch, lambda: _network(workload, for_work)),
            self.table(arch),
            self.accounting,
            self.search,
            ReadFrom(word_of(machine), for_machine),
        )

    def _broken(self, point: Point, row: Plan) -> Constraint | None:
        """Return the first constraint that the machine of a point breaks."""
        if not self.constraints:
            return None
        values = machine_values(row.arch, row.table, self.settings(point))
        return next((its for its in self.constraints if not its.holds(values)), None)

    def _split(self, settings: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        words = {path: f"{path}={value}" for path, value in settings.items()}
        for_machine = tuple(text for path, text in words.items() if path in self.of_machine)
        return for_machine, tuple(text for text in words.values() if text not in for_machine)

    def _rules(
        self, point: Point, arch: Architecture, network: Callable[[], Network]
    ) -> tuple[Dataflow, ...]:
        """Return the dataflow of a point; Timeloop's speaks of its machine and its network."""
        flow = self.dataflows[point.dataflow]
        if flow is None or not _is_timeloop(flow):
            return self._flows[point.dataflow]
        return (as_dataflow(flow, network(), arch),)

    @cached_property
    def _flows(self) -> tuple[tuple[Dataflow, ...], ...]:
        return tuple(
            () if flow is None or _is_timeloop(flow) else (as_dataflow(flow),)
            for flow in self.dataflows
        )


def machine_values(
    arch: Architecture, table: EnergyTable, settings: Mapping[str, str]
) -> dict[str, Any]:
    """Return what constraints may name: the numbers that are set, and figures of the machine."""
    values: dict[str, Any] = {**values_of(settings), PES: arch.instances(arch.compute)}
    area = area_mm2(arch, table)
    return values if area is None else {**values, AREA: area}


def figures_of(found: Searched) -> dict[str, Any]:
    """Return the figures of a network that a sweep keeps."""
    arch, prices, its = found.plan.arch, found.machine.prices, sums_of(found)
    seconds = its.cycles / arch.clock_hz
    return {
        "energy": its.energy_total,
        "energy_unit": prices.table.unit,
        "energy_per_mac": its.energy_total / its.macs if its.macs else None,
        "cycles": its.cycles,
        "seconds": seconds,
        "edp": its.energy_total * seconds,
        "utilization": its.utilization,
        "macs": its.macs,
        COMPULSORY: its.compulsory_words,
        "pes": arch.instances(arch.compute),
        "area_mm2": its.area_mm2,
        "proved": its.proved,
        "energy_by_level": its.energy_by_level,
        "words_by_level": its.words_by_level,
        "energy_sources": lines_of(Priced(arch, prices, happens) for happens in its.happens),
    }


def forget() -> None:
    """Forget what was read: files may have changed since the last sweep."""
    for reader in (
        _content_of_word,
        _document,
        _stated_table,
        _table_of_word,
        _key_of_table,
        _network_of_word,
        _is_timeloop_word,
    ):
        reader.cache_clear()
    forget_files()


def _is_word(word: object) -> bool:
    return isinstance(word, Word) and bool(word)


def _content(kind: str, spec: Any) -> Any:
    """Return what a spec says, whatever it is called."""
    if not spec:
        return None
    return _content_of_word(kind, str(spec)) if _is_word(spec) else content_key(spec)


def _table_key(table: Technology | None) -> str | None:
    """Return the key of all that a table says, wherever it was read from."""
    if not table:
        return None
    return content_key(table) if isinstance(table, EnergyTable) else _key_of_table(str(table))


@lru_cache(MOST_KEPT)
def _key_of_table(word: str) -> str:
    try:
        return content_key(_table_of_word(word))
    except SpecError:
        return word  # a value of a parameter: the point itself says what is wrong with it


@lru_cache(MOST_KEPT)
def _content_of_word(kind: str, word: str) -> str:
    reference = parse_reference(word)
    try:
        document = open_work(reference) if kind == "workload" else open_spec(kind, reference)
        said = document.texts if _is_timeloop_word(word) else document.data
        patterns = [file_digest(path) for path in patterns_of(document)]
        return content_key([said, reference.patterns, *([patterns] if patterns else [])])
    except SpecError:
        return word  # a value of a parameter: the point itself says what is wrong with it


def _architecture(
    machine: Machine, overrides: tuple[str, ...], network: Callable[[], Network]
) -> Architecture:
    if isinstance(machine, Architecture) or _is_timeloop(machine):
        return as_architecture(machine, overrides, network)
    document, problems = _document(str(machine))
    return architecture_of(document, overrides, problems)


@lru_cache(MOST_KEPT)
def _document(machine: str) -> tuple[Document, list[Problem]]:
    reference = parse_reference(machine)
    document = open_spec("architecture", reference)
    return document, pattern_problems(document, reference)


def _is_timeloop(spec: Machine | Flow) -> bool:
    """Tell whether a word means one of Timeloop's files, which may name tensors of the network."""
    return isinstance(spec, Word) and _is_timeloop_word(str(spec))


@lru_cache(MOST_KEPT)
def _is_timeloop_word(word: str) -> bool:
    return timeloop_file(word) is not None


def table_of(machine: Machine) -> Any:
    """Return the energy table that a machine names, if it names one."""
    return machine.technology if isinstance(machine, Architecture) else _stated_table(str(machine))


@lru_cache(MOST_KEPT)
def _stated_table(machine: str) -> object:
    return open_spec("architecture", parse_reference(machine)).data.get("technology")


def _table(table: Technology | None) -> EnergyTable | None:
    if isinstance(table, EnergyTable):
        return table
    return _table_of_word(str(table)) if table else None


@lru_cache(MOST_KEPT)
def _table_of_word(word: str) -> EnergyTable:
    return read_technology(word)


def _network(work: Work, overrides: tuple[str, ...]) -> Network:
    return work if isinstance(work, Network) else _network_of_word(str(work), overrides)


@lru_cache(MOST_KEPT)
def _network_of_word(work: str, overrides: tuple[str, ...]) -> Network:
    return as_network(work, overrides)


def _name(spec: Any) -> object:
    return "" if spec is None else getattr(spec, "name", spec)


def _reason(problems: Sequence[Problem]) -> str:
    """Return problems in one line; that a setting is at fault goes without saying."""
    said = [
        str(problem).removeprefix(f"{problem.where}: ")
        if problem.where and problem.where.file.startswith("--set ")
        else str(problem)
        for problem in problems
    ]
    return "; ".join(dict.fromkeys(said))
