from __future__ import annotations

import pytest

from accelsim.errors import UsageError
from accelsim.mapper.objectives import EDP, ENERGY, LATENCY, OBJECTIVES, objective_named


def test_figures() -> None:
    assert ENERGY.figure(3.0, 5.0) == 3.0
    assert LATENCY.figure(3.0, 5.0) == 5.0
    assert EDP.figure(3.0, 5.0) == 15.0


def test_ties_go_to_what_the_figure_leaves_open() -> None:
    assert ENERGY.rank(3.0, 5.0) < ENERGY.rank(3.0, 6.0)
    assert LATENCY.rank(3.0, 5.0) < LATENCY.rank(4.0, 5.0)
    assert EDP.rank(4.0, 3.0) < EDP.rank(3.0, 4.0)


def test_names() -> None:
    assert all(objective_named(name).name == name for name in OBJECTIVES)
    with pytest.raises(UsageError) as caught:
        objective_named("energi")
    assert str(caught.value) == (
        "unknown objective 'energi'; expected one of energy, latency, edp; did you mean 'energy'?"
    )
