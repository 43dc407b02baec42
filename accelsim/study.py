"""Studies: YAML -> named rows of (machine, dataflow, accounting) to be compared.

Names only; whoever runs a study reads the specs that they stand for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from accelsim import shipped
from accelsim.errors import Problem
from accelsim.specs.fields import IT, Name, Parameter, Text, one_of, quoted, refuse, suggestion
from accelsim.specs.join import Faults, SpecModel, check_kind, validate
from accelsim.specs.references import (
    open_spec,
    parameters_of,
    parse_reference,
    pattern_problems,
    seen_from,
)
from accelsim.yamldoc import Document


@dataclass(frozen=True, slots=True)
class Row:
    """One contender of a study."""

    label: str
    architecture: str
    dataflows: tuple[str, ...]
    accounting: str = "default"
    technology: str = ""
    """Empty: the machine's own."""
    source: str = ""
    """Empty: the study's."""


@dataclass(frozen=True)
class Study:
    """Contenders with what they have in common."""

    name: str
    title: str
    rows: tuple[Row, ...]
    source: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    assumptions: tuple[str, ...] = ()


def _names(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, str) or not item.strip():
            refuse(f"{IT} must be a name or a list of names, not {quoted(item)}")
    return tuple(items)


Names = Annotated[
    tuple[str, ...],
    PlainValidator(_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class RowSpec(SpecModel):
    """One contender; `{parameter}` in a name is replaced by its value."""

    noun: ClassVar[str] = "row"
    name_keys: ClassVar[tuple[str, ...]] = ("label",)
    label: Text = Field(description="as tables and figures show it")
    architecture: Text = Field(
        description="a machine: a name, or a path relative to this file, with parameters"
    )
    dataflow: Names = Field((), description="one dataflow or several, which add up")
    accounting: Text = Field("default", description="an accounting")
    technology: Text | None = Field(None, description="an energy table; left out: the machine's")
    source: Text | None = None


class StudySpec(SpecModel):
    """Contenders to be compared on one workload."""

    noun: ClassVar[str] = "study"
    kind: Literal["study"]
    name: Name
    title: Text | None = Field(None, description="one line for lists")
    source: Text | None = None
    assumed: Text | None = None
    parameters: dict[Name, Parameter] = Field(
        default_factory=dict, description="whole numbers that names may use as {parameter}"
    )
    rows: list[RowSpec] = Field(min_length=1, max_length=1000)


def read_study(name_or_path: str | Path) -> Study:
    """Read a study; ``NAME:pes=512`` changes a parameter.

    Paths in the file are relative to it; the record holds them as seen from here.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    reference = parse_reference(name_or_path)
    document = open_spec("study", reference)
    check_kind(document, "study")
    problems = [*pattern_problems(document, reference), *_placeholder_problems(document)]
    faults = Faults(document, problems)
    spec = validate(StudySpec, faults)
    if spec is None or faults:
        raise faults.error()

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(spec.parameters[found[1]]), text)

    folder = shipped.find("study", reference.name).parent

    def named(text: str) -> str:
        return seen_from(filled(text), folder, Path())

    rows = tuple(
        Row(
            label=filled(row.label),
            architecture=named(row.architecture),
            dataflows=tuple(map(named, row.dataflow)),
            accounting=named(row.accounting),
            technology=named(row.technology or ""),
            source=row.source or "",
        )
        for row in spec.rows
    )
    labels = [row.label for row in rows]
    for index, label in enumerate(labels):
        if label in labels[:index]:
            where = document.where(("rows", index, "label"))
            faults.problems.append(Problem(f"two rows are called '{label}'", where))
    if faults:
        raise faults.error()
    return Study(
        name=spec.name,
        title=spec.title or spec.name,
        rows=rows,
        source=spec.source or "",
        parameters=tuple(spec.parameters.items()),
        assumptions=(spec.assumed,) if spec.assumed else (),
    )


def _placeholder_problems(document: Document) -> list[Problem]:
    """Return a problem for every ``{name}`` in a row that no parameter fills."""
    known = list(parameters_of(document).parameters)
    rows = document.node(("rows",))
    problems = []
    for index, row in enumerate(rows.value if rows and isinstance(rows.value, list) else []):
        for key, node in row.value.items() if isinstance(row.value, dict) else ():
            if key == "source" or not isinstance(node.value, str):
                continue
            for name in re.findall(r"\{(\w+)\}", node.value):
                if name not in known:
                    problems.append(
                        Problem(
                            f"unknown parameter '{name}' in '{node.value}'",
                            document.where(("rows", index, key)),
                            expected=one_of(known),
                            hint=suggestion(name, known),
                        )
                    )
    return problems
