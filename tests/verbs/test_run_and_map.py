from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim.errors import UsageError
from accelsim.evaluation.evaluate import IllegalMappingError
from tests.small import (
    ENERGY_INPUTS,
    ENERGY_OUTPUTS,
    IMPOSSIBLE,
    INPUTS,
    LAYER,
    MACHINE,
    MAPPING,
    MIXED,
    OUTPUTS,
    PICOJOULES,
    TABLE,
)

QUICK = acs.Search(samples=50)


def test_a_network_on_a_machine() -> None:
    result = acs.run(MACHINE, f"{MIXED}:fc*", dataflow=INPUTS, technology=TABLE, search=QUICK)
    assert result.complete
    assert result.total.energy_total == 2 * ENERGY_INPUTS
    assert [entry.same_as for entry in result.layers] == ["", "fc1"]
    cells = result.energy.by("level", "tensor")
    assert cells["buffer", "Inputs"] == 2 * 60
    assert result.totals("fc").cycles == 4
    assert result["fc2"].evaluation == result.layers[1].evaluation
    with pytest.raises(KeyError, match="no layer 'fc9'"):
        result["fc9"]


def test_several_dataflows_add_up() -> None:
    # M whole over the lanes and C whole over the lanes: four lanes, of two.
    result = acs.run(MACHINE, LAYER, dataflow=[OUTPUTS, INPUTS], technology=TABLE, search=QUICK)
    assert not result.complete
    assert result.result.dataflow == "outputs+inputs"


def test_the_best_mapping_of_a_layer() -> None:
    result = acs.map(MACHINE, LAYER, technology=TABLE, search=QUICK)
    assert result.evaluation is not None
    assert result.evaluation.energy_total == ENERGY_INPUTS
    assert result.certificate is not None
    assert result.certificate.optimal


@pytest.mark.parametrize(
    ("driver", "answers", "optimal"),
    [("auto", "exact", True), ("exact", "exact", True), ("sampling", "sampling", False)],
)
def test_a_driver_is_checked_by_another(driver: str, answers: str, optimal: bool) -> None:
    """Whichever is asked for, it is the one that answers, with what was counted by hand."""
    search = acs.Search(samples=50, driver=driver)
    result = acs.map(MACHINE, LAYER, technology=TABLE, search=search)
    assert result.evaluation is not None
    assert result.evaluation.energy_total == ENERGY_INPUTS
    assert result.certificate is not None
    assert (result.certificate.driver, result.certificate.optimal) == (answers, optimal)
    assert result.settings.driver == driver


def test_the_run_part_says_what_was_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELSIM_CACHE", str(tmp_path))
    first, again = (acs.run(MACHINE, MIXED, technology=TABLE, search=QUICK) for _ in range(2))
    assert [result.run_data()["rows"][0]["cached"] for result in (first, again)] == [0, 3]
    assert again.data() == first.data()
    assert again.text() == first.text()
    assert len(list((tmp_path / "results").iterdir())) == 3


def test_a_layer_without_a_mapping_is_a_result() -> None:
    result = acs.map(MACHINE, LAYER, dataflow=IMPOSSIBLE, technology=TABLE, search=QUICK)
    assert result.evaluation is None
    assert result.mapping is None
    assert result.nest == result.yaml == ""
    assert result.tables() == []
    assert result.notes()[0].startswith("impossible: no mapping for fc: array needs 4 lanes")


def test_map_wants_one_layer() -> None:
    with pytest.raises(UsageError, match="selects 4 layers: conv1, pool1, fc1, fc2; expected one"):
        acs.map(MACHINE, MIXED, technology=TABLE)


def test_a_given_mapping() -> None:
    result = acs.evaluate(MACHINE, LAYER, MAPPING, technology=TABLE)
    assert result.evaluation is not None
    assert result.evaluation.energy_total == ENERGY_OUTPUTS
    assert result.certificate is None


def test_what_map_writes_evaluate_reads_to_the_same_numbers(tmp_path: Path) -> None:
    found = acs.map(MACHINE, f"{MIXED}:conv1", technology=TABLE, search=QUICK)
    path = tmp_path / "mapping.yaml"
    path.write_text(found.yaml, encoding="utf-8")
    again = acs.evaluate(MACHINE, f"{MIXED}:conv1", path, technology=TABLE)
    assert again.mapping == found.mapping
    assert again.tables() == found.tables()


def test_a_mapping_that_the_machine_cannot_hold() -> None:
    with pytest.raises(IllegalMappingError, match="buffer needs 8 words for its tiles, has 4"):
        acs.evaluate(MACHINE, LAYER, MAPPING, technology=TABLE, overrides=["buffer.size=4 words"])


def test_other_prices_without_a_search() -> None:
    found = acs.run(MACHINE, LAYER, dataflow=OUTPUTS, technology=TABLE, search=QUICK)
    dearer = acs.reprice(found, PICOJOULES)
    assert dearer.rows[0].total.energy_total == 2 * ENERGY_OUTPUTS
    assert dearer.rows[0].technology == "small-pj"
    assert dearer.rows[0].layers[0].evaluation is not None
    assert found.layers[0].evaluation is not None
    assert dearer.rows[0].layers[0].evaluation.mapping == found.layers[0].evaluation.mapping


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (acs.Search(samples=0), "samples is 0; expected more than 0"),
        (acs.Search(seconds=-1.5), "seconds is -1.5; expected more than 0"),
        (acs.Search(seconds=float("nan")), "seconds is nan; expected more than 0"),
        (acs.Search(threads=0), "threads is 0; expected more than 0"),
        (acs.Search(seed=-1), "seed is -1; expected 0 or more"),
        (acs.Search("speed"), "unknown objective 'speed'; expected one of energy, latency, edp"),
        (
            acs.Search(driver="exakt"),
            "unknown driver 'exakt'; expected one of auto, exact, sampling; did you mean 'exact'?",
        ),
    ],
)
def test_searches_that_make_no_sense(search: acs.Search, message: str) -> None:
    for verb in (acs.run, acs.map, acs.compare):
        with pytest.raises(UsageError) as caught:
            verb(MACHINE, LAYER, technology=TABLE, search=search)
        assert str(caught.value).startswith(message)


def test_time_alone_ends_a_search() -> None:
    assert acs.Search(seconds=2.0).budget.samples is None
    assert acs.Search().budget.samples is not None
