"""Dataflows, machines or the rows of a study, side by side on one network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, UsageError
from accelsim.mapper.contract import never
from accelsim.mapspace.records import Dataflow
from accelsim.network.plan import Plan
from accelsim.report.results import Comparison
from accelsim.report.settings import Origin
from accelsim.specs.references import parse_reference
from accelsim.study import read_study
from accelsim.verbs.overrides import pattern_remarks, split_overrides
from accelsim.verbs.rows import Row, agreeing_rows, machine_rows, study_rows
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
    as_network,
    called,
    kind_of,
    kinds_of,
    word_of,
)
from accelsim.workload.records import Network


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
    if isinstance(dataflows, str | Path | Dataflow):
        dataflows = [dataflows]
    words = _sort(what)
    words.dataflows += dataflows
    _check_mix(words)
    work = words.networks[0]
    assumptions: list[str] = []
    if words.studies:
        kind = "study row"
        study = read_study(words.studies[0])
        assumptions += (f"{study.name}: {text}" for text in study.assumptions)
        machines: Sequence[Machine] = [row.architecture for row in study.rows]
        per_machine, for_work = split_overrides(overrides, machines, work)
        rows = study_rows(words.studies[0], study, per_machine, technology, accounting)
    else:
        kind = "dataflow" if len(words.machines) == 1 else "machine"
        machines = words.machines
        per_machine, for_work = split_overrides(overrides, machines, work)
        rows = machine_rows(
            machines, per_machine, words.dataflows, lambda: as_network(work, for_work)
        )
    network = as_network(work, for_work)
    remarks: Sequence[str] = pattern_remarks(per_machine, machines, for_work, work)
    if kind == "dataflow" and not words.dataflows:
        rows, left_out = agreeing_rows(rows, network)
        remarks = (*remarks, *left_out)
    plans = _plans(rows, technology, accounting, search)
    _check_comparable(plans)
    origins = [
        Origin(row.label, its.word, word_of(work), (*its.overrides, *for_work))
        for row in rows
        for its in [row.read_from]
    ]
    return Comparison(
        search_rows(network, plans, search, stop, progress),
        settings_of(
            [called(word) for word in what],
            overrides,
            search,
            plans,
            origins,
            network,
            assumptions,
            remarks,
        ),
        kind,
    )


def _sort(what: Sequence[Machine | Work | Flow]) -> _Sorted:
    words = _Sorted()
    holds_both: list[Word] = []
    for word in what:
        if isinstance(word, Architecture):
            words.machines.append(word)
        elif isinstance(word, Network):
            words.networks.append(word)
        elif isinstance(word, Dataflow):
            words.dataflows.append(word)
        elif _is_machine_and_more(word):
            if word not in words.machines:
                words.machines.append(word)
            if "workload" in kinds_of(word) and word not in holds_both:
                holds_both.append(word)
        else:
            kind = kind_of(word, ("architecture", "workload", "study", "dataflow"))
            places: dict[str, list[Word]] = {
                "architecture": words.machines,  # type: ignore[dict-item]
                "workload": words.networks,  # type: ignore[dict-item]
                "study": words.studies,
                "dataflow": words.dataflows,  # type: ignore[dict-item]
            }
            places[kind].append(word)
    words.networks += () if words.networks else holds_both
    return words


def _is_machine_and_more(word: Word) -> bool:
    """Tell whether a word means a foreign file that holds a machine beside others.

    It is the machine here, and the workload too where no other word is one; its dataflow has to be
    asked for as such.
    """
    held = kinds_of(word) if shipped.is_path(parse_reference(word).name) else ()
    return "architecture" in held and len(held) > 1


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


def _plans(
    rows: Sequence[Row],
    technology: Technology | None,
    accounting: Rules | None,
    search: Search,
) -> list[Plan]:
    """Put the rows together; the problems of all rows are raised at once."""
    plans = []
    problems: dict[Problem, None] = {}
    for row in rows:
        try:
            plans.append(
                plan(
                    row.label,
                    row.arch,
                    row.dataflows,
                    technology or row.technology or None,
                    accounting or row.accounting or None,
                    search,
                    row.read_from,
                )
            )
        except SpecError as fault:
            problems |= dict.fromkeys(fault.problems)
    if problems:
        raise SpecError(problems)
    return plans


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
