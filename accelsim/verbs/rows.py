"""What the rows of a comparison are made of, before the options that hold for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError
from accelsim.mapspace.binding import binding_rules, own_rules
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.space import mapspace
from accelsim.specs.references import named_at, open_spec, parse_reference
from accelsim.study import Study
from accelsim.verbs.words import (
    Flow,
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Word,
    as_accounting,
    as_architecture,
    as_dataflow,
    as_energy_table,
    called,
    word_of,
)
from accelsim.workload.records import Network

Named = TypeVar("Named")

UNCONSTRAINED = "unconstrained"

USUAL_ORDER = ("rs", "ws", "os_a", "os_b", "os_c", "is", "nlr")
"""The order in which people look for the dataflows; others follow by name."""


@dataclass(frozen=True)
class Row:
    """One contender; ``technology`` and ``accounting`` are empty where it names none."""

    label: str
    read_from: ReadFrom
    arch: Architecture
    dataflows: tuple[Dataflow, ...] = ()
    technology: str = ""
    accounting: str = ""


def general_dataflows() -> list[str]:
    """Return the shipped dataflows that belong to no study (``STUDY_name``)."""
    studies = tuple(f"{study}_" for study in shipped.names("study"))
    names = [name for name in shipped.names("dataflow") if not name.startswith(studies)]
    known = [name for name in USUAL_ORDER if name in names]
    return [*known, *(name for name in names if name not in known)]


def machine_rows(
    words: Sequence[Machine],
    overrides: Sequence[Sequence[str]],
    dataflows: Sequence[Flow],
    network: Callable[[], Network],
) -> list[Row]:
    """Return the rows of a comparison without a study.

    A machine is called by its spec's name; where two have one name, as they were named here.
    """
    sources = [
        ReadFrom(word_of(word), tuple(its)) for word, its in zip(words, overrides, strict=True)
    ]
    machines = [
        as_architecture(word, its.overrides, network)
        for word, its in zip(words, sources, strict=True)
    ]
    only = machines[0] if len(machines) == 1 else None
    flows = [as_dataflow(flow, network(), only) for flow in dataflows]
    if len(machines) == 1:
        (arch,), (its,) = machines, sources
        flows = flows or [as_dataflow(name) for name in general_dataflows()]
        rows = [Row(flow.name, its, arch, (flow,)) for flow in flows]
        return [*rows, Row(UNCONSTRAINED, its, arch)]
    names = Counter(arch.name for arch in machines)
    rows = []
    for word, its, arch in zip(words, sources, machines, strict=True):
        label = arch.name if names[arch.name] == 1 else called(word)
        rows += [Row(f"{label} {flow.name}", its, arch, (flow,)) for flow in flows]
        if not flows:
            rows.append(Row(label, its, arch))
    return rows


def agreeing_rows(rows: Sequence[Row], network: Network) -> tuple[list[Row], list[str]]:
    """Return the rows whose dataflows agree with the machine's own constraints.

    Returns
    -------
    rows : list of Row
    remarks : list of str
        Why others are left out, a sentence for each.
    """
    agreeing, remarks = [], []
    for row in rows:
        try:
            for layer in network.layers if row.dataflows and own_rules(row.arch) else ():
                mapspace(layer, row.arch, row.dataflows)
        except SpecError as fault:
            said = "; ".join(map(str, fault.problems))
            remarks.append(
                f"Without {row.label}, which cannot be kept to on {row.arch.name}: {said}."
            )
        else:
            agreeing.append(row)
    return agreeing, remarks


def study_rows(
    word: Word,
    study: Study,
    overrides: Sequence[Sequence[str]],
    technology: Technology | None = None,
    accounting: Rules | None = None,
) -> list[Row]:
    """Return the rows that a study lists, everything that they name read.

    Parameters
    ----------
    word : what the study was read from
    overrides : those of each row's machine
    technology, accounting : instead of those that the rows name

    Raises
    ------
    SpecError
        With what is wrong with any row; what a row names wrongly is located where it names it.
    """
    document = open_spec("study", parse_reference(word))
    problems: dict[Problem, None] = {}
    rows = []

    def named(read: Callable[[], Named], *keys: str | int) -> Named | None:
        try:
            with named_at(document, ("rows", *keys)):
                return read()
        except SpecError as fault:
            problems.update(dict.fromkeys(fault.problems))
            return None

    for index, (row, its) in enumerate(zip(study.rows, overrides, strict=True)):
        found = named(partial(as_architecture, row.architecture, its), index, "architecture")
        flows = [
            named(partial(_applicable, flow, found), index, "dataflow", position)
            for position, flow in enumerate(row.dataflows)
        ]
        named(partial(as_accounting, accounting or row.accounting), index, "accounting")
        if found is None:
            continue
        read_from = ReadFrom(row.architecture, tuple(its))
        table = technology or row.technology or None
        key = "technology" if row.technology else "architecture"
        named(partial(as_energy_table, table, found, read_from), index, key)
        applied = tuple(flow for flow in flows if flow is not None)
        rows.append(Row(row.label, read_from, found, applied, row.technology, row.accounting))
    if problems:
        raise SpecError(problems)
    return rows


def _applicable(flow: Flow, arch: Architecture | None) -> Dataflow:
    """Read a dataflow, and see that its rules mean something on a machine, if there is one."""
    found = as_dataflow(flow)
    if arch is not None:
        binding_rules([found], arch)
    return found
