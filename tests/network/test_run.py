from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from accelsim.arch.spec import read_architecture
from accelsim.evaluation.evaluate import IllegalMappingError
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING
from accelsim.mapper.contract import (
    Budget,
    Driver,
    MappingProblem,
    OnProgress,
    Outcome,
    never,
    silent,
)
from accelsim.mapper.objectives import ENERGY, Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapping.records import Mapping
from accelsim.network import run as network_run
from accelsim.network.run import Plan, run_network
from accelsim.technology.spec import read_technology
from accelsim.workload.spec import read_workload
from tests.small import ENERGY_INPUTS, LAYER, MACHINE, MIXED, TABLE
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
    real = network_run._problem

    def slow(layer, plan, prices):  # type: ignore[no-untyped-def]
        set_up.append(layer.name)
        time.sleep(0.01)
        return real(layer, plan, prices)

    monkeypatch.setattr(network_run, "_problem", slow)
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
