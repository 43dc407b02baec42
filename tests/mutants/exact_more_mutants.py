"""Further mistakes in the exact mapper, see ``exact_mutant.py``; run with ``full`` only."""

from __future__ import annotations

from tests.mutants.exact_mutant import BEST, LANES, PATTERN, mutant

MORE_MUTANTS = (
    mutant(
        "lanes that do not multicast are read for once",
        LANES,
        "        if (s.multicast[node] >> tensor) & 1 == 0:\n            apart *= lanes",
        "        if (s.multicast[node] >> tensor) & 1 == 2:\n            apart *= lanes",
        (50, "front"),
    ),
    mutant(
        "lanes passed that do not multicast are delivered to once",
        LANES,
        "        if s.place[v] < 0 and (s.multicast[v] >> tensor) & 1 == 0:\n            apart",
        "        if s.place[v] < 0 and (s.multicast[v] >> tensor) & 1 == 2:\n            apart",
        (935, "front"),
    ),
    mutant(
        "no lanes beyond the fanout crossed",
        LANES,
        "most_outside = -q[index, LANES] * s.total_lanes[node + 1]",
        "most_outside = -q[index, LANES]",
        (734, "front"),
    ),
    mutant(
        "a port has no instances to come",
        BEST,
        "most = lanes_outside(s, q, index, max(pos, s.sheet_node[sheet] + 1))",
        "most = 1.0",
        (1289, "front"),
    ),
    mutant(
        "a point of equal energy does not replace a slower one",
        BEST,
        "if s.front_energy[i] <= energy * (1.0 + tolerance) and s",
        "if s.front_energy[i] == energy or s.front_energy[i] <= energy and s",
        (85, "front"),
    ),
    mutant(
        "words in blocks are taken for products",
        PATTERN,
        "if s.joined[tensor] == 0 and blocks == 1:",
        "if s.joined[tensor] == 0:",
        (1898, "energy"),
    ),
)
