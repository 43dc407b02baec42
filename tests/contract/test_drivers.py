"""What every search driver must do, whichever it is."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice, pairwise

import pytest

from accelsim.errors import AccelsimError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.keys import canonical_json
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import (
    Budget,
    Candidate,
    Driver,
    MappingProblem,
    Outcome,
    Progress,
)
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapper.search_key import search_key
from accelsim.mapping.records import Mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Limit, Rule
from tests.mapper.problems import packed_batch, priced, problem, solved
from tests.mapspace.cases import conv, eyeriss, flow, gemm, shared
from tests.mapspace.legality import every_mapping, faults

DRIVERS: tuple[Driver, ...] = (
    SamplingDriver(),
    SamplingDriver(seed=7),
    ExactDriver(),
    AutoDriver(),
    AutoDriver(seed=7),
)
"""A new driver is added here."""

RULES = flow(
    Rule("array", "spatial", (("P", Limit(at_most=2)), ("M", Limit()))),
    Rule("buffer", order=(("M",), ("P",)), keep=frozenset({"Inputs"})),
    Rule("registers", tile=(("Outputs", 2),)),
)
SMALL = problem(conv(M=4, P=3, R=2), shared(14, 2, 2), RULES)
LARGE = problem(conv(M=96, C=48, P=27, Q=27, R=5, S=5), eyeriss())
IMPOSSIBLE = problem(gemm(M=2), eyeriss(pads=(0, 1, 1), keep=frozenset({"Weights"})))

ENOUGH = Budget(20_000)

drivers = pytest.mark.parametrize("driver", DRIVERS, ids=lambda d: repr(d))
objectives = pytest.mark.parametrize("objective", [ENERGY, LATENCY, EDP], ids=lambda o: o.name)


def has_front(driver: Driver, problem: MappingProblem) -> bool:
    """Return whether a driver can be asked for the front of energy and cycles."""
    return not isinstance(driver, ExactDriver) or covers(problem) == ""


def content(outcome: Outcome) -> str:
    """Return all of an outcome but what is needed to go on from it."""
    return canonical_json(
        {
            "best": outcome.best,
            "front": outcome.front,
            "certificate": outcome.certificate,
            "infeasible": outcome.infeasible,
        }
    )


def found(outcome: Outcome) -> Candidate:
    assert outcome.best is not None
    return outcome.best


@drivers
@objectives
def test_the_best_is_legal_and_costs_what_it_says(driver: Driver, objective: Objective) -> None:
    for one in (SMALL, LARGE):
        best = found(driver.search(one, objective, ENOUGH))
        assert faults(best.mapping, one.layer, one.arch, one.dataflows) == []
        status, energy, cycles = priced(one, packed_batch(one, [best.mapping]))
        assert (status[0], energy[0], cycles[0]) == (0, best.energy, best.cycles)


@drivers
@objectives
def test_nothing_beats_brute_force(driver: Driver, objective: Objective) -> None:
    outcome = driver.search(SMALL, objective, ENOUGH)
    best, certificate = found(outcome), outcome.certificate
    optimum = solved(SMALL).best(objective)
    rank = objective.rank(best.energy, best.cycles)
    assert rank >= optimum
    if certificate.optimal:
        assert rank == optimum
    if certificate.bound is not None:
        assert certificate.bound <= optimum[0]


@drivers
@objectives
def test_the_same_search_gives_the_same_bytes(driver: Driver, objective: Objective) -> None:
    front = has_front(driver, LARGE)
    first, again = (driver.search(LARGE, objective, ENOUGH, front=front) for _ in range(2))
    assert content(first) == content(again)


@drivers
def test_threads_change_nothing(driver: Driver) -> None:
    problems = [SMALL, LARGE, IMPOSSIBLE, SMALL]
    alone = [content(driver.search(one, ENERGY, ENOUGH)) for one in problems]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: content(driver.search(one, ENERGY, ENOUGH)), problems))
    assert alone == together


@drivers
def test_the_layers_name_changes_nothing(driver: Driver) -> None:
    other = problem(conv("another", M=4, P=3, R=2), shared(14, 2, 2), RULES)
    assert search_key(other, ENERGY, ENOUGH, driver) == search_key(SMALL, ENERGY, ENOUGH, driver)
    assert content(driver.search(other, ENERGY, ENOUGH)) == content(
        driver.search(SMALL, ENERGY, ENOUGH)
    )


@drivers
def test_a_budget_of_samples_is_kept(driver: Driver) -> None:
    for samples in (1, 300, 20_000):
        certificate = driver.search(LARGE, ENERGY, Budget(samples)).certificate
        assert certificate.considered <= samples or certificate.optimal
        assert certificate.stopped_by == "samples" or certificate.optimal


@drivers
def test_a_budget_of_seconds_is_kept(driver: Driver) -> None:
    driver.search(LARGE, ENERGY, Budget(1))  # compiles
    began = time.monotonic()
    outcome = driver.search(LARGE, ENERGY, Budget(None, seconds=0.3))
    assert time.monotonic() - began < 1.3
    assert outcome.best is not None
    assert outcome.certificate.stopped_by == "seconds" or outcome.certificate.optimal


@drivers
def test_stop_gives_the_best_so_far(driver: Driver) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    outcome = driver.search(LARGE, ENERGY, Budget(None), stop=stop)
    assert faults(found(outcome).mapping, LARGE.layer, LARGE.arch) == []
    assert outcome.certificate.stopped_by == "stop" or outcome.certificate.optimal


@drivers
def test_ctrl_c_stops_within_a_second(driver: Driver) -> None:
    driver.search(LARGE, ENERGY, Budget(1))  # compiles
    pressed = 0.0

    def press() -> None:
        nonlocal pressed
        pressed = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)

    interrupted = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    timer = threading.Timer(0.3, press)
    try:
        timer.start()
        outcome = driver.search(LARGE, ENERGY, Budget(None), stop=interrupted.is_set)
        ended = time.monotonic()
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert ended - pressed < 1.0  # a proof may have come before it was pressed
    assert outcome.best is not None
    assert outcome.certificate.stopped_by == "stop" or outcome.certificate.optimal


@drivers
def test_progress_grows_to_what_the_certificate_says(driver: Driver) -> None:
    reports: list[Progress] = []
    outcome = driver.search(LARGE, ENERGY, Budget(200_000), progress=reports.append)
    considered = [report.considered for report in reports]
    assert considered == sorted(considered)
    assert considered[-1] == outcome.certificate.considered
    bests = [report.best_energy for report in reports if report.best_energy is not None]
    assert bests == sorted(bests, reverse=True)
    assert bests[-1] == found(outcome).energy


@drivers
def test_a_resumed_search_ends_where_one_search_would(driver: Driver) -> None:
    front = has_front(driver, LARGE)
    whole = driver.search(LARGE, ENERGY, Budget(12_345), front=front)
    part = driver.search(LARGE, ENERGY, Budget(4_321), front=front)
    for _ in range(2):  # what an outcome carries can be resumed more than once
        resumed = driver.search(LARGE, ENERGY, Budget(12_345), front=front, resume=part.resume)
        assert content(resumed) == content(whole)


@drivers
@objectives
def test_a_start_is_never_lost(driver: Driver, objective: Objective) -> None:
    """Even one that the budget would not reach, wherever it stands among the starts."""
    everything = solved(SMALL)
    costs = list(zip(everything.energy.tolist(), everything.cycles.tolist(), strict=True))
    optimum = min(range(len(costs)), key=lambda index: objective.rank(*costs[index]))
    others = everything.mappings[:: max(1, len(costs) // 5)]
    for starts in (
        [everything.mappings[optimum]],
        [*others, everything.mappings[optimum]],
        [everything.mappings[optimum], *others],
    ):
        outcome = driver.search(SMALL, objective, Budget(1), start=starts)
        best = found(outcome)
        assert objective.rank(best.energy, best.cycles) == everything.best(objective)
        assert faults(best.mapping, SMALL.layer, SMALL.arch, SMALL.dataflows) == []
        assert outcome.certificate.considered >= len(starts)


@drivers
def test_every_mapping_can_be_started_from(driver: Driver) -> None:
    """Whatever its limits, orders and bypasses; what it costs is not changed on the way in."""
    everything = solved(SMALL)
    rows = list(zip(everything.mappings, everything.energy, everything.cycles, strict=True))
    for mapping, energy, cycles in rows[:: max(1, len(rows) // 200)]:
        best = found(driver.search(SMALL, ENERGY, Budget(1), start=[mapping]))
        assert (best.energy, best.cycles) <= (energy, cycles)


@drivers
def test_a_search_goes_on_from_its_start(driver: Driver) -> None:
    before = found(driver.search(LARGE, ENERGY, Budget(3_000)))
    outcome = driver.search(LARGE, ENERGY, Budget(6_000), start=[before.mapping])
    assert found(outcome).energy < before.energy or outcome.certificate.optimal
    assert content(outcome) == content(
        driver.search(LARGE, ENERGY, Budget(6_000), start=[before.mapping])
    )
    part = driver.search(LARGE, ENERGY, Budget(2_000), start=[before.mapping])
    resumed = driver.search(LARGE, ENERGY, Budget(6_000), resume=part.resume)
    assert content(resumed) == content(outcome)
    reports: list[Progress] = []
    driver.search(LARGE, ENERGY, Budget(1), start=[before.mapping], progress=reports.append)
    assert reports[-1].best_energy == before.energy


@cache
def some_illegal_mappings() -> list[Mapping]:
    """Return every 997th mapping of :data:`SMALL`, of those that its rules forbid."""
    legal = set(enumerate_mappings(SMALL.space))
    some = islice(every_mapping(SMALL.layer, SMALL.arch), 0, None, 997)
    return [mapping for mapping in some if mapping not in legal]


@drivers
def test_an_illegal_start_is_refused(driver: Driver) -> None:
    legal = next(iter(enumerate_mappings(SMALL.space)))
    some = some_illegal_mappings()
    assert len(some) > 20
    for mapping in some:
        assert faults(mapping, SMALL.layer, SMALL.arch, SMALL.dataflows) != []
        with pytest.raises(IllegalMappingError, match="cannot start from a mapping of conv on"):
            driver.search(SMALL, ENERGY, Budget(1), start=[legal, mapping])
    with pytest.raises(IllegalMappingError, match="the mapping is not one of shared"):
        driver.search(SMALL, ENERGY, Budget(1), start=[Mapping(())])


def test_the_key_tells_starts_apart() -> None:
    one, other = list(enumerate_mappings(SMALL.space))[:2]
    keys = {
        search_key(SMALL, ENERGY, ENOUGH, DRIVERS[0], start=starts)
        for starts in ((), (one,), (other,), (one, other))
    }
    assert len(keys) == 4
    assert search_key(SMALL, ENERGY, ENOUGH, DRIVERS[0]) in keys


@drivers
def test_the_front_has_what_it_should(driver: Driver) -> None:
    if not has_front(driver, SMALL):
        with pytest.raises(AccelsimError, match=covers(SMALL)):
            driver.search(SMALL, ENERGY, ENOUGH, front=True)
        return
    outcome = driver.search(SMALL, ENERGY, ENOUGH, front=True)
    points = [(point.energy, point.cycles) for point in outcome.front]
    assert points == sorted(points)
    assert all(a[1] > b[1] for a, b in pairwise(points))
    assert points[0] == (found(outcome).energy, found(outcome).cycles)
    for point in outcome.front:
        assert faults(point.mapping, SMALL.layer, SMALL.arch, SMALL.dataflows) == []
    _, energy, cycles = priced(SMALL, packed_batch(SMALL, [p.mapping for p in outcome.front]))
    assert list(zip(energy.tolist(), cycles.tolist(), strict=True)) == points
    true_front = solved(SMALL).front()
    assert all(any(e <= p[0] and c <= p[1] for e, c in true_front) for p in points)
    if outcome.certificate.optimal:
        assert points == true_front
    assert driver.search(SMALL, ENERGY, ENOUGH).front == ()


@drivers
def test_no_legal_mapping_is_a_result(driver: Driver) -> None:
    outcome = driver.search(IMPOSSIBLE, ENERGY, ENOUGH)
    assert outcome.best is None
    assert outcome.certificate.considered == 0
    assert str(outcome.infeasible) == (
        "no legal mapping of gemm on eyeriss: filter_spad needs 1 words for the smallest tile,"
        " has 0; filter_spad of 1 words would fit"
    )


@drivers
def test_a_layer_without_loops(driver: Driver) -> None:
    one: MappingProblem = problem(gemm(), shared(8))
    outcome = driver.search(one, ENERGY, ENOUGH)
    assert found(outcome).energy == solved(one).best(ENERGY)[0]


@drivers
def test_the_certificate_is_one_line(driver: Driver) -> None:
    certificate = driver.search(SMALL, ENERGY, ENOUGH).certificate
    assert certificate.driver in ("exact", "sampling")
    if driver.name != "auto":
        assert certificate.driver == driver.name
    assert certificate.sentence().startswith(f"{certificate.driver}: best of ")
    assert "\n" not in certificate.sentence()
