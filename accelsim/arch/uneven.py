"""Uneven mappings: each tensor of a shared memory has a tile of its own, and its own place in time.

A place has one tile, whatever it keeps.  A memory that stands at several consecutive places, each
of which keeps one role, may hold a small tile of one tensor that changes often and a large one of
another that stays: its places share its capacity, ports and energy, and the loops between them are
inside the tile of one and outside that of the other.  Which role stands outside which is a choice,
so that a machine has as many uneven forms as its roles have orders.

A role's place is called ``memory.role``, as ``glb.Inputs``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import permutations, product

from accelsim.arch.records import Architecture, Holding, Node, Place


def shared_places(arch: Architecture, selector: str) -> tuple[Place, ...]:
    """Return the selected places, all but the outermost, whose one memory can keep several roles.

    Memories side by side stay as they are: their loops are those of one place.
    """
    return tuple(
        node
        for node in arch.selected(selector)
        if isinstance(node, Place) and _is_shared(node, arch)
    )


def uneven_forms(arch: Architecture, places: Iterable[Place]) -> Iterator[Architecture]:
    """Yield the machine with some of its shared places divided by role, in every order."""
    divided = set(places)
    choices: list[list[tuple[Node, ...]]] = [
        [_in_order(node, roles) for roles in permutations(sorted(node.holdings[0].roles))]
        if isinstance(node, Place) and node in divided
        else [(node,)]
        for node in arch.nodes
    ]
    for chosen in product(*choices):
        yield replace(arch, nodes=tuple(node for nodes in chosen for node in nodes))


def form_with(arch: Architecture, names: Iterable[str]) -> Architecture:
    """Return the form of a machine that has places of these names, in their order.

    Roles that are not named stand inside those that are.  A machine that divides no place so is
    returned as it is.
    """
    named = list(dict.fromkeys(names))
    if named == [place.name for place in arch.places]:
        return arch
    nodes: list[Node] = []
    for node in arch.nodes:
        roles: list[str] = []
        if isinstance(node, Place) and node.name not in named and _is_shared(node, arch):
            of_role = {f"{node.name}.{role}": role for role in sorted(node.holdings[0].roles)}
            roles = [of_role[name] for name in named if name in of_role]
            roles += [role for role in of_role.values() if roles and role not in roles]
        nodes += _in_order(node, roles) if isinstance(node, Place) and roles else (node,)
    return arch if len(nodes) == len(arch.nodes) else replace(arch, nodes=tuple(nodes))


def _is_shared(place: Place, arch: Architecture) -> bool:
    one_memory = place is not arch.places[0] and len(place.holdings) == 1
    return one_memory and len(place.holdings[0].roles) > 1


def _in_order(place: Place, roles: Iterable[str]) -> tuple[Place, ...]:
    (held,) = place.holdings
    return tuple(
        Place(
            f"{place.name}.{role}",
            (Holding(held.memory, held.keep & {role}, held.may_keep & {role}),),
            part_of=place.name,
        )
        for role in roles
    )
