"""One rank of a tensor where tiles may be short: its words, part by part (rules 5 and 10).

A **part** is a number of words that residences find in a rank, and how many turns of the rank's
loops find it: the sum over all turns has few different terms.  Words are those of the tile at a
sweep's start and of the strip at its further steps, united over the lanes that exist.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.ragged_nest import UNITED, Run, list_spreads
from accelsim.counter.window import (
    ALONE,
    GAPLESS,
    MARKED,
    STRIP_IS_TILE,
    Marks,
    count_bits,
    distinct_words,
    spread_bits,
)
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints

PIECE, BEFORE, ROW, UNION = range(4)
"""Rows of the marks: a lane's words, those it held before, one row of lanes, all lanes."""


@kernel
def list_parts(
    layer: np.record,
    rank: int,
    place: int,
    run: Run,
    loops: np.record,
    branches: Ints,
    marks: Marks,
    parts: Ints,
) -> int:
    """List the parts of a rank, for the uses of loops that ``loops.use`` states.

    Parameters
    ----------
    parts : int64[part, 2]
        Written: words, turns.  Equal words are one part.

    Returns
    -------
    int
        The number of parts.
    """
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    of_a = list_spreads(dim_a, place, layer.bounds[dim_a], run, 0, loops)
    found = 0
    if dim_b < 0:
        a = loops.tile[place, dim_a]
        for i in range(of_a):
            words = loops.whole[0, i] * a + loops.short[0, i]
            found = add_part(found, words, loops.starts[0, i] + loops.repeats[0, i], parts)
        return found
    of_b = list_spreads(dim_b, place, layer.bounds[dim_b], run, 1, loops)
    for i in range(of_a):
        for j in range(of_b):
            starts = loops.starts[0, i] * loops.starts[1, j]
            if starts > 0:
                words = united_words(
                    layer, rank, place, Run(-1, 0, 1, 0, -1), i, j, loops, branches, marks
                )
                found = add_part(found, words, starts, parts)
            # The run steps one dim of the rank at most; the other has no further steps.
            repeats = (
                loops.repeats[0, i] * loops.starts[1, j] + loops.starts[0, i] * loops.repeats[1, j]
            )
            if repeats > 0:
                words = united_words(layer, rank, place, run, i, j, loops, branches, marks)
                found = add_part(found, words, repeats, parts)
    return found


@kernel
def add_part(found: int, words: int, turns: int, parts: Ints) -> int:
    """Add turns to the part with so many words; return how many parts there are now."""
    for part in range(found):
        if parts[part, 0] == words:
            parts[part, 1] += turns
            return found
    parts[found, 0] = words
    parts[found, 1] = turns
    return found + 1


@kernel
def united_words(
    layer: np.record,
    rank: int,
    place: int,
    run: Run,
    i: int,
    j: int,
    loops: np.record,
    branches: Ints,
    marks: Marks,
) -> int:
    """Count the words of a rank with two terms in spreads ``i`` and ``j`` of its dims.

    Those of the tiles, or, where ``run`` steps a dim of the rank, of the strips that it uncovers.
    """
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    u, v = layer.rank_coefficient[rank, 0], layer.rank_coefficient[rank, 1]
    a, b = loops.tile[place, dim_a], loops.tile[place, dim_b]
    whole_a, short_a = loops.whole[0, i], loops.short[0, i]
    whole_b, short_b = loops.whole[1, j], loops.short[1, j]
    shift = 0
    if run.dim == dim_a:
        shift = u * run.stride
    elif run.dim == dim_b:
        shift = v * run.stride

    lanes_a = united_lanes(dim_a, place, a, loops)
    lanes_b = united_lanes(dim_b, place, b, loops)
    if shift > 0 and lanes_a == 1 and lanes_b == 1:
        branches[ALONE] += 1
        # One lane: its tile is whole or short in each dim.
        in_a, in_b = whole_a * a + short_a, whole_b * b + short_b
        if run.dim == dim_a:
            return short_strip_words(u, v, a, in_a, in_b, run.stride)
        return short_strip_words(v, u, b, in_b, in_a, run.stride)
    longest_a = a if whole_a > 0 else short_a
    longest_b = b if whole_b > 0 else short_b
    if shift > 0:
        before_a = a if run.dim == dim_a else longest_a
        before_b = b if run.dim == dim_b else longest_b
        if shift > u * (before_a - 1) + v * (before_b - 1):
            branches[STRIP_IS_TILE] += 1
            shift = 0
    if shift == 0 and lanes_a > 0 and lanes_b > 0:
        branches[GAPLESS] += 1
        return distinct_words(u, v, whole_a * a + short_a, whole_b * b + short_b)
    branches[MARKED] += 1
    return marked_union(
        layer, rank, place, run.dim, shift, whole_a, short_a, whole_b, short_b, loops, marks
    )


@kernel
def united_lanes(dim: int, place: int, extent: int, loops: np.record) -> int:
    """Count the lanes of a union over a dim; 0 if their tiles do not lie end to end."""
    lanes = 1
    for loop in range(loops.outside[place] - 1, -1, -1):
        if loops.dim[loop] == dim and loops.use[loop] == UNITED:
            if loops.stride[loop] != extent * lanes:
                return 0
            lanes *= loops.bound[loop]
    return lanes


@kernel
def short_strip_words(u: int, v: int, a: int, short: int, b: int, step: int) -> int:
    """Count the words of a tile, ``short <= a`` long in i, that the one before did not hold.

    That one was ``a`` long and stood ``step >= a`` further back in i.  As in
    :func:`accelsim.counter.window.strip_words`, residue classes of j modulo u never meet, and one
    with J values is the union of J intervals of i at distance v.
    """
    longest = (b + u - 1) // u
    n_longest = b - (longest - 1) * u
    n_shorter = min(u, b) - n_longest
    return n_longest * _uncovered(v, a, short, longest, step) + n_shorter * _uncovered(
        v, a, short, longest - 1, step
    )


