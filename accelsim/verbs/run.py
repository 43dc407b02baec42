"""One network on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, overload

from accelsim.mapper.contract import never
from accelsim.report.fronts import NetworkFront
from accelsim.report.results import NetworkRun
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
    split_overrides,
    word_of,
)


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
    dataflow : name, path or record, or several
        Constraints; several add up.  Without any, the machine alone limits the mappings.
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
    (for_machine,), rest = split_overrides(overrides, [machine], workload)
    arch = as_architecture(machine, for_machine)
    network = as_network(workload, rest)
    read_from = ReadFrom(word_of(machine), tuple(for_machine))
    plan = single_plan(arch, dataflow, technology, accounting, search, read_from)
    rows = search_rows(network, [replace(plan, front=pareto)], search, stop, progress)
    words = [called(machine), called(workload)]
    origin = Origin(plan.label, word_of(machine), word_of(workload), (*for_machine, *rest))
    result = NetworkFront if pareto else NetworkRun
    return result(rows, settings_of(words, overrides, search, [plan], [origin]))
