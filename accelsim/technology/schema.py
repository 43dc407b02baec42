"""What energy tables and accountings may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema

from accelsim import units
from accelsim.conventions import WORDS
from accelsim.specs.fields import (
    FINITE,
    IT,
    Area,
    Name,
    Number,
    Size,
    Text,
    Words,
    choice,
    finite_number,
    quoted,
    read_quantity,
    refuse,
)
from accelsim.specs.join import SpecModel
from accelsim.technology.estimators.curves import ENDS
from accelsim.units import Quantity

UNITS = ("MAC", "pJ")

LABELS = ("verified", "derived", "from_memory")
"""How well a number is known: read in its source, computed from such numbers, only remembered."""


def _energy(value: object) -> float | Quantity:
    """Read a number in the table's unit, or a quantity with a unit of its own."""
    if isinstance(value, str):
        return read_quantity(value, units.ENERGY, {})
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(f"{quoted(value)} is not an energy", "a number in the table's unit")
    if not 0 <= value <= units.MOST:
        refuse(f"an energy of {value:g}", FINITE if value > 0 else "a number of at least 0")
    return float(value)


Energy = Annotated[
    float | Quantity,
    PlainValidator(_energy),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "description": "an energy with its unit", "examples": ["2 pJ"]},
            ]
        }
    ),
]


def _node(value: object) -> float:
    """Read a process node."""
    nanometres = finite_number(value)
    if nanometres == 0:
        refuse(f"{IT} is 0", "a node in nm, above 0")
    return nanometres


Node = Annotated[
    float,
    PlainValidator(_node),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]


Label = Annotated[
    str,
    PlainValidator(choice("label", LABELS)),
    WithJsonSchema({"type": "string", "enum": list(LABELS)}),
]

End = Annotated[
    str,
    PlainValidator(choice("end", ENDS)),
    WithJsonSchema({"type": "string", "enum": list(ENDS)}),
]


class SourcedSpec(SpecModel):
    """A number, or several, with a source."""

    source: Text | None = Field(None, description="where the number comes from")
    assumed: Text | None = Field(None, description="why a number without a source is what it is")
    label: Label | None = Field(None, description="how well it is known; from_memory: assumed")


class PriceSpec(SourcedSpec):
    """A price with a source of its own."""

    noun: ClassVar[str] = "price"
    energy: Energy = Field(description="per word (or operation), in the table's unit")
    width: Words | None = Field(None, description="that it is for; left out: the table's word")


def _price(value: object, info: ValidationInfo) -> PriceSpec:
    data = value if isinstance(value, dict) else {"energy": value}
    return PriceSpec.model_validate(data, context=info.context)


