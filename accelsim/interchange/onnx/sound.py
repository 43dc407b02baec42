"""What makes no sense in a model, whatever its operators mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from accelsim.errors import Problem, SpecError
from accelsim.interchange.onnx.wire import MAX_NODES
from accelsim.interchange.places import quoted

EXTERNAL = 1
"""TensorProto.DataLocation.EXTERNAL"""

GRAPH, GRAPHS = 5, 10
"""AttributeProto.AttributeType"""

MAX_DIM = 2**40
MAX_AXES = 64


def check(model: Any) -> None:
    """Raise a :class:`SpecError` with what is wrong with a parsed model."""
    if not model.graph.node:
        raise SpecError([Problem("a model without nodes", expected="an ONNX model")])
    if not all(isinstance(text, str) for text in _texts(model)):
        raise SpecError([Problem("a name in it is not UTF-8 text")])
    problems = [*_external(model), *_dims(model.graph), *_names(model.graph), *_functions(model)]
    if problems:
        raise SpecError(problems)


def graphs_of(model: Any) -> Iterator[Any]:
    """Yield the graph of a model, and the graphs in its nodes and functions at any depth."""
    waiting = [model.graph]
    nodes = [node for function in model.functions for node in function.node]
    while waiting or nodes:
        if not nodes:
            graph = waiting.pop()
            yield graph
            nodes = list(graph.node)
        for node in nodes:
            waiting += graphs_in(node)
        nodes = []


def graphs_in(node: Any) -> Iterator[Any]:
    """Yield the graphs that a node holds itself."""
    for attribute in node.attribute:
        if attribute.type == GRAPH:
            yield attribute.g
        elif attribute.type == GRAPHS:
            yield from attribute.graphs


def _texts(model: Any) -> Iterator[object]:
    """Yield every name that anything is known by."""
    yield from (model.producer_name, model.producer_version)
    nodes = [node for function in model.functions for node in function.node]
    for function in model.functions:
        yield from (function.name, function.domain, *function.input, *function.output)
    for graph in graphs_of(model):
        for tensor in graph.initializer:
            yield tensor.name
            yield from (text for entry in tensor.external_data for text in (entry.key, entry.value))
        yield from (tensor.values.name for tensor in graph.sparse_initializer)
        for value in (*graph.input, *graph.output, *graph.value_info):
            yield value.name
            yield from (dim.dim_param for dim in value.type.tensor_type.shape.dim)
        nodes += graph.node
    for node in nodes:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)


def called(node: Any) -> str:
    """Return how a message calls a node."""
    name = node.name or (node.output[0] if node.output else "")
    return f"node {quoted(name)} ({node.op_type})" if name else f"a node {quoted(node.op_type)}"


def _external(model: Any) -> Iterator[Problem]:
    """Yield what points outside of the model's folder; nothing of it is ever opened."""
    for graph in graphs_of(model):
        for tensor in graph.initializer:
            for entry in tensor.external_data:
                if tensor.data_location == EXTERNAL and entry.key == "location":
                    posix, windows = PurePosixPath(entry.value), PureWindowsPath(entry.value)
                    parts = {*posix.parts, *windows.parts}
                    if posix.is_absolute() or windows.drive or windows.root or ".." in parts:
                        what = f"weights {quoted(tensor.name)} point to {quoted(entry.value)}"
                        yield Problem(what, expected="a file in the folder of the model")


def _dims(graph: Any) -> Iterator[Problem]:
    for tensor in graph.initializer:
        yield from _dim_problems(f"weights {quoted(tensor.name)}", tensor.dims)
    for value in (*graph.input, *graph.output, *graph.value_info):
        dims = value.type.tensor_type.shape.dim
        given = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in dims]
        yield from _dim_problems(f"value {quoted(value.name)}", given)


def _dim_problems(what: str, dims: Any) -> Iterator[Problem]:
    if len(dims) > MAX_AXES:
        yield Problem(f"{what} has {len(dims):,} axes", expected=f"at most {MAX_AXES}")
        return
    for dim in dims:
        if not 0 <= dim <= MAX_DIM:
            yield Problem(f"{what} has a dim of {dim}", expected="0 to 2^40")


def _names(graph: Any) -> Iterator[Problem]:
    """Yield what is written twice; the order of nodes is seen to where they are translated."""
    written = Counter(name for node in graph.node for name in node.output if name)
    for name, times in written.items():
        if times > 1:
            yield Problem(f"value {quoted(name)} is written by {times} nodes", expected="one")
    for value in graph.input:
        if value.name in written:
            yield Problem(f"input {quoted(value.name)} is written by a node")


def _functions(model: Any) -> Iterator[Problem]:
    """Yield functions that call themselves, or that are too many once each call is written out."""
    if not model.functions:
        return
    bodies = {(its.domain, its.name): list(_nodes_within(its.node)) for its in model.functions}
    calls = {
        key: Counter(
            (node.domain, node.op_type) for node in body if (node.domain, node.op_type) in bodies
        )
        for key, body in bodies.items()
    }
    try:
        order = list(TopologicalSorter(calls).static_order())
    except CycleError as fault:
        name = ".".join(part for part in fault.args[1][0] if part)
        yield Problem(f"function {quoted(name)} calls itself")
        return
    sizes: dict[tuple[str, str], int] = {}
    for key in order:
        sizes[key] = len(bodies[key]) + sum(n * sizes[to] for to, n in calls[key].items())
    whole = sum(
        sizes.get((node.domain, node.op_type), 1) for node in _nodes_within(model.graph.node)
    )
    if whole > MAX_NODES:
        what = f"{whole:,} nodes once the calls of functions are written out"
        yield Problem(what, expected=f"at most {MAX_NODES:,}")


def _nodes_within(nodes: Any) -> Iterator[Any]:
    """Yield nodes, and those of the graphs in them at any depth."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        waiting += (inner for graph in graphs_in(node) for inner in graph.node)
