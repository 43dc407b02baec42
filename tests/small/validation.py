"""A study of four cases: one that holds, one that fails, one that is shown, one that cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from accelsim.validation.records import Case, Study, within


def cases() -> Iterator[Case]:
    yield Case("energy", "good", 101.0, 100.0, "pJ", within(100, 0.02), "a paper", "verified")
    yield Case("energy", "bad", 103.0, 100.0, "pJ", within(100, 0.02), "a paper", "derived", "why")
    yield Case("time", "seen", 5.0, 1.0, "ms", None, "a talk", "from_memory", "not judged: rain")
    yield Case("time", "never", None, None, "ms", None, "a talk", "derived", "too large")


def good_cases() -> Iterator[Case]:
    yield from (case for case in cases() if case.name != "bad")


def fitted_cases() -> Iterator[Case]:
    good = next(cases())
    yield replace(good, fitted=("the leakage, from the same number",))
    yield replace(good, name="free")


MIXED = Study("mixed", "A mixed study", "Somebody, somewhere", (cases,))
GOOD = Study("good", "A good study", "Somebody else", (good_cases,))
