"""The driver that looks at remainders too: against every mapping of small problems, and by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, prod

import pytest

from accelsim.errors import UsageError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import Budget, Candidate, Certificate, MappingProblem, Outcome
from accelsim.mapper.drivers import driver_named
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapper.remainders import RemaindersDriver, padding
from accelsim.mapper.remainders.padding import padded_bounds, paddings
from accelsim.mapper.remainders.trim import factors_of, priced, trimmed
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapper.search_key import search_key
from accelsim.mapping.records import Mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Limit, Rule
from accelsim.records_json import from_data, to_data
from tests.mapper.problems import problem
from tests.mapper.remainder_problems import figures, listed, remainder_problem
from tests.mapper.zeros_problems import zeros_remainder_problem
from tests.mapspace.cases import conv, eyeriss, flow, gemm, shared

DRIVER = RemaindersDriver(AutoDriver())
LARGE = problem(conv(M=96, C=48, P=27, Q=27, R=5, S=5), eyeriss())
SMALL = problem(conv(M=7, C=4, P=5, Q=5, R=3, S=3), eyeriss())
OBJECTIVES = (ENERGY, LATENCY, EDP)


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small bounds have no small padding: 3 becomes 4, a third more."""
    with monkeypatch.context() as patch:
        patch.setattr(padding, "MOST_WASTE", 0.7)
        yield


def found(outcome: Outcome) -> Candidate:
    assert outcome.best is not None
    return outcome.best


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("numbers", [range(35), range(35, 70), range(70, 105)], ids=str)
def test_equal_to_the_best_of_all_or_bounded(numbers: range) -> None:
    check_problems(numbers, 1)


@pytest.mark.full
@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("first", range(105, 1_500, 60))
def test_more_of_them(first: int) -> None:
    check_problems(range(first, first + 60), 3)


@pytest.mark.usefixtures("wide")
def test_with_zeros() -> None:
    check_problems(range(16), 1, zeros_remainder_problem)


@pytest.mark.full
@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("first", range(16, 416, 50))
def test_more_with_zeros(first: int) -> None:
    check_problems(range(first, first + 50), 3, zeros_remainder_problem)


def check_problems(
    numbers: range, at_once: int, problem_of: Callable[[int], MappingProblem] = remainder_problem
) -> None:
    """Check every problem of some numbers, each under so many objectives."""
    proved = bounded = better = reached = 0
    for number in numbers:
        one = problem_of(number)
        everything = listed(one)
        for turn in range(number, number + at_once):
            objective = OBJECTIVES[turn % 3]
            outcome = DRIVER.search(one, objective, Budget(3_000))
            certificate = outcome.certificate
            least = min(figures(objective, everything.all), default=inf)
            if outcome.best is None:
                assert least == inf, number
                assert outcome.infeasible is not None
                continue
            figure = figure_of(outcome, objective)
            without = min(figures(objective, everything.whole), default=inf)
            assert priced(one, outcome.best.mapping) == outcome.best
            assert least * (1 - 1e-9) <= figure <= without * (1 + 1e-9), number
            if certificate.bound is not None:
                bounded += 1
                assert certificate.bound <= least * (1 + 1e-9), number
                if certificate.optimal:
                    proved += 1
                    assert figure <= least * (1 + 1e-9), number
                elif certificate.bound > 0:
                    gap = f"(at most {1 - certificate.bound / figure:.2%} less)"
                    assert gap in certificate.sentence(figure)
            better += least < without * (1 - 1e-9)
            reached += figure <= least * (1 + 1e-9)
    searches = at_once * len(numbers)
    assert bounded > searches / 3
    assert proved > searches / 30
    assert better > searches / 10
    assert reached > searches / 2


def figure_of(outcome: Outcome, objective: Objective) -> float:
    best = found(outcome)
    return objective.figure(best.energy, best.cycles)


def lane_problem(rows: int, lanes: int) -> MappingProblem:
    """Return rows by themselves on so many lanes: a step takes as many rows as there are lanes."""
    return problem(gemm(M=rows), eyeriss(lanes, 1))


