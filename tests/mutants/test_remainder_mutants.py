"""The law of shares catches mistakes in what a mapping with remainders is said to cost at least.

Each mistake names a case that shows it: a seed of ``tests/mapper/test_remainder_shares.py``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from accelsim.arch.records import Architecture, Compute, Fanout
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapper.remainders import shares
from accelsim.mapper.remainders.padding import padded_problem, padding_of
from accelsim.mapper.remainders.trim import priced
from accelsim.mapping.arrays import pack_mapping
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.technology.records import (
    COMPUTE_ACTIONS,
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    Accounting,
    EnergyTable,
    Price,
)
from tests.mapper.problems import price
from tests.mapper.test_remainder_shares import padding_in, priced_case
from tests.mapspace.cases import ALL, DRAM, gemm, memory, place
from tests.naive.ragged_cases import random_ragged_case

SUMS = -1
"""Not a seed: :func:`sums_on_lanes`."""

SOURCE = Path(shares.__file__).read_text(encoding="utf-8")

MUTANTS: dict[str, tuple[int, str, str]] = {
    "nothing is owed for first visits": (
        22,
        "lost = output_words * (1.0 - padding.share_summed)",
        "lost = 0.0",
    ),
    "first reads may be dearer than reads": (
        826,
        "np.minimum(places[:, FIRST_READ], places[:, READ])",
        "places[:, FIRST_READ]",
    ),
    "reducing may be dearer than updating": (
        841,
        "min(fanouts[f, REDUCE], fanouts[f, COLLECT] + min(above))",
        "fanouts[f, REDUCE]",
    ),
    "returns may be dearer than leaving": (SUMS, "if down > up:", "if down > up + 1e9:"),
    "blocks are rounded up": (
        0,
        "    machine = machine._replace(place_block",
        "    places = places * machine.place_block[:, :, None]\n    machine._replace(place_block",
    ),
    "cycles are not rounded": (153, "len(waiting) + rounded\n", "0\n"),
    "ports owe nothing": (127, "late = 2 *", "late = 0 *"),
    "networks owe nothing": (1177, "words * bits / width for bits", "0.0 / width for bits"),
    "waiting ports owe nothing": (
        527,
        "max(hidden, default=0.0) + sum(waiting)",
        "max(hidden, default=0.0)",
    ),
}


def breaks_the_law(module: ModuleType, seed: int) -> bool:
    """Return whether a mapping costs less than its share less what is owed."""
    if seed == SUMS:
        problem, mapping = sums_on_lanes()
        padding = padding_of(problem.layer, [1, 1, 40])
    else:
        case = random_ragged_case(seed)
        found_padding = padding_in(case)
        assert found_padding is not None
        problem, mapping, padding = priced_case(seed, case), case.mapping, found_padding
    twin = module.relaxed(padded_problem(problem, padding))
    share = module.share_of(twin, padding, problem.layer_arrays.output_words)
    found = priced(problem, mapping)
    whole = price(twin, pack_mapping(replace(mapping, remainders=False), twin.layer))
    energy = share.share * whole[0] - share.energy_owed
    cycles = share.share * whole[1] - share.cycles_owed
    return bool(found.energy < energy * (1 - 1e-9) or found.cycles < cycles * (1 - 1e-9))


def sums_on_lanes() -> tuple[MappingProblem, Mapping]:
    """Return 31 summands as 4 lanes x 10, where nothing costs but reading sums in a lane.

    Each of the lanes starts its sum once, so that 27 are read; of the twin's 40, 36.
    """
    arch = Architecture(
        "lanes",
        (
            DRAM,
            Fanout("array", "array", "array", 4, 1, multicast=ALL),
            place("registers", frozenset({"Outputs"})),
            Compute("mac", "mac"),
        ),
        (memory("dram", component="dram"), memory("registers", component="register_file")),
    )
    actions = (*MEMORY_ACTIONS, *FANOUT_ACTIONS, *COMPUTE_ACTIONS)
    free = dict.fromkeys(actions, Price(0.0, "a test"))
    prices = dict.fromkeys(("dram", "array", "mac"), free)
    prices["register_file"] = free | {"read": Price(1.0, "a test")}
    table = EnergyTable("free", "pJ", prices)
    one = mapping_problem(gemm(K=31), arch, resolve(arch, table, Accounting("default")))
    steps = (
        Block("dram", (), ALL),
        Spread("array", x=(Loop("K", 4),)),
        Block("registers", (Loop("K", 10),), frozenset({"Outputs"})),
    )
    return one, Mapping(steps, remainders=True)


def mutated(old: str, new: str) -> ModuleType:
    assert SOURCE.count(old) == 1, "the text to change stands in the file once"
    module = ModuleType("shares_with_a_mistake")
    sys.modules[module.__name__] = module  # where its dataclasses look their module up
    exec(compile(SOURCE.replace(old, new), module.__name__, "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("mistake", MUTANTS)
def test_a_mistake_is_caught(mistake: str) -> None:
    seed, old, new = MUTANTS[mistake]
    assert not breaks_the_law(shares, seed)
    assert breaks_the_law(mutated(old, new), seed)


def test_what_the_sums_cost() -> None:
    one, mapping = sums_on_lanes()
    assert priced(one, mapping).energy == 27
