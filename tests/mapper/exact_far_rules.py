"""Problems made for what the exact mapper says of lanes and places further out."""

from __future__ import annotations

from dataclasses import replace

from accelsim.arch.records import Node
from accelsim.mapper.contract import MappingProblem
from accelsim.mapspace.records import Limit, Rule
from tests.mapper.exact_problems import exact_problem
from tests.mapper.exact_rules import INPUTS, OUTPUTS, WEIGHTS, PruningRule, lanes, made, registers
from tests.mapspace.cases import ALL, conv, gemm, memory, place

FREE = dict.fromkeys(("read", "update", "fill", "drain"), 0.0)
FREE_LANES = dict.fromkeys(("deliver", "collect", "reduce"), 0.0)
CHEAP_SUMS = {"read": 100.0, "update": 1.0}


def once(name: str, dims: str) -> Rule:
    """Forbid loops over dims at a place."""
    return Rule(name, "temporal", tuple((dim, Limit(exact=1)) for dim in dims))


def unrolled(name: str, **lanes_over: int) -> Rule:
    """Say how many lanes of a fanout stand over dims."""
    limits = tuple((dim, Limit(exact=number)) for dim, number in lanes_over.items())
    return Rule(name, "spatial", limits)


def starts_beyond_two_places() -> MappingProblem:
    nodes = (
        lanes("outer", 2), place("buffer", OUTPUTS), lanes("inner", 2), place("line", OUTPUTS),
        place("second", OUTPUTS), place("registers", OUTPUTS | INPUTS),
    )  # fmt: skip
    rules = [once("dram", "M"), once("buffer", "MK"), once("line", "K"), once("second", "MK")]
    return made(
        gemm(M=2, K=4), nodes,
        (memory("buffer", 2), memory("line", 2, "line"), memory("second", 1), registers(2)),
        *rules, once("registers", "K"), unrolled("outer", M=1), unrolled("inner", M=1),
        register_file=FREE, buffer=FREE, line=FREE | {"read": 300.0}, dram=CHEAP_SUMS,
        array=FREE_LANES,
    )  # fmt: skip


def starts_beyond_lanes() -> MappingProblem:
    nodes = (
        lanes("outer", 2), place("buffer", OUTPUTS), lanes("inner", 2), place("line", OUTPUTS),
        lanes("array", 2),
    )  # fmt: skip
    return made(
        gemm(M=2, K=8), nodes, (memory("buffer", 2), memory("line", 2, "line")),
        once("buffer", "K"), once("line", "K"),
        *(unrolled(name, M=1) for name in ("outer", "inner", "array")),
        buffer=FREE, line=FREE | {"read": 1000.0}, dram=CHEAP_SUMS | {"read": 1.0},
        array=FREE_LANES,
    )  # fmt: skip


def starts_in_registers() -> MappingProblem:
    nodes = (
        lanes("outer", 2), place("buffer", OUTPUTS), lanes("inner", 2), place("registers", OUTPUTS)
    )  # fmt: skip
    return made(
        gemm(K=4), nodes, (memory("buffer", 2), registers(2)), once("buffer", "K"),
        register_file=FREE | {"read": 300.0}, buffer=FREE, dram=CHEAP_SUMS, array=FREE_LANES,
    )  # fmt: skip


def sums_that_pay() -> MappingProblem:
    nodes = (place("line", frozenset(), WEIGHTS), lanes(x=2), place("buffer", OUTPUTS))
    dram = replace(memory("dram", component="dram"), shared_words_per_cycle=0.25)
    return made(
        gemm(M=2, K=8), nodes, (dram, memory("line", 1, "line"), memory("buffer", 1)),
        unrolled("array", K=2, M=1), once("buffer", "MK"),
        buffer=FREE | {"read": 300.0}, line=FREE, dram=dict.fromkeys(FREE, 1.0), array=FREE_LANES,
    )  # fmt: skip


def visits_that_save() -> MappingProblem:
    nodes = (lanes(x=2), place("line", INPUTS | WEIGHTS), place("registers", OUTPUTS | INPUTS))
    return made(
        gemm(M=2, K=4), nodes, (memory("line", None, "line"), registers(2)),
        unrolled("array", K=2), once("dram", "MK"), once("registers", "MK"),
        register_file=FREE | {"first_read": 300.0}, line=FREE | {"read": 220.0}, dram=FREE,
        array=FREE_LANES,
    )  # fmt: skip


def tiles_below_two_arrays() -> MappingProblem:
    nodes: tuple[Node, ...] = (
        lanes("outer", 2), lanes("inner", 2), place("registers", frozenset(), ALL)
    )  # fmt: skip
    return made(
        conv(P=4, R=2, M=2), nodes, (registers(3),), unrolled("outer", M=2), once("dram", "R"),
        register_file={"read": 10.0, "update": 10.0, "fill": 0.0, "drain": 0.0},
        array={"deliver": 0.0, "collect": 1.0, "reduce": 1.0},
    )  # fmt: skip


def longer_steps() -> MappingProblem:
    return exact_problem(4231, 50, 4_000)


FAR_RULES = {
    "starts beyond two places": PruningRule(
        "lanes save sums at a boundary that moves together with another, two arrays further in"
        " than where sums start",
        starts_beyond_two_places,
    ),
    "starts beyond lanes": PruningRule(
        "sums that move at every step cross lanes to where lanes further out save reads of them",
        starts_beyond_lanes,
    ),
    "starts in registers": PruningRule(
        "lanes of two arrays save reads of sums in registers right outside the compute",
        starts_in_registers,
    ),
    "sums that pay": PruningRule(
        "each sum that leaves the buffer saves energy and takes cycles, so that some loops over K"
        " pass before sums move and others, of a place that keeps nothing, do not",
        sums_that_pay,
    ),
    "visits that save": PruningRule(
        "sums that start from zero are dearer than sums sent back: one order of loops costs more"
        " as it leaves the lanes, and less once it has crossed them",
        visits_that_save,
    ),
    "tiles below two arrays": PruningRule(
        "lanes over P share words of the inputs, which lanes of another array read together",
        tiles_below_two_arrays,
    ),
    "longer steps": PruningRule(
        "lanes over P make steps of a dilated window longer, which leave a smaller share of tiles"
        " with holes",
        longer_steps,
    ),
}
