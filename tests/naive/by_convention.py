"""The twin of counting under other conventions: sets of words, step by step, lane by lane.

It knows which words each instance needs at each step, and nothing in closed form.  Real values are
not carried (``walk.py`` does that): a convention such as bounding boxes charges words that do not
exist.

- ``tiles: box``: a set of words is filled up to the box around it.
- ``reuse: timeloop``: each instance compares its box with the one before.  It remembers a
  direction: a move in it, along one rank, fetches the words that are new; any other move fetches
  the box and clears the memory; the first move sets it.
- ``multicast: equal``: fanout by fanout, lanes whose needs are equal are served together.
- Neighbours: who holds what at the step before is looked up in the sets themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import ceil

from accelsim.arch.records import EVERY_DIM, Architecture
from accelsim.conventions import Conventions
from accelsim.mapping.records import Mapping, Spread
from accelsim.workload.records import Layer, Tensor
from tests.naive.nest import Boundary, Instance, Lane, Level, Nest
from tests.naive.walk import Walk, Word, _tile_words

Needs = dict[Instance, frozenset[Word]]


@dataclass
class Books:
    """What one boundary moved."""

    words: Counter[str] = field(default_factory=Counter)
    accesses: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[int] = field(default_factory=Counter)
    peer_words: int = 0
    peer_accesses: int = 0


def walk_by_convention(
    layer: Layer, architecture: Architecture, mapping: Mapping, conventions: Conventions
) -> Walk:
    """Walk the nest of ``mapping``, which has no remainders."""
    return _Walker(layer, architecture, mapping, conventions).run()


class _Walker:
    def __init__(
        self, layer: Layer, architecture: Architecture, mapping: Mapping, conventions: Conventions
    ) -> None:
        self.layer = layer
        self.machine = architecture
        self.mapping = mapping
        self.its = conventions
        self.fanouts = architecture.fanouts
        self.nest = Nest(layer, architecture, mapping)
        self.seen = Walk()
        steps = list(product(*(range(loop.bound) for loop in self.nest.temporal)))
        changes = [-1, *(_first_difference(a, b) for a, b in pairwise(steps)), -1]
        self.steps = list(zip(steps, changes[:-1], changes[1:], strict=True))

    def run(self) -> Walk:
        self.coming_back: dict[tuple[str, str], bool] = {}
        self.seen.steps = len(self.steps)
        for level in self.nest.levels:
            copies = list(self.nest.instances(level))
            self.seen.instances[level.name] = len(copies)
            for tensor in self.layer.tensors:
                if tensor.name in level.block_words:
                    tile = self._tile(tensor, level, (), copies[0])
                    self.seen.tile_words[level.name, tensor.name] = len(tile)
        for tensor in self.layer.tensors:
            boundaries = [b for b in self.nest.boundaries if b.tensor is tensor]
            if tensor is self.layer.output:
                books = self._sums(boundaries)
            else:
                books = [self._input(boundary) for boundary in boundaries]
            for outer, inner in pairwise(books):
                inner.words["READS"] += outer.peer_words
                inner.accesses["READS"] += outer.peer_accesses
            for boundary, its in zip(boundaries, books, strict=True):
                self._write_down(boundary, its)
        return self.seen

    def _write_down(self, boundary: Boundary, books: Books) -> None:
        for action, words in books.words.items():
            accesses = books.accesses[action]
            if self.its.blocks == "total":
                level = boundary.child if action in ("FILLS", "DRAINS") else boundary.parent
                copies = self.seen.instances[level.name]
                block = level.block_words[boundary.tensor.name]
                accesses = words if block == 1 else copies * ceil(words / (copies * block))
            key = (boundary.child.name, boundary.tensor.name, action)
            self.seen.words[key] = words
            self.seen.accesses[key] = accesses
        for fanout, words in books.deliveries.items():
            name = self.fanouts[fanout].name
            self.seen.network[name, boundary.tensor.name, "DELIVERIES"] += words

    def _tile(
        self, tensor: Tensor, level: Level, step: tuple[int, ...], instance: Instance
    ) -> frozenset[Word]:
        position = self.nest.position(step[: level.temporal_outside], instance)
        words = _tile_words(tensor, position, level.tile)
        if self.its.tiles == "exact" or tensor is self.layer.output:
            return words
        return frozenset(product(*(range(min(r), max(r) + 1) for r in zip(*words, strict=True))))

    def _tiles(self, boundary: Boundary, step: tuple[int, ...]) -> Needs:
        child = boundary.child
        return {i: self._tile(boundary.tensor, child, step, i) for i in self.nest.instances(child)}

    # --- inputs -----------------------------------------------------------------------------------

    def _input(self, boundary: Boundary) -> Books:
        if self.its.reuse == "timeloop":
            alone, passed = self._compared(boundary, False), self._compared(boundary, True)
            return passed if passed.words["READS"] < alone.words["READS"] else alone
        return self._swept(boundary)

    def _swept(self, boundary: Boundary) -> Books:
        """``reuse: window`` and ``none``."""
        books = Books()
        before: Needs = {}
        inner = range(boundary.parent.fanouts_outside, boundary.child.fanouts_outside)
        for step, changed, _ in self.steps:
            if not boundary.moves(changed):
                continue
            tiles = self._tiles(boundary, step)
            stays = self.its.reuse == "window" and boundary.keeps_overlap(changed)
            passes = self.its.reuse == "window" and bool(before) and (stays or boundary.is_compute)
            new = {i: tile - (before[i] if stays else frozenset()) for i, tile in tiles.items()}
            # From the inside out, what a fanout's links bring need not cross the fanouts outside.
            self._fill(boundary, books, new)
            left = new
            for fanout in reversed(inner):
                books.deliveries[fanout] += sum(self._sent(boundary, left, fanout + 1))
                if passes:
                    left = {
                        i: words - self._held_beside(boundary, fanout, i, before)
                        for i, words in left.items()
                    }
            self._read(boundary, books, self._sent(boundary, left, boundary.parent.fanouts_outside))
            before = tiles
        return books

    def _held_beside(
        self, boundary: Boundary, fanout: int, instance: Instance, before: Needs
    ) -> frozenset[Word]:
        """Return what the neighbours along a fanout's loops over named dims held."""
        named = self.fanouts[fanout].forwards.get(boundary.tensor.role, frozenset())
        lane = instance[fanout]
        assert lane is not None
        held: frozenset[Word] = frozenset()
        for i, loop in enumerate(self.nest.lanes[fanout]):
            if loop.dim not in boundary.tensor.dims:
                continue
            if named != EVERY_DIM and loop.dim not in named:
                continue
            for side in (-1, 1):
                beside = (*lane[:i], lane[i] + side, *lane[i + 1 :])
                neighbour = (*instance[:fanout], beside, *instance[fanout + 1 :])
                held |= before.get(neighbour, frozenset())
        return held

    def _compared(self, boundary: Boundary, links: bool) -> Books:
        """``reuse: timeloop``; with ``links``, lanes take whole tiles from neighbours."""
        books = Books()
        tensor, child = boundary.tensor, boundary.child
        fanout = child.fanouts_outside - 1
        linked = (
            links
            and fanout >= boundary.parent.fanouts_outside
            and tensor.role in self.fanouts[fanout].forwards
            and self._just_outside(fanout, child)
        )
        before: Needs = {}
        whole_before: dict[Instance, bool] = {}
        directions: dict[Instance, Word | None] = {}
        # Steps of the loops outside the child: what turns inside its tile is no step of it.
        outside = [range(loop.bound) for loop in self.nest.temporal[: child.temporal_outside]]
        for step in product(*outside):
            tiles = self._tiles(boundary, step)
            new: Needs = {}
            whole: dict[Instance, bool] = {}
            for i, tile in tiles.items():
                whole[i] = True
                new[i] = tile
                if i in before and not boundary.is_compute:
                    new[i], directions[i] = _new_words(before[i], tile, directions.get(i))
                    whole[i] = new[i] == tile
            served = set()
            if linked and before:
                for i, tile in tiles.items():
                    if whole[i] and tile != before[i]:
                        beside = self._mesh_neighbours(i, fanout)
                        if any(whole_before[n] and before[n] == tile for n in beside):
                            served.add(i)
            self._fill(boundary, books, new)
            read = {i: words for i, words in new.items() if i not in served}
            for f in range(boundary.parent.fanouts_outside, child.fanouts_outside):
                needed = new if f == fanout else read
                books.deliveries[f] += sum(self._sent(boundary, needed, f + 1))
            self._read(boundary, books, self._sent(boundary, read, boundary.parent.fanouts_outside))
            if not boundary.is_compute:
                block = child.block_words[tensor.name]
                books.peer_words += sum(len(tiles[i]) for i in served)
                books.peer_accesses += sum(ceil(len(tiles[i]) / block) for i in served)
            before, whole_before = tiles, whole
        return books

    def _just_outside(self, fanout: int, child: Level) -> bool:
        nodes = [node.name for node in self.machine.nodes]
        return nodes.index(child.name) == nodes.index(self.fanouts[fanout].name) + 1

    def _mesh_neighbours(self, instance: Instance, fanout: int) -> Iterator[Instance]:
        """Yield the instances one lane to either side on x, and on y."""
        spread = self.mapping.spread(self.fanouts[fanout].name)
        assert isinstance(spread, Spread)
        n_y = sum(loop.bound > 1 for loop in spread.y)
        bounds = [loop.bound for loop in self.nest.lanes[fanout]]
        lane = instance[fanout]
        assert lane is not None
        y, x = lane[:n_y], lane[n_y:]
        column = list(product(*(range(bound) for bound in bounds[:n_y])))
        row = list(product(*(range(bound) for bound in bounds[n_y:])))
        beside = [(*column[at], *x) for at in _beside(column.index(y), len(column))]
        beside += [(*y, *row[at]) for at in _beside(row.index(x), len(row))]
        for neighbour in beside:
            yield (*instance[:fanout], neighbour, *instance[fanout + 1 :])

    def _sent(self, boundary: Boundary, new: Needs, depth: int) -> list[int]:
        """Return the words of each visit that passes a point inside ``depth`` fanouts."""
        visits: dict[tuple[object, ...], Needs] = defaultdict(dict)
        shares: list[int] = []
        for i, words in new.items():
            shares = [
                f
                for f in range(depth, len(i))
                if boundary.tensor.role in self.fanouts[f].multicast
                and self.its.multicast != "none"
            ]
            apart = tuple(i[f] for f in range(depth, len(i)) if f not in shares)
            visits[i[:depth], apart][tuple(i[f] for f in shares)] = words
        if self.its.multicast == "equal":
            return [_sent_to_equals(visit, 0, len(shares)) for visit in visits.values()]
        return [len(frozenset().union(*visit.values())) for visit in visits.values()]

    def _fill(self, boundary: Boundary, books: Books, new: Needs) -> None:
        if boundary.is_compute:
            return
        block = boundary.child.block_words[boundary.tensor.name]
        books.words["FILLS"] += sum(len(words) for words in new.values())
        books.accesses["FILLS"] += sum(ceil(len(words) / block) for words in new.values())

    def _read(self, boundary: Boundary, books: Books, visits: list[int]) -> None:
        block = boundary.parent.block_words[boundary.tensor.name]
        books.words["READS"] += sum(visits)
        books.accesses["READS"] += sum(ceil(words / block) for words in visits)

    # --- sums -------------------------------------------------------------------------------------

    def _sums(self, boundaries: list[Boundary]) -> list[Books]:
        all_books = [Books() for _ in boundaries]
        holds: dict[tuple[str, Instance], set[Word]] = defaultdict(set)  # sums begun, not sent up
        ever: dict[tuple[str, Instance], set[Word]] = defaultdict(set)  # sums held at any time
        for step, changed, upcoming in self.steps:
            for boundary, books in zip(boundaries, all_books, strict=True):
                if boundary.moves(changed):
                    self._begin(boundary, books, step, holds, ever)
            for boundary, books in reversed(list(zip(boundaries, all_books, strict=True))):
                if boundary.moves(upcoming):
                    self._end(boundary, books, step, holds, ever)
        return all_books

    def _begin(
        self,
        boundary: Boundary,
        books: Books,
        step: tuple[int, ...],
        holds: dict[tuple[str, Instance], set[Word]],
        ever: dict[tuple[str, Instance], set[Word]],
    ) -> None:
        parent, child = boundary.parent, boundary.child
        asked: set[tuple[Instance, Word]] = set()
        # Sums that go to lanes: each word crosses a fanout once for each lane inside it that gets
        # a sum of its own.
        inside: dict[int, set[tuple[Instance, Word]]] = defaultdict(set)
        outward = range(parent.fanouts_outside, child.fanouts_outside)
        for i, tile in self._tiles(boundary, step).items():
            above = i[: parent.fanouts_outside]
            back: set[Word] = set()
            fresh = 0
            for word in tile:
                if self.its.returns == "all":
                    known = self._charges_first(boundary) or word in ever[child.name, i]
                    if not boundary.is_compute:
                        if known:
                            back.add(word)
                        ever[child.name, i].add(word)
                    for f in outward:
                        inside[f].add((i[: f + 1], word))
                    continue
                if (above, word) in asked:
                    continue
                asked.add((above, word))
                begun = word in holds[parent.name, above]
                holds[parent.name, above].discard(word)
                if begun or self._charges_first(boundary):
                    back.add(word)
                else:
                    fresh += 1
            holds[child.name, i] = set(back)
            if self.its.returns == "one":
                for f in outward:
                    books.deliveries[f] += len(back)
                _visit(books, "READS", len(back), parent, boundary)
                _visit(books, "FIRST_READS", fresh, parent, boundary)
            if not boundary.is_compute:
                _visit(books, "FILLS", len(back), child, boundary)
        for f, gets in inside.items():
            # A point inside a fanout has had a sum before or has not: the first goes nowhere.
            for point, word in gets:
                key = (f"{boundary.child.name} by {f}", point)
                if self._charges_first(boundary) or word in ever[key]:
                    books.deliveries[f] += 1
                ever[key].add(word)

    def _charges_first(self, boundary: Boundary) -> bool:
        if self.its.first_reads == "unfinished":
            return self._comes_back(boundary)
        return self.its.first_reads == "charged"

    def _comes_back(self, boundary: Boundary) -> bool:
        """Tell whether any sum passes a boundary twice: in time, or under two of its parents."""
        key = (boundary.parent.name, boundary.child.name)
        if key not in self.coming_back:
            visits: Counter[Word] = Counter()
            for step, changed, _ in self.steps:
                if boundary.moves(changed):
                    above = boundary.parent.fanouts_outside
                    tiles = self._tiles(boundary, step).items()
                    visits.update(word for _, word in {(i[:above], w) for i, t in tiles for w in t})
            self.coming_back[key] = max(visits.values()) > 1
        return self.coming_back[key]

    def _end(
        self,
        boundary: Boundary,
        books: Books,
        step: tuple[int, ...],
        holds: dict[tuple[str, Instance], set[Word]],
        ever: dict[tuple[str, Instance], set[Word]],
    ) -> None:
        tensor, parent, child = boundary.tensor, boundary.parent, boundary.child
        rising: list[tuple[tuple[Lane, ...], frozenset[Word]]] = []
        for i, tile in self._tiles(boundary, step).items():
            rising.append((i, tile))
            if not boundary.is_compute:
                _visit(books, "DRAINS", len(tile), child, boundary)
        for f in reversed(range(parent.fanouts_outside, child.fanouts_outside)):
            arrived = sum(len(words) for _, words in rising)
            if self.fanouts[f].reduces:
                merged = {((*i[:f], None, *i[f + 1 :]), words) for i, words in rising}
                rising = sorted(merged, key=lambda pair: (str(pair[0]), sorted(pair[1])))
            leaving = sum(len(words) for _, words in rising)
            key = (self.fanouts[f].name, tensor.name)
            self.seen.network[*key, "REDUCTIONS"] += arrived - leaving
            self.seen.network[*key, "COLLECTIONS"] += leaving
        for i, tile in rising:
            above = i[: parent.fanouts_outside]
            _visit(books, "UPDATES", len(tile), parent, boundary)
            if self.its.returns == "all":
                key_of_parent = (f"{parent.name} for {child.name}", above)
                known = ever[key_of_parent]
                again = frozenset(w for w in tile if w in known or self._charges_first(boundary))
                known |= tile
            else:
                again = tile & holds[parent.name, above]
            _visit(books, "READS", len(again), parent, boundary)
            if self.its.returns == "all":
                _visit(books, "FIRST_READS", len(tile) - len(again), parent, boundary)
            holds[parent.name, above] |= tile


