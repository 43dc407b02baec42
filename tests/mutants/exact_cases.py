"""Ask the exact mapper about small problems; run by ``server.py`` for ``test_exact_mutants.py``."""

from __future__ import annotations

from tests.mapper import exact_checks
from tests.mapper.exact_checks import Listed


def wrong(case: Listed, question: str) -> list[str]:
    found = exact_checks.wrong(case, question)
    problem = case.problem
    return [str(problem.layer), str(problem.arch), f"{question}: {found}"] if found else []
