"""Each rule of the exact mapper on a problem made for it, against brute force."""

from __future__ import annotations

import pytest

from accelsim.mapper.exact import covers
from tests.mapper.exact_checks import QUESTIONS, listed, wrong
from tests.mapper.exact_rules import RULES


@pytest.mark.parametrize("name", RULES)
def test_a_rule_against_brute_force(name: str) -> None:
    problem = RULES[name].problem()
    assert covers(problem) == ""
    case = listed(problem)
    assert len(case.points) > 1, "there is something to choose"
    for question in QUESTIONS:
        assert not wrong(case, question), (RULES[name].why, question)
