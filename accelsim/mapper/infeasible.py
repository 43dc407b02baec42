"""Where a search starts, or why there is nowhere to start.

Tiles and lanes only grow as factors move inward, so the mapping that leaves every factor as far
out as the rules allow needs the least of everything; usually one look at it decides.  Where rules
force factors onto the lanes of an array or into a memory, one choice may be traded for another;
then the *smallest arrangements* of each dim (those that no other arrangement undercuts in every
lane and tile) are combined by backtracking, which is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil, prod

from accelsim.arch.records import Fanout
from accelsim.mapspace.enumerate import Factors, lanes_fit, tiles_fit
from accelsim.mapspace.factors import DimFactors
from accelsim.mapspace.space import Mapspace, space_of
from accelsim.workload.records import tile_words

MAX_VECTORS = 50_000
"""Arrangements of one dim that are looked at."""

MAX_NODES = 200_000
"""Partial combinations that backtracking looks at."""


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

    def sentences(self) -> tuple[str, ...]:
        """Return what refuses, what would mend it, and which rules stand behind it."""
        said = [refusal.what for refusal in self.refusals]
        changes = [refusal.change for refusal in self.refusals if refusal.change]
        if changes:
            verdict = "would fit" if self.change_fits else "would be needed, and more"
            said.append(f"{' and '.join(changes)} {verdict}")
        said += [f"{level} refused {n:,} arrangements" for level, n in self.refused]
        behind = dict.fromkeys(rule for refusal in self.refusals for rule in refusal.rules)
        said += [f"because of {rule}" for rule in behind if rule not in self.enough]
        said += [f"it would fit without {rule}" for rule in self.enough]
        return tuple(said)


def first_factors(space: Mapspace) -> Factors | Infeasibility:
    """Return ``factors[dim][slot]``, legal if nothing optional is kept, or why there are none."""
    found = _first_factors(space)
    if found.factors is not None:
        return found.factors
    refusals = [
        replace(refusal, rules=_rules_behind(space, refusal)) for refusal in _refusals(space)
    ]
    if not refusals:
        refusals = [
            Refusal(
                "together",
                space.arch.name,
                "every arrangement of loops breaks the lanes of an array or the size of a memory",
            )
        ]
    enough = tuple(
        str(rule) for rule, rest in _without_each_rule(space) if _first_factors(rest).factors
    )
    return Infeasibility(
        space.layer.name,
        space.arch.name,
        tuple(refusals),
        _fits_when_changed(space, refusals),
        enough,
        tuple(sorted(found.refused.items())),
        found.proved,
    )


def _without_each_rule(space: Mapspace) -> Iterator[tuple[object, Mapspace]]:
    for rule in space.rules:
        rest = [other for other in space.rules if other is not rule]
        without = space_of(space.layer, space.arch, rest)
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
    return _first_factors(space_of(space.layer, arch, space.rules)).factors is not None


def _rules_behind(space: Mapspace, refusal: Refusal) -> tuple[str, ...]:
    return tuple(
        str(rule)
        for rule, rest in _without_each_rule(space)
        if not any(
            (other.kind, other.subject) == (refusal.kind, refusal.subject)
            for other in _refusals(rest)
        )
    )


@dataclass(frozen=True, slots=True)
class _Found:
    factors: Factors | None
    refused: Counter[str]
    proved: bool = True


def _first_factors(space: Mapspace) -> _Found:
    refused: Counter[str] = Counter()
    must = tuple(int(mask) for mask in space.arrays.keep_must)
    if any(
        mask & ~int(may) for mask, may in zip(must, space.arrays.keep_may, strict=True)
    ) or not all(factors.possible for factors in space.factors):
        return _Found(None, refused)
    outermost = tuple(next(factors.vectors()) for factors in space.factors)
    if lanes_fit(space, outermost) and tiles_fit(space, outermost, must):
        return _Found(outermost, refused)
    if _refusals(space):
        return _Found(None, refused)
    return _Backtracking(space, must, refused).run()


class _Backtracking:
    """Combines the smallest arrangements of the dims, dims with the fewest of them first."""

    def __init__(self, space: Mapspace, must: tuple[int, ...], refused: Counter[str]) -> None:
        self.space = space
        self.refused = refused
        self.proved = True
        self.nodes = 0
        self.axes = _axis_slots(space)
        self.firsts = [int(slot) for slot in space.machine.place_slot]
        self.must = must
        self.smallest = [self._smallest(dim) for dim in range(len(space.factors))]
        self.least_lanes = [
            {axis: factors.least_product(mask) for axis, mask in self.axes.items()}
            for factors in space.factors
        ]
        slots = len(space.machine.slot_place)
        self.least_tiles = [
            [factors.least_product((1 << slots) - (1 << first)) for first in self.firsts]
            for factors in space.factors
        ]

    def _needs(self, vector: tuple[int, ...]) -> tuple[int, ...]:
        """Return the lanes per axis and the extents per place that an arrangement takes."""
        lanes = [
            prod(factor for slot, factor in enumerate(vector) if mask >> slot & 1)
            for mask in self.axes.values()
        ]
        return (*lanes, *(prod(vector[first:]) for first in self.firsts))

    def _smallest(self, dim: int) -> list[tuple[int, ...]]:
        vectors = list(islice(self.space.factors[dim].vectors(), MAX_VECTORS))
        self.proved = self.proved and len(vectors) < MAX_VECTORS
        by_needs: dict[tuple[int, ...], tuple[int, ...]] = {}
        for vector in vectors:
            by_needs.setdefault(self._needs(vector), vector)
        kept: list[tuple[int, ...]] = []
        for needs in sorted(by_needs):  # an undercutting one always sorts before the undercut
            if not any(all(a <= b for a, b in zip(low, needs, strict=True)) for low in kept):
                kept.append(needs)
        return [by_needs[needs] for needs in kept]

    def run(self) -> _Found:
        order = sorted(range(len(self.smallest)), key=lambda dim: (len(self.smallest[dim]), dim))
        chosen: dict[int, tuple[int, ...]] = {}
        found = self._extend(order, chosen)
        factors = tuple(chosen[dim] for dim in range(len(order))) if found else None
        return _Found(factors, self.refused, self.proved)

    def _extend(self, order: list[int], chosen: dict[int, tuple[int, ...]]) -> bool:
        if len(chosen) == len(order):
            return True
        dim = order[len(chosen)]
        for vector in self.smallest[dim]:
            self.nodes += 1
            if self.nodes > MAX_NODES:
                self.proved = False
                return False
            chosen[dim] = vector
            refuser = self._refuser(chosen)
            if refuser is None:
                if self._extend(order, chosen):
                    return True
            else:
                self.refused[refuser] += 1
            del chosen[dim]
        return False

    def _refuser(self, chosen: dict[int, tuple[int, ...]]) -> str | None:
        """Return the level that refuses a partial choice, the other dims at their least."""
        dims = range(len(self.smallest))
        for axis, mask in self.axes.items():
            lanes = prod(
                prod(f for slot, f in enumerate(chosen[dim]) if mask >> slot & 1)
                if dim in chosen
                else self.least_lanes[dim][axis]
                for dim in dims
            )
            if lanes > self.space.machine.array_mesh[axis]:
                return _array_names(self.space)[axis[0]]
        tiles = [
            {
                self.space.layer.dims[dim][0]: prod(chosen[dim][first:])
                if dim in chosen
                else self.least_tiles[dim][place]
                for dim in dims
            }
            for place, first in enumerate(self.firsts)
        ]
        for place, extents in enumerate(tiles):
            for t, tensor in enumerate(self.space.layer.tensors):
                words = tile_words(tensor, extents, self.space.layer.bounds)
                kept = self.must[place] >> t & 1
                if kept and 0 <= self.space.arrays.tile_max[place, t] < words:
                    return self.space.arch.places[place].name
        for memory, bits in enumerate(_bits_needed(self.space, tiles, self.must)):
            if 0 <= self.space.machine.memory_bits[memory] < bits:
                return self.space.arch.memories[memory].name
        return None


def _axis_slots(space: Mapspace) -> dict[tuple[int, int], int]:
    """Return the mask of slots that share each (array, axis)."""
    axes: dict[tuple[int, int], int] = {}
    for slot, fanout in enumerate(space.machine.slot_fanout):
        if fanout >= 0:
            axis = (int(space.machine.fanout_array[fanout]), int(space.machine.slot_axis[slot]))
            axes[axis] = axes.get(axis, 0) | 1 << slot
    return axes


def _array_names(space: Mapspace) -> list[str]:
    return list(dict.fromkeys(fanout.array for fanout in space.arch.fanouts))


def _bits_needed(space: Mapspace, tiles: list[dict[str, int]], keep: tuple[int, ...]) -> list[int]:
    """Return the bits of each memory that tiles with these extents per place take."""
    bits = [0] * len(space.arch.memories)
    for place, extents in enumerate(tiles):
        for t, tensor in enumerate(space.layer.tensors):
            memory = int(space.machine.place_memory[place, t])
            if keep[place] >> t & 1 and memory >= 0:
                bits[memory] += tile_words(tensor, extents, space.layer.bounds) * tensor.bits
    return bits


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
    wide = space_of(space.layer, replace(space.arch, nodes=nodes), space.rules)
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
    for memory, needed_bits in enumerate(_bits_needed(space, tiles, must)):
        usable_bits = int(space.machine.memory_bits[memory])
        if 0 <= usable_bits < needed_bits:
            record = space.arch.memories[memory]
            needs, has = ceil(needed_bits / record.word_bits), usable_bits // record.word_bits
            held = "tiles" if sum(_kept_in(space, must, memory)) > 1 else "tile"
            twice = f" ({record.buffering}-fold buffered)" if record.buffering > 1 else ""
            refusal = Refusal(
                "capacity",
                record.name,
                f"{record.name} needs {needs} words for the smallest {held}, has {has}{twice}",
                needed_bits,
                usable_bits,
                f"{record.name} of {needs * record.buffering} words",
            )
            found.append((needed_bits / max(usable_bits, 0.5), refusal))
    for place, extents in enumerate(tiles):
        for t, tensor in enumerate(space.layer.tensors):
            limit = int(space.arrays.tile_max[place, t])
            words = tile_words(tensor, extents, space.layer.bounds)
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
    axes = _axis_slots(space)
    for array, name in enumerate(_array_names(space)):
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
