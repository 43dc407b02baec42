"""Timeloop's problems: a shape with projections, and an instance that gives it sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from accelsim.interchange.timeloop.making import Made, layer_name, native_name, notes_of
from accelsim.interchange.timeloop.scope import Scope, flag, word, words
from accelsim.interchange.timeloop.sources import Sources, at, plain_key
from accelsim.roles import Role
from accelsim.specs.fields import one_of, suggestion
from accelsim.workload.records import Layer
from accelsim.yamldoc import Mark, Node

CNN_SHAPES = ("cnn-layer", "cnn_layer", "cnn-layer.yaml")
"""Names of Timeloop's own convolution, in which P and R are paired with the width.

Its output channels are K; tools beside it have given the same name to one with M.
"""

GEMM_SHAPES = ("gemm-ABZ", "gemm_ABZ")

_GEMM_TENSORS: dict[str, list[list[list[str]]]] = {
    "A": [[["M"]], [["K"]]],
    "B": [[["N"]], [["K"]]],
    "Z": [[["M"]], [["N"]]],
}

MOST = 2**40
"""Of the size of a coefficient."""

MOST_DIMS = 64

_SHAPE_KEYS = ("name", "version", "dimensions", "coefficients", "data_spaces")
_PROBLEM_KEYS = ("version", "shape", "instance", "name", "densities", "data_bits")


@dataclass
class DataSpace:
    """A tensor: its ranks are sums of coefficient x dim."""

    name: str
    node: Node
    ranks: list[list[tuple[str, int]]]
    written: bool
    role: Role = "Inputs"
    density: float | None = None

    @property
    def text(self) -> str:
        """Write it as an einsum does: ``A[I, 2*P + R]``."""
        ranks = (
            " + ".join(dim if factor == 1 else f"{factor}*{dim}" for dim, factor in rank)
            for rank in self.ranks
        )
        usual = "Outputs" if self.written else "Weights" if self.name == "Weights" else "Inputs"
        stated = "" if self.role == usual else f" as {self.role}"
        return f"{self.name}[{', '.join(ranks)}]{stated}"


@dataclass
class Problem:
    """A problem with its sizes."""

    name: str
    node: Node
    dims: dict[str, int]
    dim_nodes: dict[str, Node]
    tensors: list[DataSpace] = field(default_factory=list)

    @property
    def roles(self) -> dict[str, Role]:
        return {tensor.name: tensor.role for tensor in self.tensors}


def read_problem(sources: Sources, variables: Scope) -> Problem | None:
    """Read the problem of some files; None if they have none, or it is at fault."""
    node = sources.one("problem")
    if node is None:
        return None
    if not isinstance(node.value, dict):
        sources.fault(node, "a problem must be keys and values")
        return None
    shape, instance = at(node, "shape"), at(node, "instance")
    sizes = Scope.of(sources, instance if instance is not None else node, variables)
    if shape is not None and isinstance(shape.value, dict):
        read: _Shape | None = _Shape(sources, shape, sizes)
    else:
        read = _named(sources, shape, node, sizes)
    found = read.problem(node) if read is not None else None
    if found is None or read is None:
        return None
    sources.unknown(node, (*_PROBLEM_KEYS, *found.dims, *read.coefficients), "this problem")
    if instance is not None:
        sources.unknown(instance, (*found.dims, *read.coefficients, "densities"), "this instance")
    _densities(sources, found, sizes)
    _give_roles(found)
    return found


def _named(sources: Sources, shape: Node | None, node: Node, sizes: Scope) -> _Shape | None:
    """Return one of Timeloop's own shapes, named by a word; its convolution if none is."""
    name = word(sources, shape, "shape") if shape is not None else CNN_SHAPES[0]
    if name not in (*CNN_SHAPES, *GEMM_SHAPES):
        known = one_of((*CNN_SHAPES[:1], *GEMM_SHAPES[:1]))
        sources.fault(shape or node, f"unknown shape '{name}'", f"keys of a shape, or {known}")
        return None
    here = shape or node
    read = _Shape(sources, Node({}, here.mark), sizes)
    if name in GEMM_SHAPES:
        read.name, tensors, written = "gemm_ABZ", _GEMM_TENSORS, "Z"
        read.dims = dict.fromkeys(("M", "N", "K"), here)
    else:
        filters = "M" if sizes.node("M") is not None and sizes.node("K") is None else "K"
        read.name, tensors, written = "cnn_layer", _cnn_tensors(filters), "Outputs"
        read.dims = dict.fromkeys(("C", filters, "R", "S", "N", "P", "Q"), here)
        for coefficient in ("Wstride", "Hstride", "Wdilation", "Hdilation"):
            value = sizes.whole(coefficient, least=1)
            read.coefficients[coefficient] = 1 if value is None else value
    if shape is None:
        lacking = [dim for dim in read.dims if sizes.node(dim) is None]
        if lacking:
            hint = f"'{name}' is meant without one, and has no size of {', '.join(lacking)} here"
            sources.fault(node, "the problem has no 'shape'", hint=hint)
            return None
        sources.note(node, f"no 'shape': taken as '{name}', as Timeloop does")
    read.tensors = [
        DataSpace(tensor, here, [read.summed(rank) for rank in ranks], tensor == written)
        for tensor, ranks in tensors.items()
    ]
    return read


