from __future__ import annotations

from itertools import permutations
from math import prod

import pytest
from hypothesis import assume, given, settings

from accelsim.arch.records import Architecture
from accelsim.errors import SpecError
from accelsim.mapping.records import Loop, Mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.mapspace.space import Mapspace, mapspace
from accelsim.workload.records import Layer
from tests.mapspace.cases import ALL, constrained, conv, eyeriss, flow, gemm, shared, two_arrays
from tests.mapspace.legality import every_mapping, faults

WHOLE, ANY = Limit(whole=True), Limit()


def listed(layer: Layer, arch: Architecture, *rules: Rule) -> list[Mapping]:
    return list(enumerate_mappings(mapspace(layer, arch, [flow(*rules)])))


def space_or_skip(case: tuple[Layer, Architecture, Dataflow]) -> Mapspace:
    """Build a space; rules that contradict each other's order are another test's."""
    layer, arch, dataflow = case
    try:
        return mapspace(layer, arch, [dataflow])
    except SpecError as fault:
        assume("contradicts itself" not in str(fault))
        raise


@given(constrained())
def test_every_listed_mapping_is_legal_and_listed_once(
    case: tuple[Layer, Architecture, Dataflow],
) -> None:
    layer, arch, dataflow = case
    space = space_or_skip(case)
    assume(space.size < 20_000)
    seen = set()
    for mapping in enumerate_mappings(space):
        assert faults(mapping, layer, arch, [dataflow]) == []
        assert mapping not in seen
        seen.add(mapping)
    assert len(seen) <= space.size


@settings(max_examples=25)
@given(constrained())
def test_every_legal_mapping_is_listed(case: tuple[Layer, Architecture, Dataflow]) -> None:
    layer, arch, dataflow = case
    space = space_or_skip(case)
    assume(mapspace(layer, arch).size << (3 * len(arch.places)) < 50_000)
    legal = {m for m in every_mapping(layer, arch) if not faults(m, layer, arch, [dataflow])}
    assert set(enumerate_mappings(space)) == legal


def test_plain_listing_is_complete_without_rules() -> None:
    for layer, arch in (
        (gemm(M=2, N=2), shared(3)),
        (gemm(M=4), shared(3, 2, 2)),
        (conv(P=2, R=2), shared(4, 2)),
        (gemm(M=2, K=2), two_arrays()),
    ):
        legal = {m for m in every_mapping(layer, arch) if not faults(m, layer, arch)}
        assert set(enumerate_mappings(mapspace(layer, arch))) == legal


def test_size_is_the_product_of_the_choices() -> None:
    # DRAM, buffer, y (1 lane), x (2 lanes), registers; M = 4 and K = 2 have loops in the three
    # blocks and on x: 6 + 3 splits of M, 3 + 1 of K; 2! orders a block; 2^6 keep choices.
    space = mapspace(gemm(M=4, K=2), shared(64, 2, 1))
    assert space.size == (6 + 3) * (3 + 1) * 2**3 * 2**6
    order = Rule("buffer", order=(("M",), ("K",)))
    assert mapspace(gemm(M=4, K=2), shared(64, 2, 1), [flow(order)]).size == space.size // 2
    keep = Rule("registers", keep=ALL)
    assert mapspace(gemm(M=4, K=2), shared(64, 2, 1), [flow(keep)]).size == space.size // 8


@given(constrained())
def test_size_counts_what_it_says(case: tuple[Layer, Architecture, Dataflow]) -> None:
    space = space_or_skip(case)
    arrays = space.arrays
    assume(
        all(must & ~may == 0 for must, may in zip(arrays.keep_must, arrays.keep_may, strict=True))
    )
    vectors = [list(factors.vectors()) for factors in space.factors]
    expected = prod(map(len, vectors))
    for slot in map(int, space.machine.place_slot):
        loops = [d for d in range(len(vectors)) if any(v[slot] > 1 for v in vectors[d])]
        expected *= sum(
            not any(
                arrays.inside[slot, inner] >> outer & 1
                for i, outer in enumerate(order)
                for inner in order[i + 1 :]
            )
            for order in permutations(loops)
        )
    for must, may in zip(arrays.keep_must, arrays.keep_may, strict=True):
        expected <<= int(may & ~must).bit_count()
    assert space.size == expected


