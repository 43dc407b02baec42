"""Random legal (layer, machine, mapping) triples, small enough to walk, from a seed.

The weights below are chosen so that every branch of the counting rules is met often: windows are
frequent and long, their loops are cut into primes and scattered over places, lanes and both axes.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import ROLES, Role
from accelsim.workload.records import Layer, Rank, Tensor, Term
from accelsim.workload.shapes import Options, named_layer

MAX_OPERATIONS = 216


@dataclass(frozen=True)
class Case:
    layer: Layer
    architecture: Architecture
    mapping: Mapping

    def __str__(self) -> str:
        """Print a case as a person would write it down; pytest shows this when a case fails."""
        tensors = [f"{t.name}[{', '.join(map(_index, t.ranks))}]" for t in self.layer.tensors]
        lines = [f"{self.layer.shape} {self.layer.bounds} {' '.join(tensors)}"]
        for node, step in zip(self.architecture.nodes, self.mapping.steps, strict=False):
            if isinstance(step, Block):
                loops = ", ".join(map(str, step.loops))
                lines.append(f"  {step.place}: [{loops}] keeps {sorted(step.keep)}")
            else:
                assert isinstance(node, Fanout)
                axes = f"y [{', '.join(map(str, step.y))}] x [{', '.join(map(str, step.x))}]"
                able = f"multicast {sorted(node.multicast)} reduces {node.reduces}"
                lines.append(f"  {step.fanout}: {axes} {able}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Taste:
    """How loops are dealt: each number is a share of what there is."""

    lanes: float
    """Of the loops."""
    keep: float
    """Of the tensors, at each inner place."""
    border: float
    """Of the mappings: one dim's loops go over the border of two places."""


def _index(rank: Rank) -> str:
    return " + ".join(f"{term.coefficient}*{term.dim}" for term in rank.terms)


Change = Callable[[random.Random, Layer, Mapping], tuple[Layer, Mapping]]
"""What is done to a layer and its mapping before a machine is drawn for them."""


def random_case(seed: int, change: Change | None = None) -> Case:
    """Return the case of a seed; the same for ever while this file stays as it is."""
    rng = random.Random(seed)
    if rng.random() < 0.5:
        # Long windows spread over many lanes, with loops of bypassing places between the lanes:
        # rare by chance, and the hardest to count.
        layer, fanouts, taste = _long_line(rng), 2, Taste(0.55, 0.3, 0.2)
    else:
        layer, fanouts = random_layer(rng), rng.choice([0, 1, 1, 2, 2])
        taste = Taste(rng.choice([0.2, 0.4, 0.6]), rng.choice([0.4, 0.7, 0.9]), 0.3)
    return _case(rng, layer, fanouts, taste, change)


def random_mapping_of(rng: random.Random, layer: Layer, change: Change | None = None) -> Case:
    """Return a case with the given layer."""
    return _case(rng, layer, 2, Taste(0.4, 0.7, 0.3), change)


def _case(
    rng: random.Random, layer: Layer, fanouts: int, taste: Taste, change: Change | None
) -> Case:
    skeleton = ["place"] * rng.choice([1, 2, 2, 3, 3, 3, 4, 4])
    for _ in range(fanouts):
        skeleton.insert(rng.randint(1, len(skeleton)), "fanout")
    mapping = _random_mapping(rng, layer, skeleton, taste)
    if change:
        layer, mapping = change(rng, layer, mapping)
    return Case(layer, _machine_for(rng, layer, mapping), mapping)


# --- layers ---------------------------------------------------------------------------------------

_WINDOW = {"P": [1, 2, 3, 4, 6], "Q": [1, 2, 4], "R": [1, 2, 3, 4], "S": [1, 2, 3]}

