"""Rows of a result: a network on machines, searched; shared by compare, run and map."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from accelsim.arch.records import Architecture
from accelsim.errors import Problem, UsageError
from accelsim.given import positive, whole_number
from accelsim.keys import content_key
from accelsim.mapper.contract import Budget, Driver, never
from accelsim.mapper.drivers import driver_named
from accelsim.mapper.objectives import objective_named
from accelsim.mapper.results_cache import users_cache
from accelsim.mapper.uneven import UnevenDriver, selected_places
from accelsim.mapping.records import Mapping
from accelsim.mapspace.binding import binding_rules, own_rules, void_rules
from accelsim.mapspace.records import Dataflow
from accelsim.network.plan import Plan
from accelsim.network.records import NetworkResult
from accelsim.network.run import run_network
from accelsim.network.searches import NetworkProgress
from accelsim.network.staying import refuse_residents
from accelsim.report.idle_settings import constraints_on_nothing
from accelsim.report.settings import Origin, Settings
from accelsim.verbs.words import (
    Flow,
    ReadFrom,
    Rules,
    Technology,
    as_accounting,
    as_dataflows,
    as_energy_table,
    called,
    see_that_formats_hold,
)
from accelsim.workload.records import Network

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Search:
    """How to search.

    Parameters
    ----------
    objective : a name in :data:`accelsim.mapper.objectives.OBJECTIVES`, as "energy"
    samples : mappings that sampling considers for each layer; a proof is not bounded by it
    seconds : time for each layer; a search that time ends may differ from run to run
        Without samples and seconds, the mapper's default number of samples.
    seed : start of the random choices
    threads : layers searched at the same time (default: as many as there are processors)
        Results do not depend on it.
    driver : a name in :data:`accelsim.mapper.drivers.DRIVERS`
        "auto" proves its answer where it can and samples elsewhere; "exact" and "sampling" are for
        checking the one by the other.
    uneven : selects shared memories in which each tensor may have a tile of its own: a memory's
        name, ``buffers`` or ``registers`` (default: none; see :mod:`accelsim.arch.uneven`)
    remainders : look at mappings with remainders too, whose loops reach beyond a bound
        13 rows as 7 x 2, of which the last is not there.  The answer is no worse than without.

    Raises
    ------
    UsageError
        For what cannot be searched with: an unknown name, or a number out of its range.
    """

    objective: str = "energy"
    samples: int | None = None
    seconds: float | None = None
    seed: int = 0
    threads: int | None = None
    driver: str = "auto"
    uneven: str = ""
    remainders: bool = False

    @property
    def budget(self) -> Budget:
        """The default number of samples, unless samples or seconds are given."""
        if self.samples is None and self.seconds is None:
            return Budget()
        return Budget(self.samples, self.seconds)

    def __post_init__(self) -> None:
        objective_named(self.objective)
        driver_named(self.driver)
        for name in ("samples", "threads"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, whole_number(name, value))
        if self.seconds is not None:
            object.__setattr__(self, "seconds", positive("seconds", self.seconds))
        object.__setattr__(self, "seed", whole_number("seed", self.seed, least=0))


def refuse_search(search: Search, why: str) -> None:
    """Refuse options of a search where nothing is searched.

    Raises
    ------
    UsageError
        Naming the options that are not as they are left out.
    """
    unlike = [
        f"--{name}"
        for name, default in asdict(Search()).items()
        if getattr(search, name) != default
    ]
    if unlike:
        words = " and ".join(filter(None, [", ".join(unlike[:-1]), unlike[-1]]))
        raise UsageError(
            Problem(
                f"{words} given, and nothing is searched: {why}",
                hint=f"leave out {words}",
            )
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A report of the work under way: which row, and how far its network is.

    ``energy_unit`` is that of the network's best energy.
    """

    row: str
    row_number: int
    rows: int
    network: NetworkProgress
    energy_unit: str


OnStep = Callable[[Step], None]


def silent(_: Step) -> None:
    """Say nothing."""


