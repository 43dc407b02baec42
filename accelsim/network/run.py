"""Mapping a whole network: every layer's best mapping, equal layers searched once.

Layers are independent, so threads run over them (kernels release the interpreter lock); one
layer's search is sequential.  Results stand in the network's order and depend neither on threads
nor on what a cache knows already.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import numpy as np

from accelsim.arch.records import Architecture
from accelsim.evaluation.evaluate import evaluate_on
from accelsim.evaluation.priced_machine import PricedMachine
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.records import Evaluation
from accelsim.kept import kept
from accelsim.mapper.contract import (
    Budget,
    Driver,
    MappingProblem,
    Outcome,
    Progress,
    never,
    problem_on,
    search_key_with,
    settings_key,
)
from accelsim.mapper.objectives import Objective
from accelsim.mapper.results_cache import ResultsCache, is_kept
from accelsim.mapping.records import Mapping
from accelsim.mapspace.records import Dataflow
from accelsim.network.front import uncovered
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
from accelsim.network.staying import refuse_residents
from accelsim.technology.records import Accounting, EnergyTable
from accelsim.workload.records import Layer, Network

POLL_SECONDS = 0.1
"""How often the caller's thread looks up while searches run."""


@dataclass(frozen=True, slots=True)
class NetworkProgress:
    """A report from a network under way.

    ``considered`` counts mappings over all layers; ``layer`` is the one that reported last, with
    the best energy and cycles that it has so far.
    """

    layers_done: int
    layers: int
    considered: int
    layer: str = ""
    best_energy: float | None = None
    best_cycles: float | None = None


@dataclass(frozen=True)
class Plan:
    """What a network is run on and how: one row of a comparison.

    ``starts`` gives mappings to start the search of a layer from, by the layer's name; each must be
    legal under the dataflows.  ``front`` asks for every layer's trade-offs of energy and cycles,
    ``apart`` to search the layers that find maps on the chip once more without these.
    """

    label: str
    arch: Architecture
    table: EnergyTable
    accounting: Accounting
    dataflows: tuple[Dataflow, ...]
    objective: Objective
    budget: Budget
    driver: Driver
    starts: dict[str, tuple[Mapping, ...]] = field(default_factory=dict)
    front: bool = False
    apart: bool = False


@dataclass(frozen=True)
class _Task:
    """One search: of one layer, or of several that are equal."""

    problem: MappingProblem
    starts: tuple[Mapping, ...]


@dataclass
class _Work:
    """The searches of a network, each once: by key, with the outcomes that a cache knows."""

    plan: Plan
    machine: PricedMachine
    cache: ResultsCache | None
    tasks: dict[str, _Task] = field(default_factory=dict)
    known: dict[str, Outcome] = field(default_factory=dict)
    key_of: dict[object, str] = field(default_factory=dict)

    def add(self, layer: Layer, starts: tuple[Mapping, ...]) -> str:
        """Return the key of the search of a layer."""
        alike = (layer.identity, starts)
        if alike not in self.key_of:
            task = _Task(problem_on(self.machine, layer, self.plan.dataflows), starts)
            key = self.key_of[alike] = _task_key(task, self.plan)
            self.tasks[key] = task
            found = self.cache.get(key, task.problem) if self.cache else None
            if found is not None:
                self.known[key] = found
        return self.key_of[alike]


