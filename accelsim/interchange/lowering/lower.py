"""Graphs -> workloads, as a workload file would say them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accelsim.errors import Problem, SpecError
from accelsim.interchange.graph import Graph, Node
from accelsim.interchange.lowering.operator import Draft, Operator, UnmodelledError
from accelsim.interchange.lowering.operators import (
    ACTIVATIONS,
    AFFINE,
    LOWER,
    QUANTISING,
    VIEWS,
    VIEWS_BY_CONSTANTS,
)
from accelsim.interchange.lowering.tally import Tally
from accelsim.interchange.places import refusal
from accelsim.yamldoc import MAX_PROBLEMS

LONGEST_NAME = 100

SHAPE_ONLY = ("Shape", "Size")
"""Operators that read no values."""

MAX_BOUND = 2**40

MAX_LAYERS = 2000
"""Of a workload; as many inputs may be read."""

MAX_SOURCES = 500_000
"""Entries in all lists of what values are made of."""


@dataclass(frozen=True)
class Lowered:
    """A workload on its way into a file.

    Attributes
    ----------
    data : dict
        As the YAML of a workload says it.
    weights : mapping of (layer, tensor) to str
        The values of the graph that feed tensors and are constant in it.
    """

    data: dict[str, object]
    weights: Mapping[tuple[str, str], str]


def lowered(graph: Graph) -> Lowered:
    """Return the layers of a graph, with what they leave out as assumptions.

    Raises
    ------
    SpecError
        If an operator contradicts itself, or nothing of the graph can be counted.
    """
    lowering = _Lowering(graph)
    for node in graph.nodes:
        lowering.node(node)
        if len(lowering.problems) > MAX_PROBLEMS:
            break
    if lowering.problems:
        raise SpecError(dict.fromkeys(lowering.problems))
    if not lowering.layers:
        left_out = "; ".join(lowering.tally.left_out())
        raise SpecError([Problem("nothing in it can be counted", hint=left_out)])
    data: dict[str, object] = {
        "kind": "workload",
        "name": _name(graph.name, "[A-Za-z_][A-Za-z0-9_-]*", "model"),
        "source": graph.source,
        "assumptions": [*graph.remarks, *lowering.tally.sentences()],
        "inputs": lowering.inputs,
        "layers": lowering.layers,
        "outputs": lowering.outputs(),
    }
    return Lowered({key: value for key, value in data.items() if value}, lowering.weights)


@dataclass
class _Lowering:
    """The state of a walk through a graph.

    ``origins`` says of a value which layers (or inputs of the network) wrote the words that it
    consists of, ``bits`` how wide they are if that is not what its own type says.
    """

    graph: Graph
    layers: list[dict[str, object]] = field(default_factory=list)
    inputs: dict[str, int] = field(default_factory=dict)
    weights: dict[tuple[str, str], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        graph = self.graph
        self.constants = {name for name, value in graph.values.items() if value.constant}
        self.readers = Counter(
            name for node in graph.nodes if node.op not in SHAPE_ONLY for name in node.inputs
        )
        self.readers.update(graph.outputs)
        self.origins: dict[str, tuple[str, ...]] = {}
        self.bits = {name: its.bits for name, its in graph.values.items()}
        self.names: Counter[str] = Counter()
        self.listed = 0
        self.by_name: dict[str, dict[str, object]] = {}
        self.fresh: dict[str, str] = {}
        if len(graph.inputs) > MAX_LAYERS:
            raise refusal(f"{len(graph.inputs):,} inputs", f"at most {MAX_LAYERS:,}")
        for name in graph.inputs:
            value = graph.values.get(name)
            if value is not None and value.words:
                called = self.unique(name)
                self.origins[name] = (called,)
                self.inputs[called] = value.words

    # --- one node ---------------------------------------------------------------------------------

    def node(self, node: Node) -> None:
        op = Operator(node, self.graph.values, self.constants)
        if self.is_constant(node):
            self.constants.update(node.outputs)
            self.tally.folded[node.op] += 1
            self.pass_bits(node)
            return
        try:
            if node.op in VIEWS or (node.op in VIEWS_BY_CONSTANTS and op.is_constant(1)):
                self.view(node)
            elif self.is_part_of_layer_before(op):
                self.pass_on(node, self.fresh.pop(node.inputs[self.data_input(op)]))
            elif node.op in LOWER:
                for draft in LOWER[node.op](op):
                    self.layer(op, draft)
            else:
                raise UnmodelledError(f"{node.inside} nodes inside" if node.inside else "")
        except UnmodelledError as reason:
            self.missing(node, str(reason))
        except SpecError as fault:
            self.problems += fault.problems

    def is_constant(self, node: Node) -> bool:
        if node.inside:
            return False
        if node.op in SHAPE_ONLY:
            value = self.graph.values.get(node.inputs[0]) if node.inputs else None
            return value is not None and value.shape is not None
        return all(name in self.constants for name in node.inputs if name)

    def missing(self, node: Node, reason: str) -> None:
        """Note a node that is not modelled; its readers depend on what it reads."""
        self.tally.miss(node.op, reason, self.written(node.outputs))
        for name in node.outputs:
            self.origins[name] = self.sources(node.inputs)

    def written(self, names: Iterable[str]) -> int | None:
        words = 0
        for name in filter(None, names):
            value = self.graph.values.get(name)
            if value is None or value.words is None:
                return None
            words += value.words
        return words

    def sources(self, names: Iterable[str]) -> tuple[str, ...]:
        lists = [self.origins[name] for name in names if self.origins.get(name)]
        if len(lists) < 2:
            return lists[0] if lists else ()
        found = tuple(dict.fromkeys(origin for origins in lists for origin in origins))
        self.count(len(found))
        return found

    def count(self, listed: int) -> None:
        """Keep what feeds what from growing without end."""
        self.listed += listed
        if self.listed > MAX_SOURCES:
            raise refusal(f"values are made of more than {MAX_SOURCES:,} others in all")

    # --- what costs nothing -----------------------------------------------------------------------

    def view(self, node: Node) -> None:
        """Pass on what a node reads; the first input of a layer's values may still be extended."""
        self.tally.views[node.op] += 1
        source = node.inputs[0] if node.inputs else ""
        layer = self.fresh.pop(source, "") if self.readers[source] == 1 else ""
        for name in node.outputs:
            self.origins[name] = self.sources(node.inputs)
        self.pass_bits(node)
        if layer and len(node.outputs) == 1 and node.op != "Concat":
            self.fresh[node.outputs[0]] = layer
        bits = self.bits.get(node.outputs[0]) if node.outputs else None
        if layer and node.op in QUANTISING and bits:
            widths = self.by_name[layer].setdefault("bits", {})
            assert isinstance(widths, dict)
            widths["Outputs"] = bits

    def pass_bits(self, node: Node) -> None:
        """Give views, of constants too, the bits of what they show."""
        source = self.bits.get(node.inputs[0]) if node.inputs else None
        if node.op in VIEWS and node.op not in QUANTISING and source is not None:
            self.bits |= dict.fromkeys(node.outputs, source)

    def is_part_of_layer_before(self, op: Operator) -> bool:
        """Tell whether a node only changes the values that one layer has just written.

        Batch normalisations and additions and multiplications by a constant per channel are one
        affine map, and activations that compare with constants are free; if somebody else reads
        the values too, both versions are needed and nothing is free.
        """
        node = op.node
        if node.op not in {"BatchNormalization", *AFFINE, *ACTIVATIONS}:
            return False
        varying = [name for name in node.inputs if name and name not in self.constants]
        if len(varying) != 1 or varying[0] not in self.fresh or self.readers[varying[0]] != 1:
            return False
        if node.op not in AFFINE:
            return True
        constant = self.graph.values.get(node.inputs[1 - self.data_input(op)])
        shape = constant.shape if constant else None
        return shape is not None and sum(size > 1 for size in shape) <= 1

    def data_input(self, op: Operator) -> int:
        return next(i for i, name in enumerate(op.node.inputs) if name not in self.constants)

    def pass_on(self, node: Node, layer: str) -> None:
        self.tally.fused[node.op] += 1
        name = node.outputs[0]
        self.origins[name] = (layer,)
        self.fresh[name] = layer

    # --- layers -----------------------------------------------------------------------------------

    def layer(self, op: Operator, draft: Draft) -> None:
        node, dims = op.node, draft.keys.get("dims", draft.keys)
        assert isinstance(dims, Mapping)
        for dim, bound in dims.items():
            if isinstance(bound, int) and bound > MAX_BOUND:
                raise op.refusal(f"becomes a layer with {dim} = {bound}", "at most 2^40")
        if len(self.layers) == MAX_LAYERS:
            raise refusal(f"more than {MAX_LAYERS:,} layers")
        name = self.unique(f"{node.name}.{draft.part}" if draft.part else node.name)
        layer: dict[str, object] = {"name": name, **draft.keys}
        bits: dict[str, int] = {}
        sources: dict[str, list[str]] = {}
        for tensor, value in draft.reads.items():
            width = self.bits.get(value)
            if width is not None:
                bits[tensor] = width
            whole = self.sources(filter(None, (draft.beside.get(tensor), value)))
            origins = [origin for origin in whole if origin != name]
            self.count(len(origins))
            if origins:
                sources[tensor] = origins
            elif value in self.constants:
                self.weights[name, tensor] = value
        width = self.bits.get(draft.writes[0])
        if width is not None:
            bits["Outputs"] = width
        if bits:
            layer["bits"] = bits
        if sources:
            layer["reads"] = _short(sources)
        self.layers.append(layer)
        self.by_name[name] = layer
        for value, parts in draft.shows.items():
            self.origins[value] = self.sources(parts)
        others = [value for value in node.outputs if value not in self.origins]
        for value in dict.fromkeys((*draft.writes, *(others if op.output in draft.writes else ()))):
            self.origins[value] = tuple(dict.fromkeys((*self.origins.get(value, ()), name)))
        self.fresh[draft.writes[0]] = name
        if draft.unread:
            self.tally.unread.append(name)
        self.tally.layer_words += self.written(draft.writes[:1]) or 0

    def unique(self, name: str) -> str:
        """Return a name that a workload may have and that is not taken."""
        plain = _name(name.lstrip("/"), "[A-Za-z0-9_][A-Za-z0-9_./-]*", "layer")[:LONGEST_NAME]
        found = plain
        while found in self.names:
            self.names[plain] += 1
            found = f"{plain}_{self.names[plain]}"
        self.names[found] += 1
        return found

    def outputs(self) -> list[str]:
        found = self.sources(self.graph.outputs)
        return [name for name in found if name in self.by_name]


def _short(sources: dict[str, list[str]]) -> object:
    """Return sources as a file says them: of inputs alone, without the name of the tensor."""
    brief = {name: names[0] if len(names) == 1 else names for name, names in sources.items()}
    return brief["Inputs"] if [*brief] == ["Inputs"] else brief


def _name(text: str, form: str, otherwise: str) -> str:
    """Return a text with what a name cannot have replaced by underscores."""
    allowed = form[form.rindex("[") : -1]
    plain = re.sub(f"[^{allowed[1:]}", "_", text)
    if plain and not re.fullmatch(form, plain):
        plain = f"_{plain}"
    return plain or otherwise
