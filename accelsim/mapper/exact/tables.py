"""What an exact search looks up: the lattice of extents, nodes from inside out, prices.

A **point** of the lattice says, for each dim with a bound above 1 (here: *dim*), which divisor of
the bound all loops so far cover.  **Nodes** are the machine's places and fanouts from the inside
out.  **Row** 0 stands for the compute and row v + 1 for the place at node v: rows index boundaries
by their child.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    READS,
    REDUCTIONS,
    UPDATES,
)
from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import MappingProblem
from accelsim.mapping.arrays import Ints
from accelsim.mapspace.factors import divisors_of, primes

MAX_POINTS = 2_000_000
"""Points of the lattice; every one takes some 200 bytes."""

MAX_WINDOW = 6
"""Dims of one tensor that share a rank with another."""


class Lattice(NamedTuple):
    """The layer over its lattice of extents; constant over a search."""

    bounds: Ints
    """``[dim]``"""
    radix: Ints
    """``[dim]``: point = sum of divisor number x radix."""
    n_divisors: Ints
    divisor: Ints
    """``[dim, number]``"""
    times: Ints
    """``[dim, number, number]``: number of the product; -1 if it does not divide the bound."""
    digit: Ints
    """``[point, dim]``: number of the divisor."""
    extent: Ints
    """``[point, dim]``"""
    volume: Floats
    """``[point]``: product of all loops outside."""
    sums: Floats
    """``[point]``: product of those over dims that the output lacks."""
    words: Floats
    """``[tensor, point]``: words of the tile."""
    output: int
    output_words: float
    relevant: Ints
    """``[tensor]``: mask of dims."""
    window: Ints
    """``[tensor]``: mask of the dims that share a rank with another."""
    window_index: Ints
    """``[tensor, dim]``: position among them."""
    n_window: Ints
    monotone: Ints
    """``[tensor]``: mask of the window dims in which a longer step never uncovers less."""
    left: Ints
    """``[point]``: exponents of the primes of all that stands outside, packed with guard bits."""
    guards: int
    """The guard bits; 0 if the exponents do not fit into 62 bits."""
    rank_start: Ints
    rank_dim: Ints
    rank_coefficient: Ints
    marks: np.ndarray[tuple[int], np.dtype[np.uint64]]
    lane_dim: Ints
    lane_bound: Ints
    lane_stride: Ints


class Nodes(NamedTuple):
    """The machine's nodes, from inside out."""

    place: Ints
    """``[node]``: -1 for a fanout."""
    most: Ints
    """``[node, dim]``: the largest temporal factor."""
    exact: Ints
    """``[node, dim]``: the only one; 0 is free."""
    free: Ints
    """``[node]``: 1 for a block without any limit or order."""
    inside: Ints
    """``[node, dim]``: mask of dims that must stand inside this one."""
    joint_nodes: Ints
    """``[joint]``: mask."""
    joint_dim: Ints
    joint_most: Ints
    joint_exact: Ints
    row_start: Ints
    """``[node + 1]``: ways to use the lanes of a fanout."""
    row_number: Ints
    """``[row, dim]``: divisor number of the lanes over a dim."""
    row_packed: Ints
    """``[row]``: exponents of the primes of the lanes, packed as ``Lattice.left``."""
    row_mesh: Ints
    """``[row, axis]``: lanes used, only where fanouts share an array; else 1."""
    mesh: Ints
    """``[array column, axis]``: lanes that sharing fanouts have together."""
    mesh_column: Ints
    """``[node]``: column of the shared array; -1."""
    multicast: Ints
    """``[node]``: mask of tensors."""
    reduces: Ints
    deliver: Floats
    """``[node, tensor]``"""
    collect: Floats
    """``[node]``"""
    reduce: Floats
    most_lanes: Floats
    """``[node]``: most lanes that a fanout can use; 1 for a place."""


