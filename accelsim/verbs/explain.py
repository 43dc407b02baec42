"""Why one layer's mapping costs what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim.errors import Problem, UsageError
from accelsim.explanation.explain import refuse_conventions
from accelsim.mapper.contract import never
from accelsim.mapping.records import Mapping
from accelsim.report.explanation import LayerExplanation
from accelsim.verbs.evaluate import evaluate
from accelsim.verbs.map import map as map_layer
from accelsim.verbs.search import OnStep, Search, Stop, refuse_search, silent
from accelsim.verbs.words import Flow, Machine, Rules, Technology, Work, as_accounting


def explain(
    machine: Machine,
    layer: Work,
    mapping: str | Path | Mapping | None = None,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    stop: Stop = never,
    progress: OnStep = silent,
) -> LayerExplanation:
    """Say which loop causes which traffic, in numbers.

    Parameters
    ----------
    machine : name, path or record
    layer : a workload that selects one layer (``alexnet:conv3``), or a network of one layer
    mapping : path of a mapping, or a record; left out, the best that :func:`accelsim.map` finds
    dataflow, search, stop, progress
        As for :func:`accelsim.map`, where no mapping is given.
    technology, accounting, overrides
        As for :func:`accelsim.run`.

    Returns
    -------
    LayerExplanation
        Its ``explanation`` holds the boundaries by falling energy, each with its terms: words,
        accesses, energy (in the unit of the table) and the formula in numbers.  Together they are
        the evaluation.

    Raises
    ------
    SpecError
        If a spec or the mapping cannot be read.
    UsageError
        If the workload has several layers, or a mapping is given and a dataflow or options of a
        search too.
    IllegalMappingError
        If the mapping breaks a rule of the machine or of the layer.
    """
    refuse_conventions(as_accounting(accounting).conventions)
    if mapping is None:
        found = map_layer(
            machine,
            layer,
            dataflow=dataflow,
            technology=technology,
            accounting=accounting,
            overrides=overrides,
            search=search,
            stop=stop,
            progress=progress,
        )
        return LayerExplanation(found.rows, found.settings)
    if dataflow:
        raise UsageError(
            Problem(
                "both a mapping and a dataflow are given",
                expected="one of them",
                hint="a dataflow is what a mapping is searched under",
            )
        )
    refuse_search(search, "a mapping is given")
    given = evaluate(
        machine,
        layer,
        mapping,
        technology=technology,
        accounting=accounting,
        overrides=overrides,
    )
    return LayerExplanation(given.rows, given.settings)
