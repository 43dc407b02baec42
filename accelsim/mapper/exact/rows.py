"""Ways to use the lanes of a fanout, and how these share words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from accelsim.counter.layout import MAX_FANOUTS
from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.lattice import Points, active_dims, numbered_divisors, packed_exponents
from accelsim.mapper.exact.layout import MAX_SPREADS, MAX_TENSORS, ROW
from accelsim.mapper.exact.slots import Joint, node_slots
from accelsim.mapping.arrays import Ints
from accelsim.mapspace.factors import divisors_of


class Limits(NamedTuple):
    """What limits the lanes of a fanout: by dim for each axis, by mesh, and by products.

    ``shared`` says whether other fanouts use lanes of the same array.
    """

    bounds: tuple[int, ...]
    most_y: tuple[int, ...]
    most_x: tuple[int, ...]
    exact_y: tuple[int, ...]
    exact_x: tuple[int, ...]
    mesh_y: int
    mesh_x: int
    joints: tuple[tuple[int, int, int, int, int], ...]
    shared: bool


def rows_of(
    problem: MappingProblem, s: np.void, node: int, shared: bool, joints: list[Joint]
) -> tuple[Points, Floats, Floats]:
    """Return every way to use the lanes of a fanout, and how they share words (see ``ways``).

    What stands in the record of fanouts further out must be known.
    """
    machine, arrays, dims = problem.machine, problem.space.arrays, active_dims(problem)
    y, x = node_slots(problem)[node]
    array = int(machine.fanout_array[machine.slot_fanout[y]])
    mesh_x, mesh_y = machine.array_mesh[array].tolist()
    n_tensors, output = int(s["n_tensors"]), int(s["output"])
    start = s["rank_start"][: n_tensors + 1].tolist()
    pairs = [(a, b) for a, b in s["rank_dim"][: start[-1]].tolist()]
    multicast = int(s["multicast"][node])
    sharing: list[int] = []
    ranks: list[tuple[tuple[int, int], ...] | None] = []
    for t in range(n_tensors):
        lacked = (1 << len(dims)) - 1 & ~int(s["relevant"][t])
        shares = t != output and multicast >> t & 1
        if t != output:
            lacked = lacked | int(s["joined"][t]) if shares else 0
        sharing.append(lacked)
        ranks.append(tuple(pairs[start[t] : start[t + 1]]) if shares else None)
    others = s["most_shared"][node + 1 : s["group_end"][node] + 1].tolist()
    rest = [prod([lanes[t] for lanes in others], start=1.0) for t in range(n_tensors)]
    rest[output] = 1.0
    most_y, most_x = arrays.slot_max[[y, x]][:, dims].tolist()
    exact_y, exact_x = arrays.slot_exact[[y, x]][:, dims].tolist()
    limits = Limits(
        tuple(s["bounds"][: len(dims)].tolist()),
        tuple(most_y),
        tuple(most_x),
        tuple(exact_y),
        tuple(exact_x),
        mesh_y,
        mesh_x,
        tuple((mask >> y & 1, mask >> x & 1, dim, most, ex) for mask, dim, most, ex in joints),
        shared,
    )
    relevant = tuple(s["relevant"][:n_tensors].tolist())
    return ways(limits, relevant, tuple(sharing), tuple(ranks), tuple(rest))


@lru_cache(maxsize=64)
def ways(
    limits: Limits,
    relevant: tuple[int, ...],
    sharing: tuple[int, ...],
    ranks: tuple[tuple[tuple[int, int], ...] | None, ...],
    rest: tuple[float, ...],
) -> tuple[Points, Floats, Floats]:
    """Return the rows of a fanout, and its *spreads*.

    ``relevant[tensor]`` is the mask of the dims that a tensor depends on.  ``sharing[tensor]`` is
    the mask of the dims whose lanes may share words of a tensor (or, of the output, reduce them):
    those that it lacks, and those that share a rank with another, whose windows overlap; lanes over
    any other dim have words of their own.  ``ranks[tensor]`` are the dims of its ranks where lanes
    share words.  With tiles of one word, a lanes over one dim of a rank of two and b over the other
    have at least a + b - 1 words, as any sums of a and of b numbers: so many are read at least
    where that many tiles are.

    Right outside there may be fanouts of the same array (its *group*), whose lanes share words of a
    tensor, too: ``rest[tensor]`` at most, and no more than a row leaves.  A row's share is that of
    both together, but for the output, which is not reduced by every fanout (``rest`` is 1).

    Returns
    -------
    rows : record[row]
        What lanes share is in ``inverse``.  Those that are *alike* stand one after the other: as
        many lanes share words of each tensor, and as many are over dims that each lacks, alone and
        with others.
    spreads : float64[spread, tensor]
        The same for rows that no other row beats in every tensor; for each row there is a spread
        with no larger entry.  The first has the least entry of each tensor.
    least : float64[tensor]
        The least that lanes of this fanout alone share.
    """
    bounds = limits.bounds
    lanes, mesh = spreads(limits)
    rows = np.zeros(len(lanes), dtype=ROW)
    rows["mesh"], rows["lanes"] = mesh, lanes.prod(axis=1)
    packed, guards = packed_exponents(bounds)
    radix = 1
    for i, bound in enumerate(bounds):
        divisors = numbered_divisors(bound)
        order = np.argsort(divisors)
        number = order[np.searchsorted(divisors, lanes[:, i], sorter=order)]
        rows["number"][:, i] = number
        rows["step"] += number * radix
        rows["broken"] |= np.where(lanes[:, i] > 1, 1 << i, 0)
        if guards:
            rows["packed"] += np.array(packed[i])[number]
        radix *= len(divisors)
    for t, mask in enumerate(sharing):
        members = [d for d in range(len(bounds)) if mask >> d & 1]
        rows["inverse"][:, t] = 1.0 / lanes[:, members].prod(axis=1)
        words = rows["inverse"][:, MAX_TENSORS + t]
        words[:] = 1.0
        if ranks[t] is not None:
            words /= rows["lanes"]
            for a, b in ranks[t] or ():
                words *= lanes[:, a] if b < 0 else lanes[:, a] + lanes[:, b] - 1
    inverse = rows["inverse"][:, : len(sharing)]
    least = inverse.min(axis=0, initial=1.0)
    if limits.shared:
        left = np.prod(np.array([limits.mesh_x, limits.mesh_y]) // mesh, axis=1)
        for t, most in enumerate(rest):
            rows["inverse"][:, [t, MAX_TENSORS + t]] /= np.minimum(most, left)[:, None]
    return alike_together(rows, lanes, relevant), least_entries(inverse), least


def alike_together(rows: Points, lanes: Ints, relevant: tuple[int, ...]) -> Points:
    """Return the rows with those that are alike (:func:`ways`) one after the other.

    Dims that the same tensors depend on are as one.  Rows with more lanes still come first.
    """
    if not len(rows):
        return rows
    of_tensors = [tuple(mask >> d & 1 for mask in relevant) for d in range(lanes.shape[1])]
    alike = [lanes[:, [d for d, of in enumerate(of_tensors) if of == one]].prod(axis=1)
             for one in sorted(set(of_tensors))]  # fmt: skip
    keys = np.column_stack([-rows["lanes"], *alike, rows["inverse"][:, : len(relevant)]])
    _, kind, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    rows = rows[np.argsort(kind, kind="stable")]
    rows["alike"] = np.concatenate([np.arange(n, 0, -1) for n in size])
    return rows


def least_entries(inverse: Floats) -> Floats:
    """Return the least of each column, then the rows that no other row beats in every column.

    Beyond the room that there is, neighbours are joined into rows of their least entries.
    """
    if not len(inverse):
        return np.ones((1, inverse.shape[1]))
    found = np.unique(inverse, axis=0)  # in lexical order: what beats a row stands before it
    kept = np.empty((0, inverse.shape[1]))
    for row in found:
        if not (kept <= row).all(axis=1).any():
            kept = np.concatenate([kept, row[None]])
    while len(kept) > MAX_SPREADS // MAX_FANOUTS - 1:
        kept = np.minimum(kept[::2], np.concatenate([kept[1::2], kept[-1:]])[: len(kept[::2])])
    return np.concatenate([kept.min(axis=0)[None], kept])


def axis_choices(
    bounds: tuple[int, ...], most: tuple[int, ...], exact: tuple[int, ...], lanes: int
) -> Ints:
    """Return every vector of factors that one axis allows."""
    found: list[tuple[int, ...]] = [()]
    for bound, limit, only in zip(bounds, most, exact, strict=True):
        choices = [only] if only else [d for d in divisors_of(bound) if d <= limit]
        if only and (bound % only or only > limit):
            choices = []
        found = [(*v, c) for v in found for c in choices if prod(v) * c <= lanes]
    return np.array(found, dtype=np.int64).reshape(len(found), len(bounds))


@lru_cache(maxsize=512)
def spreads(
    limits: Limits,
) -> tuple[Ints, Ints]:
    """Return (lanes ``[row, dim]``, lanes used of x and y ``[row, 2]``) of a fanout.

    No count depends on how a dim's lanes are split over the axes, so that each product of both
    axes stands once; with the lanes that it takes of each axis only where fanouts share them.
    """
    bounds, most_y, most_x, exact_y, exact_x, mesh_y, mesh_x, joints, shared = limits
    nd = len(bounds)
    ys = axis_choices(bounds, most_y, exact_y, mesh_y)
    xs = axis_choices(bounds, most_x, exact_x, mesh_x)
    whole = np.array(bounds, dtype=np.int64)
    found = []
    for y in ys:
        both = xs * y
        fits = (whole % both == 0).all(axis=1)
        for in_y, in_x, dim, most, exact in joints:
            product_of = (y[dim] if in_y else 1) * (xs[:, dim] if in_x else 1)
            fits &= product_of <= most
            if exact:
                fits &= product_of == exact
        mesh = np.ones((len(xs), 2), dtype=np.int64)
        if shared:
            mesh[:, 0], mesh[:, 1] = xs.prod(axis=1), y.prod()
        found.append(np.concatenate([both, mesh], axis=1)[fits])
    listed = np.concatenate([np.zeros((0, nd + 2), dtype=np.int64), *found])
    listed = np.unique(listed, axis=0)
    listed = listed[np.argsort(-listed[:, :nd].prod(axis=1), kind="stable")]
    return listed[:, :nd].copy(), listed[:, nd:].copy()


def split_lanes(
    problem: MappingProblem, node: int, wanted: dict[int, int], used: tuple[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return factors over y and x that multiply to ``wanted[dim]`` (dims of the layer).

    ``used`` are the lanes of x and y to use at most; (0, 0) means all.
    """
    arrays, machine = problem.space.arrays, problem.machine
    slots = node_slots(problem)[node]
    array = int(machine.fanout_array[machine.slot_fanout[slots[0]]])
    mesh_x, mesh_y = used if used != (0, 0) else (int(m) for m in machine.array_mesh[array])

    def allowed(slot: int, dim: int, lanes: int) -> bool:
        only = int(arrays.slot_exact[slot, dim])
        if lanes > arrays.slot_max[slot, dim] or (only and lanes != only):
            return False
        for mask, of, most, exact in zip(
            arrays.joint_slots, arrays.joint_dim, arrays.joint_max, arrays.joint_exact, strict=True
        ):
            if (
                int(mask) == 1 << slot
                and of == dim
                and (lanes > most or (exact and lanes != exact))
            ):
                return False
        return True

    def ways(dim: int) -> Iterator[tuple[int, int]]:
        for on_y in divisors_of(wanted[dim]):
            on_x = wanted[dim] // on_y
            if allowed(slots[0], dim, on_y) and allowed(slots[1], dim, on_x):
                yield on_y, on_x

    for chosen in product(*(list(ways(dim)) for dim in wanted)):
        if prod(y for y, _ in chosen) <= mesh_y and prod(x for _, x in chosen) <= mesh_x:
            split = dict(zip(wanted, chosen, strict=True))
            return {d: y for d, (y, _) in split.items()}, {d: x for d, (_, x) in split.items()}
    raise AssertionError(f"no way to split {wanted} over {mesh_y} x {mesh_x} lanes")
