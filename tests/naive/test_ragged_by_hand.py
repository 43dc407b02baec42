"""Short tiles against numbers worked out by hand: the twin and the counter both."""

from __future__ import annotations

from accelsim.arch.records import Architecture, Fanout
from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    FILLS,
    FIRST_READS,
    READS,
    REDUCTIONS,
    UPDATES,
)
from accelsim.counter.ragged import RaggedCounts, count_ragged
from accelsim.mapping.records import Block, Mapping, Spread
from accelsim.workload.records import Layer, Rank, Tensor, Term
from tests.naive.cases import Case
from tests.naive.compare import differences
from tests.naive.test_walk import EVERYTHING, line, loops, machine, place
from tests.naive.walk import walk

WEIGHTS, INPUTS, OUTPUTS = range(3)
BUFFER = 1
ARRAY = 0


def counted(layer: Layer, arch: Architecture, *steps: Block | Spread) -> RaggedCounts:
    """Count a mapping with remainders; the twin counts the same."""
    mapping = Mapping(steps, remainders=True)
    counts = count_ragged(layer, arch, mapping)
    assert not differences(Case(layer, arch, mapping), walk(layer, arch, mapping), counts)
    return counts


def test_a_short_last_tile_uncovers_less() -> None:
    # Seven outputs in tiles of two: 2, 2, 2, 1.  With three taps the first tile takes 4 inputs and
    # each further one 2 more, the last but 1: 4 + 2 + 2 + 1, each of the 9 inputs once.
    counts = counted(
        line(7, 3),
        machine(place("dram"), place("buffer")),
        Block("dram", loops("P4"), EVERYTHING),
        Block("buffer", loops("P2 R3"), EVERYTHING),
    )
    assert counts.words[BUFFER, INPUTS, FILLS] == counts.words[BUFFER, INPUTS, READS] == 9
    assert counts.words[BUFFER, OUTPUTS, UPDATES] == 7
    assert counts.steps == 7 * 3
    assert counts.tile_words[BUFFER].tolist() == [3, 4, 2]
    assert counts.tile_words[0].tolist() == [3, 9, 7]


def test_a_run_of_one_step_still_begins_anew() -> None:
    # Five outputs: the inner loop over P steps by 2 through tiles of 2, the outer one by 4.  At the
    # outer loop's first turn a sweep takes 4 + 2 inputs, at its second the one tile left takes 3.
    # K turns between the two loops, twice each, and every sweep fetches anew: 2 * 6 + 2 * 3.
    layer = line(5, 3)
    over_k = tuple(
        tensor
        if tensor.name == "Inputs"
        else Tensor(tensor.name, tensor.role, (Rank("K", (Term("K"),)), *tensor.ranks))
        for tensor in layer.tensors
    )
    counts = counted(
        Layer("lines", "conv", (("K", 2), *layer.dims), over_k),
        machine(place("dram"), place("buffer")),
        Block("dram", loops("P2 K2 P2"), EVERYTHING),
        Block("buffer", loops("P2 R3"), EVERYTHING),
    )
    assert counts.words[BUFFER, INPUTS, FILLS] == 18


def test_idle_lanes_take_nothing() -> None:
    # Five outputs over three lanes: at the second turn of P one lane is idle.  For each of the two
    # taps there are 3 and then 2 neighbours' inputs, all different.  A weight serves all lanes.
    counts = counted(
        line(5, 2),
        machine(place("dram"), Fanout("array", "array", "array", 3)),
        Block("dram", loops("P2 R2"), EVERYTHING),
        Spread("array", x=loops("P3")),
    )
    assert counts.words[BUFFER, INPUTS, READS] == 2 * (3 + 2)
    assert counts.network[ARRAY, INPUTS, DELIVERIES] == 2 * (3 + 2)
    assert counts.words[BUFFER, WEIGHTS, READS] == 2 * 2
    assert counts.network[ARRAY, WEIGHTS, DELIVERIES] == 2 * (3 + 2)
    assert counts.steps == 4
    assert counts.instances.tolist() == [1, 3]
    # The outermost memory is one instance, which moves all; what is inside the array arrives there.
    assert counts.busiest_words[BUFFER, INPUTS, READS] == 10
    assert counts.busiest_network[ARRAY, WEIGHTS, DELIVERIES] == 10


def test_an_idle_lane_adds_nothing() -> None:
    # Three taps over two lanes: first two lanes add up, then one is left.
    counts = counted(
        line(1, 3),
        machine(place("dram"), Fanout("array", "array", "array", 2)),
        Block("dram", loops("R2"), EVERYTHING),
        Spread("array", x=loops("R2")),
    )
    assert counts.network[ARRAY, OUTPUTS, REDUCTIONS] == 1
    assert counts.network[ARRAY, OUTPUTS, COLLECTIONS] == 2
    assert counts.words[BUFFER, OUTPUTS, UPDATES] == 2
    assert counts.words[BUFFER, OUTPUTS, READS] == 1
    assert counts.words[BUFFER, OUTPUTS, FIRST_READS] == 1


def test_an_instance_that_never_has_a_position_is_not_in_use() -> None:
    # Five outputs as 2 x 3 lanes: the last lane of the second row stays idle for ever.
    counts = counted(
        line(5, 1),
        machine(place("dram"), Fanout("array", "array", "array", 3, 2), place("buffer")),
        Block("dram", (), EVERYTHING),
        Spread("array", x=loops("P3"), y=loops("P2")),
        Block("buffer", (), EVERYTHING),
    )
    assert counts.instances.tolist() == [1, 5, 5]
    assert counts.words[BUFFER, INPUTS, FILLS] == 5
