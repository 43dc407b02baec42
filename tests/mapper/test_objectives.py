from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from accelsim.errors import UsageError
from accelsim.mapper import rounds
from accelsim.mapper.objectives import (
    EDP,
    ENERGY,
    LATENCY,
    OBJECTIVES,
    objective_named,
    power_product,
)

ROOT = Path(__file__).parents[2]


def test_figures() -> None:
    assert ENERGY.figure(3.0, 5.0) == 3.0
    assert LATENCY.figure(3.0, 5.0) == 5.0
    assert EDP.figure(3.0, 5.0) == 15.0


def test_ties_go_to_what_the_figure_leaves_open() -> None:
    assert ENERGY.rank(3.0, 5.0) < ENERGY.rank(3.0, 6.0)
    assert LATENCY.rank(3.0, 5.0) < LATENCY.rank(4.0, 5.0)
    assert EDP.rank(4.0, 3.0) < EDP.rank(3.0, 4.0)


def test_the_search_compiles_the_plain_product() -> None:
    for powers in ((1, 0), (0, 1), (1, 1), (2, 3)):
        assert rounds.power_product(0.3, 0.7, *powers) == power_product(0.3, 0.7, *powers)


def test_names_need_neither_numpy_nor_numba() -> None:
    """The command line offers them without waiting."""
    heavy = "import sys, accelsim.cli.options; print({'numpy', 'numba'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", heavy], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "set()\n"


def test_names() -> None:
    assert all(objective_named(name).name == name for name in OBJECTIVES)
    with pytest.raises(UsageError) as caught:
        objective_named("energi")
    assert str(caught.value) == (
        "unknown objective 'energi'; expected one of energy, latency, edp; did you mean 'energy'?"
    )