@pytest.mark.parametrize(
    ("rows", "lanes", "without", "cycles", "factors"),
    [
        (55, 14, 5, 4, [4, 14]),  # 5 x 11 rows; as 56, 4 x 14
        (13, 7, 13, 2, [2, 7]),  # a prime; as 14, 2 x 7
        (13, 14, 1, 1, [13]),  # all at once: padding only loses
        (12, 4, 3, 3, [3, 4]),
        (10_007, 14, 10_007, 715, [14, 715]),  # a prime
    ],
)
def test_rows_on_lanes(
    rows: int, lanes: int, without: int, cycles: int, factors: list[int]
) -> None:
    one = lane_problem(rows, lanes)
    before = ExactDriver().search(one, LATENCY, Budget())
    outcome = DRIVER.search(one, LATENCY, Budget())
    best = found(outcome)
    assert (found(before).cycles, best.cycles) == (without, cycles)
    assert sorted(factors_of(best.mapping, "MNK")["M"]) == factors
    assert best.mapping.remainders == (prod(factors) != rows)
    assert outcome.certificate.driver == "exact with remainders"
    if not best.mapping.remainders:
        assert best.mapping == found(before).mapping
        assert outcome.certificate.optimal


def test_where_padding_gains_no_time_the_answer_takes_the_same() -> None:
    one = problem(conv(M=8, C=4, P=8, R=3), shared(64, 4, 2))
    outcome = DRIVER.search(one, LATENCY, Budget())
    without = found(ExactDriver().search(one, LATENCY, Budget()))
    assert found(outcome).cycles == without.cycles == 8 * 4 * 8 * 3 / 8  # all lanes are busy
    assert found(outcome).energy <= without.energy  # padding may still save energy
    assert outcome.certificate.optimal
    assert dict(outcome.certificate.details)["padded bounds"] == len(paddings(one)) > 0


def test_padded_bounds() -> None:
    """Each brings a factor up to the longest axis; bounds 1 and 2 have none to gain."""
    assert [padded_bounds(bound, 8) for bound in (1, 2, 4)] == [[1], [2], [4]]
    assert padded_bounds(55, 14) == [55, 56, 57, 60, 63, 65]
    assert padded_bounds(10_007, 4) == [10_007, 10_008]
    windows = {"P": 13, "Q": 13, "R": 13, "S": 13}
    for stride, dims in ((1, "PQRS"), (2, "PQ")):
        one = problem(conv("conv", stride, **windows), shared(64, 4, 2))
        names = [dim for dim, _ in one.layer.dims]
        padded = {
            dim
            for each in paddings(one)
            for dim, bound in zip(names, each.bounds, strict=True)
            if bound > one.layer.bounds[dim]
        }
        assert padded == set(dims), "under a stride, filters' windows have holes"


def test_the_least_waste_comes_first_and_all_is_countable() -> None:
    one = problem(gemm(M=2**27 - 1, K=2**27 - 1), shared(64, 4, 2))
    vectors = paddings(one)  # at most 2^58 bits are counted, 2^54 words
    assert [each.share for each in vectors] == sorted(
        (each.share for each in vectors), reverse=True
    )
    assert all(prod(each.bounds) <= 2**54 for each in vectors)
    assert len(set(vectors)) == len(vectors)


@pytest.mark.parametrize(
    ("one", "driver"),
    [
        (problem(gemm(M=10_007, K=10_007, N=3), eyeriss()), "exact"),
        (problem(conv(M=1, C=1, P=1), eyeriss()), "exact"),
        (problem(conv(M=61, P=53, R=3), shared(512, 14, 12)), "exact"),
    ],
    ids=["primes", "ones", "primes of a convolution"],
)
def test_hostile_bounds(one: MappingProblem, driver: str) -> None:
    outcome = DRIVER.search(one, EDP, Budget())
    before = AutoDriver().search(one, EDP, Budget())
    assert figure_of(outcome, EDP) <= figure_of(before, EDP)
    assert outcome.certificate.driver == f"{driver} with remainders"


