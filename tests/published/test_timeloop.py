"""Timeloop's own counts, energies and cycles of 55 mappings, quantity by quantity.

Origin and trust of the cases: ``reference_cases/timeloop/README.md``.
"""

from __future__ import annotations

import pytest

from accelsim import shipped
from accelsim.interchange.reference.case import ReferenceCase
from accelsim.interchange.reference.compare import compare
from accelsim.interchange.reference.read import read_cases
from accelsim.technology.spec import read_accounting

CASES, PROBLEMS = read_cases(shipped.reference_cases("timeloop"))

AT_LEAST = {"exact": 40, "prefer_expected_without_extrapolation": 40}
"""Quantities of a valid case; the others say less."""


def test_every_file_is_read() -> None:
    assert PROBLEMS == []
    assert len(CASES) == 25 + 30
    assert sum(not case.expected.valid for case in CASES) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agreement(case: ReferenceCase) -> None:
    found = compare(case, read_accounting("timeloop"))
    assert found.differences == ()
    expected = AT_LEAST.get(case.trust, 10) if case.expected.valid else 1
    assert sum(found.equal.values()) >= expected
