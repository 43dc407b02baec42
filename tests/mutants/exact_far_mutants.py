"""Mistakes in what the exact mapper says of sums, runs and reads still on their way outward."""

from __future__ import annotations

from tests.mutants.exact_mutant import (
    BOUNDS,
    FUTURES,
    LABELS,
    LANES,
    LOOPS,
    PATTERN,
    SEARCH,
    TABLES,
    UNITS,
    mutant,
)

FAR_MUTANTS = (
    # What lanes further out may save of sums.
    mutant(
        "what lanes may still save is not taken off",
        BOUNDS,
        "        s.total[0] -= label.slack\n",
        "        s.total[0] -= 0.0\n",
        ("starts beyond two places", "bounds"),
    ),
    mutant(
        "lanes save nothing of sums that have moved",
        LOOPS,
        "label.slack += slack_of_output(s, points, label, node)",
        "label.slack += 0.0",
        ("starts beyond two places", "bounds"),
    ),
    mutant(
        "lanes save at one of the boundaries that move together",
        UNITS,
        "if row == s.current[pos, s.output]:\n            break",
        "if row >= 0:\n            break",
        ("starts beyond two places", "bounds"),
    ),
    mutant(
        "lanes save nothing of sums that have crossed others",
        LANES,
        "label.slack += max(0.0, s.beta[row]) * visits",
        "label.slack += 0.0",
        ("starts beyond lanes", "bounds"),
    ),
    mutant(
        "lanes save nothing of sums that the compute reads",
        SEARCH,
        "first.slack += max(0.0, s.beta[0]) * steps",
        "first.slack += 0.0",
        ("starts in registers", "bounds"),
    ),
    mutant(
        "no boundary is credited more than it costs",
        PATTERN,
        "                s.settled[pos] = 0\n",
        "                s.settled[pos] = 1\n",
        ("sums that pay", "front"),
    ),
    mutant(
        "a boundary credited more than it costs lets the place inside it be settled",
        PATTERN,
        "            for pos in range(row):\n                s.settled",
        "            for pos in range(row - 1):\n                s.settled",
        ("sums that pay", "front"),
    ),
    mutant(
        "loops leave a place that keeps nothing though sums pay",
        PATTERN,
        "s.free[node] == 0 or s.settled[0] == 0:",
        "s.free[node] == 0:",
        ("sums that pay", "front"),
    ),
    mutant(
        "loops merge though sums pay",
        LOOPS,
        "        if q[index, unit] < 0.0:\n            label.used |= KEEP_USED\n",
        "",
        ("sums that pay", "front"),
    ),
    mutant(
        "visits that save are not compared",
        LABELS,
        "if s.visits_save[pos] == 1:",
        "if s.visits_save[pos] == 2:",
        ("visits that save", "energy"),
    ),
    # Runs.
    mutant(
        "what is pending is lost as a run ends",
        SEARCH,
        "q[index, COST + sheet] += q[index, column]\n        q[index, column] = 0.0",
        "q[index, column] = 0.0",
        (92, "energy"),
    ),
    mutant(
        "what is pending is lost at the end",
        LOOPS,
        "total += q[index, column + PENDING]",
        "total += 0.0",
        (168, "energy"),
    ),
    mutant(
        "a run begins as if it had one step",
        LOOPS,
        "(unit - strip) / bound",
        "(unit - strip)",
        (92, "energy"),
    ),
    mutant(
        "tiles that a run still fetches are due as they cross lanes",
        LANES,
        "        if running:\n",
        "        if False:\n",
        ("runs across lanes", "energy"),
    ),
    mutant(
        "lanes do not know that a run began",
        LOOPS,
        "tag = node * 32 + dim",
        "tag = -1",
        ("runs across lanes", "energy"),
    ),
    # Reads.
    mutant(
        "lanes beyond the next array share no words that tiles join",
        BOUNDS,
        "s.tile_read[sheet, tensor] = read / s.lanes_ahead[fanout + 1, tensor]",
        "s.tile_read[sheet, tensor] = read",
        ("tiles below two arrays", "energy"),
    ),
    mutant(
        "lanes beyond the next array share nothing",
        BOUNDS,
        "beyond = s.lanes_ahead[s.group_end[fanout] + 1, tensor]",
        "beyond = 1.0",
        ("sums 124", "bounds"),
    ),
    mutant(
        "what a place keeps does not matter to its outlook",
        FUTURES,
        "node, kept[node], parents",
        "node, parents",
        (33, "energy"),
    ),
    # Ties.
    mutant(
        "cycles are taken to break ties though they count",
        TABLES,
        "not front and objective.cycles_power == 0 and prices.leakage == 0",
        "not front and prices.leakage == 0",
        ("sums 114", "latency"),
    ),
)
