"""Numbers that a caller gives: what is none, or out of its range, is refused in words."""

from __future__ import annotations

from numbers import Integral, Real
from reprlib import repr as shortened

from accelsim.errors import Problem, UsageError


def whole_number(name: str, value: object, least: int = 1) -> int:
    """Return a whole number of any type, as an int.

    Raises
    ------
    UsageError
        If it is none, or less than ``least``.

    >>> whole_number("trials", 1e3)
    1000
    """
    number = _real(value)
    if number is None or number % 1:  # which is true of nan and infinity
        raise UsageError(Problem(f"{name} is {shortened(value)}", expected="a whole number"))
    if number < least:
        expected = "more than 0" if least == 1 else f"{least} or more"
        raise UsageError(Problem(f"{name} is {int(number)}", expected=expected))
    return int(number)


def real_number(name: str, value: object) -> float:
    """Return a number of any type, as Python has it.

    Raises
    ------
    UsageError
        If it is none.
    """
    number = _real(value)
    if number is None:
        raise UsageError(Problem(f"{name} is {shortened(value)}", expected="a number"))
    return number


def positive(name: str, value: object) -> float:
    """Return a number above 0.

    Raises
    ------
    UsageError
        If it is none.
    """
    number = real_number(name, value)
    if not number > 0:
        raise UsageError(Problem(f"{name} is {number:g}", expected="more than 0"))
    return number


def _real(value: object) -> int | float | None:
    """Return a number as Python has it; None for what is none, as truth values."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    return int(value) if isinstance(value, Integral) else float(value)
