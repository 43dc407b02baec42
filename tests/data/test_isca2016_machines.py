"""The machines of the ISCA 2016 study: generated, equal in area, as large as derived elsewhere."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from accelsim.arch.spec import read_architecture

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    path = ROOT / "scripts" / "make_isca2016_machines.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = script()

# Derived from the study's area rule and its table of area per byte by independent hands (KiB).
BUFFER_KIB = {
    256: {"rs": 128.0, "ws": 334.3, "osa": 243.9, "osb": 303.8, "osc": 334.3, "nlr": 338.3},
    512: {"rs": 256.0, "ws": 668.5, "osa": 487.8, "osb": 607.7, "osc": 668.5, "nlr": 676.7},
    1024: {"rs": 512.0, "ws": 1337.1, "osa": 975.7, "osb": 1215.3, "osc": 1337.1, "nlr": 1353.4},
}
MACHINES = [(dataflow, pes) for pes, sizes in BUFFER_KIB.items() for dataflow in sizes]


def test_committed_files_are_what_the_script_writes() -> None:
    committed = {
        path.name: path.read_text(encoding="utf-8")
        for path in (ROOT / "arch_specs").glob("isca2016_*.yaml")
    }
    assert committed == MAKE.machines()


def test_check_finds_a_stale_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(MAKE, "FOLDER", tmp_path)
    assert MAKE.main([]) == 0
    assert MAKE.main(["--check"]) == 0
    (tmp_path / "isca2016_rs_256.yaml").write_text("kind: architecture\n", encoding="utf-8")
    assert MAKE.main(["--check"]) == 1
    assert "isca2016_rs_256.yaml differs" in capsys.readouterr().err


@pytest.mark.parametrize(("dataflow", "pes"), MACHINES)
def test_buffers_are_as_derived(dataflow: str, pes: int) -> None:
    size = read_architecture(f"isca2016_{dataflow}_{pes}").memory["buffer"].size_bits
    assert size is not None
    assert size / 8192 == pytest.approx(BUFFER_KIB[pes][dataflow], abs=0.1)


@pytest.mark.parametrize(("dataflow", "pes"), MACHINES)
def test_register_files(dataflow: str, pes: int) -> None:
    # ISCA 2016 study: bytes a PE.
    expected = {"rs": 512, "ws": 2, "osa": 98, "osb": 10, "osc": 2, "nlr": 0}[dataflow]
    machine = read_architecture(f"isca2016_{dataflow}_{pes}")
    inside = [machine.memory[held.memory] for held in machine.places[-1].holdings]
    if dataflow == "nlr":
        assert not any(memory.size_bits for memory in inside if memory.name != "buffer")
    else:
        assert sum(memory.size_bits or 0 for memory in inside) == 8 * expected
    assert machine.instances(machine.compute) == pes


@pytest.mark.parametrize("pes", BUFFER_KIB)
def test_every_machine_spends_the_same_area_on_storage(pes: int) -> None:
    # 512 B at 20.87 um2 a byte in each PE, and a buffer of 512 B a PE at 12.7 um2 a byte.
    baseline = pes * 512 * (20.87 + 12.7)
    for dataflow in BUFFER_KIB[pes]:
        machine = read_architecture(f"isca2016_{dataflow}_{pes}")
        area = 0.0
        for place in machine.places:
            for held in place.holdings:
                memory = machine.memory[held.memory]
                if place.name != "buffer_inputs" and memory.area_um2 is not None:
                    area += memory.area_um2 * machine.instances(place)
        assert area == pytest.approx(baseline, rel=1e-4), dataflow
