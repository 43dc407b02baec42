"""Rules that a mapping breaks, in sentences."""

from __future__ import annotations

from math import ceil, prod

from accelsim.arch.records import Architecture
from accelsim.conventions import Conventions
from accelsim.counter.tally import Violation
from accelsim.errors import Problem
from accelsim.mapping.arrays import Ints
from accelsim.mapping.factors import factors_text, needed_factors
from accelsim.mapping.homes import holding_of, taken_bits, tile_bits
from accelsim.mapping.machine_arrays import counted_bits
from accelsim.mapping.records import Block, Loop, Mapping
from accelsim.workload.records import Layer


def box_problem(layer: Layer, conventions: Conventions) -> Problem | None:
    """Return why a layer cannot be counted where tiles are boxes; None if it can."""
    if conventions.tiles != "box" or not layer.residents:
        return None
    maps = ", ".join(one.layer for one in layer.residents)
    return Problem(
        f"what stays on the chip ({maps}) is not counted where tiles are boxes ({conventions})",
        hint="choose another --accounting",
    )


def explain_violation(
    violation: Violation, layer: Layer, arch: Architecture, mapping: Mapping, memory_bits: Ints
) -> str:
    """Put the rule that a mapping breaks into a sentence."""
    if violation is Violation.FACTORS:
        for dim, bound in layer.dims:
            factors = tuple(loop.bound for loop in _loops(mapping) if loop.dim == dim)
            product = prod(factors)
            if product < bound or (product > bound and not mapping.remainders):
                return f"the loops over {dim} multiply to {product}; the layer's bound is {bound}"
            needed = needed_factors(factors, bound)
            if factors != needed:
                return (
                    f"the loops over {dim}, {factors_text(factors)}, have turns without any "
                    f"position; {factors_text(needed)} reaches the layer's bound {bound}"
                )
    if violation is Violation.KEEP:
        for place in arch.places:
            kept = mapping.block(place.name).keep
            for tensor in layer.tensors:
                holding = holding_of(arch, layer, place, tensor)
                if tensor.name in kept and holding is None:
                    return (
                        f"{place.name} keeps {tensor.name}, which {arch.name} does not allow there"
                    )
                if holding and tensor.role in holding.keep and tensor.name not in kept:
                    return f"{place.name} must keep {tensor.name} on {arch.name}"
    if violation is Violation.LANES:
        for fanout in arch.fanouts:
            parts = [f.name for f in arch.fanouts if f.array == fanout.array]
            spreads = [mapping.spread(name) for name in parts]
            for axis, lanes in (("x", fanout.mesh_x), ("y", fanout.mesh_y)):
                used = prod(loop.bound for spread in spreads for loop in getattr(spread, axis))
                if used > lanes:
                    return (
                        f"{fanout.array} spreads {used} lanes over its {axis} axis, "
                        f"which has {lanes}"
                    )
    if violation is Violation.CAPACITY:
        for memory, bits in zip(arch.memories, memory_bits, strict=False):
            left = tile_bits(arch, layer, memory)
            tiles = int(bits) - counted_bits(arch, layer, memory)
            if left is not None and tiles > left:
                wanted, held = ceil(tiles / memory.word_bits), left // memory.word_bits
                beside = " beside what stays there" if taken_bits(arch, layer, memory) else ""
                return f"{memory.name} needs {wanted} words for its tiles, has {held}{beside}"
    raise AssertionError(f"no sentence for {violation!r}")


def _loops(mapping: Mapping) -> list[Loop]:
    return [
        loop
        for step in mapping.steps
        for slot in ((step.loops,) if isinstance(step, Block) else (step.y, step.x))
        for loop in slot
    ]
