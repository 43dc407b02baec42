"""The loops of a mapping, its boundaries, and the run that closes each: rules 1 to 3.

Plain records that follow ``docs/model.md`` word by word; nothing here is fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from accelsim.arch.records import Architecture, Compute, Fanout, Place
from accelsim.mapping.records import Block, Mapping
from accelsim.workload.records import Layer, Tensor, window_terms


@dataclass(frozen=True, slots=True)
class LoopAt:
    """One loop with a bound above 1: its ``stride`` in the index of its dim, and where it stands.

    ``axis`` is ``x`` or ``y`` on a fanout, empty for a temporal loop.
    """

    dim: str
    bound: int
    stride: int
    node: str
    axis: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The closing run of a boundary (rule 3): its loops, outermost first; none if nothing moves."""

    loops: tuple[LoopAt, ...] = ()

    @property
    def dim(self) -> str:
        return self.loops[-1].dim if self.loops else ""

    @property
    def stride(self) -> int:
        return self.loops[-1].stride if self.loops else 0

    @property
    def bound(self) -> int:
        return prod(loop.bound for loop in self.loops)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A tensor between the place that serves it and the next that keeps it, or the compute.

    Attributes
    ----------
    child : Place, or None for the compute
    tile : extents of the child's tile by dim, nominal
    fanouts : between parent and child, outermost first
    loops : all loops outside the child, outermost first
    run : the closing run
    stays : temporal loops inside the run, which leave the child's words in place
    sweeps : temporal loops outside the run, each turn of which starts anew
    """

    tensor: Tensor
    parent: Place
    child: Place | None
    tile: dict[str, int]
    fanouts: tuple[Fanout, ...]
    loops: tuple[LoopAt, ...]
    run: Run
    stays: tuple[LoopAt, ...]
    sweeps: tuple[LoopAt, ...]

    def spatial(self, fanouts: Iterable[Fanout]) -> frozenset[LoopAt]:
        """Return the loops on some fanouts."""
        names = {fanout.name for fanout in fanouts}
        return frozenset(loop for loop in self.loops if loop.node in names)

    @property
    def outside_parent(self) -> frozenset[LoopAt]:
        """The spatial loops outside the parent: its instances."""
        return frozenset(loop for loop in self.loops if loop.axis) - self.spatial(self.fanouts)


def all_loops(mapping: Mapping) -> tuple[LoopAt, ...]:
    """Return the loops of a mapping, outermost first; on one fanout, y stands outside x."""
    slots = [
        slot
        for step in mapping.steps
        for slot in (
            [(step.place, "", step.loops)]
            if isinstance(step, Block)
            else [(step.fanout, "y", step.y), (step.fanout, "x", step.x)]
        )
    ]
    inside: dict[str, int] = {}
    found = []
    for node, axis, loops in reversed(slots):
        for loop in reversed(loops):
            if loop.bound > 1:
                stride = inside.get(loop.dim, 1)
                found.append(LoopAt(loop.dim, loop.bound, stride, node, axis))
                inside[loop.dim] = stride * loop.bound
    return tuple(reversed(found))


def moving_dims(tensor: Tensor, layer: Layer) -> frozenset[str]:
    """Return the dims with a bound above 1 that index a tensor."""
    terms = (term for rank in tensor.ranks for term in window_terms(rank, layer.bounds))
    return frozenset(term.dim for term in terms)


def boundaries(layer: Layer, arch: Architecture, mapping: Mapping) -> list[Boundary]:
    """Return every boundary (rule 2): tensor by tensor, from outside in."""
    loops = all_loops(mapping)
    found = []
    for tensor in layer.tensors:
        keepers: list[Place | None] = [
            place for place in arch.places if tensor.name in mapping.block(place.name).keep
        ]
        for parent, child in zip(keepers, [*keepers[1:], None], strict=True):
            assert parent is not None
            found.append(_boundary(layer, arch, loops, tensor, parent, child))
    return found


def _boundary(
    layer: Layer,
    arch: Architecture,
    loops: Sequence[LoopAt],
    tensor: Tensor,
    parent: Place,
    child: Place | None,
) -> Boundary:
    names = [node.name for node in arch.nodes]
    first = names.index(parent.name)
    last = names.index(child.name) if child else len(names) - 1
    outside = tuple(loop for loop in loops if names.index(loop.node) < last)
    tile = {
        dim: prod(loop.bound for loop in loops[len(outside) :] if loop.dim == dim)
        for dim in layer.bounds
    }
    temporal = [loop for loop in outside if not loop.axis]
    run = closing_run(temporal, moving_dims(tensor, layer)) if child else Run()
    at = temporal.index(run.loops[0]) if run.loops else len(temporal) if child is None else 0
    return Boundary(
        tensor=tensor,
        parent=parent,
        child=child,
        tile=tile,
        fanouts=tuple(
            node for node in arch.nodes[first:last] if not isinstance(node, Place | Compute)
        ),
        loops=outside,
        run=run,
        stays=tuple(temporal[at + len(run.loops) :]),
        sweeps=tuple(temporal[:at]),
    )


def closing_run(temporal: Sequence[LoopAt], dims: frozenset[str]) -> Run:
    """Return the run of a child that keeps a tensor: the first relevant loop, walking outward.

    It extends while the next loop continues it: same dim, stride = bound x stride.
    """
    run: tuple[LoopAt, ...] = ()
    for loop in reversed(temporal):
        if run:
            outer = run[0]
            if loop.dim != outer.dim or loop.stride != outer.stride * outer.bound:
                break
            run = (loop, *run)
        elif loop.dim in dims:
            run = (loop,)
    return Run(run)
