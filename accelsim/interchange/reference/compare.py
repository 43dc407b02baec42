"""Lay what a reference case expects beside what we evaluate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from accelsim.conventions import Conventions
from accelsim.errors import SpecError
from accelsim.evaluation.charge import IllegalMappingError
from accelsim.evaluation.evaluate import evaluate
from accelsim.interchange.reference.account import WHOLE, account, account_exactly
from accelsim.interchange.reference.case import INEXACT, ReferenceCase
from accelsim.interchange.reference.lowering import lower
from accelsim.interchange.reference.quantities import (
    RELATIVE,
    TOLERANCES,
    Name,
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
class Compared:
    """One quantity: what we find, None if we do not count it, and what is expected."""

    name: Name
    ours: Value | None
    expected: Value

    @property
    def agrees(self) -> bool:
        return self.ours is not None and agree(self.ours, self.expected)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a case: what agrees, and what does not."""

    case: str
    equal: dict[str, int]
    """quantity -> how many of that name agree"""
    differences: tuple[Difference, ...]
    note: str = ""
    """What of the case is not compared, and what with; empty where all of it is."""
    compared: tuple[Compared, ...] = ()
    """Every quantity but validity; none where only one of the two is a valid mapping."""

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
    compared = tuple(Compared(name, ours.get(name), its) for name, its in expected.items())
    equal = Counter(["valid", *(one.name.quantity for one in compared if one.agrees)])
    differences = tuple(_difference(case.name, one) for one in compared if not one.agrees)
    return Comparison(case.name, dict(equal), differences, _note(case, expected), compared)


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


def _difference(case: str, one: Compared) -> Difference:
    tolerance = TOLERANCES[one.expected.kind]
    return Difference(case, *one.name, _text(one.ours), _text(one.expected), tolerance)


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
