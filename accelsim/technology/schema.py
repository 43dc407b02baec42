"""What energy tables and accountings may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema

from accelsim import units
from accelsim.conventions import WORDS
from accelsim.specs.fields import (
    Name,
    Number,
    Text,
    Words,
    choice,
    quoted,
    read_quantity,
    refuse,
)
from accelsim.specs.join import SpecModel
from accelsim.units import Quantity

UNITS = ("MAC", "pJ")


def _energy(value: object) -> float | Quantity:
    """Read a number in the table's unit, or a quantity with a unit of its own."""
    if isinstance(value, str):
        return read_quantity(value, units.ENERGY, {})
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(f"{quoted(value)} is not an energy", "a number in the table's unit")
    if value < 0:
        refuse(f"an energy of {value:g}", "a number of at least 0")
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


class PriceSpec(SpecModel):
    """A price with a source of its own."""

    noun: ClassVar[str] = "price"
    energy: Energy = Field(description="per word (or operation), in the table's unit")
    source: Text | None = Field(None, description="where the number comes from")
    assumed: Text | None = Field(None, description="why a number without a source is what it is")


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
                        "source": {"type": "string"},
                        "assumed": {"type": "string"},
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
    prices: dict[Name, dict[str, Price]] = Field(
        description="component -> action -> energy; `access` stands for read, fill, update, drain",
        min_length=1,
    )


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
