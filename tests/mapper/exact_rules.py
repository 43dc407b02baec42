"""One small problem for each rule by which the exact mapper prunes, prices or merges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Node
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.technology.records import Accounting, EnergyTable, Price
from accelsim.workload.records import Layer
from tests.mapper.exact_problems import exact_problem
from tests.mapspace.cases import ALL, DRAM, conv, gemm, memory, place

INPUTS, OUTPUTS, WEIGHTS = (frozenset({role}) for role in ("Inputs", "Outputs", "Weights"))

PRICES = {
    "dram": {"read": 200.0, "update": 200.0, "fill": 200.0, "drain": 200.0, "first_read": 0.0},
    "buffer": {"read": 6.0, "update": 6.0, "fill": 6.0, "drain": 6.0, "first_read": 0.0},
    "line": {"read": 6.0, "update": 6.0, "fill": 6.0, "drain": 6.0, "first_read": 0.0},
    "register_file": {"read": 1.0, "update": 1.0, "fill": 1.0, "drain": 1.0, "first_read": 0.0},
    "array": {"deliver": 2.0, "collect": 0.5, "reduce": 0.5},
    "mac": {"mac": 1.0, "alu": 1.0},
}


class PruningRule(NamedTuple):
    why: str
    """Why the problem exercises it."""
    problem: Callable[[], MappingProblem]


def made(
    layer: Layer,
    nodes: tuple[Node, ...],
    memories: tuple[Memory, ...],
    *rules: Rule,
    **prices: dict[str, float],
) -> MappingProblem:
    """Return a problem on a machine below DRAM; ``prices`` change those of single actions."""
    table = {
        component: {
            action: Price(energy, "a test")
            for action, energy in (actions | prices.get(component, {})).items()
        }
        for component, actions in PRICES.items()
    }
    if not any(m.name == "dram" for m in memories):
        memories = (memory("dram", component="dram"), *memories)
    arch = Architecture("rule", (DRAM, *nodes, Compute("mac", "mac")), memories)
    found = resolve(arch, EnergyTable("rules", "pJ", table), Accounting("rules"))
    flows = (Dataflow("rules", "rules", rules),) if rules else ()
    return mapping_problem(layer, arch, found, flows)


def lanes(
    name: str = "array", x: int = 2, y: int = 1, array: str = "", reduces: bool = True,
    multicast: frozenset[str] = ALL,
) -> Fanout:  # fmt: skip
    return Fanout(name, array or name, "array", x, y, multicast=multicast, reduces=reduces)


def registers(words: int | None) -> Memory:
    return memory("registers", words, "register_file")


def open_boundaries() -> MappingProblem:
    nodes = (place("buffer", ALL), place("registers", ALL))
    return made(gemm(M=4, N=2, K=3), nodes, (memory("buffer", 16), registers(4)))


def runs_across_places() -> MappingProblem:
    nodes = (place("buffer", INPUTS), place("registers", INPUTS))
    rule = Rule("buffer", "temporal", (("P", Limit(exact=2)),))
    return made(
        conv(P=8, R=3), nodes, (memory("buffer", 5), registers(3)), rule,
        register_file={"fill": 90.0},
    )  # fmt: skip


def runs_and_lanes(*over: tuple[str, Limit]) -> MappingProblem:
    nodes = (lanes(x=2), place("buffer", WEIGHTS), place("registers", INPUTS))
    rules = (
        Rule("buffer", "temporal", (("P", Limit(exact=2)),)),
        Rule("array", "spatial", over),
    )
    return made(
        conv(P=8, R=3, M=2), nodes, (memory("buffer", 3), registers(3)), *rules,
        register_file={"fill": 90.0},
    )  # fmt: skip


def runs_across_lanes() -> MappingProblem:
    return runs_and_lanes(("M", Limit(exact=2)))


def runs_end_at_lanes() -> MappingProblem:
    return runs_and_lanes(("P", Limit(exact=2)))


def windows_over_lanes() -> MappingProblem:
    nodes = (lanes(x=2), place("registers", INPUTS | WEIGHTS))
    return made(conv(P=4, R=3, C=2), nodes, (registers(6),), array={"deliver": 0.0})


def strips_over_lanes() -> MappingProblem:
    nodes = (
        lanes("outer", 2),
        place("buffer", WEIGHTS),
        lanes("inner", 2),
        place("registers", INPUTS),
    )
    return made(conv(P=8, R=2), nodes, (memory("buffer", 4), registers(2)))


def holes() -> MappingProblem:
    return exact_problem(22476, 50, 3_000)


def fresh_starts() -> MappingProblem:
    nodes = (
        place("buffer", OUTPUTS), lanes(x=2), place("line", OUTPUTS), place("registers", OUTPUTS)
    )  # fmt: skip
    rule = Rule("array", "spatial", (("K", Limit(exact=2)),))
    return made(
        gemm(M=4, K=4), nodes, (memory("buffer", 4), memory("line", 2), registers(1)), rule,
        buffer={"read": 40.0, "drain": 90.0}, register_file={"fill": 60.0},
    )  # fmt: skip


def first_reads() -> MappingProblem:
    nodes = (place("buffer", frozenset(), OUTPUTS), place("registers", frozenset(), OUTPUTS))
    return made(
        gemm(M=4, N=2, K=4), nodes, (memory("buffer", 4), registers(2)),
        buffer={"first_read": 300.0}, register_file={"first_read": 3.0},
    )  # fmt: skip


def lanes_save_sums() -> MappingProblem:
    nodes = (place("buffer", OUTPUTS), lanes(x=4), place("registers", OUTPUTS))
    return made(
        gemm(M=2, N=2, K=8), nodes, (memory("buffer", 4), registers(1)),
        buffer={"read": 300.0}, register_file={"fill": 300.0, "drain": 300.0},
    )  # fmt: skip


def credits_from_outside() -> MappingProblem:
    nodes = (lanes("outer", 4), place("buffer", OUTPUTS), place("registers", OUTPUTS))
    rule = Rule("registers", "temporal", (("K", Limit(exact=1)),))
    return made(
        gemm(M=2, N=2, K=4), nodes, (memory("buffer", 4), registers(1)), rule,
        register_file={"fill": 300.0, "drain": 0.0}, buffer={"read": 50.0, "drain": 0.0},
        dram={"read": 1.0, "update": 1.0}, array={"deliver": 0.0, "collect": 0.0, "reduce": 0.0},
    )  # fmt: skip


def dear_starts() -> MappingProblem:
    nodes = (
        lanes("outer", 4, reduces=False), lanes("inner", 2, reduces=False),
        place("line", frozenset(), OUTPUTS | WEIGHTS), place("buffer", OUTPUTS),
        place("registers", OUTPUTS),
    )  # fmt: skip
    return made(
        gemm(K=2), nodes, (memory("line"), memory("buffer", 8), registers(4)),
        buffer={"read": 100.0}, register_file={"first_read": 1000.0}, array={"collect": 50.0},
    )  # fmt: skip


def lanes_that_do_not_reduce() -> MappingProblem:
    nodes = (
        lanes("outer", 2, reduces=False), place("buffer", frozenset(), OUTPUTS | WEIGHTS),
        lanes("inner", 2, reduces=False),
    )  # fmt: skip
    return made(gemm(M=2, K=8), nodes, (memory("buffer", 8),), array={"reduce": 90.0})


def lanes_of_one_array() -> MappingProblem:
    nodes = (
        lanes("rows", 2, 4, "array"), place("buffer", frozenset(), INPUTS),
        lanes("columns", 2, 4, "array"),
    )  # fmt: skip
    return made(gemm(M=4, N=4), nodes, (memory("buffer", 4),))


def shared_memory() -> MappingProblem:
    nodes: tuple[Node, ...] = (
        place("buffer", WEIGHTS),
        replace(place("second", INPUTS), holdings=(Holding("buffer", INPUTS),)),
    )
    return made(gemm(M=6, N=4, K=2), nodes, (memory("buffer", 4),))


def blocks() -> MappingProblem:
    nodes = (lanes(x=2), place("buffer", WEIGHTS, INPUTS))
    wide = replace(memory("dram", component="dram"), block_bits=16)
    buffer = replace(memory("buffer", 12), block_bits=64)
    return made(
        gemm(M=6, N=2, K=3), (*nodes, place("registers", WEIGHTS)), (wide, buffer, registers(3)),
        dram={"read": 0.0}, array={"deliver": 0.0},
    )  # fmt: skip


def limits_in_a_block() -> MappingProblem:
    nodes = (place("buffer", WEIGHTS, INPUTS),)
    rule = Rule("buffer", "temporal", (("M", Limit(at_most=2)), ("K", Limit(exact=2))))
    return made(gemm(M=8, N=2, K=4), nodes, (memory("buffer", 12),), rule)


def orders() -> MappingProblem:
    nodes = (place("buffer", INPUTS | WEIGHTS | OUTPUTS),)
    rule = Rule("dram", order=(("K",), ("M", "N")))
    return made(gemm(M=4, N=4, K=3), nodes, (memory("buffer", 6),), rule)


def joint_limits() -> MappingProblem:
    nodes = (place("buffer", ALL), lanes(x=2), place("registers", WEIGHTS))
    rule = Rule("buffers", "temporal", (("M", Limit(exact=4)), ("N", Limit(at_most=2))))
    return made(gemm(M=8, N=2, K=2), nodes, (memory("buffer", 20), registers(2)), rule)


def orders_and_negative_credits() -> MappingProblem:
    nodes = (place("buffer", OUTPUTS), place("registers", OUTPUTS))
    return made(
        gemm(M=2, N=2, K=12), nodes, (memory("buffer", 4), registers(1)),
        buffer={"read": 500.0}, register_file={"drain": 0.0, "fill": 500.0},
    )  # fmt: skip


def waiting_ports() -> MappingProblem:
    nodes = (place("buffer", frozenset(), INPUTS | WEIGHTS), place("registers", frozenset(), ALL))
    dram = replace(memory("dram", component="dram"), read_words_per_cycle=1.0, overlap=False)
    buffer = replace(memory("buffer", 6), shared_words_per_cycle=0.5, overlap=False)
    return made(gemm(M=4, N=4, K=2), nodes, (dram, buffer, registers(3)))


def ports_of_instances() -> MappingProblem:
    nodes = (place("buffer", frozenset(), ALL), lanes(x=4), place("registers", frozenset(), ALL))
    buffer = replace(memory("buffer", 12), read_words_per_cycle=1.0, write_words_per_cycle=0.5)
    rows = replace(registers(2), shared_words_per_cycle=0.5)
    return made(gemm(M=4, K=4), nodes, (buffer, rows))


def ports_and_sums() -> MappingProblem:
    nodes = (place("buffer", OUTPUTS), lanes(x=2, y=2))
    buffer = replace(memory("buffer", 4), read_words_per_cycle=0.5, write_words_per_cycle=0.5)
    return made(gemm(M=4, N=2, K=4), nodes, (buffer,), array={"reduce": 30.0})


def networks() -> MappingProblem:
    network = replace(lanes(x=4), words_per_cycle=1.0)
    nodes = (place("buffer", OUTPUTS), network, place("registers", frozenset(), WEIGHTS))
    return made(gemm(M=4, N=3, K=4), nodes, (memory("buffer", 6), registers(2)))


def leakage() -> MappingProblem:
    nodes = (lanes(x=4), place("buffer", frozenset(), ALL))
    buffer = replace(memory("buffer", 6), leakage_mw=500.0)
    return made(gemm(M=4, N=4, K=2), nodes, (buffer,), array={"deliver": 60.0})


def fewer_lanes_are_cheaper() -> MappingProblem:
    nodes = (lanes(x=4), place("registers", frozenset(), ALL))
    return made(gemm(M=4, N=4, K=3), nodes, (registers(4),), array={"deliver": 90.0})


def ties() -> MappingProblem:
    nodes = (lanes(x=4, y=2), place("registers", WEIGHTS))
    free = {"deliver": 0.0, "collect": 0.0, "reduce": 0.0}
    return made(gemm(M=4, N=4, K=2), nodes, (registers(2),), array=free, dram={"read": 0.0})


def what_to_keep() -> MappingProblem:
    nodes = (place("buffer", frozenset(), ALL), place("registers", frozenset(), ALL))
    return made(gemm(M=4, N=3, K=2), nodes, (memory("buffer", 8), registers(3)))


def steps_inside_lanes(*kept: Node) -> MappingProblem:
    """Lanes over P and R, one of each two R apart: 3 words of an input where others have 4."""
    dear = dict.fromkeys(PRICES["line"], 1000.0)
    nodes = (place("buffer", INPUTS), lanes(x=4), place("line", frozenset(), OUTPUTS), *kept)
    memories = (memory("buffer", None), memory("line", 1, "line"), registers(2))
    once = tuple((dim, Limit(exact=1)) for dim in "PRM")
    rules = [Rule(one.name, "temporal", once) for one in (DRAM, *kept)]
    rules.append(Rule("array", "spatial", once[2:]))
    return made(
        conv(P=2, R=4, M=2, stride=2), nodes, memories[: 2 + len(kept)], *rules,
        line=dear, buffer={"read": 500.0},
    )  # fmt: skip


def order_inside_lanes() -> MappingProblem:
    return steps_inside_lanes(place("registers", INPUTS | WEIGHTS))


RULES = {
    "open boundaries": PruningRule(
        "three tensors in two small places: the best order leaves one unmoved as a place closes",
        open_boundaries,
    ),
    "runs across places": PruningRule(
        "a run over P begins inside the buffer, which takes two steps, and goes on outside",
        runs_across_places,
    ),
    "runs across lanes": PruningRule(
        "a run over P begins inside lanes over M and goes on outside", runs_across_lanes
    ),
    "runs end at lanes": PruningRule(
        "a run over P begins inside lanes over P, which break it", runs_end_at_lanes
    ),
    "windows over lanes": PruningRule(
        "neighbouring lanes over P or R share words of the inputs", windows_over_lanes
    ),
    "strips over lanes": PruningRule(
        "inputs move inside the outer array, which unites the strips of a run", strips_over_lanes
    ),
    "holes": PruningRule(
        "a dilated window whose strips fall as lanes make its steps longer", holes
    ),
    "credits": PruningRule(
        "sums sent back cost more than all else, and three places start them from zero",
        fresh_starts,
    ),
    "first reads": PruningRule(
        "where sums start is dear or cheap by the place that keeps them", first_reads
    ),
    "lanes save sums": PruningRule(
        "lanes over K outside the registers turn dear sums sent back into fresh starts",
        lanes_save_sums,
    ),
    "credits from outside": PruningRule(
        "sums sent back to registers are dear, those of the buffer cheap: lanes over K outside it"
        " save more than they cost, since all of a group but one start from zero",
        credits_from_outside,
    ),
    "dear starts": PruningRule(
        "sums that start from zero in registers are dearer than sums sent back, so that every"
        " visit from outside saves energy and lanes of two arrays lose it",
        dear_starts,
    ),
    "lanes that do not reduce": PruningRule(
        "lanes over K of two arrays send every sum on", lanes_that_do_not_reduce
    ),
    "lanes of one array": PruningRule(
        "two fanouts share 2 x 4 lanes, with a place between them", lanes_of_one_array
    ),
    "shared memory": PruningRule("two places keep their tensors in one buffer", shared_memory),
    "blocks": PruningRule("accesses of four words, tiles of 1 to 12", blocks),
    "limits in a block": PruningRule(
        "M grows by 2 at most and K by exactly 2, so that loops may not merge", limits_in_a_block
    ),
    "orders": PruningRule("K must stand outside M and N, which is the dearest order", orders),
    "joint limits": PruningRule(
        "the loops over M of two places must multiply to 4, those over N to 2 at most",
        joint_limits,
    ),
    "orders and credits": PruningRule(
        "moving sums saves energy, so that a divided credit is worse", orders_and_negative_credits
    ),
    "waiting ports": PruningRule(
        "transfers of two memories stop the compute, one after the other", waiting_ports
    ),
    "ports of instances": PruningRule(
        "lanes outside the registers multiply their ports, those inside the buffer do not",
        ports_of_instances,
    ),
    "ports and sums": PruningRule(
        "first visits pass no port, and lanes over K have fewer of them", ports_and_sums
    ),
    "networks": PruningRule("a network of one word a cycle feeds four lanes", networks),
    "leakage": PruningRule("energy grows with cycles, and lanes cost energy", leakage),
    "fewer lanes are cheaper": PruningRule(
        "words delivered are dear, so that energy and cycles are traded", fewer_lanes_are_cheaper
    ),
    "ties": PruningRule("many mappings of equal energy and unlike cycles", ties),
    "what to keep": PruningRule("sixty-four choices of what two places keep", what_to_keep),
    "steps inside lanes": PruningRule(
        "lanes share most words of a window where a loop over it stands inside them",
        steps_inside_lanes,
    ),
    "order inside lanes": PruningRule(
        "registers keep an input over M, inside a loop over R that stands inside lanes",
        order_inside_lanes,
    ),
}