def run_network(
    network: Network,
    plan: Plan,
    *,
    threads: int = 1,
    stop: Callable[[], bool] = never,
    progress: Callable[[NetworkProgress], None] | None = None,
    cache: ResultsCache | None = None,
) -> NetworkResult:
    """Search a mapping for every layer and evaluate it.

    ``stop`` is asked between the layers while they are set up, and often while they are searched.
    When it answers yes, running searches end with the best that they have; layers that were not
    begun are left without a mapping.  What ``cache`` knows is not searched again; it changes
    nothing but the time, and the number of searches that it answered stands in the result's
    ``run``.

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
        bare = replace(layer, residents=())
        apart.append(work.add(bare, ()) if plan.apart and layer.residents else "")
    tasks, known = work.tasks, work.known
    set_up = len(keys) == len(network.layers)
    outcomes: dict[str, Outcome] = {}
    board = _Board(len(tasks), progress)
    if set_up:
        outcomes = _search_all(tasks, known, plan, threads, stop, board, cache)
    found = {key: (task, outcomes.get(key)) for key, task in tasks.items()}
    evaluations = {key: _evaluation(machine, *its) for key, its in found.items()}
    fronts = {key: _front(machine, *its) for key, its in found.items()}
    first: dict[str, str] = {}
    layers: list[LayerResult] = []
    for layer, key, alone in zip(network.layers, keys, apart, strict=False):
        same_as = "" if first.setdefault(key, layer.name) == layer.name else first[key]
        its = _layer_result(layer, same_as, outcomes.get(key), evaluations[key], fronts[key])
        bare_one = evaluations.get(alone)
        if bare_one is not None:
            its = replace(its, apart=replace(bare_one, layer=replace(layer, residents=())))
        layers.append(its)
    layers += [LayerResult(layer, None) for layer in network.layers[len(keys) :]]
    stopped = {o.certificate.stopped_by for o in outcomes.values()} & {"seconds", "stop"}
    if len(outcomes) < len(tasks) or not set_up:
        stopped = {"stop"}
    return NetworkResult(
        label=plan.label,
        network=network,
        arch=plan.arch,
        dataflow="+".join(flow.name for flow in plan.dataflows),
        technology=plan.table.name,
        accounting=plan.accounting.name,
        objective=plan.objective.name,
        layers=tuple(layers),
        run=RunInfo(
            seconds=time.perf_counter() - started,
            threads=threads,
            stopped_by="stop" if "stop" in stopped else next(iter(stopped), ""),
            cached=len(known),
            search_seconds=board.search_seconds,
        ),
    )


def priced(plan: Plan) -> PricedMachine:
    """Return the machine of a plan at its prices.

    Raises
    ------
    SpecError
        If prices are missing.
    """
    return PricedMachine(plan.arch, resolve(plan.arch, plan.table, plan.accounting))


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
    task = _Task(problem_on(machine, layer, plan.dataflows), plan.starts.get(layer.name, ()))
    key = _task_key(task, plan)
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


def _task_key(task: _Task, plan: Plan) -> str:
    return search_key_with(task.problem, _settings_key(plan), task.starts)


@kept
def _settings_key(plan: Plan) -> str:
    return settings_key(plan.objective, plan.budget, plan.driver, plan.front)


def _evaluation(machine: PricedMachine, task: _Task, outcome: Outcome | None) -> Evaluation | None:
    if outcome is None or outcome.best is None:
        return None
    return _evaluate(machine, task, outcome.best.mapping)


def _front(machine: PricedMachine, task: _Task, outcome: Outcome | None) -> tuple[Evaluation, ...]:
    """Evaluate the points of a front; of points that rounding makes equal, one is kept."""
    if outcome is None or not outcome.front:
        return ()
    points = [_evaluate(machine, task, point.mapping) for point in outcome.front]
    energy = np.array([point.energy_total for point in points])
    cycles = np.array([point.cycles for point in points])
    return tuple(points[i] for i in uncovered(energy, cycles))


def _evaluate(machine: PricedMachine, task: _Task, mapping: Mapping) -> Evaluation:
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
    if evaluation is not None:
        evaluation = replace(evaluation, layer=layer)
    front = tuple(replace(point, layer=layer) for point in front)
    return LayerResult(layer, evaluation, outcome.certificate, outcome.infeasible, same_as, front)


class _Board:
    """Where searches on several threads post how far they are; the caller's thread reads it out."""

    def __init__(self, layers: int, progress: Callable[[NetworkProgress], None] | None) -> None:
        self._lock = threading.Lock()
        self._considered: dict[str, int] = {}
        self._done = 0
        self.search_seconds = 0.0
        self._layers = layers
        self._last: tuple[str, Progress] | None = None
        self._progress = progress

    def post(self, key: str, layer: str, report: Progress) -> None:
        with self._lock:
            self._considered[key] = report.considered
            self._last = (layer, report)

    def finish(self, key: str, outcome: Outcome, seconds: float = 0.0) -> None:
        with self._lock:
            self._done += 1
            self.search_seconds += seconds
            self._considered[key] = outcome.certificate.considered

    def read_out(self) -> None:
        if self._progress is None:
            return
        with self._lock:
            considered, last = sum(self._considered.values()), self._last
            report = NetworkProgress(self._done, self._layers, considered)
            if last is not None:
                layer, best = last
                report = NetworkProgress(
                    self._done, self._layers, considered, layer, best.best_energy, best.best_cycles
                )
        self._progress(report)


