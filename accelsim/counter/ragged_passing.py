"""Words that lanes take from their neighbours where tiles may be short (rules 10 and 12).

Whether a neighbour held a word at the step before depends on which positions exist around each
lane, so that turns are not alike: the one rank that the run moves is looked at turn by turn.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.ragged_nest import EACH, UNITED, Run
from accelsim.counter.ragged_window import UNION, add_part
from accelsim.counter.window import Marks
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints


@kernel
def is_link(case: np.record, tensor: int, rank: int, loop: int) -> bool:
    """Tell whether lanes a step apart in a loop pass on words of a rank."""
    fanout, dim = case.loops.fanout[loop], case.loops.dim[loop]
    if fanout < 0 or (case.forwards[fanout, tensor] >> dim) & 1 == 0:
        return False
    dims = case.counter.layer.rank_dim[rank]
    return bool(dim == dims[0] or dim == dims[1])


@kernel
def passes_on(case: np.record, tensor: int, rank: int, place: int, run: Run, inside: int) -> bool:
    """Tell whether lanes, by links of loops from ``inside`` on, pass on words of a rank at all."""
    dims = case.counter.layer.rank_dim[rank]
    if dims[1] < 0 or (run.dim != dims[0] and run.dim != dims[1]):
        return False
    for loop in range(inside, case.loops.outside[place]):
        if is_link(case, tensor, rank, loop):
            return True
    return False


@kernel
def list_unpassed(
    case: np.record,
    tensor: int,
    rank: int,
    place: int,
    run: Run,
    inside: int,
    marks: Marks,
    parts: Ints,
) -> int:
    """List the parts of a rank, as ``list_parts`` does, less the words from neighbours.

    ``inside`` is the first loop whose links count.
    """
    loops, dims = case.loops, case.counter.layer.rank_dim[rank]
    for loop in range(loops.outside[place]):
        loops.index[loop] = 0
    found = 0
    more = True
    while more:
        words = unpassed_words(case, tensor, rank, place, run, inside, marks)
        if words > 0:
            found = add_part(found, words, 1, parts)
        more = next_turn(EACH, dims, place, loops)
    return found


@kernel
def next_turn(use: int, dims: Ints, place: int, loops: np.record) -> bool:
    """Go on to the next turn of the loops of one use over a rank's dims; False after the last."""
    for loop in range(loops.outside[place] - 1, -1, -1):
        if loops.use[loop] == use and (loops.dim[loop] == dims[0] or loops.dim[loop] == dims[1]):
            loops.index[loop] += 1
            if loops.index[loop] < loops.bound[loop]:
                return True
            loops.index[loop] = 0
    return False


@kernel
def begin_of(dim: int, place: int, loops: np.record) -> int:
    """Return where the present lane begins in a dim at the present turn."""
    begin = 0
    for loop in range(loops.outside[place]):
        if loops.dim[loop] == dim:
            begin += loops.index[loop] * loops.stride[loop]
    return begin


@kernel
def is_further_step(run: Run, loops: np.record) -> bool:
    """Tell whether the present turn continues a sweep."""
    for loop in range(run.first, run.last + 1):
        if loops.fanout[loop] < 0 and loops.dim[loop] == run.dim and loops.index[loop] > 0:
            return True
    return False


@kernel
def unpassed_words(
    case: np.record, tensor: int, rank: int, place: int, run: Run, inside: int, marks: Marks
) -> int:
    """Count what the united lanes newly need at the present turn and no neighbour held."""
    layer, loops = case.counter.layer, case.loops
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    end_a, end_b = layer.bounds[dim_a], layer.bounds[dim_b]
    bits = marks[UNION]
    continues = is_further_step(run, loops)
    words, lowest, highest = 0, 64 * len(bits), -1
    more = True
    while more:
        a, b = begin_of(dim_a, place, loops), begin_of(dim_b, place, loops)
        for i in range(a, min(a + loops.tile[place, dim_a], end_a)):
            for j in range(b, min(b + loops.tile[place, dim_b], end_b)):
                word = word_at(layer, rank, i, j, loops)
                if continues and was_held(case, tensor, rank, place, run, inside, a, b, word):
                    continue
                bit = np.uint64(1) << np.uint64(word & 63)
                if bits[word >> 6] & bit == 0:
                    bits[word >> 6] |= bit
                    words += 1
                    lowest, highest = min(lowest, word), max(highest, word)
        more = next_turn(UNITED, layer.rank_dim[rank], place, loops)
    for row in range(lowest >> 6, (highest >> 6) + 1):
        bits[row] = np.uint64(0)
    return words


@kernel
def word_at(layer: np.record, rank: int, i: int, j: int, loops: np.record) -> int:
    """Return the number of a word of a rank, from 0; the second dim may count down from its end."""
    if loops.opposed[rank] == 1:
        j = layer.bounds[layer.rank_dim[rank, 1]] - 1 - j
    word: int = layer.rank_coefficient[rank, 0] * i + layer.rank_coefficient[rank, 1] * j
    return word


@kernel
def was_held(
    case: np.record,
    tensor: int,
    rank: int,
    place: int,
    run: Run,
    inside: int,
    a: int,
    b: int,
    word: int,
) -> bool:
    """Tell whether the lane that begins at ``a``, ``b``, or a neighbour, held a word before."""
    layer, loops = case.counter.layer, case.loops
    dim_a = layer.rank_dim[rank, 0]
    if run.dim == dim_a:
        a -= run.stride
    else:
        b -= run.stride
    if holds(layer, rank, place, a, b, word, loops):
        return True
    for loop in range(inside, loops.outside[place]):
        if not is_link(case, tensor, rank, loop):
            continue
        for side in (-1, 1):
            if not 0 <= loops.index[loop] + side < loops.bound[loop]:
                continue
            far = side * loops.stride[loop]
            in_a, in_b = (a + far, b) if loops.dim[loop] == dim_a else (a, b + far)
            if holds(layer, rank, place, in_a, in_b, word, loops):
                return True
    return False


@kernel
def holds(
    layer: np.record, rank: int, place: int, a: int, b: int, word: int, loops: np.record
) -> bool:
    """Tell whether the tile that begins at ``a``, ``b`` has a word, as far as it exists."""
    dim_a, dim_b = layer.rank_dim[rank, 0], layer.rank_dim[rank, 1]
    last = min(a + loops.tile[place, dim_a], layer.bounds[dim_a]) - 1
    for j in range(b, min(b + loops.tile[place, dim_b], layer.bounds[dim_b])):
        far = word - word_at(layer, rank, 0, j, loops)
        u = layer.rank_coefficient[rank, 0]
        if far % u == 0 and a <= far // u <= last:
            return True
    return False