def test_a_machine_that_nothing_fits() -> None:
    one = problem(gemm(M=13), eyeriss(pads=(0, 1, 1), keep=frozenset({"Weights"})))
    outcome = DRIVER.search(one, ENERGY, Budget())
    assert outcome.best is None
    assert outcome.infeasible is not None
    assert "filter_spad" in str(outcome.infeasible)


def test_padding_may_be_the_only_way() -> None:
    """A rule demands two lanes of 13 rows."""
    rule = flow(Rule("array", "spatial", (("M", Limit(exact=2)),)))
    one = problem(gemm(M=13), eyeriss(), rule)
    assert AutoDriver().search(one, ENERGY, Budget()).infeasible is not None
    outcome = DRIVER.search(one, ENERGY, Budget())
    assert factors_of(found(outcome).mapping, "M")["M"].count(2) >= 1
    assert found(outcome).mapping.remainders
    assert outcome.infeasible is None


def test_what_the_exact_driver_does_not_cover_is_sampled() -> None:
    one = lane_problem(13, 7)
    driver = RemaindersDriver(SamplingDriver(3), 3)
    outcome, again = (driver.search(one, LATENCY, Budget(400)) for _ in range(2))
    assert found(outcome).cycles == 2
    assert outcome.certificate.driver == "sampling with remainders"
    assert (outcome.certificate.bound, outcome.certificate.optimal) == (None, False)
    assert outcome.certificate == again.certificate


def test_the_same_search_gives_the_same_answer() -> None:
    one = problem(conv(M=12, C=5, P=13, R=3), eyeriss())
    outcomes = [DRIVER.search(one, EDP, Budget()) for _ in range(2)]
    assert outcomes[0] == outcomes[1]
    resumed = DRIVER.search(one, EDP, Budget(), resume=outcomes[0].resume)
    assert resumed == outcomes[0]


def test_a_search_of_many_steps_begins_no_further_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accelsim.mapper.remainders.driver.MOST_STEPS", 5_000)
    outcome = DRIVER.search(LARGE, EDP, Budget())
    vectors = dict(outcome.certificate.details)["padded bounds"]
    assert 1 <= vectors < len(paddings(LARGE))
    assert f"padded bounds: {vectors} vector" in outcome.certificate.sentence()
    assert outcome.certificate.reproducible


