"""What the completions of a label cost at least, and whether that is too much."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.kernel import whole_cycles
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.labels import is_moved, run_of
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import (
    BEST_CYCLES,
    BEST_ENERGY,
    COST,
    FIGURE,
    FULL,
    LANES,
    PENDING,
    READ,
    SECOND,
    SHEET,
    STRIP,
    TIE,
    UNIT,
)
from accelsim.mapper.objectives import power_product

figure_of = kernel(power_product)


@kernel
def sheet_column(s: np.record, tensor: int, sheet: int) -> int:
    """Return the first column of a tensor in a sheet."""
    column: int = s.tensors + tensor * s.tensor_width + SHEET + sheet * s.sheet_width
    return column


@kernel
def open_bound(s: np.record, tables: Floats, point: int, unmoved: int) -> float:
    """Return the least that unmoved tensors can cost together, whatever loops come.

    ``s.value[tensor]`` is the cost if it moved now.  Proof.  Tensors move in some order.  Up to the
    step where one of a set of unmoved tensors moves, only loops irrelevant to all of the set have
    passed; together they divide its cost by ``tables[set, point]`` at most, all that is left of
    those dims (a cost below zero is best not divided).  ``s.by_set[set]`` is the least of that cost
    plus the same for the rest of the set, over the member that moves first.
    """
    best = s.by_set
    best[0] = 0.0
    for members in range(1, unmoved + 1):
        if members & ~unmoved != 0:
            continue
        least = np.inf
        for tensor in range(s.n_tensors):
            if (members >> tensor) & 1 == 1:
                cost = s.value[tensor]
                if cost > 0.0:
                    cost /= tables[members, point]
                least = min(least, cost + best[members & ~(1 << tensor)])
        best[members] = least
    result: float = best[unmoved]
    return result


@kernel
def output_value(
    s: np.record, sheet: int, pos: int, unit: float, rising: float, visits: float
) -> float:
    """Return the least that the open boundary of the output can cost if it moved now.

    Of the ``rising`` words a share 1 - 1/R is reduced on lanes to come, R at most their number, at
    no less than the cheapest price; the rest is read and updated.  That is linear in 1/R, so the
    least stands at one end.  Visits fall by the lanes at most.
    """
    tensor = s.output
    if s.ahead[pos, tensor] == 0:
        return unit
    row = s.current[pos, tensor]
    lanes = s.lanes_ahead[pos, tensor]
    cheapest = np.inf
    for node in range(pos, s.parent[row, tensor]):
        if s.place[node] < 0:
            cheapest = min(cheapest, s.reduce[sheet, node])
    taken = s.read[sheet, row, tensor] + s.update[sheet, row]
    reduced = cheapest * (1.0 - 1.0 / lanes) + taken / lanes
    least: float = unit + rising * min(taken, reduced)
    least += visits / lanes * (s.back[sheet, row] + s.credit[sheet, row])
    return least


@kernel
def least_strip(s: np.record, tensor: int, dim: int, fanouts: int, strip: float) -> float:
    """Return what ``strip`` can fall to if ``fanouts`` further out make the steps of a run longer.

    A step of D in dim a of u*a + v*b uncovers min(D, ...) of each residue class if v = 1 (a class
    is one run of words, see ``strip_words``), which grows with D.  Where a class has holes
    (dilation for a, a stride for b), a longer step may fall into them.
    """
    if fanouts == 0 or (s.monotone[tensor] >> dim) & 1 == 1:
        return strip
    return 0.0


@kernel
def input_value(
    s: np.record, points: Points, q: Floats, index: int, tensor: int, sheet: int,
    point: int, pos: int,
) -> float:  # fmt: skip
    """Return the least that an unmoved input can cost if it moved now, reads across lanes aside.

    A run over window dim d may grow to all that is left of d: of its visits a share of at least
    (extent so far) / bound fetches full tiles, the rest strips.
    """
    column = sheet_column(s, tensor, sheet)
    unit = q[index, column + UNIT]
    least: float = unit
    for w in range(s.n_window[tensor]):
        dim = s.window_dim[tensor, w]
        strip = least_strip(s, tensor, dim, s.fanouts_outside[pos], q[index, column + STRIP + w])
        share = points[point].extent[dim] / s.bounds[dim]
        least = min(least, strip + (unit - strip) * share)
    return least


@kernel
def bound_of(
    s: np.record, points: Points, tables: Floats, label: np.record, q: Floats, index: int, pos: int
) -> None:
    """Write lower bounds on every sheet of all completions of a label before ``pos`` (``s.low``).

    The cost so far; what the run under way must still fetch in full, its dim grown to its bound;
    what unmoved and unread boundaries need at least (:func:`open_bound`), words read across lanes
    to come divided by the number of those lanes; and the least cost of the boundaries of places
    further out, by the tile that they get (``future``).  Energy that lanes further out may turn
    into fresh starts of sums (``slack``) is taken off.
    """
    point = label.point
    for sheet in range(s.n_sheets):
        total = q[index, COST + sheet]
        total += tables[s.future[sheet, pos], point]
        unmoved = 0
        for tensor in range(s.n_tensors):
            s.value[tensor] = 0.0
            base = s.tensors + tensor * s.tensor_width
            column = sheet_column(s, tensor, sheet)
            state = label.state[tensor]
            run = run_of(state)
            if run >= 0:
                left = points[point].extent[run] / s.bounds[run]
                total += q[index, column + PENDING] * left
            row = s.current[pos, tensor]
            ahead = s.ahead[pos, tensor] == 1
            if tensor == s.output:
                if s.settled[pos] == 0:
                    continue
                least = output_value(
                    s, sheet, pos, q[index, column + UNIT], q[index, base + READ],
                    q[index, base + SECOND],
                )  # fmt: skip
                if is_moved(state):
                    total += least
                else:
                    unmoved |= 1 << tensor
                    s.value[tensor] = least
                continue
            lanes = s.lanes_ahead[pos, tensor]
            if sheet == 0:
                lanes *= s.parent_block[row, tensor]
            if is_moved(state):
                if ahead:
                    deliver = 0.0
                    for node in range(pos, s.parent[row, tensor]):
                        if s.place[node] < 0:
                            deliver = s.deliver[sheet, node, tensor]
                            break
                    total += q[index, base + READ] * (deliver + s.read[sheet, row, tensor] / lanes)
                continue
            unmoved |= 1 << tensor
            least = input_value(s, points, q, index, tensor, sheet, point, pos)
            if ahead:
                least += q[index, base + SECOND] * s.read[sheet, row, tensor] / lanes
            s.value[tensor] = least
        s.low[sheet] = total + open_bound(s, tables, point, unmoved)
    if s.settled[pos] == 0:
        s.low[0] -= label.slack


@kernel
def compute_cycles(s: np.record, lanes: float) -> float:
    """Return the cycles of a machine that never waits."""
    cycles: float = np.ceil(s.operations / min(lanes, s.operations) / s.rate)
    return cycles


@kernel
def cycles_of(s: np.record, q: Floats, index: int, pos: int, lanes: float) -> float:
    """Return the least cycles at ``lanes`` lanes, of sheets with ``s.low`` (rule 17).

    Instances may grow by all lanes from ``pos`` outward; at the end that is by none, and the
    cycles are exact.  Ports of a memory work side by side; what does not overlap the compute adds.
    """
    overlapped = compute_cycles(s, lanes)
    waited, slowest = 0.0, 0.0
    for sheet in range(1, s.n_sheets):
        port = s.ports + 2 * (sheet - 1)
        most = s.total_lanes[max(pos, s.sheet_node[sheet] + 1)]
        bits = s.low[sheet] / (-q[index, port] * most) - s.sheet_credit[sheet] / q[index, port + 1]
        cycles = whole_cycles(max(0.0, bits), s.sheet_bits[sheet])
        if s.sheet_waits[sheet] == 0:
            overlapped = max(overlapped, cycles)
            continue
        if s.sheet_memory[sheet] != s.sheet_memory[sheet - 1]:
            waited += slowest
            slowest = 0.0
        slowest = max(slowest, cycles)
    total: float = overlapped + waited + slowest
    return total


@kernel
def too_late(s: np.record, energy: float, cycles: float) -> bool:
    """Return whether nothing of at least these figures can beat the best so far, rounding granted.

    For a front: whether some point of it is no dearer and no slower.
    """
    tolerance = s.tolerance
    if s.front == 1:
        for i in range(s.n_front):
            if s.front_energy[i] <= energy * (1.0 + tolerance) and s.front_cycles[i] <= cycles * (
                1.0 + tolerance
            ):
                return True
        return False
    figure = figure_of(max(0.0, energy), cycles, s.energy_power, s.cycles_power)
    if figure > s.best[FIGURE] * (1.0 + tolerance):
        return True
    tie = cycles if s.energy_power > 0 else energy
    return bool(
        figure >= s.best[FIGURE] * (1.0 - tolerance) and tie >= s.best[TIE] * (1.0 - tolerance)
    )


@kernel
def hopeless(s: np.record, q: Floats, index: int, pos: int, lanes: float) -> bool:
    """Return whether no completion with sheets of at least ``s.low`` can be wanted.

    ``lanes`` is the most that can be in use.  Where cycles count for nothing but ties and energy
    alone decides, ports are not looked at.
    """
    if s.low[0] == np.inf:  # no tile fits further out
        return True
    cycles = compute_cycles(s, lanes)
    energy = s.low[0] + cycles * s.leakage
    if too_late(s, energy, cycles):
        return True
    if s.n_sheets == 1:
        return False
    cycles = cycles_of(s, q, index, pos, lanes)
    return too_late(s, s.low[0] + cycles * s.leakage, cycles)


@kernel
def note(s: np.record, q: Floats, index: int) -> bool:
    """Enter a complete label with sheets ``s.low`` into the best so far; return whether it is."""
    cycles = cycles_of(s, q, index, s.n_nodes, -q[index, LANES])
    energy = s.low[0] + cycles * s.leakage
    if too_late(s, energy, cycles):
        return False
    if s.front == 1:
        return enter_front(s, index, energy, cycles)
    s.best[FIGURE] = figure_of(energy, cycles, s.energy_power, s.cycles_power)
    s.best[TIE] = cycles if s.energy_power > 0 else energy
    s.best[BEST_ENERGY] = energy
    s.best[BEST_CYCLES] = cycles
    return True


@kernel
def enter_front(s: np.record, index: int, energy: float, cycles: float) -> bool:
    """Put a point on the front and drop those that it makes superfluous."""
    tolerance = s.tolerance
    kept = 0
    for i in range(s.n_front):
        if energy <= s.front_energy[i] * (1.0 + tolerance) and cycles <= s.front_cycles[i] * (
            1.0 + tolerance
        ):
            continue
        s.front_energy[kept] = s.front_energy[i]
        s.front_cycles[kept] = s.front_cycles[i]
        s.front_label[kept] = s.front_label[i]
        kept += 1
    if kept >= len(s.front_energy):
        s.counts[FULL] = 1
        return False
    s.front_energy[kept] = energy
    s.front_cycles[kept] = cycles
    s.front_label[kept] = index
    s.n_front = kept + 1
    return True
