"""Deliberate mistakes in counting and timing mappings with remainders.

As in ``mutants.py``: each must be caught, by the comparison with the walk or with the bill.
"""

from __future__ import annotations

from tests.mutants.mutants import Mutant

NEST = "counter/ragged_nest.py"
WINDOW = "counter/ragged_window.py"
BOUNDARY = "counter/ragged_boundary.py"
RAGGED = "counter/ragged.py"
PASSING = "counter/ragged_passing.py"
TIME = "evaluation/remainders.py"
ARRAYS = "mapping/arrays.py"

RAGGED_MUTANTS = (
    # Which positions exist.
    Mutant(
        "a short tile counts as a whole one",
        NEST,
        "if rest >= loops.tile[place, dim]:",
        "if rest > 0:",
    ),
    Mutant(
        "a short tile is dropped",
        NEST,
        "return add_spread(found, whole, rest, start, repeat, side, loops)",
        "return add_spread(found, whole, 0, start, repeat, side, loops)",
    ),
    Mutant(
        "turns beyond the bound see its lane",
        NEST,
        "found, whole * lanes, 0, beyond * start",
        "found, (whole + 1) * lanes, 0, beyond * start",
    ),
    Mutant(
        "idle lanes are in use",
        NEST,
        "whole = whole * bound + below",
        "whole = whole * bound + bound",
    ),
    Mutant(
        "loops within a residence begin new ones",
        NEST,
        "if loop > run.last:",
        "if loop > run.last + loops.outside[place]:",
    ),
    Mutant(
        "the last step of a run begins a sweep",
        NEST,
        "start, repeat = (1, 0) if below == 0 else (0, 1)",
        "start, repeat = (1, 0)",
    ),
    Mutant(
        "steps without any operation are taken",
        NEST,
        "loops.use[loop] = EACH if loops.fanout[loop] < 0 else AT_ZERO",
        "loops.use[loop] = EACH",
    ),
    Mutant(
        "a run of several loops begins at its innermost",
        NEST,
        "bound *= loops.bound[loop]\n            first = loop",
        "bound *= loops.bound[loop]\n            first = last",
    ),
    # Words of a rank.
    Mutant(
        "signs do not matter to short tiles",
        WINDOW,
        "flips_b = loops.opposed[rank] == 1 and not flips_a",
        "flips_b = flips_a",
    ),
    Mutant(
        "all terms are of one sign",
        ARRAYS,
        "opposed.append(len(signs) - 1)",
        "opposed.append(0)",
    ),
    Mutant(
        "a short tile's predecessor is short too",
        WINDOW,
        "held_a = a if stepped == dim_a else in_a",
        "held_a = in_a",
    ),
    Mutant(
        "short intervals meet all that whole ones meet",
        WINDOW,
        "max(0, min(short, a - rest))",
        "max(0, a - rest)",
    ),
    Mutant(
        "short intervals touch where whole ones do",
        WINDOW,
        "if short >= v:",
        "if a >= v:",
    ),
    Mutant(
        "equal parts replace each other",
        WINDOW,
        "parts[part, 1] += turns",
        "parts[part, 1] = turns",
    ),
    Mutant(
        "a row of lanes keeps the marks of the row before",
        WINDOW,
        "        clear_bits(marks[ROW], length)\n",
        "",
    ),
    # Neighbours.
    Mutant(
        "neighbours hold what they hold now",
        PASSING,
        "a -= run.stride\n    else:\n        b -= run.stride\n    if holds(",
        "a -= 0\n    else:\n        b -= 0\n    if holds(",
    ),
    Mutant(
        "neighbours that are beyond the bound hold words",
        PASSING,
        "last = min(a + loops.tile[place, dim_a], layer.bounds[dim_a]) - 1",
        "last = a + loops.tile[place, dim_a] - 1",
    ),
    Mutant(
        "only the lane before passes words on",
        PASSING,
        "for side in (-1, 1):",
        "for side in (-1,):",
    ),
    Mutant(
        "words are passed on at the start of a sweep too",
        PASSING,
        "continues = is_further_step(run, loops)",
        "continues = True",
    ),
    Mutant(
        "links further out serve what is inside",
        PASSING,
        "    for loop in range(inside, loops.outside[place]):\n        if not is_link",
        "    for loop in range(loops.outside[place]):\n        if not is_link",
    ),
    Mutant(
        "passed on words are counted down from no end",
        PASSING,
        "if loops.opposed[rank] == 1:",
        "if loops.opposed[rank] == 2:",
    ),
    # Boundaries.
    Mutant(
        "positions of other dims do not matter",
        BOUNDARY,
        "loops.elsewhere *= existing_turns(dim, place, layer.bounds[dim], loops)",
        "loops.elsewhere *= 1",
    ),
    Mutant(
        "blocks are rounded up once",
        BOUNDARY,
        "accesses += visits * ((words + block - 1) // block)",
        "accesses += (visits * words + block - 1) // block",
    ),
    Mutant(
        "every fanout reduces",
        BOUNDARY,
        "reduces |= machine.reduces[fanout] << fanout",
        "reduces |= 1 << fanout",
    ),
    Mutant(
        "lanes beyond the first do not start from zero",
        BOUNDARY,
        "fresh + leaving - visits",
        "fresh",
    ),
    Mutant(
        "capacity is that of the nominal tile",
        RAGGED,
        "min(loops.tile[place, dim_a], layer.bounds[dim_a])",
        "loops.tile[place, dim_a]",
    ),
    # Time.
    Mutant(
        "first visits return sums through the busiest port",
        BOUNDARY,
        "busiest[READS] = part * (loops.elsewhere - 1)",
        "busiest[READS] = part * loops.elsewhere",
    ),
    Mutant(
        "the first lane alone loads a network",
        BOUNDARY,
        "seen = look(case, tensor, place, run, start, end, unites, marks, parts)",
        "seen = look(case, tensor, place, run, end, end, unites, marks, parts)",
    ),
    Mutant(
        "fills come through the read port",
        TIME,
        "([READS, DRAINS], [UPDATES, FILLS])",
        "([READS, DRAINS, FILLS], [UPDATES])",
    ),
)
