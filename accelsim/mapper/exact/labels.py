"""Labels: partial mappings from the inside out, and which of them makes which superfluous."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.layout import (
    BEST_ENERGY,
    CHAINS,
    COST,
    DROPPED,
    EPOCH,
    LABEL,
    LANES,
    SECOND,
    START,
)

Labels = npt.NDArray[np.void]

# A tensor's state is status + 2 * (run dim + 1) + 64 * low row + 4096 * (tag + 1).
MOVED = 1
_RUN, _LOW, _TAG = 2, 64, 4096

NO_LOOP, END = -1, -2
"""Actions that are neither a loop nor a row of lanes."""


def empty_labels(room: int, columns: int) -> tuple[Labels, Floats]:
    """Return room for labels and figures (not zeroed: untouched pages cost nothing)."""
    return np.empty(room, dtype=LABEL), np.empty((room, columns))


@kernel
def is_moved(state: int) -> bool:
    """Return whether a loop that the tensor depends on stands outside its outermost keeper."""
    return state & 1 == MOVED


@kernel
def run_of(state: int) -> int:
    """Return the dim of the run under way, or -1."""
    return ((state >> 1) & 31) - 1


@kernel
def low_of(state: int) -> int:
    """Return the row of the innermost unmoved boundary."""
    return (state >> 6) & 63


@kernel
def tag_of(state: int) -> int:
    """Return node * 32 + dim of the loop that began the run of a moved boundary, or -1."""
    return (state >> 12) - 1


@kernel
def make_state(moved: int, run: int, low: int, tag: int) -> int:
    """Pack a tensor's state."""
    return moved + _RUN * (run + 1) + _LOW * low + _TAG * (tag + 1)


@kernel
def copy_label(s: np.record, labels: Labels, q: Floats, source: int, target: int) -> None:
    """Copy all that a child label inherits."""
    old, new = labels[source], labels[target]
    new.point, new.used, new.joint, new.slack = old.point, old.used, old.joint, old.slack
    new.parent = source
    for tensor in range(s.n_tensors):
        new.state[tensor] = old.state[tensor]
    for node in range(s.n_nodes):
        new.at[node] = old.at[node]
    for column in range(s.width):
        q[target, column] = q[source, column]


@kernel
def chain_of(s: np.record, label: np.record) -> int:
    """Return the hash of all that labels must have in common to be compared."""
    key = label.point * 1000003 + label.used * 7919 + label.joint * 31
    for tensor in range(s.n_tensors):
        key = key * 31 + label.state[tensor]
    key ^= key >> 17
    key ^= key >> 31
    chain: int = key & (CHAINS - 1)
    return chain


@kernel
def same_key(s: np.record, labels: Labels, a: int, b: int, pos: int) -> bool:
    """Return whether every completion of one label completes the other, at like figures.

    Proof.  What may still come is decided by the point, the dims used in the block (``used``) and
    the products of joint limits (``joint``).  What it costs is worked out from the figures, the
    states (what has moved, the run, the innermost unmoved row) and, by ``units`` and ``lanes``, the
    tiles and lanes further in.  The latter count for an input only, and only while fanouts stand
    outside: for one that has moved, on its way to its parent, since lanes to come unite its tiles
    with those of lanes passed; for an unmoved one, if it has a window or blocks, whose words are no
    products: then the points from just inside its row outward must be the same.  Of products the
    figures say enough (``cross_products``), and an output's words are its sums.
    """
    one, two = labels[a], labels[b]
    if one.point != two.point or one.joint != two.joint or one.used != two.used:
        return False
    for tensor in range(s.n_tensors):
        state = one.state[tensor]
        if state != two.state[tensor]:
            return False
        if tensor == s.output or s.fanouts_outside[pos] == 0:
            continue
        moved = is_moved(state)
        if moved and s.ahead[pos, tensor] == 0:
            continue
        if not moved and (s.products >> tensor) & 1 == 1:
            continue
        low = s.current[pos, tensor] if moved else low_of(state)
        for node in range(max(low - 1, 0), pos):
            if one.at[node] != two.at[node]:
                return False
    return True


