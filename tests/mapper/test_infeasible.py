from __future__ import annotations

from dataclasses import replace

import pytest

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import Budget, mapping_problem
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import ENERGY
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Limit, Rule
from accelsim.mapspace.space import mapspace
from accelsim.technology.records import Accounting
from accelsim.workload.records import Layer
from tests.mapper.problems import TABLE
from tests.mapspace.cases import conv, eyeriss, flow, gemm, shared

WHOLE = Limit(whole=True)
WEIGHTS = frozenset({"Weights"})


def refused(layer: Layer, arch: Architecture, *rules: Rule) -> Infeasibility:
    found = first_factors(mapspace(layer, arch, [flow(*rules, name="rs")]))
    assert isinstance(found, Infeasibility)
    assert found.proved
    return found


def test_a_scratchpad_too_small_for_a_row() -> None:
    row = Rule("spads", "temporal", (("S", WHOLE),), because="rows stay in the PE")
    arch = eyeriss(pads=(5, 12, 24), keep=WEIGHTS)
    found = refused(conv("conv1", S=11, M=4), arch, row)
    assert str(found) == (
        "no legal mapping of conv1 on eyeriss:"
        " filter_spad needs 11 words for the smallest tile, has 5;"
        " filter_spad of 11 words would fit;"
        ' it would fit without rule 1 of rs (at spads): "rows stay in the PE"'
    )
    assert found.change_fits
    assert (found.refusals[0].needs, found.refusals[0].has) == (11 * 16, 5 * 16)


def test_the_change_named_is_the_smallest() -> None:
    row = Rule("spads", "temporal", (("S", WHOLE),))
    stay = Rule("array", "spatial", others_free=False)
    for words in (10, 11):
        space = mapspace(conv(S=11), eyeriss(pads=(words, 12, 24), keep=WEIGHTS), [flow(row, stay)])
        assert isinstance(first_factors(space), Infeasibility) == (words == 10)


def test_a_machine_too_small_without_any_rule() -> None:
    found = refused(gemm(M=2), eyeriss(pads=(1, 1, 0), keep=frozenset({"Outputs"})))
    assert found.sentences() == (
        "sum_spad needs 1 words for the smallest tile, has 0",
        "sum_spad of 1 words would fit",
    )


def test_the_tightest_memory_comes_first_and_buffering_counts() -> None:
    arch = eyeriss(pads=(2, 4, 24), keep=frozenset({"Weights", "Inputs"}))
    memories = tuple(
        replace(one, buffering=2) if one.name == "filter_spad" else one for one in arch.memories
    )
    rules = (
        Rule("spads", "temporal", (("S", WHOLE),)),
        Rule("array", "spatial", others_free=False),
    )
    found = refused(conv(S=6), replace(arch, memories=memories), *rules)
    assert found.sentences()[:3] == (
        "filter_spad needs 6 words for the smallest tile, has 1 (2-fold buffered)",
        "input_spad needs 6 words for the smallest tile, has 4",
        "filter_spad of 12 words and input_spad of 6 words would fit",
    )


def test_a_tile_limit_that_a_rule_forbids_to_meet() -> None:
    found = refused(
        gemm(M=4),
        shared(64, registers=64),
        Rule("registers", "temporal", (("M", Limit(exact=4)),), keep=frozenset({"Outputs"})),
        Rule("registers", tile=(("Outputs", 1),), because="one sum a PE"),
    )
    assert found.sentences() == (
        "the smallest tile of Outputs at registers has 4 words, the rules allow 1",
        "it would fit without rule 1 of rs (at registers)",
        'it would fit without rule 2 of rs (at registers): "one sum a PE"',
    )


def test_more_lanes_than_an_array_has() -> None:
    found = refused(
        conv(R=11, S=11),
        eyeriss(8, 4),
        Rule("array", "spatial", (("R", WHOLE), ("S", WHOLE))),
        Rule("spads", "temporal", others_free=False),
    )
    assert found.refusals[0].what == (
        "array needs 121 lanes for the loops that must stand there, has 8 x 4"
    )
    assert (found.refusals[0].needs, found.refusals[0].has) == (121, 32)


