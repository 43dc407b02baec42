from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from accelsim.arch.spec import read_architecture
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import (
    Budget,
    Driver,
    MappingProblem,
    OnProgress,
    Outcome,
    never,
    problem_on,
    silent,
)
from accelsim.mapper.objectives import ENERGY, Objective
from accelsim.mapper.results_cache import ResultsCache
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.records import Mapping
from accelsim.mapspace.spec import read_dataflow
from accelsim.network import run as network_run
from accelsim.network.plan import Plan, priced
from accelsim.network.records import NetworkResult
from accelsim.network.run import run_layer, run_network
from accelsim.network.searches import NetworkProgress
from accelsim.report.export import row_data
from accelsim.report.json_text import dumps
from accelsim.technology.spec import read_technology
from accelsim.workload.spec import read_workload
from tests.small import ENERGY_INPUTS, IMPOSSIBLE, LAYER, MACHINE, MIXED, TABLE
from tests.small.results import mapping


@dataclass(frozen=True)
class Recording:
    """The sampling driver, which notes what it is given to start from."""

    seen: list[tuple[str, tuple[Mapping, ...]]]

    @property
    def name(self) -> str:
        return "recording"

    def search(
        self,
        problem: MappingProblem,
        objective: Objective,
        budget: Budget,
        *,
        front: bool = False,
        stop: Callable[[], bool] = never,
        progress: OnProgress = silent,
        resume: object | None = None,
        start: Sequence[Mapping] = (),
    ) -> Outcome:
        self.seen.append((problem.layer.name, tuple(start)))
        return SamplingDriver().search(
            problem,
            objective,
            budget,
            front=front,
            stop=stop,
            progress=progress,
            resume=resume,
            start=start,
        )


def plan(samples: int = 50, driver: Driver | None = None) -> Plan:
    return Plan(
        "small",
        read_architecture(MACHINE),
        read_technology(TABLE),
        DEFAULT_ACCOUNTING,
        (),
        ENERGY,
        Budget(samples),
        driver or SamplingDriver(),
    )


