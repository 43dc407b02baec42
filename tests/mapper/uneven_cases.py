"""Small machines and problems with a shared buffer that can be divided by tensor."""

from __future__ import annotations

import random

from accelsim.arch.records import Architecture, Compute, Fanout
from accelsim.arch.uneven import shared_places, uneven_forms
from accelsim.mapper.contract import MappingProblem
from tests.mapper.problems import problem
from tests.mapspace.cases import ALL, DRAM, conv, gemm, memory, place


def buffered(words: int, lanes: int = 1) -> Architecture:
    """Return DRAM, a buffer that may keep all, and a fanout."""
    nodes = (DRAM, place("buffer", may_keep=ALL), Fanout("array", "array", "array", lanes))
    memories = (memory("dram", component="dram"), memory("buffer", words))
    return Architecture("buffered", (*nodes, Compute("mac", "mac")), memories)


def every_form(even: MappingProblem, at: str = "buffer") -> list[MappingProblem]:
    forms = uneven_forms(even.arch, shared_places(even.arch, at))
    return [even, *(problem(even.layer, form, *even.dataflows) for form in forms)]


def small_problem(seed: int) -> MappingProblem:
    rng = random.Random(seed)
    layer = rng.choice(
        [
            gemm(M=rng.choice([2, 4]), N=rng.choice([2, 3]), K=rng.choice([2, 3])),
            conv(P=rng.choice([3, 4]), R=rng.choice([2, 3]), M=2, stride=rng.choice([1, 2])),
            conv(P=4, R=2, C=rng.choice([2, 3])),
            conv(N=2, P=rng.choice([2, 4]), M=3),
        ]
    )
    return problem(layer, buffered(rng.choice([5, 7, 9, 12, 16]), rng.choice([1, 2])))
