"""Explanations: against numbers counted by hand, and against every Evaluation that there is."""

from __future__ import annotations

import random
from dataclasses import replace
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

import accelsim as acs
from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.errors import UsageError
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.records import COMPUTE, Evaluation
from accelsim.explanation import explain as explain_module
from accelsim.explanation.explain import explain
from accelsim.explanation.nest import LoopAt
from accelsim.explanation.records import OVERLAPPING, OWN, SAME, Explanation
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.technology.records import ACTIONS, Accounting, EnergyTable, Price
from accelsim.workload.records import Layer, Network, Rank, Tensor, Term
from tests.evaluation.cases import random_priced_case
from tests.explanation.formulas import value_of
from tests.naive.cases import Case
from tests.naive.convention_cases import linked_case
from tests.naive.ragged_cases import random_ragged_case
from tests.test_model_page import LAYER, MACHINE, MAPPING


def price(*actions: str) -> dict[str, Price]:
    return {action: Price(1.0, "made up") for action in actions}


PRICES = {
    "dram": price("access"),
    "buffer": price("access"),
    "register": price("access"),
    "array": price("deliver", "collect", "reduce"),
    "mac": price("mac", "alu"),
}
ONES = EnergyTable("ones", "MAC", PRICES)
"""Every action costs 1: energies are accesses."""


def evaluated(case: Case) -> Evaluation:
    return evaluate(case.layer, case.architecture, case.mapping, ONES)


def assert_adds_up(evaluation: Evaluation) -> Explanation:
    """See that the terms are the Evaluation, and that every formula says what it counts."""
    found = explain(evaluation)
    words = dict.fromkeys(evaluation.traffic.by("level", "tensor", "action"), 0)
    accesses, energies = dict(words), dict.fromkeys(words, 0.0)
    terms = [(link.tensor, term) for link in found.links for term in link.terms]
    for tensor, term in [*terms, (COMPUTE, found.operations)]:
        key = (term.level, tensor, term.action)
        words[key] += term.words
        accesses[key] += term.accesses
        energies[key] += term.energy
        assert value_of(term.formula) == term.words, term
        assert term.energy == term.accesses * term.energy_each
    for i, level in enumerate(evaluation.levels):
        for t, tensor in enumerate(evaluation.tensors):
            for a, action in enumerate(ACTIONS):
                key = (level, tensor, action)
                assert words[key] == evaluation.words[i, t, a], key
                assert accesses[key] == evaluation.accesses[i, t, a], key
                assert isclose(energies[key], evaluation.energy_array[i, t, a], rel_tol=1e-12), key
    assert isclose(found.energy, evaluation.energy_total, rel_tol=1e-12)
    assert [link.energy for link in found.links] == sorted(
        (link.energy for link in found.links), reverse=True
    )
    return found


# --- by hand --------------------------------------------------------------------------------------


def test_the_example_of_the_model_page() -> None:
    """The formulas of section 6 of docs/model.md, which derives each of them in words."""
    found = assert_adds_up(evaluate(LAYER, MACHINE, MAPPING, ONES))

    def formulas(tensor: str, child: str) -> dict[tuple[str, str], tuple[str, int]]:
        terms = found.link(tensor, child).terms
        return {(term.level, term.action): (term.formula, term.words) for term in terms}

    # The run p1 has 3 turns and slides the row of 4 words by 2; S = 2 channels.
    row = ("2 sweeps x (4 words + 2 steps x 2 new)", 16)
    assert formulas("Inputs", "buffer") == {("dram", "read"): row, ("buffer", "fill"): row}
    # 12 steps; 6 lanes, 4 different words along the diagonals.
    assert formulas("Inputs", "mac") == {
        ("buffer", "read"): ("12 steps x 4 words", 48),
        ("array", "deliver"): ("6 lanes x 12 steps x 1 word", 72),
    }
    # The run is c; p1 inside it is irrelevant.
    assert formulas("Weights", "buffer")["dram", "read"] == ("2 residences x 6 words", 12)
    # The run is m; c and p1 make 6 sweeps; 6 lanes share 3 words.
    assert formulas("Weights", "register") == {
        ("buffer", "read"): ("6 sweeps x 2 residences x 3 words", 36),
        ("array", "deliver"): ("6 lanes x 6 sweeps x 2 residences x 1 word", 72),
        ("register", "fill"): ("6 instances x 6 sweeps x 2 residences x 1 word", 72),
    }
    # c stands outside the run p1: each of 12 sums comes by twice, the first time from zero.
    assert formulas("Outputs", "buffer") == {
        ("dram", "read"): ("12 sums x 2 over C - 12 that start from zero", 12),
        ("dram", "first_read"): ("12 sums that start from zero", 12),
        ("dram", "update"): ("12 sums x 2 over C", 24),
        ("buffer", "fill"): ("12 sums x 2 over C - 12 that start from zero", 12),
        ("buffer", "drain"): ("12 sums x 2 over C", 24),
    }
    # 3 lanes add to a sum: 72 in, 24 out.
    assert formulas("Outputs", "mac")["array", "reduce"] == ("72 in - 24 out", 48)


def test_what_the_lanes_of_the_example_need() -> None:
    found = explain(evaluate(LAYER, MACHINE, MAPPING, ONES))
    needs = {
        tensor: {its.loop.dim: its.needs for its in found.link(tensor, child).lanes}
        for tensor, child in (("Inputs", "mac"), ("Weights", "register"), ("Outputs", "mac"))
    }
    assert needs == {
        "Inputs": {"R": OVERLAPPING, "P": OVERLAPPING},
        "Weights": {"R": OWN, "P": SAME},
        "Outputs": {"R": SAME, "P": OWN},
    }


