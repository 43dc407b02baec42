"""Named shapes: what ``conv``, ``gemm`` and the others mean as einsums.

Dims have the meanings of the Eyeriss papers: N batch, G groups, M output and C input channels (per
group), P x Q output rows x columns, R x S filter rows x columns.  Input rows are always derived:
``(P-1)*stride + (R-1)*dilation + 1`` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

from accelsim.errors import Problem
from accelsim.roles import Role
from accelsim.workload.records import Layer, Op, Rank, Tensor, Term, window_terms

Pair = tuple[int, int]
"""Along rows, along columns."""

MAX_OPERATIONS = 2**60
"""No count exceeds twice the operations, so that every count fits int64 below this many."""

MAX_BITS = 2**58
"""Of all tensors of a layer together; so many fit int64 in every place at once."""

MAX_WINDOW_WORDS = 2**28
"""The longest rank with two terms: its words may have to be marked one by one."""

MAX_DIMS = 16
MAX_TENSORS = 8
MAX_RANKS = 48
"""The counter keeps tables of fixed width; a phased 3-D transposed convolution needs about ten
dims.  Ranks are those of all tensors together."""

RESERVED_TENSOR = "compute"
"""What results write in a tensor's place for operations, which belong to no tensor."""


@dataclass(frozen=True)
class Options:
    """What a named shape may have beside its dims."""

    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    operands: int = 1


@dataclass(frozen=True)
class Shape:
    """A named shape: its dims in order, and its tensors."""

    name: str
    dims: tuple[str, ...]
    tensors: Callable[[Options], tuple[Tensor, ...]]
    op: Op = "mac"
    group: str = ""


def _tensor(name: str, role: Role, *ranks: str | Rank) -> Tensor:
    return Tensor(
        name,
        role,
        tuple(rank if isinstance(rank, Rank) else Rank(rank, (Term(rank),)) for rank in ranks),
    )


def _window(options: Options) -> tuple[Rank, Rank]:
    """Return the ranks of input rows and input columns."""
    stride, dilation = options.stride, options.dilation
    return (
        Rank("H", (Term("P", stride[0]), Term("R", dilation[0]))),
        Rank("W", (Term("Q", stride[1]), Term("S", dilation[1]))),
    )


def _conv(options: Options) -> tuple[Tensor, ...]:
    return (
        _tensor("Weights", "Weights", "G", "M", "C", "R", "S"),
        _tensor("Inputs", "Inputs", "N", "G", "C", *_window(options)),
        _tensor("Outputs", "Outputs", "N", "G", "M", "P", "Q"),
    )


def _depthwise(options: Options) -> tuple[Tensor, ...]:
    return (
        _tensor("Weights", "Weights", "G", "M", "R", "S"),
        _tensor("Inputs", "Inputs", "N", "G", *_window(options)),
        _tensor("Outputs", "Outputs", "N", "G", "M", "P", "Q"),
    )


def _fc(_: Options) -> tuple[Tensor, ...]:
    return (
        _tensor("Weights", "Weights", "M", "C"),
        _tensor("Inputs", "Inputs", "N", "C"),
        _tensor("Outputs", "Outputs", "N", "M"),
    )


def _gemm(_: Options) -> tuple[Tensor, ...]:
    return (
        _tensor("Weights", "Weights", "M", "K"),
        _tensor("Inputs", "Inputs", "K", "N"),
        _tensor("Outputs", "Outputs", "M", "N"),
    )


def _bgemm(_: Options) -> tuple[Tensor, ...]:
    return (
        _tensor("Weights", "Weights", "B", "M", "K"),
        _tensor("Inputs", "Inputs", "B", "K", "N"),
        _tensor("Outputs", "Outputs", "B", "M", "N"),
    )


def _pool(options: Options) -> tuple[Tensor, ...]:
    return (
        _tensor("Inputs", "Inputs", "N", "G", *_window(options)),
        _tensor("Outputs", "Outputs", "N", "G", "P", "Q"),
    )


def _elementwise(options: Options) -> tuple[Tensor, ...]:
    names = ["Inputs", *(f"Inputs{index}" for index in range(2, options.operands + 1))]
    return (
        *(_tensor(name, "Inputs", "N", "G", "P", "Q") for name in names),
        _tensor("Outputs", "Outputs", "N", "G", "P", "Q"),
    )


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("conv", ("N", "G", "M", "C", "P", "Q", "R", "S"), _conv, group="conv"),
        Shape("depthwise", ("N", "G", "M", "P", "Q", "R", "S"), _depthwise, group="conv"),
        Shape("fc", ("N", "M", "C"), _fc, group="fc"),
        Shape("gemm", ("M", "N", "K"), _gemm, group="gemm"),
        Shape("bgemm", ("B", "M", "N", "K"), _bgemm, group="gemm"),
        Shape("pool", ("N", "G", "P", "Q", "R", "S"), _pool, op="alu", group="pool"),
        Shape("elementwise", ("N", "G", "P", "Q"), _elementwise, op="alu", group="elementwise"),
    )
}


