"""SCALE-Sim's topologies and configurations, and its closed form for cycles."""

from __future__ import annotations

from pathlib import Path

import pytest

import accelsim as acs
from accelsim import cli
from accelsim.arch.records import Architecture
from accelsim.errors import ExitCode, UsageError
from accelsim.interchange.scalesim.cycles import Cycles, scalesim_cycles
from accelsim.mapspace.records import Dataflow
from accelsim.workload.records import Layer, Network

TOPOLOGY = """\
Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
Conv1, 34, 34, 3, 3, 16, 40, 1,
Wide,  16, 40, 3, 5,  8, 12, 1, 2,

DP3,   34, 34, 3, 3, 40,  1, 2,
"""

PRODUCTS = """\
Layer, M, N, K,
fc, 100, 40, 70,
fc, 1, 10, 64,
"""

CONFIG = """\
[general]
run_name = small

[architecture_presets]
ArrayHeight : 32
ArrayWidth : 16
IfmapSramSzkB : 64
FilterSramSzkB : 128
OfmapSramSzkB : 2048
IfmapOffset : 0
FilterOffset : 10000000
OfmapOffset : 20000000
Dataflow : ws
Bandwidth : 10

[run_presets]
InterfaceBandwidth : CALC
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "topology.csv").write_text(TOPOLOGY, encoding="utf-8")
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    (tmp_path / "small.cfg").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def layers(file: str) -> dict[str, Layer]:
    network = acs.load(file, kind="workload")
    assert isinstance(network, Network)
    return {layer.name: layer for layer in network.layers}


@pytest.mark.usefixtures("folder")
def test_the_closed_form_on_a_product() -> None:
    """100 x 70 times 70 x 40 on 32 rows and 16 columns: a fold adds 2*32 + 16 - 2 = 78 cycles."""
    fc = layers("products.csv")["fc"]
    # rows 70 -> 3 folds, columns 40 -> 3 folds, 100 pixels in time: 9 * (100 + 78)
    assert scalesim_cycles(fc, 32, 16, "ws") == Cycles(1, 9, 178)
    assert scalesim_cycles(fc, 32, 16, "ws").total == 1602
    # rows 100 -> 4, columns 40 -> 3, 70 in time: 12 * (70 + 78)
    assert scalesim_cycles(fc, 32, 16, "os").total == 1776
    # rows 70 -> 3, columns 100 -> 7, 40 in time: 21 * (40 + 78)
    assert scalesim_cycles(fc, 32, 16, "is").total == 2478


@pytest.mark.usefixtures("folder")
def test_the_closed_form_on_convolutions() -> None:
    """Windows of 3*3*16 = 144 words, 32*32 = 1024 pixels, 40 filters; then 40 channels apart."""
    found = layers("topology.csv")
    # rows 144 -> 5, columns 40 -> 3, 1024 in time: 15 * (1024 + 78)
    assert scalesim_cycles(found["Conv1"], 32, 16, "ws").total == 16530
    # rows 1024 -> 32, columns 40 -> 3, 144 in time: 96 * (144 + 78)
    assert scalesim_cycles(found["Conv1"], 32, 16, "os").total == 21312
    # rows 144 -> 5, columns 1024 -> 64, 40 in time: 320 * (40 + 78)
    assert scalesim_cycles(found["Conv1"], 32, 16, "is").total == 37760
    # 40 channels, one fold each: 3*3 rows, 1 column, 17*17 = 289 in time: 40 * (289 + 78)
    assert scalesim_cycles(found["DP3"], 32, 16, "ws") == Cycles(40, 1, 367)


@pytest.mark.usefixtures("folder")
def test_what_the_closed_form_does_not_know() -> None:
    fc = layers("products.csv")["fc"]
    with pytest.raises(UsageError, match="unknown dataflow 'rs'"):
        scalesim_cycles(fc, 32, 16, "rs")
    with pytest.raises(UsageError, match="an array of 0 x 16"):
        scalesim_cycles(fc, 0, 16)
    pool = acs.load("alexnet:pool1")
    assert isinstance(pool, Network)
    with pytest.raises(UsageError, match="of shape 'pool'"):
        scalesim_cycles(pool.layers[0], 32, 16)


@pytest.mark.usefixtures("folder")
def test_sizes_of_layers() -> None:
    found = layers("topology.csv")
    assert found["Conv1"].bounds == {
        "N": 1, "M": 40, "C": 16, "P": 32, "Q": 32, "R": 3, "S": 3,
    }  # fmt: skip
    # (16 - 3) / 1 + 1 rows; (40 - 5) / 2 + 1 columns is 18.5, which SCALE-Sim rounds up
    assert (found["Wide"].bounds["P"], found["Wide"].bounds["Q"]) == (14, 19)
    # likewise 16.5 rows of DP3
    assert (found["DP3"].bounds["P"], found["DP3"].bounds["G"], found["DP3"].shape) == (
        17,
        40,
        "depthwise",
    )
    assert {tensor.bits for layer in found.values() for tensor in layer.tensors} == {8}
    products = layers("products.csv")
    assert products["fc"].bounds == {"M": 40, "N": 100, "K": 70}
    assert products["fc_2"].bounds == {"M": 10, "N": 1, "K": 64}


@pytest.mark.usefixtures("folder")
def test_the_machine() -> None:
    machine = acs.load("small.cfg", kind="architecture")
    assert isinstance(machine, Architecture)
    sizes = {memory.name: memory.size_bits for memory in machine.memories}
    assert sizes == {
        "dram": None,
        "filter_sram": 128 * 8192,
        "ifmap_sram": 64 * 8192,
        "ofmap_sram": 2048 * 8192,
        "weight_register": 8,
    }
    (array,) = machine.fanouts
    assert (array.mesh_x, array.mesh_y) == (16, 32)


@pytest.mark.parametrize(
    ("dataflow", "stays"), [("ws", "weight"), ("os", "output"), ("is", "input")]
)
def test_a_search_under_its_dataflow(folder: Path, dataflow: str, stays: str) -> None:
    """Steps are folds times what streams past, where both axes are filled evenly."""
    text = CONFIG.replace(": ws", f": {dataflow}")
    (folder / "small.cfg").write_text(text, encoding="utf-8")
    (folder / "even.csv").write_text("Layer, M, N, K,\nfc, 64, 48, 96,\n", encoding="utf-8")
    rules = acs.load("small.cfg", kind="dataflow")
    assert isinstance(rules, Dataflow)
    fast = acs.Search(objective="latency")
    done = acs.map("small.cfg", "even.csv", dataflow="small.cfg", search=fast)
    (entry,) = done.rows[0].layers
    assert entry.evaluation is not None
    closed = scalesim_cycles(entry.evaluation.layer, 32, 16, dataflow)
    assert entry.evaluation.cycles == closed.folds * (closed.per_fold - 2 * 32 - 16 + 2)
    assert any(memory.name == f"{stays}_register" for memory in entry.evaluation.arch.memories)


def test_bandwidth_of_each_sram(folder: Path) -> None:
    text = CONFIG.replace("CALC", "USER").replace("Bandwidth : 10", "Bandwidth : 5, 7, 9")
    (folder / "small.cfg").write_text(text, encoding="utf-8")
    machine = acs.load("small.cfg", kind="architecture")
    assert isinstance(machine, Architecture)
    bandwidths = [memory.shared_words_per_cycle for memory in machine.memories[:3]]
    assert [memory.name for memory in machine.memories[:3]] == [
        "dram_filter",
        "dram_ifmap",
        "dram_ofmap",
    ]
    assert bandwidths == [5, 5, 5]
    assert any("the first bandwidth is that of each SRAM" in it for it in machine.assumptions)


def test_import(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["import", "scalesim", "topology.csv", "small.cfg", "-o", "ours"]
    assert cli.guarded(words) == ExitCode.OK
    printed = capsys.readouterr()
    assert printed.err.startswith("ours: workload.yaml, architecture.yaml, dataflow.yaml\n")
    assert "  - topology.csv:3: 40 columns, windows of 5 and a stride of 2" in printed.err
    assert "  - small.cfg:14: the bandwidth is left out: only USER limits it" in printed.err
    text = (folder / "ours/workload.yaml").read_text(encoding="utf-8")
    assert "\n# topology.csv:2\n- {name: Conv1, shape: conv, C: 16, M: 40, " in text
    assert "\n# DP3,   34, 34, 3, 3, 40,  1, 2,\n" in text
    files = [f"ours/{name}.yaml" for name in ("architecture", "workload", "dataflow")]
    assert cli.guarded(["check", *files]) == ExitCode.OK
    assert cli.guarded(["check", "topology.csv", "small.cfg"]) == ExitCode.OK
    theirs, ours = (acs.load(file) for file in ("topology.csv", "ours/workload.yaml"))
    assert isinstance(theirs, Network)
    assert isinstance(ours, Network)
    assert ours.layers == theirs.layers


@pytest.mark.usefixtures("folder")
def test_an_energy_table_is_no_topology(capsys: pytest.CaptureFixture[str]) -> None:
    table = "component,action,energy_pj,source\ndram,access,10,a data sheet\n"
    Path("table.csv").write_text(table, encoding="utf-8")
    assert cli.guarded(["check", "table.csv"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("table.csv: technology, no problems")
    with pytest.raises(UsageError, match=r"a second workload: 'products\.csv'"):
        acs.import_("scalesim", ["topology.csv", "products.csv"])


def test_a_column_called_batch(folder: Path) -> None:
    """It is not the stride of columns, wherever it stands."""
    header, first, _ = TOPOLOGY.split("\n", 2)
    rows = f"{header.replace('Strides,', 'Strides, Batch,')}\n{first} 4,\n"
    (folder / "batch.csv").write_text(rows, encoding="utf-8")
    many, one = layers("batch.csv")["Conv1"], layers("topology.csv")["Conv1"]
    assert many.bounds == {**one.bounds, "N": 4}
    assert many.operations == 4 * one.operations
