"""Counting under other conventions equals its twin: every number, on random cases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.conventions import Conventions
from accelsim.counter import count
from accelsim.counter.general.tally import count_general
from accelsim.counter.layout import DELIVERIES, FILLS, READS
from accelsim.errors import SpecError
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import ROLES
from accelsim.workload.records import Layer, Rank, Tensor, Term, window_divisor
from tests.naive.by_convention import walk_by_convention
from tests.naive.cases import Case, random_case
from tests.naive.compare import differences
from tests.naive.convention_cases import CONVENTIONS, LINKED, TIMELOOP, linked_case, mesh_case
from tests.naive.features import BOTH_AXES, BYPASS, LANES_AT_COMPUTE, NO_MULTICAST, features
from tests.naive.ragged_cases import random_ragged_case
from tests.naive.walk import walk

GATE_CASES = 30
FULL_CASES = 2500


def assert_equal(case: Case, conventions: Conventions) -> None:
    walked = walk_by_convention(case.layer, case.architecture, case.mapping, conventions)
    counted = count_general(case.layer, case.architecture, case.mapping, conventions)
    found = differences(case, walked, counted)
    assert not found, f"{conventions}\n{case}\n" + "\n".join(found)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_equal_their_twin(name: str) -> None:
    for seed in range(GATE_CASES):
        assert_equal(random_case(seed), CONVENTIONS[name])


@pytest.mark.parametrize("name", LINKED)
def test_neighbours_equal_their_twin(name: str) -> None:
    for seed in range(GATE_CASES):
        assert_equal(linked_case(seed), LINKED[name])
        assert_equal(mesh_case(seed), LINKED[name])


@pytest.mark.plain
@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(sorted(CONVENTIONS)))
def test_any_case_equals_its_twin(seed: int, name: str) -> None:
    assert_equal(random_case(seed), CONVENTIONS[name])


@pytest.mark.plain
@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(sorted(LINKED)))
def test_any_case_with_neighbours_equals_its_twin(seed: int, name: str) -> None:
    assert_equal(linked_case(seed), LINKED[name])
    assert_equal(mesh_case(seed), LINKED[name])


@pytest.mark.full
@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_equal_their_twin_on_thousands(name: str) -> None:
    for seed in range(FULL_CASES):
        assert_equal(random_case(seed), CONVENTIONS[name])


@pytest.mark.full
@pytest.mark.parametrize("name", LINKED)
def test_neighbours_equal_their_twin_on_thousands(name: str) -> None:
    for seed in range(FULL_CASES):
        assert_equal(linked_case(seed), LINKED[name])
        assert_equal(mesh_case(seed), LINKED[name])


def test_both_twins_agree_on_the_default_conventions() -> None:
    for seed in range(100):
        case = random_case(seed)
        with_values = walk(case.layer, case.architecture, case.mapping)
        without = walk_by_convention(case.layer, case.architecture, case.mapping, Conventions())
        with_values.outputs = {}
        for counts in (with_values.words, with_values.accesses, with_values.network):
            for key in [key for key, number in counts.items() if not number]:
                del counts[key]
        for counts in (without.words, without.accesses, without.network):
            for key in [key for key, number in counts.items() if not number]:
                del counts[key]
        assert with_values == without, case


def shares(seeds: range) -> dict[str, float]:
    """Return the share of the cases that have what the conventions differ about."""
    met: Counter[str] = Counter()
    for seed in seeds:
        case = linked_case(seed)
        layer, arch, mapping = case.layer, case.architecture, case.mapping
        found = features(case) & {BOTH_AXES, BYPASS, LANES_AT_COMPUTE, NO_MULTICAST}
        unlinked = replace(
            arch,
            nodes=tuple(
                replace(n, forwards={}) if isinstance(n, Fanout) else n for n in arch.nodes
            ),
        )
        default = count(layer, unlinked, mapping)
        inputs = [t for t, tensor in enumerate(layer.tensors) if tensor is not layer.output]

        def reads(
            conventions: Conventions, arch: Architecture = unlinked, case: Case = case
        ) -> int:
            counted = count(case.layer, arch, case.mapping, conventions)
            inputs = [t for t, one in enumerate(case.layer.tensors) if one is not case.layer.output]
            return int(counted.words[:, inputs, READS].sum())

        whole = int(default.words[:, inputs, READS].sum())
        timeloop = count(layer, unlinked, mapping, TIMELOOP)
        tells = {
            "boxes have gaps": int(timeloop.tile_words.sum()) > int(default.tile_words.sum()),
            "equal lanes share less": reads(Conventions(multicast="equal")) > whole,
            "a step in the remembered direction": int(timeloop.words[:, inputs, FILLS].sum())
            < int(
                count(layer, unlinked, mapping, replace(TIMELOOP, reuse="none"))
                .words[:, inputs, FILLS]
                .sum()
            ),
            "windows slide under boxes": reads(Conventions(tiles="box"))
            < reads(Conventions("none", tiles="box")),
            "neighbours save reads": reads(Conventions(), arch) < whole,
            "two fanouts": len(arch.fanouts) > 1,
            "blocks": any(memory.block_bits > 16 for memory in arch.memories),
            "stride and dilation": any(
                term.coefficient > 1
                for tensor in layer.tensors
                for rank in tensor.ranks
                for term in rank.terms
                if layer.bounds[term.dim] > 1
            ),
            "coefficients with a divisor": any(
                window_divisor(rank, layer.bounds) > 1
                for tensor in layer.tensors
                for rank in tensor.ranks
            ),
            "sums return to several lanes": bool(
                (
                    count(layer, unlinked, mapping, Conventions(returns="all")).words[..., FILLS]
                    > default.words[..., FILLS]
                ).any()
            ),
        }
        met.update(found)
        met.update(name for name, holds in tells.items() if holds)
    # Random lanes rarely have neighbours that held just what they need: small meshes have.
    served = 0
    for seed in seeds:
        case = mesh_case(seed)
        layer, arch, mapping = case.layer, case.architecture, case.mapping
        nodes = (replace(n, forwards={}) if isinstance(n, Fanout) else n for n in arch.nodes)
        alone = count(layer, replace(arch, nodes=tuple(nodes)), mapping, TIMELOOP)
        served += bool((count(layer, arch, mapping, TIMELOOP).words != alone.words).any())
    met["neighbours save reads under timeloop"] = served
    names = [BOTH_AXES, BYPASS, LANES_AT_COMPUTE, NO_MULTICAST, *tells, *met]
    return {name: met[name] / len(seeds) for name in dict.fromkeys(names)}


def test_cases_meet_what_conventions_differ_about() -> None:
    found = shares(range(300))
    assert min(found.values()) >= 0.02, found


def test_where_both_counters_know_a_convention_they_agree() -> None:
    for conventions in (
        Conventions(),
        Conventions("none"),
        Conventions(multicast="none"),
        Conventions("none", "none"),
    ):
        for seed in range(40):
            case = random_case(seed)
            one = count(case.layer, case.architecture, case.mapping, conventions)
            other = count_general(case.layer, case.architecture, case.mapping, conventions)
            for axes in ("words", "accesses", "network", "tile_words", "memory_bits"):
                assert np.array_equal(getattr(one, axes), getattr(other, axes)), (axes, str(case))


# --- by hand --------------------------------------------------------------------------------------


def line_of_lanes(forwards: bool, keep: frozenset[str]) -> tuple[Layer, Architecture, Mapping]:
    """Return P 4 over four lanes, R 3 stepped in time: at each step a lane needs word p + r."""
    layer = Layer(
        "line",
        "einsum",
        (("P", 4), ("R", 3)),
        (
            Tensor("Inputs", "Inputs", (Rank("H", (Term("P"), Term("R"))),)),
            Tensor("Weights", "Weights", (Rank("R", (Term("R"),)),)),
            Tensor("Outputs", "Outputs", (Rank("P", (Term("P"),)),)),
        ),
    )
    every = frozenset(ROLES)
    links = {"Inputs": frozenset({"P"})} if forwards else {}
    arch = Architecture(
        "line",
        (
            Place("dram", (Holding("dram", keep=every),)),
            Fanout("lanes", "lanes", "array", mesh_x=4, forwards=links),
            Place("register", (Holding("register", may_keep=every),)),
            Compute("mac", "mac"),
        ),
        (Memory("dram", "dram"), Memory("register", "register")),
    )
    mapping = Mapping(
        (
            Block("dram", (Loop("R", 3),), every),
            Spread("lanes", x=(Loop("P", 4),)),
            Block("register", (), keep),
        )
    )
    return layer, arch, mapping


@pytest.mark.parametrize("keep", [frozenset({"Inputs", "Outputs"}), frozenset({"Outputs"})])
def test_a_row_of_lanes_hands_words_on(keep: frozenset[str]) -> None:
    """Lane p needs p + r: what lane p + 1 had at the step before.  Only the last lane reads."""
    child = 1 if "Inputs" in keep else 2
    apart = count(*line_of_lanes(False, keep))
    passed = count(*line_of_lanes(True, keep))
    assert int(apart.words[child, 0, READS]) == 4 + 4 + 4  # union of four words, three times
    assert int(passed.words[child, 0, READS]) == 4 + 1 + 1
    assert int(passed.network[0, 0, DELIVERIES]) == 3 * 4  # each lane gets a word at each step


def test_timeloop_charges_a_peer_read() -> None:
    """As above, by whole tiles: three of four lanes are served at each of two steps."""
    keep = frozenset({"Inputs", "Outputs"})
    linked = count(*line_of_lanes(True, keep), TIMELOOP)
    assert int(linked.words[1, 0, READS]) == 4 + 1 + 1
    assert int(linked.words[1, 0, FILLS]) == 3 * 4
    assert int(linked.words[2, 0, READS]) == 3 * 4 + 2 * 3  # the compute's, and for neighbours


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conventions", "said"),
    [
        (Conventions("timeloop", "equal"), "`reuse: timeloop` does not go together"),
        (Conventions("timeloop", tiles="box"), "`multicast: equal` or `multicast: none`"),
    ],
)
def test_conventions_that_do_not_go_together_are_refused(
    conventions: Conventions, said: str
) -> None:
    case = random_case(0)
    with pytest.raises(SpecError, match=said):
        count(case.layer, case.architecture, case.mapping, conventions)


def test_equal_lanes_that_pass_words_on_are_refused() -> None:
    layer, arch, mapping = line_of_lanes(True, frozenset({"Inputs"}))
    with pytest.raises(SpecError, match="`multicast: distinct` or `multicast: none` on a machine"):
        count(layer, arch, mapping, Conventions(multicast="equal"))


def test_remainders_under_other_conventions_are_refused() -> None:
    case = next(c for s in range(100) if (c := random_ragged_case(s)).mapping.remainders)
    with pytest.raises(SpecError, match="with remainders cannot be counted under tiles: box"):
        count(case.layer, case.architecture, case.mapping, Conventions(tiles="box"))
