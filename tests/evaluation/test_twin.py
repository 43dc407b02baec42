"""The evaluation equals its twin: energies to 1e-12, every count and every cycle exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from tests.evaluation.bill import bill
from tests.evaluation.cases import PricedCase, random_priced_case
from tests.evaluation.compare import differences
from tests.evaluation.ports import ported
from tests.naive.walk import walk

FULL_CASES = 3000
LEAST_SHARE = 0.02


def assert_equal(priced: PricedCase) -> None:
    found = differences(priced)
    assert not found, f"{priced}\n" + "\n".join(found)


@pytest.mark.plain
@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_evaluation_equals_the_bill(seed: int) -> None:
    assert_equal(random_priced_case(seed))


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_evaluation_equals_the_bill_with_ports_of_some_movements(seed: int) -> None:
    assert_equal(ported(random_priced_case(seed), seed))


@pytest.mark.full
def test_evaluation_equals_the_bill_on_thousands() -> None:
    for seed in range(FULL_CASES):
        assert_equal(random_priced_case(seed))
        assert_equal(ported(random_priced_case(seed), seed))


@pytest.mark.parametrize("first_seed", range(0, 100, 25))
def test_the_books_by_instance_add_up_to_the_walk(first_seed: int) -> None:
    """The bill's walker moves what the counter's twin moves: its books are that walk's, split."""
    for seed in range(first_seed, first_seed + 25):
        priced = random_priced_case(seed)
        case = priced.case
        walked = walk(case.layer, case.architecture, case.mapping)
        booked: Counter[tuple[str, str]] = Counter()
        for event in priced.traffic.events:
            booked[event.tensor, event.action] += event.words
        expected: Counter[tuple[str, str]] = Counter()
        names = {"READS": "read", "FIRST_READS": "first_read", "UPDATES": "update"}
        names |= {"FILLS": "fill", "DRAINS": "drain"}
        names |= {"DELIVERIES": "deliver", "COLLECTIONS": "collect", "REDUCTIONS": "reduce"}
        for counted in (walked.words, walked.network):
            for (_, tensor, action), words in counted.items():
                expected[tensor, names[action]] += words
        assert +booked == +expected, case
        assert priced.traffic.steps == walked.steps


def test_every_memory_is_full_at_its_limit() -> None:
    """One bit less than the tiles need, and the mapping is refused."""
    refused = 0
    for seed in range(60):
        priced = random_priced_case(seed)
        case = priced.case
        for memory, (bits, _) in bill(priced).capacity_bits.items():
            if bits == 0:
                continue
            for buffering in (1, 3):
                exact, short = (
                    replace(
                        case.architecture,
                        memories=tuple(
                            replace(m, size_bits=size, buffering=buffering)
                            if m.name == memory
                            else m
                            for m in case.architecture.memories
                        ),
                    )
                    for size in (bits * buffering, bits * buffering - 1)
                )
                evaluate(case.layer, exact, case.mapping, priced.table, priced.accounting)
                with pytest.raises(IllegalMappingError, match=f"{memory} needs"):
                    evaluate(case.layer, short, case.mapping, priced.table, priced.accounting)
                refused += 1
    assert refused > 100


def test_cases_meet_everything_that_sets_the_time_or_the_price() -> None:
    met: Counter[str] = Counter()
    seeds = range(400)
    for seed in seeds:
        priced = random_priced_case(seed)
        found, arch = bill(priced), priced.case.architecture
        met["compute sets the time"] += "compute" in found.bound
        met["a port sets the time"] += any(m.name in found.bound for m in arch.memories)
        met["a network sets the time"] += any(f.name in found.bound for f in arch.fanouts)
        met["a memory is waited for"] += any(
            not m.overlap and found.port_cycles.get(m.name, 0) > 0 for m in arch.memories
        )
        met["all instances leak, some are idle"] += any(
            m.leakage_mw and not m.gates_unused and len(set(found.instances[m.name])) == 2
            for m in arch.memories
        )
        met["idle instances are gated"] += any(
            m.leakage_mw and m.gates_unused and len(set(found.instances[m.name])) == 2
            for m in arch.memories
        )
        met["idle compute"] += len(set(found.instances[arch.compute.name])) == 2
        met["several operations per cycle"] += arch.compute.ops_per_cycle > 1
        met["blocks are rounded up"] += any(e.accesses < e.words for e in priced.traffic.events)
        met["tensors of several widths"] += len({t.bits for t in priced.case.layer.tensors}) > 1
        met["one busiest instance"] += _uneven(priced)
        met["an absent memory"] += any(m.size_bits == 0 for m in arch.memories)
        met["addresses cost"] += any(
            e > 0 for (_, _, action), e in found.energy.items() if action == "address"
        )
        met["networks have latencies"] += arch.latency_cycles > 0
        met["stated energies"] += any(m.energy for m in arch.memories)
        met["weights"] += bool(priced.accounting.weights)
        met["first reads cost"] += any(
            e > 0 for (_, _, action), e in found.energy.items() if action == "first_read"
        )
        met["alu"] += priced.case.layer.op == "alu"
        met["an area"] += found.area_mm2 is not None
    rare = {name: met[name] for name in met if met[name] < LEAST_SHARE * len(seeds)}
    assert not rare


def _uneven(priced: PricedCase) -> bool:
    """Whether the instances of some memory that the mapping uses move different amounts."""
    moved: Counter[tuple[str, object]] = Counter()
    for event in priced.traffic.events:
        if event.action in ("read", "fill"):
            moved[event.level, event.instance] += event.words
    amounts: dict[str, list[int]] = {}
    for (level, _), words in moved.items():
        amounts.setdefault(level, []).append(words)
    return any(len(set(one)) > 1 for one in amounts.values())
