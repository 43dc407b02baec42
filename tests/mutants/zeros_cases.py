"""Evaluate cases with zeros drawn before; run by ``server.py`` for ``test_zeros_mutants.py``."""

from __future__ import annotations

from tests.naive.cases import Case
from tests.naive.zeros import Counted
from tests.naive.zeros_compare import beyond, contradictions


def wrong(case: Case, drawn: Counted) -> list[str]:
    found = [*beyond(case, drawn), *contradictions(case)]
    return [str(case), *found] if found else []
