"""Hops over the networks that a machine names ``legacy_mesh`` (rule 13 of ``docs/model.md``).

The lanes of a fanout stand on a mesh.  Words enter beside the middle row, run along it to the
farthest column that needs them, and from it up and down.  The lanes that need the same words, or
share a sum, are one group, and a word travels once for a group.

The model is that of Timeloop's ``legacy`` network (NVlabs/timeloop, commit 4cf6d4c), after its
statistics; among them what it charges for a tensor that bypasses the memory just inside: the hops
of what that memory would have exchanged had it kept the tensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import floor, prod
from typing import NamedTuple

import numpy as np

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Place
from accelsim.conventions import Conventions
from accelsim.counter import Counts, count
from accelsim.counter.layout import COLLECTIONS, DELIVERIES, REDUCTIONS
from accelsim.evaluation.lanes import Lanes, groups_of_lanes, hops_of_groups, lanes_of_fanouts
from accelsim.evaluation.links import Passing, loops_in_time, moves, passings
from accelsim.mapping.arrays import Ints
from accelsim.mapping.records import Block, Spread
from accelsim.mapping.records import Mapping as LoopMapping
from accelsim.roles import ROLES
from accelsim.workload.records import Layer, Tensor


@dataclass(frozen=True, slots=True)
class MeshEntry:
    """The groups of as many lanes: ``scatter`` groups of ``multicast`` lanes.

    ``words`` enter the network for them, of all instances outside the fanout, each over
    ``average_hops``.
    """

    multicast: int
    scatter: int
    words: float
    average_hops: float


@dataclass(frozen=True, slots=True)
class MeshTraffic:
    """What one tensor sends through one network.

    Attributes
    ----------
    entries : tuple of MeshEntry
        By ``multicast``, then ``scatter``.
    linked : float
        Words that a lane took from its neighbour, over one hop and two routers each.
    """

    entries: tuple[MeshEntry, ...]
    linked: float = 0.0

    @property
    def words(self) -> float:
        return sum(entry.words for entry in self.entries)

    @property
    def average_hops(self) -> float:
        """Of the words that enter; 0 if none does."""
        over = sum(entry.words * entry.average_hops for entry in self.entries)
        return over / self.words if self.words else 0.0

    @property
    def hops(self) -> float:
        return sum(entry.words * entry.average_hops for entry in self.entries) + self.linked

    @property
    def routed(self) -> float:
        """Words x routers that they pass: one more than the whole hops of their entry."""
        entered = sum(entry.words * (1 + floor(entry.average_hops)) for entry in self.entries)
        return entered + 2 * self.linked


Meshes = Mapping[tuple[str, str], MeshTraffic]
"""(fanout, tensor) -> its traffic."""


class Sent(NamedTuple):
    """Words that enter a network and, all together, the hops that they make."""

    words: float
    hops: float


Sends = dict[tuple[int, int], Sent]
"""(multicast, scatter) -> what is sent."""


def mesh_traffic(
    layer: Layer, arch: Architecture, mapping: LoopMapping, network: Ints, conventions: Conventions
) -> dict[tuple[str, str], MeshTraffic]:
    """Return the traffic of every fanout that names a network, for every tensor.

    Parameters
    ----------
    network : int64[fanout, tensor, action]
        Words counted for the mapping, as by :func:`accelsim.counter.count`.
    """
    whole = _whole(layer, arch, mapping, conventions)
    found: dict[tuple[str, str], MeshTraffic] = {}
    for f, fanout in enumerate(arch.fanouts):
        for t, tensor in enumerate(layer.tensors):
            if not fanout.network:
                continue
            if tensor.role == "Outputs":
                sends, linked = whole.sums(f, t, network[f, t]), 0.0
            else:
                sends, linked = whole.inputs(f, t, network[f, t], mapping)
            found[fanout.name, tensor.name] = MeshTraffic(_entries(sends), linked)
    return found


def _entries(sends: Sends) -> tuple[MeshEntry, ...]:
    return tuple(
        MeshEntry(*group, sent.words, sent.hops / sent.words)
        for group, sent in sorted(sends.items())
        if sent.words
    )


@dataclass(frozen=True)
class _Whole:
    """A mapping whose places all keep every tensor, and what its networks carry."""

    layer: Layer
    arch: Architecture
    mapping: LoopMapping
    conventions: Conventions
    counts: Counts
    lanes: list[Lanes]

    def inputs(self, f: int, t: int, network: Ints, actual: LoopMapping) -> tuple[Sends, float]:
        """Return (what is sent, words that neighbours pass on) of an input."""
        fanout, tensor, lanes = self.arch.fanouts[f], self.layer.tensors[t], self.lanes[f]
        parents = prod(len(outer.x) for outer in self.lanes[:f])
        able = tensor.role in fanout.multicast and self.conventions.multicast != "none"
        group = groups_of_lanes(tensor, lanes, able)
        tile, passed = self.passed(f, t, group)
        # All lanes exchange as many words, and a group as many as one of its lanes.
        each = int(self.counts.network[f, t, DELIVERIES]) / len(lanes.x)
        each -= parents * tile * sum(passing.steps for passing in passed)
        middle = (fanout.mesh_y - 1) / 2
        sends: Sends = {}
        send(sends, group, lanes.x, lanes.y, middle, each)
        linked = 0
        for passing in passed:
            words, rest = parents * tile * passing.steps, ~passing.served
            send(sends, group[rest], lanes.x[rest], lanes.y[rest], middle, words)
            linked += words * int(passing.served.sum())
        inside = inner_node(self.arch, fanout)
        if isinstance(inside, Compute) or tensor.name in actual.block(inside.name).keep:
            return sends, float(linked)
        return amplified(sends, int(network[DELIVERIES])), 0.0

    def passed(self, f: int, t: int, group: Ints) -> tuple[int, list[Passing]]:
        """Return (words of a tile inside a fanout, when neighbours pass it on)."""
        fanout, tensor, lanes = self.arch.fanouts[f], self.layer.tensors[t], self.lanes[f]
        inside = inner_node(self.arch, fanout)
        compared = self.conventions.reuse == "timeloop"
        adjacent = self.arch.nodes[self.arch.nodes.index(fanout) + 1] is inside
        if not (compared and adjacent and tensor.role in fanout.forwards):
            return 0, []
        loops = loops_in_time(self.mapping, inside.name)
        tile, spans = 1, None
        if isinstance(inside, Place):
            tile = int(self.counts.tile_words[self.arch.places.index(inside), t])
            spans = tile_spans(tensor, self.mapping, inside.name)
        offsets = lanes.offsets(tensor)
        found = passings(loops, moves(tensor, loops), spans, lanes.x, lanes.y, offsets)
        groups = len(np.unique(group))
        saved = sum(p.steps * (groups - len(np.unique(group[~p.served]))) for p in found)
        return (tile, found) if saved > 0 else (0, [])

    def sums(self, f: int, t: int, network: Ints) -> Sends:
        """Return what is sent of the output: up and, where sums return, down again."""
        fanout, tensor, lanes = self.arch.fanouts[f], self.layer.tensors[t], self.lanes[f]
        kept = self.counts.network[f, t]
        group = groups_of_lanes(tensor, lanes, fanout.reduces)
        middle = (fanout.mesh_y - 1) / 2
        rising: Sends = {}
        each = int(kept[COLLECTIONS] + kept[REDUCTIONS]) / len(lanes.x)
        send(rising, group, lanes.x, lanes.y, middle, each)
        rising = amplified(rising, int(network[COLLECTIONS] + network[REDUCTIONS]))
        if not fanout.sums_return:
            return rising
        if self.conventions.returns == "all":  # as they rise, but for the first time
            up = int(network[COLLECTIONS])
            first = self.layer.tensor_words(tensor) * self.sums_outside(f)
            times = (2 * up - first) / up if up else 1.0
            return {key: Sent(s.words * times, s.hops * times) for key, s in rising.items()}
        _, one = np.unique(group, return_index=True)
        falling: Sends = {}
        each = int(kept[DELIVERIES]) / len(one)
        send(falling, np.arange(len(one)), lanes.x[one], lanes.y[one], middle, each)
        for key, sent in amplified(falling, int(network[DELIVERIES])).items():
            add(rising, key, sent)
        return rising

    def sums_outside(self, f: int) -> int:
        """Return the lanes of outer fanouts that work on one sum."""
        spreads = [step for step in self.mapping.steps if isinstance(step, Spread)]
        loops = (loop for spread in spreads[:f] for loop in (*spread.y, *spread.x))
        return prod(loop.bound for loop in loops if loop.dim not in self.layer.output.dims)


def _whole(
    layer: Layer, arch: Architecture, mapping: LoopMapping, conventions: Conventions
) -> _Whole:
    everything = frozenset(tensor.name for tensor in layer.tensors)
    steps = (replace(s, keep=everything) if isinstance(s, Block) else s for s in mapping.steps)
    mapping = replace(mapping, steps=tuple(steps))
    counts = count(layer, _unlimited(arch), mapping, conventions)
    return _Whole(layer, arch, mapping, conventions, counts, lanes_of_fanouts(mapping))


def _unlimited(arch: Architecture) -> Architecture:
    """Return the machine with every tensor allowed in every place, however large."""
    roles = frozenset(ROLES)
    nodes = tuple(
        Place(node.name, (Holding(node.holdings[0].memory, may_keep=roles),))
        if isinstance(node, Place)
        else node
        for node in arch.nodes
    )
    memories = tuple(replace(memory, size_bits=None) for memory in arch.memories)
    return replace(arch, nodes=nodes, memories=memories)


def inner_node(arch: Architecture, fanout: Fanout) -> Place | Compute:
    """Return the first place inside a fanout, or the compute."""
    inside = arch.nodes[arch.nodes.index(fanout) + 1 :]
    return next(node for node in inside if not isinstance(node, Fanout))


def tile_spans(tensor: Tensor, mapping: LoopMapping, place: str) -> Ints:
    """Return the extent of a place's tile in each rank, gaps included: ``[rank]``."""
    extent: dict[str, int] = {}
    for step in reversed(mapping.steps):
        for loop in step.loops if isinstance(step, Block) else (*step.y, *step.x):
            extent[loop.dim] = extent.get(loop.dim, 1) * loop.bound
        if isinstance(step, Block) and step.place == place:
            break
    return np.array(
        [
            1 + sum(abs(t.coefficient) * (extent.get(t.dim, 1) - 1) for t in rank.terms)
            for rank in tensor.ranks
        ],
        dtype=np.int64,
    )


def send(sends: Sends, group: Ints, x: Ints, y: Ints, middle: float, words: float) -> None:
    """Send ``words`` to each group of lanes."""
    if len(group) == 0:
        return
    _, group = np.unique(group, return_inverse=True)
    group = group.ravel()
    sizes, hops = np.bincount(group), hops_of_groups(group, x, y, middle)
    for size in np.unique(sizes):
        alike = sizes == size
        count = int(alike.sum())
        add(sends, (int(size), count), Sent(words * count, words * float(hops[alike].sum())))


def add(sends: Sends, key: tuple[int, int], sent: Sent) -> None:
    """Add to what is sent to groups of one kind."""
    before = sends.get(key, Sent(0.0, 0.0))
    sends[key] = Sent(before.words + sent.words, before.hops + sent.hops)


def amplified(sends: Sends, words: int) -> Sends:
    """Let lanes exchange ``words``, over no more hops together than before."""
    before = sum(sent.words * size for (size, _), sent in sends.items())
    if not before:
        return sends
    return {key: Sent(sent.words * words / before, sent.hops) for key, sent in sends.items()}
