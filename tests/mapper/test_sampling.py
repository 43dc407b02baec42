from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from accelsim.mapper import sampling
from accelsim.mapper.contract import Budget, Certificate, StoppedBy
from accelsim.mapper.objectives import ENERGY, LATENCY
from accelsim.mapper.random import below, fraction, next_word, seeded
from accelsim.mapper.rounds import State
from accelsim.mapper.sampling import SamplingDriver
from tests.mapper.problems import problem, random_problem, solved
from tests.mapspace.cases import conv, eyeriss, gemm, shared


def test_slices_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    one = problem(conv(M=96, C=3, P=55, R=11, stride=4), eyeriss())
    whole = SamplingDriver(3).search(one, ENERGY, Budget(6_000))
    monkeypatch.setattr(sampling, "_next_steps", lambda *_: 37)
    cut = SamplingDriver(3).search(one, ENERGY, Budget(6_000))
    assert cut.best == whole.best
    assert cut.certificate == whole.certificate
    assert isinstance(cut.resume, State)
    assert isinstance(whole.resume, State)
    assert np.array_equal(cut.resume.random, whole.resume.random)
    assert np.array_equal(cut.resume.counts, whole.resume.counts)


def test_seeds_differ() -> None:
    one = problem(conv(M=96, C=3, P=55, R=11, stride=4), eyeriss())
    outcomes = [SamplingDriver(seed).search(one, ENERGY, Budget(40)) for seed in range(3)]
    assert len({outcome.best for outcome in outcomes}) > 1


def test_a_small_space_ends_the_search() -> None:
    outcome = SamplingDriver().search(problem(gemm(M=2), shared(8)), ENERGY, Budget(10**9))
    certificate = outcome.certificate
    assert certificate.stopped_by == "enough"
    assert certificate.considered == sampling.ENOUGH * certificate.space_size
    assert certificate.sentence().endswith(
        "; not proved optimal; ended as it had drawn 20 times as many as there are"
    )
    assert (
        f"{certificate.considered:,} mappings considered (repeats included), of"
        f" {certificate.space_size:,} that there are" in (certificate.sentence())
    )


def test_ties_are_broken_by_the_stated_order() -> None:
    """All seeds end at the same of several mappings with equal energy and cycles."""
    one = random_problem(5)
    everything = solved(one)
    for objective in (ENERGY, LATENCY):
        best = everything.best(objective)
        tied = [
            m
            for m, e, c in zip(
                everything.mappings, everything.energy, everything.cycles, strict=True
            )
            if objective.rank(float(e), float(c)) == best
        ]
        answers = {
            found.mapping
            for seed in range(4)
            if (found := SamplingDriver(seed).search(one, objective, Budget(60_000)).best)
        }
        assert len(tied) > 1
        assert len(answers) == 1
        assert answers <= set(tied)


def test_a_front_that_is_full_stays_a_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "FRONT_POINTS", 2)
    one = problem(conv(M=96, C=3, P=55, R=11, stride=4), eyeriss())
    front = SamplingDriver().search(one, ENERGY, Budget(3_000), front=True).front
    assert 1 <= len(front) <= 2
    assert all(a.cycles > b.cycles for a, b in pairwise(front))


def test_what_cannot_be_resumed() -> None:
    one = problem(gemm(M=2), shared(8))
    with pytest.raises(TypeError, match="cannot resume from a str"):
        SamplingDriver().search(one, ENERGY, Budget(1), resume="yesterday")


def test_the_certificate_in_words() -> None:
    one = problem(gemm(M=8, N=4), shared(8, 2))
    sentence = SamplingDriver().search(one, ENERGY, Budget(1_000)).certificate.sentence()
    assert re.fullmatch(
        r"sampling: best of 1,000 mappings considered, of [\d,]+ that there are \(factors x loop"
        r" orders, loops of bound 1 included, x kept tensors, before capacities and lanes\),"
        r" \d+ rounds, [\d,]+ steps; not proved optimal; stopped by the number of samples",
        sentence,
    )


def test_the_certificate_tells_what_was_given() -> None:
    one = problem(gemm(M=8, N=4), shared(8, 2))
    best = SamplingDriver().search(one, ENERGY, Budget(100)).best
    assert best is not None
    outcome = SamplingDriver().search(one, ENERGY, Budget(1_000), start=[best.mapping])
    assert outcome.certificate.details[0] == ("given to start from", 1)
    assert ", 1 given to start from, " in outcome.certificate.sentence()


@pytest.mark.parametrize(
    ("stopped_by", "words"),
    [
        ("seconds", "stopped by the number of seconds"),
        ("stop", "stopped by the caller"),
        ("space", "ended as there were no more"),
    ],
)
def test_other_ends_in_words(stopped_by: StoppedBy, words: str) -> None:
    certificate = Certificate("exact", 2 * 10**6, 5, False, 1.5, stopped_by, "energy")
    sentence = certificate.sentence()
    assert sentence.startswith("exact: best of 5 mappings considered, of 2e+06 that there are (")
    assert sentence.endswith(f"; not proved optimal, no energy below 1.5; {words}")


@pytest.mark.plain
def test_words_are_those_of_xorshift128() -> None:
    """Marsaglia's generator, written down once more with plain integers."""
    state = seeded("a test")
    x, y, z, w = map(int, state)
    for _ in range(1_000):
        t = (x ^ (x << 11)) & 0xFFFFFFFF
        x, y, z, w = y, z, w, (w ^ (w >> 19)) ^ (t ^ (t >> 8))
        assert next_word(state) == w


@pytest.mark.plain
def test_numbers_are_even_enough() -> None:
    state = seeded(0)
    counts = np.bincount([below(state, 7) for _ in range(7_000)], minlength=7)
    assert counts.min() > 900
    assert counts.max() < 1_100
    assert 0.45 < np.mean([fraction(state) for _ in range(2_000)]) < 0.55


@pytest.mark.plain
def test_a_search_without_compilation() -> None:
    one = problem(gemm(M=4, N=2), shared(8, 2))
    outcome = SamplingDriver().search(one, ENERGY, Budget(200))
    assert outcome.best is not None
    assert outcome.best.energy >= solved(one).best(ENERGY)[0]
