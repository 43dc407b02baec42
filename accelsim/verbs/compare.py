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
from accelsim.study import read_study
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

        - one machine: its rows are dataflows, then the machine under no constraint;
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
    machines, for_work = _machines(words, overrides)
    network = as_network(words.networks[0], for_work)
    flows = [as_dataflow(flow) for flow in words.dataflows]
    rows: list[tuple[str, Architecture, list[Dataflow]]]
    if words.studies:
        kind = "study row"
        plans = _study_plans(words.studies[0], technology, accounting, search)
    else:
        if len(machines) == 1:
            kind = "dataflow"
            (arch,) = machines.values()
            flows = flows or [as_dataflow(name) for name in general_dataflows()]
            rows = [*((flow.name, arch, [flow]) for flow in flows), (UNCONSTRAINED, arch, [])]
        elif not flows:
            kind = "machine"
            rows = [(label, arch, []) for label, arch in machines.items()]
        else:
            kind = "machine"
            rows = [
                (f"{label} {flow.name}", arch, [flow])
                for label, arch in machines.items()
                for flow in flows
            ]
        plans = [plan(*row, technology, accounting, search) for row in rows]
    _check_comparable(plans)
    return Comparison(
        search_rows(network, plans, search, stop, progress),
        settings_of([called(word) for word in what], overrides, search, plans),
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


def _machines(
    words: _Sorted, overrides: Sequence[str]
) -> tuple[dict[str, Architecture], list[str]]:
    """Return the machines by label, and the overrides that are not theirs.

    A label is the spec's name; where two machines have one name, how they were called.
    """
    work = words.networks[0]
    per_machine, for_work = split_overrides(overrides, words.machines, work)
    machines = [
        as_architecture(machine, its)
        for machine, its in zip(words.machines, per_machine, strict=True)
    ]
    names = Counter(arch.name for arch in machines)
    labelled: dict[str, Architecture] = {}
    for word, arch in zip(words.machines, machines, strict=True):
        label = arch.name if names[arch.name] == 1 else called(word)
        if label in labelled:
            raise UsageError(Problem(f"two machines are called '{label}'"))
        labelled[label] = arch
    return labelled, for_work


def _study_plans(
    word: Word, technology: Technology | None, accounting: Rules | None, search: Search
) -> list[Plan]:
    return [
        plan(
            row.label,
            as_architecture(row.architecture),
            [as_dataflow(flow) for flow in row.dataflows],
            technology or row.technology or None,
            accounting or row.accounting,
            search,
        )
        for row in read_study(word).rows
    ]


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
