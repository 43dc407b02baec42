"""The field types of spec models: each reads one YAML value, or says what is wrong with it.

Every type here replaces pydantic's own validation, so that all messages have one voice; each still
describes itself in JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from math import isfinite
from typing import Annotated, Any, NoReturn

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from accelsim import expressions, units
from accelsim.errors import Problem
from accelsim.roles import ROLES, Role
from accelsim.units import Dimension, Quantity, ValueProblemError, shown

MAX_WIDTH = 2**20

IT = "\0"
"""Stands in a message for the value at fault; replaced by its key, which only the join knows."""


@dataclass(frozen=True)
class Context:
    """What a field may need to know of its file."""

    parameters: Mapping[str, int] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    """Parameters that are at fault themselves: what refers to them is not complained about."""


def refuse(what: str, expected: str = "", hint: str = "", got: str = "") -> NoReturn:
    """Raise what pydantic collects; :func:`accelsim.specs.join.problem_of` unpacks it."""
    words = {"what": what, "expected": expected, "hint": hint, "got": got}
    raise PydanticCustomError("spec", "{what}", words)


def refuse_problem(problem: Problem) -> NoReturn:
    """Raise a problem that does not yet know its place."""
    refuse(problem.what, problem.expected, problem.hint, problem.got)


def suggestion(word: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """Return "did you mean 'x'?" for the closest of ``known``, or nothing."""
    if len(known) < 2:
        return ""  # what is expected says it already
    word = word[:60]
    lower = {name.lower(): name for name in known}
    close = get_close_matches(word, list(known), n=1) or [
        lower[name] for name in get_close_matches(word.lower(), list(lower), n=1)
    ]
    return f"did you mean '{close[0]}'?" if close else ""


def one_of(known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """Return what a message expects: one of some names."""
    names = list(known)
    return f"one of {', '.join(names)}" if len(names) > 1 else f"'{names[0]}'" if names else "none"


def quoted(value: object) -> str:
    """Return a value as a message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "keys and values"
    return f"'{shown(value)}'"


def _parameters(info: ValidationInfo) -> Mapping[str, int]:
    return info.context.parameters if isinstance(info.context, Context) else {}


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    hint = "put it in quotes" if isinstance(value, int | float) else ""
    if isinstance(value, str):
        refuse(f"{IT} is empty", "text")
    refuse(f"{IT} must be text, not {quoted(value)}", hint=hint)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LAYER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_DIM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def _matching(pattern: re.Pattern[str], form: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        text = str(value) if type(value) is int else _text(value)
        if not pattern.fullmatch(text):
            refuse(f"'{shown(text)}' cannot be a name", form)
        return text

    return check


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    refuse(f"{IT} must be true or false, not {quoted(value)}")


def whole_number(value: object, parameters: Mapping[str, int]) -> int:
    """Read a whole number or an expression over parameters."""
    if type(value) is int:
        return value
    if isinstance(value, str) and value.strip():
        if re.fullmatch(r"0\d+", value.strip()):
            refuse(
                f"'{shown(value)}' is not a number",
                "a whole number",
                f"did you mean {value.strip().lstrip('0') or '0'}?",
            )
        try:
            return expressions.evaluate(value, parameters)
        except ValueProblemError as fault:
            refuse_problem(fault.problem)
    refuse(f"{IT} must be a whole number, not {quoted(value)}")


def _parameter(value: object) -> int:
    if type(value) is not int:
        refuse(f"{IT} must be a whole number, not {quoted(value)}")
    if not 0 <= value <= 2**40:
        refuse(f"{IT} is {shown(value)}", "a whole number from 0 to 2^40")
    return value


def _whole(least: int, most: int) -> Callable[[object, ValidationInfo], int]:
    limit = {2**40: "2^40", 2**20: "2^20", 2**62: "2^62"}.get(most, str(most))

    def check(value: object, info: ValidationInfo) -> int:
        number = whole_number(value, _parameters(info))
        if not least <= number <= most:
            refuse(f"{IT} is {shown(number)}", f"a whole number from {least} to {limit}")
        return number

    return check


def endless(value: object) -> bool:
    """Tell whether a value is written as infinite or as no number: ``.inf``, ``nan``, ``1e999``."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        return not isfinite(float(str(value).strip().replace(".inf", "inf").replace(".nan", "nan")))
    except ValueError:
        return False


FINITE = f"a number of at least 0 and at most {units.MOST:.0e}".replace("+", "")


def finite_number(value: object) -> float:
    """Read a number of at least 0."""
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        if not 0 <= value <= units.MOST:
            refuse(f"{IT} is {value:g}", FINITE if value > 0 else "a number of at least 0")
        return float(value)
    if endless(value):
        refuse(f"{IT} must be finite, not {quoted(value)}", "a number of at least 0")
    refuse(f"{IT} must be a number, not {quoted(value)}")


def fraction(value: object) -> float:
    """Read a number from 0 to 1."""
    number = finite_number(value)
    if number > 1:
        refuse(f"{IT} is {number:g}", "a fraction from 0 to 1")
    return number


def read_quantity(value: object, dimension: Dimension, parameters: Mapping[str, int]) -> Quantity:
    """Read a number (or an expression over parameters) with a unit."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        refuse(f"{quoted(value)} is not {dimension.name}", dimension.accepted)
    written, unit = units.split_unit(str(value))
    if endless(written):
        refuse(f"'{shown(value)}' is not finite", dimension.accepted)
    if not unit or unit not in dimension.units:
        refuse_problem(units.unit_problem(dimension, shown(value), unit))
    amount = units.number(written)
    if amount is None and units.is_decimal(written):
        most = units.MAX_EXPONENT
        expected = f"at most {units.MAX_DIGITS} digits, from 1e-{most} to 1e{most}"
        refuse(f"'{shown(value)}' is out of range", expected)
    if amount is None:
        try:
            amount = Fraction(expressions.evaluate(written, parameters))
        except ValueProblemError as fault:
            refuse_problem(fault.problem)
    if amount < 0:
        refuse(f"'{shown(value)}' is negative", f"{dimension.name} of at least 0")
    quantity = Quantity(amount, unit, dimension)
    expected = dimension.beyond(quantity)
    if expected:
        refuse(f"'{shown(value)}' is out of range", expected)
    return quantity


def _quantity(
    dimension: Dimension, *, zero: bool = True
) -> Callable[[object, ValidationInfo], Quantity]:
    def check(value: object, info: ValidationInfo) -> Quantity:
        if isinstance(value, Quantity):
            return value
        quantity = read_quantity(value, dimension, _parameters(info))
        if quantity.value == 0 and not zero:
            refuse(f"{IT} is 0", f"{dimension.name} above 0")
        return quantity

    return check


def _width(value: object, info: ValidationInfo) -> Quantity:
    """Read a number of bits, as of a word."""
    quantity = _quantity(units.WORD)(value, info)
    bits = quantity.worth()
    if bits.denominator != 1 or not 1 <= bits <= MAX_WIDTH:
        refuse(f"{IT} is '{shown(value)}'", "a whole number of bits from 1 b to 2^20 b")
    return quantity


def _table_number(value: object) -> float:
    """Read a price in the unit of an energy table that is known by its name only."""
    if (isinstance(value, str) and not endless(value)) or value is None:
        refuse(f"{IT} must be a plain number, in the unit of the energy table, not {quoted(value)}")
    return finite_number(value)


def choice(noun: str, known: tuple[str, ...]) -> Callable[[object, ValidationInfo], str]:
    """Return a validator of one word out of ``known``."""

    def check(value: object, info: ValidationInfo) -> str:
        if isinstance(value, str) and value in known:
            return value
        context = f" in {info.field_name}" if info.field_name not in (None, noun) else ""
        refuse(
            f"unknown {noun} {quoted(value)}{context}",
            one_of(known),
            suggestion(value, known) if isinstance(value, str) else "",
        )

    return check


def _schema(kind: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


def _quantity_schema(dimension: Dimension) -> WithJsonSchema:
    return _schema(
        "string",
        description=f"{dimension.name} in {dimension.accepted}",
        examples=[dimension.example],
    )


def _count_schema(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": least, "maximum": most},
                {"type": "string", "description": "an expression over parameters, e.g. pes/16"},
            ]
        }
    )


