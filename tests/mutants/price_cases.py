"""Evaluate cases that have been billed; run by ``server.py`` for ``test_evaluation_mutants.py``."""

from __future__ import annotations

from tests.evaluation.bill import Bill
from tests.evaluation.cases import PricedCase
from tests.evaluation.compare import differences


def wrong(case: PricedCase, billed: Bill) -> list[str]:
    found = differences(case, billed)
    return [str(case), *found] if found else []
