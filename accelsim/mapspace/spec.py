"""Dataflow specs: YAML -> :class:`~accelsim.mapspace.records.Dataflow`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accelsim.arch.rule_spec import rules_of
from accelsim.errors import Problem
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.schema import DataflowSpec
from accelsim.specs.join import Faults, check_kind, validate
from accelsim.specs.references import open_spec, parse_reference, pattern_problems
from accelsim.yamldoc import Document


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
    rules = rules_of(spec.rules if spec else None, document, "rules", faults)
    if spec is None or faults:
        raise faults.error()
    assumptions = [spec.assumed] if spec.assumed else []
    assumptions += [f"{rule.at}: {rule.assumed}" for rule in spec.rules if rule.assumed]
    return Dataflow(
        name=spec.name,
        title=spec.title or spec.name,
        rules=rules,
        source=spec.source or "",
        assumptions=tuple(assumptions),
    )
