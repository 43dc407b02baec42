"""What feeds what in a workload file: ``reads:`` of layers, ``inputs:`` and ``outputs:``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from accelsim.errors import Problem
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.workload.records import Edge, Layer
from accelsim.workload.schema import WorkloadSpec
from accelsim.yamldoc import Document, Keys


def edges_of(
    spec: WorkloadSpec, layers: Sequence[Layer], document: Document
) -> tuple[tuple[Edge, ...], list[Problem]]:
    """Return the edges between layers, and what is wrong with them.

    Parameters
    ----------
    layers : those that ``spec`` describes, in its order
    """
    edges: list[Edge] = []
    problems: list[Problem] = []
    order = {layer.name: index for index, layer in enumerate(layers)}
    for name in spec.inputs:
        if name in order:
            what = f"input '{name}' has the name of a layer"
            problems.append(Problem(what, document.where_key(("inputs", name))))
    for index, (model, layer) in enumerate(zip(spec.layers, layers, strict=True)):
        keys: Keys = ("layers", index, "reads")
        for tensor, sources in (model.reads or {}).items():
            found = [*_faults(tensor, sources, layer, index, order, spec.inputs)]
            problems += (replace(problem, where=document.where(keys)) for problem in found)
            if not found:
                edges += (Edge(source, layer.name, tensor) for source in sources)
    for position, name in enumerate(spec.outputs):
        if name not in order:
            hint = suggestion(name, list(order))
            where = document.where(("outputs", position))
            problems.append(Problem(f"no layer '{shown(name)}'", where, hint=hint))
    return tuple(edges), problems


def _faults(
    tensor: str,
    sources: Sequence[str],
    layer: Layer,
    index: int,
    order: Mapping[str, int],
    inputs: Mapping[str, int],
) -> Iterator[Problem]:
    names = [its.name for its in layer.tensors if its.role != "Outputs"]
    if tensor not in names:
        what = f"layer '{layer.name}' has no input '{shown(tensor)}'"
        yield Problem(what, expected=one_of(names), hint=suggestion(tensor, names))
    for source in sources:
        if source in inputs:
            continue
        if source not in order:
            known = [*inputs, *order]
            yield Problem(
                f"neither a layer nor an input is called '{shown(source)}'",
                hint=suggestion(source, known),
            )
        elif order[source] >= index:
            what = f"layer '{layer.name}' reads '{source}', which does not run before it"
            yield Problem(what, expected="a layer above it")
