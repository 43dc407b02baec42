"""Numbers as people read them: three digits, a scale shared by a column, a unit."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log10

PREFIXES = {
    -18: "a",
    -15: "f",
    -12: "p",
    -9: "n",
    -6: "µ",
    -3: "m",
    0: "",
    3: "k",
    6: "M",
    9: "G",
    12: "T",
}

PICO = 1e-12


def digits(value: float, significant: int = 3) -> str:
    """Write a number with so many significant digits and no exponent where one is not needed.

    >>> digits(0.01234), digits(12.34), digits(123456.0)
    ('0.0123', '12.3', '123456')
    """
    if value == 0:
        return "0"
    magnitude = floor(log10(abs(value)))
    if magnitude < -4 or magnitude > 7:
        return f"{value:.{significant - 1}e}"
    return f"{value:.{max(0, significant - 1 - magnitude)}f}"


def binary_size(bits: int) -> str:
    """Write a number of bits as KiB or MiB, in three digits.

    >>> binary_size(7_119_792), binary_size(13), binary_size(2**27)
    ('869 KiB', '0.00159 KiB', '16.0 MiB')
    """
    kib = bits / 2**13
    return f"{digits(kib)} KiB" if kib < 1000 else f"{digits(kib / 1024)} MiB"


def percent(share: float) -> str:
    """Write a share of 1 as a percentage; a share too small to show is not shown as none.

    >>> percent(0.1234), percent(0.0002), percent(0.0), percent(1.0)
    ('12.3 %', '<0.1 %', '0 %', '100 %')
    """
    if share == 0:
        return "0 %"
    if 0 < share < 0.0005:
        return "<0.1 %"
    return "100 %" if share >= 0.9995 else f"{100 * share:.1f} %"


def shared_exponent(values: Iterable[float]) -> int:
    """Return the power of ten, a multiple of 3, that suits the largest of ``values``.

    >>> shared_exponent([3.2e6, 4.5e4])
    6
    """
    largest = max((abs(value) for value in values), default=0.0)
    if largest == 0:
        return 0
    return min(max(3 * floor(log10(largest) / 3), min(PREFIXES)), max(PREFIXES))


def scaled_unit(unit: str, exponent: int) -> str:
    """Name ``10**exponent`` of a unit: with a prefix, or as a power before a unit that takes none.

    >>> scaled_unit("J", -6), scaled_unit("MAC", 6), scaled_unit("MAC", 0)
    ('µJ', '10^6 MAC', 'MAC')
    """
    if unit.startswith(("J", "s")):
        return PREFIXES[exponent] + unit
    return f"10^{exponent} {unit}" if exponent else unit


def in_joules(energy: float, unit: str) -> tuple[float, str]:
    """Return an energy in joules where its table is in picojoules, else as it is."""
    return (energy * PICO, "J") if unit == "pJ" else (energy, unit)


def with_unit(value: float, unit: str) -> str:
    """Write one number with its scaled unit.

    >>> with_unit(0.0123, "J"), with_unit(4.5e9, "MAC")
    ('12.3 mJ', '4.50 x 10^9 MAC')
    """
    exponent = shared_exponent([value])
    named = scaled_unit(unit, exponent)
    times = " x " if named.startswith("10^") else " "
    return f"{digits(value / 10.0**exponent)}{times}{named}"


def whole(value: float) -> str:
    """Write a count with separators.

    >>> whole(724406816)
    '724,406,816'
    """
    return f"{value:,.0f}"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    >>> plural(1, "layer"), plural(3, "layer")
    ('1 layer', '3 layers')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
