"""The mapspace: everything that may be chosen for one layer on one machine under some rules.

:func:`mapspace` resolves rules, which speak of roles and of general words such as ``registers``,
into arrays over the slots, dims and tensors of one layer on one machine.  What the rules mean:

- A limit on a dim bounds the **product** of its factors over all slots that the rule selects: both
  axes together for ``spatial``, all selected levels together where ``at`` selects several.
- ``whole`` lets no loop of the dim stand at a level outside all the selected ones.
- ``order`` is transitive, as if every dim had a loop in the block.
- ``keep`` and ``may_keep`` narrow what the machine allows.  Where ``at`` selects several levels,
  ``keep`` binds those that can keep the role.  A memory that is one of several side by side is
  spoken of alone.  ``tile`` binds where the tensor is kept.
- Dims, roles and levels that are not there make their part of a rule void.

A dim has at most one loop in a block and one on each axis of a fanout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from accelsim.arch.records import Architecture
from accelsim.mapping.arrays import LayerArrays, MachineArrays, pack_layer
from accelsim.mapping.machine_arrays import pack_machine
from accelsim.mapspace.binding import AppliedRule, binding_rules
from accelsim.mapspace.factors import DimFactors, Joint, dim_factors
from accelsim.mapspace.records import Dataflow
from accelsim.mapspace.rules import MapspaceArrays, resolve
from accelsim.mapspace.size import size
from accelsim.workload.records import Layer, box_words, tile_words


@dataclass(frozen=True)
class Mapspace:
    """All that may be chosen for ``layer`` on ``arch`` under ``rules``."""

    layer: Layer
    arch: Architecture
    rules: tuple[AppliedRule, ...]
    layer_arrays: LayerArrays
    machine: MachineArrays
    arrays: MapspaceArrays
    boxes: bool = False
    """Whether a tile takes the room of the box around its words."""

    def tile_words(self, tensor: int, extents: dict[str, int]) -> int:
        """Return the words that a tile of a tensor takes, by its extents per dim."""
        words = box_words if self.boxes else tile_words
        return words(self.layer.tensors[tensor], extents, self.layer.bounds)

    @cached_property
    def factors(self) -> tuple[DimFactors, ...]:
        """``[dim]``: how each bound may be split over the slots."""
        arrays = self.arrays
        outward = tuple(place >= 0 for place in self.machine.slot_place.tolist())
        joints: list[list[Joint]] = [[] for _ in self.layer.dims]
        for slots, dim, at_most, exact in zip(
            arrays.joint_slots.tolist(),
            arrays.joint_dim.tolist(),
            arrays.joint_max.tolist(),
            arrays.joint_exact.tolist(),
            strict=True,
        ):
            joints[dim].append(Joint(slots, at_most, exact))
        return tuple(
            dim_factors(bound, tuple(at_most), tuple(exact), tuple(of_dim), outward)
            for (_, bound), at_most, exact, of_dim in zip(
                self.layer.dims,
                arrays.slot_max.T.tolist(),
                arrays.slot_exact.T.tolist(),
                joints,
                strict=True,
            )
        )

    @cached_property
    def size(self) -> int:
        """How many choices there are before capacities, tile limits and lanes are looked at.

        The product of the ways to split each bound (no factor larger than its axis), of the orders
        of each block, and of the tensors to keep.  A block is ordered as if every dim that may loop
        in it did, so that mappings which differ only in where a loop of bound 1 stands count as
        several.  The order of spatial loops is not a choice: it changes no count.
        """
        temporal = self.machine.place_slot.tolist()
        inside = [tuple(masks) for masks in self.arrays.inside[temporal].tolist()]
        choices = 0
        for must, may in zip(
            self.arrays.keep_must.tolist(), self.arrays.keep_may.tolist(), strict=True
        ):
            if must & ~may:
                return 0
            choices += (may & ~must).bit_count()
        slots = sum(1 << slot for slot in temporal)
        return size([factors.ways(slots) for factors in self.factors], temporal, inside, choices)


SIZE_COUNTS = (
    "factors x loop orders, loops of bound 1 included, x kept tensors, before capacities and lanes"
)
"""What :attr:`Mapspace.size` counts, in one line."""


def mapspace(
    layer: Layer,
    arch: Architecture,
    dataflows: Sequence[Dataflow] = (),
    boxes: bool = False,
    packed: tuple[LayerArrays, MachineArrays] | None = None,
) -> Mapspace:
    """Build the mapspace of ``layer`` on ``arch`` under the rules of all ``dataflows`` together.

    Parameters
    ----------
    packed : the layer, and the machine as it sees it, if they are packed already

    Raises
    ------
    SpecError
        If a rule speaks of loops that its level cannot have, names two orders that exclude each
        other, or requires a level that the machine lacks.
    """
    return space_of(layer, arch, binding_rules(dataflows, arch), boxes, packed)


def space_of(
    layer: Layer,
    arch: Architecture,
    rules: Iterable[AppliedRule],
    boxes: bool = False,
    packed: tuple[LayerArrays, MachineArrays] | None = None,
) -> Mapspace:
    """Build the mapspace under rules that are known to bind (see :func:`mapspace`)."""
    rules = tuple(rules)
    layer_arrays, machine = packed or (pack_layer(layer), pack_machine(arch, layer))
    arrays = resolve(layer, arch, rules, machine)
    return Mapspace(layer, arch, rules, layer_arrays, machine, arrays, boxes)
