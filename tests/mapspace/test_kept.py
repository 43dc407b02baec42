"""Which rules a given mapping breaks."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import assume, given, settings

from accelsim.arch.records import Architecture, Compute
from accelsim.arch.uneven import form_with
from accelsim.errors import SpecError
from accelsim.mapspace.binding import binding_rules
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.kept import broken_rules
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.mapspace.space import mapspace
from accelsim.workload.records import Layer
from tests.mapspace.cases import ALL, DRAM, constrained, eyeriss, flow, gemm, memory, place, shared


def told(layer: Layer, arch: Architecture, dataflow: Dataflow) -> set[bool]:
    """See that a mapping breaks a rule just where its mapspace lacks it; return both answers."""
    space = mapspace(layer, arch, [dataflow])
    allowed = list(islice(enumerate_mappings(space), 20_000))
    others = {*islice(enumerate_mappings(mapspace(layer, arch)), 20_000)}.difference(allowed)
    found = set()
    for legal, mappings in ((True, allowed), (False, sorted(others, key=str))):
        for mapping in mappings[:: len(mappings) // 20 + 1]:
            assert bool(broken_rules(mapping, layer, arch, space.rules)) is not legal
            found.add(legal)
    return found


@settings(max_examples=20)
@given(constrained())
def test_a_mapping_breaks_no_rule_where_its_mapspace_has_it(
    case: tuple[Layer, Architecture, Dataflow],
) -> None:
    assume(mapspace(*case[:2]).size < 20_000)
    try:
        told(*case)
    except SpecError as fault:
        assume("contradicts itself" not in str(fault))
        raise


@pytest.mark.parametrize(
    "rule",
    [
        Rule("buffer", keep=frozenset({"Inputs"})),
        Rule("registers", may_keep=frozenset({"Inputs", "Outputs"})),
        Rule("buffer", tile=(("Weights", 3),)),
        Rule("registers", "temporal", (("M", Limit(at_most=2)),)),
        Rule("buffer", "temporal", (("M", Limit(exact=2)),)),
        Rule("registers", "temporal", (("N", Limit(whole=True)),)),
        Rule("array", "spatial", (("M", Limit(at_most=2)),)),
        Rule("array", "spatial_x", others_free=False),
        Rule("buffer", order=(("M",), ("*",))),
    ],
)
def test_every_kind_of_rule_is_looked_at(rule: Rule) -> None:
    layer, arch = gemm(M=4, N=2), shared(6, 2, 2)
    assert told(layer, arch, flow(rule)) == {True, False}


def test_where_a_tensor_is_demanded_hangs_on_what_may_be_kept() -> None:
    """Of two buffers the one that may not keep the weights need not."""
    nodes = (
        DRAM,
        place("outer", may_keep=ALL),
        place("inner", may_keep=ALL),
        Compute("mac", "mac"),
    )
    memories = (memory("dram", component="dram"), memory("outer", 9), memory("inner", 9))
    rules = (
        Rule("buffers", keep=frozenset({"Weights"})),
        Rule("inner", may_keep=frozenset({"Inputs"})),
    )
    assert told(gemm(M=2), Architecture("two", nodes, memories), flow(*rules)) == {True, False}


def test_uneven_mappings_are_those_of_their_form() -> None:
    layer, arch = gemm(M=4, N=2), shared(20)
    names = [f"buffer.{role}" for role in sorted(ALL)]
    form = form_with(arch, names)
    rules = binding_rules([flow(Rule("buffer", "temporal", (("M", Limit(exact=1)),)))], arch)
    answers = set()
    for mapping in islice(enumerate_mappings(mapspace(layer, form)), 0, 20_000, 701):
        loops = [loop for name in names for loop in mapping.block(name).loops]
        broken = bool(broken_rules(mapping, layer, arch, rules))
        assert broken is any(loop.dim == "M" for loop in loops)
        answers.add(broken)
    assert answers == {True, False}


def test_a_mapping_of_another_machine_is_refused() -> None:
    layer = gemm(M=4)
    mapping = next(enumerate_mappings(mapspace(layer, shared(6))))
    rules = binding_rules([flow(Rule("glb", keep=frozenset({"Inputs"})))], eyeriss())
    with pytest.raises(SpecError, match="the mapping is not one of eyeriss"):
        broken_rules(mapping, layer, eyeriss(), rules)
