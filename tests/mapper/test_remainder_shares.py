"""A mapping with remainders costs its share of what its padded twin does: the proof's steps."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np
import pytest

from accelsim.arch.records import Architecture, Fanout, Memory
from accelsim.counter.ragged import count_ragged
from accelsim.evaluation.prices import resolve
from accelsim.mapper.contract import MappingProblem, mapping_problem
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY
from accelsim.mapper.remainders.padding import (
    Padding,
    paddable,
    padded,
    padded_problem,
    padding_of,
)
from accelsim.mapper.remainders.shares import Share, relaxed, share_of
from accelsim.mapper.remainders.trim import factors_of, priced
from accelsim.mapping.arrays import pack_mapping
from accelsim.mapping.records import Block, Spread
from accelsim.technology.records import (
    COMPUTE_ACTIONS,
    FANOUT_ACTIONS,
    MEMORY_ACTIONS,
    Accounting,
    EnergyTable,
    Price,
)
from accelsim.workload.records import Tensor, window_terms
from tests.mapper.exact_problems import random_table
from tests.mapper.problems import price
from tests.naive.cases import Case
from tests.naive.ragged_cases import random_ragged_case

seeds = pytest.mark.parametrize(
    "seeds", [range(700), pytest.param(range(700, 16_000), marks=pytest.mark.full)], ids=str
)


def padding_in(case: Case) -> Padding | None:
    """Return what a case pads, if the proof speaks of it."""
    layer = case.layer
    factors = factors_of(case.mapping, list(layer.bounds))
    found = padding_of(layer, [prod(of_dim) for of_dim in factors.values()])
    short = {
        dim for (dim, bound), wide in zip(layer.dims, found.bounds, strict=True) if wide > bound
    }
    if not short or not short <= paddable(layer):
        return None
    if any(layer.bounds[dim] == 1 for dim in short):
        return None  # a loop without a turn to spare
    return found if end_to_end(case, short) else None


def end_to_end(case: Case, short: set[str]) -> bool:
    """Return whether the lanes of each window with a short dim lie end to end at each boundary."""
    layer = case.layer
    return all(
        tidy(case, tensor, [term.dim for term in terms])
        for tensor in layer.tensors
        for rank in tensor.ranks
        for terms in [window_terms(rank, layer.bounds)]
        if len(terms) == 2 and short & {term.dim for term in terms}
    )


def tidy(case: Case, tensor: Tensor, dims: list[str]) -> bool:
    """Walk outward from each keeper: after a loop that is no shared lane, no lane may follow."""
    for dim in dims:
        nodes = {node.name: node for node in case.architecture.nodes}
        apart = False  # a loop that adds up stands inside
        for step in reversed(case.mapping.steps):
            if isinstance(step, Block):
                if tensor.name in step.keep:
                    apart = False  # its tile is whole
                else:
                    apart |= any(loop.dim == dim and loop.bound > 1 for loop in step.loops)
                continue
            if not any(loop.dim == dim and loop.bound > 1 for loop in (*step.y, *step.x)):
                continue
            fanout = nodes[step.fanout]
            assert isinstance(step, Spread)
            assert isinstance(fanout, Fanout)
            if tensor.role not in fanout.multicast:
                apart = True
            elif apart:
                return False
    return True


@seeds
def test_every_count_keeps_its_share(seeds: range) -> None:
    """But what is taken back of sums, reduced, or rounded up to blocks."""
    looked_at = 0
    for seed in seeds:
        case = random_ragged_case(seed)
        padding = padding_in(case)
        if padding is None:
            continue
        looked_at += 1
        arch = roomy(case.architecture)
        short = count_ragged(case.layer, arch, case.mapping)
        whole = count_ragged(padded(case.layer, padding), arch, case.mapping)
        for t, tensor in enumerate(case.layer.tensors):
            rising = tensor.role == "Outputs"
            words = [2, 4] if rising else [0, 3]  # updates and drains; reads and fills
            lanes = [1] if rising else [0]  # collections; deliveries
            for of_short, of_whole in (
                (short.words[:, t, words], whole.words[:, t, words]),
                (short.network[:, t, lanes], whole.network[:, t, lanes]),
                (short.busiest_words[:, t, words], whole.busiest_words[:, t, words]),
                (short.busiest_network[:, t, lanes], whole.busiest_network[:, t, lanes]),
            ):
                assert (of_short >= padding.share * of_whole - 1e-9 * of_whole).all(), seed
        assert short.steps >= padding.share * whole.steps * (1 - 1e-12)
        assert (short.instances >= padding.share * whole.instances * (1 - 1e-12)).all()
    assert looked_at > 200


def roomy(arch: Architecture) -> Architecture:
    """Return a machine whose memories hold the twin's tiles too."""
    return replace(
        arch, memories=tuple(replace(memory, size_bits=None) for memory in arch.memories)
    )


