"""JSON Schema of every kind of spec, for editors."""

from __future__ import annotations

from typing import Any

from accelsim.arch.schema import ArchitectureSpec
from accelsim.errors import Problem, UsageError
from accelsim.mapping.schema import MappingSpec
from accelsim.mapspace.schema import DataflowSpec
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import SpecModel
from accelsim.study import StudySpec
from accelsim.technology.schema import AccountingSpec, TechnologySpec
from accelsim.workload.schema import WorkloadSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[str, type[SpecModel]] = {
    "architecture": ArchitectureSpec,
    "workload": WorkloadSpec,
    "mapping": MappingSpec,
    "dataflow": DataflowSpec,
    "study": StudySpec,
    "technology": TechnologySpec,
    "accounting": AccountingSpec,
}
"""Kind of spec -> the model that reads it."""


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of spec.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    if kind not in MODELS:
        raise UsageError(
            Problem(
                f"no kind '{kind}' of spec",
                got=kind,
                expected=one_of(MODELS),
                hint=suggestion(kind, MODELS),
            )
        )
    described = _plain(MODELS[kind].model_json_schema())
    assert isinstance(described, dict)
    return {"$schema": DIALECT, **described, "title": f"accelsim {kind}"}


def _plain(part: Any) -> Any:
    """Drop what only Python knows: that an absent value is None, and titles made from names."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if not (key == "default" and value is None)}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    choices = kept.get("anyOf", [])
    if {"type": "null"} in choices:
        choices = [choice for choice in choices if choice != {"type": "null"}]
        del kept["anyOf"]
        kept = {**(choices[0] if len(choices) == 1 else {"anyOf": choices}), **kept}
    return {key: _plain(value) for key, value in kept.items()}
