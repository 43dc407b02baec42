"""Which rows of the tables hold the outlooks of a choice of what is kept."""

from __future__ import annotations

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.outlook import place_outlook


def place_rows(s: np.void, known: dict[tuple[object, ...], int], nothing: int, first: int) -> None:
    """Say in which row of the tables each outlook of this pattern stands, new ones at the end.

    An outlook depends on what the place keeps, where that comes from, and on all further out; that
    of energy also on whether the output may be credited more than it costs (``settled``), which
    follows from the credits.  Of ports nothing is credited (rule 17: ``sheet_credit`` is taken off
    at the end), so that theirs hold with the output or without.

    ``nothing`` is the row of no places further out, ``first`` the first row of the others.
    """
    n = int(s["n_nodes"])
    for sheet in range(s["n_sheets"]):
        s["future"][sheet, n - 1 :] = nothing
        key: tuple[object, ...] = (sheet,)
        for node in range(n - 2, -1, -1):
            s["future"][sheet, node] = s["future"][sheet, node + 1]
            if s["place"][node] < 0 or not s["kept"][node]:
                continue
            kept = int(s["kept"][node])
            parents = tuple(int(p) for t, p in enumerate(s["parent"][node + 1]) if kept >> t & 1)
            key = (*key, node, kept, parents, float(s["credit"][sheet, node + 1]))
            s["future"][sheet, node] = known.setdefault(key, first + len(known))


def fill_rows(
    s: np.void, store: Points, points: Points, tables: Floats, done: set[int]
) -> None:  # fmt: skip
    """Write the outlooks of this pattern that are not yet there (``store`` holds ``s``)."""
    for sheet in range(s["n_sheets"]):
        for node in range(int(s["n_nodes"]) - 2, -1, -1):
            row, outer = (int(s["future"][sheet, pos]) for pos in (node, node + 1))
            if row not in done:
                place_outlook(store, points, tables, sheet, node, outer, row)
                done.add(row)