def priced_case(seed: int, case: Case) -> MappingProblem:
    """Give a case's machine ports, blocks, leakage and prices of every kind."""
    rng = random.Random(f"shares {seed}")

    def changed(memory: Memory) -> Memory:
        widths = [None, None, 0.25, 1, 3]
        return replace(
            memory,
            component=rng.choice(["dram", "buffer", "register_file"]),
            read_words_per_cycle=rng.choice(widths),
            write_words_per_cycle=rng.choice(widths),
            overlap=rng.random() < 0.7,
            leakage_mw=rng.choice([0.0, 0.0, 0.3]),
        )

    arch = roomy(case.architecture)
    nodes = tuple(
        replace(node, words_per_cycle=rng.choice([None, None, 1]))
        if isinstance(node, Fanout)
        else node
        for node in arch.nodes
    )
    arch = replace(arch, nodes=nodes, memories=tuple(map(changed, arch.memories)))
    table = random_table(rng) if rng.random() < 0.5 else uneven_table(rng)
    return mapping_problem(case.layer, arch, resolve(arch, table, Accounting("random")))


def uneven_table(rng: random.Random) -> EnergyTable:
    """Return prices that no machine has: an action may cost much more than the one it undoes."""
    prices = {
        component: {
            action: Price(rng.choice([0.0, 0.0, 1.0, 100.0]), "a test") for action in actions
        }
        for component, actions in (
            ("dram", MEMORY_ACTIONS),
            ("buffer", MEMORY_ACTIONS),
            ("register_file", MEMORY_ACTIONS),
            ("array", FANOUT_ACTIONS),
            ("mac", COMPUTE_ACTIONS),
        )
    }
    return EnergyTable("uneven", "pJ", prices)


def twin_of(problem: MappingProblem, padding: Padding) -> tuple[MappingProblem, Share]:
    twin = relaxed(padded_problem(problem, padding))
    return twin, share_of(twin, padding, problem.layer_arrays.output_words)


@seeds
def test_energy_and_cycles_keep_theirs_less_what_is_owed(seeds: range) -> None:
    looked_at = tight = 0
    for seed in seeds:
        case = random_ragged_case(seed)
        padding = padding_in(case)
        if padding is None:
            continue
        looked_at += 1
        problem = priced_case(seed, case)
        twin, share = twin_of(problem, padding)
        found = priced(problem, case.mapping)
        whole = price(twin, pack_mapping(replace(case.mapping, remainders=False), twin.layer))
        for objective in (ENERGY, LATENCY, EDP):
            least = share.least(objective, objective.figure(*whole))
            figure = objective.figure(found.energy, found.cycles)
            assert figure >= least - 1e-9 * abs(figure), (seed, objective.name)
            tight += figure < 1.05 * least
        assert whole[0] >= share.twin_energy * (1 - 1e-12)
        assert whole[1] >= share.twin_cycles * (1 - 1e-12)
    assert looked_at > 200
    assert tight > looked_at / 4


