"""What machines do beside moving words: addresses (rule 14) and hops over meshes (rule 13)."""

from __future__ import annotations

from accelsim.arch.records import Architecture, Fanout
from accelsim.conventions import Conventions
from accelsim.errors import Problem, SpecError
from accelsim.evaluation.expected import expected_energy
from accelsim.evaluation.mesh import Meshes, mesh_traffic
from accelsim.evaluation.prices import Floats, Prices
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


def price_hops(
    layer: Layer,
    arch: Architecture,
    prices: Prices,
    levels: tuple[str, ...],
    meshes: Meshes,
    energy: Floats,
) -> None:
    """Write what hops cost into ``energy[level, tensor, action]``."""
    for t, tensor in enumerate(layer.tensors):
        for fanout in arch.fanouts:
            mesh = meshes.get((fanout.name, tensor.name))
            if mesh is None:
                continue
            level = levels.index(fanout.name)
            for a, action, count in ((HOP, "hop", mesh.hops), (ROUTE, "route", mesh.routed)):
                each = expected_energy(prices, fanout, action, tensor, layer)
                energy[level, t, a] = count * each