Text = Annotated[str, PlainValidator(_text), _schema("string", minLength=1)]
Name = Annotated[
    str,
    PlainValidator(_matching(_NAME, "letters, digits, _ and -, beginning with a letter")),
    _schema("string", pattern=f"^{_NAME.pattern}$"),
]
LayerName = Annotated[
    str,
    PlainValidator(_matching(_LAYER_NAME, "letters, digits, _ . / and -")),
    _schema("string", pattern=f"^{_LAYER_NAME.pattern}$"),
]
dim_name = _matching(_DIM_NAME, "letters, digits and _, beginning with a letter")
"""Reads the name of a dim."""

DimName = Annotated[
    str,
    PlainValidator(dim_name),
    _schema("string", pattern=f"^{_DIM_NAME.pattern}$"),
]
Flag = Annotated[bool, PlainValidator(_flag), _schema("boolean")]
Number = Annotated[float, PlainValidator(finite_number), _schema("number", minimum=0)]
Price = Annotated[float, PlainValidator(_table_number), _schema("number", minimum=0)]
Density = Annotated[float, PlainValidator(fraction), _schema("number", minimum=0, maximum=1)]
Bound = Annotated[int, PlainValidator(_whole(1, 2**40)), _count_schema(1, 2**40)]
Lanes = Annotated[int, PlainValidator(_whole(1, 2**20)), _count_schema(1, 2**20)]
Latency = Annotated[int, PlainValidator(_whole(0, 2**40)), _count_schema(0, 2**40)]
Small = Annotated[int, PlainValidator(_whole(1, 1024)), _count_schema(1, 1024)]
Parameter = Annotated[int, PlainValidator(_parameter), _schema("integer", minimum=0, maximum=2**40)]
RoleName = Annotated[
    Role, PlainValidator(choice("tensor", ROLES)), _schema("string", enum=list(ROLES))
]
Words = Annotated[Quantity, PlainValidator(_width), _quantity_schema(units.WORD)]
Size = Annotated[Quantity, PlainValidator(_quantity(units.SIZE)), _quantity_schema(units.SIZE)]
Frequency = Annotated[
    Quantity,
    PlainValidator(_quantity(units.FREQUENCY, zero=False)),
    _quantity_schema(units.FREQUENCY),
]
Power = Annotated[Quantity, PlainValidator(_quantity(units.POWER)), _quantity_schema(units.POWER)]
Area = Annotated[Quantity, PlainValidator(_quantity(units.AREA)), _quantity_schema(units.AREA)]
Bandwidth = Annotated[
    Quantity, PlainValidator(_quantity(units.BANDWIDTH)), _quantity_schema(units.BANDWIDTH)
]
