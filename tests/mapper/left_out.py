"""What a search of the exact mapper leaves out, held against every mapping that there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact import tables
from accelsim.mapper.exact.lattice import active_dims
from accelsim.mapper.objectives import ENERGY
from accelsim.mapping.records import Block, Mapping
from accelsim.workload.records import Layer
from tests.mapper.problems import solved


class Searched(NamedTuple):
    """What is searched of a choice of what is kept: places by number, and their loops by dim."""

    with_loops: list[int]
    without: dict[int, frozenset[str]]

    def has(self, blocks: Sequence[Block]) -> bool:
        loops = [{loop.dim for loop in block.loops if loop.bound > 1} for block in blocks]
        return all(loops[place] for place in self.with_loops) and not any(
            loops[place] & dims for place, dims in self.without.items()
        )


def searched_in(form: MappingProblem) -> dict[tuple[frozenset[str], ...], Searched]:
    """Return what is searched, by what each place keeps."""
    work = tables.Tables(form, ENERGY, False)
    s, tensors = work.fields, [tensor.name for tensor in form.layer.tensors]
    dims = [form.layer.dims[dim][0] for dim in active_dims(form)]
    s["best"] = np.inf  # nothing is hopeless
    found = {}
    for pattern in work.list_patterns():
        work.prepare(pattern)
        keep = tuple(
            frozenset(name for t, name in enumerate(tensors) if mask >> t & 1)
            for mask in pattern.keep
        )
        nodes = [node for node in range(s["n_nodes"]) if s["place"][node] >= 0]
        found[keep] = Searched(
            [int(s["place"][node]) for node in nodes if s["must_loop"][node]],
            {
                int(s["place"][node]): frozenset(
                    name for d, name in enumerate(dims) if s["passed"][node] >> d & 1
                )
                for node in nodes
            },
        )
    return found


def kept_tiles(mapping: Mapping, layer: Layer) -> tuple[object, ...]:
    """Return what is kept in which tiles, and how lanes are used, whatever the order of parts."""
    inside: dict[str, int] = {}
    tiles: list[object] = []
    dims = {tensor.name: tensor.dims for tensor in layer.tensors}
    for step in reversed(mapping.steps):
        loops = step.loops if isinstance(step, Block) else (*step.x, *step.y)
        for loop in loops:
            inside[loop.dim] = inside.get(loop.dim, 1) * loop.bound
        if isinstance(step, Block):
            for name in step.keep:
                tiles.append((name, *(inside.get(dim, 1) for dim in dims[name])))
        else:
            tiles.append(("", *step.x, *step.y))
    return tuple(sorted(map(repr, tiles)))


def lost(forms: Sequence[MappingProblem]) -> list[tuple[float, float]]:
    """Return the costs of mappings of which none with the same tiles that is searched is as good.

    A search that leaves out nothing is no subject of this: it is asserted to leave out something.
    """
    searched: dict[tuple[object, ...], list[tuple[float, float]]] = {}
    costs: set[tuple[tuple[object, ...], float, float]] = set()
    left_out = 0
    for form in forms:
        parts = tuple(p for p, place in enumerate(form.arch.places) if place.part_of)
        rules = searched_in(replace(form, parts=(parts,) if parts else ()))
        listed = solved(form)
        priced_at = zip(listed.energy.tolist(), listed.cycles.tolist(), strict=True)
        for mapping, cost in zip(listed.mappings, priced_at, strict=True):
            tiles = kept_tiles(mapping, form.layer)
            costs.add((tiles, *cost))
            blocks = [step for step in mapping.steps if isinstance(step, Block)]
            rule = rules.get(tuple(block.keep for block in blocks))
            if rule and rule.has(blocks):
                searched.setdefault(tiles, []).append(cost)
            else:
                left_out += 1
    assert left_out
    return [
        (energy, cycles)
        for tiles, energy, cycles in costs
        if not any(e <= energy * (1 + 1e-12) and c <= cycles for e, c in searched.get(tiles, ()))
    ]
