"""Normalised energies of networks, by the energy-estimation method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from accelsim.errors import Problem, SpecError, UsageError
from accelsim.mapper.contract import never
from accelsim.network.records import NetworkResult
from accelsim.report.estimates import Estimates
from accelsim.report.settings import Origin, Settings
from accelsim.report.writing import write_texts
from accelsim.specs.references import parse_reference
from accelsim.verbs.overrides import split_overrides
from accelsim.verbs.search import OnStep, Search, Step, Stop, silent
from accelsim.verbs.single import search_single
from accelsim.verbs.words import Flow, Machine, Technology, Work, called, word_of

MACHINE = "eyeriss"
"""The machine of the method: Eyeriss, at the prices of the ISCA 2016 study."""


def estimate(
    *workloads: Work,
    machine: Machine = MACHINE,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    output: str | Path | None = None,
    stop: Stop = never,
    progress: OnStep = silent,
) -> Estimates:
    """Estimate the energy of networks in units of a multiply-accumulate, side by side.

    Each layer's energy is split into computation and the movement of weights, inputs and outputs,
    on the best mapping that is found.  Shapes, bits and densities are those of the workloads
    (``bits:``, ``density:``, or ``overrides``).  See :mod:`accelsim.network.estimate` for what
    zeros save.

    Parameters
    ----------
    workloads : names, paths or records
    machine : name, path or record
    dataflow : name, path or record of one dataflow at most; without, the machine alone limits
    technology : energy table instead of the machine's own
    overrides : ``PATH=VALUE`` for the machine, or for the layers of the workloads that have them
        ``conv*.density.weights=0.4``
    search : objective, budget, seed and threads
    output : folder for ``estimate.json`` and ``estimate.csv``, if anywhere
    stop : asked often; once it answers yes, the result holds what is finished
    progress : called with a :class:`~accelsim.verbs.search.Step` now and then

    Returns
    -------
    Estimates
        ``networks`` holds one :class:`~accelsim.network.estimate.NetworkEstimate` each.

    Raises
    ------
    SpecError
        If a spec cannot be read, or a MAC costs nothing.
    UsageError
        If an option has no sense, or the folder cannot be written.
    """
    if not workloads:
        hint = "as in: accelsim estimate alexnet squeezenet"
        raise UsageError(Problem("no network to estimate", expected="one or more", hint=hint))
    labels = [_label(work) for work in workloads]
    for label, count in Counter(labels).items():
        if count > 1:
            raise UsageError(Problem(f"{count} networks are called '{label}'"))
    rows, settings, origins = list[NetworkResult](), list[Settings](), list[Origin]()
    shares = _shared_out(overrides, machine, workloads)
    for number, (work, its) in enumerate(zip(workloads, shares, strict=True), start=1):
        label = labels[number - 1]
        if rows and stop():
            origins.append(Origin(label, word_of(machine), word_of(work), tuple(its)))
            continue
        found, said = search_single(
            machine,
            work,
            lambda network, _: network,
            dataflow=dataflow,
            technology=technology,
            accounting=None,
            overrides=its,
            search=search,
            pareto=False,
            stop=stop,
            progress=_numbered(progress, label, number, len(workloads)),
        )
        rows += (replace(row, label=label) for row in found)
        origins += (replace(origin, row=label) for origin in said.origins)
        settings.append(said)
    together = replace(
        settings[0],
        words=tuple(map(called, workloads)),
        overrides=tuple(overrides),
        origins=tuple(origins),
        remarks=tuple(dict.fromkeys(text for its in settings for text in its.remarks)),
    )
    result = Estimates(tuple(rows), together)
    if output is not None:
        write_texts(Path(output), result.files(Path(output)))
    return result


def _label(work: Work) -> str:
    """Return what a network was called, without the folder of its file."""
    word = called(work)
    name = parse_reference(word).name
    return Path(name).name + word.removeprefix(name)


def _shared_out(
    overrides: Sequence[str], machine: Machine, workloads: Sequence[Work]
) -> list[list[str]]:
    """Return for each workload the overrides that mean something to the machine or to it.

    Raises
    ------
    SpecError
        If one means nothing to any of them.
    """
    shares: list[list[str]] = [[] for _ in workloads]
    problems: dict[Problem, None] = {}
    for words in overrides:
        faults: list[Problem] = []
        for work, its in zip(workloads, shares, strict=True):
            try:
                split_overrides([words], [machine], work)
            except SpecError as fault:
                faults += fault.problems
            else:
                its.append(words)
        if not any(words in its for its in shares):
            problems |= dict.fromkeys(faults)
    if problems:
        raise SpecError(problems)
    return shares


def _numbered(progress: OnStep, label: str, number: int, of: int) -> OnStep:
    def tell(step: Step) -> None:
        progress(replace(step, row=label, row_number=number, rows=of))

    return tell
