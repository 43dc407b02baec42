"""What a reference case may say: the schema ``accelsim-reference-case/1``.

A case holds a problem, a machine, a mapping and what Timeloop reports for them.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

INEXACT = "timeloop_inexact_use_independent_exact_walk"
PREFER_WALKED = "prefer_expected_without_extrapolation"
TRUSTS = ("exact", PREFER_WALKED, INEXACT)

Positive = Annotated[int, Field(ge=1)]
Mesh = tuple[Positive, Positive]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Bandwidth = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Inputs(BaseModel):
    """What is evaluated: an unknown key would be left out of account, and is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Outputs(BaseModel):
    """What is compared: keys beyond these are not."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TensorCase(_Inputs):
    """A tensor; a rank is the sum of its terms, ``[dim, coefficient]``."""

    name: str
    role: Literal["input", "output"]
    ranks: list[list[tuple[str, int]]]


class ProblemCase(_Inputs):
    """What is computed."""

    kind: str = ""
    dims: dict[str, Positive]
    tensors: list[TensorCase] = Field(min_length=2)


class AccessEnergy(_Inputs):
    """Of one physical access, a block."""

    read: NotNegative
    fill: NotNegative
    update: NotNegative


class NetworkCase(_Inputs):
    """What is between a level and the next one inside."""

    energy_pJ_per_hop_per_word: NotNegative
    router_energy_pJ: NotNegative
    multicast: bool = True
    neighbour_links: bool = True
    fill_latency_cycles: Annotated[int, Field(ge=0)] = 0
    drain_latency_cycles: Annotated[int, Field(ge=0)] = 0


class LevelCase(_Inputs):
    """A memory; ``instances`` are those of the chip."""

    name: str
    instances: Positive
    mesh: Mesh
    word_bits: Positive = 16
    capacity_words: Annotated[int, Field(ge=0)] | None
    block_words: Positive = 1
    buffering_factor: Annotated[float, Field(ge=1)] = 1
    energy_pJ_per_block_access: AccessEnergy
    leak_pJ_per_instance_cycle: NotNegative = 0
    address_generation_energy_pJ: NotNegative = 0
    read_bandwidth_words_per_cycle: Bandwidth | None = None
    write_bandwidth_words_per_cycle: Bandwidth | None = None
    shared_bandwidth_words_per_cycle: Bandwidth | None = None
    is_dram: bool
    network_to_child: NetworkCase


class ComputeCase(_Inputs):
    """The multiply-accumulate units."""

    name: str
    instances: Positive
    mesh: Mesh
    energy_pJ_per_op: NotNegative
    word_bits: Positive = 16


class MachineCase(_Inputs):
    """A machine, its levels outermost first."""

    levels: list[LevelCase] = Field(min_length=1)
    compute: ComputeCase

    @property
    def chain(self) -> list[LevelCase | ComputeCase]:
        """The levels and the compute, outermost first."""
        return [*self.levels, self.compute]

    @property
    def inner(self) -> list[LevelCase | ComputeCase]:
        """What each level feeds."""
        return self.chain[1:]

    @model_validator(mode="after")
    def _meshes_nest(self) -> Self:
        for node in self.chain:
            if prod(node.mesh) != node.instances:
                x, y = node.mesh
                raise ValueError(f"{node.name} has {node.instances} instances on a {x} x {y} mesh")
        if self.levels[0].instances != 1:
            raise ValueError(f"the outermost level {self.levels[0].name} has several instances")
        for outer, inner in zip(self.levels, self.inner, strict=True):
            if any(b % a for a, b in zip(outer.mesh, inner.mesh, strict=True)):
                raise ValueError(f"the mesh of {inner.name} does not divide over {outer.name}'s")
        return self


class LoopCase(_Inputs):
    """``[dim, factor]``, or ``[dim, factor, last]``: ``last`` turns where the dim ends."""

    dim: str
    factor: Positive
    last: Positive

    @model_validator(mode="after")
    def _last_is_shorter(self) -> Self:
        if self.last > self.factor:
            raise ValueError(f"the last of {self.factor} turns over {self.dim} is {self.last}")
        return self


def _loop(value: Any) -> Any:
    if isinstance(value, list) and len(value) in (2, 3):
        return {"dim": value[0], "factor": value[1], "last": value[-1]}
    return value


Loops = list[Annotated[LoopCase, BeforeValidator(_loop)]]


class StepCase(_Inputs):
    """What the mapping says of a level; temporal loops stand outside spatial ones, y outside x."""

    level: str
    temporal: Loops = []
    spatial_x: Loops = []
    spatial_y: Loops = []
    keep: list[str]
    bypass: list[str] = []
    no_multicast: list[str] = []
    no_neighbour_links: list[str] = []


class TensorStats(_Outputs):
    """Of one tensor at one level; words of an average instance in use.  None is not known."""

    utilized_capacity_words: float
    reads_per_instance: float
    fills_per_instance: float
    updates_per_instance: float
    temporal_reductions_per_instance: float | None = None
    address_generations_per_instance: float | None = None
    utilized_instances_max: float | None = None
    utilized_instances_avg: float | None = None
    partition_size: float | None = None
    access_energy_pJ_per_instance: float | None = None
    access_energy_pJ_total: float | None = None
    address_generation_energy_pJ_total: float | None = None
    avg_read_bandwidth_words_per_cycle: float | None = None
    avg_write_bandwidth_words_per_cycle: float | None = None


class LevelStats(_Outputs):
    """Of one level."""

    cycles: float
    bandwidth_throttling_factor: float | None = None
    leakage_energy_pJ_total: float | None = None
    tensors: dict[str, TensorStats]


class HistogramEntry(_Outputs):
    """``accesses`` words, each for ``multicast`` children, of ``scatter`` such groups."""

    multicast: int
    scatter: int
    accesses: float


class NetworkStats(_Outputs):
    """Of one tensor over one network; words of one instance outside it, energies of all."""

    ingresses_per_parent_instance: float | None = None
    multicast_histogram: list[HistogramEntry] | None = None
    link_transfers: float | None = None
    spatial_reductions: float | None = None
    average_hops: float | None = None
    energy_pJ_total: float | None = None
    link_energy_pJ_total: float | None = None
    spatial_reduction_energy_pJ_total: float | None = None


class ComputeStats(_Outputs):
    """Of the compute."""

    utilized_instances: float
    computes: float
    cycles: float
    energy_pJ: float


class Stats(_Outputs):
    """What is expected of a mapping; a rejected one has ``valid`` only."""

    valid: bool
    total_cycles: float = 0
    utilization: float = 0
    compute_operations: float = 0
    total_energy_pJ: float = 0
    energy_pJ_by_component: dict[str, float] = {}
    levels: dict[str, LevelStats] = {}
    networks: dict[str, dict[str, NetworkStats]] = {}
    compute: ComputeStats | None = None

    @model_validator(mode="after")
    def _valid_is_whole(self) -> Self:
        missing = {"total_cycles", "levels", "compute"} - self.model_fields_set
        if self.valid and missing:
            raise ValueError(f"a valid mapping without {', '.join(sorted(missing))}")
        return self


class WalkedBoundary(_Outputs):
    """Of one tensor between a level and the next one inside."""

    parent_accesses_total_after_multicast: int
    words_delivered_to_children_total: int


class ExactWalk(_Outputs):
    """Counts of a walk of every iteration, of all instances together."""

    operations: int
    per_boundary: dict[str, dict[str, WalkedBoundary]]


class ReferenceCase(_Outputs):
    """One case."""

    name: str
    problem: ProblemCase
    arch: MachineCase
    mapping: list[StepCase]
    expected: Stats
    expected_without_extrapolation: Stats | None = None
    independent_exact_walk: ExactWalk | None = None
    exact_operation_count: int | None = None
    trust: str = "exact"

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        levels = [level.name for level in self.arch.levels]
        if (found := [step.level for step in self.mapping]) != levels:
            raise ValueError(f"the mapping has the levels {found}, the machine {levels}")
        tensors = {tensor.name for tensor in self.problem.tensors}
        for tensor in self.problem.tensors:
            for dim in (dim for rank in tensor.ranks for dim, _ in rank):
                if dim not in self.problem.dims:
                    raise ValueError(f"tensor {tensor.name} is indexed by an unknown dim {dim}")
        for step in self.mapping:
            named = {*step.keep, *step.bypass, *step.no_multicast, *step.no_neighbour_links}
            for unknown in sorted(named - tensors):
                raise ValueError(f"{step.level} speaks of an unknown tensor {unknown}")
            for loop in (*step.temporal, *step.spatial_x, *step.spatial_y):
                if loop.dim not in self.problem.dims:
                    raise ValueError(f"{step.level} loops over an unknown dim {loop.dim}")
        if self.trust == INEXACT and self.independent_exact_walk is None:
            raise ValueError(f"trust is {INEXACT}, and there is no `independent_exact_walk`")
        if self.trust == PREFER_WALKED and self.expected_without_extrapolation is None:
            raise ValueError(f"trust is {PREFER_WALKED}, and there is no such block")
        return self

    def outermost_keeper(self, tensor: str) -> int:
        """Return the index of the first level that keeps a tensor, or of the compute."""
        kept = (i for i, step in enumerate(self.mapping) if tensor in step.keep)
        return next(kept, len(self.mapping))

    @property
    def wanted(self) -> Stats:
        """What to compare with: the walk of every iteration where Timeloop's shortcut is off."""
        walked = self.expected_without_extrapolation
        return walked if self.trust == PREFER_WALKED and walked else self.expected
