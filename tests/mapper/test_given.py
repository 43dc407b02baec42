"""Mappings that a search starts from keep their form on the way into it."""

from __future__ import annotations

import pytest

from accelsim.evaluation.charge import IllegalMappingError
from accelsim.mapper.given import given, position_of
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.position import choices, empty_mapping, pack_position
from accelsim.mapping.arrays import unpack_mapping
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Limit, Rule
from accelsim.mapspace.space import Mapspace, mapspace
from tests.mapper.problems import random_problem
from tests.mapspace.cases import ALL, conv, flow, gemm, shared, two_arrays

EXACT = flow(
    Rule("array", "spatial", (("P", Limit(exact=2)), ("M", Limit()))),
    Rule("buffer", "temporal", (("M", Limit(at_most=2)),), order=(("M",), ("P", "R"))),
)


def spaces() -> list[Mapspace]:
    return [
        *(random_problem(seed).space for seed in range(4)),
        mapspace(conv(M=4, P=4, R=2), shared(30, 2, 2), [EXACT]),
        mapspace(gemm(M=4, N=4), two_arrays()),
    ]


@pytest.mark.parametrize("number", range(6))
def test_every_mapping_keeps_its_form(number: int) -> None:
    space = spaces()[number]
    base = first_factors(space)
    assert not isinstance(base, Infeasibility)
    varied = choices(space, base)
    mappings = list(enumerate_mappings(space))
    for mapping in mappings[:: max(1, len(mappings) // 300)]:
        position = position_of(space, varied, given(space, mapping))
        packed = empty_mapping(space, varied)
        pack_position(position, packed)
        loops = int(packed.slot_end[-1])
        packed = packed._replace(
            loop_dim=packed.loop_dim[:loops], loop_bound=packed.loop_bound[:loops]
        )
        assert unpack_mapping(packed, space.arch, space.layer) == mapping
        for order, inside in zip(position.order, space.arrays.inside, strict=True):
            assert sorted(order) == list(range(len(space.layer.dims)))
            for at, outer in enumerate(order):
                assert not any(int(inside[inner]) >> int(outer) & 1 for inner in order[at + 1 :])


def nest(
    *buffer: Loop, x: tuple[Loop, ...] = (), keep: frozenset[str] = frozenset(), dram: str = ""
) -> Mapping:
    outer = tuple(Loop(word[0], int(word[1:])) for word in dram.split())
    return Mapping(
        (Block("dram", outer, ALL), Block("buffer", buffer, keep), Spread("array", x=x),
         Block("registers"))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (nest(Loop("M", 2), dram="P4 R2"), "the loops over M multiply to 2, not 4"),
        (nest(Loop("M", 2), Loop("P", 2), Loop("M", 2)), "buffer has two loops over M"),
        (nest(dram="M4 P4 R2"), "levels that a rule takes together loop 1 times over P"),
        (
            nest(Loop("M", 4), x=(Loop("P", 2),), dram="P2 R2"),
            "buffer may not loop 4 times over M",
        ),
        (
            nest(Loop("P", 2), Loop("M", 2), x=(Loop("P", 2),), dram="M2 R2"),
            "buffer has its loops in an order that a rule forbids",
        ),
        (
            nest(x=(Loop("P", 2), Loop("M", 2)), dram="M2 P2 R2"),
            "an array has fewer lanes than its loops need",
        ),
        (
            nest(Loop("M", 2), Loop("P", 2), Loop("R", 2), x=(Loop("P", 2),), keep=ALL, dram="M2"),
            "a memory is smaller than its tiles, or a tile larger than a rule allows",
        ),
    ],
)
def test_what_is_wrong_is_said(mapping: Mapping, message: str) -> None:
    space = mapspace(conv(M=4, P=4, R=2), shared(14, 2, 2), [EXACT])
    with pytest.raises(IllegalMappingError) as caught:
        given(space, mapping)
    assert message in str(caught.value)


def test_what_must_be_kept_is_looked_at() -> None:
    rule = flow(Rule("buffer", keep=frozenset({"Inputs"}), may_keep=frozenset({"Inputs"})))
    space = mapspace(gemm(M=4), shared(14), [rule])
    for keep in (frozenset[str](), ALL):
        with pytest.raises(IllegalMappingError, match="buffer may not keep, or bypass, what"):
            given(space, nest(dram="M4", keep=keep))
