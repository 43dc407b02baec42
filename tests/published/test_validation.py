"""Every published and measured figure that ``accelsim validate`` knows, within its tolerance.

The figures lie in ``accelsim/validation/figures``, each with its source and with how well it is
known; they are never regenerated.
"""

from __future__ import annotations

import pytest

from accelsim.validation.run import STUDIES

LONG = {"isca2016_counter"}
"""Studies of many searches."""

MARKED = [pytest.param(name, marks=pytest.mark.full) if name in LONG else name for name in STUDIES]


@pytest.mark.parametrize("name", MARKED)
def test_every_tolerance_holds(name: str) -> None:
    cases = list(STUDIES[name].cases())
    judged = [case for case in cases if case.verdict != "shown"]
    assert len(judged) > len(cases) / 2
    failures = [
        f"{case.group}, {case.name}: {case.ours}, not {case.published} {case.tolerance_text}"
        for case in judged
        if case.verdict == "fails"
    ]
    assert failures == []
    assert all(case.note for case in cases if case.verdict == "shown")
    assert len({(case.group, case.name) for case in cases}) == len(cases)
