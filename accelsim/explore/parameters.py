"""``-p path=values``: what a sweep varies.

Values are a list, ``8,12,16``; a range, ``32KiB:512KiB:x2`` (each twice the one before) or
``8:32:+8``; or both, ``4,8:32:+8``.  Linked paths change together: ``glb.size,array.mesh_x=
64KiB:8,128KiB:16``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from accelsim.errors import Problem, UsageError, Where
from accelsim.units import AREA, BANDWIDTH, ENERGY, FREQUENCY, POWER, SIZE, number, split_unit

MOST_VALUES = 100_000
"""Of one parameter."""

STEPPED = re.compile(r"(?P<first>[^:]+):(?P<last>[^:]+):(?P<sign>[x*+])(?P<step>[^:]+)")

DIMENSIONS = (SIZE, FREQUENCY, ENERGY, POWER, AREA, BANDWIDTH)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Paths that change together, and what they change to.

    ``values`` holds one tuple per step, with one text per path.  ``words`` is the option as given.
    """

    paths: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    words: str

    @property
    def where(self) -> Where:
        return where(self.words)


def where(words: str) -> Where:
    """Return the place of a ``-p`` option."""
    return Where(f"-p {words}")


def read_parameters(given: Sequence[str]) -> tuple[Parameter, ...]:
    """Read ``-p`` options; the faults of all of them are raised at once.

    Raises
    ------
    UsageError
        If one cannot be read, a range is empty, or two change the same path.
    """
    parameters: list[Parameter] = []
    problems: list[Problem] = []
    taken: dict[str, str] = {}
    for words in given:
        try:
            found = read_parameter(words)
        except UsageError as fault:
            problems += fault.problems
            continue
        for path in found.paths:
            if path in taken:
                also = f"also varied by -p {taken[path]}"
                problems.append(Problem(f"'{path}' is varied twice", found.where, hint=also))
            taken[path] = words
        parameters.append(found)
    if problems:
        raise UsageError(*problems)
    return tuple(parameters)


def read_parameter(words: str) -> Parameter:
    """Read one ``-p`` option.

    >>> read_parameter("glb.size=32KiB:128KiB:x2").values
    (('32KiB',), ('64KiB',), ('128KiB',))
    >>> read_parameter("glb.size,array.mesh_x=64KiB:8,128KiB:16").values
    (('64KiB', '8'), ('128KiB', '16'))

    Raises
    ------
    UsageError
        If it cannot be read, or has no values.
    """
    left, equals, right = words.partition("=")
    paths = tuple(path.strip() for path in left.split(","))
    if not equals or not all(paths) or not right.strip():
        _refuse("not a parameter", words, "PATH=VALUES, as glb.size=32KiB:512KiB:x2")
    items = [item.strip() for item in _apart(right)]
    if not all(items):
        _refuse("an empty value in a list", words, "values with commas between them")
    if len(paths) > 1:
        values = [_linked(item, paths, words) for item in items]
    else:
        values = [(value,) for item in items for value in _values(item, words)]
    return Parameter(paths, tuple(dict.fromkeys(values)), words)


def _refuse(what: str, words: str, expected: str = "", hint: str = "") -> NoReturn:
    raise UsageError(Problem(what, where(words), expected=expected, hint=hint))


