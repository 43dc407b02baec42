"""What each place keeps, and the prices of the boundaries that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    READS,
    REDUCTIONS,
    UPDATES,
)
from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.machine import node_slots
from accelsim.mapper.exact.sheets import Sheet
from accelsim.mapping.arrays import Ints

Keep = tuple[int, ...]
"""``[place]``: mask of tensors."""


def patterns(problem: MappingProblem) -> Iterator[Keep]:
    """Yield every choice of what each place keeps."""
    arrays = problem.space.arrays
    choices = []
    for must, may in zip(arrays.keep_must.tolist(), arrays.keep_may.tolist(), strict=True):
        choices.append([m for m in range(may + 1) if m & must == must and m & ~may == 0])
    return product(*choices)


def fill_pattern(s: np.void, problem: MappingProblem, keep: Keep, sheets: list[Sheet]) -> bool:
    """Write a choice of what is kept into the record of a search, and prices with it.

    Returns False if some tensor is not kept by the outermost place.
    """
    n, nt = int(s["n_nodes"]), int(s["n_tensors"])
    place = [int(p) for p in s["place"][:n]]
    s["kept"][:n] = [keep[p] if p >= 0 else 0 for p in place]
    if s["kept"][n - 1] != (1 << nt) - 1:
        return False
    s["parent"], s["child_block"], s["parent_block"] = n - 1, 1, 1
    s["current"], s["ahead"], s["lanes_ahead"] = 0, 0, 1.0
    for t in range(nt):
        keepers = [v for v in range(n) if s["kept"][v] >> t & 1]
        for row, parent in zip([0, *(v + 1 for v in keepers[:-1])], keepers, strict=True):
            s["parent"][row, t] = parent
            s["parent_block"][row, t] = problem.machine.place_block[place[parent], t]
            if row:
                s["child_block"][row, t] = problem.machine.place_block[place[row - 1], t]
        for pos in range(n + 1):
            row = max([0, *(v + 1 for v in keepers if v < pos)])
            row = 0 if row == n else row  # beyond the outermost place nothing is open
            s["current"][pos, t] = row
            for v in range(pos, int(s["parent"][row, t])):
                if place[v] < 0:
                    s["ahead"][pos, t] = 1
                    s["lanes_ahead"][pos, t] *= s["most_lanes"][v]
    o = int(s["output"])
    for pos in range(n + 1):
        parent = int(s["parent"][s["current"][pos, o], o])
        s["settled"][pos] = all(p >= 0 for p in place[parent:n])
    write_energies(s, problem)
    for k, sheet in enumerate(sheets, start=1):
        write_bits(s, problem, k, sheet)
    return True


class Fits:
    """Which tiles fit where, remembered by what is kept."""

    def __init__(self, s: np.void, points: Points, problem: MappingProblem) -> None:
        self.machine, self.limits = problem.machine, problem.space.arrays.tile_max
        self.place = [int(p) for p in s["place"][: s["n_nodes"]]]
        self.words = [points["words"][:, t].copy() for t in range(s["n_tensors"])]
        self.bits = [float(b) for b in problem.layer_arrays.tensor_bits]
        self.known: dict[tuple[int, int], Ints] = {}

    def used_bits(self, node: int, kept: int, memory: int) -> Floats:
        """Return ``[point]``: bits that the kept tiles of a place take of a memory."""
        used = np.zeros(len(self.words[0]))
        for t, words in enumerate(self.words):
            if kept >> t & 1 and self.machine.place_memory[self.place[node], t] == memory:
                used += words * self.bits[t]
        return used

    def of(self, node: int, kept: int) -> Ints:
        """Return ``[point]``: ``1 << node`` where the kept tiles are within their limits."""
        if (node, kept) not in self.known:
            fits = np.full(len(self.words[0]), True)
            place = self.place[node]
            members = [t for t in range(len(self.words)) if kept >> t & 1]
            for t in members:
                if self.limits[place, t] >= 0:
                    fits &= self.words[t] <= self.limits[place, t]
            for memory in {int(self.machine.place_memory[place, t]) for t in members}:
                if self.machine.memory_bits[memory] >= 0:
                    fits &= self.used_bits(node, kept, memory) <= self.machine.memory_bits[memory]
            self.known[node, kept] = fits.astype(np.int64) << node
        return self.known[node, kept]

    def all(self, s: np.void) -> Ints | None:
        """Return ``[point]``: mask of the nodes where tiles fit; None if some tile never does."""
        masks = [self.of(v, int(s["kept"][v])) for v in range(s["n_nodes"]) if self.place[v] >= 0]
        if not all(mask[0] for mask in masks):  # the smallest tile
            return None
        fanouts = sum(1 << v for v, place in enumerate(self.place) if place < 0)
        return sum(masks, np.full(len(self.words[0]), fanouts, dtype=np.int64))

    def shared(self, s: np.void) -> list[tuple[int, int]]:
        """Return (memory, node) of every memory of limited size that several places share."""
        users: dict[int, set[int]] = {}
        for v, place in enumerate(self.place):
            for t in range(len(self.words)):
                if s["kept"][v] >> t & 1:
                    users.setdefault(int(self.machine.place_memory[place, t]), set()).add(v)
        return [
            (memory, v)
            for memory, nodes in sorted(users.items())
            if len(nodes) > 1 and self.machine.memory_bits[memory] >= 0
            for v in range(len(self.place))
        ]


def boundary_rows(s: np.void, tensor: int) -> Iterator[tuple[int, int]]:
    """Yield the boundaries of a tensor from inside out: (row of the child, node of the parent)."""
    row = 0
    while True:
        parent = int(s["parent"][row, tensor])
        yield row, parent
        if parent == s["n_nodes"] - 1:
            return
        row = parent + 1


def write_energies(s: np.void, problem: MappingProblem) -> None:
    """Write sheet 0.

    A word that starts from zero at a parent is not read there (but for what a first read costs),
    not sent back across the boundary, and starts from zero further in as well: ``beta`` is what it
    saves at one boundary, ``credit`` at all further in.
    """
    prices, n, o = problem.price_arrays, int(s["n_nodes"]), int(s["output"])
    place = s["place"]
    for name in ("fill_price", "drain", "read", "update", "credit", "back", "deliver", "collect"):
        s[name][0] = 0.0
    s["reduce"][0], s["beta"] = 0.0, 0.0
    for v, of in enumerate(node_slots(problem)):
        if len(of) == 2:
            fanout = int(problem.machine.slot_fanout[of[0]])
            energy = prices.fanout_energy[fanout]
            s["deliver"][0, v, : len(energy)] = energy[:, DELIVERIES]
            s["collect"][0, v] = energy[o, COLLECTIONS]
            s["reduce"][0, v] = energy[o, REDUCTIONS]
    for t in range(s["n_tensors"]):
        for row, parent in boundary_rows(s, t):
            s["read"][0, row, t] = prices.place_energy[place[parent], t, READS]
            if row:
                s["fill_price"][0, row, t] = prices.place_energy[place[row - 1], t, FILLS]
    saved = 0.0
    for row, parent in boundary_rows(s, o):
        outer = prices.place_energy[place[parent], o]
        s["update"][0, row] = outer[UPDATES]
        if row:
            s["drain"][0, row] = prices.place_energy[place[row - 1], o, DRAINS]
        s["credit"][0, row] = saved
        s["back"][0, row] = s["fill_price"][0, row, o] + s["deliver"][0, row:parent, o].sum()
        s["beta"][row] = outer[READS] - outer[FIRST_READS] + s["back"][0, row]
        saved += s["beta"][row]
    s["start_cost"][0] = (
        problem.layer.operations * prices.operation_energy - s["output_words"] * s["beta"][:n].sum()
    )


def write_bits(s: np.void, problem: MappingProblem, k: int, sheet: Sheet) -> None:
    """Write the sheet of a port or network: bits of every word that passes it.

    All sums go back to the first lane of a group (rule 17), so that every visit but the first
    counts there; the first visits are taken off at the end (``sheet_credit``).
    """
    o = int(s["output"])
    for name in ("fill_price", "drain", "read", "update", "credit", "back", "deliver", "collect"):
        s[name][k] = 0.0
    s["reduce"][k], s["start_cost"][k], credited = 0.0, 0.0, 0
    for t in range(s["n_tensors"]):
        bits = float(problem.layer_arrays.tensor_bits[t])
        for row, parent in boundary_rows(s, t):
            if sheet.memory < 0:
                if row <= sheet.node < parent:
                    s["deliver"][k, sheet.node, t] = bits
                    if t == o:
                        s["collect"][k, sheet.node] = bits
                        s["back"][k, row] = bits
                        credited += 1
                continue
            if problem.machine.place_memory[s["place"][parent], t] == sheet.memory:
                s["read"][k, row, t] += bits * sheet.reads
                if t == o:
                    s["update"][k, row] += bits * sheet.writes
                    credited += sheet.reads
            if row and problem.machine.place_memory[s["place"][row - 1], t] == sheet.memory:
                if t == o:
                    s["drain"][k, row] += bits * (sheet.reads + sheet.writes)
                    credited += sheet.writes
                else:
                    s["fill_price"][k, row, t] += bits * sheet.writes
    s["sheet_credit"][k] = credited * float(problem.layer_arrays.tensor_bits[o]) * s["output_words"]
