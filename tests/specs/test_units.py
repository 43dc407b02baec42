"""Quantities and expressions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim import units
from accelsim.expressions import evaluate, linear
from accelsim.specs.fields import read_quantity
from accelsim.units import ValueProblemError


@pytest.mark.parametrize(
    ("written", "dimension", "worth"),
    [
        ("108 KiB", units.SIZE, 108 * 8192),
        ("64KiB", units.SIZE, 64 * 8192),
        ("448 B", units.SIZE, 448 * 8),
        ("334.3 KiB", units.SIZE, Fraction(3343, 10) * 8192),
        ("1 kB", units.SIZE, 8000),
        ("2 MiB", units.SIZE, 2 * 2**23),
        ("1 GB", units.SIZE, 8 * 10**9),
        ("16 b", units.WORD, 16),
        ("16b", units.WORD, 16),
        ("200 MHz", units.FREQUENCY, 200 * 10**6),
        ("1e3 kHz", units.FREQUENCY, 10**6),
        ("2 pJ", units.ENERGY, 2),
        ("1.5nJ", units.ENERGY, 1500),
        ("100 fJ", units.ENERGY, Fraction(1, 10)),
        ("1 mW", units.POWER, 1),
        ("50 uW", units.POWER, Fraction(1, 20)),
        ("1.2 mm2", units.AREA, 1_200_000),
        ("16 B/cycle", units.BANDWIDTH, 128),
        ("2*pes KiB", units.SIZE, 24 * 8192),
        ("(pes - 4)/2 B", units.SIZE, 32),
    ],
)
def test_quantities(written: str, dimension: units.Dimension, worth: int | Fraction) -> None:
    assert read_quantity(written, dimension, {"pes": 12}).worth() == worth


def test_words_take_the_width_of_the_memory() -> None:
    size = read_quantity("512 words", units.SIZE, {})
    assert size.worth(16) == 8192
    assert read_quantity("4 words/cycle", units.BANDWIDTH, {}).worth(8) == 32
    with pytest.raises(ValueError, match="width of a word"):
        size.worth()


@given(st.integers(0, 2**50), st.sampled_from(["", " "]), st.sampled_from(["b", "B", "KiB", "GB"]))
def test_any_whole_number_of_any_unit(number: int, space: str, unit: str) -> None:
    quantity = read_quantity(f"{number}{space}{unit}", units.SIZE, {})
    assert quantity.value == Fraction(number)
    assert quantity.unit == unit


@given(st.integers(0, 2**44))
def test_sizes_are_written_so_that_they_read_back(size: int) -> None:
    bits = size * 8
    text = units.size_text(bits)
    if "." not in text and "e" not in text:
        assert read_quantity(text, units.SIZE, {}).worth() == bits


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" 2*pes + 1 ", 25),
        ("pes/4", 3),
        ("pes//4", 3),
        ("-(3 - pes)", 9),
        ("+pes", 12),
        ("(pes-2)*(pes+2)/10", 14),
    ],
)
def test_expressions(text: str, value: int) -> None:
    assert evaluate(text, {"pes": 12}) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pes/5", "'pes/5' is not whole: 12/5 leaves a remainder"),
        ("pes//5", "'pes//5' is not whole: 12/5 leaves a remainder"),
        ("1/0", "'1/0' divides by 0"),
        ("2**62 * 4", "'2**62 * 4' is not a number; {form}"),
        (
            "9999999999 * 9999999999",
            "'9999999999 * 9999999999' is too large; expected at most 2^62",
        ),
        ("pes.real", "'pes.real' is not a number; {form}"),
        ("pes if pes else 1", "'pes if pes else 1' is not a number; {form}"),
        ("[1][0]", "'[1][0]' is not a number; {form}"),
        ("1.5", "'1.5' is not a number; {form}"),
        ("True", "'True' is not a number; {form}"),
        ("x := 3", "'x := 3' is not a number; {form}"),
        ("~1", "'~1' is not a number; {form}"),
        ("", "'' is not a number; {form}"),
        ("a\0b", "'a\0b' is not a number; {form}"),
        ("pse", "'pse' is neither a number nor a parameter; expected one of batch, pes; {mean}"),
        ("pse + 1", "unknown parameter 'pse' in 'pse + 1'; expected one of batch, pes; {mean}"),
    ],
)
def test_what_is_no_expression(text: str, message: str) -> None:
    with pytest.raises(ValueProblemError) as caught:
        evaluate(text, {"batch": 1, "pes": 12})
    form = "expected a whole number or an expression of parameters with + - * / ( )"
    assert str(caught.value) == message.format(form=form, mean="did you mean 'pes'?")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("P", (("P", 1),)),
        ("2*P + R", (("P", 2), ("R", 1))),
        ("P*2 + 3*R", (("P", 2), ("R", 3))),
        ("stride*P - R", (("P", 2), ("R", -1))),
        ("2*(P + R)", (("P", 2), ("R", 2))),
        ("P + P", (("P", 2),)),
        ("P - P", ()),
        ("P + 1 - 1", (("P", 1),)),
        ("-P", (("P", -1),)),
        ("0", ()),
    ],
)
def test_indices(text: str, terms: tuple[tuple[str, int], ...]) -> None:
    assert linear(text, {"P": 1, "R": 1}, {"stride": 2}) == terms


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("P*R", "'P*R' is not an index; expected a sum of dims, as P or 2*P + R"),
        ("P/2", "'P/2' is not an index; expected a sum of dims, as P or 2*P + R"),
        ("P(", "'P(' is not an index; expected a sum of dims, as P or 2*P + R"),
        (
            "P + 3",
            "index 'P + 3' has a constant part; leave it out: a shifted tensor has as many words",
        ),
        ("Q", "unknown dim 'Q' in index 'Q'; expected one of P, R"),
    ],
)
def test_what_is_no_index(text: str, message: str) -> None:
    with pytest.raises(ValueProblemError) as caught:
        linear(text, {"P": 1, "R": 1}, {})
    assert str(caught.value) == message
