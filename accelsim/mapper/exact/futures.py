"""Which rows of the tables hold the outlooks of a choice of what is kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.outlook import place_outlook


class Outlooks:
    """The rows of outlooks, each of which may serve several choices of what is kept.

    After the outlook of energy stands, for places outside the innermost fanout (or place, where
    there is no fanout), what it says of the place's own tile alone (``closing``).  Further in there
    are many outlooks, and few labels that close are given up.

    An outlook depends on what the place keeps, where that comes from, and on all further out; that
    of energy also on whether the output may be credited more than it costs (``settled``), which
    follows from the credits.  Of ports nothing is credited (rule 17: ``sheet_credit`` is taken off
    at the end), so that theirs hold with the output or without.

    ``nothing`` is the row of no places further out; the others stand from row ``first`` to ``end``.
    """

    def __init__(self, s: np.void, nothing: int, first: int) -> None:
        self.nothing, self.end = nothing, first
        n, n_sheets = int(s["n_nodes"]), int(s["n_sheets"])
        place = s["place"].tolist()
        self._inner = [v for v in range(n - 2, -1, -1) if place[v] >= 0]
        self._parent, self._credit = s["parent"][:n], s["credit"][:n_sheets, :n]
        self._future, self._closing = s["future"][:n_sheets, : n + 1], s["closing"][:n]
        self._innermost = next((v for v in range(n) if place[v] < 0), 0)
        self._known: dict[tuple[object, ...], int] = {}

    def place_rows(self, kept: list[int]) -> None:
        """Say in which row each outlook of the pattern in the record stands, new ones at the end.

        ``kept[node]`` is a mask of tensors.
        """
        parent, known = self._parent.tolist(), self._known
        for sheet, credit in enumerate(self._credit.tolist()):
            future = [self.nothing] * self._future.shape[1]
            own = dict[int, int]()
            beyond = self.nothing
            for node in self._inner:
                if kept[node]:
                    its = enumerate(parent[node + 1])
                    parents = tuple(p for t, p in its if kept[node] >> t & 1)
                    key = sheet, beyond, node, kept[node], parents, credit[node + 1]
                    if key not in known:
                        known[key] = self.end
                        self.end += 2 if self._has_own(sheet, node) else 1
                    beyond = known[key]
                    future[: node + 1] = [beyond] * (node + 1)
                    if self._has_own(sheet, node):
                        own[node] = beyond + 1
            self._future[sheet] = future
            if sheet == 0:
                self._closing[:] = [own.get(node, future[node]) for node in range(len(kept))]

    def _has_own(self, sheet: int, node: int) -> bool:
        return sheet == 0 and node > self._innermost


@kernel
def fill_rows(store: Points, points: Points, tables: Floats, done: npt.NDArray[np.bool_]) -> None:
    """Write the outlooks of this pattern that are not yet there; ``done[row]`` says which are."""
    s = store[0]
    for sheet in range(s.n_sheets):
        for node in range(s.n_nodes - 2, -1, -1):
            row = s.future[sheet, node]
            if not done[row]:
                own = s.closing[node] if sheet == 0 else row
                place_outlook(
                    store, points, tables, sheet, node, s.future[sheet, node + 1], row, own
                )
                done[row] = True
