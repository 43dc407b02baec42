"""Which rules a given mapping breaks, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from accelsim.arch.records import Architecture, Place
from accelsim.mapping.records import Loop, Mapping
from accelsim.mapspace.rules import AppliedRule
from accelsim.mapspace.space import Mapspace, space_of
from accelsim.workload.records import Layer


def broken_rules(
    mapping: Mapping, layer: Layer, arch: Architecture, rules: Sequence[AppliedRule]
) -> list[tuple[AppliedRule, str]]:
    """Return the rules on loops that a mapping breaks, each with what it does instead.

    Parameters
    ----------
    rules : of :func:`accelsim.mapspace.rules.binding_rules`
        What they say of what is kept is not looked at.

    Raises
    ------
    SpecError
        If a rule contradicts itself.
    """
    if not rules:
        return []
    free = space_of(layer, arch, ())
    slots = list(_slots(mapping, arch))
    broken = []
    for one in rules:
        what = next(_breaches(space_of(layer, arch, [one]), free, slots), "")
        if what:
            broken.append((one, what))
    return broken


_Slot = tuple[str, str, tuple[Loop, ...]]
"""A node, the axis (empty for time), and the loops, outermost first."""


def _slots(mapping: Mapping, arch: Architecture) -> Iterator[_Slot]:
    """Yield the loops of a mapping in the order of a mapspace's slots."""
    for node in arch.nodes[:-1]:
        if isinstance(node, Place):
            yield node.name, "", mapping.block(node.name).loops
        else:
            spread = mapping.spread(node.name)
            yield node.name, " on y", spread.y
            yield node.name, " on x", spread.x


def _breaches(space: Mapspace, free: Mapspace, slots: Sequence[_Slot]) -> Iterator[str]:
    arrays, dims = space.arrays, [dim for dim, _ in space.layer.dims]
    factors = [
        [prod(loop.bound for loop in loops if loop.dim == dim) for dim in dims]
        for _, _, loops in slots
    ]
    for slot, (node, axis, loops) in enumerate(slots):
        for at, dim in enumerate(dims):
            said, has = f"{dim}={factors[slot][at]} at {node}{axis}", factors[slot][at]
            most, only = int(arrays.slot_max[slot, at]), int(arrays.slot_exact[slot, at])
            if only and has != only:
                yield f"{said}, not {only}"
            elif has > most and most < int(free.arrays.slot_max[slot, at]):
                yield f"{said}, not at most {most}" if most > 1 else f"{said}, not {most}"
        order = [dims.index(loop.dim) for loop in loops if loop.bound > 1]
        for position, outer in enumerate(order):
            for inner in order[position + 1 :]:
                if arrays.inside[slot, inner] >> outer & 1:
                    yield f"{dims[outer]} outside {dims[inner]} at {node}"
    joints = zip(
        arrays.joint_slots, arrays.joint_dim, arrays.joint_max, arrays.joint_exact, strict=True
    )
    for mask, at, most, only in joints:
        chosen = [slot for slot in range(len(slots)) if int(mask) >> slot & 1]
        has = prod(factors[slot][at] for slot in chosen)
        if (only and has != only) or has > most:
            nodes = " and ".join(dict.fromkeys(slots[slot][0] for slot in chosen))
            limit = f"{only}" if only else f"at most {most}"
            yield f"{dims[at]}={has} at {nodes}, not {limit}"
