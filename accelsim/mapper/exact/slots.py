"""The slots of each node, and limits on products of the factors of several slots."""

from __future__ import annotations

from accelsim.kept import kept
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.lattice import active_dims

Joint = tuple[int, int, int, int]
"""Mask of slots, dim (of the lattice), largest product, only product (0 is free)."""


@kept
def node_slots(problem: MappingProblem) -> list[tuple[int, ...]]:
    """Return, from inside out, the slots of each node (a place one, a fanout y and x)."""
    machine = problem.machine
    nodes: list[tuple[int, ...]] = []
    slot = 0
    while slot < len(machine.slot_place):
        if machine.slot_place[slot] >= 0:
            nodes.append((slot,))
            slot += 1
        else:
            nodes.append((slot, slot + 1))
            slot += 2
    return nodes[::-1]


def joint_limits(problem: MappingProblem) -> tuple[dict[int, list[Joint]], list[Joint]]:
    """Return the limits on products within one node, by node, and across nodes (a mask of them)."""
    arrays, dims = problem.space.arrays, active_dims(problem)
    slots = node_slots(problem)
    within: dict[int, list[Joint]] = {}
    across: list[Joint] = []
    for mask, dim, most, exact in zip(
        arrays.joint_slots, arrays.joint_dim, arrays.joint_max, arrays.joint_exact, strict=True
    ):
        if int(dim) not in dims:
            continue
        nodes = [v for v, of in enumerate(slots) if any(int(mask) >> s & 1 for s in of)]
        number = dims.index(int(dim))
        if len(nodes) == 1:
            within.setdefault(nodes[0], []).append((int(mask), number, int(most), int(exact)))
        else:
            across.append((sum(1 << v for v in nodes), number, int(most), int(exact)))
    return within, across
