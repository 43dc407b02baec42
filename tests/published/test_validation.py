"""Every published and measured figure that ``accelsim validate`` knows, within its tolerance.

The figures lie in ``accelsim/validation/figures``, each with its source and with how well it is
known; they are never regenerated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from accelsim.published.isca2016 import Best
from accelsim.validation.published import read_figures
from accelsim.validation.records import Case
from accelsim.validation.run import STUDIES
from accelsim.validation.studies import isca2016_rules
from accelsim.validation.studies.isca2016_counter import OTHERS, SetUp, narrow_cases, wide_cases
from accelsim.validation.studies.isca2016_rules import restated_cases

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
    figures, set_up = read_figures("isca2016"), SetUp(256, 16)
    narrow = list(narrow_cases(figures["rules_restated"], set_up))
    wide = list(wide_cases(figures, set_up))
    assert (len(narrow), len(wide)) == (7, 10)
    assert all(case.tolerance and case.ours is not None for case in (*narrow, *wide))
    assert failures((*narrow, *wide)) == []
    assert {case.label for case in (*narrow, *wide)} == {"restated"}
    ranged = [case for case in wide if "the range, not the number beside it" in case.note]
    assert [case.name for case in ranged] == [
        *(f"{dataflow} / RS" for dataflow in OTHERS),
        "share of RS, RF",
        "share of RS, DRAM",
    ]


@pytest.mark.parametrize("dataflow", ["RS", "NLR"])
def test_another_minimiser_fails_and_does_not_move_what_it_is_held_against(
    monkeypatch: pytest.MonkeyPatch, dataflow: str
) -> None:
    figure = read_figures("isca2016")["rules_restated"]
    assert failures(restated_cases(figure)) == []
    honest = isca2016_rules.found

    def dearer(name: str, pes: int, kind: str, batch: int) -> tuple[Best, ...] | None:
        bests = honest(name, pes, kind, batch)
        if bests is None or name != dataflow:
            return bests
        return tuple(replace(one, dram=1.001 * one.dram) for one in bests)

    monkeypatch.setattr(isca2016_rules, "found", dearer)
    held = list(restated_cases(figure))
    assert [case.verdict for case in held] == ["fails"] * len(held)
    assert {case.note for case in held} == {f"{dataflow}, DRAM"}


def test_a_minimiser_that_runs_what_could_not_run_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = read_figures("isca2016")["rules_restated"]
    honest = isca2016_rules.found
    monkeypatch.setattr(
        isca2016_rules,
        "found",
        lambda name, pes, kind, batch: honest(name, pes, kind, 16 if name == "WS" else batch),
    )
    [held] = [its for its in restated_cases(figure) if its.group == "CONV, 256 PEs, N 64"]
    assert (held.verdict, held.note) == ("fails", "WS")


def test_frozen_figures_are_those_known_before() -> None:
    """At 256 PEs the same rules were minimised by other code: three digits after the point."""
    figures = read_figures("isca2016")
    known, frozen = figures["energy_per_mac"].values, figures["rules_restated"]
    compared = 0
    for (kind, batch, dataflow), energy in known.items():
        group = f"{kind}, 256 PEs, {batch}"
        if (kind, batch) == ("FC", "N 1"):  # no claim is made for it, nothing frozen
            continue
        levels = frozen.branch(group, dataflow)
        assert (levels is None) == (energy is None)
        if levels is not None:
            assert sum(levels.values()) == pytest.approx(energy, abs=0.0006)
            compared += 1
    assert compared == 5 * 6 - 1


def test_what_follows_from_the_active_pes_is_not_judged_again() -> None:
    cases = list(STUDIES["eyeriss_jssc2017"].cases())
    verdicts = {case.verdict for case in cases if case.group.startswith("operations / (active PEs")}
    assert verdicts == {"shown"}


def test_weight_stationary_cannot_run_many_images() -> None:
    """Its buffer cannot hold the sums of CONV1 at 256 PEs and batch 64, and both say so."""
    figure = read_figures("isca2016")["rules_restated"]
    [ws] = [case for case in narrow_cases(figure, SetUp(256, 64)) if case.name == "WS"]
    assert (ws.ours, ws.published, ws.verdict) == (None, None, "holds")
    assert ws.note == "conv1: buffer needs 196097 words for the smallest tiles, has 171146"
