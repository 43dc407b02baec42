"""The loops of a mapping with remainders, and which of their positions exist (rule 10).

The index of a dim is the sum of loop index x nominal stride, and what lies at or beyond the dim's
bound does not exist: a mixed-radix number with the loops as digits is compared with the bound.
Whoever walks the digits from outside in meets one path along the bound; turns below it are whole,
turns beyond it are empty.  So, whatever the loops, each dim looks the same from nearly all turns of
its loops, and :func:`list_spreads` lists the few ways in which it looks different.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.counter.layout import (
    BOUNDARY_ACTIONS,
    COUNTER,
    MAX_FANOUTS,
    MAX_LOOPS,
    MAX_PLACES,
    MAX_TENSORS,
    NETWORK_ACTIONS,
)
from accelsim.jit import kernel
from accelsim.mapping.arrays import Ints
from accelsim.workload.shapes import MAX_DIMS, MAX_RANKS

_int = np.int64
_PLACES = MAX_PLACES + 1
"""Places and, after the last one in use, the compute."""

AT_ZERO, EACH, UNITED = range(3)
"""How a loop enters a sum: it stands at 0, its turns add up, or its lanes share what they need."""

MAX_SPREADS = 2 * 64 + 1
"""A dim of up to 2^60 has at most 61 loops; each leaves the bound's path in two ways."""

LOOPS = np.dtype(
    (
        np.record,
        [
            # All loops, temporal and spatial, outermost first; the fanout is -1 for temporal ones.
            ("dim", _int, (MAX_LOOPS,)),
            ("bound", _int, (MAX_LOOPS,)),
            ("stride", _int, (MAX_LOOPS,)),
            ("fanout", _int, (MAX_LOOPS,)),
            # Loops ``:outside[c]`` stand outside place c, the compute being the last.
            ("outside", _int, (_PLACES,)),
            ("fanout_start", _int, (MAX_FANOUTS,)),
            ("fanout_end", _int, (MAX_FANOUTS,)),
            # Nominal extents of the tiles; the instances that are used at some step.
            ("extent", _int, (MAX_DIMS,)),
            ("tile", _int, (_PLACES, MAX_DIMS)),
            ("instances", _int, (_PLACES,)),
            ("mesh", _int, (MAX_FANOUTS, 2)),
            # Steps at which some lane has an operation.
            ("steps", _int),
            # By rank, 1 where the two terms have opposite signs.
            ("opposed", _int, (MAX_RANKS,)),
            # Scratch.  How each loop enters the sum in hand:
            ("use", _int, (MAX_LOOPS,)),
            # Where each loop stands, as turns are looked at one by one.
            ("index", _int, (MAX_LOOPS,)),
            # The spreads of the two dims of a rank: whole lanes, then the extent of a short one;
            # how many turns of the loops see them, at a sweep's start and at its further steps.
            ("whole", _int, (2, MAX_SPREADS)),
            ("short", _int, (2, MAX_SPREADS)),
            ("starts", _int, (2, MAX_SPREADS)),
            ("repeats", _int, (2, MAX_SPREADS)),
            # Turns over dims that the tensor lacks; for each rank, how many parts it has.
            ("elsewhere", _int),
            ("n_parts", _int, (MAX_RANKS,)),
            ("turn", _int, (MAX_RANKS,)),
        ],
    )
)

RAGGED = np.dtype(
    (
        np.record,
        [
            # By tensor, the dims over which lanes may share words.
            ("alike", _int, (MAX_TENSORS,)),
            # Dims along whose lanes a fanout passes a tensor on (MachineArrays).
            ("forwards", _int, (MAX_FANOUTS, MAX_TENSORS)),
            # Its nest is not used.
            ("counter", COUNTER),
            ("loops", LOOPS),
            # As ``words`` and ``network`` of the counts: those of the busiest instance, which is
            # the first, of the memory; or of what stands just outside the fanout.
            ("busiest_words", _int, (_PLACES, MAX_TENSORS, BOUNDARY_ACTIONS)),
            ("busiest_network", _int, (MAX_FANOUTS, MAX_TENSORS, NETWORK_ACTIONS)),
        ],
    )
)
"""Everything that counting a mapping with remainders reads and writes."""


