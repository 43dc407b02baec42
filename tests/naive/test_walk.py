"""The twin against numbers worked out by hand, and against the laws that any count obeys."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.workload.records import Layer, Rank, Tensor, Term
from tests.naive.cases import random_case
from tests.naive.walk import Walk, walk

EVERYTHING = frozenset({"Weights", "Inputs", "Outputs"})


def place(name: str) -> Place:
    return Place(name, (Holding(name, may_keep=EVERYTHING),))


def machine(*nodes: Place | Fanout) -> Architecture:
    memories = tuple(Memory(node.name, "any") for node in nodes if isinstance(node, Place))
    return Architecture("machine", (*nodes, Compute("mac", "mac")), memories)


def loops(text: str) -> tuple[Loop, ...]:
    words = text.split()
    return tuple(Loop(word[0], int(word[1:])) for word in words)


def line(p: int, r: int) -> Layer:
    """Outputs[P] += Weights[R] * Inputs[P + R]."""
    window = Rank("H", (Term("P"), Term("R")))
    return Layer(
        "line",
        "conv",
        (("P", p), ("R", r)),
        (
            Tensor("Weights", "Weights", (Rank("R", (Term("R"),)),)),
            Tensor("Inputs", "Inputs", (window,)),
            Tensor("Outputs", "Outputs", (Rank("P", (Term("P"),)),)),
        ),
    )


def nonzero(walked: Walk) -> dict[tuple[str, str, str], int]:
    return {key: n for key, n in {**walked.words, **walked.network}.items() if n}


def test_a_sliding_window_fetches_only_what_it_uncovers() -> None:
    # The buffer holds R = 3 inputs for one output and slides over P = 4 outputs: 3 words for the
    # first and 1 more for each other, 6 in all.  The 3 weights never move again.
    walked = walk(
        line(4, 3),
        machine(place("dram"), place("buffer")),
        Mapping((Block("dram", loops("P4"), EVERYTHING), Block("buffer", loops("R3"), EVERYTHING))),
    )
    assert nonzero(walked) == {
        ("buffer", "Inputs", "READS"): 6,
        ("buffer", "Inputs", "FILLS"): 6,
        ("buffer", "Weights", "READS"): 3,
        ("buffer", "Weights", "FILLS"): 3,
        # Each output starts from zero in the buffer and leaves it finished.
        ("buffer", "Outputs", "FIRST_READS"): 4,
        ("buffer", "Outputs", "DRAINS"): 4,
        ("buffer", "Outputs", "UPDATES"): 4,
        # Twelve operations; each reads its operands, and its sum but for the first of each output.
        ("mac", "Inputs", "READS"): 12,
        ("mac", "Weights", "READS"): 12,
        ("mac", "Outputs", "FIRST_READS"): 4,
        ("mac", "Outputs", "READS"): 8,
        ("mac", "Outputs", "UPDATES"): 12,
    }
    assert walked.tile_words == {
        ("dram", "Weights"): 3,
        ("dram", "Inputs"): 6,
        ("dram", "Outputs"): 4,
        ("buffer", "Weights"): 3,
        ("buffer", "Inputs"): 3,
        ("buffer", "Outputs"): 1,
    }


@pytest.mark.parametrize("reduces", [True, False])
def test_row_stationary_shares_diagonals_and_adds_up_columns(reduces: bool) -> None:
    # P = 3 outputs across, R = 2 filter taps up, all at once.  Lane (p, r) needs input p + r: the
    # 6 lanes need 4 words.  Each of the 2 weights serves 3 lanes.  Two products meet per output.
    walked = walk(
        line(3, 2),
        machine(place("dram"), Fanout("array", "array", "array", 3, 2, reduces=reduces)),
        Mapping((Block("dram", (), EVERYTHING), Spread("array", x=loops("P3"), y=loops("R2")))),
    )
    outputs = {
        ("array", "Outputs", "COLLECTIONS"): 3,
        ("array", "Outputs", "REDUCTIONS"): 3,
        ("mac", "Outputs", "UPDATES"): 3,
    }
    if not reduces:  # both products go up; the second finds the first in DRAM and is added there
        outputs = {
            ("array", "Outputs", "COLLECTIONS"): 6,
            ("mac", "Outputs", "READS"): 3,
            ("mac", "Outputs", "UPDATES"): 6,
        }
    assert nonzero(walked) == outputs | {
        ("mac", "Inputs", "READS"): 4,
        ("array", "Inputs", "DELIVERIES"): 6,
        ("mac", "Weights", "READS"): 2,
        ("array", "Weights", "DELIVERIES"): 6,
        ("mac", "Outputs", "FIRST_READS"): 3,
    }
    assert walked.instances == {"dram": 1, "mac": 6}


def test_an_unfinished_sum_returns_to_one_lane() -> None:
    # Two lanes of a register each hold the sum of all outputs for one tap; the taps beyond come
    # round R = 2 times, each time for every P.  The first round starts all sums from zero; in the
    # second, one lane of the two gets the sum back.
    walked = walk(
        line(3, 4),
        machine(place("dram"), Fanout("array", "array", "array", 2), place("register")),
        Mapping(
            (
                Block("dram", loops("R2 P3"), EVERYTHING),
                Spread("array", x=loops("R2")),
                Block("register", (), EVERYTHING),
            )
        ),
    )
    outputs = {key: n for key, n in nonzero(walked).items() if key[1] == "Outputs"}
    assert outputs == {
        ("register", "Outputs", "FIRST_READS"): 3,
        ("register", "Outputs", "READS"): 3,
        ("register", "Outputs", "FILLS"): 3,
        ("array", "Outputs", "DELIVERIES"): 3,
        ("register", "Outputs", "DRAINS"): 12,
        ("array", "Outputs", "REDUCTIONS"): 6,
        ("array", "Outputs", "COLLECTIONS"): 6,
        ("register", "Outputs", "UPDATES"): 6,
        # A fresh word in a register is written without a read; a returned one is read first.
        ("mac", "Outputs", "FIRST_READS"): 9,
        ("mac", "Outputs", "READS"): 3,
        ("mac", "Outputs", "UPDATES"): 12,
    }


SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_laws_of_every_boundary(seed: int) -> None:
    case = random_case(seed)
    walked = walk(case.layer, case.architecture, case.mapping)
    output = case.layer.output.name
    words, network = walked.words, walked.network
    places = [p.name for p in case.architecture.places]
    keepers = [p for p in places if (p, output) in walked.tile_words]
    reductions = sum(network[f.name, output, "REDUCTIONS"] for f in case.architecture.fanouts)

    # Every product is written once or added on the way: at the compute and at each keeper.
    drains = sum(words[p, output, "DRAINS"] for p in places) + case.layer.operations
    updates = sum(words[c, output, "UPDATES"] for c in [*places, "mac"])
    assert drains == updates + reductions

    # A sum is either new or returned, for each that goes up unless lanes meet at the parent.
    for child in [*keepers[1:], "mac"]:
        visits = words[child, output, "READS"] + words[child, output, "FIRST_READS"]
        assert visits == words[child, output, "UPDATES"]
    if all(fanout.reduces for fanout in case.architecture.fanouts):
        for child in keepers[1:]:
            assert words[child, output, "FILLS"] == words[child, output, "READS"]

    # Nothing is used that was not brought, and everything that is finished comes home.
    outermost = case.architecture.places[0].name
    for tensor in case.layer.tensors:
        footprint = walked.tile_words[outermost, tensor.name]
        inner = [p for p in places[1:] if (p, tensor.name) in walked.tile_words]
        child = (*inner, "mac")[0]
        action = "UPDATES" if tensor is case.layer.output else "READS"
        assert words[child, tensor.name, action] >= footprint


@pytest.mark.parametrize("seed", SEEDS)
def test_sharing_and_reuse_only_save(seed: int) -> None:
    case = random_case(seed)
    best = walk(case.layer, case.architecture, case.mapping)
    unshared = walk(case.layer, case.architecture, case.mapping, multicast=False)
    reloaded = walk(case.layer, case.architecture, case.mapping, window_reuse=False)
    for key, read in best.words.items():
        assert read <= unshared.words[key]
        assert read <= reloaded.words[key]


@pytest.mark.parametrize("seed", SEEDS)
def test_loops_of_one_and_split_loops_change_nothing(seed: int) -> None:
    case = random_case(seed)
    rng = random.Random(seed)

    def split(loop: Loop) -> list[Loop]:
        divisors = [d for d in range(1, loop.bound + 1) if loop.bound % d == 0]
        outer = rng.choice(divisors)
        return [Loop(loop.dim, outer), Loop(loop.dim, loop.bound // outer)]

    def rewrite(old: tuple[Loop, ...]) -> tuple[Loop, ...]:
        new = [half for loop in old for half in split(loop)]
        new.insert(rng.randint(0, len(new)), Loop(rng.choice(case.layer.dims)[0], 1))
        return tuple(new)

    mapping = Mapping(
        tuple(
            replace(step, loops=rewrite(step.loops))
            if isinstance(step, Block)
            else replace(step, x=rewrite(step.x), y=rewrite(step.y))
            for step in case.mapping.steps
        )
    )
    assert walk(case.layer, case.architecture, mapping) == walk(
        case.layer, case.architecture, case.mapping
    )