@kernel
def _uncovered(v: int, a: int, short: int, intervals: int, step: int) -> int:
    """Count what is in ``intervals`` at distance v, ``short`` long, and not in those before."""
    if intervals == 0:
        return 0
    if a >= v:  # those before touch or overlap: one run, which ends here
        end = max(0, v * (intervals - 1) + a - step)
        if short >= v:
            return max(0, v * (intervals - 1) + short - end)
        whole, rest = end // v, end % v
        return (intervals - whole) * short - min(rest, short)
    whole, rest = step // v, step % v
    return (
        intervals * short
        - max(0, intervals - whole) * max(0, min(short, a - rest))
        - max(0, intervals - whole - 1) * max(0, short - v + rest)
    )


@kernel
def marked_union(
    layer: np.record,
    rank: int,
    place: int,
    stepped: int,
    shift: int,
    whole_a: int,
    short_a: int,
    whole_b: int,
    short_b: int,
    loops: np.record,
    marks: Marks,
) -> int:
    """Count a union over lanes by marking its words in bit sets.

    There are four kinds of lanes at most: whole or short in each dim.  The words of one lane of a
    kind are marked once, and moved to where the lanes of that kind stand.  ``shift`` > 0 takes the
    strips that a step of so many words in dim ``stepped`` uncovers.

    Where the terms have opposite signs, words are counted down from the end of one dim: of the one
    that the run does not step, so that steps lead up.
    """
    flips_a = loops.opposed[rank] == 1 and stepped == layer.rank_dim[rank, 1]
    flips_b = loops.opposed[rank] == 1 and not flips_a
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    u, v = layer.rank_coefficient[rank, 0], layer.rank_coefficient[rank, 1]
    a, b = loops.tile[place, dim_a], loops.tile[place, dim_b]
    length = 1 + u * (layer.bounds[dim_a] - 1) + v * (layer.bounds[dim_b] - 1)
    clear_bits(marks[UNION], length)
    for kind_b in range(2):
        of_b = whole_b if kind_b == 0 else min(1, short_b)
        if of_b == 0:
            continue
        in_b = b if kind_b == 0 else short_b
        clear_bits(marks[ROW], length)
        for kind_a in range(2):
            of_a = whole_a if kind_a == 0 else min(1, short_a)
            if of_a == 0:
                continue
            in_a = a if kind_a == 0 else short_a
            mark_tile(u, v, in_a, in_b, length, marks[PIECE])
            if shift > 0:
                held_a = a if stepped == dim_a else in_a
                held_b = b if stepped == dim_b else in_b
                mark_tile(u, v, held_a, held_b, length, marks[BEFORE])
                clear_shifted(marks[PIECE], marks[BEFORE], length, shift)
            for lane in range(of_a):
                number = lane + (whole_a if kind_a == 1 else 0)
                offset = lane_offset(number, dim_a, place, loops)
                if flips_a:
                    offset = layer.bounds[dim_a] - in_a - offset
                mark_shifted(marks[ROW], marks[PIECE], length, u * offset)
        for lane in range(of_b):
            number = lane + (whole_b if kind_b == 1 else 0)
            offset = lane_offset(number, dim_b, place, loops)
            if flips_b:
                offset = layer.bounds[dim_b] - in_b - offset
            mark_shifted(marks[UNION], marks[ROW], length, v * offset)
    return count_bits(marks[UNION], length)


@kernel
def lane_offset(number: int, dim: int, place: int, loops: np.record) -> int:
    """Return the position in ``dim`` of a lane of the union, lanes being numbered in order."""
    offset = 0
    for loop in range(loops.outside[place] - 1, -1, -1):
        if loops.dim[loop] == dim and loops.use[loop] == UNITED:
            offset += number % loops.bound[loop] * loops.stride[loop]
            number //= loops.bound[loop]
    return offset


@kernel
def mark_tile(u: int, v: int, a: int, b: int, length: int, bits: Marks) -> None:
    """Mark the words ``u*i + v*j`` with ``i < a``, ``j < b``, and no others."""
    clear_bits(bits, length)
    bits[0] = np.uint64(1)
    spread_bits(bits, spread_bits(bits, 1, a, u), b, v)


@kernel
def clear_bits(bits: Marks, length: int) -> None:
    """Clear the words of a bit set of ``length`` bits."""
    for word in range(((length - 1) >> 6) + 1):
        bits[word] = np.uint64(0)


@kernel
def mark_shifted(bits: Marks, more: Marks, length: int, shift: int) -> None:
    """Add a bit set, moved up by ``shift``; what that moves beyond ``length`` is none."""
    words, places = shift >> 6, np.uint64(shift & 63)
    for word in range(words, ((length - 1) >> 6) + 1):
        moved = more[word - words] << places
        if places > 0 and word > words:
            moved |= more[word - words - 1] >> (np.uint64(64) - places)
        bits[word] |= moved


@kernel
def clear_shifted(bits: Marks, held: Marks, length: int, shift: int) -> None:
    """Take out of a bit set what another one, moved down by ``shift``, holds."""
    top = (length - 1) >> 6
    words, places = shift >> 6, np.uint64(shift & 63)
    for word in range(top - words + 1):
        moved = held[word + words] >> places
        if places > 0 and word + words < top:
            moved |= held[word + words + 1] << (np.uint64(64) - places)
        bits[word] &= ~moved
