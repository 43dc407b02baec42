"""Mistakes in how the exact mapper leads a search and what it then says."""

from __future__ import annotations

from tests.mutants.exact_mutant import BEST, PATTERN, WORK, mutant

SEARCH_MUTANTS = (
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
        "            or (None if self.near else self._search_all(BEAM, over))\n"
        "            or self._search_all(0, over)\n",
        "            or self._search_all(2, over)\n",
        ("strips over lanes", "front"),
    ),
    # Searches that are ended.
    mutant(
        "a pattern that was ended waits no more",
        WORK,
        "            if ended is not None:\n                return ended\n            if not",
        "            if ended is not None:\n                self.unsearched.remove(pattern)\n"
        "                return ended\n            if not",
        ("open boundaries", "stops"),
    ),
    mutant(
        "what waits is no part of the bound",
        WORK,
        "min([least, *(p.floor for p in self.unsearched)])",
        "least",
        ("open boundaries", "stops"),
    ),
)
