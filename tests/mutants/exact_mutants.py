"""Deliberate mistakes in the exact mapper, each with small problems that it gets wrong.

As in ``mutants.py``; but most mistakes of a search show on few problems only, so that each mutant
names its own: a rule of ``tests/mapper/exact_rules.py``, or a seed of ``small_problem`` (of
``tests/mapper/exact_more.py`` after the name of its kind), and what is asked.  Mistakes that only
weaken a bound or a comparison do not belong here: the search then takes longer and answers the
same.
"""

from __future__ import annotations

from typing import NamedTuple

from accelsim.mapper.contract import MappingProblem
from tests.mapper.exact_more import ruled_problem, sums_problem
from tests.mapper.exact_problems import exact_problem
from tests.mapper.exact_rules import RULES
from tests.mutants.mutants import Mutant

Question = tuple[str | int, str]
"""Rule or seed, and one of ``QUESTIONS`` of ``tests/mapper/exact_checks.py``."""


MORE = {"sums": sums_problem, "ruled": ruled_problem}


class ExactMutant(NamedTuple):
    mutant: Mutant
    caught_by: tuple[Question, ...]


def small_problem(name: str | int) -> MappingProblem:
    """Return the problem of a rule or of a seed."""
    if isinstance(name, int):
        return exact_problem(name, 50, 600)
    kind, _, number = name.rpartition(" ")
    return MORE[kind](int(number)) if kind in MORE else RULES[name].problem()


UNITS = "mapper/exact/units.py"
LOOPS = "mapper/exact/loops.py"
LANES = "mapper/exact/lanes.py"
LABELS = "mapper/exact/labels.py"
BOUNDS = "mapper/exact/bounds.py"
BEST = "mapper/exact/best.py"
OUTLOOK = "mapper/exact/outlook.py"
TOGETHER = "mapper/exact/together.py"
SEARCH = "mapper/exact/search.py"
PATTERN = "mapper/exact/pattern.py"
MACHINE = "mapper/exact/machine.py"
WORK = "mapper/exact/work.py"


def mutant(mistake: str, file: str, old: str, new: str, *caught_by: Question) -> ExactMutant:
    return ExactMutant(Mutant(mistake, file, old, new), caught_by)