_Search = Callable[[str, _Task, Callable[[], bool]], Outcome | None]
"""Does one search, unless it is stopped before."""


def _search_all(
    tasks: dict[str, _Task],
    known: dict[str, Outcome],
    plan: Plan,
    threads: int,
    stop: Callable[[], bool],
    board: _Board,
    cache: ResultsCache | None,
) -> dict[str, Outcome]:
    """Do every search that is not known; the result lacks those that a stop kept from beginning."""
    for key, found in known.items():
        board.finish(key, found)
    if len(known) == len(tasks):
        board.read_out()
        return known

    def search(key: str, task: _Task, stopped: Callable[[], bool]) -> Outcome | None:
        if stopped():
            return None
        began = time.thread_time()
        outcome = plan.driver.search(
            task.problem,
            plan.objective,
            plan.budget,
            front=plan.front,
            stop=stopped,
            progress=lambda report: board.post(key, task.problem.layer.name, report),
            start=task.starts,
        )
        seconds = time.thread_time() - began
        board.finish(key, outcome, seconds)
        if cache:
            cache.put(key, outcome, seconds)
        return outcome

    waiting = {key: task for key, task in tasks.items() if key not in known}
    if threads == 1:
        outcomes = known | _one_by_one(search, waiting, stop, board)
    else:
        outcomes = known | _on_threads(search, waiting, threads, stop, board)
    return {key: outcomes[key] for key in tasks if key in outcomes}


def _one_by_one(
    search: _Search, tasks: dict[str, _Task], stop: Callable[[], bool], board: _Board
) -> dict[str, Outcome]:
    """Do searches here; what they post is read out where they ask whether to stop."""
    outcomes: dict[str, Outcome] = {}
    looked = time.monotonic()
    halted = False

    def stopped() -> bool:
        nonlocal looked, halted
        if time.monotonic() - looked >= POLL_SECONDS:
            looked = time.monotonic()
            board.read_out()
        halted = halted or stop()
        return halted

    for key, task in tasks.items():
        outcome = search(key, task, stopped)
        if outcome is not None:
            outcomes[key] = outcome
    board.read_out()
    return outcomes


def _on_threads(
    search: _Search,
    tasks: dict[str, _Task],
    threads: int,
    stop: Callable[[], bool],
    board: _Board,
) -> dict[str, Outcome]:
    """Do searches on so many threads while this one watches."""
    outcomes: dict[str, Outcome] = {}
    halt = threading.Event()
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        waiting: dict[Future[Outcome | None], str] = {
            pool.submit(search, key, task, halt.is_set): key for key, task in tasks.items()
        }
        try:
            while waiting:
                done, _ = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    key = waiting.pop(future)
                    if outcome is not None:
                        outcomes[key] = outcome
                board.read_out()
                if stop():
                    halt.set()
        except BaseException:
            halt.set()
            raise
    return outcomes
