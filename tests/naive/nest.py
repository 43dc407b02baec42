"""The loops of a mapping laid out from outside in, as the walk steps through them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil, prod

from accelsim.arch.records import Architecture, Fanout, Memory, Place
from accelsim.mapping.records import Block, Loop, Mapping
from accelsim.workload.records import Layer, Tensor

Lane = tuple[int, ...] | None
"""Where in a fanout: the index of each of its loops.  None where its lanes have been merged."""

Instance = tuple[Lane, ...]
"""Which copy of a level: a lane of each fanout outside it, outermost first."""


@dataclass(frozen=True)
class NestLoop:
    """A loop with the distance, in its dim, between two of its iterations."""

    dim: str
    bound: int
    stride: int


@dataclass(frozen=True)
class Level:
    """A place or the compute, seen from the whole nest."""

    name: str
    tile: dict[str, int]
    """Extent of each dim inside this level, its own loops included."""
    temporal_outside: int
    """How many of the nest's temporal loops stand outside this level."""
    fanouts_outside: int
    """How many of the machine's fanouts stand outside this level."""
    block_words: dict[str, int]
    """Of each tensor that is kept here: how many of its words one physical access moves."""


@dataclass(frozen=True)
class Boundary:
    """A tensor, a level that holds it (``child``), and the next one further out (``parent``).

    Temporal loops ``run_start:run_end`` of the nest are the closing run: the steps at which the
    child gives up only a part of its tile.
    """

    tensor: Tensor
    parent: Level
    child: Level
    is_compute: bool
    run_start: int
    run_end: int

    def moves(self, changed: int) -> bool:
        """Whether the child begins a new residence when loop ``changed`` steps (outermost)."""
        return self.is_compute or changed < self.run_end

    def keeps_overlap(self, changed: int) -> bool:
        """Whether words that the old and the new tile share stay in place."""
        return not self.is_compute and self.run_start <= changed < self.run_end


class Nest:
    """A mapping of a layer on a machine: each loop with its stride, each level with its tile."""

    temporal: list[NestLoop]
    """Of all places, outermost first."""
    temporal_block: list[str]
    """The place in whose block each temporal loop stands."""
    lanes: list[list[NestLoop]]
    """Of each fanout: its loops on y, then those on x."""
    levels: list[Level]
    """The places, then the compute."""
    boundaries: list[Boundary]
    """Of all tensors; those of one tensor outermost first."""
    bounds: dict[str, int]
    """Of the layer's dims: what lies at or beyond them does not exist."""

    def __init__(self, layer: Layer, architecture: Architecture, mapping: Mapping) -> None:
        node_loops = _loops_with_strides(mapping)
        self.temporal, self.temporal_block, self.lanes, self.levels = [], [], [], []
        self.bounds = layer.bounds
        for index, (node, loops) in enumerate(zip(architecture.nodes, node_loops, strict=True)):
            if isinstance(node, Fanout):
                self.lanes.append(loops)
                continue
            block_words = {
                tensor.name: _block_words(architecture, node, tensor)
                for tensor in layer.tensors
                if isinstance(node, Place) and tensor.name in mapping.block(node.name).keep
            }
            inside = [loop for inner in node_loops[index:] for loop in inner]
            tile = {
                dim: prod(loop.bound for loop in inside if loop.dim == dim) for dim in layer.bounds
            }
            self.levels.append(
                Level(node.name, tile, len(self.temporal), len(self.lanes), block_words)
            )
            self.temporal += loops
            self.temporal_block += [node.name] * len(loops)
        reached = self.levels[0].tile
        assert all(reached[d] >= bound for d, bound in layer.bounds.items()), "no dim is cut short"
        self.boundaries = [b for tensor in layer.tensors for b in self._boundaries(tensor)]

    def _boundaries(self, tensor: Tensor) -> Iterator[Boundary]:
        compute = self.levels[-1]
        keepers = [level for level in self.levels if tensor.name in level.block_words] + [compute]
        for parent, child in pairwise(keepers):
            start, end = _closing_run(tensor, self.temporal[: child.temporal_outside])
            yield Boundary(tensor, parent, child, child is compute, start, end)

    def position(self, step: tuple[int, ...], instance: Instance) -> dict[str, int]:
        """Return where a step and an instance begin in each dim; loops not given stand at 0."""
        position = dict.fromkeys(self.bounds, 0)
        for loop, index in zip(self.temporal, step, strict=False):
            position[loop.dim] += index * loop.stride
        for loops, lane in zip(self.lanes, instance, strict=False):
            assert lane is not None
            for loop, index in zip(loops, lane, strict=True):
                position[loop.dim] += index * loop.stride
        return position

    def exists(self, position: dict[str, int]) -> bool:
        return all(position[dim] < bound for dim, bound in self.bounds.items())

    def extents(self, position: dict[str, int], tile: dict[str, int]) -> dict[str, int]:
        """Return how far a tile reaches from a position before its dims end."""
        return {dim: min(tile[dim], end - position[dim]) for dim, end in self.bounds.items()}

    def instances(self, level: Level) -> Iterator[Instance]:
        """Yield the instances of a level in order of their lanes, those that are never used too."""
        lanes = (
            product(*(range(loop.bound) for loop in loops))
            for loops in self.lanes[: level.fanouts_outside]
        )
        return product(*lanes)


def _block_words(architecture: Architecture, place: Place, tensor: Tensor) -> int:
    (memory,) = (
        architecture.memory[held.memory] for held in place.holdings if tensor.role in held.roles
    )
    if memory.block_bits <= memory.word_bits:
        return 1
    return max(1, memory.block_bits // held_bits(memory, tensor))


def _loops_with_strides(mapping: Mapping) -> list[list[NestLoop]]:
    """Return the loops of each node, outermost first; loops of bound 1 are no loops."""
    nodes: list[tuple[Loop, ...]] = [
        step.loops if isinstance(step, Block) else step.y + step.x for step in mapping.steps
    ]
    inside: defaultdict[str, int] = defaultdict(lambda: 1)
    result: list[list[NestLoop]] = [[]]  # the compute has no loops
    for loops in reversed(nodes):
        with_strides: list[NestLoop] = []
        for loop in reversed(loops):
            if loop.bound > 1:
                with_strides.insert(0, NestLoop(loop.dim, loop.bound, inside[loop.dim]))
                inside[loop.dim] *= loop.bound
        result.insert(0, with_strides)
    return result


def _closing_run(tensor: Tensor, outside: list[NestLoop]) -> tuple[int, int]:
    """Return where the closing run starts and ends among the temporal loops outside a level.

    Its innermost loop is the innermost one that moves the tensor.  The next loop further out
    belongs to it while that loop goes on where the run ends, in the same dim.
    """
    end = len(outside)
    while end > 0 and outside[end - 1].dim not in tensor.dims:
        end -= 1
    if end == 0:
        return 0, 0
    start = end - 1
    while start > 0:
        run, further_out = outside[start], outside[start - 1]
        if further_out.dim != run.dim or further_out.stride != run.bound * run.stride:
            break
        start -= 1
    return start, end


def held_bits(part: Memory | Fanout, tensor: Tensor) -> int:
    """Return the bits that a value takes there, by docs/model.md, rule 16."""
    bits = part.widths.get(tensor.role, tensor.bits)
    if isinstance(part, Fanout) or part.packing == "dense":
        return bits
    if bits > part.word_bits:
        return ceil(bits / part.word_bits) * part.word_bits
    most = max(n for n in range(1, part.word_bits + 1)
               if part.word_bits % n == 0 and n * bits <= part.word_bits)  # fmt: skip
    return part.word_bits // most
