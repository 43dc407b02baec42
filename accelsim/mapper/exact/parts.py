"""Parts of a divided place: which order of them answers for what several orders can do.

A problem may be one of several that differ in the order of the parts of a place (``parts`` of a
:class:`~accelsim.mapper.contract.MappingProblem`), all of which are looked at.  A mapping that
several of them have is looked at in one.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.pattern import Keep


def is_free(s: np.void) -> bool:
    """Return whether no place limits its loops: then parts may change places."""
    n = int(s["n_nodes"])
    return bool(s["free"][:n][s["place"][:n] >= 0].all())


def is_elsewhere(s: np.void, keep: Keep, problem: MappingProblem) -> bool:
    """Return whether another problem covers a choice of what is kept that stands in the record.

    Where a part keeps nothing, its loops may as well stand at the next part further out (see
    :func:`~accelsim.mapper.exact.pattern.write_passed`), and then the part itself anywhere.  Of all
    orders that one is looked at in which parts that keep nothing stand outside those that do, by
    name.
    """
    if not s["settled"][0] or not is_free(s):
        return False
    names = [place.name for place in problem.arch.places]
    return any(
        keep[inner] == 0 and (keep[outer] != 0 or names[outer] > names[inner])
        for parts in problem.parts
        for outer, inner in pairwise(parts)
    )


def parts_with_loops(s: np.void, keep: Keep, problem: MappingProblem) -> list[int]:
    """Return ``[node]``: 1 for a place whose block must have loops.

    Where no loops stand between the tiles of two parts, the parts may change places: the same loops
    and counts.  Of all orders of such parts that by name is looked at, so that in any other a part
    must have loops (labels without are none that labels with some are compared with: ``EMPTY``).
    """
    n = int(s["n_nodes"])
    found = [0] * n
    if is_free(s):
        names = [place.name for place in problem.arch.places]
        node_of = {int(place): node for node, place in enumerate(s["place"][:n])}
        for parts in problem.parts:
            for outer, inner in pairwise(parts):
                if keep[outer] and keep[inner] and names[outer] > names[inner]:
                    found[node_of[outer]] = 1
    return found
