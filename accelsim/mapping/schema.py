"""What a mapping file may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from accelsim.mapping.records import Loop
from accelsim.specs.fields import Flag, Text, quoted, refuse
from accelsim.specs.join import SpecModel

_LOOP = re.compile(r"([A-Za-z]\w*)\s+([1-9]\d{0,12})")


def _loop(value: object) -> Loop:
    found = _LOOP.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        refuse(f"{quoted(value)} is not a loop", "a dim and a bound of at least 1, as 'M 4'")
    return Loop(found[1], int(found[2]))


LoopField = Annotated[
    Loop,
    PlainValidator(_loop),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z]\w* +[1-9]\d*$", "examples": ["M 4"]}),
]


class StepModel(SpecModel):
    """A place or a fanout, with its loops."""

    noun_of_union: ClassVar[str] = "level"


class BlockSpec(StepModel):
    """A place: temporal loops and the tensors kept."""

    tag: ClassVar[str] = "<place>"
    noun: ClassVar[str] = "place"
    name_keys: ClassVar[tuple[str, ...]] = ("place",)
    place: Text
    loops: list[LoopField] = Field(default_factory=list, description="outermost first")
    keep: list[Text] | None = Field(
        None, description="tensors kept; left out: those that the machine must keep there"
    )


class SpreadSpec(StepModel):
    """A fanout: spatial loops on its two axes."""

    tag: ClassVar[str] = "<fanout>"
    noun: ClassVar[str] = "fanout"
    name_keys: ClassVar[tuple[str, ...]] = ("fanout",)
    fanout: Text
    y: list[LoopField] = Field(default_factory=list, description="outermost first")
    x: list[LoopField] = Field(
        default_factory=list, description="outermost first; they stand inside those on y"
    )


def step_tag(value: object) -> str | None:
    """Return the tag of the model that describes a raw level."""
    if isinstance(value, dict):
        for key in ("place", "fanout"):
            if key in value:
                return f"<{key}>"
    return None


StepSpec = Annotated[
    Annotated[BlockSpec, Tag("<place>")] | Annotated[SpreadSpec, Tag("<fanout>")],
    Discriminator(step_tag),
]


class MappingSpec(SpecModel):
    """Which loops run where, in which order, and which tensors each place keeps."""

    noun: ClassVar[str] = "mapping"
    kind: Literal["mapping"]
    name: Text | None = None
    title: Text | None = Field(None, description="one line for lists")
    source: Text | None = None
    architecture: Text | None = Field(
        None, description="the machine that it is for: a name, or a path relative to this file"
    )
    layer: Text | None = Field(None, description="the layer that it is for, as alexnet:conv3")
    overrides: list[Text] = Field(
        default_factory=list, description="PATH=VALUE that change the machine or the layer"
    )
    remainders: Flag = Field(
        False,
        description="whether factors may multiply to more than a bound, so that last tiles are "
        "short",
    )
    levels: list[StepSpec] = Field(
        max_length=100, description="the machine's order, outermost first"
    )
