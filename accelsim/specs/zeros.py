"""Fields that say where zeros are, and in which formats they take less room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from accelsim.roles import Role
from accelsim.sparsity.contract import NoSuchFormatError
from accelsim.sparsity.formats import KINDS, Format, encoder, parameters
from accelsim.sparsity.zeros import Structured
from accelsim.specs.fields import (
    IT,
    Context,
    choice,
    fraction,
    one_of,
    quoted,
    refuse,
    suggestion,
    whole_number,
)

MOST_BITS = 1024

OPERANDS: tuple[Role, ...] = ("Weights", "Inputs")

Operand = Annotated[
    Role,
    PlainValidator(choice("operand", OPERANDS)),
    WithJsonSchema({"type": "string", "enum": list(OPERANDS)}),
]


def _format(value: object, info: ValidationInfo) -> Format:
    """Read a format: its kind, or its kind with parameters."""
    stated = {"kind": value} if isinstance(value, str) else value
    if not isinstance(stated, dict) or "kind" not in stated:
        refuse(f"{IT} must be a kind of format, or keys with its 'kind'", one_of(KINDS))
    kind = stated["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        hint = suggestion(kind, tuple(KINDS)) if isinstance(kind, str) else ""
        refuse(f"unknown format {quoted(kind)}", one_of(KINDS), hint)
    known = {its.name: its for its in parameters(kind)}
    names = info.context.parameters if isinstance(info.context, Context) else {}
    for key in stated:
        if key != "kind" and key not in known:
            expected = one_of(tuple(known)) if known else "no parameters"
            refuse(f"format {kind} has no '{key}'", expected, suggestion(str(key), tuple(known)))
    values = []
    for name, its in known.items():
        if name not in stated:
            if its.default is None:
                refuse(f"format {kind} needs '{name}', {its.meaning}")
            continue
        number = whole_number(stated[name], names)
        if not its.least <= number <= MOST_BITS:
            refuse(
                f"'{name}' of format {kind} is {number}",
                f"a whole number from {its.least} to {MOST_BITS}",
            )
        values.append((name, number))
    found = Format(kind, tuple(values))
    try:
        encoder(found)
    except NoSuchFormatError as fault:
        refuse(fault.what, fault.expected)
    return found


def _schema(kind: str) -> dict[str, Any]:
    of = parameters(kind)
    return {
        "type": "object",
        "properties": {
            "kind": {"const": kind},
            **{
                its.name: {
                    "type": "integer",
                    "minimum": its.least,
                    "maximum": MOST_BITS,
                    "description": its.meaning,
                    **({} if its.default is None else {"default": its.default}),
                }
                for its in of
            },
        },
        "required": ["kind", *(its.name for its in of if its.default is None)],
        "additionalProperties": False,
    }


FormatOf = Annotated[
    Format,
    PlainValidator(_format),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "enum": list(KINDS)}, *(_schema(kind) for kind in KINDS)]}
    ),
]


@dataclass(frozen=True, slots=True)
class PatternFile:
    """A file that says where the zeros of a tensor are."""

    path: str


PATTERN = "pattern"
"""The key of such a file."""

DENSITY_FORMS = "a fraction, {nonzeros: 2, of: 4} or {pattern: FILE.npy}"


def _zeros(value: object, info: ValidationInfo) -> float | Structured | PatternFile:
    """Read a density, or more than that of where zeros are."""
    if not isinstance(value, dict):
        if isinstance(value, str):
            refuse(f"{IT} must be a density, not {quoted(value)}", DENSITY_FORMS)
        return fraction(value)
    if set(value) == {PATTERN}:
        path = value[PATTERN]
        if not isinstance(path, str) or not path.endswith(".npy"):
            refuse(f"'pattern' of {IT} must be a file, not {quoted(path)}", "FILE.npy")
        return PatternFile(path)
    if set(value) != {"nonzeros", "of"}:
        refuse(f"{IT} has the keys {', '.join(map(str, value))}", DENSITY_FORMS)
    names = info.context.parameters if isinstance(info.context, Context) else {}
    for key, number in value.items():
        if isinstance(number, float):
            refuse(f"'{key}' of {IT} must be a whole number, not {quoted(number)}")
    nonzeros, of = (whole_number(value[key], names) for key in ("nonzeros", "of"))
    if not 0 <= nonzeros <= of or not 1 <= of <= MOST_BITS:
        expected = f"'of' from 1 to {MOST_BITS}, and 'nonzeros' from 0 to 'of'"
        refuse(f"{IT} has {nonzeros} nonzeros of {of} words", expected)
    return Structured(nonzeros, of)


DensityOf = Annotated[
    float | Structured | PatternFile,
    PlainValidator(_zeros),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {
                    "type": "object",
                    "properties": {
                        "nonzeros": {"type": "integer", "minimum": 0},
                        "of": {"type": "integer", "minimum": 1, "maximum": MOST_BITS},
                    },
                    "required": ["nonzeros", "of"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"pattern": {"type": "string"}},
                    "required": ["pattern"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
