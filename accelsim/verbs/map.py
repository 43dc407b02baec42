"""The best mapping of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, overload

from accelsim.mapper.contract import never
from accelsim.report.fronts import LayerFront
from accelsim.report.results import LayerRun
from accelsim.report.settings import Origin
from accelsim.verbs.search import (
    OnStep,
    Search,
    Stop,
    search_rows,
    settings_of,
    silent,
    single_plan,
)
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
    one_layer,
    split_overrides,
    word_of,
)


@overload
def map(
    machine: Machine,
    layer: Work,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = ...,
    pareto: Literal[True],
    stop: Stop = never,
    progress: OnStep = silent,
) -> LayerFront: ...


@overload
def map(
    machine: Machine,
    layer: Work,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = ...,
    pareto: bool = False,
    stop: Stop = never,
    progress: OnStep = silent,
) -> LayerRun: ...


def map(
    machine: Machine,
    layer: Work,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    pareto: bool = False,
    stop: Stop = never,
    progress: OnStep = silent,
) -> LayerRun:
    """Find the best mapping of one layer on a machine.

    Parameters
    ----------
    machine : name, path or record
    layer : a workload that selects one layer (``alexnet:conv3``), or a network of one layer
    pareto : search all trade-offs of energy and cycles, and return a
        :class:`~accelsim.report.fronts.LayerFront`, whose ``front`` holds their evaluations
    dataflow, technology, accounting, overrides, search, stop, progress
        As for :func:`accelsim.run`.

    Raises
    ------
    SpecError
        If a spec cannot be read.
    UsageError
        If the workload has several layers, or an option has no sense.
    """
    (for_machine,), rest = split_overrides(overrides, [machine], layer)
    arch = as_architecture(machine, for_machine)
    network = one_layer(as_network(layer, rest), layer)
    read_from = ReadFrom(word_of(machine), tuple(for_machine))
    plan = single_plan(arch, dataflow, technology, accounting, search, read_from)
    rows = search_rows(network, [replace(plan, front=pareto)], search, stop, progress)
    words = [called(machine), called(layer)]
    origin = Origin(plan.label, word_of(machine), word_of(layer), (*for_machine, *rest))
    result = LayerFront if pareto else LayerRun
    return result(rows, settings_of(words, overrides, search, [plan], [origin]))
