"""Dataflow specs: YAML -> :class:`~accelsim.mapspace.records.Dataflow`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from accelsim.errors import Problem
from accelsim.mapspace.records import Axis, Dataflow, Rule
from accelsim.mapspace.schema import DataflowSpec, RuleSpec
from accelsim.specs.join import Faults, check_kind, validate, validate_part
from accelsim.specs.references import open_spec, parse_reference, pattern_problems
from accelsim.yamldoc import Document, Keys

AXES: tuple[Axis, ...] = get_args(Axis)


def read_dataflow(name_or_path: str | Path) -> Dataflow:
    """Read a set of rules.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    reference = parse_reference(name_or_path)
    document = open_spec("dataflow", reference)
    return dataflow_of(document, pattern_problems(document, reference))


def dataflow_of(document: Document, problems: Sequence[Problem] = ()) -> Dataflow:
    """Return the rules of a document; ``problems`` are what is known to be wrong with it.

    Raises
    ------
    SpecError
        With every problem of the document.
    """
    check_kind(document, "dataflow")
    faults = Faults(document, [*problems])
    spec = validate(DataflowSpec, faults)
    for index, _ in faults.intact_items("rules"):
        keys: Keys = ("rules", index)
        rule = spec.rules[index] if spec else validate_part(RuleSpec, document, keys)
        if isinstance(rule, RuleSpec):
            faults.problems += _rule_problems(rule, document, keys)
    if spec is None or faults:
        raise faults.error()
    assumptions = [spec.assumed] if spec.assumed else []
    assumptions += [f"{rule.at}: {rule.assumed}" for rule in spec.rules if rule.assumed]
    return Dataflow(
        name=spec.name,
        title=spec.title or spec.name,
        rules=tuple(_rule(rule) for rule in spec.rules),
        source=spec.source or "",
        assumptions=tuple(assumptions),
    )


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
