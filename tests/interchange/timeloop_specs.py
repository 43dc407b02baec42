"""Machines, layers and mappings that both formats have words for, drawn at random."""

from __future__ import annotations

from math import prod

from hypothesis import strategies as st

from accelsim.arch.records import (
    EVERY_DIM,
    LEGACY_MESH,
    Architecture,
    Compute,
    Fanout,
    Holding,
    Memory,
    Node,
    Place,
)
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import ROLES
from accelsim.workload.records import Layer, Rank, Tensor, Term

Drawn = tuple[Architecture, Layer, Mapping]

EVERY = frozenset(ROLES)

WIDTHS = st.sampled_from([None, 1.0, 2.5, 1 / 3, 4.0])

BITS = 16


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    bounds = st.sampled_from([1, 2, 4, 6, 12])
    dims = tuple((dim, draw(bounds)) for dim in draw(st.sampled_from(["MNK", "KPRC", "Fo"])))
    names = [dim for dim, _ in dims]
    apart = [Rank(dim, (Term(dim),)) for dim in names]
    stride = draw(st.sampled_from([1, 2, 3, -1]))
    first, second = names[0], names[1]
    factor = "" if stride == 1 else f"{stride}*"
    window = Rank(f"{factor}{first} + {second}", (Term(first, stride), Term(second)))
    density = draw(st.sampled_from([1.0, 0.25]))
    weights = Tensor("Weights", "Weights", tuple(apart[1:]), BITS, density)
    inputs = Tensor("Inputs", "Inputs", (window, *apart[2:]), BITS)
    outputs = Tensor("Outputs", "Outputs", tuple(apart[:1]), BITS)
    name = draw(st.sampled_from(["conv1", "layer1.0/conv-2", "x_3"]))
    return Layer(name, "einsum", dims, (weights, inputs, outputs), group="einsum")


def memory(draw: st.DrawFn, name: str, *, outermost: bool) -> Memory:
    word = draw(st.sampled_from([16, 8]))
    block = word * draw(st.sampled_from([1, 2, 4]))
    words = draw(st.one_of(st.none(), st.sampled_from([64, 100, 4096, 10**6])))
    return Memory(
        name=name,
        component=draw(st.sampled_from(["dram", "buffer", "register_file"])),
        size_bits=None if outermost or words is None else words * word,
        word_bits=word,
        block_bits=block,
        widths={} if word == BITS else dict.fromkeys(ROLES, word),
        buffering=draw(st.sampled_from([1, 2])),
        read_words_per_cycle=draw(WIDTHS),
        write_words_per_cycle=draw(WIDTHS),
        shared_words_per_cycle=draw(WIDTHS),
    )


def fanout(draw: st.DrawFn, name: str, *, returns: bool) -> Fanout:
    x, y = draw(st.sampled_from([(2, 1), (4, 3), (1, 2), (14, 12)]))
    multicast = draw(st.sets(st.sampled_from(ROLES)))
    linked = draw(st.sets(st.sampled_from(["Weights", "Inputs"])))
    hops = draw(st.sampled_from([{}, {"hop": 0.25, "route": 0.5}]))
    return Fanout(
        name=name,
        array=name,
        component=draw(st.sampled_from(["array", "array_bus"])),
        mesh_x=x,
        mesh_y=y,
        multicast=frozenset(multicast),
        reduces="Outputs" in multicast,
        energy={"deliver": 0.0, "collect": 0.0, "reduce": 0.0, **hops},
        network=LEGACY_MESH if hops else "",
        sums_return=returns,
        fill_cycles=draw(st.sampled_from([0, 3])),
        drain_cycles=draw(st.sampled_from([0, 2])),
        forwards={str(role): EVERY_DIM for role in ROLES if role in linked},
    )


@st.composite
def machines(draw: st.DrawFn) -> Architecture:
    nodes: list[Node] = []
    memories = []
    returns = True
    for level in range(draw(st.integers(1, 3))):
        name = ("dram", "glb", "rf")[level]
        memories.append(memory(draw, name, outermost=level == 0))
        roles = EVERY if level == 0 else frozenset(draw(st.sets(st.sampled_from(ROLES))))
        rest = frozenset(draw(st.sets(st.sampled_from(ROLES)))) - roles
        if not roles | rest:
            roles = frozenset({"Outputs"})
        nodes.append(Place(name, (Holding(name, roles, rest if level else frozenset()),)))
        returns = memories[-1].size_bits is None
        for number in range(draw(st.integers(0, 2))):
            array = fanout(draw, f"array{level}{number}", returns=returns)
            if number:
                returns_cycles = {"fill_cycles": 0, "drain_cycles": 0}
                array = Fanout(**{**array.__dict__, **returns_cycles})
            nodes.append(array)
    compute = Compute("mac", draw(st.sampled_from(["mac", "mac_8"])))
    clock = draw(st.sampled_from([1e9, 200e6, 333e6]))
    technology = draw(st.sampled_from(["eyeriss-relative", "accelergy-eyeriss-like-45nm"]))
    return Architecture("machine", (*nodes, compute), tuple(memories), clock, technology)


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    """A machine and a layer, and a mapping whose factors multiply to the bounds, or beyond."""
    arch, layer = draw(machines()), draw(layers())
    left = dict(layer.dims)
    steps: list[Block | Spread] = []
    for node in arch.nodes[:-1]:
        if isinstance(node, Place):
            last = node is arch.places[-1]
            loops = []
            for dim in draw(st.permutations(list(left))):
                divisors = [d for d in range(1, left[dim] + 1) if left[dim] % d == 0]
                bound = left[dim] if last else draw(st.sampled_from(divisors))
                left[dim] //= bound
                if bound > 1:
                    loops.append(Loop(dim, bound))
            holding = node.holdings[0]
            keep = frozenset(
                tensor.name
                for tensor in layer.tensors
                if tensor.role in holding.keep
                or (tensor.role in holding.may_keep and draw(st.booleans()))
            )
            steps.append(Block(node.name, tuple(loops), keep))
        elif isinstance(node, Fanout):
            inside = not any(place in arch.nodes[arch.nodes.index(node) :] for place in arch.places)
            axes: tuple[list[Loop], list[Loop]] = ([], [])
            room = [node.mesh_x, node.mesh_y]
            for dim in [] if inside else draw(st.permutations(list(left))):
                axis = draw(st.sampled_from([0, 1]))
                fitting = [d for d in range(1, room[axis] + 1) if left[dim] % d == 0]
                bound = draw(st.sampled_from(fitting))
                left[dim] //= bound
                room[axis] //= bound
                if bound > 1:
                    axes[axis].append(Loop(dim, bound))
            steps.append(Spread(node.name, tuple(axes[0]), tuple(axes[1])))
    mapping = Mapping(tuple(steps))
    factors = {dim: prod(loop.bound for loop in loops_over(mapping, dim)) for dim in layer.bounds}
    assert factors == layer.bounds
    return arch, layer, mapping


def loops_over(mapping: Mapping, dim: str) -> list[Loop]:
    return [
        loop
        for step in mapping.steps
        for loop in (step.loops if isinstance(step, Block) else (*step.y, *step.x))
        if loop.dim == dim
    ]
