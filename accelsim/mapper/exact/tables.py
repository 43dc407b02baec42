"""What a search looks things up in: the record of the problem, its points, rows and patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.futures import Outlooks, fill_rows
from accelsim.mapper.exact.labels import empty_labels
from accelsim.mapper.exact.lattice import fill_layer, fill_shares
from accelsim.mapper.exact.layout import COST, FIELDS, PATTERN_FIELDS, SEARCH, SHEET, STRIP
from accelsim.mapper.exact.machine import fill_machine
from accelsim.mapper.exact.outlook import write_shares
from accelsim.mapper.exact.parts import is_elsewhere, parts_with_loops
from accelsim.mapper.exact.pattern import (
    Fits,
    Keep,
    fill_pattern,
    keep_choices,
    patterns,
)
from accelsim.mapper.exact.search import root_bound
from accelsim.mapper.exact.sheets import limited_sheets
from accelsim.mapper.objectives import Objective

TOLERANCE = 1e-12
"""Figures that differ by less are equal: sums of the same terms in another order."""


@dataclass
class Pattern:
    """A choice of what is kept, ready to be searched.

    Attributes
    ----------
    fields : uint8[byte]
        What the record of the search says about it.
    shared : tuple of (memory, node)
        Bits of memories that several places share, in the order of their rows in the tables.
    root : float
        No mapping of it costs less energy, leakage aside.
    floor : float
        No mapping of it has a lower figure.
    """

    number: int
    keep: Keep
    fields: npt.NDArray[np.uint8]
    shared: tuple[tuple[int, int], ...]
    root: float = 0.0
    floor: float = 0.0


class Tables:
    """The tables of a problem; those that depend on what is kept are of one pattern at a time.

    Attributes
    ----------
    store : FIELDS[1]
        The record, as Python calls kernels; ``fields`` are the same to read and write in Python,
        ``record`` as kernels see it.
    points : POINT[point]
    rows : ROW[row]
        Ways to use the lanes of fanouts.
    by_point : float64[row, point]
        Shares of what is left, which tiles fit, outlooks, and bits of memories that several places
        share.
    """

    def __init__(self, problem: MappingProblem, objective: Objective, front: bool) -> None:
        self.problem, self.objective = problem, objective
        self.store = np.zeros(1, dtype=FIELDS)
        self.fields = self.store[0]
        self.record = np.ndarray(1, SEARCH, self.store)
        first, last = (FIELDS.fields[name][1] for name in PATTERN_FIELDS)  # type: ignore[index]
        self._pattern_fields = self.store.view(np.uint8)[first:last]
        self.points = fill_layer(self.fields, self.record, problem)
        self.rows = fill_machine(self.fields, problem)
        self._n_nodes, self._low = int(self.fields["n_nodes"]), self.fields["low"]
        self._lay_out(front)
        self._prepared_for = -1

    def _lay_out(self, front: bool) -> None:
        """Say what is wanted, and where the columns of ``q`` stand, the shared bits apart."""
        s, prices, objective = self.fields, self.problem.price_arrays, self.objective
        sheets = limited_sheets(self.problem)
        s["n_sheets"] = n = 1 + len(sheets)
        for k, sheet in enumerate(sheets, start=1):
            s["sheet_bits"][k], s["sheet_node"][k] = sheet.bits_per_cycle, sheet.node
            s["sheet_memory"][k], s["sheet_waits"][k] = sheet.memory, sheet.waits
            s["sheet_passes"][k, : len(sheet.passes)] = sheet.passes
        s["sheet_memory"][0] = -1
        s["energy_power"], s["cycles_power"] = objective.energy_power, objective.cycles_power
        s["operation_energy"] = prices.operation_energy
        s["leakage"], s["rate"] = prices.leakage, prices.operations_per_cycle
        s["tolerance"], s["front"] = TOLERANCE, front
        s["lexicographic"] = not front and objective.cycles_power == 0 and prices.leakage == 0
        s["ports"] = COST + n
        s["resources"] = s["ports"] + 2 * (n - 1)
        s["sheet_width"] = STRIP + max(s["n_window"].tolist())
        s["tensor_width"] = SHEET + n * int(s["sheet_width"])
        lanes = min(float(s["total_lanes"][0]), float(s["operations"]))
        self._least_cycles = float(np.ceil(s["operations"] / lanes / s["rate"]))
        self._first = empty_labels(1, 0)
        self._n_shared = -1
        self._place_tensors(0)

    def _place_tensors(self, n_shared: int) -> None:
        """Say where the columns of tensors stand, after ``n_shared`` of shared memories."""
        if n_shared == self._n_shared:
            return
        s = self.fields
        s["n_shared"] = self._n_shared = n_shared
        s["tensors"] = tensors = s["resources"] + n_shared + 2 * s["n_mesh"]
        s["width"] = width = int(tensors + s["n_tensors"] * s["tensor_width"])
        if self._first[1].shape[1] < width:
            self._first = empty_labels(1, width)

    def list_patterns(self) -> list[Pattern]:
        """Return what can be kept where, not yet bounded (see :meth:`bound`).

        As yet their floor is what operations alone cost on as many lanes as there are.
        """
        s = self.fields
        listed: list[Pattern] = []
        sets = 1 << int(s["n_tensors"])
        s["share"] = sets + 1 + np.arange(s["share"].size).reshape(-1, 2)
        alike = s["window"] & ~s["monotone"] == 0  # steps that lanes make longer uncover no less
        s["share"][alike, 1] = s["share"][alike, 0]
        first = sets + 1 + s["share"].size
        self._fits = Fits(s, self.points, self.problem, first)
        first += sum(map(len, keep_choices(self.problem)))
        s["shared"] = self._shared_row = first
        self._outlooks = Outlooks(s, sets, first + self._fits.most_shared)
        for number, keep in enumerate(patterns(self.problem)):
            pattern = self._pattern(number, keep)
            if pattern is not None:
                listed.append(pattern)
        self.by_point = np.empty((self._outlooks.end, len(self.points)))
        self.by_point[sets] = 0.0
        fill_shares(self.record, self.points, self.by_point)
        write_shares(self.record, self.points, self.by_point)
        self._fits.write(self.by_point)
        self._written = np.zeros(len(self.by_point), dtype=np.bool_)
        self._written[sets] = True
        floor = self._least_figure(float(s["operations"] * s["operation_energy"]))
        for pattern in listed:
            pattern.floor = floor
        return listed

    def _pattern(self, number: int, keep: Keep) -> Pattern | None:
        """Write a pattern into the record and return it; None if it keeps what never fits.

        None, too, if another problem covers it.
        """
        machine, prices = self.problem.machine, self.problem.price_arrays
        kept = [keep[place] if place >= 0 else 0 for place in self._fits.place]
        if not self._fits.place_rows(kept) or not fill_pattern(
            self.record, np.array(keep), machine.place_block, machine.place_memory,
            prices.place_energy, prices.fanout_energy, prices.port_bits, prices.wire_bits,
            prices.finished_bits,
        ):  # fmt: skip
            return None
        s = self.fields
        if self.problem.parts:
            if is_elsewhere(s, keep, self.problem):
                return None
            s["must_loop"][: self._n_nodes] = parts_with_loops(s, keep, self.problem)
        shared = tuple(self._fits.shared(kept))
        for column, (memory, _) in enumerate(shared[:: self._n_nodes]):
            s["shared_limit"][column] = self._fits.limit[memory]
        self._place_tensors(len(shared) // self._n_nodes)
        self._outlooks.place_rows(kept)
        return Pattern(number, keep, self._pattern_fields.copy(), shared)

    def bound(self, pattern: Pattern) -> None:
        """Write the outlooks of a pattern and what its mappings cost at least.

        Its floor is infinite if it is hopeless, which depends on the best so far in the record.
        """
        self.prepare(pattern)
        fill_rows(self.record, self.points, self.by_point, self._written)
        hopeless = root_bound(self.record, self.points, self.by_point, *self._first)
        pattern.root = float(self._low[0])
        pattern.floor = np.inf if hopeless else self._least_figure(pattern.root)

    def _least_figure(self, low: float) -> float:
        """Return the least figure of a mapping that costs at least ``low``, leakage aside."""
        cycles = self._least_cycles
        energy = max(0.0, low + cycles * self.problem.price_arrays.leakage)
        return self.objective.figure(energy, cycles)

    def prepare(self, pattern: Pattern) -> None:
        """Set the tables to a pattern."""
        if self._prepared_for == pattern.number:
            return
        self._pattern_fields[:] = pattern.fields
        self._place_tensors(len(pattern.shared) // self._n_nodes)
        for row, (memory, node) in enumerate(pattern.shared, start=self._shared_row):
            place = self._fits.place[node]
            kept = pattern.keep[place] if place >= 0 else 0
            self.by_point[row] = self._fits.used_bits(node, kept, memory)
        self._prepared_for = pattern.number