EXACT_MUTANTS = (
    # What is open, and what a run is.
    mutant(
        "a tensor must move before a place closes",
        LOOPS,
        "        low = node + 1 if is_moved(state) else low_of(state)\n",
        "        if not is_moved(state):\n            return False\n        low = node + 1\n",
        ("lanes save sums", "front"),
    ),
    mutant(
        "a run ends at the border of a place",
        LOOPS,
        "label.state[tensor] = make_state(0, run_of(state), low, -1)",
        "label.state[tensor] = make_state(0, -1, low, -1)",
        ("runs across places", "front"),
    ),
    mutant(
        "a run goes on across lanes over its dim",
        LANES,
        "if run >= 0 and (row.broken >> run) & 1 == 1:",
        "if run >= 0 and (row.broken >> run) & 1 == 2:",
        ("runs end at lanes", "front"),
    ),
    mutant(
        "a run ends at every fanout",
        LANES,
        "if run >= 0 and (row.broken >> run) & 1 == 1:",
        "if run >= 0:",
        ("runs across lanes", "front"),
    ),
    mutant(
        "what has moved is divided by a loop that it lacks",
        LOOPS,
        "        if is_moved(state):\n            continue\n        if (s.relevant[tensor] >> dim)",
        "        if (s.relevant[tensor] >> dim)",
        ("windows over lanes", "front"),
    ),
    mutant(
        "a run that grows goes on fetching full tiles",
        LOOPS,
        "q[index, sheet_column(s, tensor, sheet) + PENDING] /= bound",
        "q[index, sheet_column(s, tensor, sheet) + PENDING] /= 1",
        ("runs across places", "front"),
        ("runs across lanes", "front"),
    ),
    # Sums.
    mutant(
        "the credit of a fresh start is charged",
        UNITS,
        "s.drain[sheet, row] - s.credit[sheet, row]",
        "s.drain[sheet, row] + s.credit[sheet, row]",
        ("first reads", "front"),
    ),
    mutant(
        "a fresh start saves at one boundary only",
        PATTERN,
        "saved += s.beta[row]",
        "saved = s.beta[row]",
        ("credits", "front"),
    ),
    mutant(
        "first reads are free",
        PATTERN,
        "s.read[0, row, tensor] - first + s",
        "s.read[0, row, tensor] + s",
        ("first reads", "front"),
    ),
    mutant(
        "lanes that do not reduce send one word",
        LANES,
        "rising = below / lanes if s.reduces[node] == 1 else below",
        "rising = below / lanes",
        ("lanes that do not reduce", "front"),
    ),
    # Tiles and strips over lanes.
    mutant(
        "a window's words divide by lanes as products do",
        LANES,
        "if tensor != s.output and (s.products >> tensor) & 1 == 1:",
        "if tensor != s.output:",
        ("windows over lanes", "front"),
    ),
    mutant(
        "strips cross lanes as tiles",
        LANES,
        "strips = unite(s, points, label, tensor, row, node, dim, stride) if dim >= 0 else tiles",
        "strips = tiles",
        ("runs across lanes", "front"),
    ),
    mutant(
        "strips of lanes are as long as the run so far",
        LANES,
        "stride = int(points[inner_point(label, tag // 32)].extent[dim])",
        "stride = int(points[label.at[tag // 32]].extent[dim])",
        ("runs across lanes", "front"),
    ),
    mutant(
        "an axis of the union is left out where the tile is read",
        LANES,
        "tiles = unite(s, points, label, tensor, row, node + 1, -1, 0)",
        "tiles = unite(s, points, label, tensor, row, node, -1, 0)",
        ("strips over lanes", "front"),
    ),
    mutant(
        "part of a block costs part of an access",
        UNITS,
        "np.ceil(words / block)",
        "(words / block)",
        ("blocks", "front"),
    ),
    # Which label makes which superfluous.
    mutant(
        "open boundaries are not compared",
        LABELS,
        "for column in range(COST + 1, s.width):",
        "for column in range(COST + 1, s.tensors):",
        (164, "front"),
        (353, "front"),
        (632, "front"),
    ),
    mutant(
        "bits of ports are not compared",
        LABELS,
        "        if q[a, column] > q[b, column]:",
        "        if q[a, column] > q[b, column] and column >= s.ports:",
        ("ports and sums", "front"),
    ),
    mutant(
        "tiles inside are not in the key",
        LABELS,
        "if one.at[node] != two.at[node]:",
        "if one.at[node] < 0:",
        (1895, "energy"),
    ),
    mutant(
        "lanes further out do not matter to the key",
        LABELS,
        "if tensor == s.output or s.fanouts_outside[pos] == 0:",
        "if tensor == s.output or s.fanouts_outside[pos] == 1:",
        (1895, "energy"),
    ),
    mutant(
        "resources are not compared",
        LABELS,
        "        if q[a, column] > q[b, column]:",
        "        if q[a, column] > q[b, column] and not s.resources <= column < s.tensors:",
        (134, "front"),
    ),
    mutant(
        "instances of ports are not compared",
        LABELS,
        "        if q[a, column] > q[b, column]:",
        "        if q[a, column] > q[b, column] and not s.ports <= column < s.resources:",
        (193, "front"),
    ),
    mutant(
        "lanes are not compared",
        LABELS,
        "if q[a, LANES] > q[b, LANES] and (",
        "if q[a, LANES] > q[b, LANES] and q[a, LANES] > 0.0 and (",
        (118, "energy"),
    ),
    # When the order in a block ceases to matter.
    mutant(
        "loops grow prime by prime though their order matters",
        LOOPS,
        "label.used == 0 and s.free[node] == 1 and block_closed(s, label)\n",
        "label.used == 0 and s.free[node] == 1\n",
        ("sums 1024", "front"),
    ),
    mutant(
        "any order is allowed",
        LOOPS,
        "and (s.inside[node, inner] >> dim) & 1 == 1:",
        "and (s.inside[node, inner] >> dim) & 1 == 2:",
        ("orders", "front"),
    ),
    # Limits.
    mutant(
        "a joint factor that stays short is let through",
        SEARCH,
        "(last and product != exact)",
        "(last and product > exact)",
        (556, "front"),
    ),
    mutant(
        "fanouts of one array each have all of its lanes",
        LANES,
        "            if q[index, column] > s.mesh[mesh, axis]:\n                return False\n",
        "",
        ("lanes of one array", "front"),
    ),
    mutant(
        "places that share a memory each have all of it",
        LOOPS,
        "if q[index, s.resources + column] > s.shared_limit[column]:",
        "if tables[s.shared + column * s.n_nodes + node, point] > s.shared_limit[column]:",
        ("shared memory", "front"),
    ),
    # Bounds.
    mutant(
        "unmoved tensors are bounded as if they moved now",
        TOGETHER,
        "return cost * share if cost > 0.0 else cost",
        "return cost * share if cost < 0.0 else cost",
        ("waiting ports", "energy"),
    ),
    mutant(
        "the last to move is not divided",
        TOGETHER,
        "divided(two, alone[b]), divided(two, share) + divided(one, alone[a])",
        "two, divided(two, share) + one",
        ("waiting ports", "energy"),
    ),
    mutant(
        "places further out are counted twice",
        BOUNDS,
        "future: float = tables[s.future[sheet, pos], point]",
        "future: float = 2.0 * tables[s.future[sheet, pos], point]",
        ("waiting ports", "energy"),
    ),
    mutant(
        "places further out get the tile so far",
        OUTLOOK,
        "tables[to, point] = further if further < here else here",
        "tables[to, point] = here",
        (106, "front"),
    ),
    mutant(
        "places further out always fetch full tiles",
        OUTLOOK,
        "least = min(least, share + (1.0 - share) * a / s.bounds[dim])",
        "least = 1.0",
        (181, "front"),
        (483, "front"),
        (770, "front"),
    ),
    mutant(
        "sums are bounded without lanes that reduce them",
        BOUNDS,
        "        s.fixed[sheet, tensor] += s.reduce[sheet, fanout] * below\n"
        "        s.part[sheet, tensor] = (rising - s.reduce[sheet, fanout]) * below\n",
        "        s.fixed[sheet, tensor] += rising * below\n",
        ("leakage", "front"),
    ),
    mutant(
        "reads are bounded without lanes that share them",
        BOUNDS,
        "total += s.fixed[sheet, tensor] + s.part[sheet, tensor] * shares[s.column[tensor]]",
        "total += s.fixed[sheet, tensor] + s.part[sheet, tensor]",
        ("ports of instances", "energy"),
    ),
    mutant(
        "visits that save are taken to fall by lanes further out",
        BOUNDS,
        "+= back / s.sums_ahead[fanout + 1] if back > 0.0 else back",
        "+= back / s.sums_ahead[fanout + 1]",
        ("dear starts", "energy"),
    ),
    mutant(
        "credits are divided by loops still to come",
        TOGETHER,
        "return cost * share if cost > 0.0 else cost",
        "return cost * share if cost != 0.0 else cost",
        ("sums 105", "bounds"),
    ),
    mutant(
        "strips never fall although the window has holes",
        BOUNDS,
        "    return 0.0\n",
        "    return strip\n",
        (871, "bounds"),
    ),
    mutant(
        "a run is bounded as if it could not grow",
        BOUNDS,
        "left = here.extent[run] / s.bounds[run] if run >= 0 else 0.0",
        "left = 1.0",
        ("ruled 1273", "bounds"),
    ),
    mutant(
        "lanes over a window share nothing",
        MACHINE,
        'lacked | int(s["joined"][t]) if shares else 0',
        "lacked if shares else 0",
        (217, "front"),
    ),
    mutant(
        "tiles of one word of a window share nothing",
        MACHINE,
        "lanes[:, a] + lanes[:, b] - 1",
        "lanes[:, a] * lanes[:, b]",
        (217, "front"),
    ),
    mutant(
        "tiles that lanes join are read twice",
        BOUNDS,
        "cost += s.tile_read[sheet, tensor] * words",
        "cost += s.tile_read[sheet, tensor] * words * 2.0",
        (46, "front"),
    ),
    mutant(
        "lanes are shared out in one way only",
        BOUNDS,
        "for _ in range(first, last):",
        "for _ in range(first, first + 1):",
        ("ports of instances", "energy"),
    ),
    mutant(
        "a run is bounded as if it could not begin",
        BOUNDS,
        "extent = here.extent[s.window_dim[tensor, w]]",
        "extent = s.bounds[s.window_dim[tensor, w]]",
        (502, "front"),
    ),
    mutant(
        "no lanes to come",
        SEARCH,
        "-q[new, LANES] * s.total_lanes[pos]",
        "-q[new, LANES]",
        ("leakage", "front"),
    ),
    mutant(
        "a tie is not looked at",
        BEST,
        " and tie >= s.best[TIE] * (1.0 - tolerance)",
        "",
        ("open boundaries", "latency"),
    ),
    # Ports.
    mutant(
        "first visits pass the port",
        BEST,
        " - s.sheet_credit[sheet] / q[index, port + 1]",
        "",
        ("ports and sums", "front"),
    ),
    mutant(
        "lanes inside a memory multiply its ports",
        LANES,
        "if s.sheet_node[sheet] < node:",
        "if s.sheet_node[sheet] < node + 2:",
        ("ports and sums", "front"),
    ),
    mutant(
        "a memory that waits works beside the compute",
        BEST,
        "if s.sheet_waits[sheet] == 0:",
        "if s.sheet_waits[sheet] >= 0:",
        ("waiting ports", "front"),
    ),
    mutant(
        "memories that wait do so all at once",
        BEST,
        "            waited += slowest\n",
        "            slowest = max(slowest, 0.0)\n            continue\n",
        ("waiting ports", "front"),
    ),
    # Fronts and choices.
    mutant(
        "superfluous points stay on the front",
        BEST,
        "if energy <= s.front_energy[i] * (1.0 + tolerance) and cycles",
        "if energy <= 0.0 and cycles",
        ("open boundaries", "front"),
    ),
    mutant(
        "a choice of what to keep is left out",
        PATTERN,
        "for m in range(may + 1)",
        "for m in range(max(may, 1 if must < may else may + 1))",
        ("first reads", "front"),
    ),
    mutant(
        "a beam proves",
        WORK,
        "            self._search_all(BEAM, over)\n"
        "            or self._look_below(self._guess(), over)\n"
        "            or self._search_all(0, over)\n",
        "            self._search_all(2, over)\n",
        ("strips over lanes", "front"),
    ),
)
