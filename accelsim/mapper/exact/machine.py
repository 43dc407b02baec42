"""The machine and the limits on loops, as the search sees them: nodes and lanes."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.lattice import Points, active_dims
from accelsim.mapper.exact.layout import ROW
from accelsim.mapper.exact.rows import rows_of
from accelsim.mapper.exact.slots import joint_limits, node_slots


def fill_machine(s: np.void, problem: MappingProblem) -> Points:
    """Write the machine and the limits on loops into the record of a search; return its rows.

    Returns
    -------
    rows : record[row] of dtype :data:`~accelsim.mapper.exact.layout.ROW`
        Ways to use the lanes of a fanout; ``row_start[node]:row_start[node + 1]`` are those of one.
    """
    machine, arrays = problem.machine, problem.space.arrays
    dims, slots = active_dims(problem), node_slots(problem)
    within, across = joint_limits(problem)
    shared = shared_arrays(problem)
    s["n_nodes"] = n = len(slots)
    s["place"], s["mesh_column"], s["most_lanes"], s["most"] = -1, -1, 1.0, 1
    s["fanout"], s["most_shared"] = -1, 1.0
    s["n_joints"] = len(across)
    for j, (nodes, dim, most, exact) in enumerate(across):
        s["joint_nodes"][j], s["joint_dim"][j] = nodes, dim
        s["joint_most"][j], s["joint_exact"][j] = most, exact
    s["n_mesh"] = len(shared)
    for column, array in enumerate(shared):
        s["mesh"][column] = machine.array_mesh[array]
    found: dict[int, tuple[Points, Floats]] = {}
    for v, of in reversed(list(enumerate(slots))):
        if len(of) == 1:
            s["place"][v] = machine.slot_place[of[0]]
            limited = v in within or any(nodes >> v & 1 for nodes, _, _, _ in across)
            largest, only, inside = (
                its[of[0], dims] for its in (arrays.slot_max, arrays.slot_exact, arrays.inside)
            )
            s["most"][v, : len(dims)], s["exact"][v, : len(dims)] = largest, only
            if inside.any():
                s["inside"][v, : len(dims)] = [
                    sum(1 << j for j, e in enumerate(dims) if mask >> e & 1)
                    for mask in inside.tolist()
                ]
                limited |= bool(s["inside"][v].any())
            limited |= bool(only.any() or (largest < s["bounds"][: len(dims)]).any())
            s["free"][v] = not limited
        else:
            fanout = s["fanout"][v] = int(machine.slot_fanout[of[0]])
            array = int(machine.fanout_array[fanout])
            if problem.conventions.multicast != "none":
                s["multicast"][v] = machine.multicast[fanout]
            s["reduces"][v] = machine.reduces[fanout]
            if array in shared:
                s["mesh_column"][v] = shared.index(array)
            next_too = v + 1 < n and s["mesh_column"][v] == s["mesh_column"][v + 1] >= 0
            s["group_end"][v] = s["group_end"][v + 1] if next_too else v
            rows, spread, least = rows_of(problem, s, v, array in shared, within.get(v, []))
            s["most_lanes"][v] = rows["lanes"].max() if len(rows) else 1.0
            s["most_shared"][v, : len(least)] = 1.0 / least
            found[v] = rows, spread
    n_rows = n_spreads = 0
    for v in range(n):
        if v in found:
            rows, spread = found[v]
            s["spread"][n_spreads : n_spreads + len(spread), : spread.shape[1]] = spread
            n_rows, n_spreads = n_rows + len(rows), n_spreads + len(spread)
        s["row_start"][v + 1], s["spread_start"][v + 1] = n_rows, n_spreads
    for pos in range(n + 1):
        fill_lanes(s, pos)
        s["fanouts_outside"][pos] = bool((s["place"][pos:n] < 0).any())
        s["next_fanout"][pos] = next((v for v in range(pos, n) if s["place"][v] < 0), -1)
    if not (machine.place_block > 1).any():
        everywhere = s["multicast"][:n][s["place"][:n] < 0]
        s["united"] = np.bitwise_and.reduce(everywhere, initial=-1)
    return np.concatenate([found[v][0] for v in sorted(found)] or [np.zeros(0, dtype=ROW)])


def fill_lanes(s: np.void, pos: int) -> None:
    """Write the most lanes from ``pos`` outward: fanouts of one array have no more than it has."""
    outward = range(pos, int(s["n_nodes"]))
    s["own_lanes"][pos], s["array_lanes"][pos] = 1.0, 1.0
    for v in outward:
        array = s["mesh_column"][v]
        if array < 0:
            s["own_lanes"][pos] *= s["most_lanes"][v]
        else:
            s["array_lanes"][pos, array] *= s["most_lanes"][v]
    s["total_lanes"][pos] = s["own_lanes"][pos]
    for array in range(s["n_mesh"]):
        s["total_lanes"][pos] *= min(s["array_lanes"][pos, array], s["mesh"][array].prod())


def shared_arrays(problem: MappingProblem) -> list[int]:
    """Return the arrays whose lanes several fanouts share."""
    of = [int(a) for a in problem.machine.fanout_array]
    return sorted({a for a in of if of.count(a) > 1})
