"""Models with shapes -> :class:`~accelsim.interchange.graph.Graph`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from accelsim.errors import Problem, SpecError
from accelsim.interchange.graph import Attribute, Graph, Node, Value
from accelsim.interchange.onnx.order import captured
from accelsim.interchange.onnx.sound import MAX_AXES, MAX_DIM, graphs_in
from accelsim.interchange.places import quoted

BITS = {
    2: 8,  # uint8
    3: 8,  # int8
    4: 16,  # uint16
    5: 16,  # int16
    6: 32,  # int32, of accumulators
    17: 8,  # float8, in its four forms
    18: 8,
    19: 8,
    20: 8,
    21: 4,  # uint4
    22: 4,  # int4
    23: 4,  # float4
}
"""TensorProto.DataType -> bits of a value; for other types the default of workloads holds."""

OWN_DOMAINS = ("", "ai.onnx")

FLOAT, INT, STRING, FLOATS, INTS, STRINGS = 1, 2, 3, 6, 7, 8
"""AttributeProto.AttributeType"""


def graph_of(model: Any, weights: frozenset[str], path: Path) -> Graph:
    """Return a model with shapes as a graph; ``weights`` are what the file gives values of.

    Raises
    ------
    SpecError
        If a value has a dim below 0 or above 2^40.
    """
    graph = model.graph
    values = dict(_values(graph, weights))
    producer = " ".join(filter(None, (model.producer_name, model.producer_version)))
    said = f"the ONNX model {path.name}" + (f", written by {producer}" if producer else "")
    return Graph(
        name=path.name.removesuffix(".onnx"),
        source=said,
        inputs=tuple(its.name for its in graph.input if its.name not in weights),
        outputs=tuple(its.name for its in graph.output),
        nodes=tuple(_node(node) for node in graph.node),
        values=values,
    )


def _values(graph: Any, weights: frozenset[str]) -> Iterator[tuple[str, Value]]:
    problems = []
    for tensor in graph.initializer:
        yield tensor.name, Value(tuple(tensor.dims), BITS.get(tensor.data_type), constant=True)
    for tensor in graph.sparse_initializer:
        yield tensor.values.name, Value(tuple(tensor.dims), constant=True)
    known = {tensor.name for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.name in known:
            continue
        its = value.type.tensor_type
        shape = _shape(its)
        if shape is not None:
            what = f"value {quoted(value.name)} has shape {list(shape[:8])}"
            if len(shape) > MAX_AXES:
                problems.append(Problem(f"{what} and more", expected=f"at most {MAX_AXES} axes"))
            elif not all(0 <= size <= MAX_DIM for size in shape):
                problems.append(Problem(what, expected="dims from 0 to 2^40"))
        yield value.name, Value(shape, BITS.get(its.elem_type), constant=value.name in weights)
    if problems:
        raise SpecError(problems)


def _shape(tensor_type: Any) -> tuple[int, ...] | None:
    if not tensor_type.HasField("shape"):
        return None
    dims = tensor_type.shape.dim
    if not all(dim.HasField("dim_value") for dim in dims):
        return None
    return tuple(dim.dim_value for dim in dims)


def _node(node: Any) -> Node:
    own = node.domain in OWN_DOMAINS
    return Node(
        name=node.name or next((name for name in node.output if name), node.op_type),
        op=node.op_type if own else f"{node.domain}.{node.op_type}",
        inputs=(*node.input, *captured(node)),
        outputs=tuple(node.output),
        attributes=_attributes(node),
        inside=_inside(node),
    )


def _attributes(node: Any) -> Mapping[str, Attribute]:
    found: dict[str, Attribute] = {}
    for its in node.attribute:
        if its.type == FLOAT:
            found[its.name] = its.f
        elif its.type == INT:
            found[its.name] = its.i
        elif its.type == STRING:
            found[its.name] = its.s.decode("utf-8", "replace")
        elif its.type == FLOATS:
            found[its.name] = tuple(its.floats)
        elif its.type == INTS:
            found[its.name] = tuple(its.ints)
        elif its.type == STRINGS:
            found[its.name] = tuple(text.decode("utf-8", "replace") for text in its.strings)
    return found


def _inside(node: Any) -> int:
    """Return how many nodes are in the graphs that a node holds, at any depth."""
    waiting, count = list(graphs_in(node)), 0
    while waiting:
        for inner in waiting.pop().node:
            count += 1
            waiting += graphs_in(inner)
    return count