def test_the_run_and_what_stands_around_it() -> None:
    found = explain(evaluate(LAYER, MACHINE, MAPPING, ONES))
    weights = found.link("Weights", "buffer")
    assert weights.boundary.run.loops == (LoopAt("C", 2, 1, "dram"),)
    assert weights.boundary.stays == (LoopAt("P", 3, 2, "dram"),)
    assert weights.boundary.sweeps == ()
    inputs = found.link("Inputs", "buffer")
    assert inputs.boundary.sweeps == (LoopAt("C", 2, 1, "dram"),)
    assert (inputs.tile_words, inputs.new_words, inputs.sweeps) == (4, 2, 2)


def test_remainders_by_hand() -> None:
    """5 rows as 2 x 3, 3 taps: the second tile is short.

    Rows 0-2 read words 0-4, rows 3-4 words 3-6.  The run has 2 turns: 5 words, then those of
    words 3-6 that were not held, 5 and 6.  M outside the run brings all of it twice.
    """
    layer = Layer(
        "line",
        "einsum",
        (("M", 2), ("P", 5), ("R", 3)),
        (
            Tensor("Inputs", "Inputs", (Rank("H", (Term("P"), Term("R"))),)),
            Tensor("Weights", "Weights", (Rank("M", (Term("M"),)), Rank("R", (Term("R"),)))),
            Tensor("Outputs", "Outputs", (Rank("M", (Term("M"),)), Rank("P", (Term("P"),)))),
        ),
    )
    everything = frozenset({"Inputs", "Weights", "Outputs"})
    mapping = Mapping(
        (
            Block("dram", (Loop("M", 2), Loop("P", 2)), everything),
            Block("buffer", (Loop("P", 3), Loop("R", 3)), everything),
            Spread("array"),
            Block("register"),
        ),
        remainders=True,
    )
    machine = MACHINE
    register = machine.places[2]
    nodes = tuple(
        type(register)("register", (type(register.holdings[0])("register", may_keep=everything),))
        if node is register
        else node
        for node in machine.nodes
    )
    machine = type(machine)(machine.name, nodes, machine.memories)
    found = assert_adds_up(evaluate(layer, machine, mapping, ONES))
    read, fill = found.link("Inputs", "buffer").terms
    assert (read.formula, read.words) == ("2 over M x (5 + 2) of H", 14)
    assert (fill.formula, fill.words) == (read.formula, 14)


# --- against every Evaluation ---------------------------------------------------------------------


@given(st.integers(0, 2**32))
def test_the_terms_are_the_evaluation(seed: int) -> None:
    priced = random_priced_case(seed)
    case = priced.case
    arch = without_addresses(case.architecture)
    assert_adds_up(evaluate(case.layer, arch, case.mapping, priced.table, priced.accounting))


def without_addresses(arch: Architecture) -> Architecture:
    """Return a machine whose memories pay nothing for addresses, which are not explained."""
    memories = tuple(
        replace(m, energy={k: v for k, v in m.energy.items() if k != "address"})
        for m in arch.memories
    )
    return replace(arch, memories=memories)


@given(st.integers(0, 2**32))
def test_the_terms_are_the_evaluation_with_remainders(seed: int) -> None:
    assert_adds_up(evaluated(random_ragged_case(seed)))


def shipped_pairs() -> list[tuple[str, str]]:
    """Return every (machine, layer) of what is shipped, layers of equal shape once."""
    layers = []
    for name in shipped.names("workload"):
        network = acs.load(name, kind="workload")
        assert isinstance(network, Network)
        shapes = {(layer.dims, layer.tensors): layer.name for layer in network.layers}
        layers += [f"{name}:{layer}" for layer in shapes.values()]
    return [(arch, layer) for arch in shipped.names("architecture") for layer in layers]


def explain_pairs(pairs: list[tuple[str, str]]) -> int:
    """Explain a drawn mapping of each pair; return how many there were."""
    mapped = 0
    for arch, layer in pairs:
        found = acs.map(arch, layer, search=acs.Search(samples=20, driver="sampling"))
        if found.evaluation is not None:
            assert_adds_up(found.evaluation)
            mapped += 1
    return mapped


def test_some_of_what_is_shipped() -> None:
    pairs = shipped_pairs()
    assert explain_pairs(random.Random(1).sample(pairs, 40)) >= 30


@pytest.mark.full
def test_all_that_is_shipped() -> None:
    pairs = shipped_pairs()
    assert explain_pairs(pairs) > len(pairs) / 2


# --- refusals -------------------------------------------------------------------------------------


def test_other_conventions_are_refused() -> None:
    accounting = Accounting("whole tiles", conventions=Conventions(reuse="none"))
    evaluation = evaluate(LAYER, MACHINE, MAPPING, ONES, accounting)
    with pytest.raises(UsageError, match="only counts under the default conventions are explained"):
        explain(evaluation)


def test_words_that_neighbours_pass_on_are_refused() -> None:
    """A case of a linked machine whose mapping uses the links, and one whose mapping does not."""
    with pytest.raises(UsageError, match="words that neighbours pass on are not explained"):
        explain(evaluated(linked_case(7)))
    assert_adds_up(evaluated(linked_case(0)))


def test_an_explanation_that_differs_from_the_count_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explain_module, "_sums", lambda *_: (1, "1"))
    with pytest.raises(AssertionError, match="words of Outputs at dram"):
        explain(evaluate(LAYER, MACHINE, MAPPING, ONES))


def test_a_boundary_that_is_not_there() -> None:
    found = explain(evaluate(LAYER, MACHINE, MAPPING, ONES))
    with pytest.raises(KeyError, match="no boundary of Inputs at 'register'"):
        found.link("Inputs", "register")
