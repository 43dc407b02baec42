"""Evaluation under other conventions than the default."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from accelsim.arch.records import EVERY_DIM, Fanout
from accelsim.conventions import Conventions
from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.general import make_general_case, price_general
from accelsim.evaluation.packing import pack
from accelsim.evaluation.prices import resolve
from accelsim.evaluation.records import Evaluation
from accelsim.mapping.arrays import pack_layer, pack_mapping
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.technology.records import Accounting
from tests.evaluation.cases import PricedCase, random_priced_case
from tests.evaluation.compare import TOLERANCE
from tests.evaluation.ports import ported
from tests.naive.by_convention import walk_by_convention
from tests.naive.convention_cases import CONVENTIONS, TIMELOOP
from tests.naive.ragged_cases import random_ragged_case


def under(priced: PricedCase, conventions: Conventions) -> Evaluation:
    case = priced.case
    accounting = replace(priced.accounting, conventions=conventions)
    # Tiles that are boxes need not fit where exact tiles do.
    memories = tuple(
        replace(m, size_bits=None if m.size_bits else m.size_bits)
        for m in case.architecture.memories
    )
    arch = replace(case.architecture, memories=memories)
    return evaluate(case.layer, arch, case.mapping, priced.table, accounting)


@pytest.mark.parametrize("seed", range(40))
def test_the_general_kernel_prices_the_default_conventions_alike(seed: int) -> None:
    priced = ported(random_priced_case(seed), seed)
    case = priced.case
    found = evaluate(case.layer, case.architecture, case.mapping, priced.table, priced.accounting)
    prices = pack(
        resolve(case.architecture, priced.table, priced.accounting), case.architecture, case.layer
    )
    record, scratch = make_general_case(
        pack_layer(case.layer), pack_machine(case.architecture, case.layer), prices, Conventions()
    )
    assert price_general(record, *pack_mapping(case.mapping, case.layer), scratch) == 0
    assert float(record.cycles) == found.cycles
    assert float(record.energy) == pytest.approx(found.energy_total, rel=float(TOLERANCE))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_energy_is_accesses_of_the_twin_times_prices(name: str) -> None:
    """Each boundary's accesses, at the prices of the level that performs them."""
    for seed in range(6):
        priced = random_priced_case(seed)
        case, its = priced.case, CONVENTIONS[name]
        found = under(priced, its)
        walked = walk_by_convention(case.layer, case.architecture, case.mapping, its)
        words = sum(walked.words.values()) + sum(walked.network.values())
        assert int(found.words.sum()) == words + case.layer.operations
        assert found.energy_total == pytest.approx(found.energy.total + found.leakage, rel=1e-12)


def test_free_drains_cost_neither_energy_nor_time() -> None:
    shorter = 0
    for seed in range(40):
        priced = random_priced_case(seed)
        charged, free = (
            under(priced, Conventions(blocks="total", drains=word)) for word in ("charged", "free")
        )
        assert (charged.words == free.words).all()
        before, after = charged.energy.by("action"), free.energy.by("action")
        assert after["drain",] == 0
        saved = before["drain",] + before["address",] - after["address",]
        assert after["address",] <= before["address",]
        assert free.energy.total == pytest.approx(charged.energy.total - saved, rel=1e-9)
        assert free.cycles <= charged.cycles
        shorter += free.cycles < charged.cycles
    assert shorter > 0


def test_leakage_of_instances_in_use() -> None:
    less = 0
    for seed in range(40):
        priced = random_priced_case(seed)
        built, used = under(priced, Conventions()), under(priced, Conventions(leakage="used"))
        expected = Fraction(0)
        for memory in priced.case.architecture.memories:
            if memory.size_bits != 0:
                in_use, _ = used.instances[memory.name]
                per_cycle = Fraction(memory.leakage_mw) * 10**9 / Fraction(used.arch.clock_hz)
                cycles = Fraction(used.cycles) - used.arch.latency_cycles
                expected += per_cycle * in_use * cycles
        assert used.leakage == pytest.approx(float(expected), rel=1e-12)
        less += used.leakage < built.leakage
    assert less > 0


def test_capacity_is_measured_in_boxes() -> None:
    larger = 0
    for seed in range(40):
        priced = random_priced_case(seed)
        exact, box = under(priced, Conventions()), under(priced, Conventions(tiles="box"))
        for name, (bits, _) in exact.capacity_bits.items():
            assert box.capacity_bits[name][0] >= bits
            larger += box.capacity_bits[name][0] > bits
    assert larger > 0


def test_remainders_under_timeloop_are_refused() -> None:
    priced = random_priced_case(3, random_ragged_case)
    case = priced.case
    accounting = Accounting("timeloop", conventions=TIMELOOP)
    with pytest.raises(SpecError, match="remainders cannot be counted under reuse: timeloop"):
        evaluate(case.layer, case.architecture, case.mapping, priced.table, accounting)


def test_a_machine_that_forwards_needs_no_other_accounting() -> None:
    fewer = 0
    for seed in range(40):
        priced = random_priced_case(seed)
        arch = priced.case.architecture
        nodes = tuple(
            replace(node, forwards={"Inputs": EVERY_DIM}) if isinstance(node, Fanout) else node
            for node in arch.nodes
        )
        linked = replace(priced, case=replace(priced.case, architecture=replace(arch, nodes=nodes)))
        alone, passed = under(priced, Conventions()), under(linked, Conventions())
        reads = [its.traffic.by("action")["read",] for its in (alone, passed)]
        assert reads[1] <= reads[0]
        fewer += reads[1] < reads[0]
    assert fewer > 0
