"""From a complete label back to the mapping that it stands for."""

from __future__ import annotations

import numpy as np

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.labels import END, NO_LOOP, Labels
from accelsim.mapper.exact.lattice import active_dims
from accelsim.mapper.exact.pattern import Keep
from accelsim.mapper.exact.rows import split_lanes
from accelsim.mapper.exact.slots import node_slots
from accelsim.mapper.exact.tables import Tables
from accelsim.mapping.arrays import Ints, MappingArrays


def rebuild(
    problem: MappingProblem, tables: Tables, labels: Labels, keep: Keep, index: int
) -> MappingArrays:
    """Return the mapping that a complete label stands for."""
    s, extents, rows = tables.fields, tables.points["extent"], tables.rows
    dims, slots = active_dims(problem), node_slots(problem)
    loops: dict[int, list[tuple[int, int]]] = {}
    chain = []
    parents, actions, reached = labels["parent"], labels["action"], labels["point"]
    while index >= 0:
        chain.append(index)
        index = int(parents[index])
    node = previous = 0
    for i in reversed(chain):
        action = int(actions[i])
        if action == END:
            node += 1
        elif action != NO_LOOP and s["place"][node] >= 0:
            dim, number = divmod(action, 4096)
            bound = int(s["divisor"][dim, number]) // int(extents[previous, dim])
            block = loops.setdefault(slots[node][0], [])
            # A dim that grew after the order had ceased to matter: one loop, where it stood first.
            inner = [k for k, (d, _) in enumerate(block) if d == dims[dim]]
            if inner:
                block[inner[0]] = (dims[dim], block[inner[0]][1] * bound)
            else:
                block.insert(0, (dims[dim], bound))
        elif action != NO_LOOP:
            row = rows[action]
            wanted = {
                dims[d]: int(s["divisor"][d, row["number"][d]])
                for d in range(len(dims))
                if row["number"][d] > 0
            }
            used = (0, 0)
            if s["mesh_column"][node] >= 0:
                used = (int(row["mesh"][0]), int(row["mesh"][1]))
            for slot, lanes in zip(
                slots[node], split_lanes(problem, node, wanted, used), strict=True
            ):
                loops[slot] = [(d, k) for d, k in sorted(lanes.items()) if k > 1]
            node += 1
        previous = int(reached[i])
    dim_list: list[int] = []
    bound_list: list[int] = []
    ends: list[int] = []
    for slot in range(len(problem.machine.slot_place)):
        for d, k in loops.get(slot, []):
            dim_list.append(d)
            bound_list.append(k)
        ends.append(len(dim_list))
    return MappingArrays(ints(dim_list), ints(bound_list), ints(ends), ints(keep))


def ints(values: list[int] | Keep) -> Ints:
    """Return an array of int64."""
    return np.array(values, dtype=np.int64)
