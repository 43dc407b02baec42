"""Which rules a given mapping breaks, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from math import prod

from accelsim.arch.records import Architecture, Place
from accelsim.arch.rules import Rule
from accelsim.arch.uneven import form_with
from accelsim.errors import SpecError
from accelsim.mapping.arrays import Ints, mapping_problems
from accelsim.mapping.records import Loop, Mapping
from accelsim.mapspace.binding import AppliedRule
from accelsim.mapspace.space import Mapspace, space_of
from accelsim.workload.records import Layer


def broken_rules(
    mapping: Mapping,
    layer: Layer,
    arch: Architecture,
    rules: Sequence[AppliedRule],
    boxes: bool = False,
) -> list[tuple[AppliedRule, str]]:
    """Return the rules that a mapping breaks, each with what it does instead.

    Parameters
    ----------
    rules : of :func:`accelsim.mapspace.binding.binding_rules`
    boxes : whether a tile takes the room of the box around its words

    Raises
    ------
    SpecError
        If the mapping is not one of this machine and layer, or a rule contradicts itself.
    """
    if not rules:
        return []
    form = form_with(arch, mapping.places)
    problems = mapping_problems(mapping, form, layer)
    if problems:
        raise SpecError(problems)
    free = space_of(layer, form, ())
    slots = list(_slots(mapping, form))
    broken = []
    for one in rules:
        space = space_of(layer, form, [one], boxes)
        demanding = space_of(layer, form, [one, *_of_keeping(one, rules)])
        breaches = chain(
            _breaches(space, free, slots),
            _kept_otherwise(space, free, slots, mapping, demanding.arrays.keep_must),
        )
        what = next(breaches, "")
        if what:
            broken.append((one, what))
    return broken


def _of_keeping(one: AppliedRule, rules: Sequence[AppliedRule]) -> Iterator[AppliedRule]:
    """Yield what other rules say that decides where a rule demands tensors: what may be kept."""
    if one.rule.keep:
        for other in rules:
            if other is not one and other.rule.may_keep is not None:
                rule = Rule(other.rule.at, may_keep=other.rule.may_keep)
                yield replace(other, rule=rule)


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


def _factors(slots: Sequence[_Slot], dims: Sequence[str]) -> list[list[int]]:
    """Return ``[slot][dim]``."""
    return [
        [prod(loop.bound for loop in loops if loop.dim == dim) for dim in dims]
        for _, _, loops in slots
    ]


def _breaches(space: Mapspace, free: Mapspace, slots: Sequence[_Slot]) -> Iterator[str]:
    arrays, dims = space.arrays, [dim for dim, _ in space.layer.dims]
    factors = _factors(slots, dims)
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


def _kept_otherwise(
    space: Mapspace, free: Mapspace, slots: Sequence[_Slot], mapping: Mapping, demanded: Ints
) -> Iterator[str]:
    """Yield what is kept that may not be, or too much of it, and what is ``demanded`` and not."""
    arrays, layer = space.arrays, space.layer
    factors = _factors(slots, list(layer.bounds))
    for at, place in enumerate(space.arch.places):
        kept = mapping.block(place.name).keep
        inside = factors[int(space.machine.place_slot[at]) :]
        tile = {
            dim: min(bound, prod(of_slot[d] for of_slot in inside))
            for d, (dim, bound) in enumerate(layer.dims)
        }
        must = int(demanded[at]) & ~int(free.arrays.keep_must[at])
        may = int(arrays.keep_may[at]) | ~int(free.arrays.keep_may[at])
        for t, tensor in enumerate(layer.tensors):
            if tensor.name not in kept:
                if must >> t & 1:
                    yield f"{tensor.name} not kept at {place.name}"
                continue
            if not may >> t & 1:
                yield f"{tensor.name} kept at {place.name}"
            most, words = int(arrays.tile_max[at, t]), space.tile_words(t, tile)
            if 0 <= most < words:
                yield f"{words:,} words of {tensor.name} at {place.name}, not at most {most:,}"