def test_what_is_not_solved_was_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proof or without one, it is never worse than sampling as many."""
    monkeypatch.setattr("accelsim.mapper.remainders.driver.MOST_STEPS", -1)
    one = lane_problem(13, 7)
    outcome = DRIVER.search(one, LATENCY, Budget(400))
    assert found(outcome).cycles == 2
    assert (outcome.certificate.bound, outcome.certificate.optimal) == (None, False)
    assert dict(outcome.certificate.details)["padded bounds not searched"] == len(paddings(one))


def test_the_front_is_refused() -> None:
    with pytest.raises(UsageError, match="not searched with remainders"):
        DRIVER.search(lane_problem(13, 7), ENERGY, Budget(), front=True)


def test_starts_with_remainders() -> None:
    one = lane_problem(13, 7)
    best = found(DRIVER.search(one, LATENCY, Budget()))
    outcome = DRIVER.search(one, LATENCY, Budget(), start=[best.mapping])
    assert found(outcome).cycles == best.cycles
    sampled = RemaindersDriver(SamplingDriver()).search(
        one, LATENCY, Budget(1), start=[best.mapping]
    )
    assert found(sampled).cycles == best.cycles
    with pytest.raises(IllegalMappingError, match=r"multiply to 14, not 13 .*--remainders"):
        AutoDriver().search(one, LATENCY, Budget(), start=[best.mapping])
    tight = lane_problem(13, 6)
    with pytest.raises(IllegalMappingError, match="fewer lanes"):
        DRIVER.search(tight, LATENCY, Budget(), start=[best.mapping])
    with pytest.raises(IllegalMappingError, match="turns without any position"):
        DRIVER.search(lane_problem(7, 7), LATENCY, Budget(), start=[best.mapping])


def test_needless_turns_are_left_out() -> None:
    one = lane_problem(5, 4)
    wide = problem(gemm(M=8), eyeriss(4, 1))
    whole = {trimmed(one, mapping) for mapping in enumerate_mappings(wide.space)}
    factors = {tuple(factors_of(mapping, "M")["M"]) for mapping in whole}
    assert (2, 4) in factors  # 8 x 1 and 1 x 8 become 5, without remainders
    assert (5,) in factors
    for mapping in whole:
        priced(one, mapping)
    assert {mapping.remainders for mapping in whole} == {True, False}


@pytest.mark.parametrize("after", [0, 5, 30])
def test_a_stop_keeps_the_best_and_claims_nothing(after: int) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    outcome = DRIVER.search(LARGE, EDP, Budget(), stop=stop)
    assert outcome.best is not None
    assert outcome.certificate.stopped_by == "stop"
    assert (outcome.certificate.bound, outcome.certificate.optimal) == (None, False)


def test_seconds_bound_both_parts() -> None:
    for driver in (DRIVER, RemaindersDriver(SamplingDriver())):
        driver.search(SMALL, EDP, Budget(1))  # compiles
        began = time.monotonic()
        outcome = driver.search(LARGE, EDP, Budget(None, seconds=0.4))
        assert time.monotonic() - began < 1.4
        assert outcome.best is not None
        assert outcome.certificate.stopped_by == "seconds"
        assert not outcome.certificate.reproducible


def test_progress_grows_to_what_the_certificate_says() -> None:
    one = problem(conv(M=12, C=5, P=13, R=3), eyeriss())
    told: list[int] = []
    outcome = DRIVER.search(
        one, EDP, Budget(), progress=lambda report: told.append(report.considered)
    )
    assert told == sorted(told)
    assert told[-1] <= outcome.certificate.considered


@pytest.mark.parametrize("objective", [ENERGY, LATENCY, EDP], ids=lambda o: o.name)
def test_an_outcome_under_padded_bounds_can_be_kept(objective: Objective) -> None:
    """What proves it stands in arrays, and no scalar of theirs may stand in a record."""
    arch = shared(24, 3, 2)
    slow = tuple(replace(memory, shared_words_per_cycle=0.5) for memory in arch.memories)
    one = problem(gemm(M=7, N=5, K=3), replace(arch, memories=slow))
    certificate = DRIVER.search(one, objective, Budget()).certificate
    assert dict(certificate.details)["padded bounds"]
    assert from_data(Certificate, to_data(certificate), "certificate") == certificate


def test_the_flag_is_part_of_what_a_search_is_known_by() -> None:
    one = lane_problem(13, 7)
    keys = {
        search_key(one, LATENCY, Budget(), driver_named(name, seed, remainders))
        for name in ("auto", "exact", "sampling")
        for seed in (0, 1)
        for remainders in (False, True)
    }
    assert len(keys) == 12
    assert driver_named("auto", 2, True) == RemaindersDriver(AutoDriver(2), 2)
    assert driver_named("exact", remainders=True).name == "exact with remainders"


def test_the_space_is_stated() -> None:
    outcome = DRIVER.search(lane_problem(13, 7), LATENCY, Budget())
    said = outcome.certificate.sentence()
    assert "padded bounds: 3 vectors, up to 23.1% more operations, whole tiles fit)" in said
    assert outcome.certificate.space_size > lane_problem(13, 7).space.size
    window = DRIVER.search(problem(conv(P=13, R=3), eyeriss()), LATENCY, Budget())
    assert "lanes of a window end to end" in window.certificate.sentence()


def test_a_mapping_without_remainders_may_say_that_it_has_some() -> None:
    one = lane_problem(12, 4)
    best = found(ExactDriver().search(one, LATENCY, Budget())).mapping
    outcome = DRIVER.search(one, LATENCY, Budget(), start=[replace(best, remainders=True)])
    assert isinstance(found(outcome).mapping, Mapping)
    assert found(outcome).cycles == 3
