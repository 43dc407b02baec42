"""Looking layers up: the numbers of ``map``, known again at once, and never out of date."""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import accelsim as acs
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError, UsageError
from accelsim.evaluation.records import Evaluation
from accelsim.files_read import files_read
from accelsim.mapper import results_cache
from accelsim.mapspace.spec import read_dataflow
from accelsim.network.records import LayerResult
from accelsim.network.run import run_layer
from accelsim.recent import Recent
from accelsim.technology.spec import read_technology
from accelsim.verbs.lookup import lookup
from accelsim.workload.spec import read_layer, read_workload
from tests.interchange.timeloop_hostile import ARCH
from tests.small import (
    ENERGY_INPUTS,
    ENERGY_OUTPUTS,
    IMPOSSIBLE,
    INPUTS,
    LAYER,
    MACHINE,
    OUTPUTS,
    TABLE,
)

VERB = sys.modules["accelsim.verbs.lookup"]
QUICK = acs.Search(samples=50)
FC: dict[str, object] = {"shape": "fc", "M": 2, "C": 2}


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Begin with nothing known; note the layers that are not in memory."""
    names: list[str] = []

    def noted(layer: Any, *rest: Any) -> LayerResult:
        names.append(layer.name)
        return run_layer(layer, *rest)

    monkeypatch.setattr(VERB, "run_layer", noted)
    monkeypatch.setattr(VERB, "_desks", Recent(256))
    monkeypatch.setattr(VERB, "_results", Recent(4_096))
    monkeypatch.setenv("ACCELSIM_CACHE", str(tmp_path / "cache"))
    yield names
    results_cache._in_folder.cache_clear()


def small(layer: object = FC, arch: Any = MACHINE, **options: Any) -> LayerResult:
    options = {"technology": TABLE, "search": QUICK} | options
    return lookup(layer, arch, **options)  # type: ignore[arg-type]


def evaluated(found: LayerResult) -> Evaluation:
    assert found.evaluation is not None
    return found.evaluation


def test_it_is_what_map_finds() -> None:
    shown = acs.map(MACHINE, LAYER, dataflow=OUTPUTS, technology=TABLE, search=QUICK)
    (layer,) = read_workload(LAYER).layers
    found = small(layer, dataflow=OUTPUTS)
    assert found.certificate == shown.certificate
    assert evaluated(found).mapping == shown.mapping
    assert evaluated(found).energy_total == ENERGY_OUTPUTS
    assert shown.evaluation is not None
    assert np.array_equal(evaluated(found).energy_array, shown.evaluation.energy_array)
    assert found.layer == layer


def test_what_was_asked_for_is_known(searched: list[str]) -> None:
    first = small()
    again = small(read_layer({"name": "other", **FC}))
    assert searched == ["fc"]
    assert (first.layer.name, again.layer.name) == ("fc", "other")
    assert evaluated(again).layer.name == "other"
    assert evaluated(again).energy is not evaluated(first).energy
    assert evaluated(again).energy.by("level") == evaluated(first).energy.by("level")


@pytest.mark.parametrize(
    "other",
    [
        {"layer": {"shape": "fc", "M": 2, "C": 4}},
        {"layer": {"shape": "fc", "M": 2, "C": 2, "bits": {"weights": 8}}},
        {"dataflow": OUTPUTS},
        {"search": acs.Search("latency", samples=50)},
        {"search": acs.Search(samples=51)},
        {"arch": replace(read_architecture(MACHINE), name="other")},
        {"technology": replace(read_technology(TABLE), name="other")},
    ],
    ids=["shape", "bits", "dataflow", "objective", "samples", "machine", "table"],
)
def test_another_question_has_an_answer_of_its_own(
    other: dict[str, Any], searched: list[str]
) -> None:
    small()
    small(**other)
    assert len(searched) == 2


def test_words_and_records_may_be_mixed(searched: list[str]) -> None:
    arch, table, flow = read_architecture(MACHINE), read_technology(TABLE), read_dataflow(INPUTS)
    options = {"technology": table, "dataflow": [flow]}
    for _ in range(2):
        assert evaluated(small(FC, arch, **options)).energy_total == ENERGY_INPUTS
    assert len(searched) == 1
    assert evaluated(small(FC, str(MACHINE), dataflow=str(INPUTS))).energy_total == ENERGY_INPUTS


def test_a_changed_file_is_read_again(tmp_path: Path, searched: list[str]) -> None:
    machine, table = tmp_path / "machine.yaml", tmp_path / "table.yaml"
    machine.write_text(MACHINE.read_text())
    table.write_text(TABLE.read_text())
    before = evaluated(small(FC, machine, technology=table))
    table.write_text(TABLE.read_text().replace("100", "200"))
    dearer = evaluated(small(FC, machine, technology=table))
    assert dearer.energy_total == before.energy_total + 800  # DRAM, at twice the price
    machine.write_text(MACHINE.read_text().replace("x: 2", "x: 1"))
    narrower = evaluated(small(FC, machine, technology=table))
    assert narrower.arch.fanouts[0].mesh_x == 1
    assert narrower.cycles == 4
    machine.unlink()
    with pytest.raises(SpecError, match="cannot be read: no such file"):
        small(FC, machine, technology=table)
    assert len(searched) == 3


def test_files_that_files_name_are_read_again(tmp_path: Path) -> None:
    base, table = tmp_path / "base.yaml", tmp_path / "table.yaml"
    table.write_text(
        "kind: technology\nname: scaled\nunit: pJ\nsource: a test\nscaling:\n"
        "  {table: base.yaml, to_nm: 45, energies: [{nm: 45, energy: 1}, {nm: 65, energy: 2}]}\n"
    )
    energies = []
    for price in (200, 400, 200):
        base.write_text(
            "kind: technology\nname: base\nunit: pJ\nsource: a test\nnode_nm: 45\nprices:\n"
            f"  {{dram: {{access: {price}}}, buffer: {{access: 1}}, mac: {{mac: 1, alu: 1}},\n"
            "   array: {deliver: 0, collect: 0, reduce: 0}}\n"
        )
        energies.append(evaluated(small(FC, technology=table)).energy_total)
    assert energies[0] == energies[2] < energies[1]


def test_files_that_templates_take_in_are_read_again(tmp_path: Path) -> None:
    machine, size = tmp_path / "arch.yaml", tmp_path / "size.txt"
    machine.write_text(ARCH.replace("name: chip", "name: '{{ include_text(\"size.txt\") }}'"))
    names = []
    for name in ("one", "two"):
        size.write_text(name)
        with files_read() as files:
            names.append(read_architecture(machine).name)
        assert set(files) >= {machine, size}
    assert names == ["one", "two"]


def test_a_file_is_not_trusted_while_it_is_young(tmp_path: Path) -> None:
    """Written twice within one tick of the clock of its file system, it would look the same."""
    table = tmp_path / "table.yaml"
    tick = time.time_ns() + 10**10
    energies = []
    for text in (TABLE.read_text(), TABLE.read_text().replace("100", "200")) * 3:
        table.write_text(text)
        os.utime(table, ns=(tick, tick))
        energies.append(evaluated(small(technology=table)).energy_total)
    assert energies == [ENERGY_INPUTS, ENERGY_INPUTS + 800] * 3


def test_a_path_means_the_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lanes in (1, 2):
        folder = tmp_path / str(lanes)
        folder.mkdir()
        text = MACHINE.read_text().replace("x: 2", f"x: {lanes}")
        (folder / "machine.yaml").write_text(text)
    for lanes in (1, 2, 1):
        monkeypatch.chdir(tmp_path / str(lanes))
        assert evaluated(small(FC, "machine.yaml")).arch.fanouts[0].mesh_x == lanes


def test_a_record_cannot_be_changed_in_place() -> None:
    arch, table = read_architecture(MACHINE), read_technology(TABLE)
    before = evaluated(small(FC, arch, technology=table)).energy_total
    sent = pickle.loads(pickle.dumps(table))
    for numbers in (table.prices["mac"], arch.compute.energy, sent.prices):
        assert isinstance(numbers, dict)
        for change in (numbers.clear, numbers.popitem, lambda its=numbers: its.update(mac=3.0)):
            with pytest.raises(TypeError, match=r"dataclasses\.replace makes others"):
                change()
    compute = replace(arch.compute, energy={"mac": 5.0})
    dearer = replace(arch, nodes=(*arch.nodes[:-1], compute), technology=table.name)
    assert evaluated(small(FC, dearer, technology=table)).energy_total == before + 16


def test_a_result_is_the_callers_own() -> None:
    first = evaluated(small())
    with pytest.raises(ValueError, match="read-only"):
        first.words[0, 0, 0] = 1
    first.instances.clear()
    first.port_cycles["buffer"] = 0.0
    again = evaluated(small())
    assert again.instances
    assert "buffer" not in again.port_cycles


def test_no_mapping_is_a_result(searched: list[str]) -> None:
    for name in ("one", "two"):
        found = small({"name": name, **FC}, dataflow=IMPOSSIBLE)
        assert found.evaluation is None
        assert str(found.infeasible).startswith(f"no legal mapping of {name} on small: array needs")
    assert searched == ["one"]


def test_what_another_run_might_not_find_is_searched_again(searched: list[str]) -> None:
    layer, hurry = "alexnet:conv3", acs.Search(samples=10**9, seconds=0.01, driver="sampling")
    (conv3,) = read_workload(layer).layers
    for _ in range(2):
        found = lookup(conv3, "eyeriss", search=hurry)
        assert found.certificate is not None
        assert found.certificate.stopped_by == "seconds"
    assert searched == ["conv3"] * 2


def test_another_process_need_not_search(monkeypatch: pytest.MonkeyPatch) -> None:
    first = small()
    monkeypatch.setattr(VERB, "_desks", Recent(256))
    monkeypatch.setattr(VERB, "_results", Recent(4_096))
    results_cache._in_folder.cache_clear()
    monkeypatch.setattr("accelsim.mapper.auto.AutoDriver.search", None)
    again = small()
    assert again.certificate == first.certificate
    assert evaluated(again).mapping == evaluated(first).mapping
    assert evaluated(again).energy_total == evaluated(first).energy_total


def test_threads_find_the_same() -> None:
    layers = [{"shape": "fc", "M": m, "C": c} for m in (1, 2, 4) for c in (2, 4)] * 4
    alone = [evaluated(small(layer)).energy_total for layer in layers]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda layer: evaluated(small(layer)).energy_total, layers))
    assert together == alone


def test_numbers_of_numpy_are_numbers(searched: list[str]) -> None:
    small({"shape": "fc", "M": np.int64(2), "C": np.int32(2)})
    small()
    assert len(searched) == 1
    with pytest.raises(TypeError, match="a layer cannot say a set"):
        small({"shape": "fc", "M": {2}})


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"shape": "fc", "X": 2}, "the layer: shape 'fc' has no dim 'X'; expected one of N, M, C"),
        ({"M": 2}, "the layer: missing key 'shape' in this layer; expected one of conv, "),
        ({"shape": "cnv"}, "the layer: unknown shape 'cnv'; expected one of conv, "),
        ({"shape": "fc", "M": 0}, "the layer: 'M' is 0; expected a whole number from 1 to 2^40"),
        ({"shape": "fc", "flow": []}, "the layer: unknown key 'flow' in layer 'fc'; expected"),
    ],
)
def test_what_is_no_layer(layer: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        small(layer)
    assert str(caught.value).startswith(message)


def test_what_makes_no_sense_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(SpecError, match="no architecture 'eyeris'; did you mean 'eyeriss'"):
            lookup(FC, "eyeris")
        with pytest.raises(UsageError, match="unknown objective 'speed'"):
            small(search=acs.Search("speed"))


def test_a_layer_may_be_words(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        "kind: workload\nname: net\nsource: a test\nlayers:\n"
        "- {name: one, shape: fc, M: 2, C: 2}\n- {name: two, shape: fc, M: 4, C: 2}\n"
    )
    assert evaluated(small(f"{file}:one")).energy_total == evaluated(small()).energy_total
    with pytest.raises(UsageError, match="one, two") as caught:
        small(str(file))
    assert caught.value.problems[0].hint == f"name one, as {file}:one"
