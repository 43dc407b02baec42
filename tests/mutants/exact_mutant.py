"""A deliberate mistake in the exact mapper, with small problems that it gets wrong.

As in ``mutants.py``; but most mistakes of a search show on few problems only, so that each mutant
names its own: a rule of ``tests/mapper/exact_rules.py`` or ``exact_far_rules.py``, or a seed of
``small_problem`` (of ``tests/mapper/exact_more.py`` after the name of its kind), and what is asked.

Not here are mistakes that no answer shows: those that only weaken a bound or a comparison (the
search then takes longer and answers the same), and, by the proof in ``expand_block``, when loops of
a dim are merged: earlier than once all runs have ended (as was done once) changes no answer.
"""

from __future__ import annotations

from typing import NamedTuple

from accelsim.mapper.contract import MappingProblem
from tests.mapper.exact_far_rules import FAR_RULES
from tests.mapper.exact_more import grouped_problem, ruled_problem, sums_problem
from tests.mapper.exact_problems import exact_problem
from tests.mapper.exact_rules import RULES
from tests.mutants.mutants import Mutant

Question = tuple[str | int, str]
"""Rule or seed, and one of ``QUESTIONS`` of ``tests/mapper/exact_checks.py``, or ``STOPS``."""

MORE = {"sums": sums_problem, "ruled": ruled_problem, "grouped": grouped_problem}


class ExactMutant(NamedTuple):
    mutant: Mutant
    caught_by: tuple[Question, ...]


def small_problem(name: str | int) -> MappingProblem:
    """Return the problem of a rule or of a seed."""
    if isinstance(name, int):
        return exact_problem(name, 50, 600)
    kind, _, number = name.rpartition(" ")
    return MORE[kind](int(number)) if kind in MORE else (RULES | FAR_RULES)[name].problem()


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
GEOMETRY = "mapper/exact/geometry.py"
ROWS = "mapper/exact/rows.py"
TABLES = "mapper/exact/tables.py"
FUTURES = "mapper/exact/futures.py"
WORK = "mapper/exact/work.py"


def mutant(
    mistake: str, file: str, old: str, new: str, *caught_by: Question,
    also: tuple[tuple[str, str], ...] = (),
) -> ExactMutant:  # fmt: skip
    return ExactMutant(Mutant(mistake, file, old, new, also), caught_by)
