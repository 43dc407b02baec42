"""From our records to Timeloop's files and back: the identity where both have words for it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from accelsim import shipped
from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Node, Place
from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import evaluate
from accelsim.interchange.reference.case import INEXACT, ReferenceCase
from accelsim.interchange.reference.lowering import Lowered, lower
from accelsim.interchange.reference.read import read_cases
from accelsim.interchange.timeloop.bundle import Bundle, read_bundle
from accelsim.interchange.timeloop.writing.inputs import (
    architecture_text,
    mapping_text,
    problem_text,
)
from accelsim.interchange.timeloop.writing.parts import Written, chain_of
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.mapping.spec import read_mapping
from accelsim.roles import ROLES, Role
from accelsim.sparsity.formats import Format
from accelsim.specs.references import Reference
from accelsim.technology.records import ACTIONS, Price
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.verbs.words import as_architecture, as_network
from accelsim.workload.records import Layer
from accelsim.workload.spec import network_of
from accelsim.yamldoc import parse
from tests.interchange.timeloop_specs import Drawn, drawn

CASES, _ = read_cases(shipped.reference_cases("timeloop"))

WHOLE = [
    case
    for case in CASES
    if case.trust != INEXACT
    and case.expected.valid
    and all(case.outermost_keeper(tensor.name) == 0 for tensor in case.problem.tensors)
]
"""Cases that Timeloop counts exactly, all tensors of which are kept outermost."""


def written(arch: Architecture, layer: Layer, mapping: Mapping) -> tuple[Written, dict[str, str]]:
    chain = chain_of(arch, layer, mapping)
    texts = {
        "problem.yaml": problem_text(layer),
        "arch.yaml": architecture_text(chain),
        "map.yaml": mapping_text(chain),
    }
    return chain, texts


def back(texts: dict[str, str]) -> tuple[Bundle, Drawn]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        bundle = read_bundle([Path(folder)])
    arch = bundle.machine()
    (layer,) = network_of(bundle.document("workload"), Reference("x")).layers
    return bundle, (arch, layer, bundle.mapping(arch, layer))


def plain(arch: Architecture) -> Architecture:
    """Return a machine without what is said of its sources."""
    nodes = tuple(
        node if isinstance(node, Place) else replace(node, source="") for node in arch.nodes
    )
    return replace(arch, nodes=nodes, source="", assumptions=())


@given(drawn())
def test_the_common_subset(it: Drawn) -> None:
    arch, layer, mapping = it
    chain, texts = written(*it)
    assert not [note for note in chain.notes if "words of" not in note]
    _, (read_arch, read_layer, read) = back(texts)
    assert plain(read_arch) == arch
    assert read_layer == layer
    assert read == mapping


def counted(arch: Architecture, layer: Layer, mapping: Mapping) -> dict[tuple[str, ...], float]:
    """Return the words that memories and the compute move."""
    table = read_technology("eyeriss-relative")
    found = evaluate(layer, arch, mapping, table, read_accounting("timeloop"))
    names = {*arch.memory, arch.compute.name}
    moved = found.traffic.by("level", "tensor", "action")
    return {at: words for at, words in moved.items() if at[0] in names and words}


def test_memories_side_by_side_follow_each_other() -> None:
    arch = as_architecture("eyeriss")
    (layer,) = as_network("alexnet:conv3,batch=4").layers
    mapping = read_mapping("mappings/eyeriss_alexnet_conv3.yaml", arch, layer)
    chain, texts = written(arch, layer, mapping)
    assert chain.notes == [
        "spads: filter_spad, ifmap_spad, psum_spad side by side follow each other"
    ]
    _, (read_arch, read_layer, read) = back(texts)
    assert [place.name for place in read_arch.places][-3:] == [
        "filter_spad",
        "ifmap_spad",
        "psum_spad",
    ]
    assert counted(read_arch, read_layer, read) == counted(arch, layer, mapping)


def small_layer() -> Layer:
    document = """
    kind: workload
    name: small
    layers:
    - name: conv
      shape: einsum
      dims: {M: 12, C: 4, P: 8, R: 3}
      inputs: ["Weights[M, C, R]", "Inputs[C, P + R]"]
      output: Outputs[M, P]
    """
    return network_of(parse(document), Reference("x")).layers[0]


def machine(*fanouts: Fanout, places: tuple[Place, ...] = ()) -> Architecture:
    every = frozenset(ROLES)
    memories = (Memory("dram", "dram"), Memory("rf", "register_file", 16 * 4096))
    inner = places or (Place("rf", (Holding("rf", frozenset(), every),)),)
    nodes: tuple[Node, ...] = (
        Place("dram", (Holding("dram", every),)),
        *fanouts,
        *inner,
        Compute("mac", "mac"),
    )
    return Architecture("m", nodes, memories, technology="eyeriss-relative")


EVERYTHING = frozenset({"Weights", "Inputs", "Outputs"})


def test_a_dim_on_both_axes_becomes_a_fanout_for_each() -> None:
    arch = machine(Fanout("array", "array", "array", 4, 3))
    spread = Spread("array", x=(Loop("M", 4),), y=(Loop("M", 3),))
    rf = Block("rf", (Loop("C", 4), Loop("P", 8), Loop("R", 3)), EVERYTHING)
    mapping = Mapping((Block("dram", (), EVERYTHING), spread, rf))
    chain, texts = written(arch, small_layer(), mapping)
    assert chain.notes == ["array: M on both axes, which become a fanout each"]
    _, (read_arch, layer, read) = back(texts)
    assert [fanout.name for fanout in read_arch.fanouts] == ["array_rows", "array"]
    assert counted(read_arch, layer, read) == counted(arch, layer, mapping)


def test_a_dim_twice_in_one_block_goes_to_a_level_that_holds_nothing() -> None:
    arch = machine()
    dram = Block("dram", (Loop("P", 2), Loop("M", 12), Loop("P", 4), Loop("C", 2)), EVERYTHING)
    rf = Block("rf", (Loop("C", 2), Loop("R", 3)), EVERYTHING)
    mapping = Mapping((dram, rf))
    chain, texts = written(arch, small_layer(), mapping)
    assert chain.notes == [
        "dram: loops over a dim that occurs twice (P, C) stand at dram_2, which holds nothing"
    ]
    _, (read_arch, layer, read) = back(texts)
    assert [place.name for place in read_arch.places] == ["dram", "dram_2", "rf"]
    assert read.block("dram_2") == Block("dram_2", (Loop("P", 4), Loop("C", 2)))
    assert counted(read_arch, layer, read) == counted(arch, layer, mapping)


def test_lanes_that_fanouts_share_are_those_in_use() -> None:
    pieces = [Fanout(name, "array", "array", 6, 4) for name in ("outer", "inner")]
    arch = machine(*pieces)
    steps = (
        Block("dram", (Loop("C", 2), Loop("R", 3)), EVERYTHING),
        Spread("outer", x=(Loop("M", 3),), y=(Loop("P", 2),)),
        Spread("inner", x=(Loop("M", 2),), y=(Loop("C", 2),)),
        Block("rf", (Loop("P", 4), Loop("M", 2)), EVERYTHING),
    )
    chain, texts = written(arch, small_layer(), Mapping(steps))
    assert chain.notes == [
        "outer: written as 2 fanouts of the lanes in use, of 6 x 4",
        "inner: written as 2 fanouts of the lanes in use, of 6 x 4",
    ]
    _, (read_arch, layer, read) = back(texts)
    assert [(fan.mesh_x, fan.mesh_y) for fan in read_arch.fanouts] == [
        (1, 2),
        (3, 1),
        (1, 2),
        (2, 1),
    ]
    assert counted(read_arch, layer, read) == counted(arch, layer, Mapping(steps))


def test_one_memory_as_several_places_becomes_several_levels() -> None:
    weights, rest = frozenset({"Weights"}), frozenset({"Inputs", "Outputs"})
    places = (
        Place("rf", (Holding("rf", weights),)),
        Place("rf_2", (Holding("rf", rest),)),
    )
    arch = machine(places=places)
    steps = (
        Block("dram", (Loop("M", 12),), EVERYTHING),
        Block("rf", (Loop("P", 8),), weights),
        Block("rf_2", (Loop("C", 4), Loop("R", 3)), rest),
    )
    chain, texts = written(arch, small_layer(), Mapping(steps))
    assert len(chain.notes) == 2
    assert "rf: one of 2 levels that stand for one memory" in chain.notes[0]
    _, (read_arch, _, read) = back(texts)
    assert list(read_arch.memory) == ["dram", "rf", "rf_2"]
    assert read == Mapping(steps)


def test_last_tiles_that_are_short() -> None:
    arch = machine()
    steps = (
        Block("dram", (Loop("P", 3), Loop("M", 5)), EVERYTHING),
        Block("rf", (Loop("M", 3), Loop("P", 3), Loop("C", 4), Loop("R", 3)), EVERYTHING),
    )
    mapping = Mapping(steps, remainders=True)
    layer = replace(small_layer(), dims=(("M", 13), ("C", 4), ("P", 8), ("R", 3)))
    _, texts = written(arch, layer, mapping)
    assert '"M=3,1"' in texts["map.yaml"]
    assert '"P=3,2"' in texts["map.yaml"]
    _, (_, _, read) = back(texts)
    assert read == mapping


def compressing(arch: Architecture) -> Architecture:
    """Return a machine whose memories compress, gate and skip."""
    operands: dict[Role, frozenset[Role]] = {"Weights": frozenset({"Inputs"})}
    dram, rf = arch.memories
    dram = replace(dram, formats={"Inputs": Format("bitmask")})
    return replace(arch, memories=(dram, replace(rf, gating=operands, skipping=operands)))


SKIPPING = Compute("mac", "mac", skipping=frozenset({"Inputs"}))


@pytest.mark.parametrize(
    ("arch", "layer", "reason"),
    [
        (
            replace(machine(), nodes=(*machine().nodes[:-1], Compute("mac", "mac", 2))),
            small_layer(),
            "'mac' does 2 operations a cycle; expected 1: Timeloop knows no other",
        ),
        (
            replace(machine(), memories=(Memory("dram", "dram", overlap=False),)),
            small_layer(),
            "transfers of 'dram' do not hide behind compute",
        ),
        (machine(), replace(small_layer(), op="alu"), "layer 'conv' does cheap operations"),
        (
            compressing(machine()),
            small_layer(),
            "'dram' states `format`; (.*\\n)+'rf' states `gating` and `skipping`; expected",
        ),
        (
            replace(machine(), nodes=(*machine().nodes[:-1], SKIPPING)),
            small_layer(),
            "'mac' states `skipping`; expected a machine to which zeros are as other values",
        ),
    ],
)
def test_what_timeloop_has_no_words_for_is_refused(
    arch: Architecture, layer: Layer, reason: str
) -> None:
    steps = tuple(Block(place.name) for place in arch.places)
    with pytest.raises(SpecError, match=reason):
        chain_of(arch, layer, Mapping(steps))


def renamed(case: ReferenceCase) -> Lowered:
    """Return a case whose networks have names that specs may have."""
    made = lower(case)
    names = {fan.name: fan.name.replace("->", "_to_") for fan in made.arch.fanouts}
    nodes = tuple(
        replace(node, name=names[node.name], array=names[node.name], component=names[node.name])
        if isinstance(node, Fanout)
        else node
        for node in made.arch.nodes
    )
    steps = tuple(
        replace(step, fanout=names[step.fanout]) if isinstance(step, Spread) else step
        for step in made.mapping.steps
    )
    prices = {names.get(name, name): its for name, its in made.table.prices.items()}
    return Lowered(
        made.layer,
        replace(made.arch, nodes=nodes),
        replace(made.mapping, steps=steps),
        replace(made.table, prices=prices),
    )


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_reference_cases_count_the_same(case: ReferenceCase) -> None:
    """Machines with bypasses, meshes, latencies and links survive the way there and back."""
    ours = renamed(case)
    _, texts = written(ours.arch, ours.layer, ours.mapping)
    _, (arch, layer, mapping) = back(texts)
    assert layer.bounds == ours.layer.bounds
    rules = read_accounting("timeloop")
    expected = evaluate(ours.layer, ours.arch, ours.mapping, ours.table, rules)
    # Where a network only takes its time, its fanout of one lane is called by the front end.
    prices = {**ours.table.prices, "array": dict.fromkeys(ACTIONS, Price(0.0, "none"))}
    table = replace(ours.table, name=arch.technology, prices=prices)
    found = evaluate(layer, arch, mapping, table, rules)
    for level in (*ours.arch.memory, ours.arch.compute.name):
        at = expected.levels.index(level), found.levels.index(level)
        np.testing.assert_array_equal(expected.words[at[0]], found.words[at[1]])
    for fan in ours.arch.fanouts:
        if fan.children > 1:
            at = expected.levels.index(fan.name), found.levels.index(fan.name)
            np.testing.assert_array_equal(expected.words[at[0]], found.words[at[1]])
    assert found.cycles == expected.cycles
    assert len(WHOLE) >= 40
