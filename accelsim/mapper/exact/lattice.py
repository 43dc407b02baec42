"""The lattice of extents of a layer: every vector of divisors of its bounds."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from accelsim.counter.window import distinct_words
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.kept import kept
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.layout import MAX_DIVISORS, POINT
from accelsim.mapping.arrays import Ints
from accelsim.mapspace.factors import divisors_of, primes
from accelsim.workload.shapes import MAX_DIMS

Points = npt.NDArray[np.void]


@kept
def active_dims(problem: MappingProblem) -> list[int]:
    """Return the layer's dims with a bound above 1."""
    return [d for d, bound in enumerate(problem.layer_arrays.bounds.tolist()) if bound > 1]


def lattice_points(problem: MappingProblem) -> int:
    """Return the number of points of the lattice."""
    return prod(len(divisors_of(int(b))) for b in problem.layer_arrays.bounds)


@lru_cache(maxsize=1024)
def prime_powers(bound: int) -> tuple[tuple[int, int], ...]:
    """Return (prime, exponent) of every prime of a bound, smallest first."""
    return tuple(sorted(Counter(primes(bound)).items()))


@lru_cache(maxsize=1024)
def numbered_divisors(bound: int) -> tuple[int, ...]:
    """Return the divisors by number: prime exponents in mixed radix, smallest prime first."""
    powers = [[p**e for e in range(most + 1)] for p, most in prime_powers(bound)]
    return tuple(prod(reversed(chosen)) for chosen in product(*reversed(powers)))


@lru_cache(maxsize=64)
def packed_exponents(bounds: tuple[int, ...]) -> tuple[list[list[int]], int]:
    """Return (``[dim][divisor number]``: prime exponents packed with guard bits, the guard bits).

    A guard bit above each exponent is borrowed exactly where a subtraction takes more of a prime
    than is left.  Guards are 0 if all exponents together need more than 62 bits.
    """
    packed: list[list[int]] = []
    guards = at = 0
    for bound in bounds:
        rows = [0] * len(divisors_of(bound))
        for prime, most in prime_powers(bound):
            for number, value in enumerate(numbered_divisors(bound)):
                rows[number] += primes(value).count(prime) << at
            at += most.bit_length() + 1
            guards |= 1 << (at - 1)
        packed.append(rows)
    return packed, guards if at <= 62 else 0


def fill_layer(s: np.void, store: Points, problem: MappingProblem) -> Points:
    """Write the layer into the record of a search (``store`` holds it) and return its points.

    Returns
    -------
    points : record[point] of dtype :data:`POINT`
    """
    layer = problem.layer_arrays
    dims = active_dims(problem)
    bounds = layer.bounds[dims].tolist()
    nd, nt, n_ranks = len(dims), len(layer.relevant), len(layer.rank_dim)
    s["n_dims"], s["n_tensors"] = nd, nt
    s["output"], s["output_words"] = layer.output, layer.output_words
    s["operations"] = problem.layer.operations
    write_bounds(s, bounds)

    def active(masks: Ints) -> list[int]:
        return [sum(1 << i for i, d in enumerate(dims) if m >> d & 1) for m in masks.tolist()]

    relevant = active(layer.relevant)
    joined = [its & ~alone for its, alone in zip(relevant, active(layer.single_term), strict=True)]
    s["relevant"][:nt], s["joined"][:nt] = relevant, joined
    if problem.conventions.reuse == "window":
        s["window"][:nt] = joined
        for t, window in enumerate(joined):
            members = [d for d in range(nd) if window >> d & 1]
            if members:
                s["n_window"][t] = len(members)
                s["window_dim"][t, : len(members)] = members
                s["window_index"][t, members] = range(len(members))
    s["rank_start"][: nt + 1] = layer.rank_start
    numbers = [dims.index(d) if d >= 0 else -1 for d in layer.rank_dim.ravel().tolist()]
    s["rank_dim"][:n_ranks] = np.array(numbers).reshape(-1, 2)
    s["rank_coefficient"][:n_ranks] = layer.rank_coefficient
    for t in range(nt):
        for rank in range(int(layer.rank_start[t]), int(layer.rank_start[t + 1])):
            for side in range(2):
                if layer.rank_dim[rank, 1] >= 0 and layer.rank_coefficient[rank, 1 - side] == 1:
                    s["monotone"][t] |= 1 << int(s["rank_dim"][rank, side])
    common = [(1 << nd) - 1]
    for dims_of in relevant:  # the sets with this tensor after those of tensors before it
        common += [lacked & ~dims_of for lacked in common]
    s["common"][1 : 1 << nt] = common[1:]
    packed, s["guards"] = packed_exponents(tuple(bounds))
    left = np.zeros((MAX_DIMS, MAX_DIVISORS), dtype=np.int64)
    if s["guards"]:
        for d, row in enumerate(packed):
            left[d, : len(row)] = row[::-1]
    points = np.empty(int(s["n_points"]), dtype=POINT)
    fill_points(store, points, left)
    return points