def test_whole_lets_nothing_stand_outside() -> None:
    found = listed(gemm(M=4, K=2), shared(64, 4), Rule("array", "spatial", (("M", WHOLE),)))
    assert found
    for mapping in found:
        outside = [*mapping.block("dram").loops, *mapping.block("buffer").loops]
        assert not any(loop.dim == "M" for loop in outside)
    assert any(mapping.block("registers").loops for mapping in found)


def test_spatial_speaks_of_both_axes_together() -> None:
    rule = Rule("array", "spatial", (("M", Limit(exact=4)),), others_free=False)
    found = listed(gemm(M=8, N=2), shared(64, 4, 4), rule)
    splits = {
        tuple(
            prod(loop.bound for loop in axis) for axis in (m.spread("array").y, m.spread("array").x)
        )
        for m in found
    }
    assert splits == {(1, 4), (2, 2), (4, 1)}


def test_at_most_and_exact_of_one_axis() -> None:
    rule = Rule("array", "spatial_x", (("M", Limit(exact=2)), ("N", Limit(at_most=2))))
    found = listed(gemm(M=4, N=4), shared(64, 4, 4), rule)
    assert {m.spread("array").x for m in found} == {
        (Loop("M", 2),),
        (Loop("M", 2), Loop("N", 2)),
    }
    assert any(Loop("N", 4) in m.spread("array").y for m in found)


def test_exact_is_1_where_the_bound_is_1() -> None:
    rule = Rule("array", "spatial", (("M", Limit(exact=2)),))
    assert listed(gemm(N=2), shared(9, 2), rule) == listed(gemm(N=2), shared(9, 2))


def test_a_limit_over_several_levels_bounds_their_product() -> None:
    rule = Rule("array", "spatial", (("M", Limit(exact=4)),))
    found = listed(gemm(M=4), two_arrays(), rule)
    for mapping in found:
        loops = [loop for name in ("rows", "lanes") for axis in "yx"
                 for loop in getattr(mapping.spread(name), axis)]  # fmt: skip
        assert prod(loop.bound for loop in loops) == 4
    assert any(mapping.spread("rows").y and mapping.spread("lanes").x for mapping in found)


def test_others_1_leaves_no_other_loops() -> None:
    rule = Rule("registers", "temporal", (("K", ANY),), others_free=False)
    for mapping in listed(gemm(M=2, N=2, K=2), shared(64), rule):
        assert {loop.dim for loop in mapping.block("registers").loops} <= {"K"}


def test_order_is_transitive_as_if_every_dim_looped() -> None:
    first, second = Rule("dram", order=(("M",), ("N",))), Rule("dram", order=(("N",), ("K",)))
    found = listed(gemm(M=2, N=2, K=2), shared(0, registers=0), first, second)
    orders = {tuple(loop.dim for loop in m.block("dram").loops) for m in found}
    assert ("M", "N", "K") in orders
    assert ("M", "K") in orders
    assert ("K", "M") not in orders


def test_a_memory_of_several_side_by_side_is_spoken_of_alone() -> None:
    rule = Rule("filter_spad", may_keep=frozenset())
    found = listed(gemm(M=2), eyeriss(1, 1), rule)
    kept = {mapping.block("spads").keep for mapping in found}
    assert kept == {
        frozenset(names) for names in ([], ["Inputs"], ["Outputs"], ["Inputs", "Outputs"])
    }


