"""Mapping a whole network: every layer's best mapping, equal layers searched once.

Layers are independent, so threads run over them (kernels release the interpreter lock); one
layer's search is sequential.  Results stand in the network's order and do not depend on threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from accelsim.arch.records import Architecture
from accelsim.counter import Conventions
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import Prices, resolve
from accelsim.mapper.contract import (
    Budget,
    Driver,
    MappingProblem,
    Outcome,
    Progress,
    mapping_problem,
    never,
    search_key,
)
from accelsim.mapper.objectives import Objective
from accelsim.mapping.records import Mapping
from accelsim.mapspace.records import Dataflow
from accelsim.network.records import LayerResult, NetworkResult, RunInfo
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
    legal under the dataflows.
    """

    label: str
    arch: Architecture
    table: EnergyTable
    accounting: Accounting
    dataflows: tuple[Dataflow, ...]
    objective: Objective
    budget: Budget
    driver: Driver
    conventions: Conventions = Conventions()  # noqa: RUF009  (an immutable record)
    starts: dict[str, tuple[Mapping, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Task:
    """One search: of one layer, or of several that are equal."""

    problem: MappingProblem
    starts: tuple[Mapping, ...]


def run_network(
    network: Network,
    plan: Plan,
    *,
    threads: int = 1,
    stop: Callable[[], bool] = never,
    progress: Callable[[NetworkProgress], None] | None = None,
) -> NetworkResult:
    """Search a mapping for every layer and evaluate it.

    ``stop`` is asked between the layers while they are set up, and often while they are searched.
    When it answers yes, running searches end with the best that they have; layers that were not
    begun are left without a mapping.

    Raises
    ------
    SpecError
        If prices are missing or the constraints cannot apply to the machine.
    IllegalMappingError
        If a mapping to start from is not one of its layer.
    """
    started = time.perf_counter()
    prices = resolve(plan.arch, plan.table, plan.accounting)
    tasks: dict[str, _Task] = {}
    keys: list[str] = []
    first: dict[str, str] = {}
    for layer in network.layers:
        if stop():
            break
        task = _Task(_problem(layer, plan, prices), plan.starts.get(layer.name, ()))
        keys.append(_task_key(task, plan))
        tasks.setdefault(keys[-1], task)
        first.setdefault(keys[-1], layer.name)
    set_up = len(keys) == len(network.layers)
    board = _Board(len(tasks), progress)
    outcomes = _search_all(tasks, plan, threads, stop, board) if set_up else {}
    layers = [
        _layer_result(
            layer, plan, outcomes.get(key), same_as="" if first[key] == layer.name else first[key]
        )
        for layer, key in zip(network.layers, keys, strict=False)
    ]
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
        ),
    )


def _problem(layer: Layer, plan: Plan, prices: Prices) -> MappingProblem:
    return mapping_problem(layer, plan.arch, prices, plan.dataflows, plan.conventions)


def _task_key(task: _Task, plan: Plan) -> str:
    return search_key(task.problem, plan.objective, plan.budget, plan.driver, start=task.starts)


def _layer_result(layer: Layer, plan: Plan, outcome: Outcome | None, same_as: str) -> LayerResult:
    if outcome is None:
        return LayerResult(layer, None)
    evaluation = None
    if outcome.best is not None:
        evaluation = evaluate(
            layer,
            plan.arch,
            outcome.best.mapping,
            plan.table,
            plan.accounting,
            plan.conventions,
        )
    return LayerResult(layer, evaluation, outcome.certificate, outcome.infeasible, same_as)


class _Board:
    """Where searches on several threads post how far they are; the caller's thread reads it out."""

    def __init__(self, layers: int, progress: Callable[[NetworkProgress], None] | None) -> None:
        self._lock = threading.Lock()
        self._considered: dict[str, int] = {}
        self._done = 0
        self._layers = layers
        self._last: tuple[str, Progress] | None = None
        self._progress = progress

    def post(self, key: str, layer: str, report: Progress) -> None:
        with self._lock:
            self._considered[key] = report.considered
            self._last = (layer, report)

    def finish(self, key: str, outcome: Outcome) -> None:
        with self._lock:
            self._done += 1
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


def _search_all(
    tasks: dict[str, _Task],
    plan: Plan,
    threads: int,
    stop: Callable[[], bool],
    board: _Board,
) -> dict[str, Outcome]:
    """Do every search; the result lacks those that a stop kept from beginning."""
    halt = threading.Event()

    def search(key: str, task: _Task) -> Outcome | None:
        if halt.is_set():
            return None
        outcome = plan.driver.search(
            task.problem,
            plan.objective,
            plan.budget,
            stop=halt.is_set,
            progress=lambda report: board.post(key, task.problem.layer.name, report),
            start=task.starts,
        )
        board.finish(key, outcome)
        return outcome

    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        waiting: dict[Future[Outcome | None], str] = {
            pool.submit(search, key, task): key for key, task in tasks.items()
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
    return {key: outcomes[key] for key in tasks if key in outcomes}
