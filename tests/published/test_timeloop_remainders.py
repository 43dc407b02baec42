"""An imperfect factorization that was also run through Timeloop: P = 10 in tiles of 4, 4 and 2.

Capacities are those that Timeloop reports (NVlabs/timeloop, commit 4cf6d4c, ``timeloop-model``).
Its traffic and cycles are inexact where factors are: it reports 14 reads of inputs and, unless its
extrapolation is off, 24 updates of outputs; and 72 cycles, the product of the untrimmed loops, of
which 60 do work.  The traffic below is that of a separate brute-force walk of every iteration,
written to check Timeloop's numbers.
"""

from __future__ import annotations

import pytest

from accelsim.arch.records import Architecture, Compute, Holding, Memory, Place
from accelsim.counter.layout import DRAINS, FILLS, READS, UPDATES
from accelsim.counter.ragged import RaggedCounts, count_ragged
from accelsim.mapping.records import Block, Loop, Mapping
from accelsim.workload.records import Layer, Rank, Tensor, Term

WEIGHTS, INPUTS, OUTPUTS = range(3)
EVERYTHING = frozenset({"Weights", "Inputs", "Outputs"})
DRAM, BUFFER, MAC = range(3)

LAYER = Layer(
    "conv1d",
    "conv",
    (("K", 2), ("P", 10), ("R", 3)),
    (
        Tensor("Weights", "Weights", (Rank("K", (Term("K"),)), Rank("R", (Term("R"),)))),
        Tensor("Inputs", "Inputs", (Rank("W", (Term("P"), Term("R"))),)),
        Tensor("Outputs", "Outputs", (Rank("K", (Term("K"),)), Rank("P", (Term("P"),)))),
    ),
)

MACHINE = Architecture(
    "two levels",
    (
        Place("dram", (Holding("dram", EVERYTHING),)),
        Place("buffer", (Holding("buffer", EVERYTHING),)),
        Compute("mac", "mac"),
    ),
    (Memory("dram", "dram"), Memory("buffer", "buffer", size_bits=64 * 16)),
)

MAPPING = Mapping(
    (
        Block("dram", (Loop("P", 3),), EVERYTHING),
        Block("buffer", (Loop("K", 2), Loop("P", 4), Loop("R", 3)), EVERYTHING),
    ),
    remainders=True,
)


@pytest.fixture(scope="module")
def counts() -> RaggedCounts:
    return count_ragged(LAYER, MACHINE, MAPPING)


def test_capacities(counts: RaggedCounts) -> None:
    assert counts.tile_words[DRAM].tolist() == [6, 12, 20]
    assert counts.tile_words[BUFFER].tolist() == [6, 6, 8]


def test_words_between_the_memories(counts: RaggedCounts) -> None:
    at_parent = counts.words[BUFFER]
    assert at_parent[WEIGHTS, READS] == at_parent[WEIGHTS, FILLS] == 6
    assert at_parent[INPUTS, READS] == at_parent[INPUTS, FILLS] == 12
    assert at_parent[OUTPUTS, UPDATES] == at_parent[OUTPUTS, DRAINS] == 20
    assert at_parent[OUTPUTS, READS] == 0


def test_words_at_the_multiplier(counts: RaggedCounts) -> None:
    at_buffer = counts.words[MAC]
    assert at_buffer[WEIGHTS, READS] == at_buffer[INPUTS, READS] == 60
    assert at_buffer[OUTPUTS, UPDATES] == 60


def test_only_steps_that_do_work_are_taken(counts: RaggedCounts) -> None:
    assert counts.steps == 60
