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
    return [d for d, bound in enumerate(problem.layer_arrays.bounds) if bound > 1]


def lattice_points(problem: MappingProblem) -> int:
    """Return the number of points of the lattice."""
    return prod(len(divisors_of(int(b))) for b in problem.layer_arrays.bounds)


@lru_cache(maxsize=1024)
def numbered_divisors(bound: int) -> tuple[int, ...]:
    """Return the divisors by number: prime exponents in mixed radix, smallest prime first."""
    powers = [[p**e for e in range(most + 1)] for p, most in sorted(Counter(primes(bound)).items())]
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
        for prime, most in sorted(Counter(primes(bound)).items()):
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
    bounds = [int(layer.bounds[d]) for d in dims]
    nd, nt = len(dims), len(layer.relevant)
    s["n_dims"], s["n_tensors"] = nd, nt
    s["output"], s["output_words"] = layer.output, layer.output_words
    s["operations"] = problem.layer.operations
    step = 1
    for d, bound in enumerate(bounds):
        divisors = numbered_divisors(bound)
        s["bounds"][d], s["radix"][d], s["n_divisors"][d] = bound, step, len(divisors)
        s["divisor"][d, : len(divisors)] = divisors
        for _, most in sorted(Counter(primes(bound)).items()):
            s["prime_step"][s["n_primes"]] = step
            s["prime_most"][s["n_primes"]] = most
            s["n_primes"] += 1
            step *= most + 1
    s["n_points"] = step

    def active(mask: int) -> int:
        return sum(1 << i for i, d in enumerate(dims) if mask >> d & 1)

    for t in range(nt):
        s["relevant"][t] = active(int(layer.relevant[t]))
        window = int(s["relevant"][t]) & ~active(int(layer.single_term[t]))
        s["joined"][t] = window
        if problem.conventions.reuse == "window":
            members = [d for d in range(nd) if window >> d & 1]
            s["window"][t], s["n_window"][t] = window, len(members)
            s["window_dim"][t, : len(members)] = members
            s["window_index"][t, members] = range(len(members))
    n_ranks = len(layer.rank_dim)
    s["rank_start"][: nt + 1] = layer.rank_start
    numbers = [dims.index(d) if d >= 0 else -1 for d in layer.rank_dim.ravel().tolist()]
    s["rank_dim"][:n_ranks] = np.array(numbers).reshape(-1, 2)
    s["rank_coefficient"][:n_ranks] = layer.rank_coefficient
    for t in range(nt):
        for rank in range(int(layer.rank_start[t]), int(layer.rank_start[t + 1])):
            for side in range(2):
                if layer.rank_dim[rank, 1] >= 0 and layer.rank_coefficient[rank, 1 - side] == 1:
                    s["monotone"][t] |= 1 << int(s["rank_dim"][rank, side])
    return points_of(s, store, bounds)


def points_of(s: np.void, store: Points, bounds: list[int]) -> Points:
    """Tabulate the points of a lattice (``store`` holds ``s``)."""
    packed, guards = packed_exponents(tuple(bounds))
    s["guards"] = guards
    left = np.zeros((MAX_DIMS, MAX_DIVISORS), dtype=np.int64)
    for d, row in enumerate(packed):
        left[d, : len(row)] = row[::-1] if guards else 0
    nt, nd = int(s["n_tensors"]), int(s["n_dims"])
    for members in range(1, 1 << nt):
        seen = 0
        for t in range(nt):
            if members >> t & 1:
                seen |= int(s["relevant"][t])
        s["common"][members] = (1 << nd) - 1 & ~seen
    points = np.zeros(int(s["n_points"]), dtype=POINT)
    fill_points(store, points, left)
    return points


@kernel
def fill_points(store: Points, points: Points, left: Ints) -> None:
    """Write the points; ``left[dim, divisor number]``: packed exponents of what stands outside."""
    s = store[0]
    for point in range(s.n_points):
        here = points[point]
        if point > 0:
            before = points[point - 1]
            carry = 1
            for d in range(s.n_dims):
                number = before.digit[d] + carry
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
