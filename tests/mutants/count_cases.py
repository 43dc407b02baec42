"""Count cases that have been walked before; run by ``server.py`` for ``test_mutants.py``."""

from __future__ import annotations

from accelsim.counter import count
from tests.naive.cases import Case
from tests.naive.compare import differences
from tests.naive.walk import Walk


def wrong(case: Case, walked: Walk) -> list[str]:
    found = differences(case, walked, count(case.layer, case.architecture, case.mapping))
    return [str(case), *found] if found else []
