"""Rules resolved: from roles and general words to arrays over slots, dims and tensors.

What the rules mean is said in :mod:`accelsim.mapspace.space`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from accelsim.arch.records import Architecture, Compute, Fanout, Node, Place
from accelsim.arch.rules import Limit, Rule, whole_order
from accelsim.errors import Problem, SpecError
from accelsim.kept import kept
from accelsim.mapping.arrays import Ints, MachineArrays, pack_layer
from accelsim.mapping.homes import first_place_inside, holding_of, home_of
from accelsim.mapspace.binding import AppliedRule
from accelsim.workload.records import Layer

NO_BOUND = 2**62
"""More than the bound of any dim."""


class MapspaceArrays(NamedTuple):
    """What may be chosen, for kernels; axes as in :mod:`accelsim.mapping.arrays`."""

    slot_max: Ints
    """``[slot, dim]``: the largest factor; 1 allows no loop."""
    slot_exact: Ints
    """``[slot, dim]``: the only factor allowed; 0 is free."""
    joint_slots: Ints
    """``[joint]``: mask of the slots whose product of factors is limited."""
    joint_dim: Ints
    """``[joint]``"""
    joint_max: Ints
    """``[joint]``"""
    joint_exact: Ints
    """``[joint]``: 0 is free."""
    inside: Ints
    """``[slot, dim]``: mask of the dims whose loops must stand inside this dim's."""
    tile_max: Ints
    """``[place, tensor]``: most words where the tensor is kept; -1 is unlimited."""
    keep_must: Ints
    """``[place]``: mask of tensors."""
    keep_may: Ints
    """``[place]``: mask of tensors."""


def resolve(
    layer: Layer, arch: Architecture, rules: tuple[AppliedRule, ...], machine: MachineArrays
) -> MapspaceArrays:
    """Return what the rules leave of the choices that a machine has for a layer.

    Parameters
    ----------
    machine : the machine, packed for the layer

    Raises
    ------
    SpecError
        If orders exclude each other.
    """
    builder = _Builder(layer, arch, machine)
    for applied in rules:
        builder.limit(applied.rule)
        builder.restrict_keeping(applied.rule)
    for applied in rules:  # what may be kept is known only now
        builder.demand_keeping(applied.rule)
    problems: list[Problem] = []
    inside = builder.close_order(rules, problems)
    if problems:
        raise SpecError(problems)
    return builder.arrays(inside)