def _cnn_tensors(filters: str) -> dict[str, list[list[list[str]]]]:
    columns, rows = [["R", "Wdilation"], ["P", "Wstride"]], [["S", "Hdilation"], ["Q", "Hstride"]]
    return {
        "Weights": [[["C"]], [[filters]], [["R"]], [["S"]]],
        "Inputs": [[["N"]], [["C"]], columns, rows],
        "Outputs": [[["N"]], [[filters]], [["Q"]], [["P"]]],
    }


class _Shape:
    """A shape on its way."""

    def __init__(self, sources: Sources, node: Node, sizes: Scope) -> None:
        self.sources, self.node, self.sizes = sources, node, sizes
        self.name = ""
        self.dims: dict[str, Node] = {}
        self.coefficients: dict[str, int] = {}
        self.tensors: list[DataSpace] = []
        if node.value:
            self.read()

    def read(self) -> None:
        sources, node = self.sources, self.node
        sources.unknown(node, _SHAPE_KEYS, "this shape")
        named = at(node, "name")
        self.name = word(sources, named, "name") if named is not None else ""
        listed = at(node, "dimensions")
        if listed is None:
            sources.fault(node, "the shape has no 'dimensions'")
            return
        named_dims = words(sources, listed, "dimensions")
        if len(named_dims) > MOST_DIMS:
            sources.fault(listed, f"{len(named_dims):,} dimensions", f"at most {MOST_DIMS}")
            return
        for dim, place in named_dims:
            if dim in self.dims:
                sources.fault(place, f"dimension '{dim}' is listed twice")
            self.dims[dim] = place
        for item in _items(sources, at(node, "coefficients"), "coefficients"):
            self.coefficient(item)
        spaces = at(node, "data_spaces")
        if spaces is None:
            sources.fault(node, "the shape has no 'data_spaces'")
        for item in _items(sources, spaces, "data_spaces"):
            self.data_space(item)

    def coefficient(self, item: Node) -> None:
        named = at(item, "name")
        if named is None:
            self.sources.fault(item, "a coefficient has no name")
            return
        name = word(self.sources, named, "name")
        stated = self.sizes.whole(plain_key(name), least=-MOST)
        if stated is None:
            own = Scope.of(self.sources, item, self.sizes.outside)
            stated = own.whole("default", least=-MOST)
        if stated is None:
            self.sources.fault(item, f"coefficient '{name}' has neither a default nor a value")
        self.coefficients[name] = 1 if stated is None else stated

    def data_space(self, item: Node) -> None:
        sources = self.sources
        sources.unknown(item, ("name", "projection", "read_write"), "this data-space")
        named, projection = at(item, "name"), at(item, "projection")
        if named is None or projection is None:
            missing = "name" if named is None else "projection"
            sources.fault(item, f"a data-space has no '{missing}'")
            return
        name = word(sources, named, "name")
        if name in [tensor.name for tensor in self.tensors]:
            sources.fault(named, f"data-space '{name}' is described twice")
        writes = at(item, "read_write")
        written = writes is not None and flag(sources, writes)
        ranks = [self.rank(rank) for rank in _items(sources, projection, "projection")]
        self.tensors.append(DataSpace(name, item, ranks, written))

    def rank(self, node: Node) -> list[tuple[str, int]]:
        """Read one rank: a list of products, each a list of a dim and coefficients."""
        if not isinstance(node.value, list):
            return self.summed([[word(self.sources, node, "rank")]], node)
        single = all(not isinstance(item.value, list) for item in node.value)
        if single and len(node.value) == 1:
            return self.summed([[word(self.sources, node.value[0], "rank")]], node)
        products = []
        for product in node.value:
            if not isinstance(product.value, list):
                form = "a list of products, as [[P, Wstride], [R]]"
                self.sources.fault(product, "a rank must be a sum of products", form)
                continue
            products.append([word(self.sources, factor, "factor") for factor in product.value])
        return self.summed(products, node)

    def summed(self, products: list[list[str]], node: Node | None = None) -> list[tuple[str, int]]:
        """Return a sum of products as coefficient x dim."""
        place = self.node if node is None else node
        terms: dict[str, int] = {}
        for product in products:
            dims = [name for name in product if name in self.dims]
            factor = 1
            for name in product:
                if name in self.dims:
                    continue
                if name.lstrip("-").isdecimal():
                    factor *= int(name)
                elif name in self.coefficients:
                    factor *= self.coefficients[name]
                else:
                    known = [*self.dims, *self.coefficients]
                    what = f"'{name}' is neither a dimension nor a coefficient"
                    self.sources.fault(place, what, one_of(known), suggestion(name, known))
            if len(dims) != 1:
                what = f"the product of {', '.join(product) or 'nothing'} has {len(dims)} dims"
                self.sources.fault(place, what, "one dim, and coefficients")
                continue
            terms[dims[0]] = terms.get(dims[0], 0) + factor
        return [(dim, factor) for dim, factor in terms.items() if factor]

    def problem(self, node: Node) -> Problem | None:
        """Return the problem with its sizes; None if it cannot be."""
        sizes: dict[str, int] = {}
        nodes: dict[str, Node] = {}
        for dim, place in self.dims.items():
            size = self.sizes.whole(dim, least=1)
            if size is None and self.sizes.node(dim) is None:
                self.sources.fault(place, f"the instance gives dimension '{dim}' no size")
            sizes[dim] = size or 1
            stated = self.sizes.node(dim)
            nodes[dim] = place if stated is None else stated
        outputs = [tensor for tensor in self.tensors if tensor.written]
        if len(outputs) != 1 and self.tensors:
            names = ", ".join(tensor.name for tensor in outputs)
            what = f"{len(outputs)} data-spaces are written{': ' if names else ''}{names}"
            place = outputs[1].node if outputs else self.node
            self.sources.fault(place, what, "one with `read_write: True`")
        if self.sources.problems or not self.tensors:
            return None
        return Problem(self.name, node, sizes, nodes, self.tensors)


