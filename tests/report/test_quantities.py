from __future__ import annotations

import pytest

from accelsim.report.quantities import (
    digits,
    in_joules,
    percent,
    plural,
    scaled_unit,
    shared_exponent,
    with_unit,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (9.996, "10.00"),
        (123.4, "123"),
        (0.00012, "0.000120"),
        (0.000012, "1.20e-05"),
        (-3.14159, "-3.14"),
        (4e9, "4.00e+09"),
    ],
)
def test_three_digits(value: float, written: str) -> None:
    assert digits(value) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.0, "0 %"),
        (0.0004999, "<0.1 %"),
        (0.0005, "0.1 %"),
        (0.5, "50.0 %"),
        (0.9994, "99.9 %"),
        (0.9996, "100 %"),
        (1.0, "100 %"),
    ],
)
def test_percentages(share: float, written: str) -> None:
    assert percent(share) == written


def test_a_column_shares_the_scale_of_its_largest_number() -> None:
    assert shared_exponent([]) == 0
    assert shared_exponent([0.0]) == 0
    assert shared_exponent([999.0, 1.0]) == 0
    assert shared_exponent([1000.0, 1.0]) == 3
    assert shared_exponent([0.5]) == -3
    assert shared_exponent([1e30]) == 12
    assert shared_exponent([1e-30]) == -18


def test_units_take_prefixes_and_relative_ones_powers_of_ten() -> None:
    assert scaled_unit("J s", -9) == "nJ s"
    assert scaled_unit("s", 0) == "s"
    assert scaled_unit("MAC s", -3) == "10^-3 MAC s"


def test_picojoules_become_joules() -> None:
    assert in_joules(2e12, "pJ") == (2.0, "J")
    assert in_joules(2.0, "MAC") == (2.0, "MAC")


def test_numbers_with_units() -> None:
    assert with_unit(0.0, "J") == "0 J"
    assert with_unit(3.2e-6, "s") == "3.20 µs"
    assert with_unit(12.0, "MAC") == "12.0 MAC"


def test_plurals() -> None:
    assert plural(0, "layer") == "0 layers"
    assert plural(1234, "mapping") == "1,234 mappings"