# How often, which shape, and what its bounds are drawn from.
_SHAPES: list[tuple[int, str, dict[str, list[int]]]] = [
    # A convolution along one axis, with long windows.
    (15, "conv", {"P": [2, 4, 6, 8, 9, 12, 16], "R": [2, 3, 4, 6, 8], "M": [1, 2], "C": [1, 2]}),
    (12, "conv", {"N": [1, 1, 2], "M": [1, 2, 4], "C": [1, 2, 3]} | _WINDOW),
    (5, "conv", {"G": [2, 3], "N": [1, 2], "M": [2, 3], "C": [2, 3]} | _WINDOW),
    (5, "depthwise", {"N": [1, 2], "G": [2, 3, 4], "M": [1, 2]} | _WINDOW),
    (6, "pool", {"N": [1, 2], "G": [1, 2]} | _WINDOW),
    (3, "fc", {"N": [1, 2, 4], "M": [2, 4, 6], "C": [2, 4, 8]}),
    (4, "gemm", {"M": [1, 2, 3, 4, 6, 8], "N": [1, 2, 4, 6], "K": [1, 2, 3, 4, 6, 8]}),
    (4, "bgemm", {"B": [2, 3, 4], "M": [1, 2, 4], "N": [1, 2, 3], "K": [2, 3, 4]}),
    (4, "elementwise", {"N": [1, 2], "G": [1, 2, 4], "P": [2, 4, 6], "Q": [1, 2, 3]}),
    (3, "mttkrp", {"I": [2, 3, 4], "J": [1, 2, 4], "K": [2, 3, 4], "L": [2, 3]}),
    (12, "einsum", {}),
]


def random_layer(rng: random.Random) -> Layer:
    weights = [weight for weight, _, _ in _SHAPES]
    ((_, shape, sizes),) = rng.choices(_SHAPES, weights)
    if shape == "einsum":
        layer = _random_einsum(rng)
    elif shape == "mttkrp":
        layer = Layer("random", "einsum", tuple(_bounds(rng, sizes).items()), MTTKRP)
    else:
        strides = [rng.choice([1, 1, 1, 2, 2, 3, 4]) for _ in "PQ"]
        dilations = [rng.choice([1, 1, 1, 2, 2, 3]) for _ in "RS"]
        options = Options(
            (strides[0], strides[1]), (dilations[0], dilations[1]), rng.choice([1, 2, 2, 3])
        )
        layer = named_layer("random", shape, _bounds(rng, sizes), options)
    return _shuffled(rng, layer)


def _long_line(rng: random.Random) -> Layer:
    """Draw a convolution along one axis alone, with as many primes in it as can be walked."""
    bounds = _bounds(rng, {"P": [8, 12, 16], "R": [4, 6, 8, 12]})
    stride, dilation = rng.choice([1, 2, 3, 4, 4]), rng.choice([1, 2, 3])
    if rng.random() < 0.1:  # ranks of hundreds of words, mostly gaps
        stride, dilation = rng.choice([(5, 11), (7, 9), (9, 11), (12, 7), (23, 3)])
    options = Options((stride, 1), (dilation, 1))
    return _shuffled(rng, named_layer("random", "conv", bounds, options))


def _bounds(rng: random.Random, sizes: dict[str, list[int]]) -> dict[str, int]:
    """Draw a bound for each dim, then halve bounds at random until the layer is small enough."""
    bounds = {dim: rng.choice(choices) for dim, choices in sizes.items()}
    while prod(bounds.values()) > MAX_OPERATIONS:
        dim = rng.choice([dim for dim, bound in bounds.items() if bound > 1])
        bounds[dim] = (bounds[dim] + 1) // 2
    return bounds


def _shuffled(rng: random.Random, layer: Layer) -> Layer:
    """Put dims and tensors into any order, and give the tensors words of different widths."""
    dims, tensors = list(layer.dims), list(layer.tensors)
    rng.shuffle(dims)
    rng.shuffle(tensors)
    sized = [replace(tensor, bits=rng.choice([16, 16, 16, 8, 24])) for tensor in tensors]
    return replace(layer, dims=tuple(dims), tensors=tuple(sized))


def _tensor(name: str, role: Role, *ranks: tuple[Term, ...]) -> Tensor:
    return Tensor(name, role, tuple(Rank(f"rank{i}", terms) for i, terms in enumerate(ranks)))


