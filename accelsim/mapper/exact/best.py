"""The best mappings so far, and what can no longer beat them."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.kernel import whole_cycles
from accelsim.evaluation.prices import Floats
from accelsim.jit import inlined, kernel
from accelsim.mapper.exact.geometry import lanes_outside
from accelsim.mapper.exact.layout import (
    BEST_CYCLES,
    BEST_ENERGY,
    FIGURE,
    FRONT_FULL,
    FULL,
    LANES,
    TIE,
)
from accelsim.mapper.objectives import power_product

figure_of = kernel(power_product)


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
        most = lanes_outside(s, q, index, max(pos, s.sheet_node[sheet] + 1))
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
    return too_dear(s, s.low[0], lanes) or too_slow(s, q, index, pos, lanes)


@inlined
def too_dear(s: np.record, least: float, lanes: float) -> bool:
    """Return whether nothing of at least this energy, leakage aside, and these lanes is wanted."""
    if s.front == 0 and s.cycles_power == 0:  # cycles only add
        figure = figure_of(max(0.0, least), 1.0, s.energy_power, 0)
        if figure > s.best[FIGURE] * (1.0 + s.tolerance):
            return True
    if least == np.inf:  # no tile fits further out
        return True
    cycles = compute_cycles(s, lanes)
    return too_late(s, least + cycles * s.leakage, cycles)


@kernel
def too_slow(s: np.record, q: Floats, index: int, pos: int, lanes: float) -> bool:
    """Return whether sheets of at least ``s.low`` make a completion too slow."""
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
        s.counts[FULL] = FRONT_FULL
        return False
    s.front_energy[kept] = energy
    s.front_cycles[kept] = cycles
    s.front_label[kept] = index
    s.n_front = kept + 1
    return True
