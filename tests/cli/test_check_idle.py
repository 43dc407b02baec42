"""``accelsim check`` of what is said of zeros and changes nothing, and with an energy table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call

MACHINE = """\
kind: architecture
name: {name}
source: made up
clock: 1 GHz
levels:
- memory: dram
  component: dram
  keep: [Weights, Inputs, Outputs]
{dram}
- memory: rf
  component: rf
  keep: [Weights, Inputs, Outputs]
{rf}
- compute: mac
  component: mac
{mac}
"""

LAYER = """\
kind: workload
name: {name}
source: made up
layers:
- {{name: fc, shape: fc, M: 4, C: 4, density: {{{density}}}}}
"""

PRICES = """\
kind: technology
name: prices
unit: pJ
source: made up
prices:
  dram: {access: 2}
  rf: {access: 1}
  mac: {MAC}
"""


class Notes:
    """What ``check`` remarks of machines and networks in the folder."""

    def __init__(self, call: Call, folder: Path) -> None:
        self.call, self.folder = call, folder

    def machine(self, dram: str = "", rf: str = "", mac: str = "") -> list[str]:
        path = self.folder / "chip.yaml"
        lines = {key: f"  {said}" if said else "" for key, said in
                 (("dram", dram), ("rf", rf), ("mac", mac))}  # fmt: skip
        path.write_text(MACHINE.format(name="chip", **lines), encoding="utf-8")
        return self.said(path)

    def network(self, density: str) -> list[str]:
        path = self.folder / "net.yaml"
        path.write_text(LAYER.format(name="net", density=density), encoding="utf-8")
        return self.said(self.folder / "chip.yaml", path)

    def said(self, *files: Path) -> list[str]:
        done = self.call("check", *files, "--json")
        assert done.code == 0, done
        last = json.loads(done.out)["files"][-1]
        shown = self.call("check", *files).out
        found = [str(note) for note in last["notes"]]
        assert all(f"  {note}\n" in shown for note in found)
        return [note.removeprefix(f"{files[0]}:") for note in found]


@pytest.fixture
def notes(call: Call, tmp_path: Path) -> Notes:
    return Notes(call, tmp_path)


def test_densities_that_nothing_reads(notes: Notes) -> None:
    assert notes.machine(dram="densities: {Inputs: 0.5, Weights: 0.5}") == [
        (
            "dram: `densities` of Weights and Inputs change nothing: only a `format` there would "
            "read them"
        )
    ]
    assert notes.machine(dram="densities: {Inputs: 0.5}\n  format: {Inputs: bitmask}") == []


def test_a_gated_energy_where_nothing_is_gated(notes: Notes) -> None:
    energy = "energy: {access: 1, gated: 0.1}"
    unpaid = ["rf: energy `gated` is never paid: nothing is gated there"]
    assert notes.machine(rf=energy) == unpaid
    assert notes.machine(rf=f"{energy}\n  skipping: {{Outputs: [Inputs]}}") == unpaid
    assert notes.machine(rf=f"{energy}\n  gating: {{Outputs: [Inputs]}}") == []
    energy = "energy: {mac: 1, alu: 1, gated: 0.1}"
    unpaid = ["mac: energy `gated` is never paid: nothing is gated there"]
    assert notes.machine(mac=energy) == unpaid
    assert notes.machine(mac=f"{energy}\n  gating: [Inputs]") == []


def test_what_is_skipped_is_not_gated(notes: Notes) -> None:
    assert notes.machine(
        rf="gating: {Outputs: [Weights, Inputs]}\n  skipping: {Outputs: [Inputs]}",
        mac="gating: [Inputs]\n  skipping: [Inputs]",
    ) == [
        (
            "rf: `gating` of Outputs by Inputs changes nothing: `skipping` leaves these accesses "
            "out already"
        ),
        "mac: `gating` by Inputs changes nothing: `skipping` leaves these operations out already",
    ]


def test_zeros_of_its_own_gate_nothing(notes: Notes) -> None:
    assert notes.machine(rf="gating: {Inputs: [Inputs]}") == [
        (
            "rf: `gating` of Inputs by Inputs: a zero is known only once it is read, so that this "
            "changes nothing but for layers with several Inputs"
        )
    ]


def test_an_empty_list_is_none(notes: Notes) -> None:
    nothing = "an empty list: no operand, nothing is gated or skipped"
    assert notes.machine(rf="gating: {Outputs: []}", mac="skipping: []") == [
        f"13:21: {nothing}",
        f"16:13: {nothing}",
    ]
    assert "gated" not in notes.call("check", notes.folder / "chip.yaml").out.splitlines()[0]


def test_a_machine_beside_a_network(notes: Notes) -> None:
    dense = "on chip, gating and skipping by {} change nothing: their density is 1 in every layer"
    notes.machine(mac="skipping: [Inputs]\n  gating: [Weights]")
    assert notes.network("") == [dense.format("Weights and Inputs")]
    assert notes.network("inputs: 0.5") == [dense.format("Weights")]
    assert notes.network("inputs: 0.5, weights: 0.5, outputs: 0.5") == [
        "on chip, densities of Outputs change nothing: nothing reads them"
    ]
    notes.machine(dram="format: {Outputs: bitmask}", rf="skipping: {Weights: [Inputs, Weights]}")
    assert notes.network("inputs: 0.5, outputs: 0.5") == []
    assert notes.network("inputs: 0.5, weights: 0.5") == [
        "on chip, densities of Weights change nothing: nothing reads them"
    ]


def test_a_table_that_lacks_an_action(call: Call, tmp_path: Path) -> None:
    machine, table = tmp_path / "chip.yaml", tmp_path / "prices.yaml"
    machine.write_text(MACHINE.format(name="chip", dram="", rf="", mac=""), encoding="utf-8")
    assert "a call chooses the energy table" in call("check", machine).out
    table.write_text(PRICES.replace("MAC", "mac: 1, alu: 1"), encoding="utf-8")
    done = call("check", machine, "--technology", table)
    assert (done.code, done.out) == (0, f"{machine}: architecture, no problems\n")
    table.write_text(PRICES.replace("MAC", "mac: 1"), encoding="utf-8")
    done = call("check", machine, "--technology", table)
    assert done.code == 3
    assert done.out.startswith(
        f"{machine}:15:14: energy table 'prices' has no price for 'alu' of component 'mac', which "
        "level 'mac' of chip needs; add what is missing to the table, or state an `energy:` for mac"
    )
    assert call("check", "rs", "--technology", table) == (
        2,
        "",
        (
            f"no machine among the files for the energy table '{table}' to price; expected "
            "accelsim check MACHINE --technology NAME\n"
        ),
    )


def test_a_foreign_machine_is_priced_too(call: Call) -> None:
    machine = "tests/interchange/timeloop_files/gemm_array_0_3/all.yaml"
    assert call("check", machine).code == 0
    assert call("check", machine, "--technology", "eyeriss-relative").code == 3
