"""What a workload file may say: pydantic models, also published as JSON Schema."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag, ValidationInfo, WithJsonSchema

from accelsim.errors import Problem
from accelsim.specs.fields import (
    IT,
    Bound,
    Context,
    DimName,
    LayerName,
    Name,
    Parameter,
    Small,
    Text,
    choice,
    one_of,
    refuse,
    whole_number,
)
from accelsim.specs.join import SpecModel
from accelsim.specs.zeros import DensityOf

SHAPE_NAMES = (
    "conv",
    "depthwise",
    "fc",
    "gemm",
    "bgemm",
    "pool",
    "elementwise",
    "einsum",
)


DIM_ORDER = "BNGMKCPQRS"


def _pair(value: object, info: ValidationInfo) -> tuple[int, int]:
    parameters = info.context.parameters if isinstance(info.context, Context) else {}
    items = value if isinstance(value, list) else [value, value]
    if len(items) != 2:
        refuse(f"{IT} has {len(items)} numbers", "one, or two: [rows, columns]")
    rows, columns = (whole_number(item, parameters) for item in items)
    for number in (rows, columns):
        if not 1 <= number <= 2**20:
            refuse(f"{IT} is {number}", "a whole number from 1 to 2^20")
    return rows, columns


Pair = Annotated[
    tuple[int, int],
    PlainValidator(_pair),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["integer", "string"], "minimum": 1},
                {
                    "type": "array",
                    "items": {"type": ["integer", "string"], "minimum": 1},
                    "minItems": 2,
                    "maxItems": 2,
                },
            ]
        }
    ),
]


def _sources(value: object) -> dict[str, tuple[str, ...]]:
    """Read the sources of a layer: of its inputs, or of each tensor."""
    by_tensor = value if isinstance(value, dict) else {"Inputs": value}
    found = {}
    for tensor, names in by_tensor.items():
        listed = names if isinstance(names, list) else [names]
        if not listed or not all(isinstance(name, str | int) for name in listed):
            refuse(f"{IT} of {tensor} must be a layer or a list of layers", hint=READS_FORM)
        found[str(tensor)] = tuple(str(name) for name in listed)
    if not found:
        refuse(f"{IT} names no layer", READS_FORM)
    return found


READS_FORM = "as conv1, [conv1, conv2] or {Inputs: conv1, Inputs2: conv2}"

_NAMES = [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]

Sources = Annotated[
    dict[str, tuple[str, ...]],
    PlainValidator(_sources),
    WithJsonSchema(
        {"anyOf": [*_NAMES, {"type": "object", "additionalProperties": {"anyOf": _NAMES}}]}
    ),
]


def _staying(value: object) -> dict[str, str]:
    """Read which layers' outputs stay on the chip: names or patterns, and a memory for each."""
    if isinstance(value, dict):
        pairs = [*value.items()]
    else:
        pairs = [(name, None) for name in (value if isinstance(value, list) else [value])]
    for layer, memory in pairs:
        if not isinstance(layer, str | int) or not isinstance(memory, str | None):
            refuse(f"{IT} must name layers", STAYING_FORM)
    return {str(layer): memory or "" for layer, memory in pairs}


STAYING_FORM = "as conv1, [conv1, pool1] or {conv1: glb}"

Staying = Annotated[
    dict[str, str],
    PlainValidator(_staying),
    WithJsonSchema(
        {"anyOf": [*_NAMES, {"type": "object", "additionalProperties": {"type": "string"}}]}
    ),
]

Op = Annotated[
    str,
    PlainValidator(choice("operation", ("mac", "alu"))),
    WithJsonSchema({"type": "string", "enum": ["mac", "alu"]}),
]


class LayerModel(SpecModel):
    """What every layer has."""

    noun: ClassVar[str] = "layer"
    noun_of_union: ClassVar[str] = "layer"
    tag_key: ClassVar[str] = "shape"
    name: LayerName = Field(description="as results and `WORKLOAD:LAYER` know it")
    group: Name | None = Field(None, description="heading under which reports add layers up")
    bits: dict[Name, Small] = Field(
        default_factory=dict,
        description="bits per value, by weights, inputs, outputs or a tensor's name; else 16",
    )
    density: dict[Name, DensityOf] = Field(
        default_factory=dict,
        description="fraction of values that are not zero, or which they are; else 1",
    )
    reads: Sources | None = Field(
        None,
        description=(
            "layers above it, or inputs of the network, whose outputs it reads; several are laid "
            "side by side; if it reads them as several tensors, those of each"
        ),
    )
    source: Text | None = None
    assumed: Text | None = None

    @classmethod
    def dim_names(cls) -> tuple[str, ...]:
        """Return its dims, in the order in which papers name them."""
        return tuple(dim for dim in DIM_ORDER if dim in cls.model_fields)

    @classmethod
    def unknown_key(cls, key: str, within: str) -> Problem:
        dims = cls.dim_names()
        if dims and re.fullmatch(r"[A-Z][A-Z0-9]?", key):
            what = f"shape '{cls.tag.strip('<>')}' has no dim '{key}'"
            return Problem(what, got=key, expected=one_of(dims))
        return super().unknown_key(key, within)


class _Window(LayerModel):
    P: Bound = Field(1, description="output rows")
    Q: Bound = Field(1, description="output columns")
    R: Bound = Field(1, description="filter rows")
    S: Bound = Field(1, description="filter columns")
    stride: Pair = Field((1, 1), description="input rows (and columns) per output row")
    dilation: Pair = Field((1, 1), description="input rows (and columns) per filter row")


