"""A first legal mapping, from which a search starts.

Tiles and lanes only grow as factors move inward, so the mapping that leaves every factor as far
out as the rules allow needs the least of everything; usually one look at it decides.  Where rules
force factors onto the lanes of an array or into a memory, one choice may be traded for another;
then the *smallest arrangements* of each dim (those that no other arrangement undercuts in every
lane and tile) are combined by backtracking, which is exact.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from math import prod

from accelsim.mapspace.enumerate import Factors, lanes_fit, tiles_fit
from accelsim.mapspace.space import Mapspace

MAX_VECTORS = 50_000
"""Arrangements of one dim that are looked at."""

MAX_NODES = 20_000
"""Partial combinations that backtracking looks at."""


@dataclass(frozen=True, slots=True)
class Found:
    """Legal factors, if any; how many partial arrangements each level refused on the way."""

    factors: Factors | None
    refused: Counter[str]
    proved: bool = True
    """Whether nothing was left out (see :data:`MAX_NODES`)."""


def possible(space: Mapspace) -> bool:
    """Return whether what must be kept may be, and every bound can be split."""
    return all(
        must & ~may == 0
        for must, may in zip(
            space.arrays.keep_must.tolist(), space.arrays.keep_may.tolist(), strict=True
        )
    ) and all(factors.possible for factors in space.factors)


def outermost(space: Mapspace) -> Factors | None:
    """Return the factors that stand as far out as they can, if they are legal."""
    if not possible(space):
        return None
    factors = tuple(of_dim.outermost for of_dim in space.factors)
    must = tuple(space.arrays.keep_must.tolist())
    return factors if lanes_fit(space, factors) and tiles_fit(space, factors, must) else None


def combined(space: Mapspace) -> Found:
    """Look for legal factors among all combinations of smallest arrangements."""
    if not possible(space):
        return Found(None, Counter())
    return _Backtracking(space).run()


class _Backtracking:
    """Combines the smallest arrangements of the dims, dims with the fewest of them first."""

    def __init__(self, space: Mapspace) -> None:
        self.space = space
        self.refused: Counter[str] = Counter()
        self.proved = True
        self.nodes = 0
        self.axes = axis_slots(space)
        self.firsts = [int(slot) for slot in space.machine.place_slot]
        self.must = tuple(int(mask) for mask in space.arrays.keep_must)
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

    def run(self) -> Found:
        order = sorted(range(len(self.smallest)), key=lambda dim: (len(self.smallest[dim]), dim))
        chosen: dict[int, tuple[int, ...]] = {}
        found = self._extend(order, chosen)
        factors = tuple(chosen[dim] for dim in range(len(order))) if found else None
        return Found(factors, self.refused, self.proved)

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
                return array_names(self.space)[axis[0]]
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
            for t in range(len(self.space.layer.tensors)):
                words = self.space.tile_words(t, extents)
                kept = self.must[place] >> t & 1
                if kept and 0 <= self.space.arrays.tile_max[place, t] < words:
                    return self.space.arch.places[place].name
        for memory, bits in enumerate(bits_needed(self.space, tiles, self.must)):
            if 0 <= self.space.machine.memory_bits[memory] < bits:
                return self.space.arch.memories[memory].name
        return None


def axis_slots(space: Mapspace) -> dict[tuple[int, int], int]:
    """Return the mask of slots that share each (array, axis)."""
    axes: dict[tuple[int, int], int] = {}
    for slot, fanout in enumerate(space.machine.slot_fanout):
        if fanout >= 0:
            axis = (int(space.machine.fanout_array[fanout]), int(space.machine.slot_axis[slot]))
            axes[axis] = axes.get(axis, 0) | 1 << slot
    return axes


def array_names(space: Mapspace) -> list[str]:
    """Return the physical arrays in the order of their indices."""
    return list(dict.fromkeys(fanout.array for fanout in space.arch.fanouts))


def bits_needed(space: Mapspace, tiles: list[dict[str, int]], keep: tuple[int, ...]) -> list[int]:
    """Return the bits of each memory that tiles with these extents per place take."""
    bits = [0] * len(space.arch.memories)
    for place, extents in enumerate(tiles):
        for t in range(len(space.layer.tensors)):
            memory = int(space.machine.place_memory[place, t])
            if keep[place] >> t & 1 and memory >= 0:
                words = space.tile_words(t, extents)
                bits[memory] += words * int(space.machine.place_bits[place, t])
    return bits
