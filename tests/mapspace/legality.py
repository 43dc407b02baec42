"""Is a mapping legal?  Read off the mapping and the rules, sharing nothing with the mapspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod

from accelsim.arch.records import Architecture, Fanout, Place
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.mapspace.records import Dataflow, Rule
from accelsim.workload.records import Layer, Tensor
from tests.naive.nest import held_bits


def loops_of(step: Block | Spread, axis: str) -> tuple[Loop, ...]:
    if isinstance(step, Block):
        return step.loops if axis == "temporal" else ()
    return {
        "temporal": (),
        "spatial": step.y + step.x,
        "spatial_x": step.x,
        "spatial_y": step.y,
    }[axis]


def all_loops(step: Block | Spread) -> tuple[Loop, ...]:
    return step.loops if isinstance(step, Block) else step.y + step.x


def words_in(tensor: Tensor, extents: dict[str, int]) -> int:
    """Count the words of a tile by listing their indices."""
    dims = sorted(tensor.dims)
    return len(
        {
            tuple(
                sum(term.coefficient * point[dims.index(term.dim)] for term in rank.terms)
                for rank in tensor.ranks
            )
            for point in product(*(range(extents[dim]) for dim in dims))
        }
    )


def faults(
    mapping: Mapping, layer: Layer, arch: Architecture, dataflows: Sequence[Dataflow] = ()
) -> list[str]:
    """Return everything that is wrong with a mapping."""
    return [*machine_faults(mapping, layer, arch), *rule_faults(mapping, layer, arch, dataflows)]


def machine_faults(mapping: Mapping, layer: Layer, arch: Architecture) -> Iterator[str]:
    for dim, bound in layer.dims:
        factors = [
            loop.bound for step in mapping.steps for loop in all_loops(step) if loop.dim == dim
        ]
        if prod(factors) != bound:
            yield f"factors of {dim}"
    for step in mapping.steps:
        for loops in (step.loops,) if isinstance(step, Block) else (step.x, step.y):
            if len({loop.dim for loop in loops}) < len(loops):
                yield f"a dim twice in {step}"
    for array in {fanout.array for fanout in arch.fanouts}:
        members = [fanout for fanout in arch.fanouts if fanout.array == array]
        spreads = [mapping.spread(fanout.name) for fanout in members]
        if prod(loop.bound for s in spreads for loop in s.x) > members[0].mesh_x:
            yield f"lanes x of {array}"
        if prod(loop.bound for s in spreads for loop in s.y) > members[0].mesh_y:
            yield f"lanes y of {array}"
    used_bits: dict[str, int] = {}
    for index, node in enumerate(arch.nodes):
        if not isinstance(node, Place):
            continue
        extents = tile_extents(mapping, layer, index)
        for tensor in layer.tensors:
            holding = node.holding(tensor.role)
            kept = tensor.name in mapping.block(node.name).keep
            if kept and holding is None:
                yield f"{node.name} cannot keep {tensor.name}"
            elif kept and holding is not None:
                if arch.memory[holding.memory].usable_bits is None:
                    continue
                bits = words_in(tensor, extents) * held_bits(arch.memory[holding.memory], tensor)
                used_bits[holding.memory] = used_bits.get(holding.memory, 0) + bits
            elif holding is not None and tensor.role in holding.keep:
                yield f"{node.name} must keep {tensor.name}"
    for name, bits in used_bits.items():
        usable = arch.memory[name].usable_bits
        if usable is not None and bits > usable:
            yield f"capacity of {name}"


def tile_extents(mapping: Mapping, layer: Layer, index: int) -> dict[str, int]:
    inner = mapping.steps[index:]
    return {
        dim: prod(loop.bound for step in inner for loop in all_loops(step) if loop.dim == dim)
        for dim, _ in layer.dims
    }


def rule_faults(
    mapping: Mapping, layer: Layer, arch: Architecture, dataflows: Sequence[Dataflow]
) -> Iterator[str]:
    rules = [rule for dataflow in dataflows for rule in dataflow.rules]
    for rule in rules:
        for fault in faults_of(rule, mapping, layer, arch):
            yield f"{rule}: {fault}"
        yield from keep_faults(rule, rules, mapping, layer, arch)
    for node in arch.places:
        outer_of = enclosures([r for r in rules if node in arch.selected(r.at)], layer)
        loops = mapping.block(node.name).loops
        for i, outer in enumerate(loops):
            for inner in loops[i + 1 :]:
                if (inner.dim, outer.dim) in outer_of:
                    yield f"{inner.dim} inside {outer.dim} at {node.name}"


def enclosures(rules: list[Rule], layer: Layer) -> set[tuple[str, str]]:
    """Return (outer, inner) for all that the rules order, and what follows from it."""
    pairs = {
        (outer, inner)
        for rule in rules
        for order in [without_star(rule, layer)]
        for i, group in enumerate(order)
        for later in order[i + 1 :]
        for outer in group
        for inner in later
        if {outer, inner} <= set(layer.bounds)
    }
    while True:
        implied = {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs
        if not implied:
            return pairs
        pairs |= implied


def without_star(rule: Rule, layer: Layer) -> list[set[str]]:
    """Return the groups of an order, a star replaced by what no group names."""
    groups = [set(group) for group in rule.order]
    named = set().union(*groups)
    return [set(layer.bounds) - named if group == {"*"} else group for group in groups]


def faults_of(rule: Rule, mapping: Mapping, layer: Layer, arch: Architecture) -> Iterator[str]:
    chosen = [index for index, node in enumerate(arch.nodes[:-1]) if node in arch.selected(rule.at)]
    if not chosen:
        return
    if rule.axis is not None:
        loops = [loop for i in chosen for loop in loops_of(mapping.steps[i], rule.axis)]
        outside = [loop for i in range(chosen[0]) for loop in all_loops(mapping.steps[i])]
        for dim, bound in layer.dims:
            here = prod(loop.bound for loop in loops if loop.dim == dim)
            limit = dict(rule.limits).get(dim)
            if limit is None:
                if here > 1 and not rule.others_free:
                    yield f"{dim} has a loop"
                continue
            if limit.exact is not None and here != min(bound, limit.exact):
                yield f"{dim} is not {limit.exact}"
            if limit.at_most is not None and here > limit.at_most:
                yield f"{dim} exceeds {limit.at_most}"
            if limit.whole and any(loop.dim == dim and loop.bound > 1 for loop in outside):
                yield f"{dim} is not whole"
    for index in chosen:
        step, node = mapping.steps[index], arch.nodes[index]
        if not isinstance(step, Block) or not isinstance(node, Place):
            continue
        for tensor in layer.tensors:
            kept = tensor.name in step.keep
            if not spoken_of(rule, node, tensor):
                continue
            if rule.may_keep is not None and kept and tensor.role not in rule.may_keep:
                yield f"{step.place} keeps {tensor.name}"
            limit_words = dict(rule.tile).get(tensor.role)
            if kept and limit_words is not None:
                extents = tile_extents(mapping, layer, index)
                if words_in(tensor, extents) > limit_words:
                    yield f"tile of {tensor.name} at {step.place}"


def spoken_of(rule: Rule, node: Place, tensor: Tensor) -> bool:
    """Return whether a rule at one of several memories side by side means this tensor's memory."""
    if rule.at == node.name or all(held.memory != rule.at for held in node.holdings):
        return True
    holding = node.holding(tensor.role)
    return holding is not None and holding.memory == rule.at


