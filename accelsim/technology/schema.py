"""What energy tables and accountings may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema

from accelsim import units
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


class AccountingSpec(SpecModel):
    """Which counted actions a convention charges."""

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
