"""What the exact mapper leaves to another order of parts, against every mapping of every order."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact import tables
from accelsim.mapper.exact.pattern import Keep
from accelsim.mapper.objectives import ENERGY
from accelsim.mapping.records import Block, Mapping
from accelsim.workload.records import Layer
from tests.mapper.problems import solved
from tests.mapper.uneven_cases import every_form, small_problem


def searched_in(form: MappingProblem) -> dict[tuple[frozenset[str], ...], tuple[list[int], ...]]:
    """Return ``keep of each place: (places with loops, places without)`` of what is searched."""
    work = tables.Tables(form, ENERGY, False)
    s, tensors = work.fields, [tensor.name for tensor in form.layer.tensors]
    s["best"] = np.inf  # nothing is hopeless
    found = {}
    for pattern in work.list_patterns():
        work.prepare(pattern)
        keep = tuple(
            frozenset(name for t, name in enumerate(tensors) if mask >> t & 1)
            for mask in pattern.keep
        )
        found[keep] = tuple(
            [int(s["place"][node]) for node in range(s["n_nodes"]) if s[field][node]]
            for field in ("must_loop", "passed")
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


def lost(even: MappingProblem) -> list[tuple[float, float]]:
    """Return the costs of mappings of which none with the same tiles that is searched is as good.

    A search that leaves out nothing is no subject of this: it is asserted to leave out something.
    """
    searched: dict[tuple[object, ...], list[tuple[float, float]]] = {}
    costs: set[tuple[tuple[object, ...], float, float]] = set()
    for form in every_form(even):
        parts = tuple(p for p, place in enumerate(form.arch.places) if place.part_of)
        rules = searched_in(replace(form, parts=(parts,) if parts else ()))
        listed = solved(form)
        priced_at = zip(listed.energy.tolist(), listed.cycles.tolist(), strict=True)
        for mapping, cost in zip(listed.mappings, priced_at, strict=True):
            tiles = kept_tiles(mapping, even.layer)
            costs.add((tiles, *cost))
            blocks = [step for step in mapping.steps if isinstance(step, Block)]
            rule = rules.get(tuple(block.keep for block in blocks))
            loops = [any(loop.bound > 1 for loop in block.loops) for block in blocks]
            if rule and all(loops[p] for p in rule[0]) and not any(loops[p] for p in rule[1]):
                searched.setdefault(tiles, []).append(cost)
    assert sum(map(len, searched.values())) < sum(form.space.size for form in every_form(even)) / 2
    return [
        (energy, cycles)
        for tiles, energy, cycles in costs
        if not any(e <= energy * (1 + 1e-12) and c <= cycles for e, c in searched.get(tiles, ()))
    ]


@pytest.mark.parametrize("seed", range(4))
def test_what_one_order_of_parts_leaves_out_another_has(seed: int) -> None:
    assert lost(small_problem(seed)) == []


def _loops_between_all(s: np.void, keep: Keep, problem: MappingProblem) -> list[int]:
    parts = {a for of in problem.parts for a, b in pairwise(of) if keep[a] and keep[b]}
    return [int(place in parts) for place in s["place"][: int(s["n_nodes"])]]


def _nothing_empty(_: np.void, keep: Keep, problem: MappingProblem) -> bool:
    return any(keep[part] == 0 for parts in problem.parts for part in parts)


def _by_name(_s: np.void, _keep: Keep, problem: MappingProblem) -> bool:
    names = [place.name for place in problem.arch.places]
    return any(names[a] > names[b] for parts in problem.parts for a, b in pairwise(parts))


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("parts_with_loops", _loops_between_all),
        ("is_elsewhere", _nothing_empty),
        ("is_elsewhere", _by_name),
    ],
)
def test_leaving_out_more_loses_something(
    name: str, mistake: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, name, mistake)
    assert lost(small_problem(2)) != []