def test_more_lanes_than_one_axis_has() -> None:
    found = refused(
        gemm(M=5, N=3),
        eyeriss(8, 4),
        Rule("array", "spatial_x", (("M", Limit(exact=5)), ("N", Limit(exact=3)))),
    )
    assert found.sentences() == (
        "axis x of array needs 15 lanes for the loops that must stand there, has 8",
        "array with mesh_x 15 would fit",
        "it would fit without rule 1 of rs (at array)",
    )


def test_a_prime_longer_than_either_axis() -> None:
    found = refused(gemm(M=11), eyeriss(8, 4), Rule("array", "spatial", (("M", Limit(exact=11)),)))
    assert found.sentences() == (
        "no factors of M = 11 fit the axes of array (8 x 4)",
        "it would fit without rule 1 of rs (at array)",
    )


def test_lanes_that_suffice_in_number_but_cannot_be_split() -> None:
    found = refused(
        conv(R=11, S=11, M=2),
        eyeriss(16, 16),
        Rule("array", "spatial", (("R", WHOLE), ("S", WHOLE), ("M", WHOLE))),
        Rule("spads", "temporal", others_free=False),
    )
    assert found.refusals[0].what == (
        "every arrangement of loops breaks the lanes of an array or the size of a memory"
    )
    assert dict(found.refused).keys() == {"array"}


def test_a_trade_between_lanes_and_registers_is_found() -> None:
    """All of M must be inside: neither the lanes nor the registers hold it, both together do."""
    rules = flow(
        Rule("array", "spatial", (("M", WHOLE), ("N", WHOLE))),
        Rule("registers", keep=frozenset({"Outputs"})),
    )
    for words in (3, 4):
        space = mapspace(gemm(M=12, N=4), shared(64, 4, 3, registers=words), [rules])
        assert isinstance(first_factors(space), Infeasibility) == (words == 3)


def test_factors_that_do_not_divide() -> None:
    found = refused(gemm(M=10), eyeriss(), Rule("array", "spatial", (("M", Limit(exact=3)),)))
    assert found.sentences() == (
        "no factors of M = 10 satisfy the limits on its loops",
        "it would fit without rule 1 of rs (at array)",
    )


def test_keeping_what_cannot_be_kept() -> None:
    found = refused(gemm(M=2), eyeriss(), Rule("glb", keep=WEIGHTS))
    assert found.sentences()[0] == "glb cannot keep Weights, as a rule demands"
    found = refused(gemm(M=2), eyeriss(keep=WEIGHTS), Rule("spads", may_keep=frozenset()))
    assert found.sentences()[0] == "spads must keep Weights, which a rule forbids"
    found = refused(
        gemm(M=2),
        eyeriss(),
        Rule("spads", keep=WEIGHTS),
        Rule("spads", may_keep=frozenset({"Inputs"})),
    )
    assert found.sentences() == (
        "spads is to keep Weights by one rule and not to by another",
        "it would fit without rule 1 of rs (at spads)",
        "it would fit without rule 2 of rs (at spads)",
    )


@pytest.mark.parametrize("stays", [Limit(exact=4), Limit(exact=2)])
def test_the_smallest_tile_is_a_box_where_tiles_are(stays: Limit) -> None:
    """Four rows, three apart, of a filter of two: 8 words in a box of 11; two of them, 5."""
    rule = Rule("registers", "temporal", (("P", stays), ("R", WHOLE)), keep=frozenset({"Inputs"}))
    layer = conv(P=4, R=2, stride=3)
    box = 3 * (int(stays.exact or 0) - 1) + 2
    boxes = Accounting("boxes", conventions=Conventions(tiles="box"))
    for words in (box - 1, box):
        arch = shared(64, registers=words)
        problem = mapping_problem(layer, arch, resolve(arch, TABLE, boxes), [flow(rule)])
        found = SamplingDriver().search(problem, ENERGY, Budget(50))
        assert (found.best is None) == (words < box)
        if found.infeasible is not None:
            assert found.infeasible.sentences()[:2] == (
                f"registers needs {box} words for the smallest tile, has {words}",
                f"registers of {box} words would fit",
            )
        assert (next(enumerate_mappings(problem.space), None) is None) == (words < box)
