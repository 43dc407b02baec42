"""Lay what a reference case expects beside what we evaluate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from accelsim.conventions import Conventions
from accelsim.errors import SpecError
from accelsim.evaluation.evaluate import IllegalMappingError, evaluate
from accelsim.interchange.reference.account import WHOLE, account, account_exactly
from accelsim.interchange.reference.case import INEXACT, ReferenceCase
from accelsim.interchange.reference.lowering import lower
from accelsim.interchange.reference.quantities import (
    RELATIVE,
    TOLERANCES,
    Quantities,
    Value,
    stated,
    walked,
)
from accelsim.technology.records import Accounting

COUNTS = Accounting("counts", conventions=Conventions(multicast="equal"))
"""For mappings with remainders: tiles are not compared with those before, and words are exact."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A quantity on which a case and we do not agree."""

    case: str
    level: str
    tensor: str
    quantity: str
    ours: str
    expected: str
    tolerance: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a case: what agrees, and what does not."""

    case: str
    equal: dict[str, int]
    """quantity -> how many of that name agree"""
    differences: tuple[Difference, ...]
    note: str = ""
    """What of the case is not compared, and what with; empty where all of it is."""

    @property
    def agrees(self) -> bool:
        return not self.differences


def compare(case: ReferenceCase, accounting: Accounting) -> Comparison:
    """Evaluate a case under Timeloop's accounting and compare it, quantity by quantity.

    A mapping that Timeloop counts inexactly is evaluated under :data:`COUNTS` instead, and compared
    with the independent walk of the case, which knows counts only; ``note`` says so and names what
    is not compared.  A mapping that we cannot evaluate differs in validity, and says why.
    """
    wanted = case.wanted
    valid = "a valid mapping"
    try:
        ours, expected = _accounts(case, accounting)
    except IllegalMappingError as fault:
        if not wanted.valid:
            return Comparison(case.name, {"valid": 1}, ())
        return _unlike(case, f"rejected: {fault}", valid)
    except SpecError as fault:
        return _unlike(case, f"not evaluated: {fault}", valid if wanted.valid else "rejected")
    if not wanted.valid:
        return _unlike(case, valid, "rejected")
    differences = tuple(_differences(case.name, ours, expected))
    equal = Counter(["valid", *(name.quantity for name in expected)])
    equal.subtract(difference.quantity for difference in differences)
    found = {name: n for name, n in equal.items() if n}
    return Comparison(case.name, found, differences, _note(case, expected))


def _note(case: ReferenceCase, expected: Quantities) -> str:
    """Say what Timeloop states of an inexact case and is not compared."""
    if case.trust != INEXACT:
        return ""
    compared = {name.quantity for name in expected}
    left = sorted({name.quantity for name in stated(case.wanted)} - compared)
    said = f"{len(left)} quantities that Timeloop states are not compared: {', '.join(left)}"
    return f"counts only, by an independent walk: {said}"


def _accounts(case: ReferenceCase, accounting: Accounting) -> tuple[Quantities, Quantities]:
    """Return (ours, expected): Timeloop's statistics, or where inexact, the walk's counts.

    The accounting is then :data:`COUNTS`, whatever was asked for.
    """
    lowered = lower(case)
    if case.trust == INEXACT:
        accounting = COUNTS
    found = evaluate(lowered.layer, lowered.arch, lowered.mapping, lowered.table, accounting)
    if case.trust == INEXACT:
        assert case.independent_exact_walk is not None
        return account_exactly(case, found), walked(case.independent_exact_walk, case.expected)
    return account(case, found), stated(case.wanted)


def _unlike(case: ReferenceCase, ours: str, expected: str) -> Comparison:
    only = Difference(case.name, "", "", "valid", ours, expected, TOLERANCES["exact"])
    return Comparison(case.name, {}, (only,))


def _differences(case: str, ours: Quantities, expected: Quantities) -> Iterator[Difference]:
    for name, wanted in expected.items():
        found = ours.get(name)
        if found is None or not agree(found, wanted):
            yield Difference(case, *name, _text(found), _text(wanted), TOLERANCES[wanted.kind])


def agree(found: Value, wanted: Value) -> bool:
    """Tell whether two values are as alike as their kind demands."""
    return len(found.numbers) == len(wanted.numbers) and all(
        _near(mine, its, wanted) for mine, its in zip(found.numbers, wanted.numbers, strict=True)
    )


def _near(mine: float, its: float, wanted: Value) -> bool:
    off = abs(mine - its)
    if wanted.kind == "exact":
        return off == 0
    if wanted.kind == "count":
        return off == 0 or (off <= 1 and abs(mine - round(mine)) > WHOLE)
    return off <= RELATIVE * max(abs(mine), abs(its))


def _text(value: Value | None) -> str:
    if value is None:
        return "not counted"
    return " ".join(f"{number:.10g}" for number in value.numbers) or "none"