class Run(NamedTuple):
    """The closing run of a boundary (rule 3)."""

    dim: int
    stride: int
    bound: int
    first: int
    last: int
    """Its outermost and its innermost loop; there may be loops of fanouts between them."""


@kernel
def build(
    layer: np.record,
    machine: np.record,
    loop_dim: Ints,
    loop_bound: Ints,
    slot_end: Ints,
    loops: np.record,
) -> bool:
    """Fill ``loops`` from one packed mapping; return whether its factors fit the bounds.

    They do if each dim has as many positions as its bound or more, and the last turn of every loop
    has some that exist.
    """
    extent = loops.extent
    for dim in range(layer.n_dims):
        extent[dim] = 1
        loops.tile[machine.n_places, dim] = 1
    for array in range(machine.n_arrays):
        loops.mesh[array, 0] = 1
        loops.mesh[array, 1] = 1
    loops.outside[machine.n_places] = slot_end[machine.n_slots - 1]
    for slot in range(machine.n_slots - 1, -1, -1):
        start = slot_end[slot - 1] if slot > 0 else 0
        fanout, axis = machine.slot_fanout[slot], machine.slot_axis[slot]
        for loop in range(slot_end[slot] - 1, start - 1, -1):
            dim, bound = loop_dim[loop], loop_bound[loop]
            if bound - 1 > (layer.bounds[dim] - 1) // extent[dim]:
                return False
            loops.dim[loop] = dim
            loops.bound[loop] = bound
            loops.stride[loop] = extent[dim]
            loops.fanout[loop] = fanout
            extent[dim] *= bound
            if fanout >= 0:
                loops.mesh[machine.fanout_array[fanout], axis] *= bound
        if fanout < 0:
            place = machine.slot_place[slot]
            loops.outside[place] = start
            for dim in range(layer.n_dims):
                loops.tile[place, dim] = extent[dim]
        elif axis == 0:  # x stands inside y
            loops.fanout_end[fanout] = slot_end[slot]
        else:
            loops.fanout_start[fanout] = start
    reached = True
    for dim in range(layer.n_dims):
        reached = reached and extent[dim] >= layer.bounds[dim]
    return reached


@kernel
def find_run(relevant: int, place: int, n_places: int, loops: np.record) -> Run:
    """Find the loops that move a tensor at ``place``, walking outward from its tile."""
    outside = loops.outside[place]
    if place == n_places:
        return Run(-1, 0, 1, outside, outside)
    dim, stride, bound, first, last = -1, 0, 1, 0, -1
    for loop in range(outside - 1, -1, -1):
        if loops.fanout[loop] >= 0:
            continue
        if dim >= 0:
            if loops.dim[loop] != dim or loops.stride[loop] != bound * stride:
                break
            bound *= loops.bound[loop]
            first = loop
        elif (relevant >> loops.dim[loop]) & 1 == 1:
            dim, stride, bound = loops.dim[loop], loops.stride[loop], loops.bound[loop]
            first, last = loop, loop
    return Run(dim, stride, bound, first, last)


@kernel
def choose_uses(
    place: int, run: Run, held: int, apart: int, unites: int, alike: int, loops: np.record
) -> None:
    """Say how each loop outside ``place`` enters a sum over the residences of a tensor there.

    Spatial loops before ``held`` stand at 0: the first instance alone is looked at.  Turns of those
    before ``apart``, of those in fanouts outside the mask ``unites``, and of those over dims
    outside the mask ``alike``, add up.
    """
    for loop in range(loops.outside[place]):
        fanout = loops.fanout[loop]
        use = EACH
        if fanout < 0:
            if loop > run.last:  # over a dim that the tensor lacks: turns within a residence
                use = AT_ZERO
        elif loop < held:
            use = AT_ZERO
        elif loop >= apart and (unites >> fanout) & (alike >> loops.dim[loop]) & 1 == 1:
            use = UNITED
        loops.use[loop] = use


