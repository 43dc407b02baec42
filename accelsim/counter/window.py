"""One rank: words of a tile, of the strip a step uncovers, and of their unions over lanes.

This is rule 5 of ``docs/model.md``.  A rank with two terms has index ``u*i + v*j`` with coprime
u, v > 0; a tile covers ``i < a``, ``j < b``.  A **strip** is what a tile holds and its predecessor,
one step of the closing run before, did not: the tile less the tile moved back by ``shift`` words.
A **lane** is one instance; each spatial loop of bound k over a dim makes k copies of the set at a
fixed distance.

All functions are leaves: they allocate nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from accelsim.jit import inlined, kernel
from accelsim.mapping.arrays import Ints
from accelsim.workload import records

Marks = npt.NDArray[np.uint64]

distinct_words = inlined(records.distinct_words)

# How a union was found: the branches of rule 5, counted in the record's ``branches``.
ALONE, GAPLESS, STRIP_IS_TILE, FOLDED, MARKED = range(5)
BRANCHES = ("no lanes", "i gapless", "ii strip is tile", "iii folded", "v marked")


@inlined
def strip_words(u: int, v: int, a: int, b: int, step: int) -> int:
    """Count the words of a tile that the tile ``step >= a`` further back in i did not hold.

    Group j by residue modulo u: j = r + u*m.  Within a residue class the values are
    u*(i + v*m) + v*r, so that classes never meet (u, v coprime), and a class with J values of m is
    the union of J intervals of i, each ``a`` long, at distance v.  ``h(J)`` counts what a shift by
    ``step`` uncovers of such a union; the two possible J are those of the short and long classes.
    """
    if b <= u:  # every class holds one interval
        return a * b
    if u == 1 and v == 1:
        return min(step, a + b - 1)
    longest = (b + u - 1) // u
    n_longest = b - (longest - 1) * u
    n_shorter = min(u, b) - n_longest
    words = n_longest * _uncovered(v, a, longest, step)
    if n_shorter > 0:
        words += n_shorter * _uncovered(v, a, longest - 1, step)
    return words


@kernel
def _uncovered(v: int, a: int, intervals: int, step: int) -> int:
    if intervals == 0:
        return 0
    if a >= v:  # the intervals touch or overlap: one run
        return min(step, a + v * (intervals - 1))
    whole, rest = step // v, step % v
    return (
        intervals * a
        - max(0, intervals - whole) * max(0, a - rest)
        - max(0, intervals - whole - 1) * max(0, a - v + rest)
    )


@kernel
def fold(
    count: int,
    span: int,
    is_run: bool,
    u: int,
    v: int,
    dim_a: int,
    dim_b: int,
    lane_dim: Ints,
    lane_bound: Ints,
    lane_stride: Ints,
    first: int,
    last: int,
) -> int:
    """Count the union of copies of a set over the lanes ``first:last``, or return -1.

    Copies are folded in by growing distance, starting from ``count`` words over a ``span``.  A run
    whose copies touch stays a run; a set whose copies do not meet multiplies.  Anything else (gaps
    into which a copy may fall) is not decided here.

    ``lane_*`` list the spatial loops from outside in, so strides over one dim fall; the two dims
    are merged by distance.
    """
    ia = last - 1
    ib = last - 1
    while True:
        while ia >= first and lane_dim[ia] != dim_a:
            ia -= 1
        while ib >= first and lane_dim[ib] != dim_b:
            ib -= 1
        if ia < first and ib < first:
            return count
        distance_a = u * lane_stride[ia] if ia >= first else 0
        distance_b = v * lane_stride[ib] if ib >= first else 0
        if ib < first or (ia >= first and distance_a <= distance_b):
            distance, copies = distance_a, lane_bound[ia]
            ia -= 1
        else:
            distance, copies = distance_b, lane_bound[ib]
            ib -= 1
        if is_run and distance <= span:
            span += (copies - 1) * distance
            count = span
        elif distance >= span:
            count *= copies
            span += (copies - 1) * distance
            is_run = False
        else:
            return -1


@kernel
def spread_bits(bits: Marks, length: int, bound: int, distance: int) -> int:
    """Unite ``bound`` copies of a bit set, ``distance`` apart, in place; return its new length.

    Doubles the number of copies as long as it can, then shifts once more by what is missing; the
    overlap does no harm.
    """
    copies = 1
    while copies < bound:
        more = min(copies, bound - copies)
        shift = more * distance
        length += shift
        words, places = shift >> 6, np.uint64(shift & 63)
        # From the top down, so that a word is read before it changes.
        for word in range((length - 1) >> 6, words - 1, -1):
            moved = bits[word - words] << places
            if places > 0 and word > words:
                moved |= bits[word - words - 1] >> (np.uint64(64) - places)
            bits[word] |= moved
        copies += more
    return length


@kernel
def count_bits(bits: Marks, length: int) -> int:
    """Return the number of ones (each step of the inner loop clears the lowest)."""
    ones = 0
    for word in range(((length - 1) >> 6) + 1):
        left = bits[word]
        while left != np.uint64(0):
            left &= left - np.uint64(1)
            ones += 1
    return ones


@kernel
def marked(
    u: int,
    v: int,
    a: int,
    b: int,
    shift: int,
    dim_a: int,
    dim_b: int,
    lane_dim: Ints,
    lane_bound: Ints,
    lane_stride: Ints,
    first: int,
    last: int,
    bits: Marks,
) -> int:
    """Count a union over lanes by marking its words in a bit set (rule 5v).

    ``shift`` > 0 takes the strip that a step of that many words uncovers; 0 takes the whole tile.
    ``bits`` is scratch with a bit for every word of the rank.
    """
    reach = u * (a - 1) + v * (b - 1) + 1
    for lane in range(first, last):
        if lane_dim[lane] == dim_a:
            reach += (lane_bound[lane] - 1) * u * lane_stride[lane]
        elif lane_dim[lane] == dim_b:
            reach += (lane_bound[lane] - 1) * v * lane_stride[lane]
    for word in range(((reach - 1) >> 6) + 1):
        bits[word] = np.uint64(0)
    bits[0] = np.uint64(1)
    length = spread_bits(bits, 1, a, u)
    length = spread_bits(bits, length, b, v)
    if 0 < shift < length:
        drop_shifted(bits, length, shift)
    for lane in range(last - 1, first - 1, -1):
        if lane_dim[lane] == dim_a:
            length = spread_bits(bits, length, lane_bound[lane], u * lane_stride[lane])
        elif lane_dim[lane] == dim_b:
            length = spread_bits(bits, length, lane_bound[lane], v * lane_stride[lane])
    return count_bits(bits, length)


@kernel
def drop_shifted(bits: Marks, length: int, shift: int) -> None:
    """Clear every bit whose word the tile, moved back by ``shift``, held too: ``t & ~(t >> s)``."""
    top = (length - 1) >> 6
    words, places = shift >> 6, np.uint64(shift & 63)
    # From the bottom up, so that a word is read before it changes.
    for word in range(top - words + 1):
        held = bits[word + words] >> places
        if places > 0 and word + words < top:
            held |= bits[word + words + 1] << (np.uint64(64) - places)
        bits[word] &= ~held
