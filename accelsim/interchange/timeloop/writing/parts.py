"""A machine with a mapping as the chain of levels that Timeloop sees.

What it cannot say is said with more levels: memories side by side follow each other, a fanout with
a dim on both axes becomes one for each axis, a dim twice in one block becomes two blocks, the inner
one at a level that holds nothing.  Counts stay what they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from accelsim.arch.records import Architecture, Compute, Fanout, Memory, Place
from accelsim.arch.zeros import minding_zeros
from accelsim.errors import Problem, SpecError
from accelsim.mapping.factors import last_turns
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.workload.records import Layer


@dataclass
class Level:
    """A memory (None: a level that holds nothing) with its loops, outermost first."""

    name: str
    memory: Memory | None
    loops: list[Loop] = field(default_factory=list)
    kept: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    """Roles that it must keep."""
    may_keep: frozenset[str] = frozenset()
    beside: str = ""
    """The place of memories side by side that it belongs to."""


@dataclass
class Lanes:
    """A fanout, or one axis of it, with its loops, outermost first."""

    name: str
    fanout: Fanout
    mesh_x: int
    mesh_y: int
    x: list[Loop] = field(default_factory=list)
    y: list[Loop] = field(default_factory=list)


@dataclass
class Written:
    """A chain on its way into files, and how it differs from what it was."""

    arch: Architecture
    layer: Layer
    mapping: Mapping
    parts: list[Level | Lanes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lasts: dict[str, list[int]] = field(default_factory=dict)
    """Dim -> last turns of its loops, outermost first."""
    boxes: bool = False
    """Whether a tile takes the room of the box around its words."""

    @property
    def compute(self) -> Compute:
        return self.arch.compute

    def tensors(self, roles: frozenset[str]) -> list[str]:
        """Return the tensors of some roles."""
        return [tensor.name for tensor in self.layer.tensors if tensor.role in roles]


def chain_of(arch: Architecture, layer: Layer, mapping: Mapping, *, boxes: bool = False) -> Written:
    """Return a machine with a mapping as Timeloop's chain; ``boxes`` as in :class:`Written`.

    Raises
    ------
    SpecError
        If Timeloop has no words for it.
    """
    written = Written(arch, layer, mapping, boxes=boxes)
    problems = _refusals(arch, layer)
    if problems:
        raise SpecError(problems)
    _lossy(written)
    for node, step in zip(arch.nodes[:-1], mapping.steps, strict=True):
        if isinstance(node, Place):
            assert isinstance(step, Block)
            _place(written, node, step)
        elif isinstance(node, Fanout):
            assert isinstance(step, Spread)
            _fanout(written, node, step)
    factors: dict[str, list[int]] = {dim: [] for dim in layer.bounds}
    for part in written.parts:
        for loop in part.loops if isinstance(part, Level) else (*part.y, *part.x):
            factors[loop.dim].append(loop.bound)
    written.lasts = {dim: [*last_turns(found, layer.bounds[dim])] for dim, found in factors.items()}
    return written


def _refusals(arch: Architecture, layer: Layer) -> list[Problem]:
    problems = []
    if arch.compute.ops_per_cycle != 1:
        what = f"'{arch.compute.name}' does {arch.compute.ops_per_cycle} operations a cycle"
        hint = "a fanout around a compute of one operation says the same"
        problems.append(Problem(what, expected="1: Timeloop knows no other", hint=hint))
    if layer.op != "mac":
        what = f"layer '{layer.name}' does cheap operations"
        problems.append(Problem(what, expected="multiply-accumulates: Timeloop knows no other"))
    for memory in arch.memories:
        if not memory.overlap:
            what = f"transfers of '{memory.name}' do not hide behind compute"
            problems.append(Problem(what, expected="`overlap: true`: Timeloop knows no other"))
    for name, keys in minding_zeros(arch).items():
        what = f"'{name}' states {' and '.join(f'`{key}`' for key in keys)}"
        problems.append(
            Problem(
                what,
                expected="a machine to which zeros are as other values",
                hint="Timeloop's `sparse_optimizations` are not written",
            )
        )
    return problems


def _lossy(written: Written) -> None:
    """Note what is left out of a machine or a layer."""
    arch, notes = written.arch, written.notes
    for memory in arch.memories:
        for tensor in written.layer.tensors:
            bits = memory.widths.get(tensor.role, tensor.bits)
            if bits != memory.word_bits and memory.size_bits != 0:
                notes.append(
                    f"{memory.name}: {tensor.name} has {bits} b in words of {memory.word_bits} b; "
                    "Timeloop counts a word for each value"
                )
        if memory.ports:
            notes.append(f"{memory.name}: Timeloop's ports pass all tensors, `ports` are left out")
    for fanout in arch.fanouts:
        if fanout.words_per_cycle is not None:
            notes.append(f"{fanout.name}: Timeloop's network has no bandwidth, it is left out")
        for role, dims in fanout.forwards.items():
            if dims != frozenset({"*"}):
                named = ", ".join(sorted(dims))
                notes.append(f"{fanout.name}: neighbours pass {role} on along any dim, not {named}")
        if fanout.reduces != ("Outputs" in fanout.multicast):
            notes.append(f"{fanout.name}: Timeloop multicasts and adds up sums, or neither")


def _turning(loops: tuple[Loop, ...]) -> list[Loop]:
    return [loop for loop in loops if loop.bound > 1]


def _place(written: Written, place: Place, block: Block) -> None:
    roles = {tensor.name: tensor.role for tensor in written.layer.tensors}
    runs = _runs(_turning(block.loops))
    levels = []
    for holding in place.holdings:
        several = len(place.holdings) > 1
        kept = frozenset(name for name in block.keep if roles[name] in holding.roles)
        name = holding.memory if several else place.name
        memory = written.arch.memory[holding.memory]
        level = Level(name, memory, [], kept, holding.keep, holding.may_keep)
        level.beside = place.name if several else ""
        levels.append(level)
    if len(levels) > 1:
        names = ", ".join(level.name for level in levels)
        written.notes.append(f"{place.name}: {names} side by side follow each other")
    places = [it for it in written.arch.places if it.holdings[0].memory == place.holdings[0].memory]
    if len(places) > 1 and len(levels) == 1:
        written.notes.append(
            f"{place.name}: one of {len(places)} levels that stand for one memory; "
            "Timeloop gives each of them its whole size"
        )
    levels[-1].loops = runs[0] if runs else []
    written.parts += levels
    for number, run in enumerate(runs[1:], start=2):
        name = f"{place.name}_{number}"
        written.parts.append(Level(name, None, run))
        dims = ", ".join(dict.fromkeys(loop.dim for loop in run))
        written.notes.append(
            f"{place.name}: loops over a dim that occurs twice ({dims}) stand at {name}, which "
            "holds nothing"
        )


def _runs(loops: list[Loop]) -> list[list[Loop]]:
    """Cut loops where a dim would occur again."""
    runs: list[list[Loop]] = []
    for loop in loops:
        if not runs or loop.dim in [other.dim for other in runs[-1]]:
            runs.append([])
        runs[-1].append(loop)
    return runs


def _fanout(written: Written, fanout: Fanout, spread: Spread) -> None:
    x, y = _turning(spread.x), _turning(spread.y)
    shared = [it for it in written.arch.fanouts if it.array == fanout.array]
    if len(shared) > 1 or any(len(_runs(axis)) > 1 for axis in (x, y)):
        _in_pieces(written, fanout, x, y, last=shared[-1] is fanout)
        return
    both = {loop.dim for loop in x} & {loop.dim for loop in y}
    if not both:
        written.parts.append(Lanes(fanout.name, fanout, fanout.mesh_x, fanout.mesh_y, x, y))
        return
    rows = replace(fanout, fill_cycles=0, drain_cycles=0)
    written.parts += [
        Lanes(f"{fanout.name}_rows", rows, 1, fanout.mesh_y, [], y),
        Lanes(fanout.name, fanout, fanout.mesh_x, 1, x, []),
    ]
    dims = ", ".join(sorted(both))
    written.notes.append(f"{fanout.name}: {dims} on both axes, which become a fanout each")


def _in_pieces(
    written: Written, fanout: Fanout, x: list[Loop], y: list[Loop], *, last: bool
) -> None:
    """Write an array that several fanouts share, or with a dim twice on an axis, as it is used."""
    none: list[Loop] = []
    pieces = [(none, run) for run in _runs(y)] + [(run, none) for run in _runs(x)]
    for number, (on_x, on_y) in enumerate(pieces, start=1):
        name = fanout.name if number == len(pieces) else f"{fanout.name}_{number}"
        across, along = (prod(loop.bound for loop in axis) for axis in (on_x, on_y))
        end = last and number == len(pieces)
        own = fanout if end else replace(fanout, fill_cycles=0, drain_cycles=0)
        written.parts.append(Lanes(name, own, across, along, on_x, on_y))
    names = f"{len(pieces)} fanouts" if len(pieces) != 1 else "one fanout"
    written.notes.append(
        f"{fanout.name}: written as {names} of the lanes in use, of {fanout.mesh_x} x "
        f"{fanout.mesh_y}"
    )
