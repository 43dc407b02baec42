"""Prices of Timeloop's files, and those that are written beside an architecture."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import accelsim as acs
from accelsim import cli
from accelsim.errors import ExitCode
from accelsim.evaluation.records import Evaluation
from tests.interchange.timeloop_hostile import ARCH, MAPPING, PROBLEM

PRICES = """\
ERT:
  version: 0.4
  tables:
  - {name: DRAM, actions: [{name: read, energy: 200}, {name: write, energy: 210}]}
  - name: GLB
    actions: [{name: read, energy: 8}, {name: write, energy: 9}, {name: leak, energy: 2}]
  - {name: RF, actions: [{name: read, energy: 1}, {name: write, energy: 2}]}
  - {name: MAC, actions: [{name: compute, energy: 0.5}]}
ART: {version: 0.4, tables: [{name: GLB, area: 1000}]}
"""

EYERISS = ("eyeriss", "alexnet:conv3,batch=4", "eyeriss_alexnet_conv3")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluated(*words: str, technology: str | None = None) -> Evaluation:
    done = acs.evaluate(*words, technology=technology, accounting="timeloop")
    (entry,) = done.rows[0].layers
    assert entry.evaluation is not None
    return entry.evaluation


def put(texts: dict[str, str]) -> None:
    """Write files, and prices into the file of the architecture."""
    both = texts["arch.yaml"] + texts["ERT.yaml"] + texts.get("ART.yaml", "")
    for name, text in {**texts, "arch.yaml": both}.items():
        Path(name).write_text(text, encoding="utf-8")


FILES = ("arch.yaml", "problem.yaml", "mapping.yaml")


def sound(**changes: str) -> dict[str, str]:
    arch = ARCH
    for old, new in changes.items():
        arch = arch.replace(old, new)
    return {"arch.yaml": arch, "problem.yaml": PROBLEM, "mapping.yaml": MAPPING}


@pytest.mark.usefixtures("folder")
def test_a_word_costs_the_same_whatever_its_bits() -> None:
    """As an access of Timeloop's does: 8 bits as much as 16, a block of 4 as much as its words."""
    totals = []
    for bits in (16, 8):
        put(
            {**sound(**{"datawidth: 16": f"datawidth: {bits}"}), "ERT.yaml": PRICES, "ART.yaml": ""}
        )
        found = evaluated(*FILES)
        by_level = found.energy.over("level")
        words = found.traffic.by("level", "action")
        totals.append(by_level)
        assert by_level["DRAM"] == pytest.approx(
            200 * words["DRAM", "read"] + 210 * words["DRAM", "update"]
        )
    assert totals[0] == pytest.approx(totals[1])


@pytest.mark.usefixtures("folder")
def test_leakage_of_a_cycle() -> None:
    """2 pJ a cycle, however long the cycle is."""
    for clock in ("", "variables: {global_cycle_seconds: 4e-9}\n"):
        files = sound()
        put({**files, "arch.yaml": clock + files["arch.yaml"], "ERT.yaml": PRICES, "ART.yaml": ""})
        found = evaluated(*FILES)
        assert found.leakage == pytest.approx(2 * found.cycles)


@pytest.mark.usefixtures("folder")
def test_prices_there_and_back() -> None:
    files = sound(**{"depth: 64 * 8": "depth: 512, block_size: 4"})
    put({**files, "ERT.yaml": PRICES, "ART.yaml": ""})
    before = evaluated(*FILES)
    exported = acs.export("timeloop", *FILES)
    assert "name: chip.GLB, area: 1000" in exported.texts["ART.yaml"]
    put(dict(exported.texts))
    after = evaluated(*FILES)
    assert after.energy.by("level", "tensor") == pytest.approx(before.energy.by("level", "tensor"))
    assert after.leakage == pytest.approx(before.leakage)
    assert after.area_mm2 == before.area_mm2
    assert after.energy_total > 0


@pytest.mark.usefixtures("folder")
def test_prices_of_a_machine_of_ours() -> None:
    """What the table of a run charges each memory and the compute comes back from the ERT."""
    table = "accelergy-eyeriss-like-45nm"
    before = evaluated(*EYERISS, technology=table)
    exported = acs.export("timeloop", *EYERISS, technology=table)
    assert "array: Timeloop charges its networks for hops only" in exported.notes
    put(dict(exported.texts))
    after = evaluated(*FILES)
    theirs, ours = (it.energy.over("level") for it in (after, before))
    levels = [*before.arch.memory, before.arch.compute.name]
    assert {level: theirs[level] for level in levels} == pytest.approx(
        {level: ours[level] for level in levels}, rel=1e-9
    )


@pytest.mark.usefixtures("folder")
def test_what_an_access_costs_whatever_its_bits_is_written_once() -> None:
    """12 of 18 for 16 bits are fixed: a block of 32 bits costs 12 + 2 x 6 = 24."""
    machine = """\
kind: architecture
name: small
source: a test
levels:
- {memory: dram, component: dram, keep: [Weights, Inputs, Outputs]}
- {memory: buffer, component: sram, size: 64 words, block: 32 b, keep: [Weights, Inputs, Outputs]}
- {compute: mac, component: mac}
"""
    table = """\
kind: technology
name: t
unit: pJ
word: 16 b
source: a test
prices: {dram: {access: 100}, cells: {access: 6}, adder: {add: 12}, mac: {mac: 1, alu: 1}}
compounds:
  sram:
    parts: {storage: {component: cells}, generator: {component: adder, width: 16 b}}
    actions: {access: {storage.access: 1, generator.add: 1}}
"""
    layer = "kind: workload\nname: w\nlayers:\n- {name: fc, shape: fc, M: 2, C: 2}\n"
    for name, said in {"machine": machine, "table": table, "layer": layer}.items():
        Path(f"{name}.yaml").write_text(said, encoding="utf-8")
    found = acs.map("machine.yaml", "layer.yaml", technology="table.yaml")
    acs.save(found, "out")
    (mapping,) = Path("out").rglob("*.yaml")
    text = acs.export(
        "timeloop", "machine.yaml", "layer.yaml", str(mapping), technology="table.yaml"
    ).texts["ERT.yaml"]
    tables = yaml.safe_load(text)["ERT"]["tables"]
    (buffer,) = (its for its in tables if its["name"].endswith(".buffer"))
    energies = {its["name"]: its["energy"] for its in buffer["actions"]}
    assert energies["read"] == energies["write"] == 24


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("{depth: 16}}", "{depth: 16}, sparse_optimizations: {action_optimization: []}}", 8),
        ("class: DRAM}", "class: DRAM, sparse_optimizations: [x]}", 5),
    ],
)
def test_zeros_at_a_node_are_noted(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int
) -> None:
    (folder / "arch.yaml").write_text(ARCH.replace(old, new, 1), encoding="utf-8")
    assert cli.guarded(["check", "arch.yaml"]) == ExitCode.OK
    said = "'sparse_optimizations' is left out: it is not translated"
    assert f"arch.yaml:{line}:" in capsys.readouterr().out.split(said)[0].splitlines()[-1]
