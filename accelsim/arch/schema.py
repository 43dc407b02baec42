"""What an architecture file may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from accelsim import shipped
from accelsim.arch.records import EVERY_DIM, NETWORKS, PACKINGS
from accelsim.arch.rule_spec import RuleSpec
from accelsim.roles import ROLES
from accelsim.specs.fields import (
    IT,
    Area,
    Bandwidth,
    Density,
    Flag,
    Frequency,
    Lanes,
    Latency,
    Name,
    Parameter,
    Power,
    Price,
    RoleName,
    Size,
    Small,
    Text,
    Words,
    choice,
    dim_name,
    quoted,
    refuse,
)
from accelsim.specs.join import SpecModel
from accelsim.specs.zeros import FormatOf, Operand


def _no_file(value: object) -> object:
    if isinstance(value, str) and shipped.is_path(value):
        refuse(
            f"{quoted(value)} is a file; a machine names a shipped energy table",
            hint=f"leave it out, and give the file with each call: --technology {value}",
        )
    return value


TableName = Annotated[Name, BeforeValidator(_no_file)]
Packing = Annotated[
    str,
    PlainValidator(choice("packing", PACKINGS)),
    WithJsonSchema({"type": "string", "enum": list(PACKINGS)}),
]


def _forwarded(value: object) -> frozenset[str]:
    """Read the dims along which words are passed on."""
    if value == "all":
        return EVERY_DIM
    if not isinstance(value, list) or not value:
        refuse(f"{IT} must be a list of dims, not {quoted(value)}", "a list as [P, Q], or `all`")
    return frozenset(map(dim_name, value))


Forwarded = Annotated[
    frozenset[str],
    PlainValidator(_forwarded),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {"type": "string", "enum": ["all"]},
            ]
        }
    ),
]

NetworkName = Annotated[
    str,
    PlainValidator(choice("network", NETWORKS)),
    WithJsonSchema({"type": "string", "enum": list(NETWORKS)}),
]


class MemoryEnergy(SpecModel):
    """Energy per word, in the unit of the machine's energy table."""

    noun: ClassVar[str] = "energy"
    read: Price | None = Field(None, description="a word read toward the children")
    first_read: Price | None = Field(None, description="a read of a sum that starts from zero")
    update: Price | None = Field(None, description="a word written back by the children")
    fill: Price | None = Field(None, description="a word written by the parent")
    drain: Price | None = Field(None, description="a word read to be sent to the parent")
    access: Price | None = Field(None, description="each of read, fill, update and drain")
    address: Price | None = Field(None, description="an address generated, whatever the word")
    gated: Price | None = Field(None, description="a read or update that is switched off")
    width: Words | None = Field(None, description="word that they are for; left out: the table's")


class FanoutEnergy(SpecModel):
    """Energy per word, in the unit of the machine's energy table."""

    noun: ClassVar[str] = "energy"
    deliver: Price | None = Field(None, description="a word arriving just inside")
    collect: Price | None = Field(None, description="a sum leaving upward")
    reduce: Price | None = Field(None, description="a sum added to another on the way up")
    hop: Price | None = Field(None, description="a word over one hop of the `network`")
    route: Price | None = Field(None, description="a word through one router of the `network`")


class ComputeEnergy(SpecModel):
    """Energy per operation, in the unit of the machine's energy table."""

    noun: ClassVar[str] = "energy"
    mac: Price | None = Field(None, description="a multiply-accumulate")
    alu: Price | None = Field(None, description="a comparison or an addition")
    gated: Price | None = Field(None, description="a multiply-accumulate that is switched off")


class LevelModel(SpecModel):
    """What every level has."""

    noun_of_union: ClassVar[str] = "level"
    source: Text | None = Field(None, description="where the numbers come from")
    assumed: Text | None = Field(None, description="why a number without a source is what it is")


class PortSpec(SpecModel):
    """A port of a memory that only some movements of some tensors pass."""

    noun: ClassVar[str] = "port"
    bandwidth: Bandwidth = Field(description="of one instance's port")
    read: list[RoleName] = Field(
        default_factory=list, description="tensors read for what is inside"
    )
    drain: list[RoleName] = Field(
        default_factory=list, description="tensors whose sums leave for what is outside"
    )
    fill: list[RoleName] = Field(
        default_factory=list, description="tensors written from what is outside"
    )
    update: list[RoleName] = Field(
        default_factory=list, description="tensors whose sums arrive from what is inside"
    )