Price = Annotated[
    PriceSpec,
    PlainValidator(_price),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "examples": ["2 pJ"]},
                {
                    "type": "object",
                    "properties": {
                        "energy": {"type": ["number", "string"]},
                        "width": {"type": "string"},
                        "source": {"type": "string"},
                        "assumed": {"type": "string"},
                        "label": {"type": "string", "enum": list(LABELS)},
                    },
                    "required": ["energy"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]

Unit = Annotated[
    str,
    PlainValidator(choice("unit", UNITS)),
    WithJsonSchema({"type": "string", "enum": list(UNITS)}),
]


def _word_of(convention: str) -> tuple[PlainValidator, WithJsonSchema]:
    """Return what reads one of a convention's words."""
    words = WORDS[convention]
    return PlainValidator(choice("word", words)), WithJsonSchema(
        {"type": "string", "enum": list(words)}
    )


Reuse = Annotated[str, *_word_of("reuse")]
Multicast = Annotated[str, *_word_of("multicast")]
Tiles = Annotated[str, *_word_of("tiles")]
Returns = Annotated[str, *_word_of("returns")]
FirstReads = Annotated[str, *_word_of("first_reads")]
Blocks = Annotated[str, *_word_of("blocks")]
Drains = Annotated[str, *_word_of("drains")]
Leakage = Annotated[str, *_word_of("leakage")]


class PointSpec(SourcedSpec):
    """A point of a curve of energies."""

    noun: ClassVar[str] = "point"
    size: Size = Field(description="of one instance")
    energy: Energy = Field(description="per word, in the table's unit")


class CurveSpec(SourcedSpec):
    """Energy as a function of size: straight lines between points."""

    noun: ClassVar[str] = "curve"
    points: list[PointSpec] = Field(min_length=2, max_length=1000, description="in order of size")
    width: Words | None = Field(None, description="that it is for; left out: the table's word")
    below: End = Field("refused", description="smaller sizes: refused or extrapolated")
    above: End = Field("refused", description="larger sizes: refused or extrapolated")


class AreaPointSpec(SourcedSpec):
    """A point of a curve of areas."""

    noun: ClassVar[str] = "point"
    size: Size = Field(description="of one instance")
    area: Area


class AreaSpec(SourcedSpec):
    """The area of one instance: a number, or straight lines between points."""

    noun: ClassVar[str] = "area"
    area: Area | None = Field(None, description="of an instance of any size")
    points: list[AreaPointSpec] | None = Field(
        None, min_length=2, max_length=1000, description="in order of size"
    )
    below: End = Field("refused", description="smaller sizes: refused or extrapolated")
    above: End = Field("refused", description="larger sizes: refused or extrapolated")


class MacPartsSpec(SpecModel):
    """An operation by bit widths: a multiplier (quadratic) and an adder (linear)."""

    noun: ClassVar[str] = "operation"
    multiplier: Price = Field(description="one product; `width` is that of both operands")
    adder: Price = Field(description="one addition; `width` is that of the sum")


class CompoundPartSpec(SpecModel):
    """A part of a compound component."""

    noun: ClassVar[str] = "part"
    component: Name = Field(description="class that this table prices")
    width: Words | None = Field(None, description="of its own, as of an address generator")
    size: Size | None = Field(None, description="of its own; left out: that of the whole")


class CompoundSpec(SourcedSpec):
    """A component made of others."""

    noun: ClassVar[str] = "compound"
    parts: dict[Name, CompoundPartSpec] = Field(min_length=1)
    actions: dict[str, dict[str, Number]] = Field(
        min_length=1, description="action -> part.action -> how often"
    )


class NodePointSpec(SpecModel):
    """The energy of one circuit at one node."""

    noun: ClassVar[str] = "node"
    nm: Node = Field(description="the node in nm")
    energy: Number = Field(description="in any unit")


class ScalingSpec(SourcedSpec):
    """Another table, at another process node."""

    noun: ClassVar[str] = "scaling"
    table: Text = Field(description="name or path of the other table")
    to_nm: Node = Field(description="the node wanted; the other table says its own")
    energies: list[NodePointSpec] = Field(
        min_length=2, description="of one circuit that all scale as, in order of nodes"
    )
    unscaled: list[Name] = Field(default_factory=list, description="components that stay")


class AccelergySpec(SpecModel):
    """Tables that Accelergy wrote."""

    noun: ClassVar[str] = "accelergy"
    ert: Text = Field(description="path of the energy reference table, seen from this file")
    art: Text | None = Field(None, description="path of the area reference table")


class TechnologySpec(SpecModel):
    """Energy per action, by class of component."""

    noun: ClassVar[str] = "technology"
    kind: Literal["technology"]
    name: Name
    title: Text | None = Field(None, description="one line for lists")
    unit: Unit = Field(description="pJ, or MAC: relative to one multiply-accumulate")
    word: Words | None = Field(None, description="width that the prices are for; left out: 16 b")
    source: Text | None = Field(None, description="where prices without a source come from")
    assumed: Text | None = None
    node_nm: Node | None = Field(None, description="process node of the prices, for scaling")
    prices: dict[Name, dict[str, Price]] = Field(
        default_factory=dict,
        description="component -> action -> energy; `access` stands for read, fill, update, drain",
    )
    curves: dict[Name, dict[str, CurveSpec]] = Field(
        default_factory=dict, description="component -> action -> energy as a function of size"
    )
    macs: dict[Name, dict[str, MacPartsSpec]] = Field(
        default_factory=dict, description="component -> operation -> energy by bit widths"
    )
    compounds: dict[Name, CompoundSpec] = Field(
        default_factory=dict, description="components made of others of this table"
    )
    areas: dict[Name, AreaSpec] = Field(default_factory=dict, description="component -> area")
    scaling: ScalingSpec | None = Field(
        None, description="start from another table at another node"
    )
    accelergy: AccelergySpec | None = Field(None, description="start from Accelergy's tables")


class ConventionsSpec(SpecModel):
    """How movement is counted."""

    noun: ClassVar[str] = "convention"
    reuse: Reuse = Field("window", description="what stays as a tile moves on")
    multicast: Multicast = Field("distinct", description="which words lanes read together")
    tiles: Tiles = Field("exact", description="the words touched, or the box around them")
    returns: Returns = Field("one", description="how many of a group's lanes get a sum back")
    first_reads: FirstReads = Field("elided", description="reads of sums that start from zero")
    blocks: Blocks = Field("visit", description="where accesses are rounded up to blocks")
    drains: Drains = Field("charged", description="reads of sums that leave for the parent")
    leakage: Leakage = Field("built", description="which instances leak")


class AccountingSpec(SpecModel):
    """How movement is counted, and which counted actions are charged."""

    noun: ClassVar[str] = "accounting"
    kind: Literal["accounting"]
    name: Name
    title: Text | None = Field(None, description="one line for lists")
    source: Text | None = None
    assumed: Text | None = None
    weights: dict[Name, dict[str, Number]] = Field(
        default_factory=dict,
        description="component -> action (or action.Role) -> factor on its price; else 1",
    )
    conventions: ConventionsSpec = Field(
        default_factory=lambda: ConventionsSpec.model_validate({}),
        description="how movement is counted; left out: as accounting default",
    )
