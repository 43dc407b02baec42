"""Why there is no legal mapping: which rule refused, by how much, and what would fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, prod

from accelsim.arch.records import Fanout
from accelsim.mapper.start import Found, array_names, axis_slots, bits_needed, combined, outermost
from accelsim.mapping.homes import taken_bits
from accelsim.mapping.machine_arrays import counted_bits
from accelsim.mapspace.enumerate import Factors
from accelsim.mapspace.factors import DimFactors
from accelsim.mapspace.space import Mapspace, space_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that every mapping breaks.

    Attributes
    ----------
    kind : "keep", "factors", "capacity", "tile", "lanes" or "together"
    subject : str
        The level or dim that it is about.
    what : str
        One sentence with the numbers.
    needs, has : int or None
        What the smallest arrangement takes and what there is: bits of a memory (in use, buffering
        aside), words of a tile, lanes.
    change : str
        The smallest change to the machine that does away with it; empty if only rules can.
    rules : tuple of str
        The rules without each of which this refusal would not be there.
    """

    kind: str
    subject: str
    what: str
    needs: int | None = None
    has: int | None = None
    change: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Infeasibility:
    """Why a layer has no legal mapping on a machine under some rules; a result, not an error.

    Attributes
    ----------
    refusals : tuple of Refusal
        The tightest first.
    change_fits : bool
        Whether with all changes together there is a legal mapping; else each is only needed.
    enough : tuple of str
        Single rules such that leaving one out gives a legal mapping.
    refused : tuple of (level, number)
        How many partial arrangements each level refused, where arrangements had to be combined.
    proved : bool
        False if the search for a first mapping gave up (see :data:`MAX_NODES`).
    """

    layer: str
    arch: str
    refusals: tuple[Refusal, ...]
    change_fits: bool = False
    enough: tuple[str, ...] = ()
    refused: tuple[tuple[str, int], ...] = ()
    proved: bool = True

    def __str__(self) -> str:
        verdict = "no legal mapping" if self.proved else "no legal mapping found"
        return f"{verdict} of {self.layer} on {self.arch}: {'; '.join(self.sentences())}"

    def named(self, layer: str, arch: str) -> Infeasibility:
        """Return the same of a layer and a machine that differ from these in name only."""
        refusals = tuple(
            replace(refusal, subject=arch) if refusal.kind == "together" else refusal
            for refusal in self.refusals
        )
        return replace(self, layer=layer, arch=arch, refusals=refusals)

    def sentences(self) -> tuple[str, ...]:
        """Return what refuses, what would mend it, and which rules stand behind it."""
        said = [refusal.what for refusal in self.refusals]
        changes = [refusal.change for refusal in self.refusals if refusal.change]
        if changes:
            verdict = "would fit" if self.change_fits else "would be needed, and more"
            said.append(f"{' and '.join(changes)} {verdict}")
        said += [
            f"{level} refused {n:,} arrangement{'' if n == 1 else 's'}" for level, n in self.refused
        ]
        behind = dict.fromkeys(rule for refusal in self.refusals for rule in refusal.rules)
        said += [f"because of {rule}" for rule in behind if rule not in self.enough]
        said += [f"it would fit without {rule}" for rule in self.enough]
        return tuple(said)


def first_factors(space: Mapspace) -> Factors | Infeasibility:
    """Return ``factors[dim][slot]``, legal if nothing optional is kept, or why there are none."""
    factors = outermost(space)
    if factors is not None:
        return factors
    refusals = [
        replace(refusal, rules=_rules_behind(space, refusal)) for refusal in _refusals(space)
    ]
    found = Found(None, Counter()) if refusals else combined(space)
    if found.factors is not None:
        return found.factors
    if not refusals:
        refusals = [
            Refusal(
                "together",
                space.arch.name,
                "every arrangement of loops breaks the lanes of an array or the size of a memory",
            )
        ]
    enough = tuple(str(rule) for rule, rest in _without_each_rule(space) if _feasible(rest))
    return Infeasibility(
        space.layer.name,
        space.arch.name,
        tuple(refusals),
        _fits_when_changed(space, refusals),
        enough,
        tuple(sorted(found.refused.items())),
        found.proved,
    )