MTTKRP = (
    _tensor("A", "Inputs", (Term("I"),), (Term("K"),), (Term("L"),)),
    _tensor("B", "Weights", (Term("K"),), (Term("J"),)),
    _tensor("C", "Weights", (Term("L"),), (Term("J"),)),
    _tensor("Z", "Outputs", (Term("I"),), (Term("J"),)),
)


def _random_einsum(rng: random.Random) -> Layer:
    """Draw one to three inputs, ranks of one or two terms, coefficients of either sign.

    A further term, whose dim has bound 1, changes nothing.
    """
    dims = list("ABCDE"[: rng.randint(2, 5)])

    def ranks(longest: int) -> list[tuple[Term, ...]]:
        chosen = rng.sample(dims, rng.randint(0 if longest == 1 else 1, len(dims)))
        result = []
        while chosen:
            length = min(rng.randint(1, longest), len(chosen))
            terms = [Term(chosen.pop(), rng.choice([1, 1, 2, 3, 4, -1, -2])) for _ in range(length)]
            result.append((*terms, *[Term("ONE", 5)] * rng.choice([0, 0, 0, 1])))
        return result

    operands: list[tuple[str, Role]] = [("X", "Inputs"), ("Y", "Weights"), ("V", "Inputs")]
    tensors = [
        *(_tensor(name, role, *ranks(2)) for name, role in operands[: rng.randint(1, 3)]),
        _tensor("Z", "Outputs", *ranks(1)),
    ]
    used = [dim for dim in dims if any(dim in tensor.dims for tensor in tensors)]
    bounds = _bounds(rng, {dim: [1, 2, 3, 4, 6, 8] for dim in used}) | {"ONE": 1}
    return Layer("random", "einsum", tuple(bounds.items()), tuple(tensors))


# --- mappings and machines ------------------------------------------------------------------------


def _random_mapping(rng: random.Random, layer: Layer, skeleton: list[str], taste: Taste) -> Mapping:
    """Cut each bound into primes and deal them out; then shuffle, and join some neighbours.

    ``skeleton`` lists the kinds of the machine's nodes, outermost first.
    """
    slots: list[list[Loop]] = [[] for _ in skeleton for _ in "xy"]  # a place uses only the first
    temporal = [2 * i for i, kind in enumerate(skeleton) if kind == "place"]
    spatial = [
        2 * i + axis for i, kind in enumerate(skeleton) if kind == "fanout" for axis in (0, 1)
    ]
    # Bridging: one dim's loops stand at the border of two places and on the lanes between them;
    # other dims keep out of the inner one, so that a run goes through it, if no lanes stop it.
    bridging, bridge = "", temporal[:1]
    if len(temporal) > 1 and rng.random() < taste.border:
        bridging = max(layer.dims, key=lambda dim: len(_primes(dim[1])))[0]
        borders = list(pairwise(temporal))[: max(1, len(temporal) - 2)]
        wide = [(outer, inner) for outer, inner in borders if inner > outer + 2]
        outer, inner = rng.choice(wide if wide and rng.random() < 0.5 else borders)
        bridge = [outer, *range(outer + 2 + rng.randint(0, 1), inner, 2), inner]
    elsewhere = [slot for slot in temporal if not bridging or slot != bridge[-1]]
    for dim, bound in layer.dims:
        appetite = taste.lanes * rng.choice([0.0, 1.0, 1.0, 1.0, 1.0, 1.3])
        for number, factor in enumerate([*_primes(bound), *[1] * rng.choice([0, 0, 0, 0, 1])]):
            slot = rng.choice(spatial if spatial and rng.random() < appetite else elsewhere)
            if dim == bridging:
                slot = bridge[number] if number < len(bridge) else rng.choice(bridge)
            slots[slot].append(Loop(dim, factor))
    for loops in slots:
        rng.shuffle(loops)
        if rng.random() < 0.3:
            loops.sort(key=lambda loop: loop.dim)  # one dim's loops side by side
    slots[bridge[0]].sort(key=lambda loop: loop.dim == bridging)
    blocks = [_join_some(rng, loops) for loops in slots]

    names = [tensor.name for tensor in layer.tensors]
    steps: list[Block | Spread] = []
    for i, kind in enumerate(skeleton):
        if kind == "fanout":
            steps.append(Spread(f"fanout{i}", x=blocks[2 * i], y=blocks[2 * i + 1]))
        else:
            share = max(taste.keep, 0.7) if bridging and 2 * i > bridge[-1] else taste.keep
            keep = [name for name in names if i == 0 or rng.random() < share]
            steps.append(Block(f"place{i}", blocks[2 * i], frozenset(keep)))
    return Mapping(tuple(steps))


