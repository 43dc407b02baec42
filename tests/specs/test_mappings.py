"""Mappings as YAML, both ways, and as loop nests."""

from __future__ import annotations

import random
from math import prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.arch.records import Architecture, Fanout, Holding, Place
from accelsim.arch.spec import read_architecture
from accelsim.mapping.factors import divisors, nearest_factors
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.mapping.spec import mapping_yaml, parse_mapping
from accelsim.mapping.text import loop_nest
from accelsim.workload.records import Layer
from accelsim.workload.spec import read_workload
from tests.naive.cases import random_case
from tests.specs import sound


@pytest.fixture
def machine(tmp_path: Path) -> Architecture:
    (tmp_path / "machine.yaml").write_text(sound.ARCHITECTURE, encoding="utf-8")
    return read_architecture(tmp_path / "machine.yaml")


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    (tmp_path / "layer.yaml").write_text(sound.LAYER, encoding="utf-8")
    (only,) = read_workload(tmp_path / "layer.yaml").layers
    return only


def test_a_mapping(machine: Architecture, layer: Layer) -> None:
    assert parse_mapping(sound.MAPPING, machine, layer) == Mapping(
        (
            Block(
                "dram", (Loop("M", 4), Loop("C", 2)), frozenset({"Weights", "Inputs", "Outputs"})
            ),
            Block("glb", (Loop("P", 5),), frozenset({"Inputs", "Outputs"})),
            Spread("array", x=(Loop("C", 2),), y=(Loop("R", 3),)),
            Block("spads", (Loop("M", 2), Loop("S", 3)), frozenset({"Weights"})),
        )
    )


def test_what_is_left_out_has_no_loops_and_keeps_what_it_must(
    machine: Architecture, layer: Layer
) -> None:
    text = "kind: mapping\nlevels:\n- {place: spads, loops: [M 8, C 4, P 5, R 3, S 3], keep: []}\n"
    dram, glb, array, spads = parse_mapping(text, machine, layer).steps
    assert dram == Block("dram", (), frozenset({"Weights", "Inputs", "Outputs"}))
    assert glb == Block("glb", (), frozenset({"Inputs", "Outputs"}))
    assert array == Spread("array")
    assert isinstance(spads, Block)
    assert spads.keep == frozenset()


def named_alike(arch: Architecture) -> Architecture:
    """Return a machine that may keep anything anywhere, so that every mapping is allowed."""
    roles = frozenset({"Weights", "Inputs", "Outputs"})
    nodes = tuple(
        Place(node.name, (Holding("any", may_keep=roles),)) if isinstance(node, Place) else node
        for node in arch.nodes
    )
    return Architecture(arch.name, nodes, arch.memories)


@given(st.integers(0, 10**6))
def test_writing_and_reading_back_changes_nothing(seed: int) -> None:
    case = random_case(seed)
    arch = named_alike(case.architecture)
    text = mapping_yaml(case.mapping, arch, case.layer)
    assert parse_mapping(text, arch, case.layer) == case.mapping
    assert mapping_yaml(parse_mapping(text, arch, case.layer), arch, case.layer) == text


def test_names_that_yaml_would_read_otherwise_are_quoted(layer: Layer) -> None:
    arch = Architecture("no", (Place("on", (Holding("on"),)), Fanout("n", "n", "c", 4)), ())
    text = mapping_yaml(Mapping((Block("on"), Spread("n"))), arch, layer)
    assert text == (
        'kind: mapping\narchitecture: "no"\nlayer: conv\nlevels:\n'
        '- place: "on"\n  loops: []\n  keep: []\n'
        '- fanout: "n"\n  y: []\n  x: []\n'
    )


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.integers(1, 3000))
def test_nearest_factors(factors: list[int], bound: int) -> None:
    found = nearest_factors(factors, bound)
    assert found
    assert all(len(one) == len(factors) and prod(one) == bound for one in found)
    if prod(factors) == bound:
        assert found[0] == tuple(factors)


def test_nearest_factors_are_nearest_by_trying_all() -> None:
    rng = random.Random(0)
    for _ in range(50):
        factors = [rng.randint(1, 9) for _ in range(3)]
        bound = rng.choice([24, 30, 36, 60, 96, 128])
        every = [(a, b, bound // a // b) for a in divisors(bound) for b in divisors(bound // a)]

        def changed(one: tuple[int, ...], factors: list[int] = factors) -> int:
            return sum(new != old for new, old in zip(one, factors, strict=True))

        assert changed(nearest_factors(factors, bound)[0]) == min(map(changed, every))


def test_bounds_with_many_divisors_are_mended_in_one_factor() -> None:
    bound = 2**10 * 3**6 * 5 * 7
    assert len(divisors(bound)) == 308
    assert nearest_factors([2**10, 4, 35], bound)[0] == (2**10, 3**6, 35)
    assert nearest_factors([11, 13], bound) == []


def test_loop_nest(machine: Architecture, layer: Layer) -> None:
    mapping = parse_mapping(sound.MAPPING, machine, layer)
    # Tiles by hand: below dram M = 8, C = 4, P = 5, R = 3, S = 3; below glb the same but for
    # M = 2 and C = 2; in the scratchpads M = 2, S = 3.  Inputs have (P + R - 1) x S.
    assert loop_nest(mapping, machine, layer) == (
        "dram: keeps Weights 288, Inputs 84, Outputs 40 words\n"
        "  for m in 0..4\n"
        "    for c in 0..2\n"
        "glb: keeps Inputs 42, Outputs 10 words\n"
        "      for p in 0..5\n"
        "array: 2 x 3 of 4 x 3 lanes (x, y)\n"
        "        parallel-for r in 0..3 on y\n"
        "          parallel-for c in 0..2 on x\n"
        "spads: keeps Weights 6 words\n"
        "            for m in 0..2\n"
        "              for s in 0..3\n"
        "mac: Outputs += Weights * Inputs"
    )


def test_loop_nest_of_an_odd_layer(tmp_path: Path, machine: Architecture) -> None:
    text = (
        "kind: workload\nname: odd\nlayers:\n- name: it\n  shape: einsum\n  op: alu\n"
        "  dims: {p: 4, P: 3}\n  output: Z[p]\n  inputs: ['A[p, P]', 'B[P]']\n"
    )
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    (layer,) = read_workload(tmp_path / "odd.yaml").layers
    nest = (
        "kind: mapping\nlevels:\n- {place: dram, loops: [p 4, P 3]}\n- {place: spads, keep: []}\n"
    )
    assert loop_nest(parse_mapping(nest, machine, layer), machine, layer) == (
        "dram: keeps A 12, B 3, Z 4 words\n"
        "  for p in 0..4\n"
        "    for P in 0..3\n"
        "glb: keeps A 1, B 1, Z 1 words\n"
        "array: 1 x 1 of 4 x 3 lanes (x, y)\n"
        "spads: keeps nothing\n"
        "mac: Z from A, B"
    )
