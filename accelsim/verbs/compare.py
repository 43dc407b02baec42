"""Dataflows, machines or the rows of a study, side by side on one network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, UsageError
from accelsim.mapper.contract import never
from accelsim.mapspace.records import Dataflow
from accelsim.network.run import Plan
from accelsim.report.results import Comparison
from accelsim.report.settings import Origin
from accelsim.study import Study, read_study
from accelsim.verbs.search import (
    OnStep,
    Search,
    Stop,
    plan,
    search_rows,
    settings_of,
    silent,
)
from accelsim.verbs.words import (
    Flow,
    Machine,
    Rules,
    Technology,
    Word,
    Work,
    as_architecture,
    as_dataflow,
    as_network,
    called,
    kind_of,
    split_overrides,
    word_of,
)
from accelsim.workload.records import Network

UNCONSTRAINED = "unconstrained"

USUAL_ORDER = ("rs", "ws", "os_a", "os_b", "os_c", "is", "nlr")
"""The order in which people look for the dataflows; others follow by name."""


@dataclass
class _Sorted:
    """The words of a call by kind."""

    machines: list[Machine] = field(default_factory=list)
    networks: list[Work] = field(default_factory=list)
    studies: list[Word] = field(default_factory=list)
    dataflows: list[Flow] = field(default_factory=list)


def compare(
    *what: Machine | Work | Flow,
    dataflows: Sequence[Flow] | Flow = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    stop: Stop = never,
    progress: OnStep = silent,
) -> Comparison:
    """Put dataflows, machines or the rows of a study side by side.

    Parameters
    ----------
    what : names, paths or records, in any order
        One workload and

        - one machine: its rows are dataflows, then the machine under no constraint, whose search
          starts from what the dataflows found;
        - several machines: one row each, under no constraint or under each of ``dataflows``;
        - a study: the rows that it lists.
    dataflows : sequence of names, paths or records
        Rows instead of all general dataflows that are shipped.
    technology : energy table instead of the machines' own
    accounting : accounting rules instead of "what is counted is charged"
    overrides : ``PATH=VALUE`` for the machines or for layers
    search : objective, budget, seed and threads
    stop : asked often; once it answers yes, the result holds what is finished
    progress : called with a :class:`~accelsim.verbs.search.Step` now and then

    Raises
    ------
    SpecError
        If a spec cannot be read.
    UsageError
        If the words do not make a comparison.
    """
    search.check()
    if isinstance(dataflows, str | Path | Dataflow):
        dataflows = [dataflows]
    words = _sort(what)
    words.dataflows += dataflows
    _check_mix(words)
    assumptions: list[str] = []
    if words.studies:
        kind = "study row"
        study = read_study(words.studies[0])
        assumptions += (f"{study.name}: {text}" for text in study.assumptions)
        rows, for_work = _study_rows(study, words, overrides)
    else:
        kind = "dataflow" if len(words.machines) == 1 else "machine"
        rows, for_work = _machine_rows(words, overrides)
    network = as_network(words.networks[0], for_work)
    plans = [
        plan(
            row.label,
            row.arch,
            row.dataflows,
            technology or row.technology or None,
            accounting or row.accounting or None,
            search,
        )
        for row in rows
    ]
    _check_comparable(plans)
    origins = [
        Origin(row.label, row.word, word_of(words.networks[0]), (*row.overrides, *for_work))
        for row in rows
    ]
    return Comparison(
        search_rows(network, plans, search, stop, progress),
        settings_of(
            [called(word) for word in what], overrides, search, plans, origins, assumptions
        ),
        kind,
    )


def general_dataflows() -> list[str]:
    """Return the shipped dataflows that belong to no study (``STUDY_name``)."""
    studies = tuple(f"{study}_" for study in shipped.names("study"))
    names = [name for name in shipped.names("dataflow") if not name.startswith(studies)]
    known = [name for name in USUAL_ORDER if name in names]
    return [*known, *(name for name in names if name not in known)]


def _sort(what: Sequence[Machine | Work | Flow]) -> _Sorted:
    words = _Sorted()
    for word in what:
        if isinstance(word, Architecture):
            words.machines.append(word)
        elif isinstance(word, Network):
            words.networks.append(word)
        elif isinstance(word, Dataflow):
            words.dataflows.append(word)
        else:
            kind = kind_of(word, ("architecture", "workload", "study", "dataflow"))
            places: dict[str, list[Word]] = {
                "architecture": words.machines,  # type: ignore[dict-item]
                "workload": words.networks,  # type: ignore[dict-item]
                "study": words.studies,
                "dataflow": words.dataflows,  # type: ignore[dict-item]
            }
            places[kind].append(word)
    return words


def _check_mix(words: _Sorted) -> None:
    if len(words.networks) != 1:
        count = len(words.networks) or "no"
        raise UsageError(
            Problem(
                f"{count} workload{'s' if len(words.networks) > 1 else ''} to compare on",
                expected="one",
                hint="as in: accelsim compare eyeriss alexnet (accelsim list workloads)",
            )
        )
    if not words.machines and not words.studies:
        raise UsageError(
            Problem(
                "no machine to compare on",
                expected="a machine, several, or a study",
                hint="as in: accelsim compare eyeriss alexnet (accelsim list archs)",
            )
        )
    if words.studies and (words.machines or words.dataflows or len(words.studies) > 1):
        raise UsageError(
            Problem(
                f"the study '{words.studies[0]}' names its machines and dataflows itself",
                expected="a study and a workload, nothing else",
            )
        )


@dataclass(frozen=True)
class _Row:
    """What a row is made of, before options that hold for all rows.

    ``word`` and ``overrides`` are what the machine was read from.
    """

    label: str
    word: str
    overrides: tuple[str, ...]
    arch: Architecture
    dataflows: tuple[Dataflow, ...] = ()
    technology: str = ""
    accounting: str = ""


def _machine_rows(words: _Sorted, overrides: Sequence[str]) -> tuple[list[_Row], list[str]]:
    """Return the rows of a comparison without a study, and the overrides of the workload.

    A machine is called by its spec's name; where two have one name, as they were named here.
    """
    per_machine, for_work = split_overrides(overrides, words.machines, words.networks[0])
    machines = [
        as_architecture(machine, its)
        for machine, its in zip(words.machines, per_machine, strict=True)
    ]
    flows = [as_dataflow(flow) for flow in words.dataflows]
    if len(machines) == 1:
        (arch,), (its,) = machines, per_machine
        read_from = (word_of(words.machines[0]), tuple(its))
        flows = flows or [as_dataflow(name) for name in general_dataflows()]
        rows = [_Row(flow.name, *read_from, arch, (flow,)) for flow in flows]
        return [*rows, _Row(UNCONSTRAINED, *read_from, arch)], for_work
    names = Counter(arch.name for arch in machines)
    rows = []
    for word, its, arch in zip(words.machines, per_machine, machines, strict=True):
        read_from = (word_of(word), tuple(its))
        label = arch.name if names[arch.name] == 1 else called(word)
        rows += [_Row(f"{label} {flow.name}", *read_from, arch, (flow,)) for flow in flows]
        if not flows:
            rows.append(_Row(label, *read_from, arch))
    return rows, for_work


def _study_rows(
    study: Study, words: _Sorted, overrides: Sequence[str]
) -> tuple[list[_Row], list[str]]:
    """Return the rows that a study lists, and the overrides of the workload."""
    machines = [row.architecture for row in study.rows]
    per_machine, for_work = split_overrides(overrides, machines, words.networks[0])
    rows = [
        _Row(
            row.label,
            row.architecture,
            tuple(its),
            as_architecture(row.architecture, its),
            tuple(as_dataflow(flow) for flow in row.dataflows),
            row.technology,
            row.accounting,
        )
        for row, its in zip(study.rows, per_machine, strict=True)
    ]
    return rows, for_work


def _check_comparable(plans: Sequence[Plan]) -> None:
    """Refuse rows whose energies cannot be compared, and rows of one name."""
    tables_by_unit = {row.table.unit: row.table.name for row in plans}
    if len(tables_by_unit) > 1:
        tables = ", ".join(f"{name} ({unit})" for unit, name in tables_by_unit.items())
        raise UsageError(
            Problem(
                f"the machines' energy tables have different units: {tables}",
                hint="choose one table for all with --technology",
            )
        )
    for label, count in Counter(row.label for row in plans).items():
        if count > 1:
            raise UsageError(Problem(f"{count} rows are called '{label}'"))
