"""Count cases under their conventions; run by ``server.py`` for ``test_convention_mutants.py``."""

from __future__ import annotations

from accelsim.conventions import Conventions
from accelsim.counter.general.tally import count_general
from tests.naive.cases import Case
from tests.naive.compare import differences
from tests.naive.walk import Walk


def wrong(case: Case, conventions: Conventions, walked: Walk) -> list[str]:
    counted = count_general(case.layer, case.architecture, case.mapping, conventions)
    found = differences(case, walked, counted)
    return [str(conventions), str(case), *found] if found else []
