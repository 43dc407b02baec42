"""The counter's slow, obvious twin: walk the nest and move real words between real buffers.

Every instance of every place has one buffer per tensor that it keeps: a dict from word to value.
The innermost "place" is the compute, whose buffers hold one word.  At each step the buffers take
what they need from the next keeper further out, the compute multiplies the operands that it finds
in its own buffers, and sums travel back up.  What crosses a boundary is counted as it crosses.

Nothing is computed in closed form: words are sets, sharing is set union, reuse is set difference.
Where factors multiply to more than a bound, what lies at or beyond the bound does not exist: a
step without any operation is not taken, a lane without one is idle (its tile is empty), and a tile
ends where its dim does.

Along the way the walk asserts that

- a word that is read is held by the buffer that it is read from;
- what stays in place between two steps is exactly the tile of the later step;
- instances below one parent hold either equal or disjoint sets of output words;
- a buffer of sums that is drained holds a sum for each of its words;
- the outermost place ends up with the einsum's direct sums.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import ceil, prod

from accelsim.arch.records import EVERY_DIM, Architecture
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer, Tensor
from tests.naive.nest import Boundary, Instance, Level, Nest

Word = tuple[int, ...]
"""The index of one word: one number per rank of its tensor."""

Values = dict[Word, int]


@dataclass
class Walk:
    """What the walk saw.  A key that is missing from a counter was never counted: zero."""

    words: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """``[child place or compute, tensor, READS | FIRST_READS | UPDATES | FILLS | DRAINS]``"""
    accesses: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The same in physical accesses: each visit is rounded up to whole blocks."""
    network: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """``[fanout, tensor, DELIVERIES | COLLECTIONS | REDUCTIONS]``"""
    tile_words: dict[tuple[str, str], int] = field(default_factory=dict)
    """``[place, tensor]`` for the tensors that the place keeps."""
    instances: dict[str, int] = field(default_factory=dict)
    """``[place or compute]``: copies that are used at some step."""
    steps: int = 0
    """How many steps of the temporal loops had an operation."""
    outputs: Values = field(default_factory=dict)
    """The finished sums."""


def walk(
    layer: Layer,
    architecture: Architecture,
    mapping: Mapping,
    operands: dict[str, Values] | None = None,
    *,
    window_reuse: bool = True,
    multicast: bool = True,
    alike_only: bool = False,
) -> Walk:
    """Walk the nest of ``mapping`` once, from its first step to its last.

    Without ``window_reuse`` every residence fetches its whole tile; without ``multicast`` every
    lane is served by reads of its own, whatever its fanout could do.  With ``alike_only`` a fanout
    serves only lanes together that newly need exactly the same.
    """
    operands = operands or random_operands(layer)
    walker = _Walker(layer, architecture, mapping, operands, window_reuse, multicast, alike_only)
    walker.run()
    return walker.seen


