"""Accelergy's reference tables written: the machine that they are from finds its prices again."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import accelsim as acs
from accelsim import cli
from accelsim.errors import ExitCode
from accelsim.technology.accelergy import read_reference_tables
from accelsim.yamldoc import load

MACHINE = """\
kind: architecture
name: two
assumed: made up for this test
clock: 1 GHz
word: 8 b
levels:
- {memory: dram, component: dram, keep: [Weights, Inputs, Outputs]}
- memory: glb
  component: sram
  size: 4 KiB
  block: 32 b
  keep: [Inputs, Outputs]
  area: 500 um2
- {fanout: array, component: array, mesh_x: 4}
- {memory: rf, component: sram, size: 64 words, keep: [Weights]}
- {compute: mac, component: mac}
"""

PRICES = """\
kind: technology
name: prices
unit: pJ
word: 16 b
assumed: made up for this test
prices:
  dram: {access: 200}
  array: {deliver: 2, collect: 1, reduce: 0.5}
  sram: {read: 6, fill: 7, update: 8, drain: 5, first_read: 3}
  mac: {mac: 1, alu: 0.25}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.yaml").write_text(MACHINE, encoding="utf-8")
    (tmp_path / "prices.yaml").write_text(PRICES, encoding="utf-8")
    return tmp_path


def test_accesses_have_their_full_width(folder: Path) -> None:
    """A block of four 8-bit words is two words of the table; a register's word is half of one."""
    exported = acs.export("accelergy", "two.yaml", technology="prices.yaml")
    assert exported.notes == (
        "'sram' has other prices at rf: its table is called 'rf' (--set rf.component=rf finds it)",
    )
    (folder / "ERT.yaml").write_text(exported.texts["ERT.yaml"], encoding="utf-8")
    data = yaml.safe_load(exported.texts["ERT.yaml"])
    tables = {
        table["name"]: {action["name"]: action["energy"] for action in table["actions"]}
        for table in data["ERT"]["tables"]
    }
    assert tables == {
        "two.dram": {"read": 100, "write": 100},
        "two.sram": {"read": 12, "first_read": 6, "update": 16, "write": 14, "drain": 10},
        "two.rf": {"read": 3, "first_read": 1.5, "update": 4, "write": 3.5, "drain": 2.5},
        "two.array": {"transfer": 1, "collect": 0.5, "reduce": 0.25},
        "two.mac": {"compute": 1, "alu": 0.25},
    }
    areas = yaml.safe_load(exported.texts["ART.yaml"])
    assert areas == {"ART": {"version": 0.4, "tables": [{"name": "two.sram", "area": 500}]}}
    table = read_reference_tables(load("ERT.yaml"))
    assert {action: price.energy for action, price in table.prices["sram"].items()} == {
        "read": 12, "drain": 10, "fill": 14, "update": 16, "first_read": 6,
    }  # fmt: skip


def test_areas_of_all_parts_and_what_tables_cannot_say(folder: Path) -> None:
    """An 8-bit register: half of a cell of 0.8, and an adder's 5 of 32 bits at 0.32 whatever it is.

    Only the glb states an area, and the register has none.
    """
    (folder / "two.yaml").write_text(MACHINE.replace("rf, component: sram", "rf, component: rf"))
    (folder / "prices.yaml").write_text(
        f"{PRICES}  cells: {{access: 0.8}}\n"
        "  adder: {add: {energy: 0.32, width: 32 b}}\n"
        "compounds:\n"
        "  rf:\n"
        "    parts: {storage: {component: cells}, generator: {component: adder, width: 5 b}}\n"
        "    actions: {access: {storage.access: 1, generator.add: 1}}\n"
        "areas: {mac: {area: 30 um2}, dram: {area: 7 um2}}\n"
    )
    exported = acs.export("accelergy", "two.yaml", technology="prices.yaml")
    assert exported.notes == (
        "accesses of 'rf' cost something whatever their bits, which the tables cannot say",
    )
    areas = yaml.safe_load(exported.texts["ART.yaml"])["ART"]["tables"]
    assert {its["name"]: its["area"] for its in areas} == {
        "two.dram": 7, "two.sram": 500, "two.mac": 30,
    }  # fmt: skip
    [register] = (
        table["actions"]
        for table in yaml.safe_load(exported.texts["ERT.yaml"])["ERT"]["tables"]
        if table["name"] == "two.rf"
    )
    assert {its["name"]: its["energy"] for its in register} == {
        "read": pytest.approx(0.4 + 0.05), "write": pytest.approx(0.4 + 0.05),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "renamed"),
    [
        ("nn-dataflow-65nm", []),
        ("horowitz-45nm", ["filter_buffer"]),
        ("accelergy-eyeriss-like-45nm", ["ifmap_spad", "psum_spad"]),
    ],
)
def test_a_round_trip(folder: Path, table: str, renamed: list[str]) -> None:
    """A mapping costs the same under a table and under what was written from it."""
    exported = acs.export("accelergy", "eyeriss", technology=table)
    (folder / "ERT.yaml").write_text(exported.texts["ERT.yaml"], encoding="utf-8")
    words = ("eyeriss", "alexnet:conv3,batch=4", "eyeriss_alexnet_conv3")
    costs = []
    found = [f"{level}.component={level}" for level in renamed]
    for technology, overrides in ((table, []), ("ERT.yaml", found)):
        done = acs.evaluate(*words, technology=technology, overrides=overrides)
        (entry,) = done.rows[0].layers
        assert entry.evaluation is not None
        costs.append(entry.evaluation.energy.total)
    assert costs[0] > 0
    assert costs[1] == pytest.approx(costs[0], rel=1e-12)


def test_what_it_needs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.guarded(["export", "accelergy", "eyeriss"]) == ExitCode.USAGE
    said = "the table 'eyeriss-relative' counts in MAC; expected one in pJ: --technology"
    assert said in capsys.readouterr().err
    assert cli.guarded(["export", "accelergy", "eyeriss", "alexnet:conv3"]) == ExitCode.USAGE
    assert "those of a machine alone" in capsys.readouterr().err
    assert cli.guarded(["export", "timeloop", "eyeriss"]) == ExitCode.USAGE
    assert "expected a machine, a layer and a mapping" in capsys.readouterr().err
    words = ["export", "accelergy", "two.yaml", "--technology", "prices.yaml", "-o", "out", "-q"]
    assert cli.guarded(words) == ExitCode.OK
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["ART.yaml", "ERT.yaml"]
