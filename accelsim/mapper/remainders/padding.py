"""Which padded bounds are worth a search.

A chain of loops over a dim of bound D that has no turn without a position multiplies to
b * ceil(D / b), b being the product of all but its outermost loop.  So the padded bounds
k * ceil(D / k) are all there are; taken are those where k is no divisor of D and no longer than the
longest axis of a fanout: what padding is for is a factor that D lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import islice, takewhile
from math import prod

from accelsim.mapper.contract import MappingProblem
from accelsim.mapping.homes import home_of
from accelsim.mapspace.space import space_of
from accelsim.workload.records import Layer, Term, window_terms
from accelsim.workload.shapes import layer_faults

MOST_WASTE = 0.25
"""Operations that padding may add, as a share of the layer's."""

MOST_PADDINGS = 48
"""Vectors of padded bounds that are searched, those with the least waste."""

SHORTEST_AXIS = 8
"""Factors up to this are sought even where all axes are shorter: a block may take them."""


@dataclass(frozen=True, slots=True)
class Padding:
    """Bounds, each the layer's own or larger.

    Attributes
    ----------
    bounds : tuple of int
        In the order of the layer's dims.
    share : float
        Operations of the layer / operations under these bounds.
    share_summed : float
        The same over the dims that the output lacks.
    """

    bounds: tuple[int, ...]
    share: float
    share_summed: float


def padding_of(layer: Layer, bounds: Sequence[int]) -> Padding:
    """Return the padding of a layer to ``bounds``."""
    summed = [
        (bound, padded)
        for (dim, bound), padded in zip(layer.dims, bounds, strict=True)
        if dim not in layer.output.dims
    ]
    share_summed = prod(b for b, _ in summed) / prod(p for _, p in summed)
    return Padding(tuple(bounds), layer.operations / prod(bounds), share_summed)


def paddings(problem: MappingProblem) -> list[Padding]:
    """Return the paddings to search, the least waste first."""
    layer = problem.layer
    axes = (max(fanout.mesh_x, fanout.mesh_y) for fanout in problem.arch.fanouts)
    longest = max([SHORTEST_AXIS, *axes])
    may = paddable(layer)
    choices = [
        padded_bounds(bound, longest) if dim in may else [bound] for dim, bound in layer.dims
    ]
    found = (padding_of(layer, bounds) for bounds in islice(_by_product(choices), 1, None))
    small = takewhile(lambda one: one.share * (1.0 + MOST_WASTE) >= 1.0, found)
    countable = takewhile(lambda one: not layer_faults(padded(layer, one)), small)
    return list(islice(countable, MOST_PADDINGS))


def _by_product(choices: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    """Yield every way to take one of each, by growing product; each is in rising order."""

    def entry(taken: tuple[int, ...], last: int) -> tuple[int, tuple[int, ...], int]:
        return prod(one[i] for one, i in zip(choices, taken, strict=True)), taken, last

    heap = [entry((0,) * len(choices), 0)]
    while heap:
        _, taken, last = heappop(heap)
        yield tuple(one[i] for one, i in zip(choices, taken, strict=True))
        for d in range(last, len(choices)):  # each is reached by raising one dim after the other
            if taken[d] + 1 < len(choices[d]):
                heappush(heap, entry((*taken[:d], taken[d] + 1, *taken[d + 1 :]), d))


def padded_bounds(bound: int, longest: int) -> list[int]:
    """Return a bound and what it may be padded to, in rising order.

    >>> padded_bounds(13, 14)
    [13, 14, 15, 16]
    """
    found = {k * -(-bound // k) for k in range(2, min(longest, bound - 1) + 1) if bound % k}
    return [bound, *sorted(b for b in found if b <= bound * (1.0 + MOST_WASTE))]


def paddable(layer: Layer) -> frozenset[str]:
    """Return the dims that may be padded.

    Not a dim of a window whose other dim has a step of its own (the filter's rows under a stride,
    the output's rows under a dilation): such a window has holes, in which a short tile may find
    less than its share of words (:mod:`accelsim.mapper.remainders.shares`).
    """
    terms = _windows(layer)
    holed = {
        term.dim for pair in terms for term, other in (pair, pair[::-1]) if other.coefficient > 1
    }
    return frozenset(dim for dim, _ in layer.dims) - holed


def window_dims(layer: Layer) -> frozenset[str]:
    """Return the dims that add up with another one to an index."""
    return frozenset(term.dim for pair in _windows(layer) for term in pair)


def _windows(layer: Layer) -> list[tuple[Term, ...]]:
    ranks = (rank for tensor in layer.tensors for rank in tensor.ranks)
    terms = (window_terms(rank, layer.bounds) for rank in ranks)
    return [pair for pair in terms if len(pair) == 2]


def padded(layer: Layer, padding: Padding) -> Layer:
    """Return the layer under padded bounds."""
    names = (dim for dim, _ in layer.dims)
    return replace(layer, dims=tuple(zip(names, padding.bounds, strict=True)))


def padded_problem(problem: MappingProblem, padding: Padding) -> MappingProblem:
    """Return the problem of the padded layer; its values take the room of the layer's own."""
    layer = padded(problem.layer, padding)
    space = space_of(layer, problem.arch, problem.space.rules, problem.space.boxes)
    own, bits = problem.machine.place_bits, space.machine.memory_bits.copy()
    for t, tensor in enumerate(layer.tensors):  # what stays is counted among the tiles
        if home_of(problem.arch, layer, tensor):
            memory = space.machine.place_memory[0, t]
            if bits[memory] >= 0:
                more = own[0, t] - space.machine.place_bits[0, t]
                bits[memory] += more * layer.tensor_words(tensor)
    machine = space.machine._replace(place_bits=own, memory_bits=bits)
    return replace(problem, space=replace(space, machine=machine))
