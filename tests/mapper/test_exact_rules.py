"""Each rule of the exact mapper on a problem made for it, against brute force."""

from __future__ import annotations

import pytest

from accelsim.mapper.exact import covers
from tests.mapper.exact_checks import QUESTIONS, listed, wrong
from tests.mapper.exact_far_rules import FAR_RULES
from tests.mapper.exact_rules import RULES

EVERY_RULE = RULES | FAR_RULES


@pytest.mark.parametrize("name", EVERY_RULE)
def test_a_rule_against_brute_force(name: str) -> None:
    problem = EVERY_RULE[name].problem()
    assert covers(problem) == ""
    case = listed(problem)
    assert len(case.points) > 1, "there is something to choose"
    for question in QUESTIONS:
        assert not wrong(case, question), (EVERY_RULE[name].why, question)
