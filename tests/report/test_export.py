"""Data of results against numbers counted by hand (tests/small)."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from typing import Any

from accelsim import __version__
from accelsim.errors import Problem, Where
from accelsim.report.export import ENERGY_COLUMNS, LAYER_COLUMNS, energy_csv, layers_csv
from accelsim.report.json_text import dumps, envelope
from accelsim.technology.spec import read_technology
from tests.small import ENERGY_INPUTS, ENERGY_OUTPUTS, TABLE
from tests.small.results import comparison, entry, machine, network_run, refused, row


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_the_tidy_table_adds_up_to_the_total() -> None:
    lines = read(energy_csv(comparison().rows))
    assert tuple(lines[0]) == ENERGY_COLUMNS
    for label, energy in (("outputs", ENERGY_OUTPUTS), ("inputs", ENERGY_INPUTS)):
        assert sum(float(line["energy"]) for line in lines if line["row"] == label) == energy
    (reads,) = (
        line
        for line in lines
        if (line["row"], line["level"], line["tensor"], line["action"])
        == ("inputs", "buffer", "Inputs", "read")
    )
    assert (reads["words"], reads["accesses"], reads["energy"]) == ("4", "4", "40.0")
    assert (reads["class"], reads["energy_unit"], reads["group"]) == ("buffer", "MAC", "fc")


def test_leakage_is_a_line_of_its_own() -> None:
    leaky = machine(leakage_mw=1.0)
    table = replace(read_technology(TABLE), unit="pJ")
    lines = read(energy_csv([row("leaky", entry("C", arch=leaky, table=table), arch=leaky)]))
    (leak,) = (line for line in lines if line["action"] == "leakage")
    assert (leak["energy"], leak["words"], leak["tensor"]) == ("2.0", "", "compute")


def test_one_line_per_layer_even_without_a_mapping() -> None:
    lines = read(layers_csv([row("partial", entry("M", "fc1"), refused("fc2"))]))
    assert tuple(lines[0]) == LAYER_COLUMNS
    assert [line["layer"] for line in lines] == ["fc1", "fc2"]
    assert (lines[0]["energy"], lines[0]["cycles"], lines[0]["bound"]) == (
        "1018.0",
        "2.0",
        "compute",
    )
    assert (lines[1]["operations"], lines[1]["energy"]) == ("4", "")


def test_the_data_of_a_comparison() -> None:
    data: dict[str, Any] = comparison().data()
    assert data["best"] == {"fc": "inputs", "all": "inputs"}
    totals = data["rows"][0]["totals"]["all"]
    assert totals["energy"] == ENERGY_OUTPUTS
    assert totals["energy_per_mac"] == ENERGY_OUTPUTS / 4
    assert totals["energy_by_class"] == {
        "DRAM": 800.0,
        "buffer": 200.0,
        "network": 14.0,
        "RF": 0.0,
        "MAC": 4.0,
    }
    assert totals["energy_by_tensor"] == {
        "Weights": 484.0,
        "Inputs": 244.0,
        "Outputs": 286.0,
        "compute": 4.0,
    }
    assert totals["seconds"] == 2e-9
    assert totals["utilization"] == 1.0
    layer = data["rows"][0]["layers"][0]
    assert layer["evaluation"]["instances"]["mac"] == {"in_use": 2, "built": 2}
    assert layer["evaluation"]["capacity_bits"]["buffer"] == {"in_use": 128, "usable": 128}
    assert layer["evaluation"]["capacity_bits"]["dram"]["usable"] is None
    assert layer["certificate"]["considered"] == 10


def test_specs_are_kept_once_under_their_keys() -> None:
    data = comparison().data()
    assert {kind: len(specs) for kind, specs in data["specs"].items()} == {
        "architectures": 1,
        "networks": 1,
        "prices": 1,
    }
    for its in data["rows"]:
        assert its["spec_keys"]["architecture"] in data["specs"]["architectures"]


def test_a_row_without_any_mapping_says_why() -> None:
    data = comparison(row("no", refused())).data()
    (only,) = data["rows"]
    assert only["complete"] is False
    assert only["no_mapping"] == [{"layer": "fc", "why": "array needs 4 lanes, has 2"}]
    assert only["totals"] == {}
    assert only["spec_keys"]["prices"] is None
    assert data["best"] == {"fc": None, "all": None}


def test_wall_times_are_apart_from_the_result() -> None:
    run = network_run()
    facts = {"row": "both", "seconds": 1.25, "threads": 2, "stopped_by": "", "cached": 0}
    assert run.run_data()["rows"] == [facts]
    slower = replace(run.rows[0], run=replace(run.rows[0].run, seconds=99.0, threads=7))
    assert replace(run, rows=(slower,)).data() == run.data()


def test_the_object_of_a_verb() -> None:
    problem = Problem("bad", Where("f.yaml", 2, 3, 4, "text"), hint="mend it")
    data = json.loads(dumps(envelope("check", {"files": []}, 3, [problem])))
    assert list(data) == ["schema", "version", "verb", "exit_code", "problems", "files"]
    assert (data["schema"], data["version"], data["exit_code"]) == ("accelsim/1", __version__, 3)
    assert data["problems"][0]["line"] == 2
