"""What stays on the chip between layers: ``stay_on_chip:`` of a workload file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from accelsim.errors import Problem, Where
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.workload.records import Edge, Layer, Resident
from accelsim.workload.schema import WorkloadSpec
from accelsim.yamldoc import Document

KEY = "stay_on_chip"


def with_residents(
    spec: WorkloadSpec, layers: Sequence[Layer], edges: Sequence[Edge], document: Document
) -> tuple[tuple[Layer, ...], list[Problem]]:
    """Return the layers with the maps that stay while they run, and what is wrong with these.

    A map lies there from the layer that writes it to the last that reads it, both included.

    Parameters
    ----------
    layers : those that ``spec`` describes, in its order
    """
    staying, problems = _chosen(spec, [layer.name for layer in layers], document)
    for name, pattern in staying.items():
        what = _fault(name, spec, edges, staying)
        if what:
            problems.append(replace(what, where=_where(document, pattern)))
    if problems:
        return tuple(layers), problems
    order = {layer.name: index for index, layer in enumerate(layers)}
    found: list[list[Resident]] = [[] for _ in layers]
    for name, pattern in staying.items():
        readers = [edge for edge in edges if edge.source == name]
        read = [(layers[order[edge.target]], edge.tensor) for edge in readers]
        writer = layers[order[name]]
        uses = [(writer, writer.output.name), *read]
        tensors = [(t.role, t.bits) for layer, its in uses for t in layer.tensors if t.name == its]
        words = writer.tensor_words(writer.output)
        widths = tuple(dict.fromkeys(tensors))
        for index in range(order[name], max(order[edge.target] for edge in readers) + 1):
            its = tuple(tensor for layer, tensor in uses if layer is layers[index])
            memory = spec.stay_on_chip[pattern]
            found[index].append(Resident(name, words, widths, memory, its))
    pairs = zip(layers, found, strict=True)
    return tuple(replace(layer, residents=tuple(its)) for layer, its in pairs), []


def _chosen(
    spec: WorkloadSpec, names: Sequence[str], document: Document
) -> tuple[dict[str, str], list[Problem]]:
    """Return the layers whose outputs stay, with the first pattern that says so."""
    staying: dict[str, str] = {}
    problems = []
    for pattern in spec.stay_on_chip:
        matched = [name for name in names if fnmatchcase(name, pattern)]
        for name in matched:
            staying.setdefault(name, pattern)
        if not matched:
            known = [*names]
            expected = one_of(known) if len(known) <= 12 else f"one of the {len(known)} layers"
            what = f"no layer '{shown(pattern)}'"
            where = _where(document, pattern)
            problems.append(Problem(what, where, "", expected, suggestion(pattern, known)))
    return staying, problems


def _fault(
    name: str, spec: WorkloadSpec, edges: Sequence[Edge], staying: Mapping[str, str]
) -> Problem | None:
    """Return why what a layer writes cannot stay."""
    what = f"'{name}' cannot stay on the chip"
    if not edges:
        hint = "say with `reads:` what feeds what"
        return Problem(f"{what}, as no layer says what it reads", hint=hint)
    readers = [edge for edge in edges if edge.source == name]
    if not readers:
        return Problem(f"{what}, as no layer reads it")
    if name in spec.outputs:
        return Problem(f"{what}, as it leaves the network")
    memory = spec.stay_on_chip[staying[name]]
    for reader in readers:
        beside = [
            edge.source
            for edge in edges
            if (edge.target, edge.tensor) == (reader.target, reader.tensor)
        ]
        for other in beside:
            if other not in staying:
                return Problem(
                    f"{what}: '{reader.target}' reads it side by side with '{other}', which does "
                    "not stay",
                    expected="all of them, or none",
                )
            if spec.stay_on_chip[staying[other]] != memory:
                return Problem(
                    f"{what}: '{reader.target}' reads it side by side with '{other}', which stays "
                    "in another memory",
                    expected="one memory for all of them",
                )
    return None


def _where(document: Document, pattern: str) -> Where:
    """Return where a layer or a pattern is named."""
    node = document.node((KEY,))
    if node is not None and isinstance(node.value, list):
        names = [str(item.value) for item in node.value]
        return document.where((KEY, names.index(pattern)))
    if node is not None and isinstance(node.value, dict):
        return document.where_key((KEY, pattern))
    return document.where((KEY,))
