"""Quantities in specs: ``108 KiB``, ``2 pJ``, ``200 MHz`` <-> bits, pJ, Hz.

A quantity is a number and a unit, with or without a space between them.  Values are exact
(:class:`~fractions.Fraction`) until a record rounds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from accelsim.errors import Problem

MAX_EXPONENT = 30
"""Largest power of ten in a number; beyond it lies a slip of the pen, or an attack."""

MAX_DIGITS = 40

MOST_KEPT = 1024
"""Texts of quantities that are read once."""

MOST = 10**18
"""Largest energy, area, power or factor: with more, sums would leave the range of floats."""


def shown(text: object, longest: int = 40) -> str:
    """Return a value as messages quote it: on one line and not too long."""
    words = " ".join(str(text).split())
    return words if len(words) <= longest else words[: longest - 3] + "..."


class ValueProblemError(ValueError):
    """A value that cannot be read; carries a problem that does not yet know where it stands."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(frozen=True)
class Dimension:
    """A kind of quantity: the units it may be written in, each with its worth in the first one."""

    name: str
    units: Mapping[str, Fraction]
    example: str
    advice: Mapping[str, str]
    """Units that look right and are not -> what to write instead."""
    least: Fraction = Fraction(0)
    most: Fraction | None = None
    """In the first unit; no quantity but 0 lies below the one, and none above the other."""

    @property
    def accepted(self) -> str:
        """Return the units as a message lists them."""
        return f"one of {', '.join(self.units)}, as in '{self.example}'"

    def beyond(self, quantity: Quantity) -> str:
        """Return what a quantity should be that is too small or too large; empty if it is not.

        One in words is taken for as many bits.
        """
        worth = quantity.worth(1)
        unit = next(unit for unit, one in self.units.items() if one == 1)
        if 0 < worth < self.least:
            return f"{self.name} of at least {float(self.least):g} {unit}"
        if self.most is not None and worth > self.most:
            return f"{self.name} of at most {float(self.most):g} {unit}"
        return ""


def _dimension(
    name: str, example: str, advice: dict[str, str] | None = None, **units: float | Fraction
) -> Dimension:
    exact = {unit.replace("_per_", "/"): Fraction(worth) for unit, worth in units.items()}
    return Dimension(name, exact, example, advice or {})


_BITS = {
    "b": 1,
    "B": 8,
    "kB": 8 * 10**3,
    "MB": 8 * 10**6,
    "GB": 8 * 10**9,
    "KiB": 8 * 2**10,
    "MiB": 8 * 2**20,
    "GiB": 8 * 2**30,
}
_KILO = {
    "KB": "write KiB (1024 bytes) or kB (1000 bytes)",
    "K": "write KiB (1024 bytes) or kB (1000 bytes)",
    "M": "write MiB (2^20 bytes) or MB (10^6 bytes)",
    "G": "write GiB (2^30 bytes) or GB (10^9 bytes)",
    "bit": "write b",
    "bits": "write b",
    "byte": "write B",
    "bytes": "write B",
}

