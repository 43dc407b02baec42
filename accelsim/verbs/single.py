"""One machine under one dataflow or none: what run and map have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from accelsim.network.records import NetworkResult
from accelsim.report.settings import Origin, Settings
from accelsim.verbs.overrides import pattern_remarks, split_overrides
from accelsim.verbs.search import OnStep, Search, Stop, search_rows, settings_of, single_plan
from accelsim.verbs.words import (
    Flow,
    Machine,
    ReadFrom,
    Rules,
    Technology,
    Work,
    as_architecture,
    as_network,
    called,
    word_of,
)
from accelsim.workload.records import Network


def search_single(
    machine: Machine,
    work: Work,
    see: Callable[[Network, Work], Network],
    *,
    dataflow: Flow | Sequence[Flow],
    technology: Technology | None,
    accounting: Rules | None,
    overrides: Sequence[str],
    search: Search,
    pareto: bool,
    stop: Stop,
    progress: OnStep,
) -> tuple[tuple[NetworkResult, ...], Settings]:
    """Search the mappings of a network; return the only row, and what a result keeps of the call.

    Parameters
    ----------
    see : takes the network that ``work`` stands for, and refuses it or returns it
    dataflow, technology, accounting, overrides, search, pareto, stop, progress
        As for :func:`accelsim.run`.
    """
    (for_machine,), rest = split_overrides(overrides, [machine], work)
    arch = as_architecture(machine, for_machine, lambda: as_network(work, rest))
    network = see(as_network(work, rest), work)
    read_from = ReadFrom(word_of(machine), tuple(for_machine))
    plan = single_plan(arch, dataflow, technology, accounting, search, read_from, network)
    rows = search_rows(network, [replace(plan, front=pareto, apart=True)], search, stop, progress)
    words = [called(machine), called(work)]
    origin = Origin(plan.label, word_of(machine), word_of(work), (*for_machine, *rest))
    remarks = pattern_remarks([for_machine], [machine], rest, work)
    return rows, settings_of(words, overrides, search, [plan], [origin], network, remarks=remarks)
