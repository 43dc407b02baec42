"""What a machine or a network says of zeros that changes nothing: remarks, no problems."""

from __future__ import annotations

from collections.abc import Iterator

from accelsim.arch.records import Architecture, Fanout, Memory
from accelsim.roles import ROLES, Role
from accelsim.workload.records import Network
from accelsim.yamldoc import Document, Keys, Node


def idle_zeros_of_machine(arch: Architecture) -> Iterator[str]:
    """Yield what a machine says of zeros that changes nothing, whatever it computes."""
    parts: tuple[Memory | Fanout, ...] = (*arch.memories, *arch.fanouts)
    for part in parts:
        unread = [role for role in part.densities if role not in part.formats]
        if unread:
            yield (
                f"{part.name}: `densities` of {_listed(unread)} change nothing: only a `format` "
                "there would read them"
            )
    for memory in arch.memories:
        yield from _idle_at_memory(memory)
    compute = arch.compute
    both = compute.gating & compute.skipping
    if both:
        yield (
            f"{compute.name}: `gating` by {_listed(both)} changes nothing: `skipping` leaves these "
            "operations out already"
        )
    if "gated" in compute.energy and not compute.gating - compute.skipping:
        yield f"{compute.name}: energy `gated` is never paid: nothing is gated there"


def _idle_at_memory(memory: Memory) -> Iterator[str]:
    switched = False
    for key, following in (("gating", memory.gating), ("skipping", memory.skipping)):
        for role, operands in following.items():
            if role in operands:
                yield (
                    f"{memory.name}: `{key}` of {role} by {role}: a zero is known only once it is "
                    f"read, so that this changes nothing but for layers with several {role}"
                )
            if key == "gating":
                both = operands & memory.skipping.get(role, frozenset())
                switched |= bool(operands - both)
                if both:
                    yield (
                        f"{memory.name}: `gating` of {role} by {_listed(both)} changes nothing: "
                        "`skipping` leaves these accesses out already"
                    )
    if "gated" in memory.energy and not switched:
        yield f"{memory.name}: energy `gated` is never paid: nothing is gated there"


def empty_lists(document: Document) -> Iterator[str]:
    """Yield where a machine's file lists no operand at all."""
    for keys in _empty(document.root, ()):
        yield f"{document.where(keys)}: an empty list: no operand, nothing is gated or skipped"


def _empty(node: Node, keys: Keys, within: bool = False) -> Iterator[Keys]:
    if within and node.value == []:
        yield keys
    elif isinstance(node.value, dict):
        for key, inner in node.value.items():
            yield from _empty(inner, (*keys, key), within or key in ("gating", "skipping"))
    elif isinstance(node.value, list):
        for index, inner in enumerate(node.value):
            yield from _empty(inner, (*keys, index))


def idle_zeros_of_pair(arch: Architecture, network: Network) -> Iterator[str]:
    """Yield what one of a machine and a network says of zeros that the other makes nothing of."""
    sparse = {t.role for layer in network.layers for t in layer.tensors if t.density < 1.0}
    led = _leading(arch)
    idle = [role for role in ROLES if role in led and role not in sparse]
    if idle:
        yield (
            f"on {arch.name}, gating and skipping by {_listed(idle)} change nothing: their density "
            "is 1 in every layer"
        )
    unread = [role for role in ROLES if role in sparse and role not in led | _formatted(arch)]
    if unread:
        yield f"on {arch.name}, densities of {_listed(unread)} change nothing: nothing reads them"


def _leading(arch: Architecture) -> set[Role]:
    """Return the roles whose zeros gate or skip anything."""
    led = {*arch.compute.gating, *arch.compute.skipping}
    for memory in arch.memories:
        for following in (memory.gating, memory.skipping):
            led |= {its for role, operands in following.items() for its in operands - {role}}
    return led


def _formatted(arch: Architecture) -> set[Role]:
    """Return the roles that a format holds or carries by the densities of the layer."""
    parts: tuple[Memory | Fanout, ...] = (*arch.memories, *arch.fanouts)
    return {role for part in parts for role in part.formats if role not in part.densities}


def _listed(roles: frozenset[Role] | list[Role]) -> str:
    return " and ".join(role for role in ROLES if role in roles)
