"""Every published and measured figure that ``accelsim validate`` knows, within its tolerance.

The figures lie in ``accelsim/validation/figures``, each with its source and with how well it is
known; they are never regenerated.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from accelsim.validation.published import read_figures
from accelsim.validation.records import Case
from accelsim.validation.run import STUDIES
from accelsim.validation.studies.isca2016_counter import SetUp, narrow_cases, wide_cases

LONG = {"isca2016_counter"}
"""Studies of many searches."""

MARKED = [pytest.param(name, marks=pytest.mark.full) if name in LONG else name for name in STUDIES]


@pytest.mark.parametrize("name", MARKED)
def test_every_tolerance_holds(name: str) -> None:
    cases = list(STUDIES[name].cases())
    judged = [case for case in cases if case.verdict != "shown"]
    assert len(judged) > len(cases) / 2
    assert failures(judged) == []
    assert all(case.note for case in cases if case.verdict == "shown")
    assert len({(case.group, case.name) for case in cases}) == len(cases)


def failures(cases: Iterable[Case]) -> list[str]:
    return [
        f"{case.group}, {case.name}: {case.ours}, not {case.published} {case.tolerance_text}"
        for case in cases
        if case.verdict == "fails"
    ]


def test_one_set_up_of_the_long_study() -> None:
    figure, set_up = read_figures("isca2016")["rules_minimised"], SetUp(256, 16)
    narrow, wide = list(narrow_cases(figure, set_up)), list(wide_cases(figure, set_up))
    assert (len(narrow), len(wide)) == (7, 10)
    assert all(case.tolerance and case.ours is not None for case in (*narrow, *wide))
    assert failures((*narrow, *wide)) == []


def test_weight_stationary_cannot_run_many_images() -> None:
    """Its buffer cannot hold the sums of CONV1 at 256 PEs and batch 64, and both say so."""
    figure = read_figures("isca2016")["rules_minimised"]
    [ws] = [case for case in narrow_cases(figure, SetUp(256, 64)) if case.name == "WS"]
    assert (ws.ours, ws.published, ws.verdict) == (None, None, "holds")
    assert ws.note == "conv1: buffer needs 196097 words for the smallest tiles, has 171146"