@kernel
def list_spreads(dim: int, place: int, end: int, run: Run, side: int, loops: np.record) -> int:
    """List the ways in which a dim of ``end`` positions is spread over the lanes of a union.

    A spread is so many lanes in order that hold a whole tile of ``place``, then perhaps one that
    holds a short one; all others are idle.  Written to row ``side`` of the scratch; those without
    any position are left out.

    Returns
    -------
    int
        The number of spreads.
    """
    found = 0
    lanes, turns = 1, 1  # of the united and the added loops still to come, the run's left out
    start, repeat = 1, 0  # turns of the run still to come: a sweep's first, its further ones
    for loop in range(loops.outside[place]):
        if loops.dim[loop] == dim:
            if dim == run.dim and run.first <= loop <= run.last and loops.fanout[loop] < 0:
                repeat = run.bound - 1
            elif loops.use[loop] == EACH:
                turns *= loops.bound[loop]
            elif loops.use[loop] == UNITED:
                lanes *= loops.bound[loop]

    rest = end  # positions of the path along the bound
    whole = 0  # lanes before that path, by the united loops passed so far
    for loop in range(loops.outside[place]):
        if loops.dim[loop] != dim:
            continue
        bound, stride = loops.bound[loop], loops.stride[loop]
        in_run = dim == run.dim and run.first <= loop <= run.last and loops.fanout[loop] < 0
        if in_run:
            if stride != run.stride:
                continue  # the run is one digit, met at its innermost loop
            bound = run.bound
        below = min(bound, rest // stride)
        rest -= below * stride
        if loops.use[loop] == UNITED:
            lanes //= bound
            whole = whole * bound + below
        elif in_run:
            found = add_spread(
                found, (whole + 1) * lanes, 0, turns * min(1, below), turns * max(0, below - 1),
                side, loops,
            )  # fmt: skip
            found = add_spread(
                found, whole * lanes, 0, 0, turns * max(0, bound - below - 1), side, loops
            )
            start, repeat = (1, 0) if below == 0 else (0, 1)
        elif loops.use[loop] == EACH:
            turns //= bound
            found = add_spread(
                found, (whole + 1) * lanes, 0, turns * below * start, turns * below * repeat,
                side, loops,
            )  # fmt: skip
            beyond = turns * max(0, bound - below - 1)
            found = add_spread(
                found, whole * lanes, 0, beyond * start, beyond * repeat, side, loops
            )
        elif below > 0:
            return add_spread(
                found, (whole + 1) * lanes, 0, turns * start, turns * repeat, side, loops
            )
        if below == bound and loops.use[loop] != UNITED:
            return found  # the bound is reached; no turn lies on it
        if rest == 0:
            return add_spread(found, whole * lanes, 0, turns * start, turns * repeat, side, loops)
    if rest >= loops.tile[place, dim]:
        return add_spread(found, whole + 1, 0, start, repeat, side, loops)
    return add_spread(found, whole, rest, start, repeat, side, loops)


@kernel
def add_spread(
    found: int, whole: int, short: int, starts: int, repeats: int, side: int, loops: np.record
) -> int:
    """Write a spread unless it is empty or nowhere; return how many there are now."""
    if whole + short == 0 or starts + repeats == 0:
        return found
    loops.whole[side, found] = whole
    loops.short[side, found] = short
    loops.starts[side, found] = starts
    loops.repeats[side, found] = repeats
    return found + 1


@kernel
def existing_turns(dim: int, place: int, end: int, loops: np.record) -> int:
    """Count the turns of a dim's added loops at which some lane of the union has a position."""
    run = Run(-1, 0, 1, 0, -1)
    total = 0
    for spread in range(list_spreads(dim, place, end, run, 0, loops)):
        total += loops.starts[0, spread]
    return total


@kernel
def count_uses(layer: np.record, machine: np.record, loops: np.record) -> None:
    """Write the steps, and the instances of each place that are used at some step."""
    everything = loops.outside[machine.n_places]
    for loop in range(everything):
        loops.use[loop] = EACH if loops.fanout[loop] < 0 else AT_ZERO
    loops.steps = 1
    for dim in range(layer.n_dims):
        loops.steps *= existing_turns(dim, machine.n_places, layer.bounds[dim], loops)
    for loop in range(everything):
        loops.use[loop] = AT_ZERO if loops.fanout[loop] < 0 else EACH
    for place in range(machine.n_places + 1):
        loops.instances[place] = 1
        for dim in range(layer.n_dims):
            loops.instances[place] *= existing_turns(dim, place, layer.bounds[dim], loops)