class _Builder:
    """The arrays of a mapspace while rules narrow them."""

    def __init__(self, layer: Layer, arch: Architecture, machine: MachineArrays) -> None:
        self.layer = layer
        self.arch = arch
        self.machine = machine
        self.dims = [name for name, _ in layer.dims]
        self.bounds = [bound for _, bound in layer.dims]
        self.node_slots = _slots_of(arch)
        self.slot_max = np.minimum(_lanes(arch)[:, None], pack_layer(layer).bounds)
        self.slot_exact = np.zeros(self.slot_max.shape, dtype=np.int64)
        self.joints: list[tuple[int, int, int, int]] = []
        self.inside: Ints = np.zeros(self.slot_max.shape, dtype=np.int64)
        self.tile_max = np.full(machine.place_memory.shape, -1, dtype=np.int64)
        self.must, self.may = machine.keep_must.copy(), machine.keep_may.copy()
        if 0 in machine.memory_bits.tolist():
            absent = machine.memory_bits == 0
            for place, tensor in np.argwhere(absent[machine.place_memory]).tolist():
                if machine.place_memory[place, tensor] >= 0:
                    self.may[place] &= ~(1 << tensor) | self.must[place]

    @cached_property
    def first(self) -> list[int]:
        """``[tensor]``: the first place that may be asked to keep it."""
        homes = [home_of(self.arch, self.layer, tensor) for tensor in self.layer.tensors]
        return [first_place_inside(self.arch, home) if home else 0 for home in homes]

    def selected(self, rule: Rule) -> list[int]:
        """Return the indices into ``node_slots`` that a rule selects."""
        names = {node.name for node in self.arch.selected(rule.at)}
        return [i for i, (node, _) in enumerate(self.node_slots) if node.name in names]

    def limit(self, rule: Rule) -> None:
        """Apply the limits on loops and the order."""
        chosen = self.selected(rule)
        wanted = ("spatial_y", "spatial_x") if rule.axis == "spatial" else (rule.axis,)
        slots = [
            slot
            for i in chosen
            for axis, slot in self.node_slots[i][1].items()
            if rule.axis is None or axis in wanted
        ]
        listed = dict(rule.limits)
        for dim, name in enumerate(self.dims):
            if name in listed:
                self._limit_dim(dim, listed[name], slots, chosen)
            elif not rule.others_free:
                for slot in slots:
                    self.slot_max[slot][dim] = 1
        order = whole_order(rule.order, self.dims)
        for outer_group, inner_group in (
            (outer, inner) for index, outer in enumerate(order) for inner in order[index + 1 :]
        ):
            mask = sum(1 << dim for dim, name in enumerate(self.dims) if name in inner_group)
            for slot in slots:
                for dim, name in enumerate(self.dims):
                    if name in outer_group:
                        self.inside[slot][dim] |= mask

    def _limit_dim(self, dim: int, limit: Limit, slots: list[int], chosen: list[int]) -> None:
        if limit.whole:
            for _, outside in self.node_slots[: min(chosen)]:
                for slot in outside.values():
                    self.slot_max[slot][dim] = 1
        exact = 0 if limit.exact is None else min(limit.exact, self.bounds[dim])
        at_most = self.bounds[dim] if limit.at_most is None else limit.at_most
        if not exact and at_most >= self.bounds[dim]:
            return
        if len(slots) > 1:
            self.joints.append((sum(1 << slot for slot in slots), dim, at_most, exact))
        for slot in slots:
            row = self.slot_max[slot]
            row[dim] = min(row[dim], at_most, exact or at_most)
            if len(slots) == 1 and exact:
                if self.slot_exact[slot][dim] not in (0, exact):
                    row[dim] = 0  # two rules demand different factors: nothing is allowed
                elif row[dim] >= exact:
                    self.slot_exact[slot][dim] = exact
                else:
                    row[dim] = 0

    def _spoken_of(self, rule: Rule) -> list[tuple[int, int]]:
        """Return (place, mask of its tensors) that a rule about keeping speaks of."""
        places = {place.name: index for index, place in enumerate(self.arch.places)}
        spoken = []
        for i in self.selected(rule):
            node = self.node_slots[i][0]
            if not isinstance(node, Place):
                continue
            mask = 0
            for bit, tensor in enumerate(self.layer.tensors):
                holding = holding_of(self.arch, self.layer, node, tensor)
                # By a memory's own name, what stands beside it is not meant.
                named = any(held.memory == rule.at for held in node.holdings)
                one_memory = named and rule.at != node.name
                if not one_memory or (holding is not None and holding.memory == rule.at):
                    mask |= 1 << bit
            spoken.append((places[node.name], mask))
        return spoken

    def _tensors(self, roles: Iterable[str]) -> int:
        roles = frozenset(roles)
        return sum(1 << bit for bit, t in enumerate(self.layer.tensors) if t.role in roles)

    def restrict_keeping(self, rule: Rule) -> None:
        """Apply ``may_keep`` and ``tile``."""
        for place, mask in self._spoken_of(rule):
            if rule.may_keep is not None:
                self.may[place] &= self._tensors(rule.may_keep) | ~mask
            for role, words in rule.tile:
                bits = self._tensors([role]) & mask
                for tensor in range(len(self.layer.tensors)):
                    if bits >> tensor & 1:
                        known = self.tile_max[place][tensor]
                        self.tile_max[place][tensor] = words if known < 0 else min(known, words)

    def demand_keeping(self, rule: Rule) -> None:
        """Apply ``keep``; a demand that no place can meet leaves ``must`` beyond ``may``.

        A map that stays in a memory is there, whatever is demanded of it or of places outside.
        """
        if not rule.keep:
            return
        every = self._spoken_of(rule)
        wanted = self._tensors(rule.keep)
        for tensor in range(len(self.layer.tensors)):
            bit = 1 << tensor
            if not wanted & bit:
                continue
            spoken = [(place, mask) for place, mask in every if place >= self.first[tensor]]
            able = [place for place, mask in spoken if self.may[place] & mask & bit]
            for place in able:
                self.must[place] |= bit
            if not able and spoken:
                self.must[spoken[0][0]] |= bit
                self.may[spoken[0][0]] &= ~bit

    def close_order(self, rules: Sequence[AppliedRule], problems: list[Problem]) -> Ints:
        """Return ``inside`` closed under transitivity; a cycle in an order is a fault."""
        if not any(one.rule.order for one in rules):
            return self.inside
        closed = self.inside.tolist()
        for row in closed:
            for middle in range(len(row)):
                for outer in range(len(row)):
                    if row[outer] >> middle & 1:
                        row[outer] |= row[middle]
        for node, slots in self.node_slots:
            for slot in slots.values():
                cyclic = [
                    self.dims[dim] for dim, mask in enumerate(closed[slot]) if mask >> dim & 1
                ]
                if cyclic:
                    said = "; ".join(
                        one.name
                        for one in rules
                        if one.rule.order and node in self.arch.selected(one.rule.at)
                    )
                    problems.append(
                        Problem(
                            f"the order of {', '.join(cyclic)} at '{node.name}' contradicts itself",
                            hint=f"see {said}",
                        )
                    )
        return np.array(closed, dtype=np.int64)

    def arrays(self, inside: Ints) -> MapspaceArrays:
        """Return everything as arrays of int64."""
        joints = np.array(self.joints, dtype=np.int64).reshape(-1, 4).T.copy()
        return MapspaceArrays(
            slot_max=self.slot_max,
            slot_exact=self.slot_exact,
            joint_slots=joints[0],
            joint_dim=joints[1],
            joint_max=joints[2],
            joint_exact=joints[3],
            inside=inside,
            tile_max=self.tile_max,
            keep_must=self.must,
            keep_may=self.may,
        )


@kept
def _slots_of(arch: Architecture) -> list[tuple[Node, dict[str, int]]]:
    """Return every place and fanout with its slots by axis."""
    found: list[tuple[Node, dict[str, int]]] = []
    slot = 0
    for node in arch.nodes:
        if isinstance(node, Place):
            found.append((node, {"temporal": slot}))
            slot += 1
        elif not isinstance(node, Compute):
            found.append((node, {"spatial_y": slot, "spatial_x": slot + 1}))
            slot += 2
    return found


@kept
def _lanes(arch: Architecture) -> Ints:
    """Return the lanes of every slot; of a temporal one, more than any bound."""
    lanes: list[int] = []
    for node, _ in _slots_of(arch):
        lanes += (node.mesh_y, node.mesh_x) if isinstance(node, Fanout) else (NO_BOUND,)
    return np.array(lanes, dtype=np.int64)