def usable_threads() -> int:
    """Return how many threads this process may use at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def plan(
    label: str,
    arch: Architecture,
    dataflows: Sequence[Dataflow],
    technology: Technology | None,
    accounting: Rules | None,
    search: Search,
    read_from: ReadFrom,
) -> Plan:
    """Put a row together; the energy table is the machine's own unless one is given.

    What would keep the row from being searched is said here, before any row is.

    Raises
    ------
    SpecError
        If prices are missing, or a dataflow cannot apply to the machine.
    UsageError
        If remainders are asked for under conventions that do not know them, or a memory is to be
        mapped unevenly that no tensors share.
    """
    binding_rules(dataflows, arch)
    rules = as_accounting(accounting)
    if search.remainders and not rules.conventions.plain:
        raise UsageError(
            Problem(
                f"mappings with remainders are not searched under accounting '{rules.name}', which "
                f"counts by other conventions ({rules.conventions})",
                hint="leave out --remainders, or choose another --accounting",
            )
        )
    return Plan(
        label=label,
        arch=arch,
        table=as_energy_table(technology, arch, read_from),
        accounting=rules,
        dataflows=tuple(dataflows),
        objective=objective_named(search.objective),
        budget=search.budget,
        driver=_driver(arch, search),
    )


def _driver(arch: Architecture, search: Search) -> Driver:
    """Return what searches a machine.

    Raises
    ------
    UsageError
        If a memory is to be mapped unevenly that no tensors share.
    """
    driver = driver_named(search.driver, search.seed, search.remainders)
    if not search.uneven:
        return driver
    selected_places(arch, search.uneven)
    return UnevenDriver(driver, search.uneven)


def single_plan(
    arch: Architecture,
    dataflow: Flow | Sequence[Flow],
    technology: Technology | None,
    accounting: Rules | None,
    search: Search,
    read_from: ReadFrom,
    network: Network | None = None,
) -> Plan:
    """Return the row of one machine under a dataflow, if there is one.

    Several files of Timeloop's constraints are one dataflow.

    Raises
    ------
    SpecError
        If a format of the machine cannot hold a tensor of the network.
    UsageError
        For several dataflows, which could be meant in two ways.
    """
    given = [dataflow] if isinstance(dataflow, str | Path | Dataflow) else [*dataflow]
    flows = as_dataflows(given, network, arch)
    if len(flows) > 1:
        names = ", ".join(map(called, given))
        raise UsageError(
            Problem(
                f"{len(given)} dataflows: {names}",
                expected="one",
                hint=(
                    "side by side: accelsim.compare(..., dataflows=[...]); the rules of all at"
                    f" once: a row of a study with `dataflow: [{names}]`"
                ),
            )
        )
    if network is not None:
        see_that_formats_hold(arch, network, read_from)
    label = flows[0].name if flows else arch.name
    return plan(label, arch, flows, technology, accounting, search, read_from)


def settings_of(
    words: Sequence[str],
    overrides: Sequence[str],
    search: Search,
    plans: Sequence[Plan],
    origins: Sequence[Origin],
    network: Network,
    assumptions: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> Settings:
    """Return what a result keeps of the call that made it; assumptions are those of a study."""
    flows = {flow.name: content_key(flow) for row in plans for flow in row.dataflows}
    assumed = dict.fromkeys(
        f"{flow.name}: {text}"
        for row in plans
        for flow in row.dataflows
        for text in flow.assumptions
    )
    void = dict.fromkeys(
        f"Void: {rule.name} says nothing, as {row.arch.name} has no level '{rule.rule.at}'."
        for row in plans
        for rule in void_rules(row.dataflows, row.arch)
    )
    kept = dict.fromkeys(
        f"Mappings keep to the constraints that come with {row.arch.name}"
        + (f": {row.arch.source}." if row.arch.source else ".")
        for row in plans
        if own_rules(row.arch)
    )
    idle = dict.fromkeys(
        f"Without effect: {said}."
        for row in plans
        for said in constraints_on_nothing(row.arch, network)
    )
    return Settings(
        words=tuple(words),
        overrides=tuple(overrides),
        objective=search.objective,
        samples=search.budget.samples,
        seconds=search.budget.seconds,
        seed=search.seed,
        driver=search.driver,
        uneven=search.uneven,
        remainders=search.remainders,
        dataflow_keys=tuple(flows.items()),
        assumptions=(*assumptions, *assumed),
        origins=tuple(origins),
        remarks=(*remarks, *kept, *idle, *void),
    )


def search_rows(
    network: Network,
    plans: Sequence[Plan],
    search: Search,
    stop: Stop = never,
    progress: OnStep = silent,
) -> tuple[NetworkResult, ...]:
    """Search row after row; when stopped, return the rows that were begun.

    A row without dataflows starts from what the rows before it found on the same machine: whatever
    is legal under a dataflow is legal without one, so that it never finds less than they did.

    Raises
    ------
    SpecError
        If a map has no room where it should stay.
    """
    for row in plans:
        refuse_residents(network, row.arch)
    results: list[NetworkResult] = []
    for number, row in enumerate(plans, start=1):
        if results and stop():
            break
        if not row.dataflows:
            row = replace(row, starts=_found_before(results, row.arch))
        teller = _Teller(row, number, len(plans), progress)
        results.append(
            run_network(
                network,
                row,
                threads=search.threads or usable_threads(),
                stop=stop,
                progress=teller.tell,
                cache=users_cache(),
            )
        )
    return tuple(results)


def _found_before(
    results: Sequence[NetworkResult], arch: Architecture
) -> dict[str, tuple[Mapping, ...]]:
    """Return the mappings found on a machine, by layer, each once."""
    found: dict[str, dict[Mapping, None]] = {}
    for result in results:
        for entry in result.layers if result.arch == arch else ():
            if entry.evaluation is not None:
                found.setdefault(entry.layer.name, {})[entry.evaluation.mapping] = None
    return {layer: tuple(mappings) for layer, mappings in found.items()}


@dataclass(frozen=True, slots=True)
class _Teller:
    """Passes a network's progress on, with the row that it belongs to."""

    row: Plan
    number: int
    rows: int
    progress: OnStep

    def tell(self, report: NetworkProgress) -> None:
        unit = self.row.table.unit
        self.progress(Step(self.row.label, self.number, self.rows, report, unit))
