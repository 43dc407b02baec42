"""One exact search: pattern by pattern, first with few labels, then with all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import Budget, Candidate, MappingProblem, Outcome, StoppedBy
from accelsim.mapper.exact.finds import Finds
from accelsim.mapper.exact.labels import Labels, empty_labels
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import (
    BEST_CYCLES,
    BEST_ENERGY,
    BEST_LABEL,
    FIGURE,
    FIRST,
    FRONT_FULL,
    FULL,
    LABEL,
    LAST,
    MADE,
    NODE,
    PHASE,
    SKIPPED,
    THINNED,
    TIE,
    USED,
)
from accelsim.mapper.exact.loops import ENTER
from accelsim.mapper.exact.nodes import run_nodes
from accelsim.mapper.exact.rebuild import rebuild
from accelsim.mapper.exact.search import root_bound
from accelsim.mapper.exact.tables import TOLERANCE, Pattern, Tables
from accelsim.mapper.objectives import Objective
from accelsim.mapper.sampling import SamplingDriver

FIRST_ROOM = 1 << 14
"""Labels that there is room for at first."""

MORE_ROOM = 8
"""Times as much room there is where there was too little."""

LEAST_TAKEN = 1 << 17
"""Labels that memory is taken for at least.

What is not touched costs nothing, and after a block of this size the C library keeps the memory of
smaller arrays for the next search: a layer's tables are then written a fifth faster.
"""

MOST_BYTES = 132 << 20
"""Bytes of labels that there is room for at most, in one pattern."""

LONG_TO_BOUND = 1 << 20
"""Patterns times points beyond which bounding takes so long that a search samples before."""

SLICE_STEPS = 50_000
"""Steps between two looks at the clock."""

LABELS_PER_SAMPLE = 16
"""Labels that there was room for, per mapping drawn before there is room for more."""

MANY_SAMPLES = 1_000_000
"""Mappings drawn before a search gives up."""

BEAM = 7
"""Labels kept after each node in a first pass."""

Over = Callable[[float, float], StoppedBy | None]
"""Asked between slices, with the best energy and cycles so far, whether to end."""


class Work:
    """A search under way.

    Parameters
    ----------
    first : candidates to improve on; for a front all of them start it
    near : whether the best of them is near the optimum, so that no beam need look for better
    seed : start of the random choices where a long search samples

    Attributes
    ----------
    unsearched : list of Pattern, those that are not hopeless and not yet searched wholly
    labels, figures : room for the labels of one pattern, and their figures (``q``)
    patterns_searched, labels_used, steps_made : so far; a pattern counts once a pass
    sampled : the sampling so far, if there was any
    """

    def __init__(
        self,
        problem: MappingProblem,
        objective: Objective,
        first: tuple[Candidate, ...],
        front: bool = False,
        near: bool = False,
        seed: int = 0,
    ) -> None:
        self.problem, self.objective, self.near, self.seed = problem, objective, near, seed
        self.tables = Tables(problem, objective, front)
        self.fields = self.tables.fields
        self.counts = self.fields["counts"]
        self.finds = Finds(problem, objective, self.fields)
        for candidate in first:
            self.finds.offer(candidate)
        self.patterns_searched = self.labels_used = self.steps_made = 0
        self.sampled: Outcome | None = None
        self.label_room = FIRST_ROOM
        self._taken = self.labels, self.figures = empty_labels(0, 0)
        self.unsearched = self.tables.list_patterns()

    def _make_room(self, used: int = 0) -> None:
        """Have room for ``label_room`` labels of the present pattern, or as many as there may be.

        The first ``used`` labels stay; without them, what there was is let go before.
        """
        columns, most = int(self.fields["width"]), self._most_labels()
        room = min(self.label_room, most)
        if len(self._taken[0]) < room or self._taken[1].shape[1] < columns:
            labels, figures = self.labels[:used], self.figures[:used, :columns]
            if not used:
                self._taken = self.labels, self.figures = empty_labels(0, 0)
            self._taken = empty_labels(max(room, min(LEAST_TAKEN, most)), columns)
            if used:
                self._taken[0][:used], self._taken[1][:used] = labels, figures
        self.labels, self.figures = self._taken[0][:room], self._taken[1][:room]

    def _most_labels(self) -> int:
        """Return the labels of the present pattern that there may be room for."""
        return MOST_BYTES // (LABEL.itemsize + 8 * int(self.fields["width"]))

    def run(self, over: Over) -> StoppedBy:
        """Search every pattern, first with few labels, then with all; return what ended it.

        A full search keeps all that may be better than the best so far, and is the shorter the
        nearer that is to the optimum.
        """
        return (
            self.bound_patterns(over)
            or (None if self.near else self._search_all(BEAM, over))
            or self._search_all(0, over)
            or "space"
        )

    def bound_patterns(self, over: Over) -> StoppedBy | None:
        """Bound every pattern, put them in the order of their bounds, and drop the hopeless."""
        if len(self.unsearched) * len(self.tables.points) > LONG_TO_BOUND:
            self._sample(FIRST_ROOM, over)
        for pattern in self.unsearched:
            ended = over(*self._so_far())
            if ended is not None:
                return ended
            self.tables.bound(pattern)
        self.unsearched.sort(key=lambda p: (p.root, p.number))
        self.unsearched = [p for p in self.unsearched if p.floor < np.inf]
        return None

    def _search_all(self, beam: int, over: Over) -> StoppedBy | None:
        """Search what is waiting; what was searched wholly waits no more."""
        counts = self.counts
        self.fields["beam"] = beam
        for pattern in list(self.unsearched):
            ended = self._search(pattern, beam, over)
            if ended is not None:
                return ended
            if not counts[THINNED] and not counts[FULL]:
                self.unsearched.remove(pattern)
        return None

    def _search(self, pattern: Pattern, beam: int, over: Over) -> StoppedBy | None:
        """Search a pattern, with more room for labels if they had too little; return what ended it.

        Without a beam it looks for a better mapping to beat before there is more room
        (:meth:`_sample`).  Where nothing ended it, it was searched wholly but for what a beam
        dropped (``THINNED``) or, under a beam, had no room (``FULL``).
        """
        s, counts, tables = self.fields, self.counts, self.tables
        if not s["front"] and pattern.floor > s["best"][FIGURE] * (1.0 + TOLERANCE):
            return None
        tables.prepare(pattern)
        self._make_room()
        if self._start():
            return None
        while True:
            ended = self._run_nodes(over)
            self._accept(pattern)
            ended = ended or over(*self._so_far())
            if ended is not None or not counts[FULL]:
                break
            last = counts[FULL] == FRONT_FULL or self.label_room >= self._most_labels()
            draws = MANY_SAMPLES if last else self.label_room // LABELS_PER_SAMPLE
            better = not beam and self._sample(draws, over)
            ended = over(*self._so_far())
            if ended is not None:
                break
            if not last:
                self.label_room *= MORE_ROOM
                self._make_room(int(counts[USED]))
            elif not better:
                ended = None if beam else "samples"
                break
            else:
                self._add_up()
                if self._start():
                    return None
        self._add_up()
        return ended

    def _start(self) -> bool:
        """Begin the search of a pattern (anew); return whether there is nothing to be found."""
        counts = self.counts
        counts[FULL] = counts[THINNED] = counts[MADE] = counts[SKIPPED] = 0
        counts[PHASE], counts[NODE], counts[FIRST], counts[LAST] = ENTER, 0, 0, 1
        if root_bound(self.tables.record, *self._arrays()):
            return True
        self.patterns_searched += 1
        return False

    def _add_up(self) -> None:
        """Add up what the search of a pattern took so far."""
        counts = self.counts
        self.steps_made += int(counts[MADE] + counts[SKIPPED])
        self.labels_used += int(counts[USED])

    def _run_nodes(self, over: Over) -> StoppedBy | None:
        """Go on with a search until it is done, has no more room or is ended; return by what."""
        self.counts[FULL], self.counts[BEST_LABEL] = 0, -1
        while not run_nodes(self.tables.record, *self._arrays(), self.tables.rows, SLICE_STEPS):
            ended = over(*self._so_far())
            if ended is not None:
                return ended
        return None

    def _sample(self, samples: int, over: Over) -> bool:
        """Draw up to so many mappings in all; return whether one is better than the best so far.

        A search that has no room is long, and the shorter the better the mapping to beat; one that
        has to give up is no worse than as many samples of the same seed.
        """
        s = self.fields
        if s["front"]:
            return False
        best = (float(s["best"][BEST_ENERGY]), float(s["best"][BEST_CYCLES]))
        outcome = SamplingDriver(self.seed).search(
            self.problem, self.objective, Budget(samples),
            stop=lambda: over(*best) is not None,
            resume=None if self.sampled is None else self.sampled.resume,
        )  # fmt: skip
        self.sampled, found = outcome, outcome.best
        if found is None:
            return False
        rank = self.objective.rank(found.energy, found.cycles)
        if rank >= (float(s["best"][FIGURE]), float(s["best"][TIE])):
            return False
        self.finds.offer(found)
        return True

    @property
    def drawn(self) -> int:
        """How many mappings were drawn."""
        return 0 if self.sampled is None else self.sampled.certificate.considered

    def _so_far(self) -> tuple[float, float]:
        """Return energy and cycles of the best so far; of a front, of its point of least energy."""
        s = self.fields
        if not s["front"] or not s["n_front"]:
            return float(s["best"][BEST_ENERGY]), float(s["best"][BEST_CYCLES])
        point = int(np.argmin(s["front_energy"][: s["n_front"]]))
        return float(s["front_energy"][point]), float(s["front_cycles"][point])

    def _arrays(self) -> tuple[Points, Floats, Labels, Floats]:
        return self.tables.points, self.tables.by_point, self.labels, self.figures

    def _accept(self, pattern: Pattern) -> None:
        """Rebuild what the search of a pattern found and have the counter price it."""
        self.finds.accept(
            lambda label: rebuild(self.problem, self.tables, self.labels, pattern.keep, label)
        )

    def bound(self, figure: float | None) -> float:
        """Return a bound on the figure of every mapping, from the patterns not yet searched."""
        least = np.inf if figure is None else figure
        return float(min([least, *(p.floor for p in self.unsearched)]))
