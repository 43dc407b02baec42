"""Expected counts of zeros against a thousand drawn patterns each; density 1 against no zeros."""

from __future__ import annotations

import random
from dataclasses import replace
from math import ceil

import numpy as np
import pytest

from accelsim.arch.records import Compute, Fanout
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.zeros import zeros_counted
from accelsim.sparsity.zeros import Given
from accelsim.technology.records import ACTIONS, EnergyTable, Price
from tests.naive.cases import Case, random_case
from tests.naive.nest import held_bits
from tests.naive.zeros import (
    Counted,
    Key,
    all_words,
    count_zeros,
    draw_patterns,
    whole_pattern,
)
from tests.naive.zeros_cases import (
    with_densities,
    with_fitting_formats,
    with_known_zeros,
    with_zeros,
)

PATTERNS = 1000
STANDARD_ERRORS = 3.0
SECOND_LOOK = 16
"""A figure beyond three standard errors, as one in 370 is by chance, is looked at again on so many
times more patterns: an error of the closed form would be four times as many standard errors off."""

TABLE = EnergyTable(
    "zeros",
    "pJ",
    {
        "buffer": {"access": Price(3.0, "a test"), "read.gated": Price(0.25, "a test")},
        "array": {name: Price(1.0, "a test") for name in ("deliver", "collect", "reduce")},
        "mac": {name: Price(2.0, "a test") for name in ("mac", "alu", "mac.gated")},
    },
)


def zeros_case(seed: int) -> Case:
    rng = random.Random(f"zeros {seed}")
    case = random_case(seed)
    arch = case.architecture
    arch = replace(
        arch,
        memories=tuple(replace(m, block_bits=m.word_bits) for m in arch.memories),
        nodes=tuple(
            replace(n, component="array") if isinstance(n, Fanout) else n for n in arch.nodes
        ),
    )
    layer = with_densities(rng, case.layer)
    return replace(case, layer=layer, architecture=with_zeros(rng, arch))


def counted(case: Case, patterns: int, seed: int) -> Counted:
    drawn = draw_patterns(case, patterns, seed)
    rng = np.random.default_rng(seed + 1)
    own: dict[Key, np.ndarray] = {}
    for part in (*case.architecture.memories, *case.architecture.fanouts):
        for tensor in case.layer.tensors:
            if tensor.role in part.densities:
                shape = (patterns, len(all_words(case, tensor)))
                own[part.name, tensor.name, ""] = rng.random(shape) < part.densities[tensor.role]
            elif isinstance(tensor.pattern, Given):
                whole = list(whole_pattern(case, tensor).values())
                own[part.name, tensor.name, ""] = np.tile(whole, (patterns, 1))
    return count_zeros(case, drawn, own)


def beyond(case: Case, found: Counted) -> list[str]:
    """Return the figures whose expectation is beyond three standard errors of the drawn mean."""
    evaluation = evaluate(case.layer, case.architecture, case.mapping, TABLE)
    expected = zeros_counted(evaluation)
    wrong = []

    def compare(what: object, value: float, drawn: np.ndarray) -> None:
        error = drawn.std(ddof=1) / len(drawn) ** 0.5
        if abs(value - drawn.mean()) > STANDARD_ERRORS * error + 1e-9 * (1.0 + abs(value)):
            wrong.append(f"{what}: expected {value}, drawn {drawn.mean()} +- {error}")

    operations = case.layer.operations
    for name, drawn in found.operations.items():
        compare(name, getattr(expected.operations, name) * operations, drawn)
    names = [tensor.name for tensor in case.layer.tensors]
    for key, fates in found.words.items():
        at = evaluation.levels.index(key[0]), names.index(key[1]), ACTIONS.index(key[2])
        for name, drawn in fates.items():
            compare((*key, name), float(getattr(expected, name)[at]), drawn)
        compare((*key, "bits"), float(expected.bits[at]), found.bits[key])
        compare((*key, "metadata"), float(expected.metadata_bits[at]), found.metadata_bits[key])
    assert {k for k, v in np.ndenumerate(expected.done) if v} <= {
        (evaluation.levels.index(a), names.index(b), ACTIONS.index(c)) for a, b, c in found.words
    }
    return wrong


def known_zeros_case(seed: int) -> Case:
    """Return a case with structured zeros and given patterns."""
    rng = random.Random(f"known zeros {seed}")
    case = zeros_case(seed)
    layer = with_known_zeros(rng, case.layer)
    arch = with_fitting_formats(rng, case.architecture, layer)
    return replace(case, layer=layer, architecture=arch)


