"""Mapping a whole network: every layer's best mapping, equal layers searched once.

Layers are independent, so threads run over them (kernels release the interpreter lock); one
layer's search is sequential.  Results stand in the network's order and depend neither on threads
nor on what a cache knows already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from accelsim.evaluation.evaluate import evaluate_on
from accelsim.evaluation.packing import PriceArrays
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.contract import MappingProblem, Outcome, never, problem_on
from accelsim.mapper.results_cache import ResultsCache, is_kept
from accelsim.mapper.search_key import layer_key, prices_key
from accelsim.mapping.records import Mapping
from accelsim.network.front import uncovered
from accelsim.network.plan import Plan, Task, priced, task_key
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.network.searches import Board, NetworkProgress, search_all
from accelsim.network.staying import refuse_residents
from accelsim.workload.records import Layer, Network


@dataclass
class _Work:
    """The searches of a network, each once: by key, with the outcomes that a cache knows."""

    plan: Plan
    machine: PricedMachine
    cache: ResultsCache | None
    tasks: dict[str, Task] = field(default_factory=dict)
    known: dict[str, Outcome] = field(default_factory=dict)
    key_of: dict[object, str] = field(default_factory=dict)
    of_prices: dict[int, tuple[PriceArrays, str]] = field(default_factory=dict)
    seconds: float = 0.0
    """Of the processor, to set up the problems."""

    def add(self, layer: Layer, starts: tuple[Mapping, ...]) -> str:
        """Return the key of the search of a layer."""
        alike = (layer_key(layer), starts)
        key = self.key_of.get(alike)
        if key is None:
            began = time.thread_time()
            task = Task(problem_on(self.machine, layer, self.plan.dataflows), starts)
            self.seconds += time.thread_time() - began
            key = task_key(task, self.plan, self._prices_key(task.problem))
            self.key_of[alike] = key
            self.tasks[key] = task
            found = self.cache.get(key, task.problem) if self.cache else None
            if found is not None:
                self.known[key] = found
        return key

    def _prices_key(self, problem: MappingProblem) -> str:
        """Return the key of arrays that layers share, each made once."""
        arrays = problem.price_arrays
        if id(arrays) not in self.of_prices:
            self.of_prices[id(arrays)] = arrays, prices_key(problem)
        return self.of_prices[id(arrays)][1]


@dataclass(frozen=True)
class Searched:
    """A network whose layers were searched, as far as a stop let it.

    Attributes
    ----------
    keys : tuple of str
        Of each layer, the key of its search; layers that were not set up have none.
    apart : tuple of str
        The same for the layers without the maps that they find on the chip; empty for the others.
    tasks, outcomes : by key
    """

    network: Network
    plan: Plan
    machine: PricedMachine
    keys: tuple[str, ...]
    apart: tuple[str, ...]
    tasks: dict[str, Task]
    outcomes: dict[str, Outcome]
    run: RunInfo

    @property
    def complete(self) -> bool:
        """Whether every layer has a mapping."""
        best = (self.outcomes[key].best for key in self.keys if key in self.outcomes)
        return sum(its is not None for its in best) == len(self.network.layers)


def run_network(
    network: Network,
    plan: Plan,
    *,
    threads: int = 1,
    stop: Callable[[], bool] = never,
    progress: Callable[[NetworkProgress], None] | None = None,
    cache: ResultsCache | None = None,
) -> NetworkResult:
    """Search a mapping for every layer and evaluate it; raises what :func:`search_network` does.

    ``stop`` is asked between the layers while they are set up, and often while they are searched.
    When it answers yes, running searches end with the best that they have; layers that were not
    begun are left without a mapping.  What ``cache`` knows is not searched again; it changes
    nothing but the time, and the number of searches that it answered stands in the result's
    ``run``.
    """
    started = time.perf_counter()
    found = search_network(
        network, plan, threads=threads, stop=stop, progress=progress, cache=cache
    )
    result = evaluated(found)
    return replace(result, run=replace(result.run, seconds=time.perf_counter() - started))


def search_network(
    network: Network,
    plan: Plan,
    *,
    threads: int = 1,
    stop: Callable[[], bool] = never,
    progress: Callable[[NetworkProgress], None] | None = None,
    cache: ResultsCache | None = None,
) -> Searched:
    """Search a mapping for every layer; see :func:`run_network`.

    Raises
    ------
    SpecError
        If prices are missing, the constraints cannot apply to the machine, or a map has no room
        where it should stay.
    IllegalMappingError
        If a mapping to start from is not one of its layer.
    """
    started = time.perf_counter()
    refuse_residents(network, plan.arch)
    machine = priced(plan)
    cache = cache if is_kept(plan.driver) else None
    work = _Work(plan, machine, cache)
    keys: list[str] = []
    apart: list[str] = []
    for layer in network.layers:
        if stop():
            break
        keys.append(work.add(layer, plan.starts.get(layer.name, ())))
        apart.append(
            work.add(replace(layer, residents=()), ()) if plan.apart and layer.residents else ""
        )
    tasks, known = work.tasks, work.known
    set_up = len(keys) == len(network.layers)
    outcomes: dict[str, Outcome] = {}
    board = Board(len(tasks), progress)
    if set_up:
        outcomes = search_all(tasks, known, plan, threads, stop, board, cache)
    stopped = {o.certificate.stopped_by for o in outcomes.values()} & {"seconds", "stop"}
    if len(outcomes) < len(tasks) or not set_up:
        stopped = {"stop"}
    return Searched(
        network=network,
        plan=plan,
        machine=machine,
        keys=tuple(keys),
        apart=tuple(apart),
        tasks=tasks,
        outcomes=outcomes,
        run=RunInfo(
            seconds=time.perf_counter() - started,
            threads=threads,
            stopped_by="stop" if "stop" in stopped else next(iter(stopped), ""),
            cached=len(known),
            search_seconds=work.seconds + board.search_seconds,
        ),
    )


def evaluated(searched: Searched) -> NetworkResult:
    """Evaluate the mappings that searches found."""
    network, plan, machine = searched.network, searched.plan, searched.machine
    keys, outcomes = searched.keys, searched.outcomes
    found = {key: (task, outcomes.get(key)) for key, task in searched.tasks.items()}
    evaluations = {key: _evaluation(machine, *its) for key, its in found.items()}
    fronts = {key: _front(machine, *its) for key, its in found.items()}
    first: dict[str, str] = {}
    layers: list[LayerResult] = []
    for layer, key, alone in zip(network.layers, keys, searched.apart, strict=False):
        same_as = "" if first.setdefault(key, layer.name) == layer.name else first[key]
        its = _layer_result(layer, same_as, outcomes.get(key), evaluations[key], fronts[key])
        bare_one = evaluations.get(alone)
        if bare_one is not None:
            its = replace(its, apart=replace(bare_one, layer=replace(layer, residents=())))
        layers.append(its)
    layers += [LayerResult(layer, None) for layer in network.layers[len(keys) :]]
    return NetworkResult(
        label=plan.label,
        network=network,
        arch=plan.arch,
        dataflow="+".join(flow.name for flow in plan.dataflows),
        technology=plan.table.name,
        accounting=plan.accounting.name,
        objective=plan.objective.name,
        layers=tuple(layers),
        run=searched.run,
    )


def run_layer(layer: Layer, plan: Plan, machine: PricedMachine, cache: ResultsCache) -> LayerResult:
    """Search a mapping for one layer and evaluate it, as :func:`run_network` does.

    Parameters
    ----------
    machine : that of the plan, for many layers

    Raises
    ------
    SpecError
        If the constraints cannot apply to the machine, or the layer is too large to count.
    """
    task = Task(problem_on(machine, layer, plan.dataflows), plan.starts.get(layer.name, ()))
    key = task_key(task, plan)
    kept = is_kept(plan.driver)
    outcome = cache.get(key, task.problem) if kept else None
    if outcome is None:
        outcome = plan.driver.search(
            task.problem, plan.objective, plan.budget, front=plan.front, start=task.starts
        )
        if kept:
            cache.put(key, outcome)
    front = _front(machine, task, outcome)
    return _layer_result(layer, "", outcome, _evaluation(machine, task, outcome), front)


def _evaluation(machine: PricedMachine, task: Task, outcome: Outcome | None) -> Evaluation | None:
    if outcome is None or outcome.best is None:
        return None
    return _evaluate(machine, task, outcome.best.mapping)


def _front(machine: PricedMachine, task: Task, outcome: Outcome | None) -> tuple[Evaluation, ...]:
    """Evaluate the points of a front; of points that rounding makes equal, one is kept."""
    if outcome is None or not outcome.front:
        return ()
    points = [_evaluate(machine, task, point.mapping) for point in outcome.front]
    energy = np.array([point.energy_total for point in points])
    cycles = np.array([point.cycles for point in points])
    return tuple(points[i] for i in uncovered(energy, cycles))


def _evaluate(machine: PricedMachine, task: Task, mapping: Mapping) -> Evaluation:
    return evaluate_on(machine, task.problem.layer, mapping, task.problem.packed)


def _layer_result(
    layer: Layer,
    same_as: str,
    outcome: Outcome | None,
    evaluation: Evaluation | None,
    front: tuple[Evaluation, ...],
) -> LayerResult:
    """Return the result of the layer that was searched, or of one that is equal to it."""
    if outcome is None:
        return LayerResult(layer, None)
    its = evaluation and _of(layer, evaluation)
    front = tuple(_of(layer, point) for point in front)
    return LayerResult(layer, its, outcome.certificate, outcome.infeasible, same_as, front)


def _of(layer: Layer, evaluation: Evaluation) -> Evaluation:
    """Return the evaluation of a layer that is equal to this one as this one's."""
    return evaluation if evaluation.layer is layer else replace(evaluation, layer=layer)
