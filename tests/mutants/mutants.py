"""Deliberate mistakes in the counter, each a small edit of one file of the package.

The list keeps the tests honest: a mistake that a person could make while editing the counter must
be caught by the comparison with the walk.  Edits that leave every count right (a branch that gives
way to another exact one) do not belong here.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    mistake: str
    file: str
    """Inside the package."""
    old: str
    """Occurs once in the file."""
    new: str
    also: tuple[tuple[str, str], ...] = ()
    """Further (old, new) of the same mistake."""


BOUNDARY = "counter/boundary.py"
RUN = "counter/closing_run.py"
UNION = "counter/union.py"
WINDOW = "counter/window.py"
NEST = "counter/nest.py"
TALLY = "counter/tally.py"
ARRAYS = "mapping/arrays.py"
RECORDS = "workload/records.py"

MUTANTS = (
    # Rules 1 and 2: the nest and its boundaries.
    Mutant(
        "y and x axes change places",
        ARRAYS,
        "else (step.y, step.x):",
        "else (step.x, step.y):",
    ),
    Mutant(
        "strides of lanes leave out what is inside",
        UNION,
        "nest.union_stride[first] = nest.cover[node, dim] // lanes",
        "nest.union_stride[first] = 1",
    ),
    Mutant(
        "a node covers its own loops only",
        NEST,
        "nest.cover[node, dim] = nest.factor[node, dim] * nest.cover[node - 1, dim]",
        "nest.cover[node, dim] = nest.factor[node, dim]",
    ),
    Mutant(
        "a bypassing place is a keeper",
        TALLY,
        "if p < machine.n_places and (keep[place] >> tensor) & 1 == 0:",
        "if p < 0:",
    ),
    # Rule 3: the closing run.
    Mutant(
        "a run goes on whatever the stride",
        NEST,
        "extends = (dim == outer_dim) & (outer_stride == bound * stride)",
        "extends = dim == outer_dim",
    ),
    Mutant(
        "a run ends at its first loop",
        NEST,
        "extends = (dim == outer_dim) & (outer_stride == bound * stride)",
        "extends = False",
    ),
    Mutant(
        "a run steps by its outermost loop",
        RUN,
        "        nest.stride[row],\n",
        "        nest.stride[outside + 1],\n",
    ),
    Mutant(
        "a tensor moves when the first one does",
        RUN,
        "(nest.closing[outside] >> 8 * tensor) & 255",
        "nest.closing[outside] & 255",
    ),
    Mutant(
        "the compute keeps words between steps",
        RUN,
        "    if place == n_places:\n        return Run(",
        "    if place > n_places:\n        return Run(",
    ),
    # Rule 4: inputs.
    Mutant(
        "a sweep has as many strips as steps",
        BOUNDARY,
        "repeats = run.bound - 1",
        "repeats = run.bound",
    ),
    Mutant(
        "reads are counted at the child",
        BOUNDARY,
        "reads = nest.instances[parent] *",
        "reads = nest.instances[place] *",
    ),
    # Rule 5: windows.
    Mutant(
        "coefficients keep their common divisor",
        RECORDS,
        "abs(term.coefficient) // divisor",
        "abs(term.coefficient)",
    ),
    Mutant(
        "words of a window: coefficients swapped",
        RECORDS,
        "return a * b - max(0, a - v) * max(0, b - u)",
        "return a * b - max(0, a - u) * max(0, b - v)",
    ),
    Mutant(
        "a strip takes the other dim's coefficient",
        BOUNDARY,
        "of_window = strip_words(v, u, b, a, run.stride)",
        "of_window = strip_words(u, v, b, a, run.stride)",
    ),
    Mutant(
        "a strip forgets intervals that meet after a step",
        WINDOW,
        "- max(0, intervals - whole - 1) * max(0, a - v + rest)",
        "- max(0, intervals - whole) * max(0, a - v + rest)",
    ),
    Mutant(
        "lanes with gaps count as gapless",
        UNION,
        "united = united if gapless else 0",
        "pass",
    ),
    Mutant(
        "a run stays a run over gaps",
        WINDOW,
        "            is_run = False\n",
        "",
    ),
    Mutant(
        "copies that fall into gaps count as apart",
        WINDOW,
        "elif distance >= span:",
        "elif distance >= 0:",
    ),
    Mutant(
        "marking takes the tile for the strip",
        WINDOW,
        "if 0 < shift < length:",
        "if shift < 0:",
    ),
    Mutant(
        "marks do not cross from one machine word to the next",
        WINDOW,
        "moved |= bits[word - words - 1] >> (np.uint64(64) - places)",
        "pass",
    ),
    # Rule 6: multicast and deliveries.
    Mutant(
        "lanes that cannot multicast read once",
        BOUNDARY,
        "apart *= nest.fanout_lanes[fanout]",
        "apart *= 1",
    ),
    Mutant(
        "deliveries are counted at the child",
        BOUNDARY,
        "nest.lanes_outside[index(fanout + 1)]",
        "nest.instances[place]",
    ),
    # Rule 7: outputs.
    Mutant(
        "every lane of a group gets the sum back",
        BOUNDARY,
        "back = visits - fresh",
        "back = visits * group - fresh",
    ),
    Mutant(
        "lanes beyond the first do not start from zero",
        BOUNDARY,
        "fresh + visits * (group - 1)",
        "fresh",
    ),
    Mutant(
        "every fanout reduces",
        BOUNDARY,
        "kept *= 1 if machine.reduces[index(outer)] == 1 else sums",
        "pass",
    ),
    Mutant(
        "the parent adds without reading",
        BOUNDARY,
        "= back + rising - visits",
        "= back",
    ),
    Mutant(
        "every step outside the run visits every sum",
        BOUNDARY,
        "nest.sum_lanes[parent] * run.sum_sweeps",
        "nest.sum_lanes[parent] * run.sweeps",
    ),
    Mutant(
        "blocks of the child are as wide as the parent's",
        BOUNDARY,
        "at = parent if action in (READS, FIRST_READS, UPDATES) else place",
        "at = parent",
    ),
)
