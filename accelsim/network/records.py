"""The result of a network on a machine: one entry per layer, and sums over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accelsim.arch.records import Architecture
from accelsim.evaluation.effectual import operation_shares
from accelsim.evaluation.energies import level_names
from accelsim.evaluation.records import COMPUTE, Breakdown, Evaluation, costs
from accelsim.mapper.contract import Certificate
from accelsim.mapper.infeasible import Infeasibility
from accelsim.roles import ROLES
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import Layer, Network


@dataclass(frozen=True)
class LayerResult:
    """One layer: its best mapping evaluated, or why there is none.

    ``certificate`` is None where the mapping was given, not searched.  ``same_as`` names an earlier
    layer of equal shape whose search answered for this one.  ``front`` holds the trade-offs of
    energy and cycles by growing energy, where they were asked for.  ``apart`` is the best mapping
    of a layer that finds maps on the chip if it does not, where that was asked for.
    """

    layer: Layer
    evaluation: Evaluation | None
    certificate: Certificate | None = None
    infeasible: Infeasibility | None = None
    same_as: str = ""
    front: tuple[Evaluation, ...] = ()
    apart: Evaluation | None = None

    def summary(self) -> str:
        """Return the main figures in one line."""
        e = self.evaluation
        its = costs(e.energy_total, e.energy_unit, e.cycles, e.utilization) if e else "no mapping"
        return f"{self.layer.name}: {its}"

    def __repr__(self) -> str:
        return f"LayerResult({self.summary()})"


@dataclass(frozen=True)
class Totals:
    """Sums over the layers of one group that could be mapped.

    Attributes
    ----------
    energy : Breakdown
        Over level, tensor (by role) and action; leakage excluded.
    energy_total : float
        Leakage included, in ``energy.unit``.
    leakage : float
        In ``energy.unit``.
    operations, macs : int
    cycles : float
        Layers run one after another.
    utilization : float
        Operations / (operations the machine could have done in these cycles).
    """

    label: str
    layers: tuple[str, ...]
    energy: Breakdown
    energy_total: float
    leakage: float
    operations: int
    macs: int
    cycles: float
    seconds: float
    utilization: float

    def __repr__(self) -> str:
        its = costs(self.energy_total, self.energy.unit, self.cycles, self.utilization)
        return f"Totals({self.label}: {len(self.layers)} layers, {its})"

    @property
    def energy_per_mac(self) -> float:
        """Energy over MACs (over operations where the group has no MACs)."""
        return self.energy_total / (self.macs or self.operations)

    @property
    def edp(self) -> float:
        return self.energy_total * self.seconds


@dataclass(frozen=True)
class RunInfo:
    """Facts of one execution that are outside the promise of equal bytes.

    ``cached`` counts the searches whose outcome was known from an earlier execution.
    ``search_seconds`` is the time of the processor in the mapper, over all threads: from a layer
    and a machine at its prices to the best mapping.
    """

    seconds: float
    threads: int
    stopped_by: str = ""
    cached: int = 0
    search_seconds: float = 0.0


@dataclass(frozen=True)
class NetworkResult:
    """A network on a machine under a dataflow.

    ``dataflow`` is empty for the unconstrained machine.  ``label`` is what a comparison calls it.
    """

    label: str
    network: Network
    arch: Architecture
    dataflow: str
    technology: str
    accounting: str
    objective: str
    layers: tuple[LayerResult, ...]
    run: RunInfo

    def summary(self) -> str:
        """Return what was mapped where, and the main figures, in one line."""
        its = self.total
        said = f"{self.label}: {len(its.layers)} of {len(self.layers)} layers of "
        said += f"{self.network.name} on {self.arch.name}"
        if its.layers:
            said += f", {costs(its.energy_total, its.energy.unit, its.cycles, its.utilization)}"
        return said

    def __repr__(self) -> str:
        return f"NetworkResult({self.summary()})"

    @property
    def complete(self) -> bool:
        """Whether every layer has a mapping."""
        return all(result.evaluation is not None for result in self.layers)

    @property
    def groups(self) -> tuple[str, ...]:
        """The layers' groups in order of appearance."""
        return tuple(dict.fromkeys(result.layer.group for result in self.layers))

    @cached_property
    def total(self) -> Totals:
        return self.totals()

    @property
    def energy(self) -> Breakdown:
        return self.total.energy

    def totals(self, group: str | None = None) -> Totals:
        """Sum over the mapped layers of ``group``, or of all groups."""
        evaluations = [
            result.evaluation
            for result in self.layers
            if result.evaluation is not None and group in (None, result.layer.group)
        ]
        unit = evaluations[0].energy_unit if evaluations else ""
        operations = sum(evaluation.operations for evaluation in evaluations)
        cycles = sum(evaluation.cycles for evaluation in evaluations)
        compute = self.arch.instances(self.arch.compute) * self.arch.compute.ops_per_cycle
        return Totals(
            label=group or "all",
            layers=tuple(evaluation.layer.name for evaluation in evaluations),
            energy=_sum_energies(self.arch, evaluations, unit),
            energy_total=sum(evaluation.energy_total for evaluation in evaluations),
            leakage=sum(evaluation.leakage for evaluation in evaluations),
            operations=operations,
            macs=sum(e.operations for e in evaluations if e.layer.op == "mac"),
            cycles=cycles,
            seconds=cycles / self.arch.clock_hz,
            utilization=_timed_operations(evaluations) / (compute * cycles) if cycles else 0.0,
        )


def _timed_operations(evaluations: Sequence[Evaluation]) -> float:
    """Return the operations that take time: those that zeros skip do not."""
    return sum(e.operations * operation_shares(e.arch, e.layer).timed for e in evaluations)


def _sum_energies(arch: Architecture, evaluations: Sequence[Evaluation], unit: str) -> Breakdown:
    levels = level_names(arch)
    tensors = (*ROLES, COMPUTE)
    values = np.zeros((len(levels), len(tensors), len(ACTIONS)))
    for evaluation in evaluations:
        for t, tensor in enumerate(evaluation.layer.tensors):
            values[:, tensors.index(tensor.role)] += evaluation.energy_array[:, t]
        values[:, -1] += evaluation.energy_array[:, -1]
    return Breakdown(values, {"level": levels, "tensor": tensors, "action": ACTIONS}, unit)
