"""Tallies of reference cases: what agrees in a row by name, what does not in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from accelsim import shipped
from accelsim.errors import SpecError
from accelsim.interchange.reference.case import ReferenceCase
from accelsim.interchange.reference.compare import Comparison, compare
from accelsim.interchange.reference.read import read_cases
from accelsim.report.validation_figure import validation_figure
from accelsim.technology.spec import read_accounting
from accelsim.validation.records import Case, StudyResult, Validation
from accelsim.validation.studies import timeloop
from accelsim.validation.studies.timeloop import tallies, thinned

CASES = {case.name: case for case in read_cases(shipped.reference_cases("timeloop"))[0]}
RULES = read_accounting("timeloop")


def compared(*names: str) -> list[tuple[ReferenceCase, Comparison]]:
    return [(CASES[name], compare(CASES[name], RULES)) for name in names]


def spoiled(
    name: str, change: Callable[[ReferenceCase], ReferenceCase]
) -> tuple[ReferenceCase, Comparison]:
    case = change(CASES[name])
    return case, compare(case, RULES)


def with_energy(case: ReferenceCase, factor: float) -> ReferenceCase:
    energy = case.expected.total_energy_pJ
    assert energy is not None
    expected = case.expected.model_copy(update={"total_energy_pJ": factor * energy})
    return case.model_copy(update={"expected": expected})


def named(cases: list[Case], group: str, name: str) -> Case:
    [found] = [case for case in cases if case.group.startswith(group) and case.name == name]
    return found


def test_everything_is_tallied() -> None:
    cases = list(tallies(compared("gemm_2level", "conv1d_imperfect_temporal", "conv1d_oc_3level")))
    assert {case.verdict for case in cases} == {"holds"}
    assert named(cases, "all", "cases that agree").published == 3
    total = named(cases, "all", "quantities that agree")
    rows = [case for case in cases if case.group != "all"]
    assert total.ours == total.published == sum(case.published or 0 for case in rows) > 100
    assert {case.label for case in rows if "by a walk" in case.group} == {"walked"}
    assert {case.label for case in rows if "as reported" in case.group} == {"reported"}
    assert "conv1d_oc_3level: Timeloop with its" in named(cases, "2 cases", "valid").note
    assert "are not compared" in named(cases, "conv1d_imperfect_temporal", "valid").note


def test_what_differs_is_named_in_full() -> None:
    wrong = spoiled("gemm_2level", lambda case: with_energy(case, 1.001))
    cases = list(tallies([*compared("gemm_3level_spatial_mn"), wrong]))
    failing = [case for case in cases if case.verdict == "fails"]
    assert [(case.group, case.name) for case in failing] == [
        ("all", "cases that agree"),
        ("all", "quantities that agree"),
        ("2 cases, as reported: quantities equal", "total_energy_pJ"),
        ("gemm_2level", "total_energy_pJ"),
    ]
    assert (failing[2].ours, failing[2].published) == (1, 2)
    energy = CASES["gemm_2level"].expected.total_energy_pJ
    assert energy is not None
    assert (failing[3].ours, failing[3].published) == (energy, 1.001 * energy)


def test_a_place_is_named_and_only_the_number_that_is_off() -> None:
    case, its = compared("gemm_3level_spatial_mn")[0]
    place, one = next(
        (place, one)
        for place, one in enumerate(its.compared)
        if one.name.quantity == "multicast_histogram" and len(one.expected.numbers) == 3
    )
    assert one.ours is not None
    worse = replace(one, ours=replace(one.ours, numbers=(*one.ours.numbers[:2], 1.0)))
    changed = replace(its, compared=(*its.compared[:place], worse, *its.compared[place + 1 :]))
    *_, last = tallies([(case, changed)])
    assert last.name == f"{one.name.level}, {one.name.tensor}, multicast_histogram, number 3"
    assert (last.ours, last.published) == (1.0, one.expected.numbers[2])
    gone = replace(its, compared=(replace(one, ours=None),))
    *_, last = tallies([(case, gone)])
    assert (last.ours, last.verdict) == (None, "fails")


def test_a_mapping_that_is_not_as_valid_as_it_should_be() -> None:
    def refused(case: ReferenceCase) -> ReferenceCase:
        return case.model_copy(
            update={"expected": case.expected.model_copy(update={"valid": False})}
        )

    *_, last = tallies([spoiled("gemm_2level", refused)])
    assert (last.group, last.name, last.verdict) == ("gemm_2level", "valid", "fails")
    assert last.note == "a valid mapping; expected rejected"


def test_drawn_are_some_of_each_decade() -> None:
    pairs = [(float(n), float(n)) for n in range(1000)]
    kept = thinned(pairs)
    assert len(kept) == 3 * timeloop.POINTS_PER_DECADE
    assert set(kept) <= set(pairs)
    assert min(kept) == (1.0, 1.0)
    cases = tuple(tallies(compared("gemm_2level")))
    result = StudyResult("timeloop", "", "", cases, 0.0)
    [ax] = validation_figure(Validation((result,))).axes
    drawn = sum(len(case.points) or 1 for case in cases if case.points or case.ours)
    assert f"holds ({drawn})" in {str(line.get_label()) for line in ax.get_lines()}


def test_a_file_that_is_no_case(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(shipped, "reference_cases", lambda _tool: tmp_path)
    with pytest.raises(SpecError):
        list(timeloop.cases())