def _items(sources: Sources, node: Node | None, name: str) -> list[Node]:
    if node is None or node.value is None:
        return []
    if not isinstance(node.value, list):
        sources.fault(node, f"'{name}' must be a list")
        return []
    return node.value


def _densities(sources: Sources, problem: Problem, sizes: Scope) -> None:
    node = sizes.node("densities")
    if node is None:
        return
    stated = Scope.of(sources, node, sizes.outside)
    for tensor in problem.tensors:
        said = stated.node(plain_key(tensor.name))
        if said is None:
            continue
        if isinstance(said.value, dict):
            tensor.density = _float(Scope.of(sources, said, sizes.outside).number("density"))
            kind = at(said, "distribution")
            if kind is not None and not str(kind.value).startswith(("fixed", "hypergeo")):
                what = f"distribution '{kind.text}' is taken as evenly spread"
                sources.note(kind, what)
        else:
            tensor.density = _float(stated.number(plain_key(tensor.name)))
        if tensor.density is not None and not 0 <= tensor.density <= 1:
            sources.fault(said, f"a density of {tensor.density:g}", "a fraction from 0 to 1")


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _give_roles(problem: Problem) -> None:
    """Give each tensor the role by which memories know it: by its name, else by its position."""
    inputs = [tensor for tensor in problem.tensors if not tensor.written]
    named = any(tensor.name in ("Weights", "Inputs") for tensor in inputs)
    for position, tensor in enumerate(inputs):
        first = tensor.name == "Weights" if named else position == 0 and len(inputs) > 1
        tensor.role = "Weights" if first else "Inputs"
    for tensor in problem.tensors:
        if tensor.written:
            tensor.role = "Outputs"


def described(layers: Sequence[Layer]) -> Problem:
    """Return what layers read elsewhere say of dims and data-spaces, all of them together."""
    nowhere = Node({}, Mark(0, 0, 0))
    dims: dict[str, int] = {}
    tensors: dict[str, DataSpace] = {}
    for layer in layers:
        for dim, bound in layer.dims:
            dims[dim] = max(bound, dims.get(dim, 1))
        for tensor in layer.tensors:
            written = tensor is layer.output
            new = DataSpace(tensor.name, nowhere, [], written, tensor.role)
            known = tensors.setdefault(tensor.name, new)
            known.ranks += [
                [(it.dim, it.coefficient) for it in rank.terms] for rank in tensor.ranks
            ]
    return Problem("", nowhere, dims, {}, [*tensors.values()])


def workload(sources: Sources, problem: Problem) -> Node:
    """Return a problem as a workload of one layer."""
    made = Made(problem.node)
    inputs = [tensor for tensor in problem.tensors if not tensor.written]
    sparse = {
        tensor.name: Made(tensor.node).value(tensor.density)
        for tensor in problem.tensors
        if tensor.density is not None
    }
    layer = {
        "name": made.value(layer_name(problem.name or "problem")),
        "shape": made.value("einsum"),
        "dims": made.mapping(
            {dim: Made(problem.dim_nodes[dim]).value(size) for dim, size in problem.dims.items()}
        ),
        "output": next(Made(t.node).value(t.text) for t in problem.tensors if t.written),
        "inputs": made.listed([Made(tensor.node).value(tensor.text) for tensor in inputs]),
    }
    if sparse:
        layer["density"] = made.mapping(sparse)
    return made.mapping(
        {
            "kind": made.value("workload"),
            "name": made.value(native_name(problem.name or "problem")),
            "source": made.value(f"Timeloop, {', '.join(sources.files)}"),
            "layers": made.listed([made.mapping(layer)]),
            **notes_of(sources, made, {"workload"}),
        }
    )
