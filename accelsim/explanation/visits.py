"""How many words a residence finds, in each rank of a tensor, and how often: rules 4, 5 and 10.

Words are counted as sets: what a lane newly needs is marked, lane by lane, and the marks are
counted.  So there is one derivation for whole tiles and short ones, with and without lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd, prod

import numpy as np

from accelsim.explanation.nest import Boundary, LoopAt, Run
from accelsim.workload.records import Layer, Rank, Term

Lanes = tuple[tuple[int, int], ...]
"""The lanes that share what they need: (offset, positions that exist) of each one's tile."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a dim lies over the lanes at some turns of its loops.

    ``steps`` says that the run is beyond its first turn, ``turns`` how many turns look like this.
    """

    lanes: Lanes
    steps: bool
    turns: int


@dataclass(frozen=True, slots=True)
class Part:
    """Words that residences find in one rank, and at how many turns of its dims' loops."""

    words: int
    turns: int
    steps: bool


@dataclass(frozen=True, slots=True)
class Visits:
    """What the residences of a child need, as seen from somewhere (a parent, a network, a child).

    Attributes
    ----------
    elsewhere : turns of the loops over each dim that the tensor lacks, where they are not 1
    ranks : the parts of each rank that moves
    """

    elsewhere: dict[str, int]
    ranks: tuple[tuple[Part, ...], ...]

    def kinds(self) -> Iterator[tuple[int, int, bool]]:
        """Yield (words of a visit, how many visits, whether they are further steps of a run)."""
        turns = prod(self.elsewhere.values())
        for parts in product(*self.ranks):
            words = prod(part.words for part in parts)
            yield words, turns * prod(p.turns for p in parts), any(p.steps for p in parts)

    @property
    def words(self) -> int:
        return sum(words * visits for words, visits, _ in self.kinds())

    def accesses(self, block: int) -> int:
        """Return the accesses that the words take: every visit is whole blocks (rule 15)."""
        return sum(-(-words // block) * visits for words, visits, _ in self.kinds())


def visits(layer: Layer, boundary: Boundary, united: Iterable[LoopAt]) -> Visits:
    """Return what the residences of an input need, with the lanes of ``united`` loops sharing it.

    Lanes of other spatial loops add up; so do the turns of temporal ones.
    """
    shared = frozenset(united)
    counted = [loop for loop in boundary.loops if loop not in boundary.stays]
    run, tile = boundary.run, boundary.tile

    def of(dim: str) -> list[Spread]:
        loops = [loop for loop in counted if loop.dim == dim]
        return spreads(loops, shared, run, tile[dim], layer.bounds[dim])

    ranks = []
    relevant = set()
    for rank in boundary.tensor.ranks:
        terms = signed_terms(rank, layer)
        if terms:
            relevant |= {term.dim for term in terms}
            found = [of(term.dim) for term in terms]
            ranks.append(_parts(terms, found, run, tile))
    elsewhere = {
        dim: sum(spread.turns for spread in of(dim)) for dim in layer.bounds if dim not in relevant
    }
    return Visits({dim: turns for dim, turns in elsewhere.items() if turns > 1}, tuple(ranks))


def signed_terms(rank: Rank, layer: Layer) -> list[Term]:
    """Return the terms of a rank that matter, coefficients without common divisor."""
    terms = [t for t in rank.terms if t.coefficient and layer.bounds[t.dim] > 1]
    divisor = gcd(*(term.coefficient for term in terms)) if terms else 1
    return [Term(term.dim, term.coefficient // divisor) for term in terms]


def spreads(
    loops: Sequence[LoopAt], united: frozenset[LoopAt], run: Run, tile: int, bound: int
) -> list[Spread]:
    """Return the ways in which a dim of ``bound`` positions lies over its loops' turns.

    Positions at or beyond the bound do not exist (rule 10), so that only the last tile is short and
    there are few ways: one only, where the factors multiply to the bound.
    """
    found: Counter[tuple[Lanes, bool]] = Counter({(((0, bound),), False): 1})
    for loop in loops:
        inside: Counter[tuple[Lanes, bool]] = Counter()
        for (lanes, steps), turns in found.items():
            for beyond_first, count, cut in _turns(loop, lanes, loop in united):
                inside[cut, steps or (beyond_first and loop in run.loops)] += turns * count
        found = inside
    whole: Counter[tuple[Lanes, bool]] = Counter()
    for (lanes, steps), turns in found.items():
        whole[tuple((offset, min(rest, tile)) for offset, rest in lanes), steps] += turns
    return [Spread(lanes, steps, turns) for (lanes, steps), turns in whole.items()]


def _turns(loop: LoopAt, lanes: Lanes, united: bool) -> Iterator[tuple[bool, int, Lanes]]:
    """Yield (beyond the first turn, how many turns, the lanes in them) of a loop."""
    stride = loop.stride
    if united:
        yield (
            False,
            1,
            tuple(
                (offset + i * stride, min(rest - i * stride, stride))
                for offset, rest in lanes
                for i in range(loop.bound)
                if rest > i * stride
            ),
        )
        return
    whole = min(loop.bound, min(rest for _, rest in lanes) // stride)
    full = tuple((offset, stride) for offset, _ in lanes)
    if whole:
        yield False, 1, full
    if whole > 1:
        yield True, whole - 1, full
    for i in range(whole, loop.bound):
        cut = tuple(
            (offset, min(rest - i * stride, stride)) for offset, rest in lanes if rest > i * stride
        )
        if not cut:
            return
        yield i > 0, 1, cut


def _parts(
    terms: Sequence[Term], found: Sequence[Sequence[Spread]], run: Run, tile: dict[str, int]
) -> tuple[Part, ...]:
    """Return the words of a rank at a sweep's start and at its further steps, united over lanes."""
    turns: Counter[tuple[int, bool]] = Counter()
    for combination in product(*found):
        steps = any(spread.steps for spread in combination)
        words = united_words(terms, [s.lanes for s in combination], run if steps else Run(), tile)
        turns[words, steps] += prod(spread.turns for spread in combination)
    return tuple(Part(words, count, steps) for (words, steps), count in turns.items())


def united_words(
    terms: Sequence[Term], lanes: Sequence[Lanes], run: Run, tile: dict[str, int]
) -> int:
    """Count the words of a rank that some lane newly needs.

    Those of the tiles, or, where ``run`` steps a dim of the rank, of the tiles less what each lane
    held one step before.
    """
    if len(terms) == 1:
        return sum(length for _, length in lanes[0])
    (first, second), (of_first, of_second) = terms, lanes
    length = sum(
        abs(term.coefficient) * (max(o + n for o, n in of) + run.stride)
        for term, of in ((first, of_first), (second, of_second))
    )
    # Indices of either sign, and of the step before: counted from the end of the array if negative.
    marks = np.zeros(2 * length + 1, dtype=bool)
    for (offset_a, a), (offset_b, b) in product(of_first, of_second):
        needed = np.zeros_like(marks)
        _mark(needed, first, second, (offset_a, a), (offset_b, b), True)
        if run.dim == first.dim:
            before = (offset_a - run.stride, tile[first.dim])
            _mark(needed, first, second, before, (offset_b, b), False)
        elif run.dim == second.dim:
            before = (offset_b - run.stride, tile[second.dim])
            _mark(needed, first, second, (offset_a, a), before, False)
        marks |= needed
    return int(marks.sum())


def _mark(
    marks: np.ndarray[tuple[int], np.dtype[np.bool_]],
    first: Term,
    second: Term,
    of_first: tuple[int, int],
    of_second: tuple[int, int],
    value: bool,
) -> None:
    """Set the marks of the words of one tile."""
    if of_first[1] > of_second[1]:
        first, second, of_first, of_second = second, first, of_second, of_first
    line = second.coefficient * (of_second[0] + np.arange(of_second[1]))
    for i in range(of_first[0], sum(of_first)):
        marks[line + first.coefficient * i] = value
