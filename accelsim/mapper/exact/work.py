"""One exact search: its tables, the choices of what to keep with their bounds, the best so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from accelsim.counter.general.layout import Scratch
from accelsim.counter.window import Marks
from accelsim.errors import AccelsimError
from accelsim.evaluation.pricing import case_of, price_batch
from accelsim.mapper.contract import Candidate, MappingProblem, StoppedBy
from accelsim.mapper.exact.futures import fill_rows, place_rows
from accelsim.mapper.exact.labels import empty_labels
from accelsim.mapper.exact.lattice import fill_layer, shares_left
from accelsim.mapper.exact.layout import (
    BEST_CYCLES,
    BEST_ENERGY,
    BEST_LABEL,
    COST,
    FIELDS,
    FIGURE,
    FIRST,
    FULL,
    LAST,
    MADE,
    NODE,
    PATTERN_FIELDS,
    PHASE,
    SEARCH,
    SHEET,
    SKIPPED,
    STRIP,
    THINNED,
    TIE,
    USED,
)
from accelsim.mapper.exact.loops import ENTER
from accelsim.mapper.exact.machine import fill_machine
from accelsim.mapper.exact.nodes import run_nodes
from accelsim.mapper.exact.outlook import write_shares
from accelsim.mapper.exact.pattern import Fits, Keep, fill_pattern, patterns
from accelsim.mapper.exact.rebuild import rebuild
from accelsim.mapper.exact.search import root_bound
from accelsim.mapper.exact.sheets import limited_sheets
from accelsim.mapper.objectives import Objective
from accelsim.mapping.arrays import Ints, MappingArrays, unpack_mapping

FIRST_ROOM = 1 << 17
MAX_LABELS = 3 << 18
"""Room for the labels of one pattern, at first and at most (some 500 bytes each where touched)."""

SLICE_STEPS = 50_000
"""Steps between two looks at the clock."""

TOLERANCE = 1e-12
"""Figures that differ by less are equal: sums of the same terms in another order."""

BEAM = 16
"""Labels kept after each node in a first pass."""

GUESS = 0.5
"""Below what a first full search looks: a share of the way from the bound to the best so far."""

WORTH_A_GUESS = (0.01, 0.1)
"""Shares of the best between it and its bound: less is soon searched, more is a weak bound."""

Over = Callable[[float, float], StoppedBy | None]
"""Asked between slices, with the best energy and cycles so far, whether to end."""


@dataclass
class Pattern:
    """A choice of what is kept, ready to be searched.

    Attributes
    ----------
    fields : uint8[byte]
        What the record of the search says about it.
    fits : int64[point]
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
    fits: Ints
    shared: tuple[tuple[int, int], ...]
    root: float = 0.0
    floor: float = 0.0