class Pattern(NamedTuple):
    """Which place keeps what, and all that follows from it."""

    kept: Ints
    """``[node]``: mask of tensors."""
    fits: Ints
    """``[node, point]``: 1 where the kept tiles are within their limits."""
    shared_bits: Floats
    """``[column, node, point]``: bits that count against a memory of several places."""
    shared_limit: Floats
    """``[column]``"""
    parent: Ints
    """``[row, tensor]``: node of the next keeper."""
    fill: Floats
    drain: Floats
    read: Floats
    update: Floats
    """``[row, tensor]``: prices of the boundary."""
    child_block: Ints
    parent_block: Ints
    """``[row, tensor]``"""
    credit: Floats
    """``[row]``: what each word that starts from zero at this child saves further inside."""
    back: Floats
    """``[row]``: price of one word sent back across the boundary, reading aside."""
    beta: Floats
    """``[row]``: what a word that starts from zero at the parent saves at this boundary."""
    current: Ints
    """``[pos, tensor]``: row of the boundary open before node ``pos``."""
    ahead: Ints
    """``[pos, tensor]``: 1 if fanouts remain between it and its parent."""
    lanes_ahead: Floats
    """``[pos, tensor]``: most lanes of those."""
    fanouts_outside: Ints
    """``[pos]``: 1 if there is any fanout from node ``pos`` outward."""
    settled: Ints
    """``[pos]``: 1 if no fanout stands outside the parent of the output's open boundary."""
    total_lanes: Floats
    """``[pos]``: most lanes from node ``pos`` outward."""


def active_dims(problem: MappingProblem) -> list[int]:
    """Return the layer's dims with a bound above 1."""
    return [d for d, bound in enumerate(problem.layer_arrays.bounds) if bound > 1]


def lattice_points(problem: MappingProblem) -> int:
    """Return the number of points of the lattice."""
    return prod(len(divisors_of(int(b))) for b in problem.layer_arrays.bounds)


