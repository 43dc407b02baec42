"""What a dataflow file may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from accelsim.mapspace.records import Limit
from accelsim.specs.fields import (
    Bound,
    DimName,
    Flag,
    Name,
    RoleName,
    Text,
    quoted,
    refuse,
    suggestion,
)
from accelsim.specs.join import SpecModel

_WORDS = {"any": Limit(), "whole": Limit(whole=True)}
_FORM = "any, whole, a bound as 3, or a limit as '<=4'"


def _limit(value: object) -> Limit:
    if isinstance(value, str):
        if value in _WORDS:
            return _WORDS[value]
        most = re.fullmatch(r"<=\s*([1-9]\d{0,11})", value.strip())
        if most:
            return Limit(at_most=int(most[1]))
        refuse(f"{quoted(value)} is not a limit", _FORM, suggestion(value, list(_WORDS)))
    if type(value) is int and 1 <= value <= 2**40:
        return Limit(exact=value)
    return refuse(f"{quoted(value)} is not a limit", _FORM)


LimitField = Annotated[
    Limit,
    PlainValidator(_limit),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "enum": ["any", "whole"]},
                {"type": "string", "pattern": r"^<=\s*[1-9]\d*$"},
            ],
            "description": "any; whole: nothing of the dim is left outside; <=4; 3: exactly",
        }
    ),
]

Limits = dict[DimName, LimitField]


def _others(value: object) -> bool:
    if value == "any":
        return True
    if type(value) is int and value == 1:
        return False
    return refuse(f"'others' is {quoted(value)}", "1 (no loops over other dims) or any")


Others = Annotated[bool, PlainValidator(_others), WithJsonSchema({"enum": [1, "any"]})]


def _group(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not items:
        refuse("an empty group in 'order'", "dims, or lists of dims")
    for item in items:
        if not isinstance(item, str) or not re.fullmatch(r"[A-Za-z]\w*", item):
            refuse(f"{quoted(item)} is not a dim", "dims, or lists of dims, as [[M, C], Q]")
    return tuple(items)


Group = Annotated[
    tuple[str, ...],
    PlainValidator(_group),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]


class RuleSpec(SpecModel):
    """One restriction on the places or fanouts that `at` selects."""

    noun: ClassVar[str] = "rule"
    name_keys: ClassVar[tuple[str, ...]] = ("at",)
    at: Name = Field(description="backing, buffers, array, registers, or a level's own name")
    keep: list[RoleName] | None = Field(None, description="tensors that must be kept there")
    may_keep: list[RoleName] | None = Field(None, description="exactly these may be kept there")
    temporal: Limits | None = Field(None, description="limits on the place's loops, by dim")
    spatial: Limits | None = Field(None, description="limits on both axes together, by dim")
    spatial_x: Limits | None = Field(None, description="limits on the x axis, by dim")
    spatial_y: Limits | None = Field(None, description="limits on the y axis, by dim")
    others: Others | None = Field(None, description="dims not listed: any (default), or 1")
    order: list[Group] = Field(
        default_factory=list, description="groups of dims, outermost first; others are free"
    )
    tile: dict[RoleName, Bound] = Field(
        default_factory=dict, description="most words of a tensor kept there"
    )
    required: Flag | None = Field(
        None,
        description="on a machine without such a level: true refuses it, false says nothing; "
        "left out, a rule at a named level says nothing either, and results remark on it",
    )
    because: Text | None = Field(None, description="the sentence of the source that this follows")
    source: Text | None = Field(None, description="left out: the file's")
    assumed: Text | None = Field(None, description="why a rule without a source is what it is")


class DataflowSpec(SpecModel):
    """A named set of rules; what they do not restrict is free."""

    noun: ClassVar[str] = "dataflow"
    kind: Literal["dataflow"]
    name: Name
    title: Text | None = Field(None, description="as tables show it; left out: the name")
    source: Text | None = None
    assumed: Text | None = None
    rules: list[RuleSpec] = Field(max_length=1000, description="they add up")
