"""The lattice of extents of a layer: every vector of divisors of its bounds."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.layout import POINT
from accelsim.mapping.arrays import Ints
from accelsim.mapspace.factors import divisors_of, primes

Points = npt.NDArray[np.void]


def active_dims(problem: MappingProblem) -> list[int]:
    """Return the layer's dims with a bound above 1."""
    return [d for d, bound in enumerate(problem.layer_arrays.bounds) if bound > 1]


def lattice_points(problem: MappingProblem) -> int:
    """Return the number of points of the lattice."""
    return prod(len(divisors_of(int(b))) for b in problem.layer_arrays.bounds)


def numbered_divisors(bound: int) -> list[int]:
    """Return the divisors by number: prime exponents in mixed radix, smallest prime first."""
    powers = [[p**e for e in range(most + 1)] for p, most in sorted(Counter(primes(bound)).items())]
    return [prod(reversed(chosen)) for chosen in product(*reversed(powers))]


def packed_exponents(bounds: list[int]) -> tuple[list[list[int]], int]:
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


def fill_layer(s: np.void, problem: MappingProblem) -> Points:
    """Write the layer into the record of a search and return its points.

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
    return points_of(s, bounds)


def points_of(s: np.void, bounds: list[int]) -> Points:
    """Tabulate the points of a lattice."""
    n = int(s["n_points"])
    points = np.zeros(n, dtype=POINT)
    where = np.arange(n)
    packed, guards = packed_exponents(bounds)
    s["guards"] = guards
    volume, sums = np.ones(n), np.ones(n)
    left = np.zeros(n, dtype=np.int64)
    extents: list[Ints] = []
    for d, bound in enumerate(bounds):
        number = where // s["radix"][d] % s["n_divisors"][d]
        extent = s["divisor"][d][number]
        points["digit"][:, d], points["extent"][:, d] = number, extent
        extents.append(extent)
        volume *= bound / extent
        if not s["relevant"][s["output"]] >> d & 1:
            sums *= bound / extent
        if guards:
            left += np.array(packed[d])[s["n_divisors"][d] - 1 - number]
    points["volume"], points["sums"], points["left"] = volume, sums, left
    for t in range(s["n_tensors"]):
        words = np.ones(n)
        for rank in range(s["rank_start"][t], s["rank_start"][t + 1]):
            a, b = s["rank_dim"][rank]
            if b < 0:
                words *= extents[a]
            else:
                u, v = s["rank_coefficient"][rank]
                words *= extents[a] * extents[b] - np.maximum(0, extents[a] - v) * np.maximum(
                    0, extents[b] - u
                )
        points["words"][:, t] = words
    return points


def shares_left(s: np.void, points: Points) -> npt.NDArray[np.float64]:
    """Return ``[set of tensors, point]``: 1 / the product of all that is left of dims none has.

    Sets of one tensor are written into the points instead, and sets that have every dim between
    them are left as they are: nothing divides them.
    """
    nt, nd = int(s["n_tensors"]), int(s["n_dims"])
    shares = np.empty((1 << nt, len(points)))
    fractions = [points["extent"][:, d] / s["bounds"][d] for d in range(nd)]
    for members in range(1, 1 << nt):
        seen = 0
        for t in range(nt):
            if members >> t & 1:
                seen |= int(s["relevant"][t])
        lacked = [d for d in range(nd) if not seen >> d & 1]
        s["common"][members] = sum(1 << d for d in lacked)
        product = np.ones(len(points))
        for d in lacked:
            product *= fractions[d]
        if members.bit_count() == 1:
            points["alone"][:, members.bit_length() - 1] = product
        elif lacked:
            shares[members] = product
    return shares