class HardwareSpec(LevelModel):
    """A memory as a piece of hardware; each instance is alike."""

    component: Name = Field(description="class under which an energy table prices it")
    size: Size | None = Field(None, description="capacity of one instance; left out: unlimited")
    word: Words | None = Field(None, description="width of a word; left out: the machine's")
    block: Words | None = Field(None, description="width of one physical access")
    widths: dict[RoleName, Small] = Field(
        default_factory=dict, description="bits per value held here; left out: the layer's"
    )
    packing: Packing = Field(
        "dense", description="dense: values across words; lanes: words in equal lanes of one value"
    )
    format: dict[RoleName, FormatOf] = Field(
        default_factory=dict, description="compressed formats held here; left out: uncompressed"
    )
    densities: dict[RoleName, Density] = Field(
        default_factory=dict, description="densities of what is held here; left out: the layer's"
    )
    gating: dict[RoleName, list[Operand]] = Field(
        default_factory=dict,
        description="tensor -> operands where a zero switches its accesses off",
    )
    skipping: dict[RoleName, list[Operand]] = Field(
        default_factory=dict,
        description="tensor -> operands where a zero leaves its accesses out",
    )
    buffering: Small = Field(1, description="1/buffering of the size holds tiles (2: double)")
    read_bandwidth: Bandwidth | None = Field(None, description="of one instance's read port")
    write_bandwidth: Bandwidth | None = Field(None, description="of one instance's write port")
    shared_bandwidth: Bandwidth | None = Field(None, description="of a port for both")
    ports: list[PortSpec] = Field(
        default_factory=list, description="ports that only some movements pass"
    )
    overlap: Flag = Field(True, description="whether transfers hide behind compute")
    energy: MemoryEnergy | None = Field(None, description="prices that win over the table's")
    leakage: Power | None = Field(None, description="static power of one instance")
    gates_unused: Flag = Field(False, description="whether unused instances leak nothing")
    area: Area | None = Field(None, description="of one instance")
    keep: list[RoleName] = Field(default_factory=list, description="tensors kept here, always")
    may_keep: list[RoleName] = Field(
        default_factory=list, description="tensors kept here if the mapper wants to"
    )


class PlaceSpec(SpecModel):
    """One of several places that share one memory."""

    noun: ClassVar[str] = "place"
    name_keys: ClassVar[tuple[str, ...]] = ("place",)
    place: Name
    keep: list[RoleName] = Field(default_factory=list)
    may_keep: list[RoleName] = Field(default_factory=list)


class MemorySpec(HardwareSpec):
    """A memory that is a level of its own."""

    tag: ClassVar[str] = "<memory>"
    noun: ClassVar[str] = "memory"
    name_keys: ClassVar[tuple[str, ...]] = ("memory",)
    memory: Name = Field(description="its name, by which overrides and results know it")
    places: list[PlaceSpec] | None = Field(
        None, min_length=1, description="the memory as several places, outermost first"
    )


class PrivateMemorySpec(HardwareSpec):
    """A memory beside others of the same level."""

    noun: ClassVar[str] = "memory"
    name_keys: ClassVar[tuple[str, ...]] = ("memory",)
    memory: Name


class SideBySideSpec(LevelModel):
    """Memories side by side: one place, a tensor in at most one of them."""

    tag: ClassVar[str] = "<side_by_side>"
    noun: ClassVar[str] = "level"
    name_keys: ClassVar[tuple[str, ...]] = ("side_by_side",)
    side_by_side: Name = Field(description="name of the place")
    memories: list[PrivateMemorySpec] = Field(min_length=1)


class PartSpec(SpecModel):
    """A part of an array: consecutive parts share its lanes."""

    noun: ClassVar[str] = "part"
    name_keys: ClassVar[tuple[str, ...]] = ("fanout",)
    fanout: Name
    component: Name | None = Field(None, description="left out: the array's")
    multicast: list[RoleName] | None = Field(None, description="left out: the array's")
    reduces: Flag | None = Field(None, description="left out: the array's")
    forwards: dict[RoleName, Forwarded] | None = Field(None, description="left out: the array's")
    bandwidth: Bandwidth | None = Field(None, description="left out: the array's")
    energy: FanoutEnergy | None = Field(None, description="left out: the array's")
    source: Text | None = None
    assumed: Text | None = None