class ConvSpec(_Window):
    """Convolution; with G above 1, M and C are per group."""

    tag: ClassVar[str] = "<conv>"
    shape: Literal["conv"]
    N: Bound = Field(1, description="batch")
    G: Bound = Field(1, description="groups")
    M: Bound = Field(1, description="output channels of a group")
    C: Bound = Field(1, description="input channels of a group")


class DepthwiseSpec(_Window):
    """Depthwise convolution: each channel has filters of its own."""

    tag: ClassVar[str] = "<depthwise>"
    shape: Literal["depthwise"]
    N: Bound = Field(1, description="batch")
    G: Bound = Field(1, description="channels")
    M: Bound = Field(1, description="filters of a channel")


class FcSpec(LayerModel):
    """Fully connected layer."""

    tag: ClassVar[str] = "<fc>"
    shape: Literal["fc"]
    N: Bound = Field(1, description="batch")
    M: Bound = Field(1, description="output features")
    C: Bound = Field(1, description="input features")


class GemmSpec(LayerModel):
    """Outputs[M, N] += Weights[M, K] * Inputs[K, N]."""

    tag: ClassVar[str] = "<gemm>"
    shape: Literal["gemm"]
    M: Bound = Field(1, description="output features")
    N: Bound = Field(1, description="batch, pixels or tokens")
    K: Bound = Field(1, description="input features")


class BatchedGemmSpec(LayerModel):
    """Outputs[B, M, N] += Weights[B, M, K] * Inputs[B, K, N]."""

    tag: ClassVar[str] = "<bgemm>"
    shape: Literal["bgemm"]
    B: Bound = Field(1, description="products, e.g. heads")
    M: Bound = 1
    N: Bound = 1
    K: Bound = 1


class PoolSpec(_Window):
    """Pooling: a window of each channel becomes one value."""

    tag: ClassVar[str] = "<pool>"
    shape: Literal["pool"]
    N: Bound = Field(1, description="batch")
    G: Bound = Field(1, description="channels")


class ElementwiseSpec(LayerModel):
    """One operation on values of the same place: an activation, the addition of a residual."""

    tag: ClassVar[str] = "<elementwise>"
    shape: Literal["elementwise"]
    N: Bound = Field(1, description="batch")
    G: Bound = Field(1, description="channels")
    P: Bound = Field(1, description="rows")
    Q: Bound = Field(1, description="columns")
    operands: Small = Field(1, description="tensors read: 1 as softmax, 2 as an addition")


class EinsumSpec(LayerModel):
    """Any einsum with affine indices."""

    tag: ClassVar[str] = "<einsum>"
    shape: Literal["einsum"]
    dims: dict[DimName, Bound] = Field(description="bound of each dim", min_length=1)
    output: Text = Field(description="the tensor that is accumulated, e.g. Z[I, J]")
    inputs: list[Text] = Field(
        min_length=1, description="tensors read, e.g. 'A[I, 2*P + R]' or 'B[K, J] as Weights'"
    )
    op: Op = Field("mac", description="mac, or alu for cheap operations")


def layer_tag(value: object) -> str | None:
    """Return the tag of the model that describes a raw layer."""
    shape = value.get("shape") if isinstance(value, dict) else None
    return f"<{shape}>" if isinstance(shape, str) and shape in SHAPE_NAMES else None


LayerSpec = Annotated[
    Annotated[ConvSpec, Tag("<conv>")]
    | Annotated[DepthwiseSpec, Tag("<depthwise>")]
    | Annotated[FcSpec, Tag("<fc>")]
    | Annotated[GemmSpec, Tag("<gemm>")]
    | Annotated[BatchedGemmSpec, Tag("<bgemm>")]
    | Annotated[PoolSpec, Tag("<pool>")]
    | Annotated[ElementwiseSpec, Tag("<elementwise>")]
    | Annotated[EinsumSpec, Tag("<einsum>")],
    Discriminator(layer_tag),
]


class WorkloadSpec(SpecModel):
    """Layers in the order in which they run."""

    noun: ClassVar[str] = "workload"
    kind: Literal["workload"]
    name: Name
    title: Text | None = Field(None, description="one line for lists")
    source: Text | None = Field(None, description="where the network is described")
    assumed: Text | None = None
    parameters: dict[Name, Parameter] = Field(
        default_factory=dict, description="whole numbers that bounds may use, e.g. batch"
    )
    assumptions: list[Text] = Field(default_factory=list, description="listed with each result")
    bits: dict[Name, Small] = Field(
        default_factory=dict, description="bits per value in all layers; else 16"
    )
    layers: list[LayerSpec] = Field(min_length=1, max_length=2000)
    inputs: dict[LayerName, Bound] = Field(
        default_factory=dict, description="words of each input of the network that layers read"
    )
    outputs: list[LayerName] = Field(
        default_factory=list,
        description="layers whose outputs leave the network; else those that no layer reads",
    )
    stay_on_chip: Staying = Field(
        default_factory=dict,
        description=(
            "layers, by name or pattern, whose outputs stay in a memory on the chip until the last "
            "layer that reads them has run; with the memory's name, or in the outermost that the "
            "machine builds once and that can keep Inputs and Outputs"
        ),
    )
