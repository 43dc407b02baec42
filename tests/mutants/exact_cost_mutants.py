"""Mistakes in what the exact mapper takes a mapping to cost."""

from __future__ import annotations

from tests.mutants.exact_mutant import BEST, LANES, LOOPS, PATTERN, UNITS, mutant

COST_MUTANTS = (
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
)
