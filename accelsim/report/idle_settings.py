"""What specs say that changes nothing, zeros apart: remarks, no problems."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from accelsim.arch.records import EVERY_DIM, Architecture, Memory
from accelsim.arch.rules import OTHER_DIMS
from accelsim.roles import ROLES
from accelsim.specs.fields import suggestion
from accelsim.technology.records import EnergyTable
from accelsim.workload.records import Network
from accelsim.yamldoc import Document

SUMS = ("drain", "update")
"""Movements of outputs only."""

FROM_OUTSIDE = ("fill", "drain")
"""Movements that the outermost memory never makes."""


def idle_settings_of_machine(arch: Architecture) -> Iterator[str]:
    """Yield what a machine says that changes nothing, whatever it computes."""
    for memory in arch.memories:
        if memory.size_bits != 0:
            yield from _idle_at_memory(arch, memory)
    for fanout in arch.fanouts:
        if not fanout.network:
            idle = [f"energy `{action}`" for action in ("hop", "route") if action in fanout.energy]
            idle += [] if fanout.sums_return else ["`sums_return`"]
            for what in idle:
                yield f"{fanout.name}: {what} changes nothing: it has no `network`"


def _idle_at_memory(arch: Architecture, memory: Memory) -> Iterator[str]:
    kept, outermost = arch.roles_kept(memory), arch.places[0] in arch.places_of(memory)
    for role in memory.widths:
        if role not in kept:
            yield f"{memory.name}: `widths` of {role} change nothing: it cannot keep them"
    for number, port in enumerate(memory.ports, 1):
        for action, roles in port.moves.items():
            for role in (role for role in ROLES if role in roles):
                why = ""
                if role not in kept:
                    why = "it cannot keep them"
                elif role != "Outputs" and action in SUMS:
                    why = "only Outputs are"
                elif outermost and action in FROM_OUTSIDE:
                    why = "nothing is outside of it"
                if why:
                    yield f"{memory.name}: no {role} pass port {number} as `{action}`: {why}"
    limited = (
        memory.read_words_per_cycle,
        memory.write_words_per_cycle,
        memory.shared_words_per_cycle,
        memory.ports,
    )
    if not memory.overlap and not any(limited):
        yield f"{memory.name}: `overlap` changes nothing: its transfers take no time, unlimited"
    if memory.gates_unused and not memory.leakage_mw:
        yield f"{memory.name}: `gates_unused` changes nothing: it states no `leakage`"
    if memory.buffering > 1 and memory.size_bits is None:
        yield f"{memory.name}: `buffering` changes nothing: it states no `size`"
    if memory.energy_bits is not None and not memory.energy:
        yield f"{memory.name}: the `width` of `energy` changes nothing: it states no price"


def idle_settings_of_pair(arch: Architecture, network: Network) -> Iterator[str]:
    """Yield what a machine says that changes nothing for a network."""
    dims = {dim for layer in network.layers for dim, _ in layer.dims}
    for fanout in arch.fanouts:
        for role, named in fanout.forwards.items():
            unknown = [] if named == EVERY_DIM else sorted(named - dims)
            if unknown:
                yield (
                    f"on {arch.name}, {fanout.name} passes {role} on along {', '.join(unknown)}, "
                    "which no layer has"
                )
    yield from constraints_on_nothing(arch, network)


def constraints_on_nothing(arch: Architecture, network: Network) -> Iterator[str]:
    """Yield the dims that a machine's own rules name and no layer has."""
    dims = list({dim: None for layer in network.layers for dim, _ in layer.dims})
    named = {
        dim: None
        for rule in (*arch.constraints, *arch.search_constraints)
        for dim in (*(dim for dim, _ in rule.limits), *(dim for it in rule.order for dim in it))
        if dim not in (*dims, OTHER_DIMS)
    }
    if named:
        close = (suggestion(dim, dims) for dim in named)
        meant = "".join(f"; {hint}" for hint in dict.fromkeys(close) if hint)
        said = f"the constraints of {arch.name} name {', '.join(named)}"
        yield f"{said}, which no layer of {network.name} has{meant}"


def idle_settings_of_network(document: Document, network: Network) -> Iterator[str]:
    """Yield the bits and densities that the layers of a file state of tensors which they lack."""
    named = {
        layer.name: {
            word for tensor in layer.tensors for word in (tensor.name, tensor.role.lower())
        }
        for layer in network.layers
    }
    listed = document.node(("layers",))
    for index, node in enumerate(listed.value if listed and isinstance(listed.value, list) else ()):
        name = node.inside("name")
        its = named.get(str(name.value)) if name else None
        for key in ("bits", "density"):
            stated = node.inside(key)
            written = stated.value if stated and isinstance(stated.value, dict) else {}
            for role in (role.lower() for role in ROLES if its is not None):
                if role in written and role not in (its or ()):
                    where = document.where_key(("layers", index, key, role))
                    yield f"{where}: `{key}` of {role} change nothing: the layer has none"


def idle_prices(table: EnergyTable) -> Iterator[str]:
    """Yield the prices of a table that are never asked for; Accelergy's say so themselves."""
    if table.per_access:
        return
    used = {
        f"{compound.parts[step.partition('.')[0]].component}.{step.partition('.')[2]}"
        for compound in table.compounds.values()
        for steps in compound.actions.values()
        for step in steps
    }
    for section in (table.prices, table.curves, table.macs):
        for component, actions in section.items():
            for action in actions:
                name = f"{component}.{action}"
                if fnmatchcase(action, "*.repeated") and name not in used:
                    yield f"{name} is never charged: every access is taken to be at random"
