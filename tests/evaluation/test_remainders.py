"""Mappings with remainders: energies, cycles, ports and instances equal the twin's bill."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapping.records import Block, Mapping, Spread
from tests.evaluation.bill import bill
from tests.evaluation.cases import random_priced_case
from tests.evaluation.compare import _differences, evaluate_case
from tests.evaluation.machines import (
    ALL,
    ARRAY,
    BUFFER,
    MAPPING,
    WEIGHTS,
    loops,
    machine,
    priced,
    row,
)
from tests.evaluation.ports import ported
from tests.naive.ragged_cases import random_ragged_case

FULL_CASES = 3000
STEPS = MAPPING.steps
NEEDLESS = "have turns without any position"


def assert_equal(seed: int, *, with_ports: bool = False) -> None:
    case = random_priced_case(seed, random_ragged_case)
    case = ported(case, seed) if with_ports else case
    found = _differences(bill(case), evaluate_case(case))
    assert not found, f"{case}\n" + "\n".join(found)


@pytest.mark.plain
@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_evaluation_equals_the_bill(seed: int) -> None:
    assert_equal(seed)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_evaluation_equals_the_bill_with_ports_of_some_movements(seed: int) -> None:
    assert_equal(seed, with_ports=True)


@pytest.mark.full
def test_evaluation_equals_the_bill_on_thousands() -> None:
    for seed in range(FULL_CASES):
        assert_equal(seed)


def test_without_a_remainder_nothing_changes() -> None:
    for seed in range(150):
        case = random_priced_case(seed)
        allowed = replace(case.case.mapping, remainders=True)
        other = replace(case, case=replace(case.case, mapping=allowed))
        found = _differences(bill(case), evaluate_case(other))
        assert not found, f"{case}\n" + "\n".join(found)


def test_cases_meet_everything_that_sets_the_time() -> None:
    met: Counter[str] = Counter()
    for seed in range(200):
        case = random_priced_case(seed, random_ragged_case)
        found = bill(case)
        met["compute sets the time"] += "compute" in found.bound
        met["a port sets the time"] += any(
            m.name in found.bound for m in case.case.architecture.memories
        )
        met["a network sets the time"] += any(
            f.name in found.bound for f in case.case.architecture.fanouts
        )
        met["blocks are rounded up"] += any(e.accesses < e.words for e in case.traffic.events)
    assert min(met.values()) >= 10, met


def test_by_hand() -> None:
    # Six outputs over 4 lanes: 4, then 2.  The steps are those of the loops; half the lanes of the
    # second turn are idle: 72 operations in 2 * 2 * 2 = 8 steps of 4 x 3 multipliers.
    steps = (
        Block("dram", loops("C2 P2"), ALL),
        Block("buffer", loops("M2"), ALL),
        Spread("array", x=loops("P4"), y=loops("R3")),
        Block("register", (), WEIGHTS),
    )
    arch = machine(array=replace(ARRAY, mesh_x=4, mesh_y=3))
    found = evaluate(row(), arch, Mapping(steps, remainders=True), priced())
    assert found.cycles == 8
    assert found.operations == 72
    assert found.utilization == 72 / (12 * 8)
    assert found.instances["register"] == (12, 12)
    # Each channel's 8 inputs once; 6 at first, 2 more at the short second turn.
    words = found.traffic.by("level", "tensor", "action")
    assert words["dram", "Inputs", "read"] == 2 * (6 + 2)
    # Two filters of 3 taps and, of the larger first tile, 6 inputs and 2 x 4 sums.
    assert found.capacity_bits["buffer"][0] == (6 + 6 + 8) * 16


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (
            (Block("dram", loops("C2 P2"), ALL), *STEPS[1:]),
            "the loops over P multiply to 4; the layer's bound is 6",
        ),
        (
            (Block("dram", loops("C2 P4"), ALL), *STEPS[1:]),
            f"the loops over P, 4 x 2, {NEEDLESS}; 3 x 2 reaches the layer's bound 6",
        ),
        (
            (Block("dram", loops("C2 P3 R2"), ALL), *STEPS[1:]),
            f"the loops over R, 2 x 3, {NEEDLESS}; 1 x 3 reaches the layer's bound 3",
        ),
    ],
)
def test_factors_that_do_not_fit(steps: tuple[Block | Spread, ...], words: str) -> None:
    with pytest.raises(IllegalMappingError) as raised:
        evaluate(row(), machine(), Mapping(steps, remainders=True), priced())
    assert str(raised.value) == words


def test_a_record_must_say_so_too() -> None:
    steps = (
        *STEPS[:2],
        Spread("array", x=loops("P2"), y=loops("R2")),
        Block("register", loops("R2"), WEIGHTS),
    )
    assert evaluate(row(), machine(), Mapping(steps, remainders=True), priced()).cycles == 24
    with pytest.raises(IllegalMappingError, match="the loops over R multiply to 4"):
        evaluate(row(), machine(), Mapping(steps), priced())


def test_lanes_are_those_of_the_factors_and_tiles_the_largest() -> None:
    steps = (
        Block("dram", loops("C2 P2"), ALL),
        Block("buffer", loops("M2"), ALL),
        Spread("array", x=loops("P4"), y=loops("R3")),
        Block("register", (), WEIGHTS),
    )
    mapping = Mapping(steps, remainders=True)
    with pytest.raises(IllegalMappingError, match="array spreads 4 lanes over its x axis"):
        evaluate(row(), machine(), mapping, priced())
    wide = replace(ARRAY, mesh_x=4)
    for size, fits in ((20, True), (19, False)):
        arch = machine(array=wide, buffer=replace(BUFFER, size_bits=size * 16))
        if fits:
            evaluate(row(), arch, mapping, priced())
        else:
            with pytest.raises(IllegalMappingError, match="buffer needs 20 words for its tiles"):
                evaluate(row(), arch, mapping, priced())
