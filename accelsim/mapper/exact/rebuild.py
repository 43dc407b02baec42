"""From a complete label back to the mapping that it stands for."""

from __future__ import annotations

from itertools import accumulate

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.labels import END, NO_LOOP, Labels
from accelsim.mapper.exact.lattice import active_dims, numbered_divisors
from accelsim.mapper.exact.pattern import Keep
from accelsim.mapper.exact.rows import split_lanes
from accelsim.mapper.exact.slots import node_slots
from accelsim.mapper.exact.tables import Tables
from accelsim.mapping.arrays import MappingArrays, ints


def rebuild(
    problem: MappingProblem, tables: Tables, labels: Labels, keep: Keep, index: int
) -> MappingArrays:
    """Return the mapping that a complete label stands for."""
    extents, numbers, meshes = tables.points["extent"], tables.rows["number"], tables.rows["mesh"]
    places, mesh_columns = tables.fields["place"].tolist(), tables.fields["mesh_column"].tolist()
    dims, slots = active_dims(problem), node_slots(problem)
    divisors = [numbered_divisors(bound) for bound in problem.layer_arrays.bounds[dims].tolist()]
    loops: list[list[tuple[int, int]]] = [[] for _ in problem.machine.slot_place]
    parents, actions, reached = labels["parent"], labels["action"], labels["point"]
    chain: list[tuple[int, int]] = []
    while index >= 0:
        chain.append((int(actions[index]), int(reached[index])))
        index = int(parents[index])
    node = previous = 0
    for action, point in reversed(chain):
        if action == END:
            node += 1
        elif action != NO_LOOP and places[node] >= 0:
            d, number = divmod(action, 4096)
            dim, bound = dims[d], divisors[d][number] // int(extents[previous, d])
            block = loops[slots[node][0]]
            # A dim that grew after the order had ceased to matter: one loop, where it stood first.
            inner = [k for k, (other, _) in enumerate(block) if other == dim]
            if inner:
                block[inner[0]] = (dim, block[inner[0]][1] * bound)
            else:
                block.insert(0, (dim, bound))
        elif action != NO_LOOP:
            wanted = {
                dims[d]: divisors[d][number]
                for d, number in enumerate(numbers[action].tolist())
                if number > 0
            }
            used = (0, 0)
            if mesh_columns[node] >= 0:
                used = (int(meshes[action, 0]), int(meshes[action, 1]))
            for slot, lanes in zip(
                slots[node], split_lanes(problem, node, wanted, used), strict=True
            ):
                loops[slot] = [(dim, k) for dim, k in sorted(lanes.items()) if k > 1]
            node += 1
        previous = point
    in_order = [loop for of_slot in loops for loop in of_slot]
    return MappingArrays(
        ints(dim for dim, _ in in_order),
        ints(bound for _, bound in in_order),
        ints(accumulate(map(len, loops))),
        ints(keep),
    )
