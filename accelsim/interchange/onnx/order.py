"""An order in which the nodes of a model can run."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from accelsim.errors import Problem, SpecError
from accelsim.interchange.onnx.sound import called, graphs_in
from accelsim.interchange.places import quoted, refusal


def put_in_order(graph: Any) -> None:
    """Sort the nodes of a graph so that each reads only what is there; most files are so.

    Raises
    ------
    SpecError
        If nodes wait for each other, or read or return what nothing writes.
    """
    nodes = list(graph.node)
    there = {value.name for value in graph.input} | {value.name for value in graph.initializer}
    there |= {tensor.values.name for tensor in graph.sparse_initializer}
    writer = {name: index for index, node in enumerate(nodes) for name in node.output if name}
    reads = [[*filter(None, node.input), *captured(node)] for node in nodes]
    problems = [
        Problem(f"{called(node)} reads {quoted(name)}, which nothing writes")
        for node, names in zip(nodes, reads, strict=True)
        for name in names
        if name not in there and name not in writer
    ]
    problems += (
        Problem(f"output {quoted(value.name)} is written by no node")
        for value in graph.output
        if value.name not in there and value.name not in writer
    )
    if problems:
        raise SpecError(problems)
    waits = {
        index: [writer[name] for name in names if name in writer]
        for index, names in enumerate(reads)
    }
    if all(before < index for index, earlier in waits.items() for before in earlier):
        return
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError as fault:
        circle = " -> ".join(called(nodes[index]) for index in reversed(fault.args[1][:6]))
        raise refusal(f"nodes wait for each other: {circle}") from None
    del graph.node[:]
    graph.node.extend(nodes[index] for index in order)


def captured(node: Any) -> Iterator[str]:
    """Yield what the graphs that a node holds read of the graph around it."""
    waiting = list(graphs_in(node))
    inner: list[Any] = []
    own: set[str] = set()
    while waiting:
        graph = waiting.pop()
        own.update(value.name for value in (*graph.input, *graph.initializer))
        own.update(tensor.values.name for tensor in graph.sparse_initializer)
        for part in graph.node:
            own.update(part.output)
            inner.append(part)
            waiting += graphs_in(part)
    for part in inner:
        yield from (name for name in part.input if name and name not in own)
