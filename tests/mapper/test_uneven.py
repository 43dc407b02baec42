"""Uneven mappings: the forms of a machine, their mappings, and the search over all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from accelsim import shipped
from accelsim.arch.records import Architecture, Compute, Place
from accelsim.arch.spec import read_architecture
from accelsim.arch.uneven import form_with, shared_places, uneven_forms
from accelsim.errors import SpecError, UsageError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.mapper.auto import AutoDriver
from accelsim.mapper.contract import (
    Budget,
    Candidate,
    MappingProblem,
    Outcome,
    Progress,
)
from accelsim.mapper.drivers import DRIVERS, driver_named
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.infeasible import Infeasibility, first_factors
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, Objective
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapper.search_key import search_key
from accelsim.mapper.uneven import UnevenDriver, as_form, selected_places
from accelsim.mapping.records import Block, Mapping
from accelsim.mapping.spec import mapping_yaml, parse_mapping
from accelsim.mapspace.enumerate import enumerate_mappings
from accelsim.mapspace.records import Limit, Rule
from accelsim.mapspace.spec import read_dataflow
from accelsim.workload.spec import read_workload
from tests.mapper.exact_checks import equal
from tests.mapper.problems import TABLE, packed_batch, priced, problem, solved
from tests.mapper.uneven_cases import buffered, every_form, small_problem
from tests.mapspace.cases import ALL, DRAM, conv, eyeriss, flow, gemm, memory, shared

UNEVEN = UnevenDriver(ExactDriver(), "buffer")
ENOUGH = Budget()


def found(outcome: Outcome) -> Candidate:
    assert outcome.best is not None
    return outcome.best


def names(arch: Architecture) -> list[str]:
    return [node.name for node in arch.nodes]


# --- forms ---------------------------------------------------------------------------------------


def test_a_shared_place_is_divided_in_every_order() -> None:
    arch = eyeriss()
    (glb,) = shared_places(arch, "glb")
    forms = list(uneven_forms(arch, [glb]))
    inside = ["array", "spads", "mac"]
    assert [names(form) for form in forms] == [
        ["dram", "glb.Inputs", "glb.Outputs", *inside],
        ["dram", "glb.Outputs", "glb.Inputs", *inside],
    ]
    for form in forms:
        assert form.memories == arch.memories
        assert [p for p in form.places if p.name.startswith("glb.")] == list(form.selected("glb"))
        for part in form.selected("glb"):
            assert isinstance(part, Place)
            (held,) = part.holdings
            assert (held.memory, len(held.roles), held.keep) == ("glb", 1, frozenset())


def test_places_of_several_memories_are_divided_independently() -> None:
    arch = shared(14)
    places = [*shared_places(arch, "buffers"), *shared_places(arch, "registers")]
    assert len(list(uneven_forms(arch, places))) == 36


def test_what_selects_places() -> None:
    arch = eyeriss()
    assert shared_places(arch, "buffers") == shared_places(arch, "glb")
    for selector in ("registers", "spads", "filter_spad", "dram", "backing", "array", "nothing"):
        assert shared_places(arch, selector) == ()
    with pytest.raises(UsageError, match=r"'spads' selects no memory of eyeriss .*one of glb"):
        selected_places(arch, "spads")
    private = Architecture("private", (DRAM, Compute("mac", "mac")), (memory("dram"),))
    with pytest.raises(UsageError, match="every memory of private but the outermost keeps one"):
        selected_places(private, "buffers")


def test_a_mapping_names_its_form() -> None:
    arch = shared(14)
    for form in (arch, *uneven_forms(arch, shared_places(arch, "buffer"))):
        assert form_with(arch, [place.name for place in form.places]) == form
    assert form_with(arch, ["dram", "buffer.Inputs"]) in list(
        uneven_forms(arch, shared_places(arch, "buffer"))
    )
    assert names(form_with(arch, ["buffer.Outputs"]))[1] == "buffer.Outputs"
    for strange in (["buffer", "buffer.Inputs"], ["buffer.Nothing"], ["dram.Inputs"], []):
        assert form_with(arch, strange) == arch


# --- even mappings are uneven ones ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_an_even_mapping_costs_the_same_in_every_form(seed: int) -> None:
    rng = random.Random(seed)
    layer = rng.choice([gemm(M=4, N=3, K=2), conv(P=4, R=2, M=2), conv(P=3, R=2, C=2, stride=2)])
    even = problem(layer, shared(rng.choice([9, 14, 30]), 2, 1))
    mappings = list(enumerate_mappings(even.space))
    chosen = rng.sample(mappings, min(200, len(mappings)))
    status, energy, cycles = priced(even, packed_batch(even, chosen))
    assert not status.any()
    for form in uneven_forms(even.arch, shared_places(even.arch, "buffer")):
        its = problem(layer, form)
        divided = [as_form(mapping, form, layer) for mapping in chosen]
        found = priced(its, packed_batch(its, divided))
        assert not found[0].any()
        assert found[1].tolist() == pytest.approx(energy.tolist(), rel=1e-12)
        assert found[2].tolist() == cycles.tolist()


@pytest.mark.parametrize("machine", ["eyeriss_shared", "eyeriss_rf512"])
def test_dataflows_allow_even_mappings_in_every_form(machine: str) -> None:
    arch = read_architecture(machine)
    layer = next(one for one in read_workload("alexnet").layers if one.name == "conv3")
    general = [name for name in shipped.names("dataflow") if not name.startswith("isca2016")]
    assert len(general) > 4
    for rules in map(read_dataflow, general):
        best = SamplingDriver().search(problem(layer, arch, rules), ENERGY, Budget(50)).best
        assert best is not None
        form = next(uneven_forms(arch, shared_places(arch, "buffers")))
        start = as_form(best.mapping, form, layer)
        again = SamplingDriver().search(
            problem(layer, form, rules), ENERGY, Budget(1), start=[start]
        )
        assert found(again).energy <= best.energy * (1 + 1e-12)


# --- against every mapping -----------------------------------------------------------------------


def everything(even: MappingProblem, at: str = "buffer") -> list[tuple[float, float]]:
    """Return (energy, cycles) of every mapping of every form."""
    points: set[tuple[float, float]] = set()
    for form in every_form(even, at):
        listed = solved(form)
        points |= set(zip(listed.energy.tolist(), listed.cycles.tolist(), strict=True))
    return sorted(points)


@pytest.mark.parametrize("seed", range(12))
def test_it_finds_the_best_of_all_forms(seed: int) -> None:
    even = small_problem(seed)
    points = everything(even)
    for objective in (ENERGY, LATENCY, EDP):
        outcome = UNEVEN.search(even, objective, ENOUGH)
        assert outcome.certificate.optimal
        assert_best(outcome, objective, points)
    fronts = UNEVEN.search(even, ENERGY, ENOUGH, front=True).front
    wanted: list[tuple[float, float]] = []
    for energy, cycles in points:
        if not wanted or cycles < wanted[-1][1]:
            wanted.append((energy, cycles))
    assert len(fronts) == len(wanted)
    for point, (energy, cycles) in zip(fronts, wanted, strict=True):
        assert equal(point.energy, energy)
        assert point.cycles == cycles


def assert_best(
    outcome: Outcome, objective: Objective, points: Sequence[tuple[float, float]]
) -> None:
    best = outcome.best
    assert best is not None
    ranks = [objective.rank(*point) for point in points]
    figure = min(figure for figure, _ in ranks)
    tie = min(tie for its, tie in ranks if equal(its, figure))
    found = objective.rank(best.energy, best.cycles)
    assert equal(found[0], figure)
    assert equal(found[1], tie)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(12, 120))
def test_it_finds_the_best_of_all_forms_of_many(seed: int) -> None:
    test_it_finds_the_best_of_all_forms(seed)


def test_uneven_tiles_can_win() -> None:
    """A GEMM of 4 x 3 x 2 in a buffer of 9 words, by hand.

    Even: a tile of m x n x k words takes mk + kn + mn.  Uneven: all six weights' and inputs' words
    need not be there while the sums stay.
    """
    even = problem(gemm(M=4, N=3, K=2), buffered(9))
    alone = ExactDriver().search(even, ENERGY, ENOUGH).best
    both = UNEVEN.search(even, ENERGY, ENOUGH).best
    assert alone is not None
    assert both is not None
    assert both.energy < alone.energy
    assert any(name.startswith("buffer.") for name in both.mapping.places)
    tiles = {step.place: step.keep for step in both.mapping.steps if isinstance(step, Block)}
    assert all(len(kept) <= 1 for name, kept in tiles.items() if name != "dram")


# --- the driver ----------------------------------------------------------------------------------

SOME = problem(gemm(M=6, N=4, K=4), buffered(14, 2))


def test_the_certificate_says_what_was_searched() -> None:
    certificate = UNEVEN.search(SOME, ENERGY, ENOUGH).certificate
    forms = every_form(SOME)
    assert certificate.optimal
    assert certificate.space_size == sum(form.space.size for form in forms)
    assert certificate.sentence().startswith("exact: best of ")
    assert certificate.note == "even mappings, then uneven: buffer in 6 orders of tensors"
    best = UNEVEN.search(SOME, ENERGY, ENOUGH).best
    assert best is not None
    assert certificate.bound == best.energy


def test_sampling_finds_no_better_and_proves_nothing() -> None:
    proved = UNEVEN.search(SOME, ENERGY, ENOUGH)
    sampled = UnevenDriver(SamplingDriver(), "buffer").search(SOME, ENERGY, Budget(7_000))
    assert sampled.best is not None
    assert proved.best is not None
    assert sampled.best.energy >= proved.best.energy * (1 - 1e-12)
    assert sampled.certificate.driver == "sampling"
    assert sampled.certificate.considered <= 14_000


@pytest.mark.parametrize("samples", [1, 50, 2_000])
def test_sampling_is_never_worse_than_over_even_mappings(samples: int) -> None:
    alone = found(SamplingDriver(3).search(SOME, ENERGY, Budget(samples)))
    both = found(UnevenDriver(SamplingDriver(3), "buffer").search(SOME, ENERGY, Budget(samples)))
    assert both.energy <= alone.energy


def test_searches_that_differ_have_keys_that_differ() -> None:
    """Whatever wraps what: results are kept by these keys."""
    named = [driver_named(name, 0, more) for name in DRIVERS for more in (False, True)]
    drivers = [*named, *(UnevenDriver(one, at) for one in named for at in ("buffer", "buffers"))]
    assert len({search_key(SOME, ENERGY, ENOUGH, driver) for driver in drivers}) == len(drivers)


def test_a_stopped_search_has_no_bound_for_what_it_did_not_begin() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    outcome = UNEVEN.search(SOME, ENERGY, ENOUGH, stop=stop)
    assert outcome.best is not None
    assert (outcome.certificate.stopped_by, outcome.certificate.bound) == ("stop", None)
    assert not outcome.certificate.optimal


def test_seconds_bound_all_forms_together() -> None:
    large = problem(conv(M=96, C=48, P=27, Q=27, R=5, S=5), eyeriss())
    driver = UnevenDriver(AutoDriver(), "glb")
    outcome = driver.search(large, ENERGY, Budget(None, seconds=1e-3))
    assert outcome.best is not None
    assert outcome.certificate.stopped_by == "seconds"


def test_progress_only_gets_better() -> None:
    reports: list[Progress] = []
    outcome = UNEVEN.search(SOME, ENERGY, ENOUGH, progress=reports.append)
    best = [report.best_energy for report in reports if report.best_energy is not None]
    considered = [report.considered for report in reports]
    assert all(a >= b for a, b in pairwise(best))
    assert considered == sorted(considered)
    assert considered[-1] == outcome.certificate.considered


def test_a_search_can_be_resumed() -> None:
    driver = UnevenDriver(SamplingDriver(), "buffer")
    whole = driver.search(SOME, ENERGY, Budget(7_000))
    part = driver.search(SOME, ENERGY, Budget(700))
    resumed = driver.search(SOME, ENERGY, Budget(7_000), resume=part.resume)
    assert part.best is not None
    assert resumed.best is not None
    assert whole.best is not None
    assert resumed.best.energy <= part.best.energy
    assert resumed.certificate.considered <= 14_000


def test_every_mapping_of_every_form_can_be_started_from() -> None:
    starts = []
    for form in every_form(SOME)[::3]:
        mappings = list(enumerate_mappings(form.space))
        starts += mappings[len(mappings) // 2 :][:1]
    for start in starts:
        best = (
            UnevenDriver(SamplingDriver(), "buffer")
            .search(SOME, ENERGY, Budget(1), start=[start])
            .best
        )
        its = evaluate(SOME.layer, SOME.arch, start, TABLE)
        assert best is not None
        assert best.energy <= its.energy_total * (1 + 1e-12)


def test_a_start_of_no_form_is_refused() -> None:
    other = problem(SOME.layer, shared(14))
    for mapping in (Mapping(()), next(enumerate_mappings(other.space))):
        with pytest.raises(IllegalMappingError, match="cannot start from a mapping of gemm on"):
            UNEVEN.search(SOME, ENERGY, ENOUGH, start=[mapping])


def test_what_only_fits_unevenly_is_found() -> None:
    """A rule wants all of K inside the buffer's places: 12 words even, fewer uneven."""
    rules = flow(
        Rule("buffer", "temporal", (("K", Limit(whole=True)),)),
        Rule("buffer", keep=ALL),
    )
    even = problem(gemm(M=1, N=1, K=6), buffered(12), rules)
    assert isinstance(first_factors(even.space), Infeasibility)
    outcome = UNEVEN.search(even, ENERGY, ENOUGH)
    assert outcome.best is not None
    assert outcome.infeasible is None
    assert outcome.certificate.optimal


