"""One mapping, evaluated: counts, energy, time and area, each with its axes named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.evaluation.extras import ADDRESS, HOP, ROUTE
from accelsim.evaluation.mesh import Meshes
from accelsim.evaluation.prices import Floats, Prices
from accelsim.mapping.arrays import Ints
from accelsim.mapping.records import Mapping
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import Layer

COMPUTE = "compute"
"""The label, on the tensor axis, of what belongs to no tensor: operations and leakage."""


def costs(energy: float, unit: str, cycles: float, utilization: float) -> str:
    """Return the main figures of a result in one line.

    >>> costs(4918.2, "pJ", 1200.0, 0.5)
    '4918 pJ, 1,200 cycles, utilization 0.500'
    """
    return f"{energy:.4g} {unit}, {cycles:,.0f} cycles, utilization {utilization:.3f}"


@dataclass(frozen=True)
class Breakdown:
    """A quantity over named axes, e.g. energy over level x tensor x action.

    Parameters
    ----------
    values : array
        One axis for each entry of ``labels``, in that order.
    labels : mapping of axis name to the labels along it
    unit : str
    """

    values: Floats | Ints
    labels: dict[str, tuple[str, ...]]
    unit: str

    @property
    def total(self) -> float:
        return float(self.values.sum())

    def by(self, *axes: str) -> dict[tuple[str, ...], float]:
        """Sum over all axes but these; keys are tuples of labels in the order of ``axes``.

        Raises
        ------
        KeyError
            If there is no axis of that name.
        """
        names = list(self.labels)
        for axis in axes:
            if axis not in names:
                raise KeyError(f"no axis '{axis}'; there are {', '.join(names)}")
        others = tuple(i for i, name in enumerate(names) if name not in axes)
        kept = [name for name in names if name in axes]
        summed = self.values.sum(axis=others).transpose([kept.index(axis) for axis in axes])
        return {
            tuple(self.labels[axis][i] for axis, i in zip(axes, index, strict=True)): value.item()
            for index, value in np.ndenumerate(summed)
        }

    def over(self, axis: str) -> dict[str, float]:
        """Sum over all axes but one; keys are its labels."""
        return {label: value for (label,), value in self.by(axis).items()}

    def __repr__(self) -> str:
        shape = " x ".join(f"{name}[{len(labels)}]" for name, labels in self.labels.items())
        return f"Breakdown({self.total:.6g} {self.unit} over {shape})"


@dataclass(frozen=True)
class Evaluation:
    """What one mapping of one layer costs on one machine.

    Attributes
    ----------
    levels : tuple of str
        Memories, fanouts and the compute by name, outermost first.
    words, accesses : int64[level, tensor, action]
        Words moved, and the physical accesses that move them; actions as in
        :data:`accelsim.technology.records.ACTIONS`, charged to the level that performs them.
        Operations stand under the compute level and the tensor :data:`COMPUTE`.
    energy_array : float64[level, tensor, action]
        In ``energy_unit``.
    energy_total : float
        As the search saw it, leakage included, in ``energy_unit``.
    leakage : float
        Energy that leaks, in ``energy_unit``: over ``cycles`` less the latencies of networks.
    addresses : int64[level, tensor]
        That the memories generate (rule 14).
    meshes : mapping of (fanout, tensor) to MeshTraffic
        Of the fanouts that name a network (rule 13).
    tile_words : int64[level, tensor]
        Words of the tensor that one instance of a memory holds; 0 where it is not kept.
    capacity_bits : mapping of level to (bits in use, usable bits or None)
    instances : mapping of level to (in use, built)
    port_cycles : mapping of level to cycles
        Time of each memory's busiest port and of each network; absent where unlimited.
    port_bits : mapping of memory to (bits read, bits written)
        Through the ports of its busiest instance, limited or not.
    moved_bits : mapping of memory to bits
        Through each of its ``ports``, which only some movements pass; absent where it has none.
    utilization : float
        Operations that take time / (compute instances built x operations per cycle x cycles).
    bound : str
        What sets the time: ``compute`` or the name of a level.
    """

    layer: Layer
    arch: Architecture
    mapping: Mapping
    prices: Prices
    levels: tuple[str, ...]
    words: Ints
    accesses: Ints
    energy_array: Floats
    energy_total: float
    leakage: float
    addresses: Ints
    meshes: Meshes
    tile_words: Ints
    capacity_bits: dict[str, tuple[int, int | None]]
    instances: dict[str, tuple[int, int]]
    port_cycles: dict[str, float]
    port_bits: dict[str, tuple[float, float]]
    moved_bits: dict[str, tuple[float, ...]]
    compute_cycles: float
    cycles: float
    utilization: float
    bound: str
    area_mm2: float | None

    def __repr__(self) -> str:
        its = costs(self.energy_total, self.energy_unit, self.cycles, self.utilization)
        return f"Evaluation({self.layer.name} on {self.arch.name}: {its})"

    @property
    def conventions(self) -> Conventions:
        return self.prices.accounting.conventions

    @property
    def operations(self) -> int:
        return self.layer.operations

    @property
    def energy_unit(self) -> str:
        return self.prices.table.unit

    @cached_property
    def tensors(self) -> tuple[str, ...]:
        return (*(tensor.name for tensor in self.layer.tensors), COMPUTE)

    @cached_property
    def energy(self) -> Breakdown:
        """Energy over level, tensor and action, leakage excluded."""
        return Breakdown(self.energy_array, self._labels, self.energy_unit)

    @cached_property
    def traffic(self) -> Breakdown:
        """Words over level, tensor and action."""
        return Breakdown(self.words, self._labels, "words")

    @cached_property
    def performed(self) -> Breakdown:
        """What energies are of, over level, tensor and action.

        Physical accesses; addresses, where they cost something; words times hops and routers.
        """
        counts = self.accesses.astype(np.float64)
        costly = self.energy_array[:, :-1, ADDRESS] > 0
        counts[:, :-1, ADDRESS] = np.where(costly, self.addresses, 0)
        for (fanout, tensor), mesh in self.meshes.items():
            at = self.levels.index(fanout), self.tensors.index(tensor)
            counts[(*at, HOP)], counts[(*at, ROUTE)] = mesh.hops, mesh.routed
        return Breakdown(counts, self._labels, "times")

    @property
    def happens(self) -> npt.NDArray[np.bool_]:
        """``[level, action]``: whether any of :attr:`performed` is not 0."""
        if self.meshes:
            return np.asarray(self.performed.values.any(axis=1))
        found = np.asarray(self.accesses.any(axis=1))
        costly = self.energy_array[:, :-1, ADDRESS] > 0
        found[:, ADDRESS] = (costly & (self.addresses != 0)).any(axis=1)
        found[:, ADDRESS] |= self.accesses[:, -1, ADDRESS] != 0
        return found

    @property
    def energy_per_operation(self) -> float:
        return self.energy_total / self.operations

    @property
    def seconds(self) -> float:
        return self.cycles / self.arch.clock_hz

    @property
    def edp(self) -> float:
        """Energy (unit of the table) x seconds."""
        return self.energy_total * self.seconds

    @property
    def throttling(self) -> dict[str, float]:
        """By level with a limited port or network: its speed against the compute's, at most 1.

        1 where the port keeps up with the compute, 0.5 where it takes twice as long.
        """
        return {
            level: min(1.0, self.compute_cycles / cycles) if cycles else 1.0
            for level, cycles in self.port_cycles.items()
        }

    @property
    def _labels(self) -> dict[str, tuple[str, ...]]:
        return {"level": self.levels, "tensor": self.tensors, "action": ACTIONS}