def named_layer(
    name: str,
    shape: str,
    bounds: Mapping[str, int],
    options: Options = Options(),
) -> Layer:
    """Return a layer of a named shape; dims left out have bound 1.

    A conv without groups has no dim G.

    >>> layer = named_layer("conv1", "conv", dict(M=96, C=3, P=55, Q=55, R=11, S=11))
    >>> layer.operations, layer.dims[0]
    (105415200, ('N', 1))
    """
    kind = SHAPES[shape]
    dims = tuple((dim, bounds.get(dim, 1)) for dim in kind.dims)
    tensors = kind.tensors(options)
    if shape == "conv" and bounds.get("G", 1) == 1:
        dims = tuple(pair for pair in dims if pair[0] != "G")
        tensors = tuple(_without(tensor, "G") for tensor in tensors)
    return Layer(name, shape, dims, tensors, op=kind.op, group=kind.group)


def _without(tensor: Tensor, dim: str) -> Tensor:
    ranks = tuple(rank for rank in tensor.ranks if rank.name != dim)
    return Tensor(tensor.name, tensor.role, ranks, tensor.bits, tensor.density, tensor.pattern)


@dataclass(frozen=True, slots=True)
class LayerFault:
    """A problem of a layer, and the tensor or dim that it is about (empty: the whole)."""

    problem: Problem
    tensor: str = ""
    dim: str = ""


def layer_faults(layer: Layer) -> list[LayerFault]:
    """Return why a layer could not be counted exactly; empty if it can.

    Each dim is in at most one rank of a tensor; a rank has at most two terms whose dims have bounds
    above 1; ranks of the output have one term; every dim indexes some tensor; there are at most
    2^60 operations and 2^58 bits; dims, tensors and ranks fit the counter's tables; no tensor has
    the name that results write for operations.
    """
    faults: list[LayerFault] = []
    outputs = [tensor for tensor in layer.tensors if tensor.role == "Outputs"]
    if len(outputs) != 1:
        what = f"layer '{layer.name}' has {len(outputs)} outputs"
        faults.append(LayerFault(Problem(what, expected="one")))
    for tensor in layer.tensors:
        faults += (
            LayerFault(problem, tensor=tensor.name)
            for problem in _tensor_problems(tensor, layer.bounds)
        )
    used = frozenset().union(*(tensor.dims for tensor in layer.tensors))
    for dim, bound in layer.dims:
        if dim not in used and bound > 1:
            what = f"dim '{dim}' indexes no tensor of layer '{layer.name}'"
            faults.append(LayerFault(Problem(what), dim=dim))
    operations = prod(bound for _, bound in layer.dims)
    if operations > MAX_OPERATIONS:
        what = f"layer '{layer.name}' has {float(operations):.3g} operations"
        faults.append(LayerFault(Problem(what, expected="at most 2^60, to be counted exactly")))
    ranks = [rank for tensor in layer.tensors for rank in tensor.ranks]
    rooms = {
        "dims": (len(layer.dims), MAX_DIMS),
        "tensors": (len(layer.tensors), MAX_TENSORS),
        "ranks longer than 1": (
            sum(bool(window_terms(rank, layer.bounds)) for rank in ranks),
            MAX_RANKS,
        ),
    }
    for noun, (count, room) in rooms.items():
        if count > room:
            what = f"layer '{layer.name}' has {count} {noun}"
            faults.append(LayerFault(Problem(what, expected=f"at most {room}")))
    bits = 0 if faults else sum(layer.tensor_words(t) * t.bits for t in layer.tensors)
    if bits > MAX_BITS:
        what = f"layer '{layer.name}' has tensors of {float(bits):.3g} bits"
        faults.append(LayerFault(Problem(what, expected="at most 2^58")))
    return faults


def _tensor_problems(tensor: Tensor, bounds: Mapping[str, int]) -> list[Problem]:
    problems: list[Problem] = []
    if tensor.name == RESERVED_TENSOR:
        what = f"a tensor cannot be called '{RESERVED_TENSOR}'"
        hint = "results list operations under that name"
        problems.append(Problem(what, hint=hint))
    rank_of: dict[str, Rank] = {}
    for rank in tensor.ranks:
        wide = [term.dim for term in rank.terms if bounds[term.dim] > 1 and term.coefficient]
        for dim in wide:
            if dim in rank_of:
                what = f"dim '{dim}' is in two ranks of {tensor.name}"
                expected = "each dim in at most one rank of a tensor"
                problems.append(Problem(what, expected=expected))
            rank_of[dim] = rank
        problems += _rank_problems(tensor, rank, len(wide), bounds)
    return problems


def _rank_problems(
    tensor: Tensor, rank: Rank, terms: int, bounds: Mapping[str, int]
) -> list[Problem]:
    if tensor.role == "Outputs" and terms > 1:
        what = f"rank '{rank.name}' of the output {tensor.name} has {terms} terms"
        return [Problem(what, expected="one term in each rank of the output")]
    if terms > 2:
        what = f"rank '{rank.name}' of {tensor.name} has {terms} terms with bounds above 1"
        return [Problem(what, expected="at most two")]
    span = 1 + sum(abs(term.coefficient) * (bounds[term.dim] - 1) for term in rank.terms)
    if terms == 2 and span > MAX_WINDOW_WORDS:
        what = f"rank '{rank.name}' of {tensor.name} spans {span} words"
        return [Problem(what, expected="at most 2^28 in a window")]
    return []