class _Walker:
    def __init__(
        self,
        layer: Layer,
        architecture: Architecture,
        mapping: Mapping,
        operands: dict[str, Values],
        window_reuse: bool,
        multicast: bool,
        alike_only: bool = False,
    ) -> None:
        self.layer = layer
        self.window_reuse = window_reuse
        self.multicast = multicast
        self.alike_only = alike_only
        self.operands = operands
        self.fanouts = architecture.fanouts
        self.nest = Nest(layer, architecture, mapping)
        self.seen = Walk()
        self.buffers: dict[tuple[str, str, Instance], Values] = {}
        self.tiles: dict[tuple[str, str, tuple[int, ...]], frozenset[Word]] = {}  # seen before
        self.before: dict[tuple[str, str], dict[Instance, frozenset[Word]]] = {}
        # Of each tensor at each child: loops from here on turn within a residence.
        self.residence_end = {
            (boundary.child.name, boundary.tensor.name): (
                boundary.child.temporal_outside if boundary.is_compute else boundary.run_end
            )
            for boundary in self.nest.boundaries
        }
        self.index: tuple[int, ...] = ()  # of each temporal loop, at the present step

    def run(self) -> None:
        outermost = self.nest.levels[0]
        for tensor in self.layer.tensors:
            is_input = tensor is not self.layer.output
            words = self.operands[tensor.name] if is_input else {}
            self.buffers[outermost.name, tensor.name, ()] = dict(words)
        for level in self.nest.levels:
            begins = [self.nest.position((), i) for i in self.nest.instances(level)]
            self.seen.instances[level.name] = sum(map(self.nest.exists, begins))
            for tensor in self.layer.tensors:
                if tensor.name in level.block_words:
                    largest = self.nest.extents(begins[0], level.tile)
                    words_held = _tile_words(tensor, begins[0], largest)
                    self.seen.tile_words[level.name, tensor.name] = len(words_held)

        inputs = [b for b in self.nest.boundaries if b.tensor is not self.layer.output]
        outputs = [b for b in self.nest.boundaries if b.tensor is self.layer.output]
        every_step = product(*(range(loop.bound) for loop in self.nest.temporal))
        steps = [s for s in every_step if self.nest.exists(self.nest.position(s, ()))]
        # Before the first step and after the last the buffers are empty, as if a loop outside all
        # others had moved.
        changes = [-1, *(_outermost_change(old, new) for old, new in pairwise(steps)), -1]
        for step, changed, upcoming in zip(steps, changes[:-1], changes[1:], strict=True):
            self.index = step
            self.seen.steps += 1
            for boundary in inputs:
                self._fetch(boundary, changed)
            for boundary in outputs:  # sums return from the outside in
                self._take_back(boundary, changed)
            self._operate()
            for boundary in reversed(outputs):  # and leave from the inside out
                if boundary.moves(upcoming):
                    self._drain(boundary)

        self.seen.outputs = self.buffers[outermost.name, self.layer.output.name, ()]
        assert self.seen.outputs == direct_sums(self.layer, self.operands)

    def _fetch(self, boundary: Boundary, changed: int) -> None:
        """Bring the child's buffers of an input up to date."""
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        if not boundary.moves(changed):
            if changed < child.temporal_outside:
                self._assert_in_place(boundary)
            return
        overlap_stays = self.window_reuse and boundary.keeps_overlap(changed)
        new: dict[Instance, set[Word]] = {}
        for instance in self.nest.instances(child):
            key = (child.name, tensor.name, instance)
            source = self.buffers[parent.name, tensor.name, instance[: parent.fanouts_outside]]
            tile = self._tile(tensor, child, instance)
            kept = self.buffers[key] if overlap_stays else {}
            new[instance] = {word for word in tile if word not in kept}
            fetched = {word: source[word] for word in new[instance]}
            self.buffers[key] = fetched | {w: v for w, v in kept.items() if w in tile}

        self._tally(boundary, "FILLS", [len(words) for words in new.values()])
        held = self.before.get((child.name, tensor.name), {})
        self.before[child.name, tensor.name] = {i: self._tile(tensor, child, i) for i in new}
        # From the inside out: what a fanout's neighbours pass on comes from nowhere further out.
        for crossed in reversed(range(parent.fanouts_outside, child.fanouts_outside)):
            arriving = sum(self._words_sent(tensor, new, crossed + 1))
            self.seen.network[self.fanouts[crossed].name, tensor.name, "DELIVERIES"] += arriving
            if overlap_stays:
                for instance, words in new.items():
                    words -= self._held_beside(tensor, crossed, instance, held)
        self._tally(boundary, "READS", self._words_sent(tensor, new, parent.fanouts_outside))

    def _held_beside(
        self,
        tensor: Tensor,
        crossed: int,
        instance: Instance,
        held: dict[Instance, frozenset[Word]],
    ) -> frozenset[Word]:
        """Return what neighbours in a fanout held at the step before, those idle by now too."""
        named = self.fanouts[crossed].forwards.get(tensor.role, frozenset())
        lane = instance[crossed]
        assert lane is not None
        found: frozenset[Word] = frozenset()
        for i, loop in enumerate(self.nest.lanes[crossed]):
            if loop.dim in tensor.dims and (named == EVERY_DIM or loop.dim in named):
                for index in (lane[i] - 1, lane[i] + 1):
                    beside = (*lane[:i], index, *lane[i + 1 :])
                    neighbour = (*instance[:crossed], beside, *instance[crossed + 1 :])
                    found |= held.get(neighbour, frozenset())
        return found

    def _words_sent(self, tensor: Tensor, new: dict[Instance, set[Word]], depth: int) -> list[int]:
        """Count the words that pass each point inside ``depth`` fanouts on their way in.

        What several instances beyond a point newly need passes it once, but lanes of a fanout
        (further in) that cannot multicast the tensor are served one by one.
        """
        if self.alike_only:
            points: dict[Instance, dict[Instance, set[Word]]] = defaultdict(dict)
            for instance, words in new.items():
                points[instance[:depth]][instance[depth:]] = words
            return [
                n for point in points.values() for n in self._sent_to_equals(tensor, point, depth)
            ]
        passing: dict[Instance, set[Word]] = defaultdict(set)
        for instance, words in new.items():
            apart = tuple(
                lane
                for fanout, lane in zip(self.fanouts[depth:], instance[depth:], strict=False)
                if tensor.role not in fanout.multicast or not self.multicast
            )
            passing[instance[:depth] + apart] |= words
        return [len(words) for words in passing.values()]

    def _sent_to_equals(
        self, tensor: Tensor, needs: dict[Instance, set[Word]], depth: int
    ) -> list[int]:
        """Count the words sent into a fanout and all inside it, group by group of equal lanes."""
        if () in needs:
            return [len(needs[()])]
        lanes: dict[object, dict[Instance, set[Word]]] = defaultdict(dict)
        for instance, words in needs.items():
            lanes[instance[0]][instance[1:]] = words
        groups = list(lanes.values())
        if tensor.role in self.fanouts[depth].multicast:
            # Of lanes that need the same, the one with the most instances at work stands for all.
            groups.sort(key=lambda group: sum(map(bool, group.values())), reverse=True)
            wanted = [set().union(*group.values()) for group in groups]
            groups = [group for i, group in enumerate(groups) if wanted[i] not in wanted[:i]]
        return [n for group in groups for n in self._sent_to_equals(tensor, group, depth + 1)]

    def _take_back(self, boundary: Boundary, changed: int) -> None:
        """Begin residences of sums: take the unfinished ones back, start the others from zero."""
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        if not boundary.moves(changed):
            return
        owner: dict[tuple[Instance, Word], frozenset[Word]] = {}
        for instance in self.nest.instances(child):
            above = instance[: parent.fanouts_outside]
            source = self.buffers[parent.name, tensor.name, above]
            tile = self._tile(tensor, child, instance)
            sums: Values = {}
            fresh = 0
            for word in tile:
                # Instances come in order, so that the first to ask is lane 0 of its group.
                first_to_ask = (above, word) not in owner
                assert owner.setdefault((above, word), tile) == tile, "a group shares all its words"
                if not first_to_ask:
                    continue  # another instance has got the sum; this one starts from zero
                if word in source:
                    sums[word] = source.pop(word)
                else:
                    fresh += 1
            self.buffers[child.name, tensor.name, instance] = sums
            self._tally(boundary, "READS", [len(sums)])
            self._tally(boundary, "FIRST_READS", [fresh])
            self._tally(boundary, "FILLS", [len(sums)])
            for fanout in self.fanouts[parent.fanouts_outside : child.fanouts_outside]:
                self.seen.network[fanout.name, tensor.name, "DELIVERIES"] += len(sums)

    def _drain(self, boundary: Boundary) -> None:
        """End residences of sums: send them up, adding them where fanouts can."""
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        rising: list[tuple[Instance, Values]] = []
        for instance in self.nest.instances(child):
            sums = self.buffers[child.name, tensor.name, instance]
            assert sums.keys() == self._tile(tensor, child, instance)
            rising.append((instance, sums))
        self._tally(boundary, "DRAINS", [len(sums) for _, sums in rising])

        for crossed in reversed(range(parent.fanouts_outside, child.fanouts_outside)):
            fanout = self.fanouts[crossed]
            arrived = sum(len(sums) for _, sums in rising)
            if fanout.reduces:
                rising = _added_over_lanes(rising, crossed)
            leaving = sum(len(sums) for _, sums in rising)
            self.seen.network[fanout.name, tensor.name, "REDUCTIONS"] += arrived - leaving
            self.seen.network[fanout.name, tensor.name, "COLLECTIONS"] += leaving

        for instance, sums in rising:
            target = self.buffers[parent.name, tensor.name, instance[: parent.fanouts_outside]]
            # Where another lane's sum got here first, the parent reads, adds and writes.
            self._tally(boundary, "READS", [sum(word in target for word in sums)])
            self._tally(boundary, "UPDATES", [len(sums)])
            for word, value in sums.items():
                target[word] = target.get(word, 0) + value

    def _tally(self, boundary: Boundary, action: str, visits: list[int]) -> None:
        """Count the words of each visit, at the child for fills and drains, else at the parent."""
        at_child = action in ("FILLS", "DRAINS")
        if at_child and boundary.is_compute:
            return
        tensor = boundary.tensor.name
        block = (boundary.child if at_child else boundary.parent).block_words[tensor]
        key = (boundary.child.name, tensor, action)
        for words in visits:
            self.seen.words[key] += words
            self.seen.accesses[key] += ceil(words / block)

    def _operate(self) -> None:
        """Do one operation in each compute instance, on what its buffers hold."""
        compute = self.nest.levels[-1]
        for instance in self.nest.instances(compute):
            if not self._tile(self.layer.output, compute, instance):
                continue  # idle
            operands = []
            for tensor in self.layer.tensors:
                if tensor is not self.layer.output:
                    ((_, value),) = self.buffers[compute.name, tensor.name, instance].items()
                    operands.append(value)
            (word,) = self._tile(self.layer.output, compute, instance)
            sums = self.buffers[compute.name, self.layer.output.name, instance]
            sums[word] = sums.get(word, 0) + prod(operands)

    def _tile(self, tensor: Tensor, level: Level, instance: Instance) -> frozenset[Word]:
        """Return the words of a tensor that one instance of a level holds in this residence.

        Loops that turn within a residence stand at 0, where it began: an instance that is idle by
        now may have been in use then.  One that was idle then has no words.
        """
        step = self.index[: self.residence_end[level.name, tensor.name]]
        position = self.nest.position(step, instance)
        key = (tensor.name, level.name, tuple(position.values()))
        if key not in self.tiles:
            extents = self.nest.extents(position, level.tile)
            used = self.nest.exists(position)
            self.tiles[key] = _tile_words(tensor, position, extents) if used else frozenset()
        return self.tiles[key]

    def _assert_in_place(self, boundary: Boundary) -> None:
        for instance in self.nest.instances(boundary.child):
            held = self.buffers[boundary.child.name, boundary.tensor.name, instance]
            assert held.keys() == self._tile(boundary.tensor, boundary.child, instance)


