"""Rules as files write them: the pydantic model, and the record that is made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar, get_args

from pydantic import Field, PlainValidator, WithJsonSchema

from accelsim.arch.rules import OTHER_DIMS, Axis, Limit, Rule
from accelsim.errors import Problem
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
from accelsim.specs.join import Faults, SpecModel, validate_part
from accelsim.yamldoc import Document, Keys

AXES: tuple[Axis, ...] = get_args(Axis)

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
        if item == OTHER_DIMS and items == [OTHER_DIMS]:
            continue
        if not isinstance(item, str) or not re.fullmatch(r"[A-Za-z]\w*", item):
            expected = "dims, or lists of dims, as [[M, C], Q], or '*' for all others"
            refuse(f"{quoted(item)} is not a dim", expected)
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
        default_factory=list,
        description="groups of dims, outermost first; others are free, `*` is all others",
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


def rules_of(
    specs: Sequence[RuleSpec] | None, document: Document, key: str, faults: Faults
) -> tuple[Rule, ...]:
    """Return the rules of a list in a document; what is wrong with them goes to ``faults``.

    Parameters
    ----------
    specs : the list, where the document as a whole is valid
    """
    for index, _ in faults.intact_items(key):
        keys: Keys = (key, index)
        rule = specs[index] if specs is not None else validate_part(RuleSpec, document, keys)
        if isinstance(rule, RuleSpec):
            faults.problems += _rule_problems(rule, document, keys)
    return tuple(map(_rule, specs or ()))


def _rule(spec: RuleSpec) -> Rule:
    axis = next((axis for axis in AXES if getattr(spec, axis) is not None), None)
    limits = getattr(spec, axis) if axis else {}
    return Rule(
        at=spec.at,
        axis=axis,
        limits=tuple(limits.items()),
        others_free=spec.others is not False,
        order=tuple(spec.order),
        keep=None if spec.keep is None else frozenset(spec.keep),
        may_keep=None if spec.may_keep is None else frozenset(spec.may_keep),
        tile=tuple(spec.tile.items()),
        required=spec.required,
        because=spec.because or "",
        source=spec.source or "",
    )


def _rule_problems(spec: RuleSpec, document: Document, keys: Keys) -> list[Problem]:
    problems: list[Problem] = []

    def fault(key: str, what: str, expected: str = "") -> None:
        at = document.where_key((*keys, key)) if key else document.where(keys)
        problems.append(Problem(what, at, expected=expected))

    stated = [axis for axis in AXES if getattr(spec, axis) is not None]
    for axis in stated[1:]:
        fault(
            axis,
            f"a rule with '{stated[0]}' and '{axis}'",
            "at most one of temporal, spatial, spatial_x, spatial_y in a rule",
        )
    if spec.others is not None and not stated:
        fault("others", "'others' without limits", "temporal, spatial, spatial_x or spatial_y")
    listed: set[str] = set()
    for group in spec.order:
        for dim in group:
            if dim in listed:
                fault("order", f"dim '{dim}' is twice in 'order'")
            listed.add(dim)
    says = (spec.keep, spec.may_keep, *(getattr(spec, axis) for axis in AXES))
    if all(part is None for part in says) and not (spec.order or spec.tile):
        fault("", f"the rule at '{spec.at}' restricts nothing")
    return problems
