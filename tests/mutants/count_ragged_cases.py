"""Count and evaluate cases with remainders; run by ``server.py`` for ``test_ragged_mutants.py``."""

from __future__ import annotations

from accelsim.counter.ragged import count_ragged
from tests.evaluation.bill import Bill
from tests.evaluation.cases import PricedCase
from tests.evaluation.compare import _differences, evaluate_case
from tests.naive.cases import Case
from tests.naive.compare import differences
from tests.naive.walk import Walk


def wrong(case: Case, walked: Walk, charged: tuple[PricedCase, Bill] | None) -> list[str]:
    counted = count_ragged(case.layer, case.architecture, case.mapping)
    found = differences(case, walked, counted)
    if charged and not found:
        priced, billed = charged
        found = _differences(billed, evaluate_case(priced))
    return [str(case), *found] if found else []