def _feasible(space: Mapspace) -> bool:
    return outermost(space) is not None or (
        not _refusals(space) and combined(space).factors is not None
    )


def _without_each_rule(space: Mapspace) -> Iterator[tuple[object, Mapspace]]:
    for rule in space.rules:
        rest = [other for other in space.rules if other is not rule]
        without = space_of(space.layer, space.arch, rest, space.boxes)
        yield rule, replace(without, machine=space.machine)


def _fits_when_changed(space: Mapspace, refusals: list[Refusal]) -> bool:
    """Return whether larger memories and meshes, as the refusals ask for, allow a mapping."""
    memories = dict(space.arch.memory)
    mesh: dict[tuple[str, str], int] = {}
    for refusal in refusals:
        if not refusal.change or refusal.needs is None:
            return False
        if refusal.kind == "capacity":
            memory = memories[refusal.subject]
            size = refusal.needs * memory.buffering
            memories[refusal.subject] = replace(memory, size_bits=size)
        else:
            array, _, axis = refusal.subject.partition(".")
            mesh[array, axis] = refusal.needs
    nodes = tuple(
        replace(
            node,
            mesh_x=mesh.get((node.array, "x"), node.mesh_x),
            mesh_y=mesh.get((node.array, "y"), node.mesh_y),
        )
        if isinstance(node, Fanout)
        else node
        for node in space.arch.nodes
    )
    arch = replace(space.arch, nodes=nodes, memories=tuple(memories.values()))
    return _feasible(space_of(space.layer, arch, space.rules, space.boxes))


def _rules_behind(space: Mapspace, refusal: Refusal) -> tuple[str, ...]:
    return tuple(
        str(rule)
        for rule, rest in _without_each_rule(space)
        if not any(
            (other.kind, other.subject) == (refusal.kind, refusal.subject)
            for other in _refusals(rest)
        )
    )


UNLIMITED = 2**40
"""Lanes of an axis that refuses nothing."""


def _refusals(space: Mapspace) -> list[Refusal]:
    """Return what is impossible for one level or dim by itself; empty if nothing is.

    Needs are measured as if axes had any number of lanes, so that what lacks lanes is said to.
    """
    nodes = tuple(
        replace(node, mesh_x=UNLIMITED, mesh_y=UNLIMITED) if isinstance(node, Fanout) else node
        for node in space.arch.nodes
    )
    arch = replace(space.arch, nodes=nodes)
    wide = space_of(space.layer, arch, space.rules, space.boxes)
    refusals = [*_refused_keeps(space), *_refused_factors(wide)]
    if not refusals:
        refusals = [*_refused_tiles(space, wide.factors), *_refused_lanes(space, wide.factors)]
    if not refusals:
        refusals = [*_refused_axes(space)]
    return refusals


def _refused_keeps(space: Mapspace) -> Iterator[Refusal]:
    for place, (must, may) in enumerate(
        zip(space.arrays.keep_must, space.arrays.keep_may, strict=True)
    ):
        for t, tensor in enumerate(space.layer.tensors):
            if not must & ~may & 1 << t:
                continue
            name = space.arch.places[place].name
            if not space.machine.keep_may[place] & 1 << t:
                what = f"{name} cannot keep {tensor.name}, as a rule demands"
            elif space.machine.keep_must[place] & 1 << t:
                what = f"{name} must keep {tensor.name}, which a rule forbids"
            else:
                what = f"{name} is to keep {tensor.name} by one rule and not to by another"
            yield Refusal("keep", f"{name}.{tensor.name}", what)


def _refused_factors(space: Mapspace) -> Iterator[Refusal]:
    for (name, bound), factors in zip(space.layer.dims, space.factors, strict=True):
        if not factors.possible:
            yield Refusal(
                "factors", name, f"no factors of {name} = {bound} satisfy the limits on its loops"
            )


