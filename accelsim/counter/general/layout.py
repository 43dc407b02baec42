"""What counting under any conventions reads and writes beside the records of the fast counter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np

from accelsim.conventions import WORDS, Conventions, convention_problems
from accelsim.counter.filling import box_scales, fill
from accelsim.counter.layout import (
    MAX_DIMS,
    MAX_FANOUTS,
    MAX_LOOPS,
    MAX_TENSORS,
    record_type,
)
from accelsim.counter.window import Marks
from accelsim.errors import Problem, SpecError
from accelsim.mapping.arrays import Ints, LayerArrays, MachineArrays, MappingArrays
from accelsim.workload.shapes import MAX_RANKS

NOTHING_STAYS, RUN_STAYS, COMPARED = range(3)
"""``reuse``: none, window, timeloop."""

APART, UNITED, ALIKE = range(3)
"""``multicast``: none, distinct, equal."""

MAX_KEYED_WORDS = 2**44
"""Of a tensor whose lanes are compared with their neighbours: offsets become one number."""

_int = np.int64

plain = cast("Callable[[int], int]", np.int64)
"""Makes a constant a number like any other: numba compiles a kernel anew for each constant."""

MOVE = record_type(
    [
        ("times", _int),
        # The run's dim and by how much it steps; by 0, the whole tile is fetched.
        ("dim", _int),
        ("by", _int),
        # The rank in which neighbours pass words on, and how far it moves; -1 where they do not.
        ("passed_rank", _int),
        ("passed_by", _int),
        # Words for each instance, and the groups of lanes that read; -1 where that is to be found.
        ("cost", _int),
        ("reading", _int),
    ]
)

GENERAL = record_type(
    [
        # The conventions.
        ("reuse", _int),
        ("shares", _int),
        ("box", _int),
        ("returns_all", _int),
        ("charges_first", _int),
        ("block_totals", _int),
        ("drains_free", _int),
        # By rank: what the coefficients have in common (1 unless tiles are boxes), 1 where its two
        # terms have opposite signs, a number above every distance between two lanes.
        ("scale", _int, (MAX_RANKS,)),
        ("opposed", _int, (MAX_RANKS,)),
        ("radix", _int, (MAX_RANKS,)),
        # Who may take words from a neighbour (MachineArrays).
        ("links", _int, (MAX_FANOUTS,)),
        ("forwards", _int, (MAX_FANOUTS, MAX_TENSORS)),
        # All loops, outermost first; those of a fanout's y axis, then those of its x axis.
        ("dim", _int, (MAX_LOOPS + 1,)),
        ("bound", _int, (MAX_LOOPS + 1,)),
        ("stride", _int, (MAX_LOOPS + 1,)),
        ("y_start", _int, (MAX_FANOUTS,)),
        ("x_start", _int, (MAX_FANOUTS,)),
        ("x_end", _int, (MAX_FANOUTS,)),
        ("extent", _int, (MAX_DIMS,)),
        # The step in hand: how tiles move by rank, how far the loops inside it reach, and the
        # direction that is remembered.
        ("step", _int, (MAX_RANKS,)),
        ("reach", _int, (MAX_RANKS,)),
        ("direction", _int, (MAX_RANKS,)),
        # The moves of a boundary, and the one in hand (see ``moves``).
        ("n_moves", _int),
        ("moves", MOVE, (2 * MAX_LOOPS + 2,)),
        ("move", MOVE),
        # The words that cross a point at one step, and the accesses that they take.
        ("united", _int),
        ("visits", _int),
        # Words that lanes of the boundary before read for their neighbours, and the accesses.
        ("peer_words", _int),
        ("peer_visits", _int),
        # Scratch of an enumeration of lanes.
        ("chosen", _int, (MAX_LOOPS + 1,)),
        ("turn", _int, (MAX_LOOPS + 1,)),
        ("distance", _int, (MAX_LOOPS + 1,)),
    ]
)


class Scratch(NamedTuple):
    """What depends on the layer and the machine in size."""

    bits: Marks
    """``[word]``: a bit for every word of the longest rank with two terms."""
    tile: Ints
    union: Ints
    """``[position]`` of that rank."""
    keys: Ints
    others: Ints
    """``[lane]`` of the widest fanout that forwards."""


def copied_scratch(scratch: Scratch) -> Scratch:
    """Return scratch that shares nothing with another one."""
    return Scratch(
        scratch.bits.copy(),
        scratch.tile.copy(),
        scratch.union.copy(),
        scratch.keys.copy(),
        scratch.others.copy(),
    )


def needs_general(machine: MachineArrays, conventions: Conventions) -> bool:
    """Tell whether the fast counter cannot do it."""
    return not conventions.plain or (conventions.reuse != "none" and bool(machine.links.any()))


def refuse_remainders(
    layer: LayerArrays, machine: MachineArrays, mapping: MappingArrays, conventions: Conventions
) -> None:
    """Refuse what rule 10 is not known for.

    ``multicast: equal`` it knows, unless both dims of a window are spread over lanes (then some
    lanes need the same words and others do not) or blocks are wider than a word (a visit would be
    of lanes whose tiles differ in length).

    Raises
    ------
    SpecError
    """
    counted, why = conventions, f"under {conventions}"
    if conventions.multicast == "equal":
        if spreads_window(layer, machine, mapping):
            why += " with both dims of a window spread over lanes"
        elif (machine.place_block > 1).any():
            why += " with blocks wider than a word"
        else:
            counted = replace(conventions, multicast="distinct")
    if not needs_general(machine, counted):
        return
    if counted.plain and conventions.multicast != "equal":
        if not passes_to_compute(machine, mapping):
            return
        why = "where neighbours pass on words that nothing in a lane keeps"
    raise SpecError(
        [
            Problem(
                f"a mapping with remainders cannot be counted {why}",
                hint="write factors that multiply to the bounds, or choose the default accounting",
            )
        ]
    )


def passes_to_compute(machine: MachineArrays, mapping: MappingArrays) -> bool:
    """Tell whether a fanout passes on a tensor that no place inside it keeps."""
    for fanout, tensor in np.argwhere(machine.forwards):
        inside = mapping.keep[machine.fanout_inside[fanout] :]
        if not (inside >> tensor & 1).any():
            return True
    return False


def spreads_window(layer: LayerArrays, machine: MachineArrays, mapping: MappingArrays) -> bool:
    """Tell whether the two dims of some rank both have spatial loops."""
    starts = [0, *map(int, mapping.slot_end)]
    spatial = {
        int(dim)
        for slot, (start, end) in enumerate(pairwise(starts))
        if machine.slot_fanout[slot] >= 0
        for dim in mapping.loop_dim[start:end]
    }
    return any({int(a), int(b)} <= spatial for a, b in layer.rank_dim)


def check_general(layer: LayerArrays, machine: MachineArrays, conventions: Conventions) -> None:
    """Refuse conventions that do not go together, or with the machine.

    Raises
    ------
    SpecError
    """
    problems = list(convention_problems(conventions).values())
    linked = int(np.bitwise_or.reduce(machine.links, initial=0))
    if linked and conventions.reuse == "window" and conventions.multicast == "equal":
        problems.append(
            Problem(
                "under `reuse: window` neighbours pass single words on, after which lanes that "
                "read alike are no longer defined",
                expected="`multicast: distinct` or `multicast: none` on a machine that forwards",
            )
        )
    if linked and conventions.reuse == "timeloop":
        for tensor, words in enumerate(box_words(layer)):
            if linked >> tensor & 1 and words > MAX_KEYED_WORDS:
                problems.append(
                    Problem(
                        f"a tensor of {words:.3g} words is passed between neighbours",
                        expected="at most 2^44",
                    )
                )
    if problems:
        raise SpecError(problems)


def fill_general(
    counter: np.record,
    general: np.record,
    layer: LayerArrays,
    machine: MachineArrays,
    conventions: Conventions,
) -> Scratch:
    """Write layer, machine and conventions into records of the types COUNTER and GENERAL.

    Raises
    ------
    SpecError
        If the conventions do not go together or with the machine, or an axis is too long.
    """
    check_general(layer, machine, conventions)
    fill(counter, layer, machine, conventions)
    box = conventions.tiles == "box"
    general["reuse"] = ("none", "window", "timeloop").index(conventions.reuse)
    general["shares"] = ("none", "distinct", "equal").index(conventions.multicast)
    general["box"] = box
    general["returns_all"] = conventions.returns == "all"
    general["charges_first"] = WORDS["first_reads"].index(conventions.first_reads)
    general["block_totals"] = conventions.blocks == "total"
    general["drains_free"] = conventions.drains == "free"
    ranks, fanouts = len(layer.rank_dim), len(machine.links)
    extents = box_extents(layer)
    general["scale"] = counter["layer"]["rank_scale"]
    general["opposed"][:ranks] = layer.rank_opposed
    for rank in range(ranks):
        general["radix"][rank] = min(5 * extents[rank], 2**62)
    general["links"][:fanouts] = machine.links
    general["forwards"][:fanouts, : len(layer.relevant)] = machine.forwards
    if box:
        _widen_outermost(counter, layer, machine)
    two_terms = layer.rank_dim[:, 1] >= 0
    longest = max((extents[rank] for rank in np.flatnonzero(two_terms)), default=1)
    forwards = bool(machine.links.any())
    lanes = int(machine.array_mesh.prod(axis=1).max(initial=1)) if forwards else 1
    positions = longest if forwards else 1
    return Scratch(
        bits=np.zeros(longest // 64 + 2, dtype=np.uint64),
        tile=np.zeros(positions, dtype=np.int64),
        union=np.zeros(positions, dtype=np.int64),
        keys=np.zeros(lanes, dtype=np.int64),
        others=np.zeros(lanes, dtype=np.int64),
    )


def box_extents(layer: LayerArrays) -> list[int]:
    """Return the length of every rank, gaps included."""
    return [
        1 + int(scale) * (int(extent) - 1)
        for scale, extent in zip(box_scales(layer), layer.rank_extent, strict=True)
    ]


def box_words(layer: LayerArrays) -> list[int]:
    """Return the words of the bounding box of each tensor."""
    extents = box_extents(layer)
    words = [1] * len(layer.relevant)
    for tensor in range(len(words)):
        for rank in range(layer.rank_start[tensor], layer.rank_start[tensor + 1]):
            words[tensor] *= extents[rank]
    return words


def _widen_outermost(counter: np.record, layer: LayerArrays, machine: MachineArrays) -> None:
    """Write what the outermost place holds where tiles are boxes."""
    counter["machine"]["whole_bits"] = 0
    for tensor, words in enumerate(box_words(layer)):
        counter["counts"]["tile_words"][0, tensor] = words
        memory = machine.place_memory[0, tensor]
        if memory >= 0:
            counter["machine"]["whole_bits"][memory] += words * machine.place_bits[0, tensor]
