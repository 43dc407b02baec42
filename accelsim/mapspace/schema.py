"""What a dataflow file may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from accelsim.arch.rule_spec import RuleSpec
from accelsim.specs.fields import Name, Text
from accelsim.specs.join import SpecModel


class DataflowSpec(SpecModel):
    """A named set of rules; what they do not restrict is free."""

    noun: ClassVar[str] = "dataflow"
    kind: Literal["dataflow"]
    name: Name
    title: Text | None = Field(None, description="as tables show it; left out: the name")
    source: Text | None = None
    assumed: Text | None = None
    rules: list[RuleSpec] = Field(max_length=1000, description="they add up")
