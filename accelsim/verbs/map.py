"""The best mapping of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

from accelsim.mapper.contract import never
from accelsim.report.fronts import LayerFront
from accelsim.report.results import LayerRun
from accelsim.verbs.search import OnStep, Search, Stop, silent
from accelsim.verbs.single import search_single
from accelsim.verbs.words import Flow, Machine, Rules, Technology, Work, one_layer


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
    rows, settings = search_single(
        machine,
        layer,
        one_layer,
        dataflow=dataflow,
        technology=technology,
        accounting=accounting,
        overrides=overrides,
        search=search,
        pareto=pareto,
        stop=stop,
        progress=progress,
    )
    return LayerFront(rows, settings) if pareto else LayerRun(rows, settings)
