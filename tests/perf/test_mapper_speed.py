"""How fast the exact mapper is, against its bars; reported: ``pytest -m perf -s tests/perf``."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pytest

from accelsim.mapper.objectives import Objective
from tests.perf.mapper_speed import (
    FIGURE_HEADINGS,
    HEADINGS,
    MACHINES,
    OBJECTIVES,
    THREE_MEMORIES,
    UNEVEN_AT,
    Figure,
    Row,
    composite_rows,
    front_rows,
    load,
    machine_rows,
    memory_figures,
    network_figure,
    objective_rows,
    start_figures,
    uneven_rows,
)

pytestmark = pytest.mark.perf


def say(title: str, lines: Iterable[Row | Figure]) -> None:
    """Print a table; of an unproved row, its bound."""
    before = load()
    table = [line.cells() for line in lines]
    headings = HEADINGS if len(table[0]) == len(HEADINGS) else FIGURE_HEADINGS
    widths = [max(map(len, column)) for column in zip(headings, *table, strict=True)]
    print(f"\n{title}; {before}, then {load()}", file=sys.stderr)
    for cells in (headings, *table):
        first, *rest = (cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:]))
        print("  " + "  ".join([first, *rest]), file=sys.stderr)


@pytest.mark.parametrize("arch", MACHINES)
def test_least_energy(arch: str) -> None:
    say(f"least energy on {arch}", machine_rows(arch))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_other_objectives(objective: Objective) -> None:
    say(f"{objective.name} on {THREE_MEMORIES}", objective_rows(objective))


def test_fronts() -> None:
    say(f"the front of energy and cycles on {THREE_MEMORIES}", front_rows())


def test_uneven_mappings() -> None:
    say(f"uneven mappings ({UNEVEN_AT}) on {THREE_MEMORIES}", uneven_rows())


def test_many_divisors() -> None:
    say(f"60 divisors in each dim, on {THREE_MEMORIES}", composite_rows())


def test_a_network() -> None:
    say("one network", [network_figure()])


def test_memory() -> None:
    say("peak resident memory", memory_figures())


def test_start() -> None:
    say("start-up", start_figures())