def test_keep_binds_the_levels_that_can_keep_it() -> None:
    rule = Rule("buffers", keep=frozenset({"Weights", "Inputs"}))
    found = listed(gemm(M=2), eyeriss(1, 1), Rule("glb", keep=frozenset({"Inputs"})))
    assert all("Inputs" in mapping.block("glb").keep for mapping in found)
    assert listed(gemm(M=2), eyeriss(1, 1), rule) == []  # nothing there can keep weights


def test_a_tile_limit_binds_where_the_tensor_is_kept() -> None:
    rule = Rule("registers", tile=(("Outputs", 1),))
    found = listed(gemm(M=4, N=2, K=2), shared(64, registers=64), rule)
    kept = [m for m in found if "Outputs" in m.block("registers").keep]
    assert kept
    assert all({loop.dim for loop in m.block("registers").loops} <= {"K"} for m in kept)
    bypassing = [m for m in found if "Outputs" not in m.block("registers").keep]
    assert any(Loop("M", 4) in m.block("registers").loops for m in bypassing)


def test_an_absent_memory_keeps_nothing() -> None:
    space = mapspace(gemm(M=2), shared(0, registers=0))
    assert list(space.arrays.keep_may) == [0b111, 0, 0]


def test_what_a_layer_or_machine_lacks_is_void() -> None:
    rules = (
        Rule("array", "spatial", (("Z", WHOLE), ("M", ANY))),
        Rule("line", may_keep=frozenset()),
    )
    assert len(mapspace(gemm(M=2), shared(8), [flow(*rules)]).rules) == 1
    assert listed(gemm(M=2), shared(8), *rules) == listed(gemm(M=2), shared(8))


FANOUTS_LOOPS = "a fanout's loops are spatial, spatial_x or spatial_y"


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        (
            Rule("line", may_keep=frozenset(), required=True),
            "needs a level 'line', which shared does not have",
            "expected one of dram, buffer, array, registers, mac",
        ),
        (
            Rule("array", "temporal", (("M", ANY),)),
            "limits temporal loops, but 'array' is a fanout",
            FANOUTS_LOOPS,
        ),
        (
            Rule("array", keep=frozenset({"Weights"})),
            "limits what a memory does, but 'array' is a fanout",
            FANOUTS_LOOPS,
        ),
        (
            Rule("buffer", "spatial", (("M", ANY),), because="so says the paper"),
            "limits spatial loops, but 'buffer' is a memory",
            "a memory's loops are temporal",
        ),
    ],
)
def test_rules_that_cannot_apply(rule: Rule, message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        mapspace(gemm(M=2), shared(8), [flow(rule)])
    assert str(caught.value) == f"rule 1 of flow (at {rule.at}) {message}; {hint}"


def test_a_misspelt_level_is_refused_and_one_of_other_machines_is_not() -> None:
    for at, meant in (("registrs", "registers"), ("bufferr", "buffer"), ("aray", "array")):
        with pytest.raises(SpecError) as caught:
            mapspace(gemm(M=2), shared(8), [flow(Rule(at))])
        assert caught.value.problems[0].hint == f"did you mean '{meant}'?"
    mapspace(gemm(M=2), shared(8), [flow(Rule("filter_buffer"))])


def test_the_compute_has_no_rules() -> None:
    with pytest.raises(SpecError) as caught:
        mapspace(gemm(M=2), shared(8), [flow(Rule("mac", keep=frozenset({"Weights"})))])
    assert str(caught.value) == (
        "rule 1 of flow (at mac): 'mac' is the compute, which has no loops and no tile"
    )


def test_orders_that_exclude_each_other() -> None:
    rules = (Rule("dram", order=(("M",), ("N",))), Rule("dram", order=(("N",), ("M",))))
    with pytest.raises(SpecError) as caught:
        mapspace(gemm(M=2, N=2), shared(8), [flow(*rules)])
    assert str(caught.value) == (
        "the order of M, N at 'dram' contradicts itself;"
        " see rule 1 of flow (at dram); rule 2 of flow (at dram)"
    )
