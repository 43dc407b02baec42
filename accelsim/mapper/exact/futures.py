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
    n, n_sheets = int(s["n_nodes"]), int(s["n_sheets"])
    place, kept = s["place"].tolist(), s["kept"].tolist()
    parent, credit = s["parent"][: n + 1].tolist(), s["credit"][:n_sheets].tolist()
    future = [nothing] * (n + 1)
    for sheet in range(n_sheets):
        key: tuple[object, ...] = (sheet,)
        for node in range(n - 2, -1, -1):
            future[node] = future[node + 1]
            if place[node] < 0 or not kept[node]:
                continue
            parents = tuple(p for t, p in enumerate(parent[node + 1]) if kept[node] >> t & 1)
            key = (*key, node, kept[node], parents, credit[sheet][node + 1])
            future[node] = known.setdefault(key, first + len(known))
        s["future"][sheet, : n + 1] = future


def fill_rows(
    s: np.void, store: Points, points: Points, tables: Floats, done: set[int]
) -> None:  # fmt: skip
    """Write the outlooks of this pattern that are not yet there (``store`` holds ``s``)."""
    future = s["future"][: s["n_sheets"]].tolist()
    for sheet in range(s["n_sheets"]):
        for node in range(int(s["n_nodes"]) - 2, -1, -1):
            row = future[sheet][node]
            if row not in done:
                place_outlook(store, points, tables, sheet, node, future[sheet][node + 1], row)
                done.add(row)
