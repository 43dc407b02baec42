"""The exact driver against brute force: every mapping listed and priced by the counter."""

from __future__ import annotations

import numpy as np
import pytest

from accelsim.arch.spec import read_architecture
from accelsim.errors import AccelsimError
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.mapper.contract import Budget, MappingProblem, mapping_problem
from accelsim.mapper.exact import ExactDriver, covers
from accelsim.mapper.exact.driver import solve
from accelsim.mapper.exact.work import Work
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapping.arrays import pack_mapping
from accelsim.technology.spec import read_technology
from accelsim.workload.spec import read_workload
from tests.mapper.exact_problems import exact_problem
from tests.mapper.problems import solved

OBJECTIVES = (ENERGY, LATENCY, EDP)
CLOSE = 1e-12
HOLES = (22476,)
"""A dilated window whose strips fall as lanes make its steps longer."""


def never_over(_energy: float, _cycles: float) -> None:
    """Let a search go on to its end."""


def bounded(problem: MappingProblem, objective: Objective) -> Work:
    """Return a search that has bounded its patterns."""
    work = Work(problem, objective, ())
    assert work.bound_patterns(never_over) is None
    return work


def check(seed: int, objective: Objective, wide: bool = False) -> bool:
    """Compare with brute force without any mapping to start from; return whether covered."""
    problem = exact_problem(seed, 50, 3_000, wide)
    if covers(problem):
        return False
    best = solve(problem, objective).best
    assert best is not None
    everything = solved(problem)
    ranks = [
        objective.rank(energy, cycles)
        for energy, cycles in zip(everything.energy, everything.cycles, strict=True)
    ]
    optimum, _ = min(ranks)
    figure, tie = objective.rank(best.energy, best.cycles)
    assert optimum * (1 - CLOSE) <= figure <= optimum * (1 + CLOSE), f"seed {seed}"
    least_tie = min(t for f, t in ranks if f <= optimum * (1 + CLOSE))
    assert tie <= least_tie * (1 + CLOSE), f"seed {seed}"
    return True


def check_front(seed: int) -> int:
    """Compare every point of the front with brute force; return how many, 0 if not covered."""
    problem = exact_problem(seed, 50, 3_000)
    if covers(problem):
        return 0
    everything = solved(problem)
    wanted: list[tuple[float, float]] = []
    for energy, cycles in sorted(zip(everything.energy, everything.cycles, strict=True)):
        if not wanted or cycles < wanted[-1][1]:
            wanted.append((energy, cycles))
    front = solve(problem, ENERGY, front=True).front
    assert [point.cycles for point in front] == [cycles for _, cycles in wanted], f"seed {seed}"
    energies = [energy for energy, _ in wanted]
    assert [point.energy for point in front] == pytest.approx(energies, rel=CLOSE), f"seed {seed}"
    return len(front)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_no_mapping_is_below_the_floor_of_its_pattern(objective: Objective) -> None:
    """Certificates of searches that end early rest on these floors."""
    held = 0
    for seed in range(60):
        problem = exact_problem(seed, 50, 3_000)
        if covers(problem):
            continue
        everything = solved(problem)
        least: dict[tuple[int, ...], float] = {}
        for mapping, energy, cycles in zip(
            everything.mappings, everything.energy.tolist(), everything.cycles.tolist(), strict=True
        ):
            keep = tuple(int(mask) for mask in pack_mapping(mapping, problem.layer).keep)
            least[keep] = min(least.get(keep, np.inf), objective.figure(energy, cycles))
        floors = {pattern.keep: pattern.floor for pattern in bounded(problem, objective).unsearched}
        for keep, figure in least.items():
            assert floors[keep] <= figure * (1 + CLOSE), f"seed {seed}"
            held += 1
    assert held > 100


@pytest.mark.parametrize("machine", ["tpu_like", "simba_like", "isca2016_nlr_256"])
def test_no_floor_is_above_a_proved_optimum(machine: str) -> None:
    arch = read_architecture(machine)
    prices = resolve(arch, read_technology(arch.technology), DEFAULT_ACCOUNTING)
    layer = read_workload("alexnet").layers[0]
    problem = mapping_problem(layer, arch, prices)
    best = solve(problem, ENERGY).best
    assert best is not None
    floors = [pattern.floor for pattern in bounded(problem, ENERGY).unsearched]
    assert min(floors) <= best.energy * (1 + CLOSE)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_equal_to_brute_force_where_levels_have_widths(objective: Objective) -> None:
    assert sum(check(seed, objective, wide=True) for seed in range(50)) > 30


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_equal_to_brute_force(objective: Objective) -> None:
    covered = sum(check(seed, objective) for seed in (*HOLES, *range(150)))
    assert covered > 120


def test_fronts_are_equal_to_brute_force_point_by_point() -> None:
    lengths = [check_front(seed) for seed in range(200)]
    assert sum(length > 0 for length in lengths) > 100
    assert sum(length > 1 for length in lengths) > 30
    assert max(lengths) > 3


@pytest.mark.full
def test_equal_to_brute_force_on_thousands() -> None:
    for seed in range(1_000, 6_000):
        check(seed, OBJECTIVES[seed % 3])
        if seed % 3 == 0:
            check_front(seed)


def covered_problem() -> MappingProblem:
    return next(p for p in map(exact_problem, range(20)) if not covers(p))


def test_the_certificate_claims_the_optimum() -> None:
    outcome = ExactDriver().search(covered_problem(), ENERGY, Budget())
    assert outcome.certificate.optimal
    assert outcome.best is not None
    assert outcome.certificate.bound == outcome.best.energy


def test_what_is_not_covered_is_refused_with_the_reason() -> None:
    problem = next(p for p in map(exact_problem, range(200)) if "blocks" in covers(p))
    with pytest.raises(AccelsimError, match="blocks wider than a word that hold outputs"):
        ExactDriver().search(problem, ENERGY, Budget())


def test_what_it_starts_from_is_priced_beyond_the_budget() -> None:
    problem = covered_problem()
    start = solved(problem).mappings[:3]
    outcome = ExactDriver().search(problem, ENERGY, Budget(1), start=start)
    assert outcome.certificate.considered >= len(start)
    assert outcome.best is not None
    anew = ExactDriver().search(problem, ENERGY, Budget()).best
    assert anew is not None
    assert outcome.best.energy == pytest.approx(anew.energy, rel=CLOSE)
