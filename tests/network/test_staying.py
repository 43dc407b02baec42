"""Maps that stay on the chip: by hand, on a machine built so, and against all mappings."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.arch.records import Architecture, Compute, Holding, Memory, Place
from accelsim.errors import SpecError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapper.exact import covers
from accelsim.mapping.forms import stored_bits
from accelsim.mapping.homes import shared_memories, tile_bits
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.mapping.records import Block, Mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.space import mapspace
from accelsim.technology.records import Accounting
from accelsim.workload.records import Layer, Rank, Resident, Tensor, Term
from tests.mapper.exact_checks import FRONT, listed, wrong
from tests.mapper.exact_problems import random_machine, random_rules, random_table
from tests.mapper.problems import TABLE
from tests.mapspace.cases import ALL
from tests.naive.cases import random_case, random_layer

PAIR = """
kind: workload
name: pair
layers:
- {name: conv1, shape: conv, M: 4, C: 3, P: 8, Q: 8, R: 3, S: 3}
- {name: conv2, shape: conv, M: 6, C: 4, P: 8, Q: 8, R: 3, S: 3, reads: conv1}
"""

READ, UPDATE = 0, 2


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    path = tmp_path / "pair.yaml"
    path.write_text(PAIR, encoding="utf-8")
    return path


def dram(result: acs.NetworkRun, layer: str) -> dict[str, int]:
    """Return the words that a layer reads from and writes to the DRAM, by tensor."""
    evaluation = result[layer].evaluation
    assert evaluation is not None
    words = evaluation.words[evaluation.levels.index("dram")]
    return {
        tensor: int(words[t, READ] + words[t, UPDATE])
        for t, tensor in enumerate(evaluation.tensors)
        if tensor != "compute"
    }


def test_a_pair_by_hand(pair: Path) -> None:
    """The map is 4 x 8 x 8 = 256 words, and conv2 sees it with padding: 4 x 10 x 10 = 400.

    All fits Eyeriss's 51,200-word buffer, so that apart every word crosses between DRAM (200) and
    buffer (6) once.  What conv1 no longer drains and updates are 256 words, and what conv2 no
    longer reads and fills are 400, as padded words are counted like others.
    """
    apart = acs.run("eyeriss", pair, overrides=["stay_on_chip=[]"])
    fused = acs.run("eyeriss", pair, overrides=["stay_on_chip=conv1"])
    assert dram(apart, "conv1") == {"Weights": 108, "Inputs": 300, "Outputs": 256}
    assert dram(apart, "conv2") == {"Weights": 216, "Inputs": 400, "Outputs": 384}
    assert dram(fused, "conv1") == {"Weights": 108, "Inputs": 300, "Outputs": 0}
    assert dram(fused, "conv2") == {"Weights": 216, "Inputs": 0, "Outputs": 384}
    for layer, words in (("conv1", 256), ("conv2", 400)):
        before, after = apart[layer].evaluation, fused[layer].evaluation
        assert before is not None
        assert after is not None
        assert before.energy_total - after.energy_total == words * (200 + 6)
    assert fused.total.energy_total < apart.total.energy_total
    # While conv2 runs, the buffer holds the map, unpadded, and the tile of conv2's outputs.
    last = fused["conv2"].evaluation
    assert last is not None
    tile = last.tile_words[last.levels.index("glb"), 2]
    assert last.capacity_bits["glb"][0] == (256 + tile) * 16
    assert all(entry.certificate.optimal for entry in fused.layers if entry.certificate)


def test_the_map_takes_room_of_both_layers(pair: Path) -> None:
    """In 260 words, 4 are left beside the map of 256; in 255 it has no room at all."""
    small = acs.run("eyeriss", pair, overrides=["stay_on_chip=conv1", "glb.size=260 words"])
    for entry in small.layers:
        assert entry.evaluation is not None
        tiles = entry.evaluation.tile_words[1]
        own = entry.layer.residents[0].tensors[0]
        others = [t for t, its in enumerate(entry.layer.tensors) if its.name != own]
        assert sum(int(tiles[t]) for t in others) <= 4
        assert entry.evaluation.capacity_bits["glb"][0] <= 260 * 16
    with pytest.raises(SpecError) as caught:
        acs.run("eyeriss", pair, overrides=["stay_on_chip=conv1", "glb.size=255 words"])
    assert [str(problem) for problem in caught.value.problems] == [
        "conv1 cannot stay in glb while conv1 runs: it takes 256 words, glb has 255, 1 too few"
    ]


def test_the_room_that_a_map_leaves() -> None:
    """Of 1000 bits, doubly buffered: the map lies there once, tiles twice; values take the room of
    the wider of their two forms."""
    rank = (Rank("I", (Term("I"),)),)
    one = Resident("map", 10, (("Outputs", 24), ("Inputs", 16)), "", ("Inputs",))
    tensors = (Tensor("Inputs", "Inputs", rank), Tensor("Outputs", "Outputs", rank))
    layer = Layer("next", "einsum", (("I", 10),), tensors, residents=(one,))
    glb = Memory("glb", "buffer", size_bits=1000, buffering=2, word_bits=64)
    wide = replace(glb, widths={"Outputs": 32})
    for memory, left in (
        (glb, (1000 - 10 * 24) // 2),
        (wide, (1000 - 10 * 32) // 2),
        (replace(wide, widths={"Inputs": 40}), (1000 - 10 * 40) // 2),
        (replace(glb, packing="lanes"), (1000 - 10 * 32) // 2),
    ):
        places = (
            Place("dram", (Holding("dram", ALL),)),
            Place("glb", (Holding("glb", frozenset(), ALL),)),
        )
        memories = (Memory("dram", "dram"), memory)
        arch = Architecture("small", (*places, Compute("mac", "mac")), memories)
        assert tile_bits(arch, layer, memory) == left
        # A counter sees the layer's tensor there as well, whatever room the map takes.
        seen = 10 * stored_bits(memory, tensors[0])
        assert pack_machine(arch, layer).memory_bits.tolist() == [-1, left + seen]


def test_equal_layers_that_find_other_maps_are_not_one_search(tmp_path: Path) -> None:
    """Five equal layers in a row: the first two maps stay, and each layer but the last differs."""
    path = tmp_path / "row.yaml"
    layers = [
        f"- {{name: {name}, shape: fc, M: 8, C: 8{f', reads: {before}' if before else ''}}}"
        for before, name in zip(["", *"abcd"], "abcde", strict=True)
    ]
    text = "\n".join(["kind: workload", "name: row", "layers:", *layers, "stay_on_chip: [a, b]"])
    path.write_text(text, encoding="utf-8")
    result = acs.run("eyeriss", path)
    assert [entry.same_as for entry in result.layers] == ["", "", "", "", "d"]
    moved = [sum(dram(result, name).values()) for name in "abcde"]
    assert moved == [64 + 8, 64, 64 + 8, 64 + 16, 64 + 16]


def staying(rng: random.Random, layer: Layer, arch: Architecture, whole: bool = False) -> Layer:
    """Return a layer of which a tensor stays in a memory of the machine."""
    tensor = rng.choice([t for t in layer.tensors if t.role != "Weights"])
    words = layer.tensor_words(tensor)
    if not whole:
        words = rng.randint(1, words + 1)
    memory = rng.choice(shared_memories(arch))
    one = Resident("map", words, ((tensor.role, tensor.bits),), memory, (tensor.name,))
    return replace(layer, residents=(one,))


def rebuilt(arch: Architecture, memory: str, role: str) -> Architecture:
    """Return a machine whose outermost place keeps a role in another memory, and none between."""
    places = arch.places
    last = max(i for i, place in enumerate(places) if memory in {h.memory for h in place.holdings})
    changed: dict[Place, Place] = {}
    for index, place in enumerate(places[: last + 1]):
        kept = [Holding(h.memory, h.keep - {role}, h.may_keep - {role}) for h in place.holdings]
        extra = [Holding(memory, frozenset({role}))] if index == 0 else []
        changed[place] = Place(place.name, (*kept, *extra))
    nodes = tuple(changed.get(n, n) if isinstance(n, Place) else n for n in arch.nodes)
    return replace(arch, nodes=nodes)


def bypassing(mapping: Mapping, tensor: str, arch: Architecture, memory: str) -> Mapping:
    """Return a mapping that keeps a tensor nowhere between the outermost place and a memory."""
    names = [place.name for place in arch.places]
    holders = [p.name for p in arch.places if memory in {h.memory for h in p.holdings}]
    between = names[1 : names.index(holders[-1]) + 1]
    steps = tuple(
        replace(step, keep=step.keep - {tensor})
        if isinstance(step, Block) and step.place in between
        else step
        for step in mapping.steps
    )
    return replace(mapping, steps=steps)


def test_as_on_a_machine_whose_outermost_place_is_that_memory() -> None:
    """Counts, energy, time and room in use are those of a machine that is built that way."""
    compared = 0
    for seed in range(400):
        case, rng = random_case(seed), random.Random(seed)
        arch = case.architecture
        roles = [tensor.role for tensor in case.layer.tensors]
        if not shared_memories(arch) or len(set(roles)) < len(roles):
            continue
        sizes = [rng.choice([None, 64 * 16, 512 * 16]) for _ in arch.memories]
        pairs = zip(arch.memories, sizes, strict=True)
        arch = replace(
            arch,
            memories=tuple(
                replace(m, size_bits=size, shared_words_per_cycle=rng.choice([None, 1, 2]))
                for m, size in pairs
            ),
        )
        layer = staying(rng, case.layer, arch, whole=True)
        (one,) = layer.residents
        role = one.widths[0][0]
        mapping = bypassing(case.mapping, one.tensors[0], arch, one.memory)
        found: list[object] = []
        for its_layer, its_arch in (
            (layer, arch),
            (case.layer, rebuilt(arch, one.memory, role)),
        ):
            try:
                its = evaluate(its_layer, its_arch, mapping, TABLE)
            except (IllegalMappingError, SpecError):
                found.append(None)
                continue
            order = [its.levels.index(level) for level in sorted(its.levels)]
            found.append(
                (
                    its.words[order].tolist(), its.accesses[order].tolist(),
                    its.energy_array[order].tolist(), its.energy_total, its.cycles,
                    its.port_cycles, its.capacity_bits, its.instances, its.bound,
                )
            )  # fmt: skip
        assert found[0] == found[1], f"seed {seed}"
        compared += found[0] is not None
    assert compared > 60


def problem_of(seed: int, least: int = 50, most: int = 3_000) -> MappingProblem:
    """Return a small problem in which a tensor stays on the chip."""
    rng = random.Random(f"staying {seed}")
    while True:
        layer, arch = random_layer(rng), random_machine(rng)
        if not shared_memories(arch):
            continue
        layer = staying(rng, layer, arch)
        try:
            flows = random_rules(rng, layer, arch) if rng.random() < 0.4 else ()
            if not least <= mapspace(layer, arch, flows).size <= most:
                continue
        except SpecError:
            continue
        prices = resolve(arch, random_table(rng), Accounting("random"))
        found = mapping_problem(layer, arch, prices, flows)
        if not covers(found) and next(enumerate_mappings(found.space), None) is not None:
            return found


@pytest.mark.parametrize("question", ["energy", "latency", "edp", FRONT])
def test_the_exact_mapper_against_every_mapping(question: str) -> None:
    for seed in range(25):
        assert wrong(listed(problem_of(seed)), question) == "", f"seed {seed}"
