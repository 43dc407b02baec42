"""The mappings that a search has found so far, each at the counter's price."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from accelsim.counter.general.layout import Scratch
from accelsim.counter.window import Marks
from accelsim.errors import AccelsimError
from accelsim.evaluation.pricing import price_batch
from accelsim.mapper.contract import Candidate, MappingProblem
from accelsim.mapper.exact.layout import BEST_CYCLES, BEST_ENERGY, BEST_LABEL
from accelsim.mapper.exact.tables import TOLERANCE
from accelsim.mapper.objectives import Objective
from accelsim.mapping.arrays import MappingArrays, unpack_mapping


class Finds:
    """The best mapping so far, or the points of the front; what is best stands in the record too.

    Attributes
    ----------
    candidates : list of all that ever was best, or a point of the front, in the order of discovery
    priced : how many mappings the counter priced here
    """

    def __init__(self, problem: MappingProblem, objective: Objective, fields: np.void) -> None:
        self.problem, self.objective, self.fields = problem, objective, fields
        self.candidates: list[Candidate] = []
        self.priced = 0
        fields["best"] = np.inf

    def offer(self, candidate: Candidate) -> None:
        """Start from a candidate: it is priced by the counter."""
        s = self.fields
        if s["front"]:
            point = s["n_front"]
            s["front_energy"][point], s["front_cycles"][point] = candidate.energy, candidate.cycles
            s["n_front"] += 1
            self._add_to_front(point, candidate)
        else:
            self._set_best(candidate)

    def accept(self, mapping_of: Callable[[int], MappingArrays]) -> None:
        """Have the counter price what the search of a pattern found, told by labels."""
        s = self.fields
        if not s["front"]:
            label = int(s["counts"][BEST_LABEL])
            if label >= 0:
                said = float(s["best"][BEST_ENERGY]), float(s["best"][BEST_CYCLES])
                self._set_best(self._priced(mapping_of(label), *said))
            return
        for point in range(s["n_front"]):
            label = int(s["front_label"][point])
            if label >= 0:
                said = float(s["front_energy"][point]), float(s["front_cycles"][point])
                found = self._priced(mapping_of(label), *said)
                s["front_energy"][point], s["front_cycles"][point] = found.energy, found.cycles
                self._add_to_front(point, found)

    def _set_best(self, candidate: Candidate) -> None:
        rank = self.objective.rank(candidate.energy, candidate.cycles)
        self.fields["best"] = [*rank, candidate.energy, candidate.cycles]
        self.candidates.append(candidate)

    def _add_to_front(self, point: int, candidate: Candidate) -> None:
        """Note that a point of the front is no label any more: -1 - the candidate's number."""
        self.fields["front_label"][point] = -1 - len(self.candidates)
        self.candidates.append(candidate)

    def _priced(self, mapping: MappingArrays, energy: float, cycles: float) -> Candidate:
        """Return a mapping at the counter's price, which must be the search's own."""
        counted = self._price(mapping)
        self.priced += 1
        for said, found in zip((energy, cycles), counted, strict=True):
            if abs(said - found) > 10 * TOLERANCE * max(abs(said), abs(found)):
                raise AccelsimError(f"the search said {said!r}, the counter {found!r}: {mapping}")
        return Candidate(unpack_mapping(mapping, self.problem.arch, self.problem.layer), *counted)

    @cached_property
    def _case(self) -> tuple[np.record, Marks | Scratch]:
        return self.problem.packed.case()

    def _price(self, mapping: MappingArrays) -> tuple[float, float]:
        """Have the counter price a mapping."""
        batch = MappingArrays(*(array[None] for array in mapping))
        status, energy, cycles = price_batch(*self._case, batch)
        if status[0]:
            raise AccelsimError(f"the counter refused a mapping of the exact driver: {status[0]}")
        return float(energy[0]), float(cycles[0])

    def best(self) -> Candidate | None:
        """Return the best mapping so far; of a front, its best point."""
        if not self.fields["front"]:
            return self.candidates[-1] if self.candidates else None
        return min(
            self.front(), key=lambda c: self.objective.rank(c.energy, c.cycles), default=None
        )

    def front(self) -> tuple[Candidate, ...]:
        """Return the points of the front by growing energy."""
        s = self.fields
        if not s["front"]:
            return ()
        points = [self.candidates[-1 - int(label)] for label in s["front_label"][: s["n_front"]]]
        return tuple(sorted(points, key=lambda c: (c.energy, c.cycles)))
