"""Where a machine may gate and skip accesses, and which formats mean something.

An access is gated or skipped word by word only next to the operations: in the innermost place that
can keep the tensor, with no fanout inside, so that each access serves one operation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from accelsim.arch.records import Architecture, Fanout, Memory, Place
from accelsim.errors import Problem
from accelsim.roles import Role

SPARSITY_KEYS = ("format", "densities", "gating", "skipping")
"""Of a memory; problems name them in backticks."""


def minds_zeros(arch: Architecture) -> bool:
    """Tell whether zeros make any difference to a machine."""
    return bool(minding_zeros(arch))


def minding_zeros(arch: Architecture) -> dict[str, list[str]]:
    """Return the parts to which zeros make a difference, with the keys that say so."""
    said: dict[str, tuple[Collection[Role], ...]] = {}
    for memory in arch.memories:
        said[memory.name] = (memory.formats, memory.gating, memory.skipping)
    for fanout in arch.fanouts:
        said[fanout.name] = (fanout.formats, (), ())
    said[arch.compute.name] = ((), arch.compute.gating, arch.compute.skipping)
    keys = ("format", "gating", "skipping")
    found = {
        name: [key for key, its in zip(keys, stated, strict=True) if its]
        for name, stated in said.items()
    }
    return {name: stated for name, stated in found.items() if stated}


def sparsity_problems(arch: Architecture) -> list[Problem]:
    """Return what a machine says of zeros that cannot be; empty if all of it can."""
    problems: list[Problem] = []
    for memory in arch.memories:
        problems += _memory_problems(arch, memory)
    for fanout in arch.fanouts:
        problems += _sums_problems(fanout)
    return problems


def _memory_problems(arch: Architecture, memory: Memory) -> Iterator[Problem]:
    said = (memory.formats, memory.densities, memory.gating, memory.skipping)
    if not any(said):
        return
    places, kept = arch.places_of(memory), arch.roles_kept(memory)
    for key, stated in zip(SPARSITY_KEYS, said, strict=True):
        for role in stated:
            if role not in kept and memory.size_bits != 0:
                yield Problem(f"'{memory.name}' states `{key}` of {role}, which it cannot keep")
    if arch.places[0] not in places:
        yield from _sums_problems(memory)
    for key, following in (("gating", memory.gating), ("skipping", memory.skipping)):
        for role in following:
            why = _not_beside_operations(arch, memory, role) if role in kept else ""
            if why:
                yield Problem(
                    f"'{memory.name}' cannot have `{key}` of {role}: {why}",
                    expected="the innermost memory that can keep it, inside all fanouts",
                )


def _sums_problems(part: Memory | Fanout) -> Iterator[Problem]:
    if "Outputs" in part.formats and "Outputs" not in part.densities:
        yield Problem(
            f"'{part.name}' has a `format` for Outputs, which are sums under way there",
            hint="state their density there, as `densities: {Outputs: 1}`",
        )


def _not_beside_operations(arch: Architecture, memory: Memory, role: str) -> str:
    """Return why an access to a role does not serve one operation; empty if it does."""
    holders = [
        (node, held)
        for node in arch.nodes
        if isinstance(node, Place)
        for held in node.holdings
        if role in held.roles
    ]
    last, held = holders[-1]
    if held.memory != memory.name:
        return f"'{held.memory}', further inside, can keep it"
    if sum(held.memory == memory.name for _, held in holders) > 1:
        return "it keeps it at several places"
    inside = arch.nodes[arch.nodes.index(last) + 1 :]
    fanout = next((node for node in inside if isinstance(node, Fanout)), None)
    return f"lanes of '{fanout.name}' share its reads" if fanout else ""
