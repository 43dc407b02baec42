"""Small layers, machines and rules, by hand and by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Node, Place
from accelsim.mapspace.records import Axis, Dataflow, Limit, Rule
from accelsim.workload.records import Layer, Rank, Tensor, Term

ALL = frozenset({"Weights", "Inputs", "Outputs"})
NONE: frozenset[str] = frozenset()


def rank(*terms: tuple[str, int]) -> Rank:
    return Rank("+".join(dim for dim, _ in terms), tuple(Term(dim, c) for dim, c in terms))


def conv(name: str = "conv", stride: int = 1, bits: int = 16, **bounds: int) -> Layer:
    """Return a convolution; bounds that are not given are 1."""
    dims = tuple((dim, bounds.get(dim, 1)) for dim in "NMCPQRS")
    weights = tuple(rank((dim, 1)) for dim in "MCRS")
    rows, columns = rank(("P", stride), ("R", 1)), rank(("Q", stride), ("S", 1))
    inputs = (rank(("N", 1)), rank(("C", 1)), rows, columns)
    outputs = tuple(rank((dim, 1)) for dim in "NMPQ")
    tensors = (
        Tensor("Weights", "Weights", weights, bits),
        Tensor("Inputs", "Inputs", inputs, bits),
        Tensor("Outputs", "Outputs", outputs, bits),
    )
    return Layer(name, "conv", dims, tensors)


def gemm(name: str = "gemm", **bounds: int) -> Layer:
    dims = tuple((dim, bounds.get(dim, 1)) for dim in "MNK")
    tensors = (
        Tensor("Weights", "Weights", (rank(("M", 1)), rank(("K", 1)))),
        Tensor("Inputs", "Inputs", (rank(("K", 1)), rank(("N", 1)))),
        Tensor("Outputs", "Outputs", (rank(("M", 1)), rank(("N", 1)))),
    )
    return Layer(name, "gemm", dims, tensors)


def memory(name: str, words: int | None = None, component: str = "buffer") -> Memory:
    return Memory(name, component, None if words is None else words * 16)


def place(name: str, keep: frozenset[str] = NONE, may_keep: frozenset[str] = NONE) -> Place:
    return Place(name, (Holding(name, keep, may_keep),))


DRAM = place("dram", ALL)


def eyeriss(
    mesh_x: int = 14,
    mesh_y: int = 12,
    buffer: int = 51_200,
    pads: tuple[int, int, int] = (224, 12, 24),
    keep: frozenset[str] = NONE,
) -> Architecture:
    """Return DRAM, a buffer of inputs and sums, an array, three scratchpads side by side.

    What the scratchpads must keep is ``keep``; the rest they may keep.
    """
    names = {"filter_spad": "Weights", "input_spad": "Inputs", "sum_spad": "Outputs"}
    holdings = tuple(
        Holding(name, frozenset({role}) & keep, frozenset({role}) - keep)
        for name, role in names.items()
    )
    nodes: tuple[Node, ...] = (
        DRAM,
        place("glb", may_keep=frozenset({"Inputs", "Outputs"})),
        Fanout("array", "array", "array", mesh_x, mesh_y),
        Place("spads", holdings),
        Compute("mac", "mac"),
    )
    memories = (
        memory("dram", component="dram"),
        memory("glb", buffer),
        *(memory(name, words, "register_file") for name, words in zip(names, pads, strict=True)),
    )
    return Architecture("eyeriss", nodes, memories)


def shared(words: int, mesh_x: int = 1, mesh_y: int = 1, registers: int = 4) -> Architecture:
    """Return DRAM, one buffer that may keep all, an array, one register file that may keep all."""
    nodes: tuple[Node, ...] = (
        DRAM,
        place("buffer", may_keep=ALL),
        Fanout("array", "array", "array", mesh_x, mesh_y),
        place("registers", may_keep=ALL),
        Compute("mac", "mac"),
    )
    memories = (
        memory("dram", component="dram"),
        memory("buffer", words),
        memory("registers", registers, "register_file"),
    )
    return Architecture("shared", nodes, memories)


def two_arrays() -> Architecture:
    """Return two fanouts that share the lanes of one array, with a memory in between."""
    nodes: tuple[Node, ...] = (
        DRAM,
        Fanout("rows", "array", "array", 2, 4, reduces=False),
        place("line", may_keep=frozenset({"Inputs"})),
        Fanout("lanes", "array", "array", 2, 4),
        Compute("mac", "mac"),
    )
    return Architecture("two_arrays", nodes, (memory("dram", component="dram"), memory("line", 6)))


def flow(*rules: Rule, name: str = "flow") -> Dataflow:
    return Dataflow(name, name, rules)


# What follows draws cases for hypothesis: tiny, so that every mapping can be listed.


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    bound = st.sampled_from([1, 2, 3, 4, 6])
    if draw(st.booleans()):
        return gemm(M=draw(bound), N=draw(bound), K=draw(st.sampled_from([1, 2, 3])))
    return conv(
        M=draw(st.sampled_from([1, 2, 4])),
        P=draw(st.sampled_from([2, 3, 4])),
        R=draw(st.sampled_from([1, 2, 3])),
        stride=draw(st.sampled_from([1, 2])),
    )


@st.composite
def machines(draw: st.DrawFn) -> Architecture:
    """Draw two or three places and at most one array in one or two parts."""
    places = draw(st.integers(2, 3))
    fanouts = draw(st.integers(0, 2))
    mesh = draw(st.sampled_from([(2, 1), (2, 2), (3, 2), (4, 4)]))
    names = ["buffer", "registers"][: places - 1]
    middle: list[Node] = []
    memories = [memory("dram", component="dram")]
    for name in names:
        roles = draw(st.frozensets(st.sampled_from(sorted(ALL)), min_size=1))
        keep = draw(st.frozensets(st.sampled_from(sorted(roles)), max_size=1))
        middle.append(place(name, keep, roles - keep))
        memories.append(memory(name, draw(st.integers(1, 24))))
    for index in range(fanouts):
        at = draw(st.integers(0, len(middle)))
        middle.insert(at, Fanout(f"fanout{index}", "array", "array", *mesh))
    return Architecture("drawn", (DRAM, *middle, Compute("mac", "mac")), tuple(memories))


@st.composite
def limits(draw: st.DrawFn, dims: list[str]) -> tuple[tuple[str, Limit], ...]:
    limit = st.sampled_from(
        [Limit(), Limit(whole=True), Limit(at_most=2), Limit(at_most=3), Limit(exact=2)]
    )
    named = draw(st.lists(st.sampled_from([*dims, "Z"]), unique=True, min_size=1, max_size=2))
    return tuple((dim, draw(limit)) for dim in named)


@st.composite
def rules(draw: st.DrawFn, layer: Layer, arch: Architecture) -> Rule:
    dims = [name for name, _ in layer.dims]
    places = ["backing", "buffers", "registers", *(p.name for p in arch.places)]
    fanouts = ["array", *(f.name for f in arch.fanouts)]
    roles = st.frozensets(st.sampled_from(sorted(ALL)), min_size=1)
    kind = draw(st.sampled_from(["temporal", "spatial", "order", "may_keep", "keep", "tile"]))
    at = draw(st.sampled_from(fanouts if kind == "spatial" else places))
    if at == "registers" and not arch.fanouts:
        at = "backing"
    if kind == "temporal":
        return Rule(
            at, "temporal", draw(limits(dims)), others_free=draw(st.booleans()), because="it is so"
        )
    if kind == "spatial":
        axes: list[Axis] = ["spatial", "spatial_x", "spatial_y"]
        axis = draw(st.sampled_from(axes))
        return Rule(at, axis, draw(limits(dims)), others_free=draw(st.booleans()))
    if kind == "order":
        shuffled = draw(st.permutations(dims))
        cut = draw(st.integers(1, len(dims) - 1))
        return Rule(at, order=(tuple(shuffled[:cut]), tuple(shuffled[cut : cut + 2])))
    if kind == "may_keep":
        return Rule(at, may_keep=draw(roles) if at != "backing" else ALL)
    if kind == "keep":
        return Rule(at, keep=draw(roles))
    return Rule(at, tile=((draw(st.sampled_from(sorted(ALL))), draw(st.integers(1, 4))),))


@st.composite
def constrained(draw: st.DrawFn) -> tuple[Layer, Architecture, Dataflow]:
    layer, arch = draw(layers()), draw(machines())
    return layer, arch, flow(*draw(st.lists(rules(layer, arch), max_size=3)))