WORD = _dimension("bits", "16 b", _KILO, b=1, B=8)
SIZE = _dimension("a size", "64 KiB", {**_KILO, "word": "write words"}, **_BITS, words=0)
"""In bits; ``words`` has no worth of its own: it depends on the memory's word."""
FREQUENCY = replace(
    _dimension("a frequency", "200 MHz", Hz=1, kHz=10**3, MHz=10**6, GHz=10**9),
    least=Fraction(1, 1000),
    most=Fraction(MOST),
)
ENERGY = replace(
    _dimension("an energy", "2 pJ", pJ=1, fJ=Fraction(1, 1000), nJ=10**3, uJ=10**6, mJ=10**9),
    most=Fraction(MOST),
)
POWER = replace(
    _dimension("a power", "1 mW", mW=1, uW=Fraction(1, 1000), nW=Fraction(1, 10**6), W=10**3),
    most=Fraction(MOST),
)
AREA = replace(_dimension("an area", "1.2 mm2", um2=1, mm2=10**6), most=Fraction(MOST))
IN_WORDS = _dimension("a number of words", "8 words", words=1, words_per_cycle=1)
CHIP_AREA = _dimension("an area", "1.2 mm2", mm2=1, um2=Fraction(1, 10**6))
TIME = _dimension(
    "a time", "3 ms", s=1, ms=Fraction(1, 10**3), us=Fraction(1, 10**6), ns=Fraction(1, 10**9)
)
BANDWIDTH = replace(
    _dimension(
        "a bandwidth",
        "4 words/cycle",
        {"word/cycle": "write words/cycle"},
        words_per_cycle=0,
        b_per_cycle=1,
        B_per_cycle=8,
    ),
    least=Fraction(1, 10**6),
    most=Fraction(10**12),
)
"""In bits per cycle; words depend on the memory's word, as in :data:`SIZE`.

Through the narrowest, no layer that can be counted takes more cycles than a float can say.
"""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a unit, as written."""

    value: Fraction
    unit: str
    dimension: Dimension

    @property
    def in_words(self) -> bool:
        return self.unit.startswith("words")

    def worth(self, word_bits: int | None = None) -> Fraction:
        """Return the value in the dimension's first unit (bits for sizes and bandwidths).

        ``word_bits`` is needed where the unit is in words.
        """
        if self.in_words:
            if word_bits is None:
                raise ValueError("a quantity in words needs the width of a word")
            return self.value * word_bits
        return self.value * self.dimension.units[self.unit]


_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


def is_decimal(text: str) -> bool:
    """Tell whether a text is a decimal number, of whatever size."""
    return _NUMBER.fullmatch(text) is not None


@lru_cache(MOST_KEPT)
def number(text: str) -> Fraction | None:
    """Return the exact value of a decimal number, or None if ``text`` is not one of a sane size."""
    if not _NUMBER.fullmatch(text) or len(text) > MAX_DIGITS:
        return None
    exponent = re.search(r"[eE]([+-]?\d+)", text)
    if exponent and abs(int(exponent[1])) > MAX_EXPONENT:
        return None
    return Fraction(text)


@lru_cache(MOST_KEPT)
def split_unit(text: str) -> tuple[str, str]:
    """Cut ``text`` into what stands before the unit, and the unit (empty if there is none).

    >>> split_unit("64KiB"), split_unit("pes*2 words"), split_unit("4 words/cycle")
    (('64', 'KiB'), ('pes*2', 'words'), ('4', 'words/cycle'))
    """
    text = text.strip()
    amount = _NUMBER.match(text)
    if amount and re.fullmatch(r"\s*[A-Za-z%][\w/%^²µ]*", text[amount.end() :]):
        return amount.group(), text[amount.end() :].strip()
    before, space, unit = text.rpartition(" ")
    if (
        space
        and re.fullmatch(r"[A-Za-z][\w/^²µ]*", unit)
        and not before.rstrip().endswith(("+", "-", "*", "/"))
    ):
        return before.strip(), unit
    return text, ""


def unit_problem(dimension: Dimension, written: str, unit: str) -> Problem:
    """Return what is wrong with a quantity whose unit is missing or not one of ``dimension``'s."""
    if not unit:
        return Problem(
            f"'{written}' has no unit",
            got=written,
            expected=f"{dimension.name} in {dimension.accepted}",
        )
    lower = {known.lower(): known for known in dimension.units}
    hint = dimension.advice.get(unit, "")
    if not hint and unit.lower() in lower:
        hint = f"did you mean '{lower[unit.lower()]}'?"
    return Problem(
        f"unknown unit '{unit}' in '{written}'",
        got=unit,
        expected=f"{dimension.name} in {dimension.accepted}",
        hint=hint,
    )


def size_text(bits: int) -> str:
    """Write a number of bits the way a person would.

    >>> size_text(819200), size_text(3584), size_text(13)
    ('100 KiB', '448 B', '13 b')
    """
    for unit in ("GiB", "MiB", "KiB", "B"):
        worth = _BITS[unit]
        if bits >= worth and bits % worth == 0:
            return f"{bits // worth} {unit}"
    if bits >= _BITS["KiB"]:
        return f"{bits / _BITS['KiB']:.4g} KiB"
    return f"{bits} b"
