"""One network on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

from accelsim.mapper.contract import never
from accelsim.report.fronts import NetworkFront
from accelsim.report.results import NetworkRun
from accelsim.verbs.search import OnStep, Search, Stop, silent
from accelsim.verbs.single import search_single
from accelsim.verbs.words import Flow, Machine, Rules, Technology, Work


@overload
def run(
    machine: Machine,
    workload: Work,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = ...,
    pareto: Literal[True],
    stop: Stop = never,
    progress: OnStep = silent,
) -> NetworkFront: ...


@overload
def run(
    machine: Machine,
    workload: Work,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = ...,
    pareto: bool = False,
    stop: Stop = never,
    progress: OnStep = silent,
) -> NetworkRun: ...


def run(
    machine: Machine,
    workload: Work,
    *,
    dataflow: Flow | Sequence[Flow] = (),
    technology: Technology | None = None,
    accounting: Rules | None = None,
    overrides: Sequence[str] = (),
    search: Search = Search(),  # noqa: B008  (an immutable record)
    pareto: bool = False,
    stop: Stop = never,
    progress: OnStep = silent,
) -> NetworkRun:
    """Find the best mapping of every layer of a network on a machine.

    Parameters
    ----------
    machine, workload : name, path or record
    dataflow : name, path or record
        Constraints; without any, the machine alone limits the mappings.  A sequence may hold one
        at most: several side by side are :func:`accelsim.compare`'s, and the rules of several at
        once a study's.
    technology : energy table instead of the machine's own
    accounting : accounting rules instead of "what is counted is charged"
    overrides : ``PATH=VALUE`` for the machine or for layers
    search : objective, budget, seed and threads
    pareto : search all trade-offs of energy and cycles, and return a
        :class:`~accelsim.report.fronts.NetworkFront`, whose ``points`` are the network's and whose
        ``at(number)`` is the network under the mappings of one of them
    stop : asked often; once it answers yes, the result holds what is finished
    progress : called with a :class:`~accelsim.verbs.search.Step` now and then

    Raises
    ------
    SpecError
        If a spec cannot be read.
    UsageError
        If an option has no sense.

    Examples
    --------
    >>> import accelsim as acs
    >>> result = acs.run("eyeriss", "alexnet:conv3", dataflow="rs")
    >>> result.complete
    True
    >>> sorted(result.energy.over("tensor"))
    ['Inputs', 'Outputs', 'Weights', 'compute']
    """
    rows, settings = search_single(
        machine,
        workload,
        lambda network, _: network,
        dataflow=dataflow,
        technology=technology,
        accounting=accounting,
        overrides=overrides,
        search=search,
        pareto=pareto,
        stop=stop,
        progress=progress,
    )
    return NetworkFront(rows, settings) if pareto else NetworkRun(rows, settings)
