"""A walk that writes down who moved what: one event per visit of one instance.

The movement is that of ``tests/naive/walk.py``, with the same buffers and words; this walker keeps
its books by instance, so that the busiest one can be looked up and no average need be taken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from accelsim.workload.records import Tensor
from tests.naive.cases import Case
from tests.naive.nest import Boundary, Instance, Level
from tests.naive.walk import Values, Word, _added_over_lanes, _Walker, random_operands


class Event(NamedTuple):
    """One visit: ``words`` of a tensor pass one instance of a memory, or one network.

    ``level`` is the memory (not the place) or the fanout, ``instance`` that of the memory or of
    what stands just outside the fanout; ``action`` is a name of ``technology.records``.
    """

    level: str
    instance: Instance
    tensor: str
    action: str
    words: int
    accesses: int


@dataclass
class Traffic:
    events: list[Event] = field(default_factory=list)
    steps: int = 0
    in_use: dict[str, int] = field(default_factory=dict)
    """``[memory or compute]``: instances that the mapping uses."""
    tile_words: dict[tuple[str, str], int] = field(default_factory=dict)
    """``[memory, tensor]``: words in one instance, over all places that it holds."""


def traffic(case: Case) -> Traffic:
    walker = _Bookkeeper(case)
    walker.run()
    found = Traffic(walker.events, walker.seen.steps)
    found.in_use[case.architecture.compute.name] = walker.seen.instances[
        case.architecture.compute.name
    ]
    for place in case.architecture.places:
        for held in place.holdings:
            found.in_use.setdefault(held.memory, walker.seen.instances[place.name])
            for tensor in case.layer.tensors:
                if tensor.role in held.roles and tensor.name in case.mapping.block(place.name).keep:
                    key = (held.memory, tensor.name)
                    words = walker.seen.tile_words[place.name, tensor.name]
                    found.tile_words[key] = found.tile_words.get(key, 0) + words
    return found


class _Bookkeeper(_Walker):
    def __init__(self, case: Case) -> None:
        layer, machine = case.layer, case.architecture
        super().__init__(layer, machine, case.mapping, random_operands(layer), True, True)
        self.machine = machine
        self.events: list[Event] = []

    def _at_memory(
        self, level: Level, instance: Instance, tensor: Tensor, action: str, moved: Iterable[Word]
    ) -> None:
        if level.name == self.machine.compute.name:
            return  # operands arrive at no memory
        words = len(list(moved))
        (place,) = (place for place in self.machine.places if place.name == level.name)
        (memory,) = (held.memory for held in place.holdings if tensor.role in held.roles)
        accesses = ceil(words / level.block_words[tensor.name])
        self.events.append(Event(memory, instance, tensor.name, action, words, accesses))

    def _on_network(
        self, fanout: int, instance: Instance, tensor: Tensor, action: str, moved: Iterable[Word]
    ) -> None:
        words = len(list(moved))
        outside = instance[:fanout]
        name = self.fanouts[fanout].name
        self.events.append(Event(name, outside, tensor.name, action, words, words))

    def _fetch(self, boundary: Boundary, changed: int) -> None:
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        if not boundary.moves(changed):
            return
        new: dict[Instance, set[Word]] = {}
        for instance in self.nest.instances(child):
            key = (child.name, tensor.name, instance)
            source = self.buffers[parent.name, tensor.name, instance[: parent.fanouts_outside]]
            held = self.buffers[key] if boundary.keeps_overlap(changed) else {}
            tile = self._tile(tensor, child, instance)
            new[instance] = set(tile - held.keys())
            self.buffers[key] = {word: held.get(word, source[word]) for word in tile}
            self._at_memory(child, instance, tensor, "fill", new[instance])
        for instance, words in self._sent(tensor, new, parent.fanouts_outside):
            self._at_memory(parent, instance, tensor, "read", words)
        for fanout in range(parent.fanouts_outside, child.fanouts_outside):
            for instance, words in self._sent(tensor, new, fanout + 1):
                self._on_network(fanout, instance, tensor, "deliver", words)

    def _sent(
        self, tensor: Tensor, new: dict[Instance, set[Word]], depth: int
    ) -> list[tuple[Instance, set[Word]]]:
        """Return the visits that pass ``depth`` fanouts on their way in, with the point passed."""
        passing: dict[tuple[Instance, Instance], set[Word]] = defaultdict(set)
        for instance, words in new.items():
            one_by_one = tuple(
                lane
                for fanout, lane in zip(self.fanouts[depth:], instance[depth:], strict=False)
                if tensor.role not in fanout.multicast
            )
            passing[instance[:depth], one_by_one] |= words
        return [(point, words) for (point, _), words in passing.items()]

    def _take_back(self, boundary: Boundary, changed: int) -> None:
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        if not boundary.moves(changed):
            return
        asked: set[tuple[Instance, Word]] = set()
        for instance in self.nest.instances(child):
            above = instance[: parent.fanouts_outside]
            source = self.buffers[parent.name, tensor.name, above]
            sums: Values = {}
            fresh: list[Word] = []
            for word in self._tile(tensor, child, instance):
                if (above, word) in asked:
                    continue
                asked.add((above, word))
                if word in source:
                    sums[word] = source.pop(word)
                else:
                    fresh.append(word)
            self.buffers[child.name, tensor.name, instance] = sums
            self._at_memory(parent, above, tensor, "read", sums)
            self._at_memory(parent, above, tensor, "first_read", fresh)
            self._at_memory(child, instance, tensor, "fill", sums)
            for fanout in range(parent.fanouts_outside, child.fanouts_outside):
                self._on_network(fanout, instance, tensor, "deliver", sums)

    def _drain(self, boundary: Boundary) -> None:
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        rising: list[tuple[Instance, Values]] = []
        for instance in self.nest.instances(child):
            sums = self.buffers[child.name, tensor.name, instance]
            self._at_memory(child, instance, tensor, "drain", sums)
            rising.append((instance, sums))
        for fanout in reversed(range(parent.fanouts_outside, child.fanouts_outside)):
            arrived = Counter(word for _, sums in rising for word in sums)
            if self.fanouts[fanout].reduces:
                rising = _added_over_lanes(rising, fanout)
            leaving = Counter(word for _, sums in rising for word in sums)
            added = (arrived - leaving).elements()
            self._on_network(fanout, (), tensor, "reduce", added)
            for instance, sums in rising:
                self._on_network(fanout, instance, tensor, "collect", sums)
        for instance, sums in rising:
            above = instance[: parent.fanouts_outside]
            target = self.buffers[parent.name, tensor.name, above]
            again = [word for word in sums if word in target]
            self._at_memory(parent, above, tensor, "read", again)
            self._at_memory(parent, above, tensor, "update", sums)
            for word, value in sums.items():
                target[word] = target.get(word, 0) + value
