"""Limits on the time, what would lift them, and the roofline: by hand and by laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.arch.records import Architecture, Memory
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.records import Evaluation
from accelsim.evaluation.timing import Limit, lift, limits, roofline
from accelsim.report.tables import time_table, use_table
from tests.evaluation.cases import PricedCase, random_priced_case
from tests.evaluation.compare import evaluate_case
from tests.evaluation.machines import ARRAY, BUFFER, DRAM, MAC, MAPPING, machine, priced, row

SEEDS = st.integers(0, 2**32)


def timed(arch: Architecture) -> Evaluation:
    return evaluate(row(), arch, MAPPING, priced())


def test_the_example_of_the_model_page() -> None:
    """12 steps; the DRAM reads 16 + 12 + 12 words and writes 24, all of 16 bits."""
    found = timed(machine(dram=replace(DRAM, read_words_per_cycle=2.0, write_words_per_cycle=4.0)))
    assert found.port_bits["dram"] == (640.0, 384.0)
    # The buffer reads 48 + 36 + 12 for the array and 24 sums for the DRAM, and takes 24 sums from
    # the array, 16 + 12 words and 12 sums from the DRAM.
    assert found.port_bits["buffer"] == (1920.0, 1024.0)
    assert limits(found) == (
        Limit("dram", "read", 20.0, 1.0, 0.0),
        Limit("dram", "write", 6.0, 0.3, 14.0),
        Limit("compute", "", 12.0, 0.6, 8.0),
    )
    assert lift(found).text == "dram read bandwidth; 1.7x more would make it compute-bound"
    factor = lift(found).factor
    assert factor == pytest.approx(20 / 12)
    lines = roofline(found)
    assert (lines.peak, lines.reached) == (6.0, 72 / 20)
    dram, buffer, register = lines.points
    assert dram.operations_per_byte == 72 / (64 * 2)
    # 128 bytes in 20 cycles.
    assert dram.bytes_per_cycle == pytest.approx(6.4)
    assert dram.operations_per_cycle == pytest.approx(3.6)
    assert buffer.operations_per_byte == 72 / (184 * 2)
    assert (buffer.bytes_per_cycle, buffer.operations_per_cycle) == (None, 6.0)
    # 72 fills and 72 reads, in 6 registers.
    assert register.operations_per_byte == 72 / (144 * 2)


def test_a_port_is_busy_for_whole_cycles_in_both_tables() -> None:
    """64 words at 3 a cycle take 22 cycles, not 21: rule 15.  12 at 7 take 2 in both."""
    found = timed(machine(dram=replace(DRAM, shared_words_per_cycle=3.0)))
    [dram] = [limit for limit in limits(found) if limit.level == "dram"]
    assert dram.cycles == pytest.approx(64 / 3)
    used = {row[0]: row[-1] for row in use_table(found).rows}
    taken = {row[0]: row[2] for row in time_table(found).rows}
    assert used["dram"] == taken["dram"] == "22"
    assert used["mac"] == taken["compute"] == "12"
    loose = timed(machine(dram=replace(DRAM, shared_words_per_cycle=30.0)))
    slack = {row[0]: row[4] for row in time_table(loose).rows}
    assert slack["dram"] == "9"  # 64 words at 30 a cycle take 3 of 12


def test_two_limits_and_none() -> None:
    dram = replace(DRAM, shared_words_per_cycle=2.0)
    buffer = replace(BUFFER, read_words_per_cycle=5.0)
    both = timed(machine(dram=dram, buffer=buffer))
    assert lift(both).text == (
        "dram shared bandwidth; 1.4x more would make it bound by buffer read bandwidth"
    )
    # With 2.7 times as much it would be compute: 32 cycles against 12.
    alone = timed(machine(dram=dram))
    assert lift(alone).text == "dram shared bandwidth; 2.7x more would make it compute-bound"
    assert lift(timed(machine())).text == "compute"
    fast = timed(machine(dram=replace(dram, shared_words_per_cycle=16.0)))
    assert lift(fast).text == "compute; 3x more would make it bound by dram shared bandwidth"
    # 12 steps against 64 words at 1,000 words a cycle, and against one at 16 words in 1,000.
    endless = timed(machine(dram=replace(dram, shared_words_per_cycle=1_000.0)))
    assert lift(endless).text == "compute; nothing else takes 1 % of that time"
    starved = timed(machine(dram=replace(dram, shared_words_per_cycle=0.016)))
    assert lift(starved).text == "dram shared bandwidth; nothing else takes 1 % of that time"
    edge = timed(machine(dram=replace(dram, shared_words_per_cycle=64 / 1200)))
    assert lift(edge).text == "dram shared bandwidth; 100x more would make it compute-bound"
    equal = timed(machine(dram=replace(DRAM, write_words_per_cycle=2.0)))
    assert lift(equal).text == "compute, as much as by dram write bandwidth"
    waits = timed(machine(dram=replace(dram, overlap=False)))
    assert lift(waits).text == ("dram shared bandwidth, whose transfers do not hide behind others")
    assert waits.cycles == 12 + 32
    assert [limit.busy for limit in limits(waits)] == [32 / 44, 12 / 44]


def with_memories(case: PricedCase, change: Callable[[Memory], Memory]) -> PricedCase:
    arch = case.case.architecture
    changed = replace(arch, memories=tuple(map(change, arch.memories)))
    return replace(case, case=replace(case.case, architecture=changed))


@settings(max_examples=80)
@given(SEEDS, st.floats(0.01, 2.0))
def test_so_much_more_makes_the_next_limit_the_bound(seed: int, words: float) -> None:
    case = random_priced_case(seed)
    outermost = case.case.architecture.memories[0].name

    def narrow(memory: Memory) -> Memory:
        if memory.name != outermost:
            return memory
        return replace(memory, read_words_per_cycle=words, overlap=True)

    case = with_memories(case, narrow)
    before = evaluate_case(case)
    lifted = lift(before)
    if (lifted.limit.level, lifted.limit.port) != (outermost, "read") or lifted.then is None:
        return
    factor = lifted.factor
    assert factor is not None
    assert factor >= 1

    def widened(memory: Memory) -> Memory:
        if memory.name != outermost:
            return memory
        return replace(memory, read_words_per_cycle=words * factor)

    after = evaluate_case(with_memories(case, widened))
    slowest = max(limit.cycles for limit in limits(after) if limit.overlaps)
    assert slowest == pytest.approx(lifted.then.cycles, rel=1e-9)
    assert after.cycles <= before.cycles


@settings(max_examples=80)
@given(SEEDS)
def test_limits_and_roofline_agree_with_the_time(seed: int) -> None:
    found = evaluate_case(random_priced_case(seed))
    every = limits(found)
    hidden = max(limit.cycles for limit in every if limit.overlaps)
    waited = sum(limit.cycles for limit in every if not limit.overlaps)
    assert hidden <= found.cycles
    assert all(0 <= limit.busy <= 1 + 1e-9 for limit in every)
    assert any(limit.slack_cycles == 0 for limit in every if limit.overlaps)
    rounded = 1 + sum(not limit.overlaps for limit in every)
    latency = found.arch.latency_cycles
    assert found.cycles <= hidden + waited + rounded + latency
    lines = roofline(found)
    assert lines.reached <= lines.peak * (1 + 1e-12)
    for point in lines.points:
        assert lines.reached <= point.operations_per_cycle * (1 + 1e-9)
        if point.bytes_per_cycle is not None:
            allowed = min(lines.peak, point.operations_per_byte * point.bytes_per_cycle)
            assert point.operations_per_cycle == pytest.approx(allowed, rel=1e-9)


@settings(max_examples=60)
@given(SEEDS)
def test_bits_through_ports_do_not_depend_on_limits(seed: int) -> None:
    case = random_priced_case(seed)

    def free(memory: Memory) -> Memory:
        return replace(
            memory,
            read_words_per_cycle=None,
            write_words_per_cycle=None,
            shared_words_per_cycle=None,
        )

    unlimited = with_memories(case, free)
    assert evaluate_case(unlimited).port_bits == evaluate_case(case).port_bits


def test_start_up_and_drain_are_a_limit_and_shorten_what_is_gained() -> None:
    """12 steps, 32 cycles of the DRAM, and 1,000 in which the array fills and drains."""
    dram = replace(DRAM, shared_words_per_cycle=2.0)
    long = timed(machine(dram=dram, array=replace(ARRAY, fill_cycles=900, drain_cycles=100)))
    assert long.cycles == 1032
    assert lift(long).text == "start-up and drain of array, 96.8 % of the cycles"
    assert Limit("array", "start-up", 1000.0, 1000 / 1032, 0.0, False) in limits(long)
    short = timed(machine(dram=dram, array=replace(ARRAY, fill_cycles=8)))
    # 40 cycles become 12 + 8.
    assert lift(short).gain == 0.5
    assert lift(short).text == (
        "dram shared bandwidth; 2.7x more would make it compute-bound and save 50.0 % of the cycles"
    )


@settings(max_examples=40, deadline=None)
@given(
    density=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
    words=st.sampled_from([0.05, 2.0, 40.0]),
    fill=st.sampled_from([0, 7]),
)
def test_no_point_lies_above_its_roof(density: float, words: float, fill: int) -> None:
    """Operations that are skipped are none of those that a roof allows."""
    layer = row()
    inputs, weights, outputs = layer.tensors
    layer = replace(layer, tensors=(replace(inputs, density=density), weights, outputs))
    arch = machine(
        dram=replace(DRAM, shared_words_per_cycle=words),
        array=replace(ARRAY, fill_cycles=fill),
        mac=replace(MAC, skipping=frozenset({"Inputs"})),
    )
    lines = roofline(evaluate(layer, arch, MAPPING, priced()))
    assert lines.reached <= lines.peak * (1 + 1e-9)
    for point in lines.points:
        assert lines.reached <= point.operations_per_cycle * (1 + 1e-9)
        assert point.operations_per_cycle <= lines.peak
        if point.level == "dram":
            # One port of so many words of 16 bits, for all.
            assert lines.reached <= point.operations_per_byte * words * 2 * (1 + 1e-9)
            # 72 operations on 64 words, of which so many are done; at least one.
            assert point.operations_per_byte == pytest.approx(max(1, 72 * density) / 128)
