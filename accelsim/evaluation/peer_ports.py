"""Ports through which lanes read for their neighbours: whose busiest instance is not known.

Under ``reuse: timeloop`` a fanout that forwards lets lanes read boxes for their neighbours.  Rule 9
counts these reads, and does not say which of the neighbours does each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from accelsim.arch.records import Architecture, Fanout, Memory, Place
from accelsim.conventions import Conventions
from accelsim.counter import count
from accelsim.counter.layout import READS
from accelsim.errors import Problem, SpecError
from accelsim.mapping.homes import memory_at
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer


def peers(arch: Architecture, conventions: Conventions) -> Iterator[tuple[Fanout, list[Place]]]:
    """Yield the fanouts whose lanes may read for neighbours, with the places just inside each."""
    if conventions.reuse != "timeloop":
        return
    for index, node in enumerate(arch.nodes):
        if isinstance(node, Fanout) and node.forwards:
            inside: list[Place] = []
            for inner in arch.nodes[index + 1 :]:
                if not isinstance(inner, Place):
                    break
                inside.append(inner)
            yield node, inside


def search_port_problem(arch: Architecture, conventions: Conventions) -> Problem | None:
    """Return why no search can time the ports of a machine; None if one can."""
    for fanout, places in peers(arch, conventions):
        for role in sorted(fanout.forwards):
            for place in places:
                held = place.holding(role)
                if held and _read_limit(arch.memory[held.memory]):
                    return _problem(arch, fanout, arch.memory[held.memory], role)
    return None


def refuse_unknown_ports(
    layer: Layer, arch: Architecture, mapping: Mapping, conventions: Conventions
) -> None:
    """Refuse a mapping under which a memory with limited reads also reads for its neighbours.

    Raises
    ------
    SpecError
    """
    for fanout, places in peers(arch, conventions):
        for t, tensor in enumerate(layer.tensors):
            keeper = next((p for p in places if tensor.name in mapping.block(p.name).keep), None)
            if keeper is None or tensor.role not in fanout.forwards:
                continue
            memory = memory_at(arch, layer, keeper, tensor)
            if not _read_limit(memory):
                continue
            alone = replace(
                arch,
                nodes=tuple(replace(fanout, forwards={}) if n is fanout else n for n in arch.nodes),
            )
            passing, apart = (
                count(layer, its, mapping, conventions).words[:, t, READS] for its in (arch, alone)
            )
            if (passing > apart).any():
                raise SpecError([_problem(arch, fanout, memory, tensor.role)])


def _read_limit(memory: Memory) -> str:
    """Return the key that limits the reads of a memory; empty if they are unlimited."""
    limits = {
        "read_bandwidth": memory.read_words_per_cycle,
        "shared_bandwidth": memory.shared_words_per_cycle,
        "ports": any("read" in port.moves for port in memory.ports),
    }
    return next((key for key, limit in limits.items() if limit), "")


def _problem(arch: Architecture, fanout: Fanout, memory: Memory, role: str) -> Problem:
    key = _read_limit(memory)
    return Problem(
        f"'{memory.name}' of {arch.name} limits its reads, and under `reuse: timeloop` "
        f"'{fanout.name}' lets it read {role} for neighbours: how many the busiest instance reads "
        "is not known",
        hint=f"no `{key}` of '{memory.name}', no `forwards` of '{fanout.name}', or an accounting "
        "with `reuse: window`",
    )
