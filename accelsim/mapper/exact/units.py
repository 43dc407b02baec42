"""What an open boundary would cost: the figures that a label carries for each tensor.

A tensor is **unmoved** while no temporal loop that it depends on stands outside its outermost
keeper so far, **moved** after that.  All figures are *absolute*: the cost if the tensor moved now,
all loops still outside included (their number is known, since factors are exact).  An irrelevant
temporal loop of bound n divides what is unmoved by n and leaves alone what has moved.
"""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.bounds import sheet_column
from accelsim.mapper.exact.geometry import lanes_of, sum_lanes_of, unite
from accelsim.mapper.exact.labels import low_of
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import READ, SECOND, STRIP, UNIT


@kernel
def accesses(words: float, sheet: int, block: int) -> float:
    """Return what one visit is charged for: blocks for energy, words for ports."""
    return words if block == 1 or sheet > 0 else np.ceil(words / block)


@kernel
def clear_open(s: np.record, q: Floats, index: int, tensor: int) -> None:
    """Set what an open boundary would cost to nothing; what a run under way owes stays."""
    base = s.tensors + tensor * s.tensor_width
    q[index, base + READ] = q[index, base + SECOND] = 0.0
    for sheet in range(s.n_sheets):
        column = sheet_column(s, tensor, sheet)
        q[index, column + UNIT] = 0.0
        for w in range(s.n_window[tensor]):
            q[index, column + STRIP + w] = 0.0


@kernel
def open_input(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, tensor: int, pos: int
) -> None:
    """Write the columns of an unmoved input before node ``pos``, from its tiles and lanes."""
    clear_open(s, q, index, tensor)
    current = s.current[pos, tensor]
    row = low_of(label.state[tensor])
    while True:
        open_boundary(s, points, label, q, index, tensor, pos, row)
        if row == current:
            return
        row = s.parent[row, tensor] + 1


@kernel
def open_boundary(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, tensor: int, pos: int,
    row: int,
) -> None:  # fmt: skip
    """Add one boundary of an unmoved input: its full tiles, and its strips by window dim.

    Of a dim that has no loop left there is no run, and there are no strips.
    """
    parent = s.parent[row, tensor]
    end = min(parent, pos)
    done = parent < pos or s.ahead[pos, tensor] == 0
    base = s.tensors + tensor * s.tensor_width
    outer = points[label.point]
    instances_of_child = outer.volume
    for node in range(row, pos):
        if s.place[node] < 0:
            instances_of_child *= lanes_of(points, label, node)
    for w in range(-1, s.n_window[tensor]):
        dim = s.window_dim[tensor, w] if w >= 0 else -1
        stride = int(outer.extent[dim]) if w >= 0 else 0
        if w >= 0 and stride == s.bounds[dim]:
            continue
        into = UNIT if w < 0 else STRIP + w
        words = unite(s, points, label, tensor, row, row, dim, stride)
        visits = instances_of_child
        if row > 0:
            for sheet in range(s.n_sheets):
                q[index, sheet_column(s, tensor, sheet) + into] += (
                    s.fill_price[sheet, row, tensor]
                    * visits
                    * accesses(words, sheet, s.child_block[row, tensor])
                )
        for node in range(row, end):
            if s.place[node] >= 0:
                continue
            for sheet in range(s.n_sheets):
                q[index, sheet_column(s, tensor, sheet) + into] += (
                    s.deliver[sheet, node, tensor] * visits * words
                )
            # Lanes that share a word are one visit of their union; others stay visits each.
            if (s.multicast[node] >> tensor) & 1 == 1:
                visits /= lanes_of(points, label, node)
                words = unite(s, points, label, tensor, row, node + 1, dim, stride)
        if done:
            for sheet in range(s.n_sheets):
                q[index, sheet_column(s, tensor, sheet) + into] += (
                    s.read[sheet, row, tensor]
                    * visits
                    * accesses(words, sheet, s.parent_block[row, tensor])
                )
        elif w < 0:
            q[index, base + READ] = q[index, base + SECOND] = visits * words
        else:
            least = visits * words
            if (s.monotone[tensor] >> dim) & 1 == 0:
                least = q[index, base + READ] * stride / s.bounds[dim]
            q[index, base + SECOND] = min(q[index, base + SECOND], least)


@kernel
def open_output(
    s: np.record, points: Points, label: np.record, q: Floats, index: int, pos: int
) -> None:
    """Write the columns of the unmoved output before node ``pos``."""
    tensor = s.output
    clear_open(s, q, index, tensor)
    base = s.tensors + tensor * s.tensor_width
    current = s.current[pos, tensor]
    row = low_of(label.state[tensor])
    while True:
        parent = s.parent[row, tensor]
        drained = drained_words(s, points, label, row, pos)
        for sheet in range(s.n_sheets):
            q[index, sheet_column(s, tensor, sheet) + UNIT] += drained * (
                s.drain[sheet, row] - s.credit[sheet, row]
            )
        rising, visits = drained, drained
        for node in range(row, min(parent, pos)):
            if s.place[node] >= 0:
                continue
            lanes = sum_lanes_of(points, label, node)
            below = rising
            visits /= lanes
            if s.reduces[node] == 1:
                rising /= lanes
            for sheet in range(s.n_sheets):
                q[index, sheet_column(s, tensor, sheet) + UNIT] += s.collect[
                    sheet, node
                ] * rising + s.reduce[sheet, node] * (below - rising)
        if parent < pos or s.ahead[pos, tensor] == 0:
            for sheet in range(s.n_sheets):
                q[index, sheet_column(s, tensor, sheet) + UNIT] += rising * (
                    s.read[sheet, row, tensor] + s.update[sheet, row]
                ) + visits * (s.back[sheet, row] + s.credit[sheet, row])
        else:
            q[index, base + READ] = rising
            q[index, base + SECOND] = visits
        if row == current:
            return
        row = parent + 1


@kernel
def drained_words(s: np.record, points: Points, label: np.record, row: int, pos: int) -> float:
    """Return the words of sums that leave a place over the layer, if they moved now."""
    drained = s.output_words * points[label.point].sums
    for node in range(row, pos):
        if s.place[node] < 0:
            drained *= sum_lanes_of(points, label, node)
    words: float = drained
    return words


@kernel
def slack_of_output(s: np.record, points: Points, label: np.record, pos: int) -> float:
    """Return at least the energy that lanes further out may save at boundaries that move now.

    A word that starts from zero at a parent saves ``beta``, and no more words of a boundary do so
    than its visits, U <= drained words.
    """
    row = low_of(label.state[s.output])
    slack = 0.0
    while True:
        slack += max(0.0, s.beta[row]) * drained_words(s, points, label, row, pos)
        if row == s.current[pos, s.output]:
            break
        row = s.parent[row, s.output] + 1
    saved: float = slack
    return saved
