"""The exact driver against brute force on machines with ports that only some movements pass."""

from __future__ import annotations

import random

from accelsim.mapper.contract import mapping_problem
from accelsim.mapper.exact import covers
from tests.evaluation.ports import with_ports
from tests.mapper.exact_checks import BOUNDS, FRONT, listed, wrong
from tests.mapper.exact_problems import exact_problem

LEAST_COVERED, LEAST_BOUND = 8, 4


def test_the_best_and_the_front_are_those_of_the_list() -> None:
    covered = bound = 0
    for seed in range(20):
        plain = exact_problem(seed, 50, 800)
        arch = with_ports(plain.arch, random.Random(seed), (0.25, 0.5, 1.0, 2.0))
        problem = mapping_problem(plain.layer, arch, plain.prices, plain.dataflows)
        if covers(problem):
            continue
        case = listed(problem)
        for question in ("edp", FRONT, BOUNDS):
            assert not wrong(case, question), f"seed {seed}, {question}"
        covered += 1
        bound += case.points != listed(plain).points
    assert covered >= LEAST_COVERED
    assert bound >= LEAST_BOUND