def _visit(books: Books, action: str, words: int, level: Level, boundary: Boundary) -> None:
    books.words[action] += words
    books.accesses[action] += ceil(words / level.block_words[boundary.tensor.name])


def _beside(at: int, length: int) -> list[int]:
    return [side for side in (at - 1, at + 1) if 0 <= side < length]


def _new_words(
    old: frozenset[Word], new: frozenset[Word], direction: Word | None
) -> tuple[frozenset[Word], Word | None]:
    """Return what a box needs beyond the one before, and the direction to remember."""
    way = tuple(b - a for a, b in zip(min(old), min(new), strict=True))
    if not any(way):
        return frozenset(), direction
    if direction is not None and way != direction:
        return new, None
    along_one_rank = sum(far != 0 for far in way) == 1
    return (new - old if along_one_rank else new), way


def _sent_to_equals(needs: Needs, fanout: int, fanouts: int) -> int:
    """Return the words sent to lanes of which those with equal needs are served together."""
    if fanout == fanouts:
        return sum(len(words) for words in needs.values())
    lanes: dict[object, dict[Instance, frozenset[Word]]] = defaultdict(dict)
    for i, words in needs.items():
        lanes[i[fanout]][i[fanout + 1 :]] = words
    # Lanes need the same if every instance inside them does.
    different = {frozenset(inside.items()): inside for inside in lanes.values()}
    rest = fanouts - fanout - 1
    return sum(_sent_to_equals(inside, 0, rest) for inside in different.values())


def _first_difference(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    return next(i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new)