class FanoutSpec(LevelModel):
    """An array of children with the network that feeds them."""

    tag: ClassVar[str] = "<fanout>"
    noun: ClassVar[str] = "fanout"
    name_keys: ClassVar[tuple[str, ...]] = ("fanout",)
    fanout: Name
    component: Name = Field(description="class under which an energy table prices it")
    mesh_x: Lanes = Field(description="children along x")
    mesh_y: Lanes = Field(1, description="children along y")
    multicast: list[RoleName] = Field(
        default_factory=lambda: list(ROLES),
        description="tensors of which one read can serve many children; left out: all",
    )
    reduces: Flag = Field(True, description="whether partial sums are added on the way up")
    forwards: dict[RoleName, Forwarded] = Field(
        default_factory=dict,
        description="tensor -> dims along whose lanes neighbours pass its words on, or `all`",
    )
    bandwidth: Bandwidth | None = Field(None, description="through the network below one parent")
    network: NetworkName | None = Field(
        None, description="model by which words make hops; left out: hops cost nothing"
    )
    sums_return: Flag = Field(
        True, description="whether sums come back over the `network` to be added to"
    )
    fill_cycles: Latency = Field(0, description="latency before the first word, once a layer")
    drain_cycles: Latency = Field(0, description="latency after the last word, once a layer")
    widths: dict[RoleName, Small] = Field(
        default_factory=dict, description="bits per value on the way; left out: the layer's"
    )
    format: dict[RoleName, FormatOf] = Field(
        default_factory=dict, description="compressed formats on the way; left out: uncompressed"
    )
    densities: dict[RoleName, Density] = Field(
        default_factory=dict, description="densities on the way; left out: the layer's"
    )
    energy: FanoutEnergy | None = Field(None, description="prices that win over the table's")
    parts: list[PartSpec] | None = Field(
        None, min_length=1, description="the array as several fanouts, outermost first"
    )


class ComputeSpec(LevelModel):
    """What does the operations."""

    tag: ClassVar[str] = "<compute>"
    noun: ClassVar[str] = "compute"
    name_keys: ClassVar[tuple[str, ...]] = ("compute",)
    compute: Name
    component: Name = Field(description="class under which an energy table prices it")
    ops_per_cycle: Lanes = Field(1, description="operations of one instance per cycle")
    gating: list[Operand] = Field(
        default_factory=list, description="operands where a zero switches multiplications off"
    )
    skipping: list[Operand] = Field(
        default_factory=list, description="operands where a zero leaves multiplications out"
    )
    energy: ComputeEnergy | None = Field(None, description="prices that win over the table's")
    area: Area | None = Field(None, description="of one instance")


def level_tag(value: object) -> str | None:
    """Return the tag of the model that describes a raw level, or of the model itself."""
    if isinstance(value, LevelModel):
        return value.tag
    if isinstance(value, dict):
        for key in ("memory", "fanout", "side_by_side", "compute"):
            if key in value:
                return f"<{key}>"
    return None


LevelSpec = Annotated[
    Annotated[MemorySpec, Tag("<memory>")]
    | Annotated[FanoutSpec, Tag("<fanout>")]
    | Annotated[SideBySideSpec, Tag("<side_by_side>")]
    | Annotated[ComputeSpec, Tag("<compute>")],
    Discriminator(level_tag),
]


class ArchitectureSpec(SpecModel):
    """A machine: its levels from the outermost memory to the compute."""

    noun: ClassVar[str] = "architecture"
    kind: Literal["architecture"]
    name: Name
    title: Text | None = Field(None, description="one line for lists")
    source: Text | None = Field(None, description="where the machine is described")
    assumed: Text | None = None
    technology: TableName | None = Field(None, description="name of a shipped energy table")
    clock: Frequency | None = Field(None, description="left out: 1 GHz, listed as an assumption")
    word: Words | None = Field(None, description="width of a word; left out: 16 b")
    parameters: dict[Name, Parameter] = Field(
        default_factory=dict, description="whole numbers that expressions may use"
    )
    assumptions: list[Text] = Field(default_factory=list, description="listed with each result")
    constraints: list[RuleSpec] = Field(
        default_factory=list,
        max_length=1000,
        description="rules that every mapping keeps to, as those of a dataflow",
    )
    search_constraints: list[RuleSpec] = Field(
        default_factory=list,
        max_length=1000,
        description="rules of searches; a mapping that is given may break them",
    )
    levels: list[LevelSpec] = Field(min_length=2, max_length=100, description="outermost first")