def keep_faults(
    rule: Rule, rules: Sequence[Rule], mapping: Mapping, layer: Layer, arch: Architecture
) -> Iterator[str]:
    """Yield the tensors that a rule wants kept and that are not, wherever they could be."""

    def allowed(node: Place, tensor: Tensor) -> bool:
        holding = node.holding(tensor.role)
        return holding is not None and not any(
            other.may_keep is not None
            and node in arch.selected(other.at)
            and spoken_of(other, node, tensor)
            and tensor.role not in other.may_keep
            for other in rules
        )

    for tensor in layer.tensors:
        if tensor.role not in (rule.keep or ()) or not arch.selected(rule.at):
            continue
        able = [
            node
            for node in arch.selected(rule.at)
            if isinstance(node, Place) and spoken_of(rule, node, tensor) and allowed(node, tensor)
        ]
        if not able:
            yield f"nothing at {rule.at} can keep {tensor.name}"
        for node in able:
            if tensor.name not in mapping.block(node.name).keep:
                yield f"{node.name} does not keep {tensor.name}"


def every_mapping(layer: Layer, arch: Architecture) -> Iterator[Mapping]:
    """Yield every mapping, legal or not, with factors that multiply to the bounds.

    Loops of bound 1 are left out; spatial loops stand in the order of the dims.
    """
    slots = sum(1 if isinstance(node, Place) else 2 for node in arch.nodes[:-1])
    splits = [
        [
            factors
            for factors in product([d for d in range(1, bound + 1) if bound % d == 0], repeat=slots)
            if prod(factors) == bound
        ]
        for _, bound in layer.dims
    ]
    tensors = [tensor.name for tensor in layer.tensors]
    subsets = [
        frozenset(t for i, t in enumerate(tensors) if mask >> i & 1)
        for mask in range(1 << len(tensors))
    ]
    keeps = list(product(subsets, repeat=len(arch.places)))
    for factors in product(*splits):
        by_slot = [
            [
                Loop(name, split[slot])
                for (name, _), split in zip(layer.dims, factors, strict=True)
                if split[slot] > 1
            ]
            for slot in range(slots)
        ]
        orders: list[list[tuple[Loop, ...]]] = []
        for node in arch.nodes[:-1]:
            if isinstance(node, Place):
                orders.append(list(permutations(by_slot[len(orders)])))
            else:
                orders += [[tuple(by_slot[len(orders)])], [tuple(by_slot[len(orders) + 1])]]
        for loops in product(*orders):
            for keep in keeps:
                yield assembled(arch, loops, keep)


def assembled(
    arch: Architecture, loops: Sequence[tuple[Loop, ...]], keep: Sequence[frozenset[str]]
) -> Mapping:
    slots, kept = iter(loops), iter(keep)
    steps: list[Block | Spread] = []
    for node in arch.nodes:
        if isinstance(node, Place):
            steps.append(Block(node.name, next(slots), next(kept)))
        elif isinstance(node, Fanout):
            y = next(slots)
            steps.append(Spread(node.name, x=next(slots), y=y))
    return Mapping(tuple(steps))