@kernel
def dominates(s: np.record, q: Floats, a: int, b: int, pos: int, slack: float) -> bool:
    """Return whether label a makes b superfluous: all figures no worse.

    Proof.  Both have the same key, so that the same completions are open to both, and all that a
    completion unites or divides by is the same for both.  So the cost of a completion, on any
    sheet, is linear in the columns; none of the coefficients is negative:

    - What is unmoved is divided by the loops that pass, then costs ``UNIT``, or over a window dim
      ``UNIT / n + STRIP * (1 - 1 / n)``, n being the whole run.  ``UNIT`` may be negative, not its
      coefficient.  What is ``PENDING`` is divided by how the run grows, and due.
    - ``READ`` and ``SECOND`` of an input are words and visits at prices of deliveries and reads.
      Of moved visits that fetch tiles, a run that grows by n turns 1 - 1/n into such that fetch
      strips, which cost something too (:func:`~accelsim.mapper.exact.lanes.cross_input`).
    - ``READ`` of the output is collected, reduced, read and updated.  ``SECOND`` is charged at
      ``back + credit``, which is negative where first reads inside are dearer than returns: there
      (``visits_save``) it must be equal.  Unmoved, both are so at one point in any case.

    Memories and arrays fill up from the ``resources``, by the same for both.  A port's cycles fall
    with its instances and rise with its lanes over dims of the output (fewer first visits an
    instance): column 0 and those of ports stand in ``q`` with their signs.  Energy, cycles and any
    product of them rise with what they are made of, so that no completion of b is better than the
    same completion of a.  Where cycles only break ties (``lexicographic``) and a costs less by more
    than rounding (``slack``), fewer lanes cannot make up for it.
    """
    if q[a, COST] > q[b, COST]:
        return False
    if q[a, LANES] > q[b, LANES] and (s.lexicographic == 0 or q[a, COST] >= q[b, COST] - slack):
        return False
    if s.visits_save[pos] == 1:
        visits = s.tensors + s.output * s.tensor_width + SECOND
        if q[a, visits] != q[b, visits]:
            return False
    for column in range(COST + 1, s.width):  # noqa: SIM110  (plain, for the compiler)
        if q[a, column] > q[b, column]:
            return False
    return True


@kernel
def rounding(s: np.record) -> float:
    """Return more energy than rounding may take from a figure near the best so far."""
    more: float = s.tolerance * abs(s.best[BEST_ENERGY]) * 10.0
    return more


@kernel
def is_dominated(s: np.record, labels: Labels, q: Floats, new: int, pos: int, chain: int) -> bool:
    """Return whether a label of the chain dominates the label under construction; count it then."""
    slack = rounding(s)
    epoch, first = s.counts[EPOCH], s.counts[START]
    other = s.head[chain] - epoch
    while other >= first:
        if same_key(s, labels, other, new, pos) and dominates(s, q, other, new, pos, slack):
            s.counts[DROPPED] += 1
            return True
        other = labels[other].next
    return False


@kernel
def enter_chain(s: np.record, labels: Labels, q: Floats, new: int, pos: int, chain: int) -> None:
    """Chain the label under construction; drop what it dominates."""
    slack = rounding(s)
    epoch, first = s.counts[EPOCH], s.counts[START]
    before = -1
    other = s.head[chain] - epoch
    while other >= first:
        following = labels[other].next
        if same_key(s, labels, other, new, pos) and dominates(s, q, new, other, pos, slack):
            labels[other].alive = 0
            if before >= 0:
                labels[before].next = following
            else:
                s.head[chain] = following + epoch
        else:
            before = other
        other = following
    labels[new].next = s.head[chain] - epoch if s.head[chain] - epoch >= first else -1
    s.head[chain] = new + epoch
