"""Who computes a sweep, by name, and what workers elsewhere need to have with them."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accelsim.arch.records import Architecture
from accelsim.errors import Problem, SpecError, UsageError
from accelsim.explore.cluster import Dask
from accelsim.explore.executors import Executor, InProcess, Stop
from accelsim.explore.points import Space
from accelsim.explore.processes import Processes
from accelsim.explore.records import Outcome
from accelsim.explore.run import Task
from accelsim.interchange.timeloop.direct import timeloop_machine
from accelsim.interchange.timeloop.sources import Sources, carry_sources, read_sources
from accelsim.interchange.workloads import is_foreign, open_foreign
from accelsim.mapspace.records import Dataflow
from accelsim.specs.references import Reference, carry, open_spec, parse_reference
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology
from accelsim.verbs.search import usable_threads
from accelsim.verbs.sweep_point import Bench
from accelsim.verbs.words import (
    Flow,
    Machine,
    as_accounting,
    as_dataflow,
    as_network,
    timeloop_file,
    word_of,
)
from accelsim.workload.records import Layer
from accelsim.yamldoc import Document

PROCESSES, IN_PROCESS, DASK = EXECUTORS = ("processes", "in-process", "dask")

AT = "dask://"
"""Before the address of a scheduler."""


def executor_named(name: str, workers: int | None) -> Executor:
    """Return who computes.

    Raises
    ------
    UsageError
        If there is no such executor, or it cannot have so many workers.
    MissingExtraError
        If it is Dask, which is not installed.
    """
    if name == PROCESSES:
        return Processes(usable_threads() if workers is None else workers)
    if name == DASK:
        return Dask(workers=usable_threads() if workers is None else workers)
    if name.startswith(AT):
        if workers is not None:
            hint = "they are started by themselves, with `dask worker`; leave out --workers"
            raise UsageError(Problem(f"the workers of {name} cannot be chosen", hint=hint))
        return Dask(name.removeprefix(AT))
    if name != IN_PROCESS:
        expected = f"one of {', '.join(EXECUTORS)}, {AT}HOST:PORT"
        raise UsageError(Problem(f"unknown executor '{name}'", expected=expected))
    if workers not in (None, 1):
        hint = f"several workers are --executor {PROCESSES}"
        raise UsageError(Problem(f"{workers} workers in one process", hint=hint))
    return InProcess()


@dataclass(frozen=True)
class Carried:
    """What is done with a point where there are no files: its bench, and the specs that it names.

    ``documents`` are under names that no other document ever has, as those of the bench are; and so
    are ``sources``, files of Timeloop's, which say what they do of the machine and layers of a
    point.
    """

    bench: Bench
    documents: Mapping[str, Document]
    sources: Mapping[str, Sources]

    def __call__(self, task: Task, stop: Stop) -> Outcome | None:
        """Return what comes of a point; None if it was stopped."""
        carry(self.documents)
        carry_sources(self.sources)
        return self.bench.measure(task, stop)


def carried(bench: Bench, space: Space) -> Carried:
    """Return the work of a bench with the contents of all specs that points of a space need."""
    documents: dict[str, Document] = {}
    sources: dict[str, Sources] = {}
    layers = tuple(layer for work in bench.workloads for layer in as_network(work).layers)
    machines = [_carried_machine(its, documents, sources, layers) for its in bench.machines]
    workloads = [_carried("workload", its, documents) for its in bench.workloads]
    technology = bench.technology
    if technology is not None and not isinstance(technology, EnergyTable):
        technology = read_technology(technology)
    named = dict.fromkeys([*map(_table_of, bench.machines), *_settings(bench, space, "technology")])
    its = replace(
        bench,
        machines=tuple(machines),
        workloads=tuple(workloads),
        dataflows=tuple(flow and _carried_flow(flow, sources) for flow in bench.dataflows),
        technology=technology,
        accounting=bench.accounting and as_accounting(bench.accounting),
        tables={} if technology else {word: _table(word) for word in named if word},
        files=(),
    )
    return Carried(its, documents, sources)


def _carried_machine(
    machine: Machine,
    documents: dict[str, Document],
    sources: dict[str, Sources],
    layers: Sequence[Layer],
) -> Machine:
    """Return the word that finds a machine; Timeloop's may name tensors of the ``layers``."""
    path = timeloop_file(word_of(machine))
    if path is None:
        found: Machine = _carried("architecture", machine, documents)
        return found
    name = _noted(path, sources)
    documents[name] = timeloop_machine(path, layers)
    return name


def _carried_flow(flow: Flow, sources: dict[str, Sources]) -> Flow:
    """Return the word that finds a dataflow of Timeloop's, or else the dataflow."""
    path = None if isinstance(flow, Dataflow) else timeloop_file(flow)
    return as_dataflow(flow) if path is None else _noted(path, sources)


def _noted(path: Path, sources: dict[str, Sources]) -> str:
    """Note a file of Timeloop's, and return the word that finds it."""
    its = read_sources([path])
    name = f"carried-{hashlib.sha256(pickle.dumps(its)).hexdigest()}.yaml"
    sources[name] = its
    return name


def _carried(kind: str, spec: Any, documents: dict[str, Document]) -> Any:
    """Note the document of a word, and return the word that finds it; a record is as it is."""
    word = word_of(spec)
    if not word:
        return spec
    reference = parse_reference(word)
    if is_foreign(reference.name):  # its parameters have their say as it is read
        document, rest = open_foreign(reference), ":" + ",".join(reference.patterns)
    else:
        document = open_spec(kind, Reference(reference.name))
        rest = word[len(reference.name) :]
    name = f"carried-{hashlib.sha256(pickle.dumps(document)).hexdigest()}"
    documents[name] = document
    return name + rest


def _table_of(machine: Machine) -> str:
    """Return the word of the table that a machine names; empty for none."""
    if isinstance(machine, Architecture):
        return machine.technology
    stated = open_spec("architecture", parse_reference(machine)).data.get("technology")
    return str(stated or "")


def _settings(bench: Bench, space: Space, path: str) -> list[str]:
    """Return the values that a path is set to at any point."""
    fixed = [value for its, value in bench.overrides if its == path]
    varied = (
        value
        for parameter in space.parameters
        for values in parameter.values
        for its, value in zip(parameter.paths, values, strict=True)
        if its == path
    )
    return [*fixed, *varied]


def _table(word: str) -> EnergyTable | tuple[Problem, ...]:
    """Return a table, or what is wrong with it: the points that need it will say so."""
    try:
        return read_technology(word)
    except SpecError as fault:
        return tuple(fault.problems)