def build_lattice(problem: MappingProblem) -> Lattice:
    """Tabulate the layer over the lattice."""
    layer = problem.layer_arrays
    dims = active_dims(problem)
    bounds = [int(layer.bounds[d]) for d in dims]
    numbers = [divisors_of(b) for b in bounds]
    longest = max([len(n) for n in numbers], default=1)
    nd = len(dims)
    divisor = np.ones((nd, longest), dtype=np.int64)
    times = np.full((nd, longest, longest), -1, dtype=np.int64)
    for d, divs in enumerate(numbers):
        divisor[d, : len(divs)] = divs
        index = {value: i for i, value in enumerate(divs)}
        for i, a in enumerate(divs):
            for j, b in enumerate(divs):
                times[d, i, j] = index.get(a * b, -1)
    radix = np.ones(nd, dtype=np.int64)
    for d in range(1, nd):
        radix[d] = radix[d - 1] * len(numbers[d - 1])
    points = prod(len(n) for n in numbers)
    where = np.arange(points, dtype=np.int64)
    digit = np.zeros((points, nd), dtype=np.int64)
    extent = np.ones((points, nd), dtype=np.int64)
    for d in range(nd):
        digit[:, d] = where // radix[d] % len(numbers[d])
        extent[:, d] = divisor[d][digit[:, d]]
    number_of = {dim: i for i, dim in enumerate(dims)}
    relevant = [
        sum(1 << i for i, d in enumerate(dims) if int(mask) >> d & 1) for mask in layer.relevant
    ]
    single = [
        sum(1 << i for i, d in enumerate(dims) if int(mask) >> d & 1) for mask in layer.single_term
    ]
    window_reuse = problem.conventions.window_reuse
    window = [r & ~s for r, s in zip(relevant, single, strict=True)]
    rank_dim = np.array(
        [[number_of.get(int(d), -1) for d in pair] for pair in layer.rank_dim], dtype=np.int64
    ).reshape(-1, 2)
    words = np.ones((len(relevant), points))
    for t in range(len(relevant)):
        for rank in range(int(layer.rank_start[t]), int(layer.rank_start[t + 1])):
            one = extent[:, rank_dim[rank, 0]]
            if rank_dim[rank, 1] < 0:
                words[t] *= one
            else:
                other = extent[:, rank_dim[rank, 1]]
                u, v = (int(c) for c in layer.rank_coefficient[rank])
                words[t] *= one * other - np.maximum(0, one - v) * np.maximum(0, other - u)
    window_index = np.zeros((len(relevant), max(nd, 1)), dtype=np.int64)
    n_window = np.zeros(len(relevant), dtype=np.int64)
    for t, mask in enumerate(window):
        for d in range(nd):
            if mask >> d & 1:
                window_index[t, d] = n_window[t]
                n_window[t] += 1
    monotone = [0] * len(relevant)
    for t in range(len(relevant)):
        for rank in range(int(layer.rank_start[t]), int(layer.rank_start[t + 1])):
            for side in range(2):
                if rank_dim[rank, 1] >= 0 and int(layer.rank_coefficient[rank, 1 - side]) == 1:
                    monotone[t] |= 1 << int(rank_dim[rank, side])
    whole = np.array(bounds, dtype=np.float64)
    volume = np.prod(whole / extent, axis=1) if nd else np.ones(1)
    lacks = [d for d in range(nd) if not relevant[layer.output] >> d & 1]
    sums = np.prod(whole[lacks] / extent[:, lacks], axis=1)
    longest_rank = int(layer.rank_extent.max()) if len(layer.rank_extent) else 1
    two_terms = (layer.rank_dim[:, 1] >= 0) if len(layer.rank_dim) else np.zeros(0, dtype=bool)
    longest_rank = int(layer.rank_extent[two_terms].max()) if two_terms.any() else 1
    packed, guards = pack_exponents(bounds)
    left = np.zeros(points, dtype=np.int64)
    if guards:
        for d, rows in enumerate(packed):
            left += ints(rows)[len(numbers[d]) - 1 - digit[:, d]]
    return Lattice(
        bounds=ints(bounds),
        radix=radix,
        n_divisors=ints([len(n) for n in numbers]),
        divisor=divisor,
        times=times,
        digit=digit,
        extent=extent,
        volume=volume,
        sums=sums,
        words=words,
        output=layer.output,
        output_words=float(layer.output_words),
        relevant=ints(relevant),
        window=ints(window) * window_reuse,
        window_index=window_index,
        n_window=n_window * window_reuse,
        monotone=ints(monotone),
        left=left,
        guards=guards,
        rank_start=layer.rank_start,
        rank_dim=rank_dim,
        rank_coefficient=layer.rank_coefficient.reshape(-1, 2),
        marks=np.zeros(longest_rank // 64 + 2, dtype=np.uint64),
        lane_dim=np.zeros(128, dtype=np.int64),
        lane_bound=np.zeros(128, dtype=np.int64),
        lane_stride=np.zeros(128, dtype=np.int64),
    )


def pack_exponents(bounds: list[int]) -> tuple[list[list[int]], int]:
    """Return (``[dim][divisor number]``: packed exponents, guard bits), or guards 0 if too long."""
    packed: list[list[int]] = []
    guards = 0
    at = 0
    for bound in bounds:
        rows = [0] * len(divisors_of(bound))
        for prime in sorted(set(primes(bound))):
            most = primes(bound).count(prime)
            for number, value in enumerate(divisors_of(bound)):
                rows[number] += primes(value).count(prime) << at
            at += most.bit_length() + 1
            guards |= 1 << (at - 1)
        packed.append(rows)
    return packed, guards if at <= 62 else 0


def node_slots(problem: MappingProblem) -> list[tuple[int, ...]]:
    """Return, from inside out, the slots of each node (a place one, a fanout y and x)."""
    machine = problem.machine
    nodes: list[tuple[int, ...]] = []
    slot = 0
    while slot < len(machine.slot_place):
        if machine.slot_place[slot] >= 0:
            nodes.append((slot,))
            slot += 1
        else:
            nodes.append((slot, slot + 1))
            slot += 2
    return nodes[::-1]


def build_nodes(problem: MappingProblem, lattice: Lattice) -> Nodes:
    """Tabulate the machine and the limits on loops."""
    machine, arrays, prices = problem.machine, problem.space.arrays, problem.price_arrays
    dims = active_dims(problem)
    slots = node_slots(problem)
    n, nd, nt = len(slots), len(dims), len(lattice.relevant)
    place = np.full(n, -1, dtype=np.int64)
    most = np.ones((n, max(nd, 1)), dtype=np.int64)
    exact = np.zeros((n, max(nd, 1)), dtype=np.int64)
    free = np.zeros(n, dtype=np.int64)
    inside = np.zeros((n, max(nd, 1)), dtype=np.int64)
    multicast = np.zeros(n, dtype=np.int64)
    reduces = np.zeros(n, dtype=np.int64)
    deliver = np.zeros((n, nt))
    collect = np.zeros(n)
    reduce = np.zeros(n)
    most_lanes = np.ones(n)
    joints = [
        (int(mask), dims.index(int(dim)), int(at_most), int(ex))
        for mask, dim, at_most, ex in zip(
            arrays.joint_slots, arrays.joint_dim, arrays.joint_max, arrays.joint_exact, strict=True
        )
        if int(dim) in dims
    ]
    within: list[list[tuple[int, int, int, int]]] = [[] for _ in range(n)]
    across: list[tuple[int, int, int, int]] = []
    for mask, dim, at_most, ex in joints:
        nodes = [v for v, of in enumerate(slots) if any(mask >> s & 1 for s in of)]
        if len(nodes) == 1:
            within[nodes[0]].append((mask, dim, at_most, ex))
        else:
            across.append((sum(1 << v for v in nodes), dim, at_most, ex))
    arrays_of = [int(a) for a in machine.fanout_array]
    shared = sorted({a for a in arrays_of if arrays_of.count(a) > 1})
    mesh_column = np.full(n, -1, dtype=np.int64)
    rows: list[Ints] = []
    meshes: list[Ints] = []
    row_start = [0]
    for v, of in enumerate(slots):
        if len(of) == 1:
            slot = of[0]
            place[v] = machine.slot_place[slot]
            limited = bool(within[v]) or any(m >> v & 1 for m, _, _, _ in across)
            for i, d in enumerate(dims):
                most[v, i] = arrays.slot_max[slot, d]
                exact[v, i] = arrays.slot_exact[slot, d]
                inside[v, i] = sum(
                    1 << j for j, e in enumerate(dims) if int(arrays.inside[slot, d]) >> e & 1
                )
                limited |= bool(exact[v, i] or inside[v, i] or most[v, i] < lattice.bounds[i])
            free[v] = not limited
        else:
            f = int(machine.slot_fanout[of[0]])
            if problem.conventions.multicast:
                multicast[v] = machine.multicast[f]
            reduces[v] = machine.reduces[f]
            deliver[v] = prices.fanout_energy[f, :, DELIVERIES]
            collect[v] = prices.fanout_energy[f, lattice.output, COLLECTIONS]
            reduce[v] = prices.fanout_energy[f, lattice.output, REDUCTIONS]
            array = int(machine.fanout_array[f])
            mesh_y, mesh_x = int(machine.array_mesh[array, 1]), int(machine.array_mesh[array, 0])
            if array in shared:
                mesh_column[v] = shared.index(array)
            found, mesh = spreads(
                tuple(int(b) for b in lattice.bounds),
                tuple(int(arrays.slot_max[of[0], d]) for d in dims),
                tuple(int(arrays.slot_max[of[1], d]) for d in dims),
                tuple(int(arrays.slot_exact[of[0], d]) for d in dims),
                tuple(int(arrays.slot_exact[of[1], d]) for d in dims),
                mesh_y,
                mesh_x,
                tuple(
                    (mask >> of[0] & 1, mask >> of[1] & 1, dim, at_most, ex)
                    for mask, dim, at_most, ex in within[v]
                ),
                array in shared,
            )
            rows.append(found)
            meshes.append(mesh)
            lanes = np.ones(len(found))
            for i in range(nd):
                lanes *= lattice.divisor[i][found[:, i]]
            most_lanes[v] = lanes.max() if len(lanes) else 1.0
        row_start.append(sum(len(r) for r in rows))
    row_number = np.concatenate([*rows, np.zeros((0, max(nd, 1)), dtype=np.int64)])
    packed, guards = pack_exponents([int(b) for b in lattice.bounds])
    row_packed = np.zeros(len(row_number), dtype=np.int64)
    if guards:
        for i, exponents in enumerate(packed):
            row_packed += np.array(exponents, dtype=np.int64)[row_number[:, i]]
    return Nodes(
        place=place,
        most=most,
        exact=exact,
        free=free,
        inside=inside,
        joint_nodes=np.array([j[0] for j in across], dtype=np.int64),
        joint_dim=np.array([j[1] for j in across], dtype=np.int64),
        joint_most=np.array([j[2] for j in across], dtype=np.int64),
        joint_exact=np.array([j[3] for j in across], dtype=np.int64),
        row_start=np.array(row_start, dtype=np.int64),
        row_number=row_number,
        row_packed=row_packed,
        row_mesh=np.concatenate([*meshes, np.zeros((0, 2), dtype=np.int64)]),
        mesh=np.array([machine.array_mesh[a] for a in shared], dtype=np.int64).reshape(-1, 2),
        mesh_column=mesh_column,
        multicast=multicast,
        reduces=reduces,
        deliver=deliver,
        collect=collect,
        reduce=reduce,
        most_lanes=most_lanes,
    )


def _axis(
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
    bounds: tuple[int, ...],
    most_y: tuple[int, ...],
    most_x: tuple[int, ...],
    exact_y: tuple[int, ...],
    exact_x: tuple[int, ...],
    mesh_y: int,
    mesh_x: int,
    joints: tuple[tuple[int, int, int, int, int], ...],
    shared: bool,
) -> tuple[Ints, Ints]:
    """Return (divisor numbers ``[row, dim]``, lanes used ``[row, axis]``) of a fanout.

    How a dim's lanes are split over the axes changes no count, so that each product of both axes
    stands once; with the lanes that it takes of each axis where fanouts share them.
    """
    nd = len(bounds)
    ys = _axis(bounds, most_y, exact_y, mesh_y)
    xs = _axis(bounds, most_x, exact_x, mesh_x)
    rows: set[tuple[int, ...]] = set()
    for y in ys:
        both = xs * y
        ok = (np.array(bounds, dtype=np.int64) % both == 0).all(axis=1)
        for in_y, in_x, dim, at_most, ex in joints:
            p = (y[dim] if in_y else 1) * (xs[:, dim] if in_x else 1)
            ok &= p <= at_most
            if ex:
                ok &= p == ex
        used_y = int(np.prod(y)) if shared else 1
        for s, x in zip(both[ok].tolist(), xs[ok], strict=True):
            rows.add((*s, int(np.prod(x)) if shared else 1, used_y))
    listed = np.array(sorted(rows), dtype=np.int64).reshape(-1, nd + 2)
    lanes = np.prod(listed[:, :nd], axis=1)
    listed = listed[np.argsort(lanes, kind="stable")]
    numbers = np.zeros((len(listed), max(nd, 1)), dtype=np.int64)
    for d in range(nd):
        divs = np.array(divisors_of(bounds[d]))
        numbers[:, d] = np.searchsorted(divs, listed[:, d])
    return numbers, listed[:, nd:].copy()


def split_lanes(
    problem: MappingProblem, node: int, wanted: dict[int, int], used: tuple[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return factors over y and x that multiply to ``wanted[dim]`` (dims of the layer)."""
    arrays, machine = problem.space.arrays, problem.machine
    y_slot, x_slot = node_slots(problem)[node]
    array = int(machine.fanout_array[machine.slot_fanout[y_slot]])
    dims = list(wanted)
    mesh_x, mesh_y = used
    if mesh_x == 0:
        mesh_x, mesh_y = (int(m) for m in machine.array_mesh[array])

    def extend(
        index: int, y: dict[int, int], x: dict[int, int]
    ) -> tuple[dict[int, int], dict[int, int]] | None:
        if prod(y.values()) > mesh_y or prod(x.values()) > mesh_x:
            return None
        if index == len(dims):
            for mask, dim, most, ex in zip(
                arrays.joint_slots,
                arrays.joint_dim,
                arrays.joint_max,
                arrays.joint_exact,
                strict=True,
            ):
                of = int(mask) >> y_slot & 1, int(mask) >> x_slot & 1
                if sum(of) == 1 and int(mask).bit_count() == 1:
                    p = y.get(int(dim), 1) if of[0] else x.get(int(dim), 1)
                    if p > most or (ex and p != ex):
                        return None
            return y, x
        d = dims[index]
        for on_y in divisors_of(wanted[d]):
            on_x = wanted[d] // on_y
            for slot, value in ((y_slot, on_y), (x_slot, on_x)):
                if value > arrays.slot_max[slot, d]:
                    break
                only = int(arrays.slot_exact[slot, d])
                if only and value != only:
                    break
            else:
                found = extend(index + 1, {**y, d: on_y}, {**x, d: on_x})
                if found is not None:
                    return found
        return None

    found = extend(0, {}, {})
    assert found is not None
    return found


def build_pattern(
    problem: MappingProblem, lattice: Lattice, nodes: Nodes, keep: tuple[int, ...]
) -> Pattern | None:
    """Tabulate one choice of what each place keeps; None if a tile never fits."""
    machine, arrays, prices = problem.machine, problem.space.arrays, problem.price_arrays
    bits = problem.layer_arrays.tensor_bits
    n, nt, points = len(nodes.place), len(lattice.relevant), len(lattice.volume)
    kept = np.array([keep[int(p)] if p >= 0 else 0 for p in nodes.place], dtype=np.int64)
    fits = np.ones((n, points), dtype=np.int64)
    users: dict[int, set[int]] = {}
    for v, p in enumerate(nodes.place):
        if p < 0:
            continue
        for t in range(nt):
            if kept[v] >> t & 1:
                users.setdefault(int(machine.place_memory[p, t]), set()).add(v)
    shared = [m for m, vs in sorted(users.items()) if len(vs) > 1 and machine.memory_bits[m] >= 0]
    shared_bits = np.zeros((len(shared), n, points))
    for v, p in enumerate(nodes.place):
        if p < 0:
            continue
        need: dict[int, Floats] = {}
        for t in range(nt):
            if not kept[v] >> t & 1:
                continue
            if arrays.tile_max[p, t] >= 0:
                fits[v] &= lattice.words[t] <= arrays.tile_max[p, t]
            m = int(machine.place_memory[p, t])
            need[m] = need.get(m, 0.0) + lattice.words[t] * int(bits[t])
        for m, used in need.items():
            if machine.memory_bits[m] >= 0:
                fits[v] &= used <= machine.memory_bits[m]
                if m in shared:
                    shared_bits[shared.index(m), v] = used
        if not fits[v].any():
            return None
    parent = np.full((n + 1, nt), n - 1, dtype=np.int64)
    shape = (n + 1, nt)
    fill, drain, read, update, first = (np.zeros(shape) for _ in range(5))
    child_block = np.ones(shape, dtype=np.int64)
    parent_block = np.ones(shape, dtype=np.int64)
    current = np.zeros((n + 1, nt), dtype=np.int64)
    ahead = np.zeros((n + 1, nt), dtype=np.int64)
    lanes_ahead = np.ones((n + 1, nt))
    for t in range(nt):
        keepers = [v for v in range(n) if kept[v] >> t & 1]
        if not keepers or keepers[-1] != n - 1:
            return None
        for row, par in zip([0, *(v + 1 for v in keepers[:-1])], keepers, strict=True):
            parent[row, t] = par
            at = int(nodes.place[par])
            read[row, t] = prices.place_energy[at, t, READS]
            update[row, t] = prices.place_energy[at, t, UPDATES]
            first[row, t] = prices.place_energy[at, t, FIRST_READS]
            parent_block[row, t] = machine.place_block[at, t]
            if row:
                inner = int(nodes.place[row - 1])
                fill[row, t] = prices.place_energy[inner, t, FILLS]
                drain[row, t] = prices.place_energy[inner, t, DRAINS]
                child_block[row, t] = machine.place_block[inner, t]
        for pos in range(n + 1):
            row = max([0, *(v + 1 for v in keepers if v < pos)])
            if row == n:
                row = 0  # beyond the outermost place nothing is open
            current[pos, t] = row
            for v in range(pos, int(parent[row, t])):
                if nodes.place[v] < 0:
                    ahead[pos, t] = 1
                    lanes_ahead[pos, t] *= nodes.most_lanes[v]
    o = lattice.output
    credit, back, beta = np.zeros(n + 1), np.zeros(n + 1), np.zeros(n + 1)
    so_far = 0.0
    for row in [0, *(v + 1 for v in range(n - 1) if kept[v] >> o & 1)]:
        credit[row] = so_far
        between = range(row, int(parent[row, o]))
        back[row] = fill[row, o] + sum(nodes.deliver[v, o] for v in between)
        beta[row] = read[row, o] - first[row, o] + back[row]
        so_far += beta[row]
    return Pattern(
        kept=kept,
        fits=fits,
        shared_bits=shared_bits,
        shared_limit=np.array([float(machine.memory_bits[m]) for m in shared]),
        parent=parent,
        fill=fill,
        drain=drain,
        read=read,
        update=update,
        child_block=child_block,
        parent_block=parent_block,
        credit=credit,
        back=back,
        beta=beta,
        current=current,
        ahead=ahead,
        lanes_ahead=lanes_ahead,
        fanouts_outside=np.array(
            [int((nodes.place[pos:] < 0).any()) for pos in range(n + 1)], dtype=np.int64
        ),
        settled=np.array(
            [
                int((nodes.place[int(parent[current[pos, o], o]) :] >= 0).all())
                for pos in range(n + 1)
            ],
            dtype=np.int64,
        ),
        total_lanes=np.array([float(nodes.most_lanes[pos:].prod()) for pos in range(n + 1)]),
    )


def ints(values: list[int]) -> Ints:
    """Return an array of int64."""
    return np.array(values, dtype=np.int64)