def test_a_stop_during_set_up_is_heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two layers, however many there are, and nothing is searched any more."""
    network = read_workload(MIXED)
    set_up: list[str] = []
    real = problem_on

    def slow(machine, layer, dataflows):  # type: ignore[no-untyped-def]
        set_up.append(layer.name)
        time.sleep(0.01)
        return real(machine, layer, dataflows)

    monkeypatch.setattr(network_run, "problem_on", slow)
    seen: list[tuple[str, tuple[Mapping, ...]]] = []
    result = run_network(network, plan(driver=Recording(seen)), stop=lambda: len(set_up) >= 2)
    assert set_up == ["conv1", "pool1"]
    assert seen == []
    assert result.run.stopped_by == "stop"
    assert [entry.layer.name for entry in result.layers] == ["conv1", "pool1", "fc1", "fc2"]
    assert all(entry.evaluation is None for entry in result.layers)
    assert not result.complete


def test_a_search_starts_from_what_the_plan_gives() -> None:
    network = read_workload(LAYER)
    seen: list[tuple[str, tuple[Mapping, ...]]] = []
    given = replace(plan(1, Recording(seen)), starts={"fc": (mapping("C"),)})
    result = run_network(network, given)
    assert seen == [("fc", (mapping("C"),))]
    assert result.total.energy_total == ENERGY_INPUTS


def test_equal_layers_are_told_apart_by_their_starts() -> None:
    network = read_workload(f"{MIXED}:fc*")
    seen: list[tuple[str, tuple[Mapping, ...]]] = []
    one, other = mapping("C"), mapping("M")
    alike: dict[str, tuple[Mapping, ...]] = {"fc1": (one,), "fc2": (one,)}
    result = run_network(network, replace(plan(1, Recording(seen)), starts=alike))
    assert [entry.same_as for entry in result.layers] == ["", "fc1"]
    result = run_network(network, replace(plan(1), starts=alike | {"fc2": (other,)}))
    assert [entry.same_as for entry in result.layers] == ["", ""]


def test_an_illegal_start_is_an_error() -> None:
    with pytest.raises(IllegalMappingError, match="cannot start from a mapping of fc on small"):
        run_network(read_workload(LAYER), replace(plan(), starts={"fc": (Mapping(()),)}))


# --- what is known already ------------------------------------------------------------------------


def kept(result: NetworkResult) -> str:
    """Return all that is promised to be the same."""
    return dumps(row_data(result))


@pytest.mark.parametrize("driver", [SamplingDriver(3), AutoDriver()], ids=repr)
def test_a_cache_changes_nothing_but_the_time(driver: Driver, tmp_path: Path) -> None:
    network, its = read_workload(MIXED), plan(driver=driver)
    without = run_network(network, its)
    assert without.run.cached == 0
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        first = run_network(network, its, threads=threads, cache=ResultsCache(folder))
        cache = ResultsCache(folder)
        from_files = run_network(network, its, threads=threads, cache=cache)
        from_memory = run_network(network, its, threads=3 - threads, cache=cache)
        assert [one.run.cached for one in (first, from_files, from_memory)] == [0, 3, 3]
        assert {kept(one) for one in (without, first, from_files, from_memory)} == {kept(without)}


def test_a_cache_answers_for_what_it_knows_and_no_more(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    network = read_workload(MIXED)
    its = plan(driver=SamplingDriver())
    run_network(read_workload(f"{MIXED}:conv1,fc2"), its, cache=cache)
    told: list[NetworkProgress] = []
    result = run_network(network, its, cache=cache, progress=told.append)
    assert result.run.cached == 2
    assert kept(result) == kept(run_network(network, its))
    assert [entry.same_as for entry in result.layers] == ["", "", "", "fc1"]
    assert (told[-1].layers_done, told[-1].layers) == (3, 3)
    told.clear()
    assert run_network(network, its, cache=cache, progress=told.append).run.cached == 3
    (only,) = told
    assert only.layers_done == 3
    assert only.considered == sum(
        entry.certificate.considered
        for entry in result.layers
        if entry.certificate and not entry.same_as
    )


def test_a_cache_tells_starts_apart(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    network = read_workload(LAYER)
    runs = [
        run_network(network, replace(plan(1), starts={"fc": starts}), cache=cache)
        for starts in ((), (mapping("C"),), (mapping("M"),), (mapping("C"),))
    ]
    assert [result.run.cached for result in runs] == [0, 0, 0, 1]


def test_why_there_is_no_mapping_names_the_layer_that_asks(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    its = replace(plan(), dataflows=(read_dataflow(IMPOSSIBLE),))
    for name in ("fc1", "fc2"):
        (entry,) = run_network(read_workload(f"{MIXED}:{name}"), its, cache=cache).layers
        assert entry.infeasible is not None
        assert entry.infeasible.layer == name


def test_a_driver_from_elsewhere_searches_each_time(tmp_path: Path) -> None:
    """Its code may change while its name and options do not."""
    cache = ResultsCache(tmp_path)
    seen: list[tuple[str, tuple[Mapping, ...]]] = []
    for _ in range(2):
        result = run_network(read_workload(LAYER), plan(driver=Recording(seen)), cache=cache)
        assert result.run.cached == 0
    assert len(seen) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_run_keeps_what_was_finished(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    network = read_workload(MIXED)
    done: list[int] = []
    endless = replace(plan(driver=SamplingDriver()), budget=Budget(300))
    result = run_network(
        network,
        endless,
        cache=cache,
        stop=lambda: bool(done) and done[-1] >= 1,
        progress=lambda report: done.append(report.layers_done),
    )
    finished = [
        entry.layer.name
        for entry in result.layers
        if entry.certificate and entry.certificate.reproducible and not entry.same_as
    ]
    again = run_network(network, endless, cache=cache)
    assert again.run.cached == len(finished) >= 1
    assert again.complete


def test_what_seconds_ended_is_searched_again(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    its = replace(plan(), budget=Budget(10**9, seconds=0.01))
    conv3 = read_workload("alexnet:conv3")
    for _ in range(2):
        result = run_network(conv3, its, cache=cache)
        assert (result.run.stopped_by, result.run.cached) == ("seconds", 0)


def test_one_layer_is_what_the_network_has(tmp_path: Path) -> None:
    cache = ResultsCache(tmp_path)
    network, its = read_workload(MIXED), plan()
    alone = [run_layer(layer, its, priced(its), cache) for layer in network.layers]
    together = run_network(network, its)
    single = replace(together, layers=tuple(alone))
    assert kept(single) == kept(
        replace(together, layers=tuple(replace(one, same_as="") for one in together.layers))
    )
    assert run_network(network, its, cache=cache).run.cached == 3