@pytest.mark.parametrize("objective", [ENERGY, LATENCY, EDP], ids=lambda o: o.name)
def test_what_is_enough_leaves_nothing_better(objective: object) -> None:
    """Whole cycles: whatever is better is better by one."""
    assert objective in (ENERGY, LATENCY, EDP)
    for share in (
        Share(0.93, 0.0, 0.0, 400.0, 10.0),
        Share(0.8, 12.5, 3.25, 400.0, 50.0),
        Share(1.0, 0.0, 1.0, 400.0, 50.0),
    ):
        for figure in (1_000.0, 123_456.0, 98_765_432.0):
            enough = share.enough(objective, figure)
            assert share.least(objective, enough) >= figure * (1 - 1e-12)


def words_found(
    kind: str, u: int, a: int, lanes: int, b: int, lanes_b: int, short: int, step: int, first: int
) -> int:
    """Count, word by word, what the first positions of a window's outer dim find.

    A tile is ``u*i + j``, i < a, j < b; lanes stand end to end in both dims, in the second the last
    is ``short``.  Taken off is what the lane's tile held ``step`` positions further back.
    """
    words: set[int] = set()
    for i, j in product(range(lanes), range(lanes_b + (short > 0))):
        length, width = max(0, min(a, first - i * a)), b if j < lanes_b else short
        at = u * i * a + j * b
        held: set[int] = set()
        if kind == "steps a":
            held = {at + u * (x - step) + y for x in range(a) for y in range(width)}
        elif kind == "steps b":
            held = {at + u * x + y - step for x in range(length) for y in range(b)}
        words |= {at + u * x + y for x in range(length) for y in range(width)} - held
    return len(words)


@pytest.mark.parametrize("most", [3, pytest.param(5, marks=pytest.mark.full)])
def test_the_first_positions_find_their_part(most: int) -> None:
    """All small windows, end to end: g(n) / n >= g(N) / N."""
    sizes = range(1, most + 1)
    for u, a, lanes, b, lanes_b in product(sizes, sizes, (1, 2, 3), sizes, (0, 1, 2)):
        for short in range(0 if lanes_b else 1, b):
            cases = [("tile", 0)]
            cases += [("steps a", a * lanes + more) for more in range(5)]
            cases += [("steps b", b * (lanes_b + (short > 0)) + more) for more in range(6)]
            for kind, step in cases:
                window = kind, u, a, lanes, b, lanes_b, short, step
                everything = words_found(*window, a * lanes)
                for first in range(1, a * lanes):
                    assert words_found(*window, first) * a * lanes >= everything * first, window


def test_with_holes_or_gaps_there_are_counterexamples() -> None:
    """What the proof leaves out is left out for a reason."""
    pairs = [(0, 1, 4, 5), (2, 3, 6, 7)]  # lanes at every other pair, the pairs in turn
    for filter_rows, rows, least in (((0, 3), 7, 12), ((0, 3), 8, 14)):
        found = sum(len({p + r for p in turn if p < rows for r in filter_rows}) for turn in pairs)
        assert found == least
    assert 12 < 7 / 8 * 14


def test_prices_are_lowered_only_where_sums_need_it() -> None:
    """Where all accesses of a memory cost the same, they do not."""
    for seed in range(60):
        case = random_ragged_case(seed)
        problem = priced_case(seed, case)
        loose = relaxed(problem)
        words = problem.price_arrays.place_energy / problem.machine.place_block[:, :, None]
        assert (loose.price_arrays.place_energy <= words).all()
        assert (loose.price_arrays.fanout_energy <= problem.price_arrays.fanout_energy).all()
        inputs = [t for t in range(len(case.layer.tensors)) if t != problem.layer_arrays.output]
        assert np.array_equal(loose.price_arrays.place_energy[:, inputs], words[:, inputs])