def _apart(text: str) -> list[str]:
    """Cut a list at its commas; those inside brackets belong to a value."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "[({") - (sign in "])}")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _linked(item: str, paths: tuple[str, ...], words: str) -> tuple[str, ...]:
    values = tuple(value.strip() for value in item.split(":"))
    if len(values) != len(paths) or not all(values):
        _refuse(
            f"'{item}' does not have a value for each of {len(paths)} linked paths",
            words,
            expected=":".join("VALUE" for _ in paths),
            hint="as in -p glb.size,array.mesh_x=64KiB:8,128KiB:16",
        )
    return values


def _values(item: str, words: str) -> list[str]:
    stepped = STEPPED.fullmatch(item)
    if stepped:
        return _range(item, words, **stepped.groupdict())
    ends = [end.strip() for end in item.split(":")]
    if len(ends) not in (2, 3):
        return [item]
    numbers = [number(split_unit(end)[0]) for end in ends[:2]]
    if all(its is not None for its in numbers):
        step = f"{ends[0]}:{ends[1]}"
        going_down = len(ends) == 3 and ends[2].startswith("-")
        hint = "the smaller end comes first, and steps go up" if going_down else ""
        _refuse(f"the range '{item}' has no step", words, f"{step}:x2 or {step}:+1", hint)
    if any(its is not None for its in numbers) and not all(ends[:2]):
        what = "end" if ends[0] else "start"
        _refuse(f"the range '{item}' has no {what}", words, "as 32KiB:512KiB:x2 or 8:32:+8")
    return [item]


def _range(item: str, words: str, first: str, last: str, sign: str, step: str) -> list[str]:
    (low_text, low_unit), (high_text, high_unit) = split_unit(first), split_unit(last)
    step_text, step_unit = split_unit(step)
    low, high, by = number(low_text.strip()), number(high_text.strip()), number(step_text.strip())
    if low is None or high is None or by is None:
        _refuse(f"'{item}' is not a range", words, "numbers, as 32KiB:512KiB:x2 or 8:32:+8")
    if bool(low_unit) != bool(high_unit):
        unit = low_unit or high_unit
        expected = f"{low_text.strip()}{unit}:{high_text.strip()}{unit}:{sign}{step.strip()}"
        _refuse(f"only one end of the range '{item}' has a unit", words, expected)
    unit = low_unit
    high *= _ratio(high_unit, unit, item, words)
    if sign == "+":
        by *= _ratio(step_unit or unit, unit, item, words)
    elif step_unit:
        _refuse(f"the factor of '{item}' has a unit", words, "a number, as x2")
    if sign == "+" and by <= 0:
        _refuse(f"the range '{item}' never ends", words, "a step above +0", _step_said(by))
    if sign != "+" and by <= 1:
        _refuse(f"the range '{item}' never ends", words, "a factor above x1", _step_said(by))
    if sign != "+" and low <= 0:
        _refuse(f"the range '{item}' never ends", words, "a start above 0, or steps, as +8")
    if low > high:
        hint = f"its end lies below its start: write {last}:{first}:{sign}{step}"
        _refuse(f"the range '{item}' is empty", words, hint=hint)
    values: list[str] = []
    while low <= high:
        if len(values) == MOST_VALUES:
            _refuse(f"the range '{item}' is long", words, f"at most {MOST_VALUES:,} values")
        values.append(f"{_decimal(low)}{unit}")
        low = low + by if sign == "+" else low * by
    return values


def _step_said(by: Fraction) -> str:
    return "the smaller end comes first, and steps go up" if by < 0 else ""


def _ratio(unit: str, into: str, item: str, words: str) -> Fraction:
    """Return what one of a unit is worth in another."""
    if unit == into:
        return Fraction(1)
    for dimension in DIMENSIONS:
        worth, base = dimension.units.get(unit), dimension.units.get(into)
        if worth and base:
            return worth / base
    _refuse(f"the range '{item}' has units that do not fit: '{into}' and '{unit}'", words)


def _decimal(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def quantity(text: str) -> Fraction | None:
    """Return what a value is worth in the first unit of its dimension; None if it is no number.

    >>> quantity("2KiB"), quantity("12"), quantity("rs")
    (Fraction(16384, 1), Fraction(12, 1), None)
    """
    amount, unit = split_unit(text)
    value = number(amount.strip())
    if value is None or not unit:
        return value
    worths = (dimension.units.get(unit) for dimension in DIMENSIONS)
    return next((value * worth for worth in worths if worth), value)
