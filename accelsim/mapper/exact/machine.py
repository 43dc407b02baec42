"""The machine and the limits on loops, as the search sees them: nodes and lanes."""

from __future__ import annotations

from functools import reduce
from operator import and_

import numpy as np

from accelsim.counter.layout import MAX_FANOUTS
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
    machine, slots = problem.machine, node_slots(problem)
    within, across = joint_limits(problem)
    shared = shared_arrays(problem)
    n = len(slots)
    place = [int(machine.slot_place[of[0]]) for of in slots]
    fanout = [int(machine.slot_fanout[of[0]]) for of in slots]
    column = [shared.index(a) if (a := array_of(problem, f)) in shared else -1 for f in fanout]
    s["n_nodes"], s["n_mesh"], s["n_joints"] = n, len(shared), len(across)
    s["place"], s["fanout"], s["mesh_column"] = -1, -1, -1
    s["place"][:n], s["fanout"][:n], s["mesh_column"][:n] = place, fanout, column
    for number, array in enumerate(shared):
        s["mesh"][number] = machine.array_mesh[array]
    for j, (nodes, dim, most, exact) in enumerate(across):
        s["joint_nodes"][j], s["joint_dim"][j] = nodes, dim
        s["joint_most"][j], s["joint_exact"][j] = most, exact
    fill_limits(
        s, problem, {v for v in range(n) if v in within or any(m[0] >> v & 1 for m in across)}
    )
    s["most_lanes"], s["most_shared"] = 1.0, 1.0
    found: dict[int, tuple[Points, Floats]] = {}
    most_lanes = [1.0] * n
    for v in range(n - 1, -1, -1):
        if place[v] >= 0:
            continue
        if problem.conventions.multicast != "none":
            s["multicast"][v] = machine.multicast[fanout[v]]
        s["reduces"][v] = machine.reduces[fanout[v]]
        next_too = v + 1 < n and column[v] == column[v + 1] >= 0
        s["group_end"][v] = s["group_end"][v + 1] if next_too else v
        rows, spread, least = rows_of(problem, s, v, column[v] >= 0, within.get(v, []))
        most_lanes[v] = float(rows["lanes"].max()) if len(rows) else 1.0
        s["most_shared"][v, : len(least)] = 1.0 / least
        found[v] = rows, spread
    s["most_lanes"][:n] = most_lanes
    n_rows = n_spreads = 0
    row_start, spread_start = [0], [0]
    for v in range(n):
        if v in found:
            rows, spread = found[v]
            s["spread"][n_spreads : n_spreads + len(spread), : spread.shape[1]] = spread
            n_rows, n_spreads = n_rows + len(rows), n_spreads + len(spread)
        row_start.append(n_rows)
        spread_start.append(n_spreads)
    s["row_start"][: n + 1], s["spread_start"][: n + 1] = row_start, spread_start
    outward = [[v for v in range(pos, n) if place[v] < 0] for pos in range(n + 1)]
    s["fanouts_outside"][: n + 1] = [bool(fanouts) for fanouts in outward]
    s["next_fanout"][: n + 1] = [min(fanouts, default=-1) for fanouts in outward]
    meshes = [float(machine.array_mesh[array].prod()) for array in shared]
    fill_lanes(s, outward, column, most_lanes, meshes)
    if not (machine.place_block > 1).any():
        everywhere = [int(s["multicast"][v]) for v in outward[0]]
        s["united"] = reduce(and_, everywhere, -1)
    return np.concatenate([found[v][0] for v in sorted(found)] or [np.zeros(0, dtype=ROW)])


def fill_limits(s: np.void, problem: MappingProblem, joint: set[int]) -> None:
    """Write what limits the loops of each place; the nodes in ``joint`` have joint limits, too."""
    arrays, dims = problem.space.arrays, active_dims(problem)
    nd, bounds = len(dims), problem.layer_arrays.bounds[dims].tolist()
    largest, only, inside = (
        its[:, dims].tolist() for its in (arrays.slot_max, arrays.slot_exact, arrays.inside)
    )
    s["most"] = 1
    most, free = s["most"], s["free"]
    for v, (slot, *more) in enumerate(node_slots(problem)):
        if more:
            continue
        most[v, :nd] = largest[slot]
        limited = v in joint or any(m < b for m, b in zip(largest[slot], bounds, strict=True))
        if any(only[slot]):
            s["exact"][v, :nd] = only[slot]
            limited = True
        if any(inside[slot]):
            masks = [sum(1 << j for j, e in enumerate(dims) if m >> e & 1) for m in inside[slot]]
            s["inside"][v, :nd] = masks
            limited |= any(masks)
        free[v] = not limited


def fill_lanes(
    s: np.void,
    outward: list[list[int]],
    column: list[int],
    most_lanes: list[float],
    meshes: list[float],
) -> None:
    """Write the most lanes from each pos outward: fanouts of one array have no more than it has.

    ``outward[pos]`` are the fanouts there, ``meshes`` the lanes of the arrays that some share.
    """
    own_lanes, total_lanes, array_lanes = list[float](), list[float](), list[list[float]]()
    for fanouts in outward:
        own, arrays = 1.0, [1.0] * MAX_FANOUTS
        for v in fanouts:
            if column[v] < 0:
                own *= most_lanes[v]
            else:
                arrays[column[v]] *= most_lanes[v]
        total = own
        for lanes, mesh in zip(arrays, meshes, strict=False):
            total *= min(lanes, mesh)
        own_lanes.append(own)
        total_lanes.append(total)
        array_lanes.append(arrays)
    n = len(outward)
    s["own_lanes"][:n], s["total_lanes"][:n] = own_lanes, total_lanes
    s["array_lanes"][:n] = array_lanes


def array_of(problem: MappingProblem, fanout: int) -> int:
    """Return the array of a fanout; -1 for none."""
    return int(problem.machine.fanout_array[fanout]) if fanout >= 0 else -1


def shared_arrays(problem: MappingProblem) -> list[int]:
    """Return the arrays whose lanes several fanouts share."""
    of = problem.machine.fanout_array.tolist()
    return sorted({a for a in of if of.count(a) > 1})
