"""Formats by hand, against all patterns of few words, and against drawn patterns of many."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from accelsim.sparsity.contract import CannotEncodeError
from accelsim.sparsity.formats import KINDS, Format, encoder, parameters
from accelsim.sparsity.zeros import Structured, Uniform, Zeros, given
from tests.naive.zeros import stream_bits

FORMATS = (
    Format("bitmask"),
    Format("coordinate"),
    Format("coordinate", (("index_bits", 5),)),
    Format("run_length"),
    Format("run_length", (("run_bits", 1),)),
    Format("run_length", (("run_bits", 2), ("pack_bits", 40))),
    Format("run_length", (("pack_bits", 64),)),
)
TWO_OF_FOUR = Format("n_of_m", (("nonzeros", 2), ("of", 4)))
PATTERNS = 1000


def bits(form: Format, zeros: Zeros, words: int, value_bits: int = 16) -> float:
    return encoder(form).encode(zeros, words, value_bits).bits(value_bits)


def test_every_format_is_tested() -> None:
    assert {form.kind for form in (*FORMATS, TWO_OF_FOUR)} == set(KINDS)


def test_eyeriss_packs_three_pairs_into_64_bits() -> None:
    """Chen et al., JSSC 2017: three pairs of a 5-bit run and a 16-bit value, and one bit."""
    words = given(np.array([7, 0, 0, 12, *[0] * 4, 53, *[0] * 40, 22]))
    packed = Format("run_length", (("run_bits", 5), ("pack_bits", 64)))
    # (0, 7) (2, 12) (4, 53), then 40 zeros: (31, 0) is 32 of them, and (8, 22).
    found = encoder(packed).encode(words, 50, 16)
    assert found.values == 5
    assert found.bits(16) == pytest.approx(5 * 64 / 3)
    assert found.metadata_bits == pytest.approx(5 * (5 + 1 / 3))
    assert bits(Format("run_length"), words, 50) == 5 * 21


def test_by_hand() -> None:
    pattern = given(np.array([[0, 3, 0, 4], [1, 0, 0, 0]]))
    assert bits(Format("bitmask"), pattern, 8, 10) == 8 + 3 * 10
    assert bits(Format("coordinate"), pattern, 8, 10) == 3 * (3 + 10)
    # Two bits number four words: before either block of four, how many values it holds: 0 to 4.
    in_blocks = Format("coordinate", (("index_bits", 2),))
    assert bits(in_blocks, pattern, 8, 10) == 3 * (2 + 10) + 2 * 3
    assert bits(in_blocks, Uniform(0.25), 9, 10) == 2.25 * (2 + 10) + 3 * 3
    assert bits(Format("coordinate", (("index_bits", 4),)), pattern, 8, 10) == 3 * (4 + 10)
    assert bits(TWO_OF_FOUR, pattern, 8, 10) == 4 * (2 + 10)
    assert bits(TWO_OF_FOUR, Structured(2, 4), 8, 10) == 4 * (2 + 10)
    assert bits(TWO_OF_FOUR, Structured(1, 2), 8, 10) == 4 * (2 + 10)
    assert bits(TWO_OF_FOUR, Uniform(0.0), 8, 10) == 4 * (2 + 10)
    full = Format("n_of_m", (("nonzeros", 4), ("of", 4)))
    assert bits(full, Uniform(0.7), 8, 10) == bits(full, Structured(3, 8), 8, 10) == 8 * (2 + 10)
    # Two runs of two zeros are written as (3 zeros, 0), and the last one as (0 zeros, 0).
    assert bits(Format("run_length", (("run_bits", 2),)), given(np.zeros(5)), 5, 10) == 2 * 12


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.text)
@pytest.mark.parametrize(("words", "density"), [(1, 0.5), (4, 0.3), (9, 0.8), (10, 0.1)])
def test_the_expectation_is_the_mean_over_all_patterns(
    form: Format, words: int, density: float
) -> None:
    mean = 0.0
    for pattern in product([False, True], repeat=words):
        odds = density ** sum(pattern) * (1 - density) ** (words - sum(pattern))
        mean += odds * stream_bits(form, [*pattern], 16)[0]
    assert bits(form, Uniform(density), words) == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.text)
@pytest.mark.parametrize("density", [0.02, 0.35, 0.9])
def test_the_expectation_is_that_of_drawn_patterns(form: Format, density: float) -> None:
    """Within three standard errors of the mean of a thousand."""
    words = 400
    rng = np.random.default_rng(7)
    found = np.array(
        [stream_bits(form, (rng.random(words) < density).tolist(), 16)[0] for _ in range(PATTERNS)]
    )
    error = found.std(ddof=1) / PATTERNS**0.5
    assert abs(bits(form, Uniform(density), words) - found.mean()) <= 3 * error


def test_structured_zeros_take_what_drawn_ones_do() -> None:
    rng = np.random.default_rng(7)
    for form in (Format("bitmask"), Format("coordinate"), TWO_OF_FOUR):
        for _ in range(PATTERNS // 10):
            blocks = [rng.permutation([True, True, False, False]) for _ in range(8)]
            pattern = np.concatenate(blocks)
            found = stream_bits(form, pattern.tolist(), 12)[0]
            assert bits(form, Structured(2, 4), 32, 12) == found
            assert bits(form, given(pattern), 32, 12) == found


@drawn(st.lists(st.booleans(), min_size=1, max_size=70), st.sampled_from(FORMATS))
def test_a_given_pattern_takes_what_its_tokens_do(pattern: list[bool], form: Format) -> None:
    found = encoder(form).encode(given(np.array(pattern)), len(pattern), 8)
    assert (found.bits(8), found.metadata_bits) == pytest.approx(stream_bits(form, pattern, 8))


@drawn(st.lists(st.booleans(), max_size=40))
def test_a_pattern_comes_back_as_it_was(pattern: list[bool]) -> None:
    assert given(np.array(pattern, dtype=np.int8)).nonzero.tolist() == pattern


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.text)
def test_long_streams_and_the_ends_of_density(form: Format) -> None:
    words = 10_000_000
    assert bits(form, Uniform(1.0), words) >= 16 * words
    assert bits(form, Uniform(0.0), words) <= words * 22 / 2
    few, more = (bits(form, Uniform(d), words) for d in (1e-9, 2e-9))
    assert bits(form, Uniform(0.0), words) <= few <= more


@pytest.mark.parametrize(
    ("form", "zeros", "why"),
    [
        (TWO_OF_FOUR, Uniform(0.5), "zeros anywhere leave blocks of 4 with more than 2 values"),
        (TWO_OF_FOUR, Structured(3, 4), "blocks of 4 may have more than 2 values where 3 of 4"),
        (TWO_OF_FOUR, Structured(2, 3), "blocks of 4 may have more than 2 values where 2 of 3"),
        (TWO_OF_FOUR, given(np.array([1, 1, 1])), "a block of 4 words with 3 values"),
        (Format("run_length"), Structured(1, 2), "runs between 1 of 2 values are not known"),
        (Format("run_length", (("pack_bits", 20),)), Uniform(0.5), "a pair of 21 bits"),
    ],
)
def test_what_a_format_cannot_hold(form: Format, zeros: Zeros, why: str) -> None:
    with pytest.raises(CannotEncodeError, match=why):
        bits(form, zeros, 3)


def test_every_parameter_says_what_it_is() -> None:
    for kind in KINDS:
        for its in parameters(kind):
            assert its.meaning
            assert its.default is None or its.default >= its.least


def test_runs_shorten_with_density() -> None:
    """A pair stands for a value and for the zeros before it: 1 / density words, but for cuts."""
    expected = encoder(Format("run_length", (("run_bits", 3),))).encode(Uniform(0.5), 10**6, 16)
    cut = sum(0.5 ** (8 * k) for k in range(1, 20))
    assert expected.values / 10**6 == pytest.approx(0.5 + 0.5 * cut, rel=1e-5)


def pairs(run_bits: int, words: int, density: float) -> float:
    form = Format("run_length", (("run_bits", run_bits),))
    return encoder(form).encode(Uniform(density), words, 16).values


def walked_pairs(longest: int, words: int, density: float) -> float:
    """Word by word: the odds that so many zeros await their pair, and the pairs that are made."""
    waiting, made = [1.0] + [0.0] * (longest - 1), 0.0
    for _ in range(words):
        made += density + (1.0 - density) * waiting[-1]
        zero, one = (1.0 - density) * waiting[-1], density
        waiting = [zero + one, *((1.0 - density) * odds for odds in waiting[:-1])]
    return made + sum(waiting[1:])


TINY = (5e-324, 1e-320, 1e-308, 1e-200, 1e-20, 1e-16)


@pytest.mark.parametrize("run_bits", [1, 2, 5])
@pytest.mark.parametrize("words", [1, 2, 31, 32, 33, 250, 4096])
def test_runs_are_those_of_a_walk_at_any_density(run_bits: int, words: int) -> None:
    for density in (0.0, *TINY, 1e-9, 1e-5, 1e-3, 0.1, 0.5, 0.999, 1 - 1e-9, 1 - 2**-53, 1.0):
        walked = walked_pairs(1 << run_bits, words, density)
        assert pairs(run_bits, words, density) == pytest.approx(walked, rel=1e-12)


@pytest.mark.parametrize("words", [131_000_000, 131_000_001, 10**15 + 1])
@pytest.mark.parametrize("run_bits", [1, 5, 20, 70, 1024])
def test_runs_of_huge_tensors(run_bits: int, words: int) -> None:
    """A pair takes (1 - zero^longest) / density words on the mean, but for those at the ends."""
    longest = 1 << run_bits
    only_zeros = -(-words // longest)
    assert pairs(run_bits, words, 0.0) == only_zeros
    assert pairs(run_bits, words, 1.0) == words
    for density in TINY[:4]:
        assert pairs(run_bits, words, density) == only_zeros
    for density in (1e-4, 0.01, 0.5, 0.99):
        ends = -math.expm1(min(longest, words) * math.log1p(-density))
        assert pairs(run_bits, words, density) == pytest.approx(words * density / ends, abs=1.5)


def test_a_run_may_be_longer_than_any_array() -> None:
    form = Format("run_length", (("run_bits", 1024),))
    assert encoder(form).encode(given(np.zeros(5)), 5, 16).values == 1
    assert encoder(form).encode(given(np.array([0, 0, 1, 0])), 4, 16).values == 2