def _primes(bound: int) -> list[int]:
    for factor in range(2, bound + 1):
        if bound % factor == 0:
            return [factor, *_primes(bound // factor)]
    return []


def _join_some(rng: random.Random, loops: list[Loop]) -> tuple[Loop, ...]:
    joined: list[Loop] = []
    for loop in loops:
        if joined and joined[-1].dim == loop.dim and rng.random() < 0.5:
            joined[-1] = Loop(loop.dim, joined[-1].bound * loop.bound)
        else:
            joined.append(loop)
    return tuple(joined)


def _machine_for(rng: random.Random, layer: Layer, mapping: Mapping) -> Architecture:
    """Draw a machine on which the mapping is legal."""
    nodes: list[Place | Fanout | Compute] = []
    memories: dict[str, Memory] = {}
    for step in mapping.steps:
        if isinstance(step, Spread):
            fanout = _fanout_for(rng, step)
            if nodes and isinstance(nodes[-1], Fanout) and rng.random() < 0.5:
                # Two parts of one array share its lanes.
                outer_part = nodes[-1]
                mesh_x = outer_part.mesh_x * fanout.mesh_x
                mesh_y = outer_part.mesh_y * fanout.mesh_y
                nodes[-1] = replace(outer_part, mesh_x=mesh_x, mesh_y=mesh_y)
                fanout = replace(fanout, array=outer_part.array, mesh_x=mesh_x, mesh_y=mesh_y)
            nodes.append(fanout)
            continue
        kept = {tensor.role for tensor in layer.tensors if tensor.name in step.keep}
        bypassed = {tensor.role for tensor in layer.tensors if tensor.name not in step.keep}
        held: dict[str, list[Role]] = {}
        side_by_side = rng.random() < 0.3
        outer = nodes[-1] if nodes else None
        if isinstance(outer, Place) and len(outer.holdings) == 1 and rng.random() < 0.4:
            # The memory of the place before, once more, for roles that it does not hold there.
            name = outer.holdings[0].memory
            if not outer.holdings[0].roles & kept:
                held = {name: sorted(kept)}
        if not held:
            for role in ROLES:
                if role in kept or rng.random() < 0.5:
                    held.setdefault(f"{step.place}_{role if side_by_side else 'all'}", []).append(
                        role
                    )
        holdings = []
        for name, roles in held.items():
            if name not in memories:
                memories[name] = Memory(name, "buffer", block_bits=rng.choice([16, 16, 32, 64]))
            must = frozenset(
                role
                for role in roles
                if not nodes or (role in kept - bypassed and rng.random() < 0.5)
            )
            holdings.append(Holding(name, must, frozenset(roles) - must))
        if not nodes:  # the outermost place keeps whatever there is
            absent = frozenset(ROLES) - frozenset().union(*(h.roles for h in holdings))
            holdings[0] = Holding(holdings[0].memory, holdings[0].keep | absent)
        nodes.append(Place(step.place, tuple(holdings)))
    nodes.append(Compute("mac", "mac"))
    return Architecture("random", tuple(nodes), tuple(memories.values()))


def _fanout_for(rng: random.Random, spread: Spread) -> Fanout:
    multicast = frozenset(ROLES) if rng.random() < 0.8 else frozenset(rng.sample(ROLES, 1))
    spare = rng.choice([0, 0, 1])
    return Fanout(
        spread.fanout,
        array=spread.fanout,
        component="array",
        mesh_x=prod(loop.bound for loop in spread.x) + spare,
        mesh_y=prod(loop.bound for loop in spread.y) + spare,
        multicast=multicast,
        reduces=rng.random() < 0.6,
    )
