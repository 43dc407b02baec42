"""A mapping as a loop nest that a person can read.

Levels are headings, outermost first, with what they keep and how many words of it one instance
holds; loops nest from level to level.  Bounds exclude their end: ``0..4`` is 0, 1, 2, 3.  Where the
factors of a dim reach beyond its bound, ``0..4 (last 2)`` has two turns in the last turn of all
loops of that dim outside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod

from accelsim.arch.records import Architecture, Compute, Fanout, Place
from accelsim.arch.uneven import form_with
from accelsim.mapping.factors import last_turns
from accelsim.mapping.homes import home_of
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.workload.records import Layer, tile_words

INDENT = "  "


def loop_nest(mapping: Mapping, arch: Architecture, layer: Layer) -> str:
    """Return the nest as text, without a line break at its end.

    Loops of bound 1 are left out: they change nothing.
    """
    lines: list[str] = []
    depth = 1
    steps = {_name(step): step for step in mapping.steps}
    last = _last_turns(mapping, layer)
    variables = _variables([dim for dim, _ in layer.dims])
    for node in form_with(arch, mapping.places).nodes:
        if isinstance(node, Compute):
            lines.append(f"{node.name}: {_operation(layer)}")
            continue
        step = steps[node.name]
        lines.append(_heading(node, step, mapping, arch, layer))
        for words in _loop_lines(step, variables, last):
            lines.append(INDENT * depth + words)
            depth += 1
    return "\n".join(lines)


def _name(step: Block | Spread) -> str:
    return step.place if isinstance(step, Block) else step.fanout


def _variables(dims: Sequence[str]) -> dict[str, str]:
    """Write dims as loop variables: in lower case, unless two would look alike."""
    lower = [dim.lower() for dim in dims]
    return dict(zip(dims, lower if len(set(lower)) == len(dims) else dims, strict=True))


def _heading(
    node: Place | Fanout, step: Block | Spread, mapping: Mapping, arch: Architecture, layer: Layer
) -> str:
    if isinstance(node, Fanout):
        assert isinstance(step, Spread)
        used = " x ".join(str(prod(loop.bound for loop in axis)) for axis in (step.x, step.y))
        return f"{node.name}: {used} of {node.mesh_x} x {node.mesh_y} lanes (x, y)"
    assert isinstance(step, Block)
    tile = tile_extents(mapping, step, layer)
    held: dict[str, list[str]] = {node.name: []}
    for tensor in layer.tensors:
        if tensor.name in step.keep:
            home = home_of(arch, layer, tensor) if step is mapping.steps[0] else None
            words = f"{tensor.name} {tile_words(tensor, tile, layer.bounds):,}"
            held.setdefault(home.name if home else node.name, []).append(words)
    return "; ".join(
        f"{name}: keeps {', '.join(words)} words" if words else f"{name}: keeps nothing"
        for name, words in held.items()
    )


def tile_extents(mapping: Mapping, block: Block, layer: Layer) -> dict[str, int]:
    """Return the extent of each dim in a place's largest tile: all loops at it and inside it."""
    extents = dict.fromkeys(layer.bounds, 1)
    for step in mapping.steps[mapping.steps.index(block) :]:
        for loop in _loops(step):
            extents[loop.dim] *= loop.bound
    return {dim: min(extent, layer.bounds[dim]) for dim, extent in extents.items()}


def _loops(step: Block | Spread) -> tuple[Loop, ...]:
    return step.loops if isinstance(step, Block) else (*step.y, *step.x)


def _last_turns(mapping: Mapping, layer: Layer) -> dict[str, Iterator[int]]:
    """Return the last turns of the loops of each dim, outermost first."""
    factors: dict[str, list[int]] = {dim: [] for dim in layer.bounds}
    for step in mapping.steps:
        for loop in _loops(step):
            factors[loop.dim].append(loop.bound)
    return {dim: iter(last_turns(of_dim, layer.bounds[dim])) for dim, of_dim in factors.items()}


def _loop_lines(
    step: Block | Spread, variables: dict[str, str], last: dict[str, Iterator[int]]
) -> Iterable[str]:
    if isinstance(step, Block):
        yield from (f"for {turns}" for turns in _turns(step.loops, variables, last))
        return
    for axis, loops in (("y", step.y), ("x", step.x)):
        yield from (f"parallel-for {turns} on {axis}" for turns in _turns(loops, variables, last))


def _turns(
    loops: Iterable[Loop], variables: dict[str, str], last: dict[str, Iterator[int]]
) -> Iterator[str]:
    for loop in loops:
        turns = next(last[loop.dim])
        if loop.bound > 1:
            short = f" (last {turns})" if turns < loop.bound else ""
            yield f"{variables[loop.dim]} in 0..{loop.bound}{short}"


def _operation(layer: Layer) -> str:
    operands = [tensor.name for tensor in layer.tensors if tensor is not layer.output]
    if layer.op == "mac":
        return f"{layer.output.name} += {' * '.join(operands)}"
    return f"{layer.output.name} from {', '.join(operands)}"