def check(case: Case, seed: int) -> None:
    if beyond(case, counted(case, PATTERNS, seed)):
        again = beyond(case, counted(case, SECOND_LOOK * PATTERNS, seed + 10**6))
        assert not again, f"{case}\n{case.architecture}\n" + "\n".join(again)


@pytest.mark.parametrize("seed", range(16))
def test_expected_counts_are_those_of_drawn_patterns(seed: int) -> None:
    check(zeros_case(seed), seed)


@pytest.mark.parametrize("seed", range(16))
def test_known_zeros_are_counted_as_they_are_met(seed: int) -> None:
    check(known_zeros_case(seed), seed)


@pytest.mark.full
def test_expected_counts_are_those_of_drawn_patterns_on_hundreds() -> None:
    for seed in range(16, 300):
        check(zeros_case(seed), seed)
    for seed in range(16, 300):
        check(known_zeros_case(seed), seed)


def without_zeros(case: Case) -> Case:
    """Return the case on a machine that makes nothing of zeros."""
    arch = case.architecture
    plain = replace(
        arch,
        memories=tuple(
            replace(m, formats={}, densities={}, gating={}, skipping={}) for m in arch.memories
        ),
        nodes=tuple(
            replace(n, formats={}, densities={})
            if isinstance(n, Fanout)
            else replace(n, gating=frozenset(), skipping=frozenset())
            if isinstance(n, Compute)
            else n
            for n in arch.nodes
        ),
    )
    return replace(case, architecture=plain)


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_density_1_gives_the_dense_counts_exactly(seed: int) -> None:
    """With gating and skipping everywhere, and no format: every number to the last digit."""
    case = zeros_case(seed)
    full = tuple(replace(t, density=1.0) for t in case.layer.tensors)
    plain = without_zeros(replace(case, layer=replace(case.layer, tensors=full)))
    arch = case.architecture
    gated = tuple(replace(m, formats={}, densities={}) for m in arch.memories)
    nodes = tuple(
        replace(n, formats={}, densities={}) if isinstance(n, Fanout) else n for n in arch.nodes
    )
    followed = replace(plain, architecture=replace(arch, memories=gated, nodes=nodes))
    dense, sparse = (
        evaluate(its.layer, its.architecture, its.mapping, TABLE) for its in (plain, followed)
    )
    for name in ("words", "accesses", "energy_array", "tile_words"):
        assert (getattr(dense, name) == getattr(sparse, name)).all(), name
    for name in (
        "energy_total",
        "leakage",
        "cycles",
        "compute_cycles",
        "utilization",
        "port_cycles",
        "port_bits",
        "capacity_bits",
        "bound",
    ):
        assert getattr(dense, name) == getattr(sparse, name), name
    counted = zeros_counted(sparse)
    assert not counted.any
    moved = np.delete(sparse.words[:, :-1], ACTIONS.index("first_read"), axis=2)
    assert (np.delete(counted.done, ACTIONS.index("first_read"), axis=2) == moved).all()
    assert not counted.gated.any()
    assert not counted.skipped.any()
    assert not counted.metadata_bits.any()


@pytest.mark.parametrize("seed", range(40))
def test_energy_and_cycles_follow_from_the_counts(seed: int) -> None:
    """Energy is linear in the bits that move; what is gated has a price; what is skipped none."""
    case = zeros_case(seed)
    found = evaluate(case.layer, case.architecture, case.mapping, TABLE)
    counted = zeros_counted(found)
    for i, level in enumerate(found.levels[:-1]):
        memory = case.architecture.memory.get(level)
        each = 3.0 if memory else 1.0
        spent = counted.bits[i] / 16 * each
        if memory:
            for t, tensor in enumerate(case.layer.tensors):
                bits = held_bits(memory, tensor) / 16 * 0.25
                spent[t, ACTIONS.index("read")] += counted.gated[i, t, ACTIONS.index("read")] * bits
        assert found.energy_array[i, :-1] == pytest.approx(spent, rel=1e-12)
    its, operations = counted.operations, case.layer.operations
    spent_on = operations * (its.done + its.gated) * 2.0
    widths = [t.bits / 16 for t in case.layer.tensors if t is not case.layer.output]
    factor = np.prod(widths) ** (2 / len(widths)) if case.layer.op == "mac" else max(widths)
    assert found.energy_array[-1, -1].sum() == pytest.approx(spent_on * factor, rel=1e-12)
    steps = evaluate(
        case.layer, without_zeros(case).architecture, case.mapping, TABLE
    ).compute_cycles
    assert found.compute_cycles == max(1, ceil(steps * (its.done + its.gated) * (1 - 1e-11)))
