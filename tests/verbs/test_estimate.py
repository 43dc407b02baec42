"""``acs.estimate``: networks side by side."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TypedDict

import pytest

import accelsim as acs
from accelsim.errors import SpecError, UsageError
from accelsim.verbs.search import Step
from accelsim.workload.spec import read_workload
from tests.small import IMPOSSIBLE, LAYER, MACHINE, MIXED, TABLE


class On(TypedDict):
    machine: Path
    technology: Path


ON: On = {"machine": MACHINE, "technology": TABLE}


def test_networks_side_by_side(tmp_path: Path) -> None:
    found = acs.estimate(LAYER, f"{MIXED}:fc*", **ON, output=tmp_path)
    assert found.satisfied
    # No mapping of the layer costs less than 996 (tests/small).
    assert [its.total for its in found.networks] == [996, 2 * 996]
    assert found["layer.yaml"].computation == 4
    assert [row.label for row in found.rows] == ["layer.yaml", "mixed.yaml:fc*"]
    first = found.tables()[0]
    assert [row[4] for row in first.rows] == ["1.00", "2.00"]
    data = json.loads((tmp_path / "estimate.json").read_text(encoding="utf-8"))
    one, two = data["estimates"]
    assert (one["energy"], one["computation"], one["energy_unit"]) == (996, 4, "MAC")
    assert sum(one["data"].values()) == 992
    assert two["non_zeros"] == {"Weights": 8, "Inputs": 4, "Outputs": 4}
    assert {(s["level"], s["action"]) for s in one["energy_sources"]} >= {("mac", "mac")}
    assert all(source["source"] for source in one["energy_sources"])
    lines = list(
        csv.DictReader((tmp_path / "estimate.csv").read_text(encoding="utf-8").splitlines())
    )
    assert [(line["network"], line["layer"]) for line in lines] == [
        ("layer.yaml", "fc"),
        ("mixed.yaml:fc*", "fc1"),
        ("mixed.yaml:fc*", "fc2"),
    ]
    assert float(lines[0]["energy"]) == 996
    assert lines[0]["bits_weights"] == "16"


def test_zeros_and_bits_are_set_where_there_are_such_layers() -> None:
    settings = ["fc1.density.weights=0", "fc.bits.inputs=8"]
    found = acs.estimate(LAYER, f"{MIXED}:fc*", **ON, overrides=settings)
    one, two = found.networks
    assert one.layers[0].layer.tensors[0].bits == 16
    assert [tensor.bits for tensor in one.layers[0].layer.tensors if tensor.role == "Inputs"] == [8]
    fc1, fc2 = two.layers
    assert (fc1.computation, fc1.data["Weights"]) == (0, 0)
    assert fc2.total == 996
    assert "Weights" in found.tables()[2].headings[2]
    assert found.settings.overrides == tuple(settings)
    with pytest.raises(SpecError, match=r"'fc9' is neither a level of .* nor a layer of"):
        acs.estimate(LAYER, MIXED, **ON, overrides=["fc9.density.weights=0.5"])


def test_what_is_assumed_is_said() -> None:
    found = acs.estimate(f"{MIXED}:pool1", **ON)
    assumed = found.assumptions()
    assert assumed[0] == "the method: mappings are the best without zeros"
    assert "small: mac.alu = 1 MAC: an addition costs what a MAC costs" in assumed
    assert "Method: the energy-estimation method of Yang, Chen and Sze" in found.text()


def test_records_are_networks_too() -> None:
    network = read_workload(LAYER)
    found = acs.estimate(network, **ON)
    assert found["tiny"].total == 996
    with pytest.raises(KeyError, match="no network 'x'; there are tiny"):
        found["x"]


def test_what_is_no_estimate() -> None:
    with pytest.raises(UsageError, match="no network to estimate"):
        acs.estimate()
    with pytest.raises(UsageError, match=r"2 networks are called 'layer\.yaml'"):
        acs.estimate(LAYER, LAYER, **ON)


def test_layers_without_a_mapping_are_said() -> None:
    found = acs.estimate(LAYER, **ON, dataflow=IMPOSSIBLE)
    assert not found.satisfied
    assert found.tables() == []
    assert "no mapping for fc" in found.text()


def test_a_stop_keeps_what_is_finished() -> None:
    done: list[str] = []

    def note(step: Step) -> None:
        if step.network.layers_done == step.network.layers:
            done.append(step.row)

    found = acs.estimate(LAYER, f"{MIXED}:fc1", **ON, stop=lambda: bool(done), progress=note)
    assert [row.label for row in found.rows] == ["layer.yaml"]
    assert (found["layer.yaml"].total, found.stopped_by) == (996, "stop")
    assert found.not_begun == ("mixed.yaml:fc1",)
