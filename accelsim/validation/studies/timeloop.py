"""What Timeloop reports of fixed mappings, quantity by quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from math import floor, log10

from accelsim import shipped
from accelsim.errors import SpecError
from accelsim.interchange.reference.case import (
    INEXACT,
    PREFER_WALKED,
    ReferenceCase,
)
from accelsim.interchange.reference.compare import Compared, Comparison, agree, compare
from accelsim.interchange.reference.quantities import TOLERANCES, Value
from accelsim.interchange.reference.read import read_cases
from accelsim.technology.spec import read_accounting
from accelsim.validation.records import Case, Label, Study, Tolerance, exactly

SOURCE = (
    "timeloop-model (NVlabs/timeloop, commit 4cf6d4c, every energy per access given), run on the "
    "same problem, machine and mapping; reference_cases/timeloop/README.md"
)
WALK = "a separate walk of every iteration of the same mapping"

POINTS_PER_DECADE = 5
"""So many pairs of a quantity are drawn, at most."""

Pair = tuple[ReferenceCase, Comparison]


def cases() -> Iterator[Case]:
    """Yield how many quantities of each name agree, then each one that does not.

    Raises
    ------
    SpecError
        If a file of cases cannot be read.
    """
    read, problems = read_cases(shipped.reference_cases("timeloop"))
    if problems:
        raise SpecError(problems)
    accounting = read_accounting("timeloop")
    yield from tallies([(case, compare(case, accounting)) for case in read])


def tallies(compared: Sequence[Pair]) -> Iterator[Case]:
    """Yield the tallies of compared cases, and what differs."""
    reported = [pair for pair in compared if pair[0].trust != INEXACT]
    inexact = [pair for pair in compared if pair[0].trust == INEXACT]
    agreeing = sum(its.agrees for _, its in compared)
    yield _tally("all", "cases that agree", agreeing, len(compared), "equal", "reported")
    equal = sum(sum(its.equal.values()) for _, its in compared)
    differing = sum(len(its.differences) for _, its in compared)
    name = "quantities that agree"
    yield _tally("all", name, equal, equal + differing, "each its tolerance", "reported")
    group = f"{len(reported)} cases, as reported: quantities equal"
    shortcut = [case.name for case, _ in reported if case.trust == PREFER_WALKED]
    note = f"{', '.join(shortcut)}: Timeloop with its extrapolation, inexact there, switched off"
    yield from _by_quantity(group, reported, "reported", note if shortcut else "")
    for case, its in inexact:
        group = f"{case.name}, by a walk: quantities equal"
        yield from _by_quantity(group, [(case, its)], "walked", its.note)
    for case, its in compared:
        yield from _differences(its, "walked" if case.trust == INEXACT else "reported")


def _by_quantity(group: str, compared: Sequence[Pair], label: Label, note: str) -> Iterator[Case]:
    valid = sum("valid" in its.equal for _, its in compared)
    refused = sum(not case.wanted.valid for case, _ in compared)
    name = f"valid, or rejected ({refused})" if refused else "valid"
    yield _tally(group, name, valid, len(compared), "equal", label, note)
    by_name: dict[str, list[Compared]] = {}
    for _, its in compared:
        for one in its.compared:
            by_name.setdefault(one.name.quantity, []).append(one)
    for quantity, ones in sorted(by_name.items()):
        agreeing = [one for one in ones if one.agrees]
        text = TOLERANCES[ones[0].expected.kind]
        points = thinned(_pairs(agreeing))
        yield _tally(group, quantity, len(agreeing), len(ones), text, label, "", points)


def _tally(
    group: str,
    name: str,
    agreeing: int,
    of: int,
    text: str,
    label: Label,
    note: str = "",
    points: tuple[tuple[float, float], ...] = (),
) -> Case:
    source = WALK if label == "walked" else SOURCE
    tolerance = Tolerance(of, of, text)
    return Case(group, name, agreeing, of, "", tolerance, source, label, note, points)


def _pairs(ones: Iterable[Compared]) -> Iterator[tuple[float, float]]:
    for one in ones:
        if one.ours is not None:
            yield from zip(one.expected.numbers, one.ours.numbers, strict=True)


def thinned(pairs: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return pairs of positive numbers, a few of each decade of the first."""
    kept: dict[int, tuple[float, float]] = {}
    for theirs, ours in pairs:
        if theirs > 0 and ours > 0:
            kept.setdefault(floor(POINTS_PER_DECADE * log10(theirs)), (theirs, ours))
    return tuple(kept[place] for place in sorted(kept))


def _differences(its: Comparison, label: Label) -> Iterator[Case]:
    """Yield every number of a case that is not as expected, named in full."""
    source = WALK if label == "walked" else SOURCE
    for one in its.compared:
        if one.agrees:
            continue
        name = ", ".join(filter(None, one.name))
        kind = one.expected.kind
        ours = one.ours.numbers if one.ours else ()
        several = len(one.expected.numbers) > 1
        for number, (mine, wanted) in enumerate(zip_longest(ours, one.expected.numbers), start=1):
            if None not in (mine, wanted) and agree(Value((mine,), kind), Value((wanted,), kind)):
                continue
            at = f"{name}, number {number}" if several else name
            room = None if wanted is None else Tolerance(wanted, wanted, TOLERANCES[kind])
            yield Case(its.case, at, mine, wanted, "", room, source, label)
    for difference in its.differences:
        if difference.quantity == "valid":
            note = f"{difference.ours}; expected {difference.expected}"
            yield Case(its.case, "valid", 0, 1, "", exactly(1), source, label, note)


STUDY = Study(
    name="timeloop",
    title="Timeloop's counts, capacities, energies and cycles of fixed mappings",
    source=(
        'Parashar et al., "Timeloop: A Systematic Approach to DNN Accelerator Evaluation", '
        "ISPASS 2019"
    ),
    parts=(cases,),
)
