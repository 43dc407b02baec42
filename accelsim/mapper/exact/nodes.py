"""Labels led from node to node, slice by slice."""

from __future__ import annotations

from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.mapper.exact.labels import Labels
from accelsim.mapper.exact.lanes import run_fanout
from accelsim.mapper.exact.lattice import Points
from accelsim.mapper.exact.layout import FIRST, FULL, LAST, NODE, START, USED
from accelsim.mapper.exact.loops import run_place
from accelsim.mapper.exact.search import thin


@kernel
def run_nodes(
    store: Points, points: Points, tables: Floats, labels: Labels, q: Floats, rows: Points,
    steps: int,
) -> bool:  # fmt: skip
    """Lead the labels ``FIRST:LAST`` before ``NODE`` to the end; return whether it is done.

    A call ends after about ``steps`` steps; the counters say where the next one goes on.  It is
    done, too, if the labels have no room.
    """
    s = store[0]
    count = s.counts
    while count[NODE] < s.n_nodes:
        node, first, last = count[NODE], count[FIRST], count[LAST]
        if s.place[node] >= 0:
            done = run_place(s, points, tables, labels, q, node, first, last, steps)
        else:
            done = run_fanout(s, points, tables, labels, q, rows, node, first, last, steps)
        if not done:
            return False
        if count[FULL] != 0:
            return True
        count[NODE] += 1
        count[FIRST], count[LAST] = count[START], count[USED]
        if s.beam > 0 and count[LAST] - count[FIRST] > s.beam:
            thin(s, labels, count[FIRST], count[LAST], s.beam)
    return True
