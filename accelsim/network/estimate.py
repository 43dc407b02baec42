"""The energy-estimation method of Yang, Chen and Sze (CVPR 2017): energies in units of a MAC.

Energy of a layer = computation + movement of its three types of data, on a mapping that is best for
it.  Zeros are taken in as the method has them:

- a multiplication of which an operand is zero is skipped, with the accesses that serve it;
- everything else that moves is compressed to its non-zeros.

What the paper leaves open is decided here: the mapping is the best one without zeros; what marks
the zeros is not counted; sums are dense until they are finished, so that only finished ones, where
they reach the outermost memory, are compressed; cheap operations (pooling) are never skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accelsim.arch.records import Architecture
from accelsim.arch.zeros import minding_zeros
from accelsim.errors import Problem, SpecError
from accelsim.evaluation.effectual import nonzero_share
from accelsim.evaluation.expected import operation_energy
from accelsim.evaluation.prices import Floats, Prices
from accelsim.evaluation.records import Evaluation
from accelsim.network.records import NetworkResult
from accelsim.roles import ROLES, Role
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import Layer, Tensor

ASSUMPTIONS = (
    "mappings are the best without zeros",
    "a multiplication with a zero, and the accesses that serve it, are skipped",
    "other data move as their non-zeros; what marks the zeros is not counted",
    "sums are dense until they are finished and reach the outermost memory",
)

NORMAL_BITS = 16
"""The width of the multiply-accumulate whose energy is the unit."""

SERVING = tuple(ACTIONS.index(action) for action in ("read", "first_read", "update"))
"""What the innermost memory of a tensor does for the compute."""


@dataclass(frozen=True)
class LayerEstimate:
    """One layer; energies in units of a 16-bit multiply-accumulate.

    Attributes
    ----------
    computation : float
    data : mapping of role to float
        Of moving weights, inputs and outputs, over all levels; a role that the layer lacks has 0.
    """

    layer: Layer
    computation: float
    data: Mapping[Role, float]

    @property
    def total(self) -> float:
        return self.computation + sum(self.data.values())

    def density(self, role: Role) -> float | None:
        """Return the share of values that are not zero, over all tensors of a role."""
        tensors = [tensor for tensor in self.layer.tensors if tensor.role == role]
        words = sum(map(self.layer.tensor_words, tensors))
        return sum(map(self._non_zeros, tensors)) / words if words else None

    def non_zeros(self, role: Role) -> float:
        """Return how many values of a role are not zero."""
        return sum(self._non_zeros(t) for t in self.layer.tensors if t.role == role)

    def _non_zeros(self, tensor: Tensor) -> float:
        return self.layer.tensor_words(tensor) * tensor.density


@dataclass(frozen=True)
class NetworkEstimate:
    """A network on a machine; layers without a mapping are left out.

    ``mac_energy`` is the energy of the unit, in that of the energy table.
    """

    result: NetworkResult
    mac_energy: float
    layers: tuple[LayerEstimate, ...]

    @cached_property
    def computation(self) -> float:
        return sum(its.computation for its in self.layers)

    @cached_property
    def data(self) -> dict[Role, float]:
        return {role: sum(its.data[role] for its in self.layers) for role in ROLES}

    @property
    def total(self) -> float:
        return self.computation + sum(self.data.values())

    @property
    def macs(self) -> int:
        return sum(its.layer.operations for its in self.layers if its.layer.op == "mac")

    def non_zeros(self, role: Role) -> float:
        """Return how many values of a role are not zero, over all layers."""
        return sum(its.non_zeros(role) for its in self.layers)


def estimate_network(result: NetworkResult) -> NetworkEstimate:
    """Estimate a network from the mappings that were found for it.

    Raises
    ------
    SpecError
        If a multiply-accumulate costs nothing under its prices: there is no unit.  If the machine
        spares zeros by itself: they would be spared twice.
    """
    minding = minding_zeros(result.arch)
    if minding:
        said = ", ".join(f"{name} ({', '.join(keys)})" for name, keys in minding.items())
        what = f"'{result.arch.name}' gates, skips or compresses zeros, as the method does: {said}"
        raise SpecError([Problem(what, hint="estimate on a machine that takes no note of zeros")])
    evaluations = [its.evaluation for its in result.layers if its.evaluation is not None]
    if not evaluations:
        return NetworkEstimate(result, 0.0, ())
    mac = mac_energy(evaluations[0].prices, result.arch)
    return NetworkEstimate(result, mac, tuple(estimate_layer(its, mac) for its in evaluations))


def estimate_layer(evaluation: Evaluation, mac: float) -> LayerEstimate:
    """Estimate one layer from its mapping; ``mac`` is the energy of the unit."""
    layer = evaluation.layer
    done = share_done(layer)
    data = dict.fromkeys(ROLES, 0.0)
    for t, tensor in enumerate(layer.tensors):
        energy = evaluation.energy_array[:, t]
        data[tensor.role] += float((energy * _shares(evaluation, t, done)).sum()) / mac
    return LayerEstimate(layer, float(evaluation.energy_array[:, -1].sum()) * done / mac, data)


def share_done(layer: Layer) -> float:
    """Return the share of operations that have no zero among their operands."""
    if layer.op != "mac":
        return 1.0
    return nonzero_share(layer, [t for t in layer.tensors if t.role != "Outputs"])


def _shares(evaluation: Evaluation, t: int, done: float) -> Floats:
    """Return the share of a tensor's energy that zeros leave: ``[level, action]``."""
    tensor, levels = evaluation.layer.tensors[t], evaluation.levels
    moved = 1.0 if tensor.role == "Outputs" else tensor.density
    shares = np.full(evaluation.energy_array.shape[::2], moved)
    held = [i for i, level in enumerate(levels) if evaluation.tile_words[i, t]]
    innermost = held[-1]
    shares[innermost, SERVING] = done
    shares[innermost + 1 :] = done
    if tensor.role == "Outputs" and innermost > held[0]:
        update = ACTIONS.index("update")
        taken = int(evaluation.words[held[0], t, update])
        finished = evaluation.layer.tensor_words(tensor)
        shares[held[0], update] = 1 - finished * (1 - tensor.density) / taken
    return shares


def mac_energy(prices: Prices, arch: Architecture) -> float:
    """Return the energy of one multiply-accumulate of 16 bits, in the unit of the energy table.

    Raises
    ------
    SpecError
        If it is 0.
    """
    tensors = tuple(Tensor(role, role, (), NORMAL_BITS) for role in ROLES)
    energy = operation_energy(prices, arch, Layer("mac", "einsum", (), tensors))
    if energy <= 0:
        raise SpecError(
            [
                Problem(
                    f"a MAC costs nothing under '{prices.table.name}': there is no unit to"
                    " normalise energies by",
                    hint="choose another energy table",
                )
            ]
        )
    return energy