def test_what_never_fits_says_why() -> None:
    even = problem(gemm(M=2, N=2, K=2), buffered(2), flow(Rule("buffer", keep=ALL)))
    outcome = UNEVEN.search(even, ENERGY, ENOUGH)
    assert outcome.best is None
    assert str(outcome.infeasible).startswith("no legal mapping of gemm on buffered")


# --- mappings as files ---------------------------------------------------------------------------


def test_an_uneven_mapping_reads_back_to_the_same_numbers() -> None:
    even = problem(gemm(M=4, N=3, K=2), buffered(9))
    best = found(UNEVEN.search(even, ENERGY, ENOUGH))
    text = mapping_yaml(best.mapping, even.arch, even.layer)
    again = parse_mapping(text, even.arch, even.layer)
    assert again == best.mapping
    assert evaluate(even.layer, even.arch, again, TABLE).energy_total == best.energy


def test_every_part_must_be_named() -> None:
    arch, layer = buffered(9), gemm(M=4, N=3, K=2)
    text = """\
kind: mapping
levels:
- {place: dram, loops: [M 4, N 3, K 2], keep: [Weights, Inputs, Outputs]}
- {place: buffer.Outputs, keep: [Outputs]}
"""
    with pytest.raises(
        SpecError,
        match=r"'buffer' is divided by tensor, and its part .*buffer\.Inputs.* is missing",
    ):
        parse_mapping(text, arch, layer)
    text += "- {place: buffer.Weights}\n- {place: buffer.Inputs}\n"
    assert parse_mapping(text, arch, layer).places == (
        "dram",
        "buffer.Outputs",
        "buffer.Weights",
        "buffer.Inputs",
    )
    with pytest.raises(SpecError, match=r"'buffer\.Outputs' cannot keep Inputs"):
        parse_mapping(text.replace("keep: [Outputs]", "keep: [Inputs]"), arch, layer)
    with pytest.raises(SpecError, match=r"has no place 'buffer\.Sums'"):
        parse_mapping(text.replace("buffer.Outputs", "buffer.Sums"), arch, layer)
