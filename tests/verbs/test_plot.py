from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import accelsim as acs
from accelsim.errors import UsageError
from tests.small.results import comparison, network_run


def test_a_comparison_by_level_and_by_tensor() -> None:
    figure = acs.plot(comparison())
    assert [ax.get_title() for ax in figure.axes] == [
        "fc, by level",
        "fc, by tensor",
    ]
    assert figure.get_suptitle() == "tiny on small"


def test_the_layers_of_a_network_by_tensor(tmp_path: Path) -> None:
    path = tmp_path / "f.svg"
    figure = acs.plot(network_run(), by="tensor", output=path)
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["fc1", "fc2"]
    assert figure.get_suptitle() == "tiny on small, both"
    assert path.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "pie"}, "unknown kind 'pie'; expected one of energy-breakdown, pareto, roofline"),
        ({"by": "colour"}, "cannot stack bars by 'colour'; expected one of level, tensor"),
        ({"group": "conv"}, "no layers of group 'conv'; expected one of fc"),
    ],
)
def test_what_cannot_be_drawn(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        acs.plot(comparison(), **options)
