"""What machines do beside moving words: addresses (rule 14) and hops over meshes (rule 13)."""

from __future__ import annotations

import numpy as np

from accelsim.arch.records import Architecture, Fanout
from accelsim.conventions import Conventions
from accelsim.errors import Problem, SpecError
from accelsim.evaluation.expected import (
    address_actions,
    expected_address,
    expected_energy,
    finished_energy,
    outermost_holder,
)
from accelsim.evaluation.mesh import Meshes, mesh_traffic
from accelsim.evaluation.prices import Floats, Prices, present_memories
from accelsim.mapping.arrays import Ints
from accelsim.mapping.records import Mapping
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import Layer

ADDRESS, HOP, ROUTE = (ACTIONS.index(action) for action in ("address", "hop", "route"))


def meshes_of(
    layer: Layer, arch: Architecture, mapping: Mapping, network: Ints, conventions: Conventions
) -> Meshes:
    """Return the traffic of the networks that make hops; empty if the machine names none.

    Raises
    ------
    SpecError
        If it names one and the mapping has remainders.
    """
    named = next((fanout for fanout in arch.fanouts if fanout.network), None)
    if named is None:
        return {}
    if mapping.remainders:
        what = f"hops of a mapping with remainders are not counted; {_says(arch, named)}"
        raise SpecError([Problem(what, hint=f"factors without remainders, or no {_key(named)}")])
    return mesh_traffic(layer, arch, mapping, network, conventions)


def search_problem(arch: Architecture) -> Problem | None:
    """Return why no search can price mappings of a machine; None if one can."""
    named = next((fanout for fanout in arch.fanouts if fanout.network), None)
    if named is None:
        return None
    return Problem(
        f"no search knows what hops cost; {_says(arch, named)}",
        hint=f"give a mapping to `accelsim evaluate`, or leave out {_key(named)}",
    )


def _says(arch: Architecture, fanout: Fanout) -> str:
    return f"'{fanout.name}' of {arch.name} names `network: {fanout.network}`"


def _key(fanout: Fanout) -> str:
    return f"`network` of '{fanout.name}'"


def count_addresses(
    layer: Layer, arch: Architecture, prices: Prices, levels: tuple[str, ...], words: Ints
) -> Ints:
    """Return the addresses that memories generate: ``[level, tensor]``.

    Parameters
    ----------
    words : int64[level, tensor, action]
    """
    addresses = np.zeros((len(levels), len(layer.tensors)), dtype=np.int64)
    for memory in present_memories(arch):
        level = levels.index(memory.name)
        for t, tensor in enumerate(layer.tensors):
            for action in address_actions(prices, memory, tensor):
                addresses[level, t] += words[level, t, ACTIONS.index(action)]
    return addresses


def price_extras(
    layer: Layer,
    arch: Architecture,
    prices: Prices,
    levels: tuple[str, ...],
    words: Ints,
    meshes: Meshes,
    energy: Floats,
) -> None:
    """Write what addresses and hops cost into ``energy[level, tensor, action]``.

    Parameters
    ----------
    words : int64[level, tensor, action]
    """
    for t, tensor in enumerate(layer.tensors):
        for memory in present_memories(arch):
            level = levels.index(memory.name)
            for action in address_actions(prices, memory, tensor):
                each = expected_address(prices, memory, action, tensor, layer)
                energy[level, t, ADDRESS] += words[level, t, ACTIONS.index(action)] * each
        for fanout in arch.fanouts:
            mesh = meshes.get((fanout.name, tensor.name))
            if mesh is None:
                continue
            level = levels.index(fanout.name)
            for a, action, count in ((HOP, "hop", mesh.hops), (ROUTE, "route", mesh.routed)):
                each = expected_energy(prices, fanout, action, tensor, layer)
                energy[level, t, a] = count * each
    output, holder = layer.tensors.index(layer.output), outermost_holder(arch, layer)
    finished = finished_energy(prices, arch, layer).get("address", 0.0)
    energy[levels.index(holder.name), output, ADDRESS] += finished