def _refused_axes(space: Mapspace) -> Iterator[Refusal]:
    """Yield the dims none of whose factors fit an axis, though there are lanes enough."""
    for (name, bound), factors in zip(space.layer.dims, space.factors, strict=True):
        if not factors.possible:
            meshes = ", ".join(f"{f.name} ({f.mesh_x} x {f.mesh_y})" for f in space.arch.fanouts)
            yield Refusal("lanes", name, f"no factors of {name} = {bound} fit the axes of {meshes}")


def _refused_tiles(space: Mapspace, factors: tuple[DimFactors, ...]) -> list[Refusal]:
    """Return the memories and tile limits that the smallest tiles exceed, the tightest first."""
    must = tuple(int(mask) for mask in space.arrays.keep_must)
    slots = len(space.machine.slot_place)
    tiles = [
        {
            name: of_dim.least_product((1 << slots) - (1 << int(first)))
            for (name, _), of_dim in zip(space.layer.dims, factors, strict=True)
        }
        for first in space.machine.place_slot
    ]
    found: list[tuple[float, Refusal]] = []
    for memory, needed_bits in enumerate(bits_needed(space, tiles, must)):
        usable_bits = int(space.machine.memory_bits[memory])
        if 0 <= usable_bits < needed_bits:
            record = space.arch.memories[memory]
            short = needed_bits - usable_bits
            usable_bits -= counted_bits(space.arch, space.layer, record)
            needed_bits = usable_bits + short
            needs, has = ceil(needed_bits / record.word_bits), usable_bits // record.word_bits
            held = "tiles" if sum(_kept_in(space, must, memory)) > 1 else "tile"
            twice = f" ({record.buffering}-fold buffered)" if record.buffering > 1 else ""
            maps = ceil(taken_bits(space.arch, space.layer, record) / record.word_bits)
            twice += f" beside {maps:,} of maps that stay there" if maps else ""
            refusal = Refusal(
                "capacity",
                record.name,
                f"{record.name} needs {needs} words for the smallest {held}, has {has}{twice}",
                needed_bits,
                usable_bits,
                f"{record.name} of {needs * record.buffering + maps} words",
            )
            found.append((needed_bits / max(usable_bits, 0.5), refusal))
    for place, extents in enumerate(tiles):
        for t, tensor in enumerate(space.layer.tensors):
            limit = int(space.arrays.tile_max[place, t])
            words = space.tile_words(t, extents)
            if must[place] >> t & 1 and 0 <= limit < words:
                name = space.arch.places[place].name
                refusal = Refusal(
                    "tile",
                    f"{name}.{tensor.name}",
                    f"the smallest tile of {tensor.name} at {name} has {words} words,"
                    f" the rules allow {limit}",
                    words,
                    limit,
                )
                found.append((words / max(limit, 0.5), refusal))
    found.sort(key=lambda pair: -pair[0])
    return [refusal for _, refusal in found]


def _kept_in(space: Mapspace, keep: tuple[int, ...], memory: int) -> Iterator[int]:
    for place, mask in enumerate(keep):
        for t in range(len(space.layer.tensors)):
            if space.machine.place_memory[place, t] == memory:
                yield mask >> t & 1


def _refused_lanes(space: Mapspace, factors: tuple[DimFactors, ...]) -> Iterator[Refusal]:
    axes = axis_slots(space)
    for array, name in enumerate(array_names(space)):
        mesh = [int(lanes) for lanes in space.machine.array_mesh[array]]
        lanes = prod(f.least_product(axes[array, 0] | axes[array, 1]) for f in factors)
        if lanes > prod(mesh):
            yield Refusal(
                "lanes",
                name,
                f"{name} needs {lanes} lanes for the loops that must stand there,"
                f" has {mesh[0]} x {mesh[1]}",
                lanes,
                prod(mesh),
            )
            continue
        for axis, label in ((0, "x"), (1, "y")):
            needs = prod(f.least_product(axes[array, axis]) for f in factors)
            if needs > mesh[axis]:
                yield Refusal(
                    "lanes",
                    f"{name}.{label}",
                    f"axis {label} of {name} needs {needs} lanes for the loops that must stand"
                    f" there, has {mesh[axis]}",
                    needs,
                    mesh[axis],
                    f"{name} with mesh_{label} {needs}",
                )