class Work:
    """A search under way.

    Parameters
    ----------
    first : candidates to improve on; for a front all of them start it
    """

    def __init__(
        self,
        problem: MappingProblem,
        objective: Objective,
        first: tuple[Candidate, ...],
        front: bool = False,
    ) -> None:
        self.problem, self.objective = problem, objective
        self.store = np.zeros(1, dtype=FIELDS)
        s = self.s = self.store[0]
        self.record = self.store.view(SEARCH)
        self.points = fill_layer(s, problem)
        self.rows = fill_machine(s, problem)
        self.sheets = limited_sheets(problem)
        self._lay_out(front)
        self.found: list[Candidate] = []
        s["best"] = np.inf
        for candidate in first:
            self._offer(candidate)
        self.made = self.used = self.searched = self.priced = 0
        self.room = FIRST_ROOM
        self.labels, self.q = empty_labels(self.room, int(s["width"]))
        self.patterns = self._list_patterns()
        self.waiting = list(self.patterns)

    def _lay_out(self, front: bool) -> None:
        """Say what is wanted, and where the columns of ``q`` stand, the shared bits apart."""
        s, prices, objective = self.s, self.problem.price_arrays, self.objective
        s["n_sheets"] = n = 1 + len(self.sheets)
        for k, sheet in enumerate(self.sheets, start=1):
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
        s["sheet_width"] = STRIP + int(s["n_window"].max())
        s["tensor_width"] = SHEET + n * int(s["sheet_width"])
        self._place_tensors(0)

    def _place_tensors(self, n_shared: int) -> None:
        s = self.s
        s["n_shared"] = n_shared
        s["tensors"] = s["resources"] + n_shared + 2 * s["n_mesh"]
        s["width"] = s["tensors"] + s["n_tensors"] * s["tensor_width"]

    def _list_patterns(self) -> list[Pattern]:
        """Return what can be kept where, by growing bounds, without what is hopeless."""
        s, problem = self.s, self.problem
        fits = Fits(s, self.points, problem)
        listed: list[Pattern] = []
        outlooks: dict[tuple[object, ...], int] = {}
        sets = 1 << int(s["n_tensors"])
        s["share"] = sets + 1 + np.arange(s["share"].size).reshape(-1, 2)
        alike = s["window"] & ~s["monotone"] == 0  # steps that lanes make longer uncover no less
        s["share"][alike, 1] = s["share"][alike, 0]
        machine, prices = problem.machine, problem.price_arrays
        arrays = (
            machine.place_block, machine.place_memory, prices.place_energy, prices.fanout_energy,
            prices.port_bits, prices.wire_bits, prices.finished_bits,
        )  # fmt: skip
        first = sets + 1 + s["share"].size
        for number, keep in enumerate(patterns(problem)):
            if not fill_pattern(self.record, np.array(keep), *arrays):
                continue
            mask = fits.all(s)
            if mask is None:
                continue
            place_rows(s, outlooks, sets, first)
            shared = tuple(fits.shared(s))
            for column, (memory, _) in enumerate(shared[:: int(s["n_nodes"])]):
                s["shared_limit"][column] = fits.limit[memory]
            listed.append(Pattern(number, keep, self._fields().copy(), mask, shared))
        rows = first + len(outlooks)
        most_shared = max((len(p.shared) for p in listed), default=0)
        self.shared_row = rows
        self.tables = np.empty((rows + most_shared, len(self.points)))
        self.tables[:sets] = shares_left(s, self.points)
        self.tables[sets] = 0.0
        write_shares(self.record, self.points, self.tables)
        self.fits, self.prepared_for = fits, -1
        done: set[int] = {sets}
        for pattern in listed:
            self.prepare(pattern)
            fill_rows(s, self.record, self.points, self.tables, done)
            hopeless = root_bound(self.record, self.points, self.tables, self.labels, self.q)
            pattern.root = float(s["low"][0])
            pattern.floor = np.inf if hopeless else self._least_figure()
        listed.sort(key=lambda p: (p.root, p.number))
        return [p for p in listed if p.floor < np.inf]

    def _least_figure(self) -> float:
        """Return the least figure of a mapping whose energy is at least ``s.low[0]``."""
        s = self.s
        lanes = min(float(s["total_lanes"][0]), float(s["operations"]))
        cycles = float(np.ceil(s["operations"] / lanes / s["rate"]))
        energy = max(0.0, float(s["low"][0]) + cycles * float(s["leakage"]))
        return self.objective.figure(energy, cycles)

    def _fields(self) -> npt.NDArray[np.uint8]:
        """Return the bytes of the record that depend on what is kept."""
        first, last = (FIELDS.fields[name][1] for name in PATTERN_FIELDS)  # type: ignore[index]
        return self.store.view(np.uint8)[first:last]

    def prepare(self, pattern: Pattern) -> None:
        """Set the tables to a pattern."""
        if self.prepared_for == pattern.number:
            return
        s = self.s
        self._fields()[:] = pattern.fields
        self.points["fits"] = pattern.fits
        s["shared"] = self.shared_row
        for i, (memory, node) in enumerate(pattern.shared):
            kept = int(s["kept"][node]) if s["place"][node] >= 0 else 0
            self.tables[self.shared_row + i] = self.fits.used_bits(node, kept, memory)
        self._place_tensors(len(pattern.shared) // int(s["n_nodes"]))
        self._make_room()
        self.prepared_for = pattern.number

    def _make_room(self) -> None:
        columns = int(self.s["width"])
        if len(self.labels) < self.room or self.q.shape[1] < columns:
            self.labels, self.q = empty_labels(self.room, columns)

    def run(self, over: Over) -> StoppedBy:
        """Search every pattern, first with few labels, then with all; return what ended it.

        A full search keeps all that may be better than the best so far, and is the shorter the
        nearer that is to the optimum.  So it first looks for what is no worse than a guess between
        the best and its bound.  If there is nothing, the guess is a bound of what was searched; if
        there is something, what was searched before has nothing as good, and is done, too.
        """
        return (
            self._search_all(BEAM, over)
            or self._look_below(self._guess(), over)
            or self._search_all(0, over)
            or "space"
        )

    def _search_all(self, beam: int, over: Over) -> StoppedBy | None:
        """Search what is waiting; what was searched wholly waits no more."""
        s = self.s
        s["beam"] = beam
        for pattern in list(self.waiting):
            ended = self._search(pattern, beam, over)
            if ended is not None:
                return ended
            if not s["counts"][[THINNED, FULL]].any():
                self.waiting.remove(pattern)
        return None

    def _guess(self) -> float:
        """Return a figure between the least that is possible and the best so far, or -inf."""
        s = self.s
        best = float(s["best"][FIGURE])
        least = min((p.floor for p in self.waiting), default=best)
        nearest, farthest = WORTH_A_GUESS
        if s["front"] or not nearest * best < best - least < farthest * best:
            return -np.inf
        return least + GUESS * (best - least)

    def _look_below(self, guess: float, over: Over) -> StoppedBy | None:
        """Search pattern by pattern for figures no higher than a guess, up to the first find."""
        s, known = self.s, len(self.found)
        s["beam"] = 0
        before = s["best"].copy()
        s["best"][[FIGURE, TIE]] = guess, np.inf
        ended: StoppedBy | None = None
        done: set[int] = set()
        for pattern in [p for p in self.waiting if p.floor <= guess]:
            ended = self._search(pattern, 0, over)
            if ended is None:
                pattern.floor = guess
                done.add(pattern.number)
            if ended is not None or len(self.found) > known:
                break
        if len(self.found) > known:
            self.waiting = [p for p in self.waiting if p.number not in done]
        else:
            s["best"] = before
        return ended

    def _search(self, pattern: Pattern, beam: int, over: Over) -> StoppedBy | None:
        s, tables = self.s, (self.points, self.tables, self.labels, self.q)
        self.prepare(pattern)
        while True:
            s["counts"][[FULL, MADE, SKIPPED, THINNED]] = 0
            s["counts"][PHASE], s["counts"][BEST_LABEL] = ENTER, -1
            tables = (self.points, self.tables, self.labels, self.q)
            if root_bound(self.record, *tables):
                return None
            self.searched += 1
            s["counts"][[NODE, FIRST, LAST]] = 0, 0, 1
            ended = None
            while ended is None and not run_nodes(self.record, *tables, self.rows, SLICE_STEPS):
                ended = over(*(float(f) for f in s["best"][2:]))
            self.made += int(s["counts"][MADE] + s["counts"][SKIPPED])
            self.used += int(s["counts"][USED])
            self._accept(pattern.keep)
            ended = ended or over(*(float(f) for f in s["best"][2:]))
            if ended is not None or not s["counts"][FULL]:
                return ended
            if self.room >= MAX_LABELS:
                return None if beam else "samples"
            self.room = min(MAX_LABELS, self.room * 8)
            self._make_room()

    def _offer(self, candidate: Candidate) -> None:
        """Start from a candidate: it is priced by the counter."""
        s = self.s
        if s["front"]:
            s["front_energy"][s["n_front"]] = candidate.energy
            s["front_cycles"][s["n_front"]] = candidate.cycles
            s["front_label"][s["n_front"]] = -1 - len(self.found)
            s["n_front"] += 1
        else:
            rank = self.objective.rank(candidate.energy, candidate.cycles)
            s["best"] = [*rank, candidate.energy, candidate.cycles]
        self.found.append(candidate)

    def _accept(self, keep: Keep) -> None:
        """Rebuild what the last pattern found and have the counter price it."""
        s = self.s
        if not s["front"]:
            if s["counts"][BEST_LABEL] >= 0:
                said = float(s["best"][BEST_ENERGY]), float(s["best"][BEST_CYCLES])
                found = self._priced(keep, int(s["counts"][BEST_LABEL]), *said)
                self.found.append(found)
                rank = self.objective.rank(found.energy, found.cycles)
                s["best"] = [*rank, found.energy, found.cycles]
            return
        for i in range(s["n_front"]):
            if s["front_label"][i] >= 0:
                said = float(s["front_energy"][i]), float(s["front_cycles"][i])
                found = self._priced(keep, int(s["front_label"][i]), *said)
                s["front_energy"][i], s["front_cycles"][i] = found.energy, found.cycles
                s["front_label"][i] = -1 - len(self.found)
                self.found.append(found)

    def _priced(self, keep: Keep, index: int, energy: float, cycles: float) -> Candidate:
        """Return a label's mapping at the counter's price, which must be the search's own."""
        mapping = rebuild(self.problem, self.s, self.points, self.rows, self.labels, keep, index)
        counted = self._price(mapping)
        self.priced += 1
        for said, found in zip((energy, cycles), counted, strict=True):
            if abs(said - found) > 10 * TOLERANCE * max(abs(said), abs(found)):
                raise AccelsimError(f"the search said {said!r}, the counter {found!r}: {mapping}")
        return Candidate(unpack_mapping(mapping, self.problem.arch, self.problem.layer), *counted)

    @cached_property
    def _case(self) -> tuple[np.record, Marks | Scratch]:
        problem = self.problem
        return case_of(
            problem.layer_arrays, problem.machine, problem.price_arrays, problem.conventions
        )

    def _price(self, mapping: MappingArrays) -> tuple[float, float]:
        """Have the counter price a mapping."""
        batch = MappingArrays(*(array[None] for array in mapping))
        status, energy, cycles = price_batch(*self._case, batch)
        if status[0]:
            raise AccelsimError(f"the counter refused a mapping of the exact driver: {status[0]}")
        return float(energy[0]), float(cycles[0])

    def best(self) -> Candidate | None:
        """Return the best mapping so far; of a front, its best point."""
        if not self.s["front"]:
            return self.found[-1] if self.found else None
        return min(
            self.front(), key=lambda c: self.objective.rank(c.energy, c.cycles), default=None
        )

    def front(self) -> tuple[Candidate, ...]:
        """Return the points of the front by growing energy."""
        s = self.s
        if not s["front"]:
            return ()
        numbers = [-1 - int(label) for label in s["front_label"][: s["n_front"]]]
        return tuple(sorted((self.found[i] for i in numbers), key=lambda c: (c.energy, c.cycles)))

    def bound(self, figure: float | None) -> float:
        """Return a bound on the figure of every mapping, from the patterns not yet searched."""
        least = np.inf if figure is None else figure
        return float(min([least, *(p.floor for p in self.waiting)]))