def _added_over_lanes(
    rising: list[tuple[Instance, Values]], fanout: int
) -> list[tuple[Instance, Values]]:
    """Add up the sums of equal words that come from different lanes of one fanout."""
    added: dict[tuple[Instance, frozenset[Word]], Values] = {}
    for instance, sums in rising:
        merged = (*instance[:fanout], None, *instance[fanout + 1 :])
        total = added.setdefault((merged, frozenset(sums)), dict.fromkeys(sums, 0))
        for word, value in sums.items():
            total[word] += value
    return [(instance, sums) for (instance, _), sums in added.items()]


def _tile_words(tensor: Tensor, position: dict[str, int], tile: dict[str, int]) -> frozenset[Word]:
    """Return the words of a tensor in the box of ``tile[dim]`` points from ``position[dim]`` on."""
    ranks = []
    for rank in tensor.ranks:
        ranges = [
            [term.coefficient * (position[term.dim] + i) for i in range(tile[term.dim])]
            for term in rank.terms
        ]
        ranks.append({sum(point) for point in product(*ranges)})
    return frozenset(product(*ranks))


def random_operands(layer: Layer, seed: int = 0) -> dict[str, Values]:
    """Return a small integer for each word of each input tensor."""
    rng = random.Random(seed)
    origin = dict.fromkeys(layer.bounds, 0)
    return {
        tensor.name: {
            word: rng.randint(-9, 9) for word in sorted(_tile_words(tensor, origin, layer.bounds))
        }
        for tensor in layer.tensors
        if tensor is not layer.output
    }


def direct_sums(layer: Layer, operands: dict[str, Values]) -> Values:
    """Return the output of the einsum by adding up its operations one by one, in no nest at all."""
    point_tile = dict.fromkeys(layer.bounds, 1)
    sums: Counter[Word] = Counter()
    for point in product(*(range(bound) for bound in layer.bounds.values())):
        position = dict(zip(layer.bounds, point, strict=True))
        (word,) = _tile_words(layer.output, position, point_tile)
        value = 1
        for tensor in layer.tensors:
            if tensor is not layer.output:
                (operand,) = _tile_words(tensor, position, point_tile)
                value *= operands[tensor.name][operand]
        sums[word] += value
    return dict(sums)


def _outermost_change(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """Return the first loop whose index differs between two steps."""
    return next(i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new)
