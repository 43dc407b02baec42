"""Sources and refusals of prices, verb by verb."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import accelsim as acs
from accelsim.errors import SpecError
from accelsim.report.results import Result
from tests.small import INPUTS, LAYER, MACHINE, MAPPING, OUTPUTS, TABLE

SOURCE = "dram, buffer, array, mac: made up for tests"

VERBS: dict[str, Callable[..., Result]] = {
    "map": partial(acs.map, MACHINE, LAYER),
    "map --pareto": partial(acs.map, MACHINE, LAYER, pareto=True),
    "run": partial(acs.run, MACHINE, LAYER),
    "run --pareto": partial(acs.run, MACHINE, LAYER, pareto=True),
    "compare": partial(acs.compare, MACHINE, LAYER, dataflows=[INPUTS, OUTPUTS]),
    "robustness": partial(acs.robustness, MACHINE, LAYER, dataflows=[INPUTS, OUTPUTS]),
    "evaluate": partial(acs.evaluate, MACHINE, LAYER, MAPPING),
    "explain": partial(acs.explain, MACHINE, LAYER, MAPPING),
    "diff": partial(acs.diff, MACHINE, LAYER, INPUTS, OUTPUTS),
    "estimate": partial(acs.estimate, LAYER, machine=MACHINE),
}

verbs = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)


@verbs
def test_every_verb_lists_its_energy_sources(verb: Callable[..., Result]) -> None:
    result = verb(technology=TABLE)
    text = result.text()
    assert "Energies are from 1 source:" in text
    assert f"  - {SOURCE}" in text
    data = json.dumps(result.data())
    assert '"energy_sources": [{"level": "dram", "action": "read"' in data
    assert '"source": "made up for tests"' in data


@pytest.fixture
def lacking(tmp_path: Path) -> Path:
    """Return the small table without a price for what sums do on their way out."""
    path = tmp_path / "lacking.yaml"
    path.write_text(TABLE.read_text(encoding="utf-8").replace("collect: 1, ", ""))
    return path


@verbs
def test_every_verb_refuses_a_table_without_an_action_by_its_name(
    verb: Callable[..., Result], lacking: Path
) -> None:
    said = "energy table 'small-table' has no price for 'collect' of component 'array', which"
    with pytest.raises(SpecError, match=said):
        verb(technology=lacking)


def test_points_of_a_sweep_list_their_sources_or_the_action_that_is_lacking(
    tmp_path: Path, lacking: Path
) -> None:
    def swept(name: str, table: Path) -> Any:
        return acs.sweep(
            MACHINE, LAYER, store=tmp_path / name, technology=table, executor="in-process"
        )

    found = swept("done.db", TABLE)
    [point] = found
    assert point.figures["energy_sources"] == [SOURCE]
    assert f"  - {SOURCE}" in found.text()
    for name in ("points.csv", "points.json"):
        found.export(tmp_path / name)
        assert SOURCE in (tmp_path / name).read_text(encoding="utf-8")
    with pytest.raises(SpecError, match="no price for 'collect' of component 'array'"):
        swept("refused.db", lacking)
