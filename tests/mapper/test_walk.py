from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

from accelsim.arch.records import Architecture
from accelsim.errors import AccelsimError, SpecError
from accelsim.mapper.contract import Budget, MappingProblem
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import ENERGY
from accelsim.mapper.sampling import SamplingDriver, sample_batch
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Dataflow, Limit, Rule
from accelsim.workload.records import Layer
from tests.mapper.problems import packed_batch, priced, problem, random_problem, unpacked
from tests.mapspace.cases import constrained, conv, eyeriss, flow, gemm, shared, two_arrays
from tests.mapspace.legality import faults

WHOLE = Limit(whole=True)


def problem_or_skip(case: tuple[Layer, Architecture, Dataflow]) -> MappingProblem:
    try:
        return problem(*case)
    except SpecError as fault:
        assume("contradicts itself" not in str(fault))
        raise


@given(constrained())
def test_samples_are_legal(case: tuple[Layer, Architecture, Dataflow]) -> None:
    layer, arch, dataflow = case
    small = problem_or_skip(case)
    assume(not isinstance(first_factors(small.space), Infeasibility))
    batch = sample_batch(small, 50)
    for index in range(50):
        assert faults(unpacked(small, batch, index), layer, arch, [dataflow]) == []


@given(constrained())
def test_what_the_search_returns_is_legal(case: tuple[Layer, Architecture, Dataflow]) -> None:
    layer, arch, dataflow = case
    outcome = SamplingDriver().search(problem_or_skip(case), ENERGY, Budget(500))
    if outcome.best is None:
        assert outcome.infeasible is not None
    else:
        assert faults(outcome.best.mapping, layer, arch, [dataflow]) == []


@settings(max_examples=300)
@given(constrained())
def test_nothing_is_legal_where_there_is_no_start(
    case: tuple[Layer, Architecture, Dataflow],
) -> None:
    space = problem_or_skip(case).space
    start = first_factors(space)
    listed = next(enumerate_mappings(space), None)
    assert isinstance(start, Infeasibility) == (listed is None)


@pytest.mark.parametrize(
    "small",
    [
        problem(gemm(M=4), shared(6, 2, 2, registers=2)),
        problem(gemm(M=2, N=2), shared(4, 2)),
        problem(conv(P=2, R=2), shared(9, 1, 2)),
        problem(gemm(M=2, K=2), two_arrays()),
        problem(
            gemm(M=4, N=2),
            eyeriss(2, 2),
            flow(
                Rule("array", "spatial", (("M", Limit(exact=2)),)),
                Rule("glb", order=(("N",), ("M",)), keep=frozenset({"Inputs"})),
            ),
        ),
        problem(
            gemm(M=6, K=2),
            eyeriss(3, 2),
            flow(Rule("array", "spatial", (("M", WHOLE),)), Rule("spads", "temporal", (), False)),
        ),
    ],
    ids=lambda small: f"{small.layer.bounds} on {small.arch.name}",
)
def test_every_mapping_can_be_drawn(small: MappingProblem) -> None:
    legal = set(enumerate_mappings(small.space))
    assert len(legal) < 3_000
    batch = sample_batch(small, 100_000)
    distinct = np.unique(np.concatenate(batch, axis=1), axis=0, return_index=True)[1]
    assert {unpacked(small, batch, int(index)) for index in distinct} == legal


@pytest.mark.parametrize("seed", range(5))
def test_the_counter_refuses_no_sample(seed: int) -> None:
    small = random_problem(seed)
    status, _, _ = priced(small, sample_batch(small, 4_000, seed))
    assert not status.any()


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_the_counter_refuses_none_of_a_million_samples(seed: int) -> None:
    large = [
        problem(conv(M=96, C=3, P=55, Q=55, R=11, S=11, stride=4), eyeriss()),
        problem(conv(N=4, M=64, C=64, P=56, Q=56, R=3, S=3), shared(5_000, 14, 12, 200)),
        problem(gemm(M=4096, N=512, K=9216), eyeriss(16, 16)),
        random_problem(seed),
    ]
    for one in large:
        status, _, _ = priced(one, sample_batch(one, 25_000, seed))
        assert not status.any()


def test_a_batch_is_its_seed() -> None:
    small = problem(gemm(M=12, N=6), shared(9, 3, 2))
    one, same, other = (sample_batch(small, 200, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_padding_is_like_that_of_packed_mappings() -> None:
    small = problem(gemm(M=4, N=3), shared(6, 2))
    batch = sample_batch(small, 64)
    again = packed_batch(small, [unpacked(small, batch, index) for index in range(64)])
    assert np.array_equal(batch.slot_end, again.slot_end)
    for name in ("loop_dim", "loop_bound"):
        ours, theirs = getattr(batch, name), getattr(again, name)
        width = min(ours.shape[1], theirs.shape[1])
        assert np.array_equal(ours[:, :width], theirs[:, :width])


def test_no_batch_of_nothing() -> None:
    with pytest.raises(AccelsimError, match="no legal mapping of gemm on eyeriss"):
        sample_batch(problem(gemm(M=2), eyeriss(pads=(0, 1, 1), keep=frozenset({"Weights"}))), 1)