def write_bounds(s: np.void, bounds: list[int]) -> None:
    """Write the bounds, and how their divisors and the points of the lattice are numbered."""
    nd, step = len(bounds), 1
    radix, powers = list[int](), list[tuple[int, int]]()
    for bound in bounds:
        radix.append(step)
        for _, most in prime_powers(bound):
            powers.append((step, most))
            step *= most + 1
    divisors = [numbered_divisors(bound) for bound in bounds]
    s["bounds"][:nd], s["radix"][:nd], s["n_divisors"][:nd] = bounds, radix, [*map(len, divisors)]
    by_number = s["divisor"]
    for d, its in enumerate(divisors):
        by_number[d, : len(its)] = its
    s["n_primes"], s["n_points"] = len(powers), step
    s["prime_step"][: len(powers)] = [step for step, _ in powers]
    s["prime_most"][: len(powers)] = [most for _, most in powers]


@kernel
def fill_points(store: Points, points: Points, left: Ints) -> None:
    """Write the points; ``left[dim, divisor number]``: packed exponents of what stands outside."""
    s = store[0]
    for point in range(s.n_points):
        here = points[point]
        carry = 1
        for d in range(s.n_dims):
            number = points[point - 1].digit[d] + carry if point > 0 else 0
            carry = 1 if number == s.n_divisors[d] else 0
            here.digit[d] = 0 if carry == 1 else number
        volume, sums, outside = 1.0, 1.0, 0
        for d in range(s.n_dims):
            extent = s.divisor[d, here.digit[d]]
            here.extent[d] = extent
            volume *= s.bounds[d] / extent
            if (s.relevant[s.output] >> d) & 1 == 0:
                sums *= s.bounds[d] / extent
            outside += left[d, here.digit[d]]
        here.volume, here.sums, here.left = volume, sums, outside
        for tensor in range(s.n_tensors):
            here.words[tensor] = tile_words(s, here, tensor)
            here.alone[tensor] = share_left(s, here, s.common[1 << tensor])


@kernel
def tile_words(s: np.record, here: np.record, tensor: int) -> float:
    """Return the words of a tensor's tile."""
    words = 1.0
    for rank in range(s.rank_start[tensor], s.rank_start[tensor + 1]):
        a = int(here.extent[s.rank_dim[rank, 0]])
        if s.rank_dim[rank, 1] < 0:
            words *= a
        else:
            b = int(here.extent[s.rank_dim[rank, 1]])
            words *= distinct_words(
                s.rank_coefficient[rank, 0], s.rank_coefficient[rank, 1], a, b
            )  # fmt: skip
    return words


@kernel
def share_left(s: np.record, here: np.record, dims: int) -> float:
    """Return 1 / the product of all that is left of the dims of a mask."""
    share = 1.0
    for d in range(s.n_dims):
        if (dims >> d) & 1 == 1:
            share *= here.extent[d] / s.bounds[d]
    return share


@kernel
def fill_shares(store: Points, points: Points, tables: Floats) -> None:
    """Write, by set of tensors, 1 / the product of all that is left of the dims that none has.

    Sets of one tensor are in the points instead (``alone``), and sets that have every dim between
    them are left as they are: nothing divides them.
    """
    s = store[0]
    for members in range(1, 1 << s.n_tensors):
        if s.common[members] == 0 or members & (members - 1) == 0:
            continue
        for point in range(s.n_points):
            tables[members, point] = share_left(s, points[point], s.common[members])
