"""Laws that hold whatever the machine and mapping (``docs/model.md``, section 7)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accelsim.arch.records import Architecture, Fanout, Place
from accelsim.evaluation.evaluate import evaluate, reprice
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.roles import ROLES
from accelsim.technology.records import Accounting, EnergyTable, Price
from accelsim.workload.records import Layer
from tests.evaluation.cases import PricedCase, random_priced_case
from tests.evaluation.compare import evaluate_case
from tests.mapper.problems import problem, random_problem, solved
from tests.mapspace.cases import conv, gemm, shared

SEEDS = st.integers(0, 2**32)


def under(priced: PricedCase, table: EnergyTable) -> Evaluation:
    case = priced.case
    return evaluate(case.layer, case.architecture, case.mapping, table, priced.accounting)


def without_own_prices(priced: PricedCase) -> PricedCase:
    arch = priced.case.architecture
    nodes = tuple(n if isinstance(n, Place) else replace(n, energy={}) for n in arch.nodes)
    memories = tuple(replace(m, energy={}) for m in arch.memories)
    bare = replace(arch, nodes=nodes, memories=memories)
    return replace(priced, case=replace(priced.case, architecture=bare))


def mapped(table: EnergyTable, change: dict[str, float] | float) -> EnergyTable:
    """Return a table with prices multiplied: all, or those of some components."""

    def factor(component: str) -> float:
        return change if isinstance(change, float) else change.get(component, 1.0)

    prices = {
        component: {a: Price(p.energy * factor(component), p.source) for a, p in actions.items()}
        for component, actions in table.prices.items()
    }
    return replace(table, name="changed", prices=prices)


@settings(max_examples=60)
@given(SEEDS, st.floats(0, 1000))
def test_energy_is_linear_in_the_table(seed: int, factor: float) -> None:
    priced = without_own_prices(random_priced_case(seed))
    once = under(priced, priced.table)
    scaled = under(priced, mapped(priced.table, factor))
    assert scaled.energy.total == pytest.approx(factor * once.energy.total, rel=1e-12)
    assert (scaled.cycles, scaled.leakage) == (once.cycles, once.leakage)
    # Charging the components one at a time adds up to charging them all.
    components = list(priced.table.prices)
    apart = [
        under(priced, mapped(priced.table, {c: 0.0 for c in components if c != only}))
        for only in components
    ]
    assert sum(e.energy.total for e in apart) == pytest.approx(once.energy.total, rel=1e-12)


@settings(max_examples=60)
@given(SEEDS)
def test_bits_scale_data_linearly_and_multiplications_quadratically(seed: int) -> None:
    priced = random_priced_case(seed)
    # Accesses of wide blocks and sizes change with the bits, addresses do not; none is meant here.
    arch = priced.case.architecture
    memories = tuple(
        replace(
            m,
            block_bits=m.word_bits,
            size_bits=None if m.size_bits else m.size_bits,
            energy={action: e for action, e in m.energy.items() if action != "address"},
            widths={},
            packing="dense",
        )
        for m in arch.memories
    )
    nodes = tuple(replace(n, widths={}) if isinstance(n, Fanout) else n for n in arch.nodes)
    layer = priced.case.layer
    twice = replace(layer, tensors=tuple(replace(t, bits=2 * t.bits) for t in layer.tensors))
    arch = replace(arch, memories=memories, nodes=nodes)
    one = evaluate_case(replace(priced, case=replace(priced.case, architecture=arch)))
    case = replace(priced.case, architecture=arch, layer=twice)
    two = evaluate_case(replace(priced, case=case))
    for (tensor,), energy in one.energy.by("tensor").items():
        by = 2 if tensor != "compute" or layer.op == "alu" else 4
        assert two.energy.by("tensor")[tensor,] == pytest.approx(by * energy, rel=1e-12)


@settings(max_examples=60)
@given(SEEDS)
def test_half_the_bits_at_a_level_are_half_its_data_energy(seed: int) -> None:
    """Whatever the layer says: a level that holds every tensor in 32 b, or in 16 b."""
    priced = without_own_prices(random_priced_case(seed))
    arch = priced.case.architecture

    def held_in(bits: int) -> Evaluation:
        widths = dict.fromkeys(ROLES, bits)
        memories = tuple(
            replace(m, widths=widths, packing="dense", size_bits=m.size_bits and None,
                    block_bits=m.word_bits)
            for m in arch.memories
        )  # fmt: skip
        nodes = tuple(replace(n, widths=widths) if isinstance(n, Fanout) else n for n in arch.nodes)
        case = replace(priced.case, architecture=replace(arch, memories=memories, nodes=nodes))
        return evaluate_case(replace(priced, case=case))

    wide, narrow = held_in(32), held_in(16)
    for (tensor,), energy in wide.energy.by("tensor").items():
        part = 1.0 if tensor == "compute" else 0.5
        assert narrow.energy.by("tensor")[tensor,] == pytest.approx(part * energy, rel=1e-12)
    for name, (read, written) in wide.port_bits.items():
        assert narrow.port_bits[name] == (read / 2, written / 2)


@settings(max_examples=60)
@given(SEEDS, SEEDS)
def test_repricing_is_evaluating_under_the_other_table(seed: int, other_seed: int) -> None:
    priced, other = without_own_prices(random_priced_case(seed)), random_priced_case(other_seed)
    leaks = any(m.leakage_mw for m in priced.case.architecture.memories)
    assume(not leaks or other.table.unit == "pJ")
    accountings: tuple[Accounting | None, ...] = (None, other.accounting)
    for accounting in accountings:
        case = priced.case
        expected = evaluate(
            case.layer,
            case.architecture,
            case.mapping,
            other.table,
            accounting or priced.accounting,
        )
        found = reprice(evaluate_case(priced), other.table, accounting)
        assert (found.energy_array == expected.energy_array).all()
        assert (found.words == expected.words).all()
        assert found.prices == expected.prices
        for name in ("energy_total", "leakage", "cycles", "bound", "utilization", "energy_unit"):
            assert getattr(found, name) == getattr(expected, name)


@settings(max_examples=60)
@given(SEEDS)
def test_the_parts_add_up(seed: int) -> None:
    found = evaluate_case(random_priced_case(seed))
    assert found.energy_total == pytest.approx(found.energy.total + found.leakage, rel=1e-12)
    for axes in (("level",), ("tensor",), ("action",), ("level", "action")):
        assert sum(found.energy.by(*axes).values()) == pytest.approx(found.energy.total, rel=1e-12)
    assert found.cycles >= max(found.compute_cycles, *found.port_cycles.values(), 1)
    assert 0 < found.utilization <= 1


@settings(max_examples=60)
@given(SEEDS)
def test_wider_ports_are_never_slower(seed: int) -> None:
    priced = random_priced_case(seed)
    arch = priced.case.architecture
    slow = evaluate_case(priced)
    fields = ("read_words_per_cycle", "write_words_per_cycle", "shared_words_per_cycle")
    for memory in arch.memories:
        wider = {f: 2 * w for f in fields if (w := getattr(memory, f))}
        changed = replace(
            arch,
            memories=tuple(replace(m, **wider) if m is memory else m for m in arch.memories),
        )
        fast = evaluate_case(replace(priced, case=replace(priced.case, architecture=changed)))
        assert fast.cycles <= slow.cycles
        assert fast.energy.total == slow.energy.total


# --- a larger memory ------------------------------------------------------------------------------


def resized(arch: Architecture, memory: str, words: int) -> Architecture:
    memories = (replace(m, size_bits=16 * words) if m.name == memory else m for m in arch.memories)
    return replace(arch, memories=tuple(memories))


def best(layer: Layer, arch: Architecture, objective: Objective) -> float:
    """Return the lowest figure of all mappings; infinite if there is none."""
    one = problem(layer, arch)
    if next(enumerate_mappings(one.space), None) is None:
        return float("inf")
    return solved(one).best(objective)[0]


@pytest.mark.parametrize("objective", [ENERGY, LATENCY, EDP], ids=lambda o: o.name)
def test_a_larger_memory_never_makes_the_best_mapping_worse(objective: Objective) -> None:
    """Every mapping of the smaller machine is one of the larger, and costs the same there."""
    better = 0
    for seed in range(12):
        drawn = random_problem(seed, most=1500)
        for memory in drawn.arch.memories:
            if memory.size_bits is None:
                continue
            figures = [
                best(drawn.layer, resized(drawn.arch, memory.name, words), objective)
                for words in (0, 1, 2, 4, 8, 64)
            ]
            assert figures == sorted(figures, reverse=True), (seed, memory.name)
            better += figures[1] > figures[-1]
    assert better > 0


@pytest.mark.parametrize("layer", [gemm(M=3, N=2, K=4), conv(P=4, R=3, M=2)], ids=lambda x: x.name)
def test_room_for_reuse_saves_energy(layer: Layer) -> None:
    energies = [
        best(layer, shared(words, 2, 1, registers=1), ENERGY) for words in (1, 2, 4, 8, 16, 32)
    ]
    assert energies == sorted(energies, reverse=True)
    assert energies[0] > energies[-1]
