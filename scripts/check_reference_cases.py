#!/usr/bin/env python3
"""Evaluate reference cases and compare, quantity by quantity, with what they expect.

    scripts/check_reference_cases.py DIR          # every *.json of a folder, or one file
    scripts/check_reference_cases.py DIR --json

A case (schema ``accelsim-reference-case/1``) is a problem, a machine, a mapping and what Timeloop
reports for them; a file may hold a list of cases.  Each is evaluated under the accounting
``timeloop``; but where a case says that Timeloop counts its mapping inexactly, under plain counts,
which are compared with the independent walk in the case.  A line for every case says how many
quantities agree, and for the latter which are not compared; a line for every difference says which,
with our value, the expected one and the tolerance.

Exit code 0: all agree; 1: something differs; 2: the command line is at fault; 3: so is a file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from accelsim.errors import ExitCode, Problem  # noqa: E402
from accelsim.interchange.reference.compare import Comparison, compare  # noqa: E402
from accelsim.interchange.reference.read import read_cases  # noqa: E402
from accelsim.technology.spec import read_accounting  # noqa: E402

HEADINGS = ("case", "level", "tensor", "quantity", "ours", "expected", "tolerance")


def main(words: Sequence[str] | None = None) -> int:
    """Compare what the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description="Compare reference cases with our evaluation.")
    parser.add_argument("path", metavar="DIR", type=Path, help="a folder of cases, or one file")
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")
    given = parser.parse_args(words)

    cases, problems = read_cases(given.path)
    accounting = read_accounting("timeloop")
    compared = [compare(case, accounting) for case in cases]
    if given.json:
        print(json.dumps(as_data(compared, problems), indent=1))
    else:
        for line in as_text(compared):
            print(line)
        for problem in problems:
            print(problem, file=sys.stderr)
    if problems:
        return ExitCode.BAD_SPEC
    return 0 if all(comparison.agrees for comparison in compared) else 1


def by_quantity(compared: Sequence[Comparison]) -> dict[str, tuple[int, int]]:
    """Return quantity -> (how many agree, how many do not)."""
    equal, unlike = Counter[str](), Counter[str]()
    for comparison in compared:
        equal.update(comparison.equal)
        unlike.update(difference.quantity for difference in comparison.differences)
    return {name: (equal[name], unlike[name]) for name in sorted({*equal, *unlike})}


def as_text(compared: Sequence[Comparison]) -> Iterator[str]:
    """Yield the lines of the report."""
    for comparison in compared:
        equal = sum(comparison.equal.values())
        state = f"agrees: {equal} quantities equal"
        if not comparison.agrees:
            state = f"DIFFERS in {len(comparison.differences)}: {equal} quantities equal"
        note = f" ({comparison.note})" if comparison.note else ""
        yield f"{comparison.case}: {state}{note}"
    rows = [
        tuple(asdict(difference).values())
        for comparison in compared
        for difference in comparison.differences
    ]
    if rows:
        yield from ("", *table([HEADINGS, *rows]))
    counted = by_quantity(compared)
    cells = [(name, str(equal), str(unlike)) for name, (equal, unlike) in counted.items()]
    yield from ("", *table([("quantity", "equal", "differ"), *cells]))
    agreeing = sum(comparison.agrees for comparison in compared)
    total = [sum(column) for column in zip(*counted.values(), strict=True)] or [0, 0]
    yield ""
    yield f"{agreeing} of {len(compared)} cases agree: {total[0]} quantities equal, {total[1]} not"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()


def as_data(compared: Sequence[Comparison], problems: Sequence[Problem]) -> dict[str, object]:
    """Return the report as data."""
    return {
        "cases": [
            {
                "case": comparison.case,
                "agrees": comparison.agrees,
                "note": comparison.note,
                "equal": comparison.equal,
                "differences": [asdict(difference) for difference in comparison.differences],
            }
            for comparison in compared
        ],
        "quantities": {
            name: {"equal": equal, "differ": unlike}
            for name, (equal, unlike) in by_quantity(compared).items()
        },
        "problems": [str(problem) for problem in problems],
    }


if __name__ == "__main__":
    sys.exit(main())
